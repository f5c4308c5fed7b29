"""Plots over all revisions of a comparison: which are the same, which changed, and which could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import chain
from pathlib import PurePosixPath

import numpy as np

from reporter.compare.order import merged_order
from reporter.model.comparison import PlotComparison, PlotSide, State
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import IMAGE, Column, PlotSpec, Snapshot, Table

_UNREAD = frozenset({ProblemKind.MISSING, ProblemKind.CORRUPT, ProblemKind.FORMAT, ProblemKind.ACCESS})


def plot_comparisons(base: Snapshot | None, candidates: Sequence[Snapshot]) -> tuple[PlotComparison, ...]:
    """Each plot of any revision once, in the order of the last candidate's definitions."""
    snapshots = [*([base] if base else []), *candidates]
    specs = [{spec.id: spec for spec in snapshot.plots} for snapshot in snapshots]
    order: list[str] = reduce(lambda earlier, later: merged_order(later, earlier), specs, [])
    return tuple(
        _comparison(plot, snapshots, [own.get(plot) for own in specs], has_base=base is not None) for plot in order
    )


def _comparison(
    plot: str, snapshots: Sequence[Snapshot], specs: Sequence[PlotSpec | None], *, has_base: bool
) -> PlotComparison:
    """A plot that is new, drawn from data that the baseline has as well, shows the baseline's too; it stays new.

    A side whose definition is not the latest has the data of both: which of them it is drawn by depends on what its data hold.
    """
    latest = next(spec for spec in reversed(specs) if spec is not None)
    own = tuple(_side(plot, snapshot, spec) for snapshot, spec in zip(snapshots, specs, strict=True))
    is_partial = has_base and snapshots[0].is_partial
    state = _state(own, has_base=has_base, is_partial=is_partial)
    drawn = list(specs)
    if (state is State.ADDED or is_partial) and has_base and specs[0] is None and _has_data(snapshots[0], latest):
        drawn[0] = latest
    sides = tuple(_side(plot, snapshot, spec, latest) for snapshot, spec in zip(snapshots, drawn, strict=True))
    return PlotComparison(
        id=plot,
        kind=latest.template,
        state=state,
        sides=sides,
        has_base=has_base,
        by_candidate=_by_candidate(own, state, has_base=has_base, is_partial=is_partial),
    )


def _by_candidate(
    sides: Sequence[PlotSide], state: State, *, has_base: bool, is_partial: bool
) -> tuple[State | None, ...]:
    """As `_state` of each candidate alone; of one it is the state that is known already."""
    before, candidates = sides[: int(has_base)], sides[int(has_base) :]
    if len(candidates) == 1:
        return (state,)
    alone = [(*before, side) for side in candidates]
    return tuple(
        _state(pair, has_base=has_base, is_partial=is_partial) if _is_anywhere(pair) else None for pair in alone
    )


def _is_anywhere(sides: Sequence[PlotSide]) -> bool:
    return any(side.spec is not None or _is_unavailable(side) for side in sides)


def _has_data(snapshot: Snapshot, spec: PlotSpec) -> bool:
    kept = snapshot.images if spec.template == IMAGE else snapshot.tables
    return all(path in kept for path in _data_paths(spec))


def _side(plot: str, snapshot: Snapshot, spec: PlotSpec | None, latest: PlotSpec | None = None) -> PlotSide:
    """What is said of a folder that was not read is said of each plot that may be in it."""
    paths = _data_paths(*filter(None, (spec, latest))) if spec is not None else []
    concerned = {plot, *paths}
    around = {str(folder) for path in concerned for folder in PurePosixPath(path).parents}
    return PlotSide(
        revision=snapshot.revision,
        spec=spec,
        tables={path: snapshot.tables[path] for path in paths if path in snapshot.tables},
        image=next((snapshot.images[path] for path in paths if path in snapshot.images), None),
        problems=tuple(
            problem
            for problem in snapshot.problems
            if not concerned.isdisjoint(problem.paths)
            or (problem.kind in _UNREAD and not around.isdisjoint(problem.paths))
        ),
        folder=_defined_folder(snapshot, latest) if spec is None and latest is not None else "",
    )


def _defined_folder(snapshot: Snapshot, spec: PlotSpec) -> str:
    """The folder around the plot's data whose every file is a plot in this revision; empty for none."""
    around = (str(folder) for path in _data_paths(spec) for folder in PurePosixPath(path).parents)
    return next((folder for folder in around if folder in snapshot.plot_paths), "")


def _data_paths(*specs: PlotSpec) -> list[str]:
    """Files that the plot is drawn from, each once."""
    paths = ([*([spec.path] if spec.path else []), *(axis.path for axis in (*spec.x, *spec.y))] for spec in specs)
    return list(dict.fromkeys(chain.from_iterable(paths)))


def _state(sides: Sequence[PlotSide], *, has_base: bool, is_partial: bool) -> State:
    if any(_is_unavailable(side) for side in sides):
        return State.UNAVAILABLE
    if not has_base or sides[0].spec is None:
        return State.UNAVAILABLE if is_partial else State.ADDED
    if all(side.spec is None for side in sides[1:]):
        return State.REMOVED
    return State.UNCHANGED if all(_same_side(sides[0], side) for side in sides[1:]) else State.CHANGED


def _is_unavailable(side: PlotSide) -> bool:
    """The plot is defined and something it is drawn from is missing, or it is not known whether it is defined."""
    if side.spec is None:
        return any(problem.kind in _UNREAD for problem in side.problems)
    if side.spec.template == IMAGE:
        return side.image is None
    return any(path not in side.tables for path in _data_paths(side.spec))


def _same_side(left: PlotSide, right: PlotSide) -> bool:
    return left.spec == right.spec and left.image == right.image and _same_tables(left.tables, right.tables)


def _same_tables(left: Mapping[str, Table], right: Mapping[str, Table]) -> bool:
    return left.keys() == right.keys() and all(_same_table(left[path], right[path]) for path in left)


def _same_table(left: Table, right: Table) -> bool:
    if list(left.columns) != list(right.columns):
        return False
    return all(_same_column(column, right.columns[name]) for name, column in left.columns.items())


def _same_column(left: Column, right: Column) -> bool:
    """Equal values in equal places; NaN equals NaN."""
    is_numeric = left.dtype.kind in "fc" and right.dtype.kind in "fc"
    return left is right or bool(np.array_equal(left, right, equal_nan=is_numeric))
