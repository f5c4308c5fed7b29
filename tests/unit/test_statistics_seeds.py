"""Repeated runs of a revision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.run_files import repeated_runs
from reporter.compare.statistics.seeds import mean_difference, superiority
from reporter.model.metric_key import MetricKey
from reporter.model.revision import Revision
from reporter.model.snapshot import Snapshot, ValueFile

BASE = np.array([0.70, 0.72, 0.71, 0.69, 0.73])
HEAD = np.array([0.74, 0.71, 0.75, 0.72, 0.76])


def p_a_over_b(base=BASE, head=HEAD, *, paired=True):
    return superiority(base, head, paired=paired, level=0.95, resamples=2000, seed=0)


def test_paired_runs_are_compared_seed_by_seed():
    found = p_a_over_b()
    assert found.probability == 0.8
    assert 0 < found.interval[0] < 0.8 < found.interval[1] <= 1


def test_runs_without_common_seeds_are_compared_each_with_each():
    expected = stats.mannwhitneyu(HEAD, BASE).statistic / 25
    found = p_a_over_b(paired=False)
    assert found.probability == pytest.approx(expected)
    assert found.interval[0] < expected < found.interval[1]


def test_equal_runs_count_half():
    assert p_a_over_b(BASE, BASE).probability == 0.5


@pytest.mark.parametrize(("shift", "expected"), [(1.0, (0.478, 1.0)), (-1.0, (0.0, 0.522))])
def test_where_one_side_always_wins_the_interval_is_the_exact_binomial_one(shift, expected):
    assert p_a_over_b(BASE, BASE + shift).interval == pytest.approx(expected, abs=0.001)
    exact = stats.binomtest(5 if shift > 0 else 0, 5).proportion_ci(0.95)
    assert p_a_over_b(BASE, BASE + shift).interval == pytest.approx((exact.low, exact.high))


def test_the_mean_difference_of_paired_runs_is_student_s():
    found = mean_difference(BASE, HEAD, paired=True, level=0.95)
    expected = stats.ttest_rel(HEAD, BASE)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_the_mean_difference_of_other_runs_is_welch_s():
    found = mean_difference(BASE[:4], HEAD, paired=False, level=0.9)
    expected = stats.ttest_ind(HEAD, BASE[:4], equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_runs_that_do_not_vary_have_no_interval():
    assert mean_difference(np.full(3, 0.5), np.full(3, 0.6), paired=True, level=0.95) is None


def project(name: str, values: dict[str, object], file: str = "eval/seed-{}/metrics.json") -> Snapshot:
    files = {file.format(seed): ValueFile(file.format(seed), {"auc": value}) for seed, value in values.items()}
    return Snapshot(Revision(name, "0" * 40, name), metrics=files)


def test_files_that_the_glob_finds_are_runs_and_each_row_tells_of_all():
    base, head = (
        project("main", dict(zip("abcde", BASE, strict=True))),
        project("new", dict(zip("abcde", HEAD, strict=True))),
    )
    found = repeated_runs(base, head, "eval/seed-*/metrics.json", Plan())
    ((keys, metric),) = found.items()
    assert keys == tuple(MetricKey(f"eval/seed-{seed}/metrics.json", "auc") for seed in "abcde")
    assert "P(candidate > baseline) = 0.80 (95 % CI" in metric.note
    assert "5 paired runs" in metric.note
    assert metric.method.startswith("paired t")


def test_one_missing_run_leaves_the_others_paired():
    values = dict(zip("abcde", BASE, strict=True))
    head = {seed: value + 0.004 + 0.0001 * place for place, (seed, value) in enumerate(values.items())}
    head.pop("e")
    (metric,) = repeated_runs(project("main", values), project("new", head), "eval/*", Plan()).values()
    assert metric.method.startswith("paired t of the mean difference, 4 paired runs")
    assert metric.note.endswith("1 that only one revision has left out.")
    assert metric.tested_delta == pytest.approx(0.00415)


@pytest.mark.parametrize("shift", [0.0, 0.01, 3 / 997])
def test_runs_whose_differences_do_not_vary_are_not_tested(shift):
    values = {seed: place / 997 for place, seed in enumerate("abcde")}
    head = {seed: value + shift for seed, value in values.items()}
    (metric,) = repeated_runs(project("main", values), project("new", head), "eval/*", Plan()).values()
    if shift:
        assert metric.interval is metric.p_value is None
        assert "whose differences do not vary" in metric.note
    else:
        assert (metric.interval, metric.p_value, metric.tested_delta) == ((0, 0), 1, 0)
        assert metric.method == "identical runs, 5 paired runs"


def test_other_seeds_on_each_side_are_not_paired():
    base, head = (
        project("main", dict(zip("abcd", BASE, strict=False))),
        project("new", dict(zip("vwxyz", HEAD, strict=True))),
    )
    ((_, metric),) = repeated_runs(base, head, "eval/*", Plan()).items()
    assert "4 and 5 runs" in metric.note
    assert metric.method.startswith("Welch t")


def test_values_that_are_no_finite_numbers_are_no_runs():
    values = {"a": 0.5, "b": float("nan"), "c": "n/a", "d": True, "e": 0.6}
    ((keys, metric),) = repeated_runs(project("main", values), project("new", values), "eval/*", Plan()).items()
    assert len(keys) == 2
    assert "too few" in metric.note


def test_files_beside_the_glob_are_left_alone():
    base = project("main", {"a": 1.0})
    assert repeated_runs(base, base, "other/*.json", Plan()) == {}
