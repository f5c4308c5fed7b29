"""The templates bar_horizontal and bar_horizontal_sorted: one bar for each name and revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reporter.figures.axes import Legend
from reporter.figures.columns import in_order, names, numbers
from reporter.figures.layout import (
    HEIGHT,
    MARGIN_LEFT,
    TICK_SIZE,
    Frame,
    Json,
    Size,
    axis,
    layout_around,
    nothing_to_draw,
    number_format,
)
from reporter.figures.palette import PAPER, style_of
from reporter.figures.series import Data, Series
from reporter.figures.text import shortened, shown, width
from reporter.model.comparison import PlotComparison
from reporter.model.drawing import PlotlyDrawing, PlotlyFigure

_SHOWN = {Size.PICTURE: 20, Size.PAGE: 300}
"""Names at most, the largest values first."""
_BAR_HEIGHT = 9
_GAP_HEIGHT = 9
_AROUND = 120
"""Pixels above and below the bars."""
_TALLEST = {Size.PICTURE: 900, Size.PAGE: 6_000}
_NAME_LIMIT = 30
_BESIDE_NAMES = 40
"""Pixels for the label of the axis that has the names."""
_SERIES_HATCHES = ("", "/", ".", "x", "-")


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """A series ready to draw: each name's value, equal names added up as DVC stacks them."""

    series: Series
    values: Mapping[str, float]


def draw_bars(plot: PlotComparison, data: Data, *, by_value: bool = False) -> PlotlyDrawing:
    """Bars of x for each name in y, by name or by falling value (the candidate's where it has one)."""
    notes: list[str] = []
    bars = [_bars(plot, series, notes) for series in data.series]
    value = {name: number for one in bars for name, number in one.values.items()}
    order = sorted(value, key=lambda name: (-value[name], name)) if by_value else in_order(list(value))
    legend = Legend(plot, data)
    title = data.spec.title or plot.id
    if len(order) > _SHOWN[Size.PICTURE]:
        notes.append(f"The picture shows the {_SHOWN[Size.PICTURE]} largest of {len(order):,} bars.")
    return PlotlyDrawing(
        plot=plot.id,
        title=title,
        alt=_alt(title, data, legend, value),
        draw_picture=lambda: _figure(data, legend, bars, _largest(order, value, _SHOWN[Size.PICTURE]), Size.PICTURE),
        page=_figure(data, legend, bars, _largest(order, value, _SHOWN[Size.PAGE]), Size.PAGE),
        notes=(*data.notes, *notes),
        is_empty=not order,
    )


def _bars(plot: PlotComparison, series: Series, notes: list[str]) -> Bars:
    values, _ = numbers(series.x)
    finite = np.isfinite(values)
    if not finite.all():
        label = plot.sides[series.side].revision.label
        notes.append(
            f"{label}: {int((~finite).sum()):,} of {len(values):,} values are no finite numbers and not drawn."
        )
    total: dict[str, float] = {}
    for name, number in zip(names(series.y)[finite], values[finite].tolist(), strict=True):
        total[name] = total.get(name, 0.0) + number
    return Bars(series, total)


def _largest(order: Sequence[str], value: Mapping[str, float], limit: int) -> list[str]:
    if len(order) <= limit:
        return list(order)
    largest = set(sorted(order, key=lambda name: (-abs(value[name]), name))[:limit])
    return [name for name in order if name in largest]


def _figure(data: Data, legend: Legend, bars: Sequence[Bars], order: Sequence[str], size: Size) -> PlotlyFigure:
    tall = _AROUND + len(order) * (len(bars) * _BAR_HEIGHT + _GAP_HEIGHT)
    height = min(max(HEIGHT, tall), _TALLEST[size])
    frame = Frame(data.spec.title or legend.plot.id, legend.entries(), height=height, left=_left(order))
    layout = layout_around(frame, size)
    shown_values = [one.values[name] for one in bars for name in order if name in one.values] or [0.0]
    layout |= {
        "barmode": "group",
        "bargap": 0.3,
        "bargroupgap": 0.06,
        "xaxis": axis(data.x_label, **number_format(min(0, *shown_values), max(0, *shown_values)))
        | {"zeroline": True, "zerolinecolor": "#8C959F", "zerolinewidth": 1},
        "yaxis": axis(
            data.y_label,
            tickvals=list(range(len(order))),
            ticktext=[shown(name, _NAME_LIMIT) for name in order],
            range=[len(order) - 0.5, -0.5],
            showgrid=False,
        ),
    }
    if not order:
        layout |= nothing_to_draw(data.x_label, data.y_label)
    return {"data": [_trace(one, legend, order) for one in bars], "layout": layout}


def _left(order: Sequence[str]) -> int:
    longest = max((width(shortened(name, _NAME_LIMIT), TICK_SIZE) for name in order), default=0)
    return max(MARGIN_LEFT, int(longest) + _BESIDE_NAMES)


def _trace(bars: Bars, legend: Legend, order: Sequence[str]) -> Json:
    style = style_of(legend.plot, bars.series.side)
    several = len(legend.data.names) > 1
    hatch = _SERIES_HATCHES[legend.series_index(bars.series) % len(_SERIES_HATCHES)] if several else style.hatch
    there = [index for index, name in enumerate(order) if name in bars.values]
    return {
        "type": "bar",
        "orientation": "h",
        **legend.entry(bars.series),
        "x": np.array([bars.values[order[index]] for index in there], dtype=np.float64),
        "y": np.array(there, dtype=np.int64),
        "hovertext": [shown(order[index], 200) for index in there],
        "hoverinfo": "x+text+name",
        "marker": {
            "color": style.colour,
            "line": {"width": 0},
            "pattern": {"shape": hatch, "fgcolor": PAPER, "fillmode": "overlay", "size": 5, "solidity": 0.25},
        },
    }


def _alt(title: str, data: Data, legend: Legend, value: Mapping[str, float]) -> str:
    if not value:
        return f"{title}: no data."
    first = max(value, key=lambda name: value[name])
    what = f"bars of {data.x_label} for {len(value):,} names"
    return shortened(f"{title}: {what}, {legend.revisions()}. Largest: {first}, {value[first]:.4g}.", 300)
