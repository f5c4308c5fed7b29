"""The templates confusion and confusion_normalized: a matrix for each revision, and how each candidate differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from reporter.figures.axes import Legend
from reporter.figures.columns import Floats, in_order, names
from reporter.figures.layout import (
    FONT,
    LABEL_SIZE,
    WIDTH,
    Frame,
    Json,
    Size,
    axis,
    layout_around,
    nothing_to_draw,
)
from reporter.figures.palette import BLUES, FAINT_INK, INK, LESS_TO_MORE
from reporter.figures.series import Data, Series
from reporter.figures.text import shortened, shown, width
from reporter.model.comparison import PlotComparison
from reporter.model.drawing import PlotlyDrawing, PlotlyFigure
from reporter.model.snapshot import Column

_MOST_CLASSES = 60
"""Beyond that a matrix is a blur: the most frequent are shown."""
_SMALL = 4
"""Up to so many classes the three panels fit into a picture of the usual width."""
_LARGE = 12
"""Up to so many classes have their values written into the cells."""
_MOST_TICKS = 20
_PANEL_GAP = 0.035
_PANEL = 186
_WIDE_PANEL = 300
"""Pixels from panel to panel, for few and for many classes."""
_BESIDE = 2
"""With so many revisions differences stand beside them."""
_MOST_REVISIONS = 6
_MOST_SERIES = 20
"""Each has a row of panels."""
_ROW_HEIGHT = 230
_AROUND = 112
"""Pixels above and below the panels: title, panel titles, labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One matrix."""

    title: str
    row: int
    column: int
    values: Floats
    """Shape (classes, classes): y by x."""
    is_difference: bool


def draw_confusion(plot: PlotComparison, data: Data, *, normalized: bool = False) -> PlotlyDrawing:
    """Matrices side by side on one scale: the baseline, each candidate, and each candidate minus the baseline.

    `normalized`: each row (one value of y) is divided by its sum, as DVC's template does it.
    """
    data, notes = _first_series(data)
    classes, more_notes = _classes(data)
    notes += more_notes
    shown_sides = sorted({one.side for one in data.series})[:_MOST_REVISIONS]
    if any(one.side not in shown_sides for one in data.series):
        notes.append(f"Only the first {_MOST_REVISIONS} revisions are shown.")
    counts = {(one.name, one.side): _count(one, classes) for one in data.series if one.side in shown_sides}
    matrices = {key: _normalized(matrix) if normalized else matrix for key, matrix in counts.items()}
    panels = _panels(plot, data, matrices)
    legend = Legend(plot, data)
    title = data.spec.title or plot.id
    return PlotlyDrawing(
        plot=plot.id,
        title=title,
        alt=_alt(title, legend, counts),
        draw_picture=lambda: _figure(data, title, classes, panels, Size.PICTURE, normalized=normalized),
        page=_figure(data, title, classes, panels, Size.PAGE, normalized=normalized),
        notes=(*data.notes, *notes),
        is_empty=not classes,
    )


def _first_series(data: Data) -> tuple[Data, list[str]]:
    kept = data.names[:_MOST_SERIES]
    if len(kept) == len(data.names):
        return data, []
    note = f"Only the first {_MOST_SERIES} of {len(data.names):,} matrices of each revision are shown."
    return replace(data, series=tuple(one for one in data.series if one.name in kept)), [note]


def _classes(data: Data) -> tuple[list[str], list[str]]:
    frequency = Counter(chain.from_iterable(names(column) for one in data.series for column in (one.x, one.y)))
    if len(frequency) <= _MOST_CLASSES:
        return in_order(list(frequency)), []
    kept = sorted(frequency, key=lambda label: (-frequency[label], label))[:_MOST_CLASSES]
    return in_order(kept), [f"Only the {_MOST_CLASSES} most frequent of {len(frequency):,} classes are shown."]


def _count(series: Series, classes: Sequence[str]) -> Floats:
    """How many rows have each pair of classes; shape (classes, classes), y by x."""
    size = len(classes)
    y, x = _positions(series.y, classes), _positions(series.x, classes)
    known = (y >= 0) & (x >= 0)
    return np.bincount(y[known] * size + x[known], minlength=size * size).reshape(size, size).astype(np.float64)


def _positions(column: Column, classes: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    place = {label: index for index, label in enumerate(classes)}
    return np.array([place.get(label, -1) for label in names(column)], dtype=np.intp)


def _normalized(matrix: Floats) -> Floats:
    total = matrix.sum(axis=1, keepdims=True)
    return matrix / np.where(total == 0, 1, total)


def _panels(plot: PlotComparison, data: Data, matrices: dict[tuple[str, int], Floats]) -> list[Panel]:
    """A row for each series: its matrices and then their differences, which go below where there are many."""
    sides = sorted({side for _, side in matrices})
    labels = {side: shortened(plot.sides[side].revision.label, 26) for side in sides}
    below = len(sides) > _BESIDE
    panels: list[Panel] = []
    for index, name in enumerate(data.names):
        row = index * (2 if below else 1)
        drawn = [side for side in sides if (name, side) in matrices]
        panels.extend(
            Panel(f"{labels[side]} {name}".strip(), row, sides.index(side), matrices[name, side], is_difference=False)
            for side in drawn
        )
        if not (plot.has_base and 0 in drawn):
            continue
        panels.extend(
            Panel(
                f"{labels[side]} − {labels[0]}",
                row + 1 if below else row,
                sides.index(side) if below else len(sides) - 1 + sides.index(side),
                matrices[name, side] - matrices[name, 0],
                is_difference=True,
            )
            for side in drawn
            if side != 0
        )
    return panels


def _figure(
    data: Data, title: str, classes: Sequence[str], panels: Sequence[Panel], size: Size, *, normalized: bool
) -> PlotlyFigure:
    columns = 1 + max((panel.column for panel in panels), default=0)
    rows = 1 + max((panel.row for panel in panels), default=0)
    wide = max(WIDTH, columns * (_PANEL if len(classes) <= _SMALL else _WIDE_PANEL))
    tall = _ROW_HEIGHT if len(classes) <= _SMALL else _WIDE_PANEL - 40
    frame = Frame(title, (), width=wide, height=_AROUND + rows * tall)
    layout = layout_around(frame, size)
    layout["margin"] |= {"t": 66, "r": 16}
    layout |= _scales(panels, normalized=normalized)
    layout["annotations"] = [_panel_title(panel, rows, columns, wide) for panel in panels]
    leftmost = {(panel.row, min(one.column for one in panels if one.row == panel.row)) for panel in panels}
    for index, panel in enumerate(panels):
        first = (panel.row, panel.column) in leftmost
        layout |= _axes(index, panel, data, classes, rows, columns, first=first)
    if not classes:
        layout |= nothing_to_draw(data.x_label, data.y_label)
    return {
        "data": [_trace(index, panel, classes, normalized=normalized) for index, panel in enumerate(panels) if classes],
        "layout": layout,
    }


def _scales(panels: Sequence[Panel], *, normalized: bool) -> Json:
    """One scale for all revisions, and one, centred on zero, for all differences."""
    values = [float(panel.values.max(initial=0)) for panel in panels if not panel.is_difference]
    changes = [float(np.abs(panel.values).max(initial=0)) for panel in panels if panel.is_difference]
    most, change = max(values, default=0) or 1, max(changes, default=0) or 1
    return {
        "coloraxis": {"colorscale": list(BLUES), "cmin": 0, "cmax": 1 if normalized else most, "showscale": False},
        "coloraxis2": {"colorscale": list(LESS_TO_MORE), "cmin": -change, "cmax": change, "showscale": False},
    }


def _domains(panel: Panel, rows: int, columns: int) -> tuple[list[float], list[float]]:
    across = (1 - _PANEL_GAP * (columns - 1)) / columns
    between = 0.16 if rows > 1 else 0.0
    down = (1 - between * (rows - 1)) / rows
    left = panel.column * (across + _PANEL_GAP)
    top = 1 - panel.row * (down + between)
    return [left, min(1.0, left + across)], [max(0.0, top - down), top]


def _axes(
    index: int, panel: Panel, data: Data, classes: Sequence[str], rows: int, columns: int, *, first: bool
) -> Json:
    number = "" if index == 0 else str(index + 1)
    across, down = _domains(panel, rows, columns)
    quiet: Json = {"showgrid": False, "showline": False}
    step = max(1, -(-len(classes) // _MOST_TICKS))
    labels: Json = {
        "tickvals": list(range(0, len(classes), step)),
        "ticktext": [shown(label, 14) for label in classes[::step]],
    }
    return {
        f"xaxis{number}": axis(
            data.x_label if panel.row == rows - 1 else "",
            **labels,
            **quiet,
            domain=across,
            anchor=f"y{number}",
            range=[-0.5, len(classes) - 0.5],
        ),
        f"yaxis{number}": axis(
            data.y_label if first else "",
            **labels,
            **quiet,
            domain=down,
            anchor=f"x{number}",
            range=[len(classes) - 0.5, -0.5],
            showticklabels=first,
        ),
    }


def _panel_title(panel: Panel, rows: int, columns: int, wide: int) -> Json:
    across, down = _domains(panel, rows, columns)
    room = wide * (across[1] - across[0]) * 0.85
    limit = max(10, int(room / width("n", LABEL_SIZE)))
    return {
        "text": shown(panel.title, limit),
        "showarrow": False,
        "x": (across[0] + across[1]) / 2,
        "y": down[1],
        "xref": "paper",
        "yref": "paper",
        "xanchor": "center",
        "yanchor": "bottom",
        "yshift": 3,
        "font": {"family": FONT, "size": LABEL_SIZE, "color": FAINT_INK if panel.is_difference else INK},
    }


def _trace(index: int, panel: Panel, classes: Sequence[str], *, normalized: bool) -> Json:
    number = "" if index == 0 else str(index + 1)
    sign, digits = "+" if panel.is_difference else "", ".2f" if normalized else ",.0f"
    written = [[_written(value, sign + digits) for value in row] for row in panel.values.tolist()]
    trace: Json = {
        "type": "heatmap",
        "name": shown(panel.title, 60),
        "x": list(range(len(classes))),
        "y": list(range(len(classes))),
        "z": panel.values,
        "text": written,
        "hoverinfo": "text+name",
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "coloraxis": "coloraxis2" if panel.is_difference else "coloraxis",
        "xgap": 1,
        "ygap": 1,
    }
    if len(classes) <= _LARGE:
        trace |= {"texttemplate": "%{text}", "textfont": {"family": FONT, "size": 14 if len(classes) <= _SMALL else 10}}
    return trace


def _written(value: float, spec: str) -> str:
    return "0" if value == 0 else format(value, spec).replace("-", "−")


def _alt(title: str, legend: Legend, counts: dict[tuple[str, int], Floats]) -> str:
    if not counts:
        return f"{title}: no data."
    right = "; ".join(
        f"{legend.name(one)} {np.trace(counts[one.name, one.side]):,.0f} of {counts[one.name, one.side].sum():,.0f}"
        for one in legend.data.series
        if (one.name, one.side) in counts
    )
    return shortened(f"{title}: confusion matrices of {legend.revisions()}. On the diagonal: {right}.", 300)
