"""Checks of a revision, by itself or beside its baseline: that the numbers shown are those of the code shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from reporter.compare.dag import Dag
from reporter.compare.lost_writers import LostWriter, lost_writers
from reporter.compare.phrases import named
from reporter.model.formatting import capitalised, joined
from reporter.model.problem import ANOTHER_BASE, Problem, ProblemKind
from reporter.model.rules import MetricRule, Rules
from reporter.model.snapshot import Snapshot, Stage, Unknown

_OUTS = "outs"
_RERUN_HINT = "run `dvc repro`, and commit dvc.lock together with the outputs"
_RESTORE_HINT = (
    "run `dvc checkout` to have what the stage wrote; if the change is meant, run `dvc repro` and commit dvc.lock"
)
_STALE_HINT = "run `dvc repro` and commit dvc.lock"
_WORDS = {"cmd": "command", "deps": "dependencies", "params": "params"}


def freshness_problems(snapshot: Snapshot, *, is_baseline: bool = False) -> tuple[Problem, ...]:
    """A problem for each stage whose results are not those of this revision's definitions, in the pipeline's order.

    A candidate is mended by another run of the stage; a baseline, which is a commit and stays as it is, by another one.
    """
    affected = _metrics_by_stage(snapshot)
    stages = snapshot.stages.values()
    certain = (
        problem
        for stage in stages
        if stage.outdated
        for problem in _problems(stage, affected.get(stage.name, ()), snapshot)
    )
    if is_baseline:
        certain = (replace(problem, hint=ANOTHER_BASE) for problem in certain)
    return (*certain, *_unverified(snapshot))


def _unverified(snapshot: Snapshot) -> Iterator[Problem]:
    """What keeps it from being known whether dvc.lock is of this revision: said once for each path, of all stages that read it."""
    readers: dict[Unknown, list[str]] = {}
    for stage in snapshot.stages.values():
        for unknown in stage.unknown:
            readers.setdefault(unknown, []).append(stage.name)
    for unknown, names in readers.items():
        subject = f"stage {names[0]}" if len(names) == 1 else f"the stages {named(names)}"
        yield Problem(
            revision=snapshot.revision.label,
            path=unknown.path,
            kind=ProblemKind.UNVERIFIED,
            message=f"{unknown.path} {unknown.reason}: whether dvc.lock is of this code cannot be known for {subject}",
            hint=unknown.hint,
            names_path=True,
        )


def doubts(snapshot: Snapshot, base: Snapshot | None = None) -> dict[str, str]:
    """Metrics file → why its values are not those of this revision, a clause that reads on after a metric's name.

    What can be seen only beside `base` is left out without it.
    """
    affected = _metrics_by_stage(snapshot)
    found: dict[str, str] = {}
    for stage in snapshot.stages.values():
        if why := _why_stale(stage):
            for file in affected.get(stage.name, ()):
                found.setdefault(file, f"is not of this code: {why}")
        for file in set(stage.differing) & snapshot.metrics.keys():
            found.setdefault(file, f"may not be what stage {stage.name} wrote when it last ran")
        for file in set(_unmade(stage)) & snapshot.metrics.keys():
            found.setdefault(file, f"is not of this code: stage {stage.name} has not made it yet")
        if base is not None and (moved := _moved_unseen(stage, base.stages.get(stage.name))):
            for file in affected.get(stage.name, ()):
                found.setdefault(
                    file, f"may not be of this code: {moved}, while dvc.lock records the same for stage {stage.name}"
                )
    for writer in lost_writers(base, snapshot, tuple(snapshot.metrics)):
        found.setdefault(writer.path, "is written by no stage any more")
    return found


def _moved_unseen(stage: Stage, before: Stage | None) -> str:
    """Submodules that are not in this clone, of another commit than in the baseline, although dvc.lock records the same of them."""
    if before is None:
        return ""
    pins = {unknown.path: unknown.pin for unknown in before.unknown}
    moved = [
        unknown.path
        for unknown in stage.unknown
        if unknown.pin
        and pins.get(unknown.path, "") not in ("", unknown.pin)
        and stage.deps.get(unknown.path) == before.deps.get(unknown.path)
    ]
    return f"git has another commit of the submodule at {named(moved)} than in the baseline" if moved else ""


def _why_stale(stage: Stage) -> str:
    """Why what the stage wrote is not of this revision's definitions; empty where it is."""
    if not stage.outdated:
        return ""
    if stage.ran_cmd is None:
        return f"stage {stage.name} has never run"
    reasons = [_WORDS[kind] for kind in stage.outdated if kind in _WORDS]
    which = f" ({named(stage.inputs_changed)})" if stage.inputs_changed else ""
    return f"stage {stage.name} has not run since its {joined(reasons)} changed{which}" if reasons else ""


def _metrics_by_stage(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Stage → the metrics files that it, or a stage downstream of it, writes."""
    pipeline = Dag.of(snapshot.stages)
    found: dict[str, list[str]] = {}
    for file in sorted(snapshot.metrics):
        writer = pipeline.writer(file)
        for name in pipeline.ancestors((writer,)) if writer is not None else ():
            found.setdefault(name, []).append(file)
    return {name: tuple(files) for name, files in found.items()}


def _problems(stage: Stage, metrics: tuple[str, ...], snapshot: Snapshot) -> Iterator[Problem]:
    revision = snapshot.revision.label
    if why := _why_stale(stage):
        message = f"{capitalised(why)}{_shown(metrics)}"
        kind = ProblemKind.STALE if metrics else ProblemKind.OUTDATED
        yield Problem(revision, stage.name, kind, message, _STALE_HINT, names_path=True)
    else:
        yield from (_not_made(stage, path, snapshot) for path in _unmade(stage))
    if stage.differing and stage.ran_cmd is not None:
        yield _mismatch(stage, snapshot)


def _unmade(stage: Stage) -> list[str]:
    """Outputs that dvc.yaml names and that the last run did not yet make."""
    return [path for path, recorded in stage.outs.items() if recorded is None] if _OUTS in stage.outdated else []


def _not_made(stage: Stage, path: str, snapshot: Snapshot) -> Problem:
    """Of what a stage is to make from now on the output alone is to blame: the others are as its last run wrote them."""
    metrics = (path,) if path in snapshot.metrics else ()
    return Problem(
        revision=snapshot.revision.label,
        path=path,
        kind=ProblemKind.STALE if metrics else ProblemKind.OUTDATED,
        message=f"Stage {stage.name} has not made {path} yet{_shown(metrics)}",
        hint=_STALE_HINT,
        names_path=True,
    )


def _mismatch(stage: Stage, snapshot: Snapshot) -> Problem:
    """Outputs that are not what the last run wrote: edited, restored, or committed without dvc.lock."""
    is_one = len(stage.differing) == 1
    verb = "differs" if is_one else "differ"
    return Problem(
        revision=snapshot.revision.label,
        path=stage.differing[0] if is_one else stage.name,
        kind=ProblemKind.MISMATCH,
        message=f"{named(stage.differing)} {verb} from what stage {stage.name} wrote when it last ran",
        hint=_RESTORE_HINT if set(stage.differing) <= set(stage.restorable) else _RERUN_HINT,
        names_path=True,
    )


def _shown(metrics: tuple[str, ...]) -> str:
    return f": the values of {named(metrics)} are not of this code" if metrics else ""


def unwritten_problems(base: Snapshot | None, head: Snapshot) -> tuple[Problem, ...]:
    """A problem for each metrics file that a stage of the baseline wrote and that none of the candidate does."""
    return tuple(_unwritten(writer, head) for writer in lost_writers(base, head, tuple(head.metrics)))


def _unwritten(writer: LostWriter, head: Snapshot) -> Problem:
    return Problem(
        revision=head.revision.label,
        path=writer.path,
        kind=ProblemKind.MISMATCH,
        message=f"{capitalised(writer.clause)}, and no other stage writes it: its values may be anybody's",
        hint="let a stage write it, and run `dvc repro`; if it is to be written elsewhere from now on, merge that first and by itself",
        names_path=True,
    )


def configuration_problems(base: Snapshot | None, head: Snapshot, rules: Rules) -> tuple[Problem, ...]:
    """A problem for each `match` of reporter.yaml that finds nothing in either revision."""
    snapshots = [head] if base is None else [base, head]
    files = [file for snapshot in snapshots for file in snapshot.metrics.values()]
    runs = [
        _without_runs(key, pattern, head)
        for key, pattern in (("seeds", rules.seeds), ("folds", rules.folds))
        if pattern is not None and not any(fnmatchcase(file.path, pattern) for file in files)
    ]
    if any(file.problem is not None for file in files):
        return tuple(runs)
    metrics = {(file.path, name) for file in files for name in file.values}
    unmatched = (rule for rule in rules.metrics if not any(rule.matches(file, name) for file, name in metrics))
    return (*(_unmatched(rule, head) for rule in unmatched), *runs)


def _without_runs(key: str, pattern: str, head: Snapshot) -> Problem:
    return Problem(
        revision=head.revision.label,
        path="",
        kind=ProblemKind.CONFIGURATION,
        message=f"`{key}` of reporter.yaml asks for metrics files “{pattern}”, but there is none of this name",
        hint="compare `match` with the paths of the metrics in the report, and name the files as metrics in dvc.yaml",
    )


def _unmatched(rule: MetricRule, head: Snapshot) -> Problem:
    return Problem(
        revision=head.revision.label,
        path="",
        kind=ProblemKind.CONFIGURATION,
        message=f"reporter.yaml asks for the metric “{rule.match}”, but there is none of this name",
        hint="compare `match` with the names in the report: `file:name`, nested keys joined by dots",
    )
