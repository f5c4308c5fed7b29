"""The project's own Vega-Lite templates, filled as DVC fills them."""

import dataclasses
import json

import pytest
from figure_factories import HEAD, every_template, losses, make_columns, make_plot, make_side, make_spec

from reporter.figures import draw
from reporter.model.comparison import PlotComparison, PlotSide, State
from reporter.model.rules import PlotsRule
from reporter.model.snapshot import Axis, PlotSpec


def filled(plot):
    (drawing,) = draw([plot], PlotsRule())
    return drawing.spec


def own(template, **spec):
    """A comparison of two revisions with this template."""
    definition = make_spec("own", x="step", y=("train",), vega=json.dumps(template), **spec)
    return make_plot(definition, {"step": [1, 2], "train": [0.5, 0.25]}, {"step": [1], "train": [0.75]})


DATA = {"data": {"values": "<DVC_METRIC_DATA>"}}


def test_data_are_the_rows_of_all_revisions_with_their_labels():
    assert filled(own(DATA))["data"]["values"] == [
        {"step": 1, "train": 0.5, "rev": "main"},
        {"step": 2, "train": 0.25, "rev": "main"},
        {"step": 1, "train": 0.75, "rev": "workspace"},
    ]


def test_anchors_are_filled_alone_and_inside_of_text():
    template = DATA | {
        "title": {"text": "<DVC_METRIC_TITLE> of today"},
        "encoding": {"x": {"field": "<DVC_METRIC_X>", "title": "<DVC_METRIC_X_LABEL>"}, "y": ["<DVC_METRIC_Y>"]},
        "width": "<DVC_METRIC_PLOT_WIDTH>",
    }
    spec = filled(own(template, title="Loss"))
    assert spec["title"] == {"text": "Loss of today"}
    assert spec["encoding"] == {"x": {"field": "step", "title": "step"}, "y": ["train"]}
    assert spec["width"] == 300


def test_revisions_have_the_colours_they_have_in_other_plots():
    scale = filled(own(DATA | {"color": "<DVC_METRIC_COLOR>"}))["color"]["scale"]
    assert scale == {"domain": ["main", "workspace"], "range": ["#E69F00", "#0072B2"]}


def test_a_field_with_dots_is_escaped_where_vega_would_read_a_path():
    spec = make_spec(
        "own", x="a.b", y=("c[0]",), vega=json.dumps(DATA | {"x": "<DVC_METRIC_X>", "y": "<DVC_METRIC_Y>"})
    )
    result = filled(make_plot(spec, None, {"a.b": [1], "c[0]": [2]}))
    assert (result["x"], result["y"]) == ("a\\.b", "c\\[0\\]")


def test_text_from_data_never_becomes_structure():
    nasty = '", "mark": "<DVC_METRIC_TITLE>'
    spec = make_spec("own", x="step", y=("train",), vega=json.dumps(DATA), title=nasty)
    result = filled(make_plot(spec, None, {"step": [nasty], "train": [1]}))
    assert set(result) == {"data"}
    assert result["data"]["values"][0]["step"] == nasty


def test_values_that_json_lacks_are_null():
    spec = make_spec("own", x="step", y=("train",), vega=json.dumps(DATA))
    result = filled(make_plot(spec, None, {"step": [1, 2], "train": [float("nan"), 1.0]}))
    assert [row["train"] for row in result["data"]["values"]] == [None, 1.0]


def test_several_fields_share_one_column_and_name_themselves():
    spec = make_spec("own", x="step", y=("train", "validation"), vega=json.dumps(DATA | {"y": "<DVC_METRIC_Y>"}))
    result = filled(make_plot(spec, None, {"step": [1], "train": [0.5], "validation": [0.75]}))
    assert result["y"] == "dvc_inferred_y_value"
    assert [(row["field"], row["dvc_inferred_y_value"]) for row in result["data"]["values"]] == [
        ("train", 0.5),
        ("validation", 0.75),
    ]


def test_several_files_name_themselves():
    axes = (Axis("a.csv", "loss"), Axis("b.csv", "loss"))
    spec = PlotSpec("loss", "own", y=axes, vega=json.dumps(DATA))
    tables = {axis.path: make_columns({"loss": [1.0]}) for axis in axes}
    plot = PlotComparison("loss", "own", State.ADDED, (PlotSide(HEAD, spec, tables),), has_base=False)
    assert [row["filename"] for row in filled(plot)["data"]["values"]] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("template", "note"),
    [
        ("{", "The plot's template is not valid JSON. Lines are drawn instead."),
        ("[]", "The plot's template is no JSON object. Lines are drawn instead."),
        ("{}", "The plot's template has no anchor <DVC_METRIC_DATA>. Lines are drawn instead."),
        ("[" * 100_000, "The plot's template is not valid JSON. Lines are drawn instead."),
        (
            '{"layer":[' * 60 + json.dumps(DATA) + "]}" * 60,
            "The plot's template is nested more than 100 levels deep. Lines are drawn instead.",
        ),
    ],
    ids=["no-json", "no-object", "no-anchor", "endless", "too-deep"],
)
def test_a_template_that_cannot_be_filled_is_said(template, note):
    spec = make_spec("own", x="step", y=("train",), vega=template)
    (drawing,) = draw([make_plot(spec, losses(1), losses(2))], PlotsRule())
    assert drawing.notes == (note,)


def test_very_long_data_are_thinned_and_said():
    spec = make_spec("own", x=None, vega=json.dumps(DATA))
    (drawing,) = draw([make_plot(spec, None, {"y": range(120_000)})], PlotsRule())
    assert len(drawing.spec["data"]["values"]) == 40_000
    assert drawing.notes[-1] == "One of every 3 rows is drawn, of 120,000."


@pytest.mark.parametrize("template", every_template())
def test_templates_are_filled_as_dvc_fills_them(template):
    from dvc_render.vega import VegaRenderer
    from dvc_render.vega_templates import get_template

    plot = every_template()[template]
    content = get_template(template).content
    sides = [
        dataclasses.replace(side, spec=dataclasses.replace(side.spec, vega=json.dumps(content), title="T"))
        for side in plot.sides
    ]
    ours = filled(dataclasses.replace(plot, sides=tuple(sides)))
    rows = [dict(row) for row in ours["data"]["values"]]
    spec = sides[0].spec
    theirs = VegaRenderer(
        rows,
        "plot",
        template=template,
        x=spec.x[0].field,
        y=spec.y[0].field,
        title="T",
        anchors_y_definitions=[{"filename": spec.y[0].path, "field": spec.y[0].field}],
    ).get_filled_template()
    assert without_colours(ours) == without_colours(theirs)
    assert make_side(spec, None).spec == spec


def without_colours(node):
    """The palette is ours."""
    match node:
        case {"field": "rev", "scale": {"domain": domain}}:
            return {"field": "rev", "domain": domain}
        case dict():
            return {key: without_colours(value) for key, value in node.items()}
        case list():
            return [without_colours(value) for value in node]
        case _:
            return node
