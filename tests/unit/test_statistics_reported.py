"""Reported metric and recomputed metric must agree, but a rounded one does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from factories import make_snapshot

from reporter.compare.statistics.examples import Classified, Regressed
from reporter.compare.statistics.reported_values import agrees, find_reported, metric_key
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem, ProblemKind
from reporter.model.snapshot import ValueFile

PLAIN = Regressed(np.array([1.0]), np.array([1.0]))


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
    assert agrees(reported, recomputed, PLAIN)


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
    assert not agrees(reported, recomputed, PLAIN)


def test_what_is_recomputed_from_rounded_scores_is_rounded_too():
    def scored(decimals: int) -> Classified:
        scores = np.round(np.random.default_rng(0).random(50), decimals)
        return Classified(("0", "1"), np.zeros(50, np.int64), np.zeros(50, np.int64), scores, binary=True)

    assert agrees(0.512345, 0.512371, scored(4))
    assert not agrees(0.512345, 0.512371, scored(15))


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
