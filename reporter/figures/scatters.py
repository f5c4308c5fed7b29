"""The templates scatter and scatter_jitter: points, one cloud for each revision and series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reporter.figures.axes import Legend, Plane, extent, figure
from reporter.figures.columns import AxisKind, Floats, in_order, kind_of, names, numbers, written_names
from reporter.figures.layout import Json, Size
from reporter.figures.palette import SERIES_SYMBOLS, style_of
from reporter.figures.sampling import cloud_points
from reporter.figures.series import Data, Series
from reporter.figures.text import shortened, shown
from reporter.model.comparison import PlotComparison
from reporter.model.drawing import PlotlyDrawing
from reporter.model.snapshot import Column

_BANDS = 30
"""A jittered axis of at most so many distinct values shows each as a band of its own."""
_BAND_JITTER = 0.32
"""Points of a band lie so far from its middle at most; bands are 1 apart."""
_RANGE_JITTER = 0.01
"""Part of the axis by which points move where there are no bands."""
_MANY_POINTS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """A series ready to draw."""

    series: Series
    x: Column
    """Shape (rows,)."""
    y: Column
    """Shape (rows,)."""


def draw_scatter(plot: PlotComparison, data: Data) -> PlotlyDrawing:
    """Points at (x, y)."""
    kind = kind_of([one.x for one in data.series])
    clouds, notes = [], []
    for series in data.series:
        y, strange = numbers(series.y)
        x = numbers(series.x)[0] if kind is AxisKind.NUMBER else written_names(series.x)
        if strange:
            label = plot.sides[series.side].revision.label
            notes.append(
                f"{label}: {strange:,} of {len(y):,} values of {series.name or data.y_label or 'y'} are text, no numbers, and not drawn."
            )
        clouds.append(Cloud(series, x, y))
    return _drawing(plot, data, clouds, notes, {"kind": kind})


def draw_scatter_jitter(plot: PlotComparison, data: Data) -> PlotlyDrawing:
    """Points moved a little at random (always the same way), so that equal ones are seen beside each other."""
    xs, x_axis = _jittered([one.x for one in data.series], seed=1)
    ys, y_axis = _jittered([one.y for one in data.series], seed=2)
    clouds = [Cloud(series, x, y) for series, x, y in zip(data.series, xs, ys, strict=True)]
    return _drawing(plot, data, clouds, [], {"kind": AxisKind.NUMBER, "x_axis": x_axis, "y_axis": y_axis})


def _jittered(columns: Sequence[Column], seed: int) -> tuple[list[Floats], Json]:
    """All columns of one axis, moved, and the axis where its values are bands."""
    random = np.random.default_rng(seed)
    labels = in_order([label for column in columns for label in names(column)])
    if len(labels) <= _BANDS or kind_of(columns) is AxisKind.NAME:
        place = {label: float(index) for index, label in enumerate(labels)}
        placed = [np.array([place[label] for label in names(column)], dtype=np.float64) for column in columns]
        spread = _BAND_JITTER
        bands = {
            "tickvals": list(range(len(labels))),
            "ticktext": [shown(label, 24) for label in labels],
            "range": [-0.6, len(labels) - 0.4],
        }
    else:
        placed, bands = [numbers(column)[0] for column in columns], {}
        low, high = extent(placed)
        spread = _RANGE_JITTER * (high - low)
    return [column + random.uniform(-spread, spread, len(column)) for column in placed], bands


def _drawing(
    plot: PlotComparison, data: Data, clouds: Sequence[Cloud], notes: list[str], axes: dict[str, Any]
) -> PlotlyDrawing:
    legend = Legend(plot, data)
    plane = Plane(
        title=data.spec.title or plot.id,
        x_label=data.x_label,
        y_label=data.y_label,
        xs=[cloud.x for cloud in clouds],
        ys=[cloud.y for cloud in clouds],
        **axes,
    )
    thinned = [cloud for cloud in clouds if len(cloud.y) > Size.PICTURE.cloud_points]
    most = f"{Size.PICTURE.cloud_points:,}"
    notes += [f"{legend.name(one.series)}: the picture shows {most} of {len(one.y):,} points." for one in thinned]

    def traces(size: Size) -> list[Json]:
        return [_trace(cloud, legend, size) for cloud in clouds]

    return PlotlyDrawing(
        plot=plot.id,
        title=plane.title,
        alt=_alt(plane, legend),
        draw_picture=lambda: figure(plane, legend, traces, Size.PICTURE),
        page=figure(plane, legend, traces, Size.PAGE),
        notes=(*data.notes, *notes),
        is_empty=plane.is_empty,
    )


def _trace(cloud: Cloud, legend: Legend, size: Size) -> Json:
    chosen = cloud_points(cloud.x, cloud.y, size.cloud_points)
    style = style_of(legend.plot, cloud.series.side)
    several = len(legend.data.names) > 1
    symbol = SERIES_SYMBOLS[legend.series_index(cloud.series) % len(SERIES_SYMBOLS)] if several else style.symbol
    is_base = legend.plot.has_base and cloud.series.side == 0
    return {
        "type": "scatter",
        "mode": "markers",
        **legend.entry(cloud.series),
        "x": cloud.x[chosen],
        "y": cloud.y[chosen],
        "marker": {
            "color": style.colour,
            "symbol": f"{symbol.removesuffix('-open')}-open" if is_base else symbol,
            "size": 5 if len(chosen) > _MANY_POINTS else 7,
            "opacity": 0.6 if len(chosen) > _MANY_POINTS else 0.85,
            "line": {"width": 1.4 if is_base else 0},
        },
    }


def _alt(plane: Plane, legend: Legend) -> str:
    if plane.is_empty:
        return f"{plane.title}: no data."
    what = f"points of {plane.y_label or 'values'} over {plane.x_label}"
    return shortened(f"{plane.title}: {what} for {legend.revisions()}.", 300)
