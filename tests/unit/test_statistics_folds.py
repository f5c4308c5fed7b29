"""Folds of a cross-validation share their training data, which a plain t test does not know of."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reporter.compare.statistics import evidence
from reporter.compare.statistics.folds import count_folds
from reporter.model.evidence import MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.rules import Rules
from tests.factories import BASE, HEAD, make_snapshot

PATTERN = "cv/fold-*/m.json"
BEFORE = [0.71, 0.74, 0.69, 0.73, 0.70]
AFTER = [0.73, 0.75, 0.72, 0.74, 0.73]


def compared(
    before: dict[str, float], after: dict[str, float], pattern: str = PATTERN
) -> dict[MetricKey, MetricEvidence]:
    sides = [
        make_snapshot(revision, metrics={path: {"acc": value} for path, value in values.items()})
        for revision, values in ((BASE, before), (HEAD, after))
    ]
    return dict(evidence(*sides, Rules(folds=pattern)).metrics)


def folds(values: list[float]) -> dict[str, float]:
    return {f"cv/fold-{number}/m.json": value for number, value in enumerate(values)}


def of_first(before: list[float], after: list[float]) -> MetricEvidence:
    return compared(folds(before), folds(after))[MetricKey("cv/fold-0/m.json", "acc")]


def test_five_folds_are_compared_as_nadeau_and_bengio_have_it():
    gains = np.subtract(AFTER, BEFORE)
    error = math.sqrt((1 / 5 + 1 / 4) * gains.var(ddof=1))
    found = of_first(BEFORE, AFTER)
    assert found.tested_delta == pytest.approx(gains.mean())
    assert found.interval == pytest.approx(stats.t.interval(0.95, 4, gains.mean(), error))
    assert found.p_value == pytest.approx(2 * stats.t.sf(gains.mean() / error, 4))
    assert found.method == "corrected resampled t (Nadeau & Bengio) of the mean difference, 5 folds"
    assert found.note == "Means of 5 folds. Higher than the baseline in 5 of 5 folds."


def test_the_correction_makes_a_difference_less_sure_than_students_test_does():
    assert of_first(BEFORE, AFTER).p_value > 2 * stats.ttest_rel(AFTER, BEFORE).pvalue


def test_all_folds_tell_one_test():
    found = compared(folds(BEFORE), folds(AFTER))
    assert len(found) == 5
    assert len({each.interval for each in found.values()}) == 1


def test_of_repetitions_the_last_wildcard_counts_the_folds():
    rng = np.random.default_rng(0)
    names = [f"cv/rep-{number // 5}/fold-{number % 5}/m.json" for number in range(50)]
    before, after = (dict(zip(names, rng.normal(0.7, 0.02, 50).tolist(), strict=True)) for _ in range(2))
    found = compared(before, after, "cv/rep-*/fold-*/m.json")[MetricKey(names[0], "acc")]
    gains = np.subtract(list(after.values()), list(before.values()))
    half = stats.t.ppf(0.975, 49) * math.sqrt((1 / 50 + 1 / 4) * gains.var(ddof=1))
    assert found.interval == pytest.approx((gains.mean() - half, gains.mean() + half))
    assert found.method.endswith("50 results of 5 folds")
    assert count_folds(names, "cv/rep-*/fold-*/m.json") == 5


def test_a_fold_that_one_side_lacks_is_left_out_and_said():
    found = of_first(BEFORE, AFTER[:4])
    error = math.sqrt((1 / 4 + 1 / 4) * np.subtract(AFTER[:4], BEFORE[:4]).var(ddof=1))
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * stats.t.ppf(0.975, 3) * error)
    assert found.note.endswith("1 that only one revision has left out.")


def test_other_folds_cannot_be_held_against_each_other():
    other = {path.replace("fold-", "fold-b"): value for path, value in folds(AFTER).items()}
    (found,) = set(compared(folds(BEFORE), other).values())
    assert found.interval is None
    assert found.note == "Significance unknown: only 0 of 5 and 5 folds are the same, and 3 are the least."


def test_equal_folds_do_not_differ():
    found = of_first(BEFORE, BEFORE)
    assert (found.interval, found.p_value, found.method) == ((0.0, 0.0), 1.0, "identical folds, 5 folds")


def test_a_difference_that_does_not_vary_is_not_tested():
    found = of_first(BEFORE, [value + 0.125 for value in BEFORE])
    assert found.interval is None
    assert found.note == (
        "Higher than the baseline in 5 of 5 folds; the differences do not vary: no test of the mean difference is possible."
    )


def test_a_last_wildcard_that_is_the_same_everywhere_tells_no_folds_apart():
    before, after = (
        {path.replace("m.json", "x/m.json"): v for path, v in folds(side).items()} for side in (BEFORE, AFTER)
    )
    found = compared(before, after, "cv/fold-*/*/m.json")[MetricKey("cv/fold-0/x/m.json", "acc")]
    assert "the last wildcard of `folds` tells no folds apart" in found.note
