"""Reported metric and recomputed metric must agree, but a rounded one does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from factories import make_snapshot

from reporter.compare.statistics.examples import Classified, Scored, read
from reporter.compare.statistics.losses import the_mean
from reporter.compare.statistics.metrics import Meant, Metric, Needs, evaluate, find
from reporter.compare.statistics.reported_values import agrees, find_reported, metric_key
from reporter.compare.statistics.score_rounding import possible_values
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import PredictionsRule, Task
from reporter.model.snapshot import Table, ValueFile


@pytest.mark.parametrize(
    ("reported", "recomputed"),
    [
        (0.851234567, 0.851234567),
        (0.8512346, 0.851234567),
        (0.85, 0.8549),
        (0.85, 0.845001),
        (1.0, 0.9996),
        (0.9, 0.9003),
        (0, 0.0012),
        (12.3, 12.3456),
        (1230, 1234.5),
        (1.23e-5, 1.2345e-5),
        (float(np.float32(0.3217)), 0.3217),
        (math.nan, math.nan),
    ],
)
def test_equal_but_for_rounding(reported, recomputed):
    assert agrees(reported, recomputed, lambda: (recomputed, recomputed))


@pytest.mark.parametrize(
    ("reported", "recomputed"),
    [
        (0.8513, 0.8512),
        (0.86, 0.8549),
        (0.9, 0.87),
        (1, 0.6),
        (12.4, 12.3456),
        (85.1, 0.851),
        (-0.5, 0.5),
        (0.5, math.nan),
        (math.nan, 0.5),
        (math.inf, 0.5),
        (0.5, math.inf),
    ],
)
def test_not_equal(reported, recomputed):
    assert not agrees(reported, recomputed, lambda: (recomputed, recomputed))


RNG = np.random.default_rng(0)
ACTUAL = RNG.integers(0, 2, 400)
EXACT = 1 / (1 + np.exp(-(1.5 * ACTUAL - 0.75 + RNG.normal(size=400))))
THIRDS = RNG.dirichlet([1.0, 1.0, 1.0], 300)
SCORE = PredictionsRule("predictions.csv", Task.BINARY, "late", score="score", positive=1)
OF_SCORES = [
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
    "expected_calibration_error",
    "accuracy",
    "f1",
    "mcc",
]


def scored(scores: np.ndarray, rule: PredictionsRule = SCORE, **columns: np.ndarray) -> Classified:
    table = Table({"late": ACTUAL, "score": scores, **columns})
    examples, _ = read(table, table, rule)
    assert isinstance(examples, Classified)
    return examples


@pytest.mark.parametrize("decimals", [1, 2, 3, 6])
@pytest.mark.parametrize("name", OF_SCORES)
def test_rounded_scores_leave_open_what_the_exact_ones_gave(name, decimals):
    metric = find(name, SCORE)
    low, high = possible_values(metric, scored(np.round(EXACT, decimals)))
    assert low <= evaluate(metric, scored(EXACT)) <= high
    assert low < high or decimals == 6


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "brier_score"])
def test_and_not_much_more(name):
    metric = find(name, SCORE)
    low, high = possible_values(metric, scored(np.round(EXACT, 2)))
    assert high - low < 0.05
    assert not agrees(high + 0.01, evaluate(metric, scored(np.round(EXACT, 2))), lambda: (low, high))


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "brier_score", "accuracy"])
def test_of_several_classes_too(name):
    rule = PredictionsRule("p", Task.MULTICLASS, "y", scores={"a": "a", "b": "b", "c": "c"})
    actual = np.array(list("abc"), dtype=object)[RNG.integers(0, 3, 300)]

    def examples(scores: np.ndarray) -> Classified:
        table = Table({"y": actual, **{label: scores[:, place] for place, label in enumerate("abc")}})
        found, _ = read(table, table, rule)
        assert isinstance(found, Classified)
        return found

    metric = find(name, rule)
    low, high = possible_values(metric, examples(np.round(THIRDS, 2)))
    assert low <= evaluate(metric, examples(THIRDS)) <= high


@pytest.mark.parametrize("name", ["accuracy", "f1", "mcc"])
def test_labels_that_are_given_leave_nothing_open_however_scores_are_rounded(name):
    rule = replace(SCORE, predicted="predicted")
    examples = scored(np.round(EXACT, 1), rule, predicted=(EXACT > 0.5).astype(int))
    metric = find(name, rule)
    assert possible_values(metric, examples) == (evaluate(metric, examples),) * 2


def test_scores_of_many_decimals_leave_nothing_open():
    metric = find("roc_auc", SCORE)
    assert possible_values(metric, scored(EXACT)) == (evaluate(metric, scored(EXACT)),) * 2


def test_a_score_of_each_row_s_own_may_be_half_a_last_digit_away():
    examples = Scored(np.array([0.1, 0.2, 0.4]))
    low, high = possible_values(
        Metric("iou", Meant(lambda each: each.values[:, None], the_mean), Needs.NUMBERS), examples
    )
    assert (low, high) == pytest.approx((0.7 / 3 - 0.05, 0.7 / 3 + 0.05))


def test_a_reported_accuracy_is_held_to_its_own_digits_whatever_the_scores():
    """Of scores with one decimal a tolerance of 10 % once let 0.9 pass for 0.85."""
    rule = replace(SCORE, predicted="predicted")
    examples = scored(np.round(EXACT, 1), rule, predicted=(EXACT > 0.5).astype(int))
    metric = find("accuracy", rule)
    exact = evaluate(metric, examples)
    assert not agrees(exact + 0.02, exact, lambda: possible_values(metric, examples))


def test_a_reported_metric_is_found_by_file_and_name():
    good = ValueFile("a/metrics.json", {"auc": 0.5, "by:carrier": 0.6})
    assert find_reported({good.path: good}, MetricKey("a/metrics.json", "auc")) == (good, 0.5)
    assert find_reported({good.path: good}, MetricKey("a/metrics.json", "by:carrier")) == (good, 0.6)
    assert find_reported({good.path: good}, MetricKey("a/metrics.json", "loss")) is None
    assert find_reported({good.path: good}, MetricKey("metrics.json", "auc")) is None


def test_a_metric_of_reporter_yaml_is_looked_up_where_its_file_or_name_holds_colons():
    odd = make_snapshot(metrics={"a:b/m.json": {"by:carrier": 0.6}})
    assert metric_key("a:b/m.json:by:carrier", [odd]) == MetricKey("a:b/m.json", "by:carrier")
    assert metric_key("m.json:by:carrier", [odd]) == MetricKey("m.json", "by:carrier")
    assert str(MetricKey("m.json", "by:carrier")) == "m.json:by:carrier"


def test_a_metric_of_an_unreadable_file_is_unknown_not_absent():
    broken = ValueFile("m.json", {}, Problem("main", "m.json", ProblemKind.CORRUPT, "not JSON"))
    assert find_reported({"m.json": broken}, MetricKey("m.json", "auc")) == (broken, None)
