"""Small builders of the model's records, so that a test names only what it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from reporter.compare.difference import difference, relative_difference
from reporter.model.comparison import Candidate, MetricRow, Outcome, Split, State
from reporter.model.problem import Problem, ProblemKind
from reporter.model.reasons import Significance
from reporter.model.revision import WORKSPACE, Revision
from reporter.model.rules import Direction, GateRule, MetricRule, Rules
from reporter.model.snapshot import Axis, PlotSpec, Snapshot, Stage, Table, TrackedPath, ValueFile
from reporter.model.values import Value, flatten


def sha(seed: str) -> str:
    """40 hexadecimal digits that depend on nothing but `seed`."""
    return hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()


def md5(seed: str) -> str:
    """A hash as DVC writes it."""
    return hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()


def make_revision(rev: str = WORKSPACE, *, label: str | None = None, dirty: bool = False) -> Revision:
    return Revision(rev=rev, sha=sha(rev), label=label or rev, dirty=dirty)


BASE = make_revision("main")
HEAD = make_revision()


def make_problem(
    path: str = "metrics.json", kind: ProblemKind = ProblemKind.MISSING, *, revision: str = "main", message: str = ""
) -> Problem:
    return Problem(
        revision=revision,
        path=path,
        kind=kind,
        message=message or "is in no cache and no remote",
        hint="Run `dvc push` where it was made.",
    )


def make_value_file(path: str, tree: Mapping[str, Value], problem: Problem | None = None) -> ValueFile:
    """A metrics or params file with this content, nested as the file would be."""
    return ValueFile(path=path, values=dict(flatten(tree)), problem=problem)


def make_value_files(trees: Mapping[str, Mapping[str, Value] | Problem]) -> dict[str, ValueFile]:
    """Path → content of a file, or the problem that kept it from being read."""
    return {
        path: ValueFile(path, {}, tree) if isinstance(tree, Problem) else make_value_file(path, tree)
        for path, tree in trees.items()
    }


def make_table(**columns: Sequence[object]) -> Table:
    """Columns by name; texts become object arrays, as the collector makes them."""
    arrays = {name: np.array(values) for name, values in columns.items()}
    return Table({name: array if array.dtype.kind in "bif" else array.astype(object) for name, array in arrays.items()})


def make_line_plot(plot_id: str = "loss.csv", x: str = "step", y: str = "loss") -> PlotSpec:
    """A linear plot of one data file whose path is the plot's id."""
    return PlotSpec(id=plot_id, template="linear", x=(Axis(plot_id, x),), y=(Axis(plot_id, y),))


def make_stage(
    name: str,
    *,
    deps: Mapping[str, str | None] | None = None,
    outs: Mapping[str, str | None] | None = None,
    params: Mapping[str, Value] | None = None,
    cmd: str | None = None,
    outdated: Sequence[str] = (),
) -> Stage:
    """A stage that ran; each of its dependencies that ends in `.py` is code."""
    command = cmd or f"python src/{name}.py"
    deps = deps or {}
    return Stage(
        name=name,
        cmd=command,
        deps=deps,
        params=params or {},
        outs=outs or {},
        code=tuple(path for path in deps if path.endswith(".py")),
        outdated=tuple(outdated),
        ran_cmd=command,
    )


def make_tracked(
    path: str,
    content: str | None = "content",
    *,
    size: int | None = 100,
    files: Mapping[str, str] | None = None,
) -> TrackedPath:
    """A tracked file with this content; a directory where `files` is given."""
    if files is None:
        return TrackedPath(path, None if content is None else md5(content), size, None)
    listing = {name: md5(inside) for name, inside in files.items()}
    whole = None if content is None else f"{md5(repr(sorted(listing.items())))}.dir"
    return TrackedPath(path, whole, size, len(files), files=listing)


def make_snapshot(
    revision: Revision = HEAD,
    *,
    metrics: Mapping[str, Mapping[str, Value] | Problem] | None = None,
    params: Mapping[str, Mapping[str, Value] | Problem] | None = None,
    plots: Sequence[PlotSpec] = (),
    tables: Mapping[str, Table] | None = None,
    images: Mapping[str, bytes] | None = None,
    predictions: Mapping[str, Table] | None = None,
    data: Sequence[TrackedPath] = (),
    stages: Sequence[Stage] = (),
    artifacts: Mapping[str, Mapping[str, Value]] | None = None,
    problems: Sequence[Problem] = (),
) -> Snapshot:
    return Snapshot(
        revision=revision,
        metrics=make_value_files(metrics or {}),
        params=make_value_files(params or {}),
        plots=tuple(plots),
        tables=tables or {},
        images=images or {},
        predictions=predictions or {},
        data={tracked.path: tracked for tracked in data},
        stages={stage.name: stage for stage in stages},
        artifacts=artifacts or {},
        problems=tuple(problems),
    )


def make_metric_row(
    name: str = "accuracy",
    base: Value = 0.8,
    head: Value = 0.8,
    *,
    file: str = "metrics.json",
    state: State | None = None,
    direction: Direction = Direction.HIGHER,
    outcome: Outcome | None = None,
    interval: tuple[float, float] | None = None,
    p_value: float | None = None,
    method: str | None = None,
    headline: bool = False,
    note: str = "",
    doubt: str = "",
    tested_delta: float | None = None,
    comparable: bool | None = None,
    significance: Significance | None = None,
    unusable: str = "",
    split: Split | None = None,
) -> MetricRow:
    """A row of two numbers; what is not named follows from them by sign and direction."""
    delta = difference(base, head)
    state = state or (State.CHANGED if base != head else State.UNCHANGED)
    return MetricRow(
        file=file,
        name=name,
        base=base,
        head=head,
        delta=delta,
        relative=relative_difference(base, delta),
        state=state,
        direction=direction,
        outcome=outcome or _outcome(delta, state, direction),
        interval=interval,
        p_value=p_value,
        method=method,
        headline=headline,
        note=note,
        comparable=(outcome is not Outcome.INCOMPARABLE) if comparable is None else comparable,
        doubt=doubt,
        tested_delta=tested_delta,
        unusable=unusable,
        split=split,
        significance=significance or (Significance.UNTESTED if interval is p_value else Significance.TESTED),
    )


def _outcome(delta: float | None, state: State, direction: Direction) -> Outcome:
    if state in (State.ADDED, State.REMOVED, State.UNAVAILABLE):
        return Outcome.UNKNOWN
    if state is State.UNCHANGED:
        return Outcome.SAME
    if direction is Direction.NONE or delta is None:
        return Outcome.CHANGED
    return Outcome.IMPROVED if (delta > 0) is (direction is Direction.HIGHER) else Outcome.REGRESSED


def make_candidate(*metrics: MetricRow, problems: Sequence[Problem] = (), revision: Revision = HEAD) -> Candidate:
    return Candidate(revision=revision, metrics=metrics, params=(), data=(), stages=(), problems=tuple(problems))


def make_gates(match: str = "accuracy", *, direction: Direction | None = None, **limits: float | bool) -> Rules:
    """The rules of a reporter.yaml that gates one metric."""
    return Rules(metrics=(MetricRule(match=match, direction=direction, gate=GateRule(**limits)),))  # type: ignore[arg-type]
