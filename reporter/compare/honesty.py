"""Checks of a revision by itself: that the numbers shown are those of the code shown."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.compare.phrases import joined, named
from reporter.compare.pipeline import Pipeline
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import MetricRule, Rules
from reporter.model.snapshot import Snapshot, Stage, Unknown

_OUTS = "outs"
_RERUN_HINT = "Run `dvc repro`, and commit dvc.lock together with the outputs."
_RESTORE_HINT = (
    "Run `dvc checkout` to have what the stage wrote; if the change is meant, run `dvc repro` and commit dvc.lock."
)
_STALE_HINT = "Run `dvc repro` and commit dvc.lock."
_WORDS = {"cmd": "command", "deps": "dependencies", "params": "params"}


def honesty_problems(snapshot: Snapshot) -> tuple[Problem, ...]:
    """A problem for each stage whose results are not those of this revision's definitions, in the pipeline's order."""
    affected = _metrics_by_stage(snapshot)
    stages = snapshot.stages.values()
    certain = (
        problem
        for stage in stages
        if stage.outdated
        for problem in _problems(stage, affected.get(stage.name, ()), snapshot)
    )
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
            hint=f"{unknown.hint[:1].upper()}{unknown.hint[1:]}.",
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
        if _OUTS in stage.outdated and stage.ran_cmd is not None:
            for file in set(_suspects(stage, snapshot)) & snapshot.metrics.keys():
                found.setdefault(file, f"may not be what stage {stage.name} wrote when it last ran")
        if base is not None and (moved := _moved_unseen(stage, base.stages.get(stage.name))):
            for file in affected.get(stage.name, ()):
                found.setdefault(
                    file, f"may not be of this code: {moved}, while dvc.lock records the same for stage {stage.name}"
                )
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
    return f"stage {stage.name} has not run since its {joined(reasons)} changed" if reasons else ""


def _metrics_by_stage(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Stage → the metrics files that it, or a stage downstream of it, writes."""
    pipeline = Pipeline.of(snapshot.stages)
    found: dict[str, list[str]] = {}
    for file in sorted(snapshot.metrics):
        writer = pipeline.writer(file)
        for name in pipeline.ancestors((writer,)) if writer is not None else ():
            found.setdefault(name, []).append(file)
    return {name: tuple(files) for name, files in found.items()}


def _problems(stage: Stage, metrics: tuple[str, ...], snapshot: Snapshot) -> Iterator[Problem]:
    revision = snapshot.revision.label
    if why := _why_stale(stage):
        message = f"{why[0].upper()}{why[1:]}{_shown(metrics)}"
        kind = ProblemKind.STALE if metrics else ProblemKind.OUTDATED
        yield Problem(revision, stage.name, kind, message, _STALE_HINT)
    if _OUTS in stage.outdated and stage.ran_cmd is not None:
        yield _mismatch(stage, snapshot)


def _mismatch(stage: Stage, snapshot: Snapshot) -> Problem:
    """Outputs that are not what the last run wrote: edited, restored, or committed without dvc.lock.

    Of an output that git keeps, as metrics often are, no hash is known but that of the last run: it is a suspect.
    """
    tracked = any(_is_edited(path, stage, snapshot) for path in stage.outs)
    suspects = _suspects(stage, snapshot)
    subject = suspects[0] if len(suspects) == 1 else f"{'Each' if tracked else 'At least one'} of {named(suspects)}"
    return Problem(
        revision=snapshot.revision.label,
        path=suspects[0] if len(suspects) == 1 else stage.name,
        kind=ProblemKind.MISMATCH,
        message=f"{subject} differs from what stage {stage.name} wrote when it last ran",
        hint=_RESTORE_HINT if set(suspects) <= set(stage.restorable) else _RERUN_HINT,
    )


def _suspects(stage: Stage, snapshot: Snapshot) -> list[str]:
    """Outputs that may not be what the last run wrote: those known to differ, else those of which nothing is known."""
    tracked = [path for path in stage.outs if _is_edited(path, stage, snapshot)]
    untracked = [path for path in stage.outs if path not in snapshot.data]
    return tracked or untracked or list(stage.outs)


def _is_edited(path: str, stage: Stage, snapshot: Snapshot) -> bool:
    tracked, recorded = snapshot.data.get(path), stage.outs[path]
    return tracked is not None and None not in (tracked.hash, recorded) and tracked.hash != recorded


def _shown(metrics: tuple[str, ...]) -> str:
    return f": the values of {named(metrics)} are not of this code" if metrics else ""


def configuration_problems(base: Snapshot | None, head: Snapshot, rules: Rules) -> tuple[Problem, ...]:
    """A problem for each rule of reporter.yaml that names headline or gated metrics which neither revision has."""
    snapshots = [head] if base is None else [base, head]
    files = [file for snapshot in snapshots for file in snapshot.metrics.values()]
    if any(file.problem is not None for file in files):
        return ()
    metrics = {(file.path, name) for file in files for name in file.values}
    return tuple(
        _unmatched(rule, head)
        for rule in rules.metrics
        if (rule.headline or rule.gate is not None) and not any(rule.matches(file, name) for file, name in metrics)
    )


def _unmatched(rule: MetricRule, head: Snapshot) -> Problem:
    return Problem(
        revision=head.revision.label,
        path="",
        kind=ProblemKind.CONFIGURATION,
        message=f"reporter.yaml asks for the metric “{rule.match}”, but there is none of this name",
        hint="Compare `match` with the names in the report: `file:name`, nested keys joined by dots.",
    )
