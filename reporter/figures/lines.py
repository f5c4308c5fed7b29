"""The templates linear, simple and smooth: lines over x, one for each revision and series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reporter.figures.axes import Legend, Plane, figure
from reporter.figures.columns import AxisKind, Floats, kind_of, names, numbers, written_names
from reporter.figures.layout import Json, Size
from reporter.figures.palette import SERIES_DASHES, style_of
from reporter.figures.sampling import line_points
from reporter.figures.series import Data, Series
from reporter.figures.smoothing import smoothed
from reporter.figures.text import listed, shortened
from reporter.model.comparison import PlotComparison
from reporter.model.drawing import PlotlyDrawing
from reporter.model.snapshot import Column

_FEW_POINTS = 25
"""Up to so many points a line shows its points."""
_DENSE = 500
_ROUGH = 20.0
"""A line of more than 500 points that goes up and down over 20 times its height covers what is behind it."""
_LAST_VALUES = 4
"""Up to so many lines are described by their last value."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A series ready to draw: x in order."""

    series: Series
    x: Column
    """Shape (rows,): numbers, or text on an axis of dates or names."""
    y: Floats
    """Shape (rows,)."""


def draw_lines(plot: PlotComparison, data: Data, *, smooth: bool = False) -> PlotlyDrawing:
    """Lines over x. `smooth` draws a trend over each line, which stays visible, but faint."""
    kind = kind_of([one.x for one in data.series])
    lines, notes = _lines(plot, data, kind)
    legend = Legend(plot, data)
    plane = Plane(
        title=data.spec.title or plot.id,
        x_label=data.x_label,
        y_label=data.y_label,
        kind=kind,
        xs=[line.x for line in lines],
        ys=[line.y for line in lines],
    )

    has_trends = smooth or any(_is_noise(line) for line in lines)
    if has_trends and not smooth:
        notes.append("The values are noisy: a bold line is the trend, the values themselves are drawn faintly.")
    trends = [None if line.x.dtype == object else smoothed(line.x, line.y) for line in lines] if has_trends else []

    def traces(size: Size) -> list[Json]:
        drawn = [_line(line, legend, size) for line in lines]
        if not has_trends:
            return drawn
        return [_faint(one) for one in drawn] + [
            _trend(trend, one) for trend, one in zip(trends, drawn, strict=True) if trend is not None
        ]

    return PlotlyDrawing(
        plot=plot.id,
        title=plane.title,
        alt=_alt(plane, legend, lines),
        draw_picture=lambda: figure(plane, legend, traces, Size.PICTURE),
        page=figure(plane, legend, traces, Size.PAGE),
        notes=(*data.notes, *notes),
        is_empty=plane.is_empty,
    )


def _lines(plot: PlotComparison, data: Data, kind: AxisKind) -> tuple[list[Line], list[str]]:
    lines: list[Line] = []
    notes: list[str] = []
    for series in data.series:
        y, strange = numbers(series.y)
        missing = int(np.count_nonzero(~np.isfinite(y)))
        if missing:
            where = f"{plot.sides[series.side].revision.label}: {series.name or data.y_label or 'y'}"
            what = "are text, no numbers" if strange else "are no finite numbers"
            notes.append(f"{where}: {missing:,} of {len(y):,} values {what} and not drawn.")
        lines.append(_bridged(_ordered(series, y, kind)))
    return lines, notes


def _bridged(line: Line) -> Line:
    """A value between two gaps is on no stroke of a line. One logged now and then has few others: its gaps are left out.

    Loggers that write all metrics into one table leave such gaps, a validation loss after each hundredth step. A short
    line shows its points, and needs no stroke to be seen.
    """
    if len(line.y) <= _FEW_POINTS:
        return line
    there = np.isfinite(line.y)
    around = np.pad(there, 1)
    alone = there & ~around[:-2] & ~around[2:]
    if 2 * np.count_nonzero(alone) <= np.count_nonzero(there):
        return line
    return Line(line.series, line.x[there], line.y[there])


def _ordered(series: Series, y: Floats, kind: AxisKind) -> Line:
    """By rising x, as DVC draws it. A falling x is turned round, which keeps the order of points of equal x."""
    if kind is AxisKind.NAME:
        return Line(series, written_names(series.x), y)
    x: Column = numbers(series.x)[0] if kind is AxisKind.NUMBER else names(series.x)
    steps = x[1:] >= x[:-1]
    if steps.all():
        return Line(series, x, y)
    if (x[1:] <= x[:-1]).all():
        return Line(series, x[::-1], y[::-1])
    order = np.argsort(x, kind="stable")
    return Line(series, x[order], y[order])


def _points(line: Line, size: Size) -> tuple[Column, Floats]:
    if line.x.dtype == object:
        positions, y = line_points(np.arange(len(line.y), dtype=np.float64), line.y, size.line_points)
        return line.x[positions.astype(np.intp)], y
    return line_points(line.x, line.y, size.line_points)


def _is_noise(line: Line) -> bool:
    y = line.y[np.isfinite(line.y)]
    if len(y) <= _DENSE or line.x.dtype == object:
        return False
    return bool(np.abs(np.diff(y)).sum() > _ROUGH * (y.max() - y.min()))


def _line(line: Line, legend: Legend, size: Size) -> Json:
    x, y = _points(line, size)
    style = style_of(legend.plot, line.series.side)
    several = len(legend.data.names) > 1
    dash = SERIES_DASHES[legend.series_index(line.series) % len(SERIES_DASHES)] if several else style.dash
    few = len(y) <= _FEW_POINTS
    return {
        "type": "scatter",
        "mode": "lines+markers" if few else "lines",
        **legend.entry(line.series),
        "x": x,
        "y": y,
        "line": {"color": style.colour, "width": style.width, "dash": dash},
        **({"marker": {"color": style.colour, "size": 6, "symbol": style.symbol}} if few else {}),
    }


def _faint(trace: Json) -> Json:
    """The values behind a trend. On an axis of names or dates there is no trend, and they stand for themselves."""
    if trace["x"].dtype == object:
        return trace
    line = {"color": trace["line"]["color"], "width": 1}
    kept = {key: value for key, value in trace.items() if key != "marker"}
    return {**kept, "mode": "lines", "line": line, "opacity": 0.3, "showlegend": False, "hoverinfo": "skip"}


def _trend(trend: tuple[Floats, Floats], trace: Json) -> Json:
    x, y = trend
    return {key: value for key, value in trace.items() if key != "marker"} | {"mode": "lines", "x": x, "y": y}


def _alt(plane: Plane, legend: Legend, lines: list[Line]) -> str:
    drawn = [line for line in lines if np.isfinite(line.y).any()]
    what = plane.y_label or listed([name for name in legend.data.names if name] or ["values"])
    if not drawn:
        return f"{plane.title}: no data."
    last = [f"{legend.name(line.series)} {line.y[np.isfinite(line.y)][-1]:.4g}" for line in drawn]
    # A curve such as ROC ends at the same point in any revision.
    telling = len(drawn) <= _LAST_VALUES and not plane.is_unit_square
    ending = f" Last value: {listed(last)}." if telling else ""
    return shortened(f"{plane.title}: lines of {what} over {plane.x_label} for {legend.revisions()}.{ending}", 300)
