"""DeLong, McNemar and the corrections, against worked examples and other implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from reporter.compare.statistics.correction import benjamini_hochberg, holm
from reporter.compare.statistics.delong import delong
from reporter.compare.statistics.mcnemar import mcnemar

LEVEL = 0.95


def by_definition(positive: np.ndarray, base: np.ndarray, head: np.ndarray) -> tuple[float, float]:
    """The difference and its variance as the paper writes them: every positive against every negative."""

    def kernel(scores: np.ndarray) -> np.ndarray:
        above = scores[positive][:, None] - scores[~positive][None, :]
        return (above > 0) + 0.5 * (above == 0)

    psi = kernel(head) - kernel(base)
    of_positives, of_negatives = psi.mean(axis=1), psi.mean(axis=0)
    variance = of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives)
    return float(psi.mean()), float(variance)


@pytest.mark.parametrize("decimals", [1, 12])
def test_delong_by_midranks_is_delong_by_definition(decimals):
    rng = np.random.default_rng(0)
    positive = rng.random(120) < 0.3
    base, head = (np.round(rng.random(120) + 0.3 * positive, decimals) for _ in range(2))
    found = delong(positive, base, head)
    delta, variance = by_definition(positive, base, head)
    assert found.delta == pytest.approx(delta)
    assert found.variance == pytest.approx(variance)


def test_delong_does_not_change_with_the_scale_of_the_scores():
    rng = np.random.default_rng(1)
    positive, base, head = rng.random(80) < 0.5, rng.random(80), rng.random(80)
    assert delong(positive, base, head) == delong(positive, np.exp(5 * base), head - 1000)


def test_two_equal_scores_do_not_differ():
    rng = np.random.default_rng(2)
    positive, scores = rng.random(50) < 0.5, rng.random(50)
    found = delong(positive, scores, scores)
    assert (found.delta, found.interval(LEVEL), found.p_value) == (0, (0, 0), 1)


@pytest.mark.parametrize("positive", [[True] * 4, [False] * 4])
def test_one_class_only_has_no_area(positive):
    found = delong(np.array(positive), np.arange(4.0), np.arange(4.0))
    assert math.isnan(found.delta)
    assert found.interval(LEVEL) is found.p_value is None


def test_a_perfect_and_a_constant_score_have_no_spread():
    positive = np.array([True, True, False, False])
    found = delong(positive, np.full(4, 0.5), np.array([0.9, 0.8, 0.1, 0.2]))
    assert found.delta == 0.5
    assert found.interval(LEVEL) is found.p_value is None


def test_one_positive_has_an_area_but_no_variance():
    found = delong(np.array([True, False, False]), np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.2, 0.1]))
    assert found.delta == 1
    assert found.interval(LEVEL) is None


def test_an_overwhelming_difference_is_never_impossible():
    positive = np.arange(100_000) < 50_000
    noise = np.random.default_rng(3).random(100_000)
    assert 0 < delong(positive, noise, noise + 0.9 * positive).p_value < 1e-300


def right(*counts: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples that (both, only the baseline, only the candidate, neither) got right."""
    base = np.repeat([True, True, False, False], counts)
    return base, np.repeat([True, False, True, False], counts)


@given(st.tuples(*(st.integers(0, 40),) * 4))
def test_mcnemar_is_a_sign_test_of_the_discordant_examples(counts):
    _, lost, gained, _ = counts
    expected = binomtest(gained, gained + lost).pvalue if gained + lost else 1
    assert mcnemar(*right(*counts)) == pytest.approx(expected)


def test_mcnemar_of_identical_answers_is_1():
    assert mcnemar(*right(10, 0, 0, 3)) == 1


def test_mcnemar_is_never_0():
    assert 0 < mcnemar(*right(0, 0, 5000, 0)) < 1e-300


def test_holm_of_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_metric_without_p_value_is_no_member_of_the_family():
    assert holm([None, 0.02, None, 0.04]) == [None, pytest.approx(0.04), None, pytest.approx(0.04)]
    assert benjamini_hochberg([None, 0.02]) == [None, 0.02]
    assert holm([]) == []
    assert holm([None]) == [None]


def test_benjamini_hochberg_of_a_worked_example():
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_corrections_keep_the_order_and_never_lower_a_p_value(values):
    for corrected in (holm(values), benjamini_hochberg(values)):
        assert all(value <= new <= 1 for value, new in zip(values, corrected, strict=True))
        assert [corrected[i] for i in np.argsort(values, kind="stable")] == sorted(corrected)
    assert all(a >= b for a, b in zip(holm(values), benjamini_hochberg(values), strict=True))
