"""Confusion matrices, bars and jittered points: what their figures hold."""

import dataclasses

import numpy as np
from factories import make_revision
from figure_factories import BASE, CANDIDATES, every_template, make_plot, make_side, make_spec, predictions

from reporter.figures import draw
from reporter.model.comparison import PlotComparison, State
from reporter.model.rules import PlotsRule

MATRIX = make_spec("confusion", x="actual", y=("predicted",))
NORMAL = make_spec("confusion_normalized", x="actual", y=("predicted",))
BARS = make_spec("bar_horizontal", x="importance", y=("feature",))


def draw_one(plot):
    (drawing,) = draw([plot], PlotsRule())
    return drawing


def pairs(*rows):
    return {"actual": [actual for actual, _ in rows], "predicted": [predicted for _, predicted in rows]}


def panels(drawing):
    return [np.asarray(trace["z"]).tolist() for trace in drawing.picture["data"]]


def test_confusion_counts_raw_rows_for_each_revision_and_subtracts_them():
    base = pairs((0, 0), (0, 1), (1, 1), (1, 1))
    head = pairs((0, 0), (0, 0), (1, 1), (1, 0))
    first, second, difference = panels(draw_one(make_plot(MATRIX, base, head)))
    # Rows of a matrix are y (predicted), its columns x (actual).
    assert first == [[1, 0], [1, 2]]
    assert second == [[2, 1], [0, 1]]
    assert difference == [[1, 1], [-1, -1]]


def test_matrices_share_one_scale_and_the_difference_is_centred_on_zero():
    drawing = draw_one(make_plot(MATRIX, predictions(0.7), predictions(0.9)))
    first, second, difference = drawing.picture["data"]
    assert first["coloraxis"] == second["coloraxis"] != difference["coloraxis"]
    scale = drawing.picture["layout"]["coloraxis2"]
    assert scale["cmin"] == -scale["cmax"]
    assert drawing.picture["layout"]["coloraxis"]["cmin"] == 0


def test_normalized_rows_sum_to_one_and_a_class_never_predicted_stays_zero():
    base = pairs((0, 0), (1, 0), (1, 0), (1, 0))
    first, *_ = panels(draw_one(make_plot(NORMAL, base, base)))
    assert first == [[0.25, 0.75], [0, 0]]


def test_classes_of_all_revisions_make_the_axes_numbers_by_size():
    drawing = draw_one(make_plot(MATRIX, pairs((2, 2)), pairs((10, 2), (1, 1))))
    assert drawing.picture["layout"]["xaxis"]["ticktext"] == ["1", "2", "10"]


def test_classes_that_a_csv_reader_made_floats_read_as_whole_numbers():
    drawing = draw_one(make_plot(MATRIX, pairs((0.0, 1.0)), pairs((0, 1))))
    assert drawing.picture["layout"]["xaxis"]["ticktext"] == ["0", "1"]


def test_one_revision_only_has_no_difference():
    assert len(panels(draw_one(make_plot(MATRIX, None, predictions(0.9))))) == 1


def test_each_candidate_has_its_difference():
    sides = [make_side(MATRIX, predictions(0.6 + index / 10), one) for index, one in enumerate((BASE, *CANDIDATES[:2]))]
    drawing = draw_one(PlotComparison("confusion", "confusion", State.CHANGED, tuple(sides)))
    assert [trace["name"] for trace in drawing.picture["data"]] == [
        "main",
        "exp-brown",
        "exp-ivory",
        "exp-brown − main",
        "exp-ivory − main",
    ]
    across, down = ([drawing.picture["layout"][f"{axis}axis{n}"]["domain"] for n in ("", 2, 3, 4, 5)] for axis in "xy")
    assert across[3:] == across[1:3]
    assert all(below[1] < above[0] for below in down[3:] for above in down[:3])


def test_too_many_revisions_are_cut_and_said():
    sides = [make_side(MATRIX, predictions(0.7), make_revision(f"exp-{index}")) for index in range(9)]
    drawing = draw_one(PlotComparison("confusion", "confusion", State.CHANGED, tuple(sides)))
    assert len(panels(drawing)) == 6 + 5
    assert drawing.notes == ("Only the first 6 revisions are shown.",)


def test_matrices_of_too_many_fields_are_cut_and_said():
    fields = tuple(f"fold_{number}" for number in range(30))
    data = {field: ["a", "b"] for field in ("actual", *fields)}
    drawing = draw_one(make_plot(make_spec("confusion", x="actual", y=fields), data, data))
    assert len(drawing.picture["data"]) == 20 * 3
    assert drawing.notes == ("Only the first 20 of 30 matrices of each revision are shown.",)


def test_large_counts_have_separators_and_differences_a_sign():
    drawing = draw_one(make_plot(MATRIX, pairs(*[(0, 0)] * 1_200, (0, 1)), pairs(*[(0, 0)] * 10)))
    first, _, difference = drawing.picture["data"]
    assert first["text"][0][0] == "1,200"
    assert difference["text"][0][0] == "−1,190"


def test_too_many_classes_are_cut_to_the_most_frequent_and_said():
    names = [f"c{index}" for index in range(100)]
    drawing = draw_one(make_plot(MATRIX, predictions(0.5, names), predictions(0.6, names)))
    assert np.asarray(drawing.picture["data"][0]["z"]).shape == (60, 60)
    assert drawing.notes == ("Only the 60 most frequent of 100 classes are shown.",)


def labels(drawing):
    return drawing.picture["layout"]["yaxis"]["ticktext"]


def test_bars_go_by_name_or_by_the_candidates_value():
    base = {"importance": [3.0, 1.0, 2.0], "feature": ["a", "b", "c"]}
    head = {"importance": [1.0, 3.0, 2.0], "feature": ["a", "b", "c"]}
    assert labels(draw_one(make_plot(BARS, base, head))) == ["a", "b", "c"]
    by_value = dataclasses.replace(BARS, template="bar_horizontal_sorted")
    assert labels(draw_one(make_plot(by_value, base, head))) == ["b", "c", "a"]


def test_a_name_of_one_revision_only_has_one_bar():
    base = {"importance": [3.0, 1.0], "feature": ["a", "old"]}
    head = {"importance": [3.0, 2.0], "feature": ["a", "new"]}
    drawing = draw_one(make_plot(BARS, base, head))
    assert labels(drawing) == ["a", "new", "old"]
    first, second = drawing.picture["data"]
    assert first["y"].tolist() == [0, 2]
    assert second["y"].tolist() == [0, 1]


def test_rows_of_one_name_are_added_up_as_dvc_stacks_them():
    head = {"importance": [1.0, 2.0], "feature": ["a", "a"]}
    (bar,) = draw_one(make_plot(BARS, None, head)).picture["data"]
    assert bar["x"].tolist() == [3.0]


def test_too_many_bars_are_cut_to_the_largest_in_the_picture_and_said():
    head = {"importance": np.arange(50.0), "feature": [f"f{index}" for index in range(50)]}
    drawing = draw_one(make_plot(BARS, None, head))
    assert labels(drawing) == [f"f{index}" for index in range(30, 50)]
    assert len(drawing.page["layout"]["yaxis"]["ticktext"]) == 50
    assert drawing.notes[-1] == "The picture shows the 20 largest of 50 bars."


def test_jitter_moves_points_within_their_band_and_always_the_same_way():
    first, second = (draw_one(every_template()["scatter_jitter"]).picture for _ in range(2))
    assert first["data"][0]["x"].tolist() == second["data"][0]["x"].tolist()
    assert first["layout"]["xaxis"]["ticktext"] == ["1", "2", "3", "4", "5"]
    offset = first["data"][0]["x"] - np.round(first["data"][0]["x"])
    assert 0.2 < np.abs(offset).max() < 0.5


def test_jitter_of_many_values_keeps_a_numeric_axis():
    x = np.linspace(0, 100, 60)
    drawing = draw_one(make_plot(make_spec("scatter_jitter"), None, {"x": x, "y": x}))
    assert "ticktext" not in drawing.picture["layout"]["xaxis"]
    assert np.abs(drawing.picture["data"][0]["x"] - x).max() <= 1.0
