"""Rows of stages: what of each one changed, whether it ran again, and whether it is out of date."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.compare.dag import Dag, changed_paths
from reporter.compare.order import merged_order
from reporter.compare.value_pairs import is_partial
from reporter.model.comparison import StageRow, State
from reporter.model.snapshot import Snapshot, Stage
from reporter.model.values import Value, flatten, same_value


def stage_rows(base: Snapshot | None, head: Snapshot) -> tuple[StageRow, ...]:
    """A row for each stage of either revision, in the pipeline's order."""
    before: Mapping[str, Stage] = base.stages if base else {}
    old, new = Dag.of(before), Dag.of(head.stages)
    return tuple(_row(name, base, head, old, new) for name in merged_order(head.stages, before))


def _row(name: str, base: Snapshot | None, head: Snapshot, old: Dag, new: Dag) -> StageRow:
    after = head.stages.get(name)
    before = base.stages.get(name) if base else None
    if after is None:
        ever_ran = before is not None and before.ran_cmd is not None
        return StageRow(name, State.REMOVED, (), outdated=False, ever_ran=ever_ran, upstream=old.upstream(name))
    outdated, ever_ran, upstream = bool(after.outdated), after.ran_cmd is not None, new.upstream(name)
    if base is None or before is None:
        ran = base is not None and ever_ran and not is_partial(base)
        state = State.UNAVAILABLE if is_partial(base) else State.ADDED
        return StageRow(name, state, (), outdated=outdated, ran=ran, ever_ran=ever_ran, upstream=upstream)
    changed = _changed_kinds(before, after, base, head)
    state = State.CHANGED if changed else State.UNCHANGED
    ran = _ran_again(before, after)
    return StageRow(name, state, changed, outdated=outdated, ran=ran, ever_ran=ever_ran, upstream=upstream)


def _changed_kinds(before: Stage, after: Stage, base: Snapshot, head: Snapshot) -> tuple[str, ...]:
    """Any of cmd, deps, params, outs.

    Compared is what dvc.lock recorded and what dvc.yaml states. Where only one side has changed since its own last
    run (`outdated`) and both runs were alike, the definitions differ.
    """
    both_ran = before.ran_cmd is not None and after.ran_cmd is not None
    recorded = {
        "cmd": before.cmd != after.cmd or (both_ran and before.ran_cmd != after.ran_cmd),
        "deps": bool(changed_paths(before.deps, after.deps)),
        "params": both_ran and bool(changed_params(before.params, after.params)),
        "outs": bool(changed_paths(before.outs, after.outs)) or (before.ran_cmd is None) is not (after.ran_cmd is None),
    }
    return tuple(
        kind
        for kind, differs in recorded.items()
        if differs or (both_ran and _definitions_differ(kind, before, after, base, head))
    )


def _definitions_differ(kind: str, before: Stage, after: Stage, base: Snapshot, head: Snapshot) -> bool:
    if (kind in before.outdated) is not (kind in after.outdated):
        return True
    if kind == "params" and kind in after.outdated:
        return any(not same_value(_current(base, key), _current(head, key)) for key in after.params)
    return False


def _current(snapshot: Snapshot, key: str) -> Value:
    """The value of the param `file:name` as its file states it now; a group of params is a mapping."""
    path, _, name = key.partition(":")
    file = snapshot.params.get(path)
    if file is None or file.problem is not None:
        return None
    if name in file.values:
        return file.values[name]
    return {full: value for full, value in file.values.items() if full.startswith(f"{name}.")}


def changed_params(base: Mapping[str, Value], head: Mapping[str, Value]) -> list[str]:
    """`file:name` of each recorded param on one side only or with two values, a group of params leaf by leaf."""
    before, after = recorded_params(base), recorded_params(head)
    return [
        key
        for key in merged_order(after, before)
        if key not in before or key not in after or not same_value(before[key], after[key])
    ]


def recorded_params(params: Mapping[str, Value]) -> dict[str, Value]:
    """`file:name` of each recorded param with its value, a group of params leaf by leaf."""
    leaves: dict[str, Value] = {}
    for key, value in params.items():
        if isinstance(value, Mapping) and value:
            leaves.update(flatten(value, key if key.endswith(":") else f"{key}."))
        else:
            leaves[key] = value
    return leaves


def _ran_again(before: Stage, after: Stage) -> bool:
    """dvc.lock records another run than the baseline's."""
    if after.ran_cmd is None:
        return False
    return (
        before.ran_cmd != after.ran_cmd
        or before.deps != after.deps
        or before.outs != after.outs
        or bool(changed_params(before.params, after.params))
    )
