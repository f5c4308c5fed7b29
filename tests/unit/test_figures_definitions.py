"""A plot that two revisions define differently: drawn by one definition where the data allow it, and said in any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from figure_factories import BASE, CANDIDATES, HEAD, make_columns, png

from reporter.figures import draw
from reporter.model.comparison import PlotComparison, PlotSide, State
from reporter.model.drawing import ImageDrawing, PlotlyDrawing, VegaDrawing
from reporter.model.rules import PlotsRule
from reporter.model.snapshot import Axis, PlotSpec

LOG = {
    "step": [0, 1, 2],
    "loss": [0.9, 0.6, 0.3],
    "acc": [0.1, 0.4, 0.8],
    "said": ["a", "b", "b"],
    "is": ["a", "b", "a"],
}
OTHER = {"epoch": [0, 1, 2], "val_loss": [0.8, 0.5, 0.2], "acc": [0.2, 0.5, 0.9]}
OWN_TEMPLATE = '{"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "line"}'


def spec(x: str | None, *y: str, path: str = "c.csv", template: str = "linear", **more) -> PlotSpec:
    return PlotSpec(
        "plot", template, () if x is None else (Axis(path, x),), tuple(Axis(path, one) for one in y), **more
    )


def side(definition: PlotSpec, revision, **tables: Mapping[str, object]) -> PlotSide:
    """`c` and the like are files: c.csv."""
    return PlotSide(revision, definition, {f"{name}.csv": make_columns(columns) for name, columns in tables.items()})


def drawn(*sides: PlotSide):
    kind = sides[-1].spec.template if sides[-1].spec else ""
    (drawing,) = draw([PlotComparison("plot", kind, State.CHANGED, sides)], PlotsRule())
    return drawing


def curves(drawing: PlotlyDrawing) -> dict[str, tuple[list, list]]:
    return {trace["name"]: (list(trace["x"]), list(trace["y"])) for trace in drawing.page["data"]}


def axis_titles(drawing: PlotlyDrawing) -> tuple[str, str]:
    layout = drawing.page["layout"]
    return layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (spec("step", "acc"), spec("loss", "acc"), "x `step` → `loss`"),
        (spec("step", "loss"), spec("step", "acc"), "y `loss` → `acc`"),
        (spec(None, "acc"), spec("step", "acc"), "x the row number → `step`"),
        (spec("step", "loss"), spec("step", "loss", "acc"), "y `loss` → `loss` and `acc`"),
        (spec("step", "acc"), spec("step", "acc", title="New"), "title none → `New`"),
        (spec("step", "acc", y_label="a"), spec("step", "acc", y_label="b"), "y label `a` → `b`"),
        (spec("step", "acc"), spec("step", "acc", template="scatter"), "template `linear` → `scatter`"),
        (
            spec("step", "acc"),
            PlotSpec("plot", "linear", (Axis("c.csv", "step"), Axis("c.csv", "loss")), (Axis("c.csv", "acc"),) * 2),
            "x `step` → `step` and `loss`",
        ),
    ],
)
def test_equal_data_are_drawn_as_one_and_the_same_curve_whatever_changed_in_the_definition(old, new, said):
    drawing = drawn(side(old, BASE, c=LOG), side(new, HEAD, c=LOG))
    shapes = curves(drawing)
    assert {name.replace("main", "workspace") for name in shapes} == {name for name in shapes if "workspace" in name}
    assert all(shapes[name] == shapes[name.replace("main", "workspace")] for name in shapes)
    assert drawing.notes == (f"main: its definition differs ({said}); it is drawn by that of workspace.",)


def test_equal_definitions_are_not_mentioned():
    assert drawn(side(spec("step", "acc"), BASE, c=LOG), side(spec("step", "acc"), HEAD, c=LOG)).notes == ()


def test_a_side_that_lacks_the_new_columns_keeps_its_own_and_every_axis_says_so():
    drawing = drawn(side(spec("step", "loss"), BASE, c=LOG), side(spec("epoch", "val_loss"), HEAD, c=OTHER))
    assert list(curves(drawing)) == ["main · loss", "workspace · val_loss"]
    assert axis_titles(drawing) == ("epoch (main: step)", "val_loss (main: loss)")
    (note,) = drawing.notes
    assert note.startswith(
        "main: its definition differs (x `step` → `epoch`, y `loss` → `val_loss`); it is drawn by its own"
    )
    assert "since c.csv has no column `val_loss`" in note


def test_a_label_of_the_new_definition_does_not_hide_that_the_other_side_has_another_x():
    new = spec("epoch", "acc", x_label="Epoch")
    assert (
        axis_titles(drawn(side(spec("step", "acc"), BASE, c=LOG), side(new, HEAD, c=OTHER)))[0] == "Epoch (main: step)"
    )


def test_one_missing_column_of_several_is_enough_to_keep_the_own_definition():
    drawing = drawn(side(spec("step", "loss"), BASE, c=LOG), side(spec(None, "acc", "val_loss"), HEAD, c=OTHER))
    assert list(curves(drawing)) == ["main · loss", "workspace · acc", "workspace · val_loss"]
    assert axis_titles(drawing)[1] == ""


def test_a_definition_that_moves_to_another_file_is_followed_where_that_is_there():
    old, new = spec("step", "acc", path="a.csv"), spec("step", "acc", path="b.csv")
    both = drawn(side(old, BASE, a=LOG, b=LOG), side(new, HEAD, b=LOG))
    assert both.notes == (
        "main: its definition differs (y `a.csv:acc` → `b.csv:acc`); it is drawn by that of workspace.",
    )
    alone = drawn(side(old, BASE, a=LOG), side(new, HEAD, b=LOG))
    assert list(curves(alone)) == ["main · a.csv", "workspace · b.csv"]
    assert alone.notes[0].endswith("it is drawn by its own, since b.csv is missing.")


def test_an_x_of_another_length_is_no_reason_to_lose_a_curve():
    new = PlotSpec("plot", "linear", (Axis("t.csv", "time"),), (Axis("c.csv", "acc"),))
    base = side(spec("step", "acc"), BASE, c=LOG, t={"time": [1, 2]})
    drawing = drawn(base, side(new, HEAD, c=LOG, t={"time": [1, 2, 3]}))
    assert curves(drawing)["main"] == ([0, 1, 2], [0.1, 0.4, 0.8])
    assert "x `step` → `t.csv:time`" in drawing.notes[0]
    assert "`time` has 2 rows and `acc` has 3" in drawing.notes[0]


def test_lines_that_become_a_matrix_are_a_matrix_in_both_revisions():
    new = spec("is", "said", template="confusion")
    drawing = drawn(side(spec("step", "acc"), BASE, c=LOG), side(new, HEAD, c=LOG))
    assert len([trace for trace in drawing.page["data"] if trace["type"] == "heatmap"]) == 3
    assert "template `linear` → `confusion`" in drawing.notes[0]


def test_what_no_matrix_can_be_made_of_is_not_drawn_as_one():
    new = spec("is", "said", template="confusion")
    drawing = drawn(side(spec("epoch", "acc"), BASE, c=OTHER), side(new, HEAD, c=LOG))
    assert [trace["name"] for trace in drawing.page["data"]] == ["workspace"]
    assert drawing.notes[0].startswith("main: its definition differs (template `linear` → `confusion`, ")
    assert "it is not drawn, since c.csv has no column `said`" in drawing.notes[0]


def test_a_template_of_the_project_draws_both_revisions_and_says_where_its_text_changed():
    old, new = (spec("step", "acc", template="mine", vega=OWN_TEMPLATE + end) for end in ("", " "))
    drawing = drawn(side(old, BASE, c=LOG), side(new, HEAD, c=LOG))
    assert isinstance(drawing, VegaDrawing)
    assert {row["rev"] for row in drawing.spec["data"]["values"]} == {"main", "workspace"}
    assert "(the text of template `mine`)" in drawing.notes[0]


def test_each_of_several_candidates_is_drawn_by_the_last_ones_definition():
    first, second, third = CANDIDATES
    new = spec("step", "acc")
    sides = (
        side(spec("step", "loss"), first, c=LOG),
        side(spec("epoch", "val_loss"), second, c=OTHER),
        side(new, third, c=LOG),
    )
    drawing = drawn(*sides)
    assert list(curves(drawing)) == ["exp-brown · acc", "exp-ivory · val_loss", "exp-teal · acc"]
    assert [note.partition(":")[0] for note in drawing.notes] == ["exp-brown", "exp-ivory"]


def image_spec(**more) -> PlotSpec:
    return PlotSpec("plot", "image", path="plot", **more)


def test_an_image_that_becomes_data_is_said_and_drawn_where_the_data_are_there():
    new = spec("step", "acc")
    gone = drawn(PlotSide(BASE, image_spec(), image=png()), side(new, HEAD, c=LOG))
    assert list(curves(gone)) == ["workspace"]
    assert gone.notes == ("main: its definition differs (an image → data); it is not drawn, since c.csv is missing.",)
    there = replace(side(new, BASE, c=LOG), spec=image_spec())
    assert list(curves(drawn(there, side(new, HEAD, c=LOG)))) == ["main", "workspace"]


def test_data_that_become_an_image_are_said():
    drawing = drawn(side(spec("step", "acc"), BASE, c=LOG), PlotSide(HEAD, image_spec(), image=png()))
    assert isinstance(drawing, ImageDrawing)
    assert drawing.notes == ("main: is missing.", "main: its definition differs (data → an image).")


def test_a_new_title_of_an_image_is_said():
    drawing = drawn(PlotSide(BASE, image_spec(), image=png()), PlotSide(HEAD, image_spec(title="Tree"), image=png()))
    assert drawing.notes == ("main: its definition differs (title none → `Tree`).",)


class TestInferredColumn:
    """A definition may leave y out: then the last column is drawn, as DVC does it."""

    WITHOUT_Y = PlotSpec("plot", "linear", y=(Axis("c.csv", None),))

    def test_it_is_named_on_the_axis_and_in_words(self):
        drawing = drawn(side(self.WITHOUT_Y, BASE, c=OTHER), side(self.WITHOUT_Y, HEAD, c=OTHER))
        assert axis_titles(drawing) == ("step", "acc")
        assert "lines of acc over step" in drawing.alt
        assert drawing.notes == ()

    def test_another_one_in_the_other_revision_is_said(self):
        base = side(self.WITHOUT_Y, BASE, c={"step": [1, 2], "loss": [2.0, 1.0]})
        drawing = drawn(base, side(self.WITHOUT_Y, HEAD, c=OTHER))
        assert list(curves(drawing)) == ["main · loss", "workspace · acc"]
        assert axis_titles(drawing)[1] == "acc (main: loss)"
        assert drawing.notes == (
            "No y is defined, so the last column of c.csv is drawn: `loss` of main and `acc` of workspace.",
        )

    def test_a_side_that_cannot_be_read_takes_no_name_away(self):
        drawing = drawn(PlotSide(BASE, self.WITHOUT_Y), side(self.WITHOUT_Y, HEAD, c=OTHER))
        assert list(curves(drawing)) == ["workspace"]
        assert axis_titles(drawing)[1] == "acc"
