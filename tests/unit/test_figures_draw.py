"""What is drawn for each plot, and what is said of the rest."""

import dataclasses
import json

import numpy as np
import pytest
from figure_factories import (
    BASE,
    CANDIDATES,
    HEAD,
    every_template,
    importances,
    losses,
    make_columns,
    make_image_plot,
    make_plot,
    make_side,
    make_spec,
    png,
    predictions,
    roc,
)

from reporter.figures import draw, figure_json, select_pictures
from reporter.figures.palette import BASE_COLOUR, CANDIDATE_COLOURS
from reporter.model.comparison import PlotComparison, PlotSide, State
from reporter.model.drawing import ImageDrawing, PlotlyDrawing, VegaDrawing
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import PlotsRule
from reporter.model.snapshot import Axis, PlotSpec

LINE = make_spec("linear", x="step", y=("train",))


def draw_one(plot):
    (drawing,) = draw([plot], PlotsRule())
    return drawing


def traces(drawing, size="picture"):
    return getattr(drawing, size)["data"]


@pytest.mark.parametrize("plot", every_template().values(), ids=list(every_template()))
def test_every_template_is_drawn_without_a_word_of_complaint(plot):
    drawing = draw_one(plot)
    assert isinstance(drawing, PlotlyDrawing)
    assert drawing.notes == ()
    assert "main" in drawing.alt
    assert "workspace" in drawing.alt


def test_excluded_plots_are_left_out_and_the_others_keep_their_order():
    plots = [make_plot(make_spec("linear", plot=name), None, None) for name in ("b", "debug/x", "a")]
    assert [one.plot for one in draw(plots, PlotsRule(exclude=("debug/*",)))] == ["b", "a"]


def test_baseline_is_drawn_first_and_the_candidate_over_it():
    first, second = traces(draw_one(make_plot(LINE, losses(1), losses(2))))
    assert (first["name"], first["line"]["color"]) == ("main", BASE_COLOUR)
    assert (second["name"], second["line"]["color"]) == ("workspace", CANDIDATE_COLOURS[0])


def test_baseline_and_candidate_differ_without_colour_too():
    first, second = (one["line"] for one in traces(draw_one(make_plot(LINE, losses(1), losses(2)))))
    assert first["dash"] != second["dash"]
    assert first["width"] != second["width"]
    bars = traces(draw_one(every_template()["bar_horizontal"]))
    assert len({bar["marker"]["pattern"]["shape"] for bar in bars}) == 2
    points = traces(draw_one(every_template()["scatter"]))
    assert len({cloud["marker"]["symbol"] for cloud in points}) == 2


def test_equal_sides_are_both_drawn():
    assert len(traces(draw_one(make_plot(LINE, losses(1), losses(1), state=State.UNCHANGED)))) == 2


def test_candidate_has_its_colour_without_a_baseline_too():
    plot = PlotComparison("loss", "linear", State.ADDED, (make_side(LINE, losses(1)),), has_base=False)
    drawing = draw_one(plot)
    assert [one["line"]["color"] for one in traces(drawing)] == [CANDIDATE_COLOURS[0]]
    assert "candidate workspace" in drawing.alt


def test_each_of_many_candidates_has_a_look_of_its_own():
    sides = [make_side(LINE, losses(1 + index), one) for index, one in enumerate((BASE, *CANDIDATES))]
    looks = [one["line"] for one in traces(draw_one(PlotComparison("loss", "linear", State.CHANGED, tuple(sides))))]
    assert len({look["color"] for look in looks}) == len({look["dash"] for look in looks}) == 4


def test_series_of_one_revision_share_its_colour_and_differ_by_dash():
    spec = make_spec("linear", x="step", y=("train", "validation"))
    lines = traces(draw_one(make_plot(spec, losses(1), losses(2))))
    assert [one["name"] for one in lines] == [
        "main · train",
        "main · validation",
        "workspace · train",
        "workspace · validation",
    ]
    assert lines[0]["line"]["color"] == lines[1]["line"]["color"]
    assert lines[0]["line"]["dash"] != lines[1]["line"]["dash"] == lines[3]["line"]["dash"]


def test_series_of_several_files_are_named_by_what_differs_in_their_paths():
    spec = PlotSpec("loss", "linear", y=(Axis("runs/a/loss.csv", "loss"), Axis("runs/b/loss.csv", "loss")))
    tables = {axis.path: make_columns({"loss": [1.0, 2.0]}) for axis in spec.y}
    drawing = draw_one(PlotComparison("loss", "linear", State.ADDED, (PlotSide(HEAD, spec, tables),), has_base=False))
    assert [one["name"] for one in traces(drawing)] == ["workspace · a/loss.csv", "workspace · b/loss.csv"]


def test_x_may_come_from_another_file_of_as_many_rows():
    spec = PlotSpec("loss", "linear", x=(Axis("time.csv", "t"),), y=(Axis("loss.csv", "loss"),))
    tables = {"time.csv": make_columns({"t": [10, 20]}), "loss.csv": make_columns({"loss": [1.0, 2.0]})}
    plot = PlotComparison("loss", "linear", State.ADDED, (PlotSide(HEAD, spec, tables),), has_base=False)
    assert list(traces(draw_one(plot))[0]["x"]) == [10, 20]
    tables["time.csv"] = make_columns({"t": [10, 20, 30]})
    drawing = draw_one(plot)
    assert drawing.notes == ("workspace: `t` has 3 rows and `loss` has 2: they cannot be drawn together.",)


def test_without_x_the_row_number_is_drawn_and_without_y_the_last_column():
    spec = PlotSpec("loss.csv", "linear", y=(Axis("loss.csv", None),))
    sides = (PlotSide(HEAD, spec, {"loss.csv": make_columns({"epoch": [7, 8], "loss": [0.5, 0.25]})}),)
    drawing = draw_one(PlotComparison("loss.csv", "linear", State.ADDED, sides, has_base=False))
    (line,) = traces(drawing)
    assert (list(line["x"]), list(line["y"])) == ([0, 1], [0.5, 0.25])
    assert drawing.picture["layout"]["xaxis"]["title"]["text"] == "step"


def test_labels_and_title_of_the_definition_are_used():
    spec = dataclasses.replace(LINE, title="Loss", x_label="Epoch", y_label="Cross-entropy")
    layout = draw_one(make_plot(spec, losses(1), losses(2))).picture["layout"]
    assert "Loss" in layout["title"]["text"]
    assert layout["xaxis"]["title"]["text"] == "Epoch"
    assert layout["yaxis"]["title"]["text"] == "Cross-entropy"


def test_lines_go_by_rising_x_as_dvc_draws_them():
    head = {"step": [3, 1, 2], "train": [30.0, 10.0, 20.0]}
    (line,) = traces(draw_one(make_plot(LINE, None, head)))
    assert list(line["x"]) == [1, 2, 3]
    assert list(line["y"]) == [10, 20, 30]


def test_falling_x_keeps_the_shape_of_a_vertical_step():
    spec = make_spec("simple", x="recall", y=("precision",))
    head = {"recall": [1.0, 0.5, 0.5, 0.0], "precision": [0.2, 0.4, 0.8, 1.0]}
    (line,) = traces(draw_one(make_plot(spec, None, head)))
    assert list(line["y"]) == [1.0, 0.8, 0.4, 0.2]


def test_unit_axes_are_square_and_whole():
    layout = draw_one(make_plot(make_spec("simple", x="fpr", y=("tpr",)), roc(2), roc(3))).picture["layout"]
    assert layout["yaxis"]["scaleanchor"] == "x"
    assert layout["xaxis"]["range"] == layout["yaxis"]["range"]
    assert layout["xaxis"]["range"][0] < 0
    assert layout["xaxis"]["range"][1] > 1


def test_dates_and_names_are_axes_of_their_own():
    dated = {"step": ["2026-01-01", "2026-01-02"], "train": [1.0, 2.0]}
    named = {"step": ["first", "second"], "train": [1.0, 2.0]}
    assert draw_one(make_plot(LINE, dated, dated)).picture["layout"]["xaxis"]["type"] == "date"
    assert draw_one(make_plot(LINE, named, named)).picture["layout"]["xaxis"]["type"] == "category"


def test_numbers_written_as_text_are_numbers():
    head = {"step": ["1", "2", "10"], "train": ["0.5", "1e-3", "nan"]}
    drawing = draw_one(make_plot(LINE, None, head))
    (line,) = traces(drawing)
    assert list(line["x"]) == [1, 2, 10]
    assert list(line["y"][:2]) == [0.5, 0.001]
    assert "workspace: train: 1 of 3 values are no finite numbers and not drawn." in drawing.notes


def test_text_where_numbers_were_expected_is_said_and_the_rest_is_drawn():
    head = {"step": [1, 2, 3], "train": [0.5, "oops", 0.25]}
    drawing = draw_one(make_plot(LINE, losses(1), head))
    assert len(traces(drawing)) == 2
    assert drawing.notes == ("workspace: train: 1 of 3 values are text, no numbers and not drawn.",)


def test_a_renamed_column_is_said_with_the_columns_there_are():
    drawing = draw_one(make_plot(LINE, losses(1), {"step": [1, 2], "training_loss": [1.0, 2.0]}))
    assert [one["name"] for one in traces(drawing)] == ["main"]
    assert drawing.notes == ("workspace: plots/data.csv has no column `train`; it has `step` and `training_loss`.",)


def test_each_side_is_read_by_its_own_definition():
    old = make_side(make_spec("linear", x="step", y=("loss",)), {"step": [1], "loss": [3.0]}, BASE)
    new = make_side(LINE, losses(2))
    drawing = draw_one(PlotComparison("linear", "linear", State.CHANGED, (old, new)))
    assert [one["name"] for one in traces(drawing)] == ["main · loss", "workspace · train"]


def test_one_side_only_is_drawn_and_the_other_named():
    sides = (make_side(None, None, BASE), make_side(LINE, losses(2)))
    drawing = draw_one(PlotComparison("linear", "linear", State.ADDED, sides))
    assert [one["line"]["color"] for one in traces(drawing)] == [CANDIDATE_COLOURS[0]]
    assert drawing.notes == ("main: does not define this plot.",)


def test_a_file_that_a_folder_of_plots_lacks_is_not_called_undefined():
    absent = dataclasses.replace(make_side(None, None, BASE), folder="plots")
    said = "main: has no such file in `plots`, of which it defines the plots."
    drawing = draw_one(PlotComparison("linear", "linear", State.ADDED, (absent, make_side(LINE, losses(2)))))
    assert drawing.notes == (said,)
    image = make_image_plot(None, png())
    (drawing,) = draw([dataclasses.replace(image, sides=(absent, image.sides[1]))], PlotsRule())
    assert said in drawing.notes


def test_what_could_not_be_read_is_said_in_the_words_of_its_problem():
    problem = Problem("main", "plots/data.csv", ProblemKind.MISSING, "plots/data.csv is in no cache and no remote")
    sides = (PlotSide(BASE, LINE, problems=(problem,)), make_side(LINE, losses(2)))
    drawing = draw_one(PlotComparison("linear", "linear", State.UNAVAILABLE, sides))
    assert drawing.notes == ("main: plots/data.csv is in no cache and no remote.",)


@pytest.mark.parametrize("template", every_template())
def test_empty_data_make_an_empty_figure_that_says_so(template):
    plot = every_template()[template]
    empty = tuple(
        dataclasses.replace(side, tables={path: make_columns({}) for path in side.tables}) for side in plot.sides
    )
    drawing = draw_one(dataclasses.replace(plot, sides=empty))
    assert drawing.picture["layout"]["annotations"][0]["text"] == "No data to draw"
    assert drawing.notes == ("main: plots/data.csv is empty.", "workspace: plots/data.csv is empty.")
    figure_json(drawing.page)


@pytest.mark.parametrize("template", every_template())
def test_missing_data_make_an_empty_figure_that_says_so(template):
    plot = every_template()[template]
    without = tuple(dataclasses.replace(side, tables={}) for side in plot.sides)
    drawing = draw_one(dataclasses.replace(plot, sides=without))
    assert drawing.picture["layout"]["annotations"][0]["text"] == "No data to draw"
    assert len(drawing.notes) == 2


def test_infinite_and_missing_values_are_gaps():
    head = {"step": [1, 2, 3, 4], "train": [1.0, float("inf"), float("nan"), 2.0]}
    drawing = draw_one(make_plot(LINE, None, head))
    assert json.loads(figure_json(drawing.picture))["data"][0]["y"] == [1.0, None, None, 2.0]
    assert drawing.notes[-1] == "workspace: train: 2 of 4 values are no finite numbers and not drawn."


def test_a_metric_logged_now_and_then_is_a_line_all_the_same():
    rows = 200
    loss = [1 / (row + 1) if row % 10 == 9 else None for row in range(rows)]
    head = {"step": list(range(rows)), "train": np.array(loss, dtype=np.float64)}

    drawing = draw_one(make_plot(LINE, None, head))

    drawn = json.loads(figure_json(drawing.picture))["data"][0]
    assert drawn["x"] == list(range(9, rows, 10))
    assert None not in drawn["y"]
    assert drawing.notes[-1] == "workspace: train: 180 of 200 values are no finite numbers and not drawn."


def test_a_long_line_keeps_the_gap_where_its_values_ended():
    y = np.where(np.arange(100) // 10 == 4, np.nan, 1.0)

    drawing = draw_one(make_plot(LINE, None, {"step": list(range(100)), "train": y}))

    assert json.loads(figure_json(drawing.picture))["data"][0]["y"][40:50] == [None] * 10


def test_text_of_a_repository_is_never_markup():
    nasty = '<a href="https://example.com">x</a>'
    spec = make_spec("bar_horizontal", x="importance", y=("feature",), title=nasty)
    head = importances(0.3) | {"feature": [nasty, *list("abcdefg")]}
    text = figure_json(draw_one(make_plot(spec, None, head)).picture)
    assert "<a" not in text
    assert "&lt;a" in text


def test_names_on_an_axis_are_never_markup():
    head = {"step": ["<b>first</b>", "second"], "train": [1.0, 2.0]}
    assert "<b>first" not in figure_json(draw_one(make_plot(LINE, None, head)).page)


def test_a_legend_of_many_rows_makes_the_picture_taller():
    sides = [make_side(LINE, losses(1), dataclasses.replace(HEAD, label=f"experiment-{i}")) for i in range(20)]
    drawing = draw_one(PlotComparison("loss", "linear", State.CHANGED, tuple(sides)))
    layout = drawing.picture["layout"]
    assert layout["height"] - layout["margin"]["t"] >= 250


@pytest.mark.parametrize("template", ["linear", "scatter", "bar_horizontal"])
def test_too_many_fields_make_no_endless_picture(template):
    fields = tuple(f"y{number}" for number in range(1000))
    data = {name: [1, 2] for name in ("x", *fields)}
    (drawing,) = draw([make_plot(make_spec(template, x="x", y=fields), data, data)], PlotsRule())
    assert len(drawing.picture["data"]) == 2 * 100
    assert drawing.picture["layout"]["height"] < 3000
    assert "Only the first 100 of 1,000 series are drawn." in drawing.notes


def test_an_unknown_template_is_drawn_as_lines_and_said():
    drawing = draw_one(make_plot(make_spec("fancy", x="step", y=("train",)), losses(1), losses(2)))
    assert len(traces(drawing)) == 2
    assert drawing.notes == ("There is no template `fancy`; lines are drawn instead.",)


def test_a_broken_template_of_the_project_is_drawn_as_lines_and_said():
    drawing = draw_one(make_plot(make_spec("own", x="step", y=("train",), vega="{"), losses(1), losses(2)))
    assert isinstance(drawing, PlotlyDrawing)
    assert drawing.notes == ("The plot's template is not valid JSON. Lines are drawn instead.",)


def test_a_template_of_the_project_and_an_image_have_drawings_of_their_kind():
    vega = '{"data": {"values": "<DVC_METRIC_DATA>"}}'
    assert isinstance(draw_one(make_plot(make_spec("own", vega=vega), None, None)), VegaDrawing)
    assert isinstance(draw_one(make_image_plot(png(), png())), ImageDrawing)


def test_long_names_are_shortened_and_long_legends_do_not_meet_the_title():
    plot = make_plot(LINE, losses(1), losses(2))
    long = dataclasses.replace(HEAD, label="feature/a-very-long-branch-name-that-nobody-would-want-to-read-in-full")
    spec = dataclasses.replace(LINE, y=(Axis("plots/data.csv", "train"), Axis("plots/data.csv", "validation")))
    sides = (plot.sides[0], make_side(spec, losses(2), long))
    layout = draw_one(dataclasses.replace(plot, sides=sides)).picture["layout"]
    short = draw_one(plot).picture["layout"]
    assert layout["margin"]["t"] > short["margin"]["t"]


def test_noisy_long_lines_get_a_trend_over_them():
    noise = np.random.default_rng(0).normal(0, 1, 3_000)
    drawing = draw_one(make_plot(LINE, None, {"step": np.arange(3_000), "train": noise}))
    faint, trend = traces(drawing)
    assert faint["opacity"] < 0.5
    assert np.std(trend["y"]) < 0.3
    assert "trend" in drawing.notes[-1]


def test_smooth_draws_the_values_faintly_behind_their_trend():
    faint, *_, trend = traces(draw_one(every_template()["smooth"]))
    assert faint["opacity"] < 0.5
    assert faint["showlegend"] is False
    assert trend["name"] == "workspace"


def test_pictures_prefer_changed_plots_and_keep_the_order():
    states = {"a": State.UNCHANGED, "b": State.CHANGED, "c": State.UNCHANGED, "d": State.ADDED}
    line = {"x": [1, 2], "y": [3, 4]}
    plots = [make_plot(make_spec("linear", plot=name), line, line, state=state) for name, state in states.items()]
    drawings = draw(plots, PlotsRule())
    assert [one.plot for one in select_pictures(drawings, plots, 3)] == ["a", "b", "d"]
    assert [one.plot for one in select_pictures(drawings, plots, 2)] == ["b", "d"]
    assert select_pictures(drawings, plots, 0) == ()
    assert len(select_pictures(drawings, plots, 12)) == 4


def test_a_plot_without_data_on_any_side_gets_no_picture():
    plots = [
        make_plot(make_spec("linear", plot="empty"), None, None, state=State.UNAVAILABLE),
        make_plot(make_spec("linear", plot="half"), None, {"x": [1, 2], "y": [3, 4]}, state=State.UNAVAILABLE),
    ]
    drawings = draw(plots, PlotsRule())
    assert [one.plot for one in drawings] == ["empty", "half"]
    assert [one.plot for one in select_pictures(drawings, plots, 12)] == ["half"]


@pytest.mark.parametrize("template", every_template())
def test_a_plot_whose_data_hold_nothing_to_draw_takes_no_place_among_the_pictures(template):
    full = every_template()[template]
    empty = dataclasses.replace(
        full,
        id="empty",
        sides=tuple(
            dataclasses.replace(side, tables={path: make_columns({"other": [1]}) for path in side.tables})
            for side in full.sides
        ),
    )
    images = [make_image_plot(None, None, "none.png"), make_image_plot(b"no image", None, "broken.png")]
    plots = [empty, *images, full]
    assert [one.plot for one in select_pictures(draw(plots, PlotsRule()), plots, 1)] == [full.id]


def test_a_template_of_the_project_without_a_row_takes_no_place_either():
    own = make_spec("own", vega='{"data": {"values": "<DVC_METRIC_DATA>"}}')
    plots = [make_plot(own, None, None), make_plot(LINE, losses(1), losses(2))]
    assert [one.plot for one in select_pictures(draw(plots, PlotsRule()), plots, 1)] == ["linear"]


def test_alternative_text_says_what_a_picture_shows():
    assert draw_one(make_plot(LINE, losses(1), losses(2))).alt == (
        "linear: lines of train over step for baseline main and candidate workspace. "
        "Last value: main 0.376 and workspace 0.3681."
    )
    alt = draw_one(every_template()["confusion"]).alt
    assert "On the diagonal: main 724 of 900; workspace 808 of 900." in alt
    assert predictions(0.7)["actual"].shape == (900,)
