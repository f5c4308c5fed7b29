"""From the tables of a plot's revisions to series: one x and one y column for each revision and each y of the definition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

import numpy as np

from reporter.model.comparison import PlotComparison, PlotSide
from reporter.model.snapshot import Axis, Column, PlotSpec, Table

MOST_SERIES = 100
"""Of one plot: of more no legend could be read, and a picture would be taller than a browser draws."""
ROW_NUMBER = "step"
"""What DVC calls the x axis of a plot that names no x."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    side: int
    """Index into the plot's sides."""
    name: str
    """Tells the series of one revision apart; empty where there is just one."""
    path: str
    """The data file that holds y."""
    field: str
    """The column that is y."""
    x: Column
    """Shape (rows,)."""
    y: Column
    """Shape (rows,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """All that a plot draws, in the order of its revisions, and what is missing."""

    spec: PlotSpec
    """The candidate's definition where it has one: titles and labels are its."""
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Distinct series names in order of appearance: one dash, symbol or row of panels each."""
        return tuple(dict.fromkeys(one.name for one in self.series))


@dataclass(frozen=True, slots=True)
class _Pair:
    """One y of a definition with the x it is drawn over."""

    x: Axis | None
    y: Axis


class _MissingError(Exception):
    """A column that a definition names cannot be had; its text is the note."""


def read(plot: PlotComparison) -> Data:
    """Read each revision as far as it goes; whatever is missing becomes a note that names the revision."""
    spec = next(side.spec for side in reversed(plot.sides) if side.spec is not None)
    titles = _names(plot)
    series: list[Series] = []
    notes: list[str] = []
    if len(titles) > MOST_SERIES:
        notes.append(f"Only the first {MOST_SERIES} of {len(titles):,} series are drawn.")
        titles = dict(islice(titles.items(), MOST_SERIES))
    for index, side in enumerate(plot.sides):
        found, missing = _read_side(index, side, titles)
        series.extend(found)
        notes.extend(f"{side.revision.label}: {note}" for note in missing)
    return Data(spec, spec.x_label or _x_label(spec), spec.y_label or _y_label(spec), tuple(series), tuple(notes))


def _read_side(index: int, side: PlotSide, titles: dict[Axis, str]) -> tuple[list[Series], list[str]]:
    notes = [problem.message for problem in side.problems]
    if side.spec is None:
        return [], notes or ["does not define this plot."]
    series: list[Series] = []
    for pair in _pairs(side.spec):
        if pair.y not in titles:
            continue
        table = side.tables.get(pair.y.path)
        if table is None:
            if not side.problems:
                notes.append(f"{pair.y.path} is missing.")
            continue
        try:
            field = _field(pair.y, table)
            x, y = _columns(pair, field, table, side)
        except _MissingError as missing:
            notes.append(str(missing))
        else:
            series.append(Series(index, titles[pair.y], pair.y.path, field, x, y))
            notes.extend(() if len(y) else [f"{pair.y.path} is empty."])
    return series, list(dict.fromkeys(notes))


def _pairs(spec: PlotSpec) -> Iterator[_Pair]:
    for position, y in enumerate(spec.y):
        own = 0 if len(spec.x) == 1 else position
        yield _Pair(spec.x[own] if own < len(spec.x) else None, y)


def _field(y: Axis, table: Table) -> str:
    return y.field if y.field is not None else next(reversed(list(table.columns)), "")


def _columns(pair: _Pair, field: str, table: Table, side: PlotSide) -> tuple[Column, Column]:
    y = _column(table, field, pair.y.path)
    if pair.x is None or pair.x.field is None:
        return np.arange(len(y)), y
    x = _column(_x_table(pair, table, side), pair.x.field, pair.x.path or pair.y.path)
    if len(x) != len(y):
        raise _MissingError(
            f"`{pair.x.field}` has {len(x):,} rows and `{field}` has {len(y):,}: they cannot be drawn together."
        )
    return x, y


def _x_table(pair: _Pair, table: Table, side: PlotSide) -> Table:
    path = pair.x.path if pair.x is not None else ""
    if path in {"", pair.y.path}:
        return table
    # One x for several y files: DVC reads it from the x file itself, if that is a data file at all.
    found = side.tables.get(path)
    if found is None:
        raise _MissingError(f"{path} is missing.")
    return found


def _column(table: Table, field: str, path: str) -> Column:
    if field in table.columns:
        return table.columns[field]
    if table.rows == 0:
        return np.empty(0)
    there = ", ".join(f"`{name}`" for name in list(table.columns)[:8])
    raise _MissingError(f"{path} has no column `{field}`; it has {there}.")


def _names(plot: PlotComparison) -> dict[Axis, str]:
    """A short name for each y of any revision: by field, by file, or by both, whichever tells them apart."""
    axes = list(dict.fromkeys(y for side in plot.sides if side.spec for y in side.spec.y))
    fields, paths = {axis.field for axis in axes}, {axis.path for axis in axes}
    short = _short_paths([axis.path for axis in axes])
    if len(axes) <= 1:
        return dict.fromkeys(axes, "")
    if len(paths) == 1:
        return {axis: axis.field or "last column" for axis in axes}
    if len(fields) == 1:
        return {axis: short[axis.path] for axis in axes}
    return {axis: f"{short[axis.path]} {axis.field or ''}".strip() for axis in axes}


def _short_paths(paths: Sequence[str]) -> dict[str, str]:
    """Paths without the folders that all of them share."""
    split = {path: PurePosixPath(path).parts for path in paths}
    shared = 0
    while all(len(parts) > shared + 1 for parts in split.values()) and len({p[shared] for p in split.values()}) == 1:
        shared += 1
    return {path: "/".join(parts[shared:]) for path, parts in split.items()}


def _x_label(spec: PlotSpec) -> str:
    fields = {axis.field for axis in spec.x if axis.field is not None}
    return fields.pop() if len(fields) == 1 else "x" if fields else ROW_NUMBER


def _y_label(spec: PlotSpec) -> str:
    fields = {axis.field for axis in spec.y if axis.field is not None}
    return fields.pop() if len(fields) == 1 else ""
