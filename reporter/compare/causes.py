"""Why a metric may differ: the changes upstream of it in the DAG, nearest first.

Compared is what dvc.lock recorded, because the metrics shown come from that run. What another stage wrote is never a
cause by itself: the causes are what made that stage write something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reporter.compare.dag import Dag, changed_content, walk
from reporter.compare.stages import changed_params, recorded_params
from reporter.model.comparison import Cause, CauseKind, Explanation, MetricRow, State
from reporter.model.snapshot import Snapshot, Stage


def explanations(base: Snapshot | None, head: Snapshot, metrics: Sequence[MetricRow]) -> tuple[Explanation, ...]:
    """One explanation for each metrics file with a changed metric that a stage writes.

    One without causes says that nothing which DVC knows of changed upstream. A file that no stage writes has none, nor has one
    whose dvc.lock is out of date and names no cause: what made its values is not recorded.
    """
    if base is None or base.is_partial:
        return ()
    old, new = Dag.of(base.stages), Dag.of(head.stages)
    changed = {row.file: bool(row.doubt) for row in metrics if row.state is State.CHANGED}
    writers = ((file, new.writer(file)) for file in changed)
    found = [Explanation(file, _causes(writer, old, new)) for file, writer in writers if writer is not None]
    return tuple(explanation for explanation in found if explanation.causes or not changed[explanation.file])


def _causes(writer: str, old: Dag, new: Dag) -> tuple[Cause, ...]:
    """Every change at or above the stage `writer` in either revision; one that several stages read at its nearest."""

    def upstream(name: str) -> Iterable[str]:
        return (*new.upstream(name), *old.upstream(name))

    found = (
        _with_recorded_values(Cause(kind, changed, name, distance), old, new)
        for name, distance in walk((writer,), upstream).items()
        for kind, changed in _changes(name, old, new)
    )
    nearest: dict[tuple[CauseKind, str], Cause] = {}
    for cause in found:
        nearest.setdefault((cause.kind, cause.name), cause)
    kinds = list(CauseKind)
    return tuple(sorted(nearest.values(), key=lambda cause: (cause.distance, kinds.index(cause.kind), cause.name)))


def _with_recorded_values(cause: Cause, old: Dag, new: Dag) -> Cause:
    if cause.kind is not CauseKind.PARAM:
        return cause
    before, after = (recorded_params(pipeline.stages[cause.stage].params) for pipeline in (old, new))
    return replace(cause, base=before.get(cause.name), head=after.get(cause.name))


def _changes(name: str, old: Dag, new: Dag) -> Iterator[tuple[CauseKind, str]]:
    before, after = old.stages.get(name), new.stages.get(name)
    if before is None or after is None:
        yield CauseKind.COMMAND, name
        return
    if before.ran_cmd is None or after.ran_cmd is None:
        return
    if before.ran_cmd != after.ran_cmd:
        yield CauseKind.COMMAND, name
    for key in changed_params(before.params, after.params):
        yield CauseKind.PARAM, key
    for path in changed_content(before.deps, after.deps):
        if kind := _kind_of_dependency(path, before, after, old, new):
            yield kind, path


def _kind_of_dependency(path: str, before: Stage, after: Stage, old: Dag, new: Dag) -> CauseKind | None:
    """None for what another stage writes, unless the dependency itself is new or gone."""
    if old.is_code(before, path) or new.is_code(after, path):
        return CauseKind.CODE
    is_intermediate = bool(new.producers(path) and old.producers(path))
    return None if is_intermediate and path in before.deps and path in after.deps else CauseKind.DATA
