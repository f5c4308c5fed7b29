"""What a report must hold of a described project: told from the description alone, not from what git, DVC or reporter say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from slow.fuzz.description import (
    Kept,
    Project,
    Revision,
    Side,
    Table,
    Values,
    View,
)
from slow.fuzz.values import Tree, Value, are_same, as_json, as_number, below, leaves

UNAVAILABLE = "unavailable"
Reading: TypeAlias = "dict[str, Value] | None"
"""Name → value of a file; None: it cannot be read."""


@dataclass(frozen=True)
class Expected:
    base: Value
    head: Value
    states: frozenset[str]
    """Those that are right; a row that may be told in two ways has two, and its values are not held."""


Rows: TypeAlias = "dict[tuple[str, str], Expected]"


def expected_metrics(project: Project) -> Rows:
    readings = (_metrics(project, side) for side in Side)
    return dict(_rows(*readings))


def expected_params(project: Project) -> Rows:
    """A param that only one side tracks, of a file that both have, has both its values."""
    names = _merged(shown_names(project.base), shown_names(project.head))
    return dict(_rows(*(_params(project, side, names) for side in Side)))


def _metrics(project: Project, side: Side) -> dict[str, Reading]:
    return {
        path: {name: as_number(value) for name, value in leaves(file.written)}
        if is_readable(file, project, side)
        else None
        for path, file in project.side(side).every_metrics_file().items()
    }


def _merged(base: Mapping[str, list[str] | None], head: Mapping[str, list[str] | None]) -> dict[str, list[str] | None]:
    """What either side shows of a file; None: all."""
    found: dict[str, list[str] | None] = {}
    for path in {**base, **head}:
        before, after = base.get(path, []), head.get(path, [])
        found[path] = None if before is None or after is None else [*before, *after]
    return found


def _params(project: Project, side: Side, shown: Mapping[str, list[str] | None]) -> dict[str, Reading]:
    revision = project.side(side)
    found: dict[str, Reading] = {}
    for path, names in shown.items():
        file = revision.params_at(path)
        if file is None:
            continue
        tree: Tree = below(file.written, names) if names is not None else file.written
        found[path] = dict(leaves(tree)) if is_readable(file, project, side) else None
    return found


def shown_names(revision: Revision) -> dict[str, list[str] | None]:
    """Params file → the names that a report shows; None: all."""
    names: dict[str, list[str] | None] = {}
    for stage in revision.stages:
        for tracked in stage.tracks:
            own, known = revision.tracked_names(tracked), names.get(tracked.path, [])
            if own is not None:
                names[tracked.path] = [*known, *own] if own and known is not None else None
    for path in (*revision.whole_params, "params.yaml"):
        names[path] = None
    used = [name for stage in revision.stages for name in stage.uses]
    for path in revision.variables:
        file = revision.params_at(path)
        own_names = [name for name in used if file is not None and name.split(".")[0] in file.tree]
        if own_names and path not in names:
            names[path] = own_names
    return names


def _rows(base: Mapping[str, Reading], head: Mapping[str, Reading]) -> Iterable[tuple[tuple[str, str], Expected]]:
    for path in {**base, **head}:
        before, after = base.get(path, {}), head.get(path, {})
        is_unreadable = before is None or after is None
        old, new = before or {}, after or {}
        for name in {**old, **new} or ([""] if is_unreadable else []):
            state = UNAVAILABLE if is_unreadable else _state(name, old, new)
            yield (path, name), Expected(as_json(old.get(name)), as_json(new.get(name)), frozenset({state}))


def _state(name: str, old: Mapping[str, Value], new: Mapping[str, Value]) -> str:
    if name not in old:
        return "added"
    if name not in new:
        return "removed"
    return "unchanged" if are_same(old[name], new[name]) else "changed"


def is_readable(file: Values | Table, project: Project, side: Side) -> bool:
    if isinstance(file, Values) and file.broken:
        return False
    return _is_at_hand(file, project, side)


def _is_at_hand(file: Values | Table, project: Project, side: Side) -> bool:
    seen = project.seen
    in_work_tree = side is Side.HEAD and seen.workspace
    is_here = seen.view is View.HERE
    match file.kept:
        case Kept.LFS:
            return False
        case Kept.GIT | Kept.LINK:
            return not (in_work_tree and seen.left_out and file.path.startswith(f"{seen.left_out}/"))
        case Kept.IGNORED:
            return in_work_tree and is_here
        case _:
            return (in_work_tree and is_here) or _is_stored(file, project, has_cache=is_here and seen.cache)


def _is_stored(file: Values | Table, project: Project, *, has_cache: bool) -> bool:
    if file.content in project.lost_contents:
        return False
    return has_cache or file.content in project.pushed_contents


def allowed_exit(project: Project) -> Callable[[int], bool]:
    """3 is right where no metric of the candidate can be read for another reason than that nobody has it yet."""
    readings = _metrics(project, Side.HEAD)
    nothing = bool(readings) and all(reading is None for reading in readings.values())
    return lambda code: code == 0 or (code == 3 and nothing)
