"""Figures on one pair of axes: their legend, the range of their axes, and their two sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reporter.figures.columns import AxisKind
from reporter.figures.layout import (
    ENTRY_LIMIT,
    HEIGHT,
    MARGIN_LEFT,
    Frame,
    Json,
    Size,
    axis,
    layout_around,
    nothing_to_draw,
    number_format,
)
from reporter.figures.series import Data, Series
from reporter.figures.text import listed, shortened, shown
from reporter.model.comparison import PlotComparison
from reporter.model.drawing import PlotlyFigure
from reporter.model.snapshot import Column

_UNIT_SPANS = (0.8, 0.5)
"""Where x and y stay within [0, 1] and cover at least so much of it, both axes are shown from 0 to 1."""
_UNIT_RANGE = [-0.015, 1.015]
_SQUARE_HEIGHT = 400


@dataclass(frozen=True, slots=True, eq=False)
class Legend:
    """Names for the series of a plot."""

    plot: PlotComparison
    data: Data

    def name(self, series: Series) -> str:
        """`main`, or `main · loss` where a revision has several series."""
        label = shortened(self.plot.sides[series.side].revision.label, ENTRY_LIMIT)
        return f"{label} · {shortened(series.name, ENTRY_LIMIT)}" if series.name else label

    def entry(self, series: Series) -> Json:
        """What makes a trace of plotly's one with this series: its name, and the group that is hidden and shown together."""
        return {"name": shown(self.name(series), 2 * ENTRY_LIMIT + 3), "legendgroup": f"{series.side}/{series.name}"}

    def entries(self) -> tuple[str, ...]:
        """The name of each series, in their order."""
        return tuple(self.name(series) for series in self.data.series)

    def series_index(self, series: Series) -> int:
        """Which of the plot's distinct series names it has, so that it looks alike in all revisions."""
        return self.data.names.index(series.name)

    def revisions(self) -> str:
        """The revisions that are drawn, in words."""
        drawn = sorted({series.side for series in self.data.series})
        roles = ["baseline" if self.plot.has_base and side == 0 else "candidate" for side in drawn]
        labels = [shortened(self.plot.sides[side].revision.label, ENTRY_LIMIT) for side in drawn]
        return listed([f"{role} {label}" for role, label in zip(roles, labels, strict=True)])


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Two axes and the values drawn on them (all revisions and series)."""

    title: str
    x_label: str
    y_label: str
    kind: AxisKind
    """Of the x axis."""
    xs: Sequence[Column]
    ys: Sequence[Column]
    x_axis: Mapping[str, Any] = field(default_factory=dict)
    """Of plotly's x axis: what differs from the usual."""
    y_axis: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_unit_square(self) -> bool:
        """Both axes run over [0, 1], as those of a ROC or a calibration curve do."""
        if self.kind is not AxisKind.NUMBER or self.x_axis or self.y_axis:
            return False
        (x_low, x_high), (y_low, y_high) = extent(self.xs), extent(self.ys)
        within = min(x_low, y_low) >= 0 and max(x_high, y_high) <= 1
        return within and x_high - x_low >= _UNIT_SPANS[0] and y_high - y_low >= _UNIT_SPANS[1]

    @property
    def is_empty(self) -> bool:
        """Whether no y has a value that can be drawn."""
        return not any(np.isfinite(y).any() if y.dtype.kind == "f" else len(y) for y in self.ys)


def extent(columns: Sequence[Column]) -> tuple[float, float]:
    """Lowest and highest finite value of all columns; NaN where there is none."""
    finite = [column[np.isfinite(column)] for column in columns if column.dtype.kind in "fiu"]
    filled = [column for column in finite if len(column)]
    if not filled:
        return float("nan"), float("nan")
    return float(min(column.min() for column in filled)), float(max(column.max() for column in filled))


def figure(plane: Plane, legend: Legend, traces: Callable[[Size], list[Json]], size: Size) -> PlotlyFigure:
    """The figure in one of its sizes. Without any value it says so, between its axes."""
    entries = legend.entries()
    square = plane.is_unit_square and size is Size.PICTURE
    frame = Frame(plane.title, () if square else entries, height=_SQUARE_HEIGHT if square else HEIGHT)
    layout = layout_around(frame, size) | {"xaxis": _x_axis(plane), "yaxis": _y_axis(plane)}
    if square:
        _make_square(layout)
    if size is Size.PAGE:
        layout["hovermode"] = "closest"
    if plane.is_empty:
        layout |= nothing_to_draw(plane.x_label, plane.y_label)
    return {"data": traces(size), "layout": layout}


def _x_axis(plane: Plane) -> Json:
    if plane.x_axis:
        return axis(plane.x_label, **plane.x_axis)
    if plane.kind is not AxisKind.NUMBER:
        return axis(plane.x_label, type="date" if plane.kind is AxisKind.DATE else "category")
    if plane.is_unit_square:
        return axis(plane.x_label, range=_UNIT_RANGE, dtick=0.2)
    low, high = extent(plane.xs)
    return axis(plane.x_label, **number_format(low, high), **_padded(low, high))


def _y_axis(plane: Plane) -> Json:
    if plane.y_axis:
        return axis(plane.y_label, **plane.y_axis)
    if plane.is_unit_square:
        return axis(plane.y_label, range=_UNIT_RANGE, dtick=0.2)
    return axis(plane.y_label, **number_format(*extent(plane.ys)))


def _padded(low: float, high: float) -> Json:
    """A little room left and right, so that the first and the last point are not cut."""
    if not high > low:
        return {}
    room = 0.02 * (high - low)
    return {"range": [low - room, high + room]}


def _make_square(layout: Json) -> None:
    """Equal scales, the plot at the left and its legend in the free room at its right."""
    layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
    layout["xaxis"] |= {"constrain": "domain", "constraintoward": "left"}
    layout["showlegend"] = True
    side = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    plot_width = layout["width"] - MARGIN_LEFT - layout["margin"]["r"]
    layout["legend"] |= {"orientation": "v", "x": side / plot_width + 0.03, "y": 1, "yanchor": "top"}
