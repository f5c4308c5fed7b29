"""From the tables of a plot's revisions to series: one x and one y column for each revision and each y of the definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

import numpy as np

from reporter.figures.definitions import can_share_axes, difference, why_absent
from reporter.figures.text import listed, sentence
from reporter.model.comparison import PlotComparison, PlotSide
from reporter.model.snapshot import Axis, Column, PlotSpec, Table

MOST_SERIES = 100
"""Of one plot: of more no legend could be read, and a picture would be taller than a browser draws."""
ROW_NUMBER = "step"
"""What DVC calls the x axis of a plot that names no x."""


_MOST_COLUMNS = 8
"""Of a file that lacks the one wanted: so many are named."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One y over one x, of one revision."""

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
    """Empty where each series has a y of its own, which its name tells."""
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


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a side is drawn by."""

    spec: PlotSpec | None
    """None: it is not drawn."""
    notes: tuple[str, ...] = ()


class _MissingError(Exception):
    """A column that a definition names cannot be had; its text is the note."""


def read(plot: PlotComparison) -> Data:
    """Read each revision as far as it goes; whatever is missing becomes a note that names the revision.

    A revision that defines the plot differently is drawn by the candidate's definition where its data have all that this
    needs, so that the two can be compared; else by its own.
    """
    last = next(side for side in reversed(plot.sides) if side.spec is not None)
    chosen = [_chosen(side, last) for side in plot.sides]
    titles = _names(plot, chosen)
    series: list[Series] = []
    notes: list[str] = []
    if len(titles) > MOST_SERIES:
        notes.append(f"Only the first {MOST_SERIES} of {len(titles):,} series are drawn.")
        titles = dict(islice(titles.items(), MOST_SERIES))
    for index, (side, by) in enumerate(zip(plot.sides, chosen, strict=True)):
        found, missing = _read_side(index, side, by, titles)
        series.extend(found)
        notes.extend(f"{side.revision.label}: {note}" for note in dict.fromkeys((*missing, *by.notes)))
    spec = last.spec or PlotSpec(plot.id, plot.kind)
    return Data(
        spec,
        x_label=_label(plot, spec.x_label, _x_names(chosen, series)) or _x_label(spec),
        y_label=_label(plot, spec.y_label, _y_names(plot, series)) or _y_label(spec),
        series=tuple(series),
        notes=(*notes, *_inferred(plot, spec, series)),
    )


def _chosen(side: PlotSide, last: PlotSide) -> _Chosen:
    latest = last.spec
    if side.spec is None or latest is None or side.spec == latest:
        return _Chosen(side.spec)
    differs = f"its definition differs ({difference(side.spec, latest)})"
    lack = _lack(side, latest)
    if not lack:
        return _Chosen(latest, (f"{differs}; it is drawn by that of {last.revision.label}.",))
    if can_share_axes(side.spec, latest):
        return _Chosen(side.spec, (f"{differs}; it is drawn by its own, since {lack}",))
    return _Chosen(None, (f"{differs}; it is not drawn, since {lack}",))


def _lack(side: PlotSide, spec: PlotSpec) -> str:
    """What the side's data lack to be drawn by `spec`; empty where they have it all."""
    for pair in _pairs(spec):
        table = side.tables.get(pair.y.path)
        if table is None:
            return f"{pair.y.path} is missing."
        try:
            _columns(pair, _field(pair.y, table), table, side)
        except _MissingError as missing:
            return str(missing)
    return ""


def _read_side(index: int, side: PlotSide, by: _Chosen, titles: Mapping[Axis, str]) -> tuple[list[Series], list[str]]:
    notes = [sentence(problem.message) for problem in side.problems]
    if by.spec is None:
        return [], notes if notes or side.spec else [why_absent(side)]
    series: list[Series] = []
    for pair in _pairs(by.spec):
        table = side.tables.get(pair.y.path)
        if table is None:
            if not side.problems:
                notes.append(f"{pair.y.path} is missing.")
            continue
        try:
            field = _field(pair.y, table)
            if Axis(pair.y.path, field) not in titles:
                continue  # beyond those that are drawn
            x, y = _columns(pair, field, table, side)
        except _MissingError as missing:
            notes.append(str(missing))
        else:
            series.append(Series(index, titles[Axis(pair.y.path, field)], pair.y.path, field, x, y))
            notes.extend(() if len(y) else [f"{pair.y.path} is empty."])
    return series, notes


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
    there = listed([f"`{name}`" for name in table.columns], _MOST_COLUMNS)
    raise _MissingError(f"{path} has no column `{field}`; it has {there}.")


def _names(plot: PlotComparison, chosen: Sequence[_Chosen]) -> dict[Axis, str]:
    """A short name for each y of any revision: by field, by file, or by both, whichever tells them apart."""
    axes = _drawn_axes(plot, chosen)
    fields, paths = {axis.field for axis in axes}, {axis.path for axis in axes}
    short = _short_paths([axis.path for axis in axes])
    if len(axes) <= 1:
        return dict.fromkeys(axes, "")
    if len(paths) == 1:
        return {axis: axis.field or "last column" for axis in axes}
    if len(fields) == 1:
        return {axis: short[axis.path] for axis in axes}
    return {axis: f"{short[axis.path]} {axis.field or ''}".strip() for axis in axes}


def _drawn_axes(plot: PlotComparison, chosen: Sequence[_Chosen]) -> list[Axis]:
    """Each y that is drawn, or would be if it could be read, once; with its column where the data tell which is the last."""
    found: dict[Axis, None] = {}
    for side, by in zip(plot.sides, chosen, strict=True):
        for y in by.spec.y if by.spec else ():
            table = side.tables.get(y.path)
            found[Axis(y.path, _field(y, table)) if table is not None else y] = None
    known = {axis.path for axis in found if axis.field is not None}
    return [axis for axis in found if axis.field is not None or axis.path not in known]


def _short_paths(paths: Sequence[str]) -> dict[str, str]:
    """Paths without the folders that all of them share."""
    split = {path: PurePosixPath(path).parts for path in paths}
    shared = 0
    while all(len(parts) > shared + 1 for parts in split.values()) and len({p[shared] for p in split.values()}) == 1:
        shared += 1
    return {path: "/".join(parts[shared:]) for path, parts in split.items()}


def _label(plot: PlotComparison, given: str | None, names: Mapping[int, str]) -> str:
    """The title of an axis: as the definition gives it, else the column of the last revision; and that of others where it differs."""
    last = names[max(names)] if names else ""
    others = [
        f"{plot.sides[side].revision.label}: {name}"
        for side, name in sorted(names.items())
        if "" not in {name, last} and name != last
    ]
    label = given or last
    return f"{label} ({', '.join(others)})" if label and others else label


def _x_names(chosen: Sequence[_Chosen], series: Sequence[Series]) -> dict[int, str]:
    """By side that is drawn, what its x is called."""
    return {index: _x_label(by.spec) for index, by in enumerate(chosen) if by.spec and index in _sides(series)}


def _y_names(plot: PlotComparison, series: Sequence[Series]) -> dict[int, str]:
    """By side that is drawn, the column that is its y; empty for several."""
    fields = {index: {one.field for one in series if one.side == index} for index in range(len(plot.sides))}
    return {index: next(iter(own)) if len(own) == 1 else "" for index, own in fields.items() if own}


def _sides(series: Sequence[Series]) -> set[int]:
    return {one.side for one in series}


def _inferred(plot: PlotComparison, spec: PlotSpec, series: Sequence[Series]) -> list[str]:
    """A note where the last column of a file, which is drawn for want of a y, is another one in another revision."""
    notes = []
    for path in dict.fromkeys(axis.path for axis in spec.y if axis.field is None):
        fields = {one.side: one.field for one in series if one.path == path}
        if len(set(fields.values())) > 1:
            drawn = [f"`{field}` of {plot.sides[side].revision.label}" for side, field in fields.items()]
            notes.append(f"No y is defined, so the last column of {path} is drawn: {listed(drawn)}.")
    return notes


def _x_label(spec: PlotSpec) -> str:
    fields = {axis.field for axis in spec.x if axis.field is not None}
    return fields.pop() if len(fields) == 1 else "x" if fields else ROW_NUMBER


def _y_label(spec: PlotSpec) -> str:
    fields = {axis.field for axis in spec.y if axis.field is not None}
    return fields.pop() if len(fields) == 1 else ""
