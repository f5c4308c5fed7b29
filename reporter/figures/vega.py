"""A project's own Vega-Lite template, filled the way DVC fills it.

The anchors and what they stand for are DVC's (https://dvc.org/doc/user-guide/experiment-management/visualizing-plots).
They are filled in parsed JSON, so that text from data never becomes a part of the specification's structure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from reporter.figures.palette import style_of
from reporter.figures.series import ROW_NUMBER, Data, Series
from reporter.figures.text import listed, shortened
from reporter.model.comparison import PlotComparison
from reporter.model.drawing import VegaDrawing
from reporter.model.values import MOST_NESTED, is_nested_too_deep

_MOST_ROWS = 50_000
"""Of all revisions together: more would make page and picture unusably slow."""
_STROKE_DASHES = ([1, 0], [8, 8], [8, 4], [4, 4], [4, 2], [2, 1], [1, 1])
_SHAPES = ("circle", "square", "triangle", "diamond")
_SIDE = 300
"""Width and height of a plot in pixels: what DVC fills in."""
_DIFFERENT_X, _DIFFERENT_Y = "dvc_inferred_x_value", "dvc_inferred_y_value"
"""DVC's names for a column that holds x (y) values of differently named fields."""
_BOTH = "filename::field"


class TemplateError(ValueError):
    """The template is no JSON object, is nested too deep, or has no place for data; the text says which."""


def draw_vega(plot: PlotComparison, data: Data) -> VegaDrawing:
    """The template with the data of all revisions inside.

    Raises TemplateError where it cannot be filled.
    """
    template = _parsed(data.spec.vega or "")
    rows = list(_rows(plot, data))
    notes = list(data.notes)
    step = -(-len(rows) // _MOST_ROWS)
    if step > 1:
        notes.append(f"One of every {step} rows is drawn, of {len(rows):,}.")
        rows = rows[::step]
    title = data.spec.title or plot.id
    labels = [shortened(side.revision.label, 34) for side in plot.sides]
    return VegaDrawing(
        plot=plot.id,
        title=title,
        alt=shortened(f"{title}: the project's template {data.spec.template} for {listed(labels)}.", 300),
        spec=_filled(template, _anchors(plot, data, title) | {"DATA": rows}),
        notes=tuple(notes),
        is_empty=not rows,
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        template = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TemplateError("The plot's template is not valid JSON.") from error
    if is_nested_too_deep(template):
        raise TemplateError(f"The plot's template is nested more than {MOST_NESTED} levels deep.")
    if not isinstance(template, dict):
        raise TemplateError("The plot's template is no JSON object.")
    if "<DVC_METRIC_DATA>" not in text:
        raise TemplateError("The plot's template has no anchor <DVC_METRIC_DATA>.")
    return template


def _rows(plot: PlotComparison, data: Data) -> Iterator[dict[str, Any]]:
    """One row for each row of each series: all columns of its table, and where it is from."""
    x_name, y_name, varied = _x_name(data), _y_name(data), _varied(data)
    for series in data.series:
        side = plot.sides[series.side]
        table = side.tables[series.path]
        columns: dict[str, list[Any]] = {name: _plain(column) for name, column in table.columns.items()}
        columns[x_name], columns[y_name] = _plain(series.x), _plain(series.y)
        origin = {"rev": side.revision.label, **_origin(series, varied)}
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True)) | origin


def _plain(column: np.ndarray[Any, np.dtype[Any]]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind == "f" and not np.isfinite(column).all():
        return [value if np.isfinite(value) else None for value in values]
    return values


def _varied(data: Data) -> str:
    """The column that tells series apart: DVC's `filename`, `field`, both, or none (empty)."""
    files, fields = {one.path for one in data.series}, {one.field for one in data.series}
    if len(files) > 1 and len(fields) > 1:
        return _BOTH
    return "filename" if len(files) > 1 else "field" if len(fields) > 1 else ""


def _origin(series: Series, varied: str) -> dict[str, str]:
    match varied:
        case "filename":
            return {varied: series.path}
        case "field":
            return {varied: series.field}
        case "":
            return {}
        case _:
            return {varied: f"{series.path}::{series.field}"}


def _x_name(data: Data) -> str:
    fields = {axis.field for axis in data.spec.x if axis.field is not None}
    return ROW_NUMBER if not fields else fields.pop() if len(fields) == 1 else _DIFFERENT_X


def _y_name(data: Data) -> str:
    fields = {one.field for one in data.series}
    return fields.pop() if len(fields) == 1 else _DIFFERENT_Y


def _anchors(plot: PlotComparison, data: Data, title: str) -> dict[str, Any]:
    x, y, varied = _x_name(data), _y_name(data), _varied(data)
    series_fields = ["rev", varied] if varied else ["rev"]
    facet: dict[str, Any] = {"field": varied, "sort": []} if varied else {}
    pivot = " + '::' + ".join(
        f"datum.{name}" if name.isidentifier() else f"datum[{json.dumps(name)}]" for name in series_fields
    )
    return {
        "TITLE": title,
        "X": _escaped(x),
        "Y": _escaped(y),
        "X_LABEL": data.x_label,
        "Y_LABEL": data.y_label or "y",
        "COLOR": _colours(plot),
        "SHAPE": _mapping(data, varied, _SHAPES),
        "STROKE_DASH": _mapping(data, varied, _STROKE_DASHES),
        "COLUMN": facet,
        "ROW": facet,
        "GROUP_BY": series_fields,
        "GROUP_BY_X": [*series_fields, x],
        "GROUP_BY_Y": [*series_fields, y],
        "PIVOT_FIELD": pivot,
        "TOOLTIP": [{"field": _escaped(name)} for name in dict.fromkeys(["rev", x, y, *series_fields[1:]])],
        "PLOT_WIDTH": _SIDE,
        "PLOT_HEIGHT": _SIDE,
        "ZOOM_AND_PAN": {"name": "grid", "select": "interval", "bind": "scales"},
    }


def _escaped(field: str) -> str:
    """A field's name as Vega-Lite reads it: dots and brackets would mean nested values."""
    for special in (".", "[", "]"):
        field = field.replace(special, f"\\{special}")
    return field


def _colours(plot: PlotComparison) -> dict[str, Any]:
    drawn = list(enumerate(side.revision.label for side in plot.sides))
    colours = [style_of(plot, index).colour for index, _ in drawn]
    return {"field": "rev", "scale": {"domain": [label for _, label in drawn], "range": colours}}


def _mapping(data: Data, varied: str, looks: tuple[Any, ...]) -> dict[str, Any]:
    if not varied:
        return {}
    domain = sorted({_origin(one, varied)[varied] for one in data.series})
    return {
        "field": varied,
        "scale": {"domain": domain, "range": [looks[index % len(looks)] for index in range(len(domain))]},
        "legend": {"symbolFillColor": "transparent", "symbolStrokeColor": "grey"},
    }


def _filled(node: Any, anchors: Mapping[str, Any]) -> Any:
    """A copy of `node` with each string that is an anchor replaced, and text anchors replaced inside longer strings."""
    match node:
        case dict():
            return {key: _filled(value, anchors) for key, value in node.items()}
        case list():
            return [_filled(value, anchors) for value in node]
        case str() if "<DVC_METRIC_" in node:
            return _filled_text(node, anchors)
        case _:
            return node


def _filled_text(text: str, anchors: Mapping[str, Any]) -> Any:
    for name, value in anchors.items():
        anchor = f"<DVC_METRIC_{name}>"
        if text == anchor:
            return value
        if isinstance(value, str):
            text = text.replace(anchor, value)
    return text
