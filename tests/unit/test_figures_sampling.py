"""Long series in few points, trends, and figures as JSON."""

import base64
import json
import time

import numpy as np
import pytest
from figure_factories import make_plot, make_spec

from reporter.figures import draw, figure_json
from reporter.figures.sampling import cloud_points, line_points
from reporter.figures.smoothing import smoothed
from reporter.model.rules import PlotsRule


def wave(rows):
    x = np.arange(float(rows))
    return x, np.sin(x / 500) + np.random.default_rng(0).normal(0, 0.1, rows)


def test_short_lines_are_left_alone():
    x, y = wave(100)
    assert line_points(x, y, 2_000) == (x, y)


def test_long_lines_keep_ends_and_extremes():
    x, y = wave(100_000)
    y[12_345], y[54_321] = 99.0, -99.0
    few_x, few_y = line_points(x, y, 2_000)
    assert len(few_y) <= 2_004
    assert (few_x[0], few_x[-1]) == (x[0], x[-1])
    assert (few_y.max(), few_y.min()) == (99.0, -99.0)
    assert (np.diff(few_x) > 0).all()
    assert set(few_y) <= set(y)


def test_a_stretch_without_values_stays_one_gap():
    x, y = wave(50_000)
    y[20_000:30_000] = np.nan
    few_x, few_y = line_points(x, y, 1_000)
    (gap,) = np.flatnonzero(np.isnan(few_y))
    assert few_x[gap - 1] < 20_000
    assert few_x[gap + 1] >= 30_000


def test_nothing_but_nan_is_nothing():
    x = np.arange(5_000.0)
    assert [len(part) for part in line_points(x, np.full(5_000, np.nan), 1_000)] == [0, 0]


def test_points_of_a_cloud_are_chosen_the_same_way_each_time_with_the_extremes():
    x, y = wave(30_000)
    y[7] = 50.0
    chosen = cloud_points(x, y, 2_000)
    assert len(chosen) <= 2_004
    assert {0, 7, 29_999} <= set(chosen.tolist())
    assert chosen.tolist() == cloud_points(x, y, 2_000).tolist()


def test_trend_of_a_straight_line_is_the_line():
    x = np.linspace(0, 10, 400)
    at, trend = smoothed(x, 3 * x + 1)
    assert trend == pytest.approx(3 * at + 1)


def test_trend_ignores_gaps_and_equal_x():
    x, y = wave(1_000)
    y[5] = np.nan
    assert np.isfinite(smoothed(x, y)[1]).all()
    same = np.ones(10)
    assert len(smoothed(same, same)[0]) == 10


def test_two_long_lines_of_two_revisions_take_less_than_two_seconds():
    x, y = wave(200_000)
    spec = make_spec("linear", x="step", y=("train", "val"))
    plot = make_plot(spec, {"step": x, "train": y, "val": y + 1}, {"step": x, "train": y - 1, "val": y + 2})
    started = time.process_time()
    (drawing,) = draw([plot], PlotsRule())
    figure_json(drawing.page)
    assert time.process_time() - started < 2
    assert all(len(trace["x"]) <= 2_004 for trace in drawing.picture["data"])
    assert any(len(trace["x"]) > 10_000 for trace in drawing.page["data"])


def test_json_is_strict_and_says_null_for_nan():
    text = figure_json({"data": [{"y": np.array([1.0, np.nan, np.inf]), "x": [np.float64("nan"), np.int64(3)]}]})
    assert text == '{"data":[{"y":[1.0,null,null],"x":[null,3]}]}'


def test_long_columns_are_typed_arrays_of_the_fewest_bytes():
    spec = json.loads(figure_json({"whole": np.arange(300), "real": np.arange(300) / 7, "text": np.array(["a"] * 300)}))
    assert spec["whole"]["dtype"] == "i2"
    assert np.frombuffer(base64.b64decode(spec["whole"]["bdata"]), "<i2").tolist() == list(range(300))
    assert spec["real"]["dtype"] == "f8"
    assert np.frombuffer(base64.b64decode(spec["real"]["bdata"]), "<f8").tolist() == (np.arange(300) / 7).tolist()
    assert spec["text"] == ["a"] * 300


def test_a_trend_between_heaps_of_equal_x_stays_near_the_values():
    x, y = np.repeat([0.0, 1.0, 2.0, 3.0], 100), np.tile([0.0, 1.0], 200)
    _, trend = smoothed(x, y)
    assert np.abs(trend).max() <= 1.0
