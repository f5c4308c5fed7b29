"""Intervals and p-values of resampling: what they agree with, what they are invariant to, and when there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reporter.compare.statistics.bag_of_little_bootstraps import Replicates
from reporter.compare.statistics.estimates import Estimate, estimates
from reporter.compare.statistics.examples import Classified, Regressed
from reporter.compare.statistics.metrics import Metric, evaluate, find, known
from reporter.compare.statistics.resampling import (
    EXACT_UNITS,
    Difference,
    Pair,
    Plan,
    bootstrap,
    draw,
    is_of_sums,
    subsets_of,
)
from reporter.model.rules import Average, PredictionsRule, Task


def metrics(task: Task, *names: str, average: Average = Average.MACRO) -> list[Metric]:
    rule = PredictionsRule("predictions.csv", task, "y", average=average)
    found = [find(name, rule) for name in names or known(task)]
    assert None not in found
    return [metric for metric in found if metric is not None]


def binary(rng: np.random.Generator, rows: int, noise: tuple[float, float] = (1.0, 0.5), decimals: int = 15) -> Pair:
    actual = (rng.random(rows) < 0.4).astype(np.int64)
    sides = []
    for strength in noise:
        score = np.round(1 / (1 + np.exp(1 - 2 * actual - strength * rng.normal(size=rows))), decimals)
        sides.append(Classified(("0", "1"), actual, (score > 0.5).astype(np.int64), score, binary=True))
    return Pair(sides[0], sides[1])


def regression(rng: np.random.Generator, rows: int) -> Pair:
    actual = rng.normal(10, 2, rows)
    return Pair(
        Regressed(actual, actual + rng.normal(size=rows)), Regressed(actual, actual + 0.8 * rng.normal(size=rows))
    )


def of(name: str, pair: Pair, plan: Plan | None = None) -> Estimate:
    task = Task.REGRESSION if isinstance(pair.base, Regressed) else Task.BINARY
    return estimates(pair, metrics(task, name), plan or Plan())[name]


def width(estimate: Estimate) -> float:
    assert estimate.interval is not None
    return estimate.interval[1] - estimate.interval[0]


@pytest.mark.parametrize("name", [*known(Task.BINARY)])
def test_resampling_summaries_is_resampling_rows(name):
    """The fast ways (joint table, weights, running sums) have the spread of the plain one: draw rows, compute again."""
    rng = np.random.default_rng(0)
    pair = binary(rng, 200, decimals=2)
    (metric,) = metrics(Task.BINARY, name)
    plain = []
    for _ in range(400):
        again = pair.take(rng.integers(0, 200, 200))
        plain.append(evaluate(metric, again.head) - evaluate(metric, again.base))
    fast = bootstrap(pair, [metric], Plan())[name].deviations
    assert fast.std() == pytest.approx(np.std(plain), rel=0.15)


def test_the_interval_agrees_with_scipy_s_bootstrap():
    pair = regression(np.random.default_rng(1), 300)
    result = stats.bootstrap(
        (pair.base.actual, pair.base.predicted, pair.head.predicted),
        lambda y, p, q, axis: np.abs(y - q).mean(axis=axis) - np.abs(y - p).mean(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=4000,
        rng=0,
    )
    interval = of("mae", pair, Plan(resamples=4000)).interval
    assert interval == pytest.approx(tuple(result.confidence_interval), abs=0.2 * result.standard_error)


def test_a_small_sample_has_student_s_interval_not_the_normal_one():
    pair = regression(np.random.default_rng(2), 12)
    gains = np.abs(pair.head.actual - pair.head.predicted) - np.abs(pair.base.actual - pair.base.predicted)
    student = stats.ttest_1samp(gains, 0).confidence_interval(0.95)
    assert width(of("mae", pair, Plan(resamples=20_000))) == pytest.approx(student.high - student.low, rel=0.1)


def test_a_higher_level_is_a_wider_interval():
    pair = binary(np.random.default_rng(3), 300)
    assert width(of("f1", pair, Plan(level=0.9))) < width(of("f1", pair)) < width(of("f1", pair, Plan(level=0.99)))


@pytest.mark.parametrize("name", ["accuracy", "log_loss", "average_precision", "roc_auc", "expected_calibration_error"])
def test_exchanging_the_sides_turns_the_sign(name):
    pair = binary(np.random.default_rng(4), 400)
    there, back = of(name, pair), of(name, Pair(pair.head, pair.base))
    assert back.delta == pytest.approx(-there.delta)
    assert back.p_value == pytest.approx(there.p_value, abs=0.02)
    assert np.array(back.interval) == pytest.approx(-np.array(there.interval)[::-1], abs=0.1 * width(there))


@pytest.mark.parametrize("name", known(Task.BINARY))
def test_identical_predictions_do_not_differ(name):
    side = binary(np.random.default_rng(5), 100).base
    estimate = of(name, Pair(side, side))
    assert (estimate.delta, estimate.interval, estimate.p_value) == (0, (0, 0), 1)
    assert estimate.method == "identical predictions, n = 100"


@pytest.mark.parametrize("name", [name for name in known(Task.BINARY) if name not in {"roc_auc", "accuracy"}])
def test_scores_that_differ_too_little_to_count_do_not_differ_either(name):
    side = binary(np.random.default_rng(5), 100, decimals=1).base
    nearly = Classified(side.classes, side.actual, side.predicted, side.scores * (1 - 1e-16) + 1e-17, binary=True)
    estimate = of(name, Pair(side, nearly))
    assert estimate.p_value == 1
    assert estimate.interval == pytest.approx((0, 0), abs=1e-12)


@pytest.mark.parametrize(("rows", "most"), [(12, 0.265), (100, 0.0362), (10_000, 0.00037)])
def test_answers_that_are_all_alike_bound_the_difference_no_better_than_so_many_can(rows, most):
    """Two models that answer alike, though not with the same scores: others of the examples they might answer differently."""
    rng = np.random.default_rng(0)
    actual = np.arange(rows) % 2
    sides = (Classified(("0", "1"), actual, actual, rng.random(rows), binary=True) for _ in range(2))
    found = of("accuracy", Pair(*sides))
    assert found.interval == pytest.approx((-most, most), rel=0.01)
    assert found.p_value == 1


@pytest.mark.parametrize(
    ("level", "resamples", "is_shown"), [(0.95, 100, True), (0.999, 2000, True), (0.999, 500, False)]
)
def test_a_level_that_the_resamples_cannot_show_is_not_pretended(level, resamples, is_shown):
    found = of("log_loss", binary(np.random.default_rng(0), 500), Plan(level=level, resamples=resamples))
    assert (found.interval is not None) is is_shown
    assert is_shown or "too few resamples, or examples, to show one of 99.9 %" in found.note


@pytest.mark.parametrize("gain", [0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
def test_the_interval_excludes_zero_exactly_when_the_p_value_is_small(gain):
    for estimate in estimates(
        binary(np.random.default_rng(15), 60, noise=(1.5, 1.5 * (1 - gain))), metrics(Task.BINARY), Plan(resamples=300)
    ).values():
        if estimate.method and "p-value" not in estimate.method:
            low, high = estimate.interval
            assert (low > 0 or high < 0) == (estimate.p_value <= 0.05)


def test_pairing_makes_intervals_narrow():
    rng = np.random.default_rng(6)
    pair = regression(rng, 500)
    nearly = Regressed(pair.base.actual, pair.base.predicted + 0.01 * rng.normal(size=500))
    assert width(of("rmse", Pair(pair.base, nearly))) < 0.1 * width(of("rmse", pair))


def test_a_p_value_is_never_0():
    estimate = of("log_loss", binary(np.random.default_rng(7), 2000, noise=(5, 0.1)), Plan(resamples=200))
    assert 0 < estimate.p_value < 0.01


def test_clusters_of_one_row_are_rows():
    pair = binary(np.random.default_rng(8), 300)
    single = Pair(pair.base, pair.head, np.arange(300))
    for name in ("accuracy", "roc_auc", "average_precision", "log_loss"):
        assert width(of(name, single)) == pytest.approx(width(of(name, pair)), rel=0.1)


def test_repeating_rows_in_clusters_adds_no_certainty():
    pair = binary(np.random.default_rng(9), 150)
    rows = np.repeat(np.arange(150), 10)
    repeated = pair.take(rows)
    clustered = Pair(repeated.base, repeated.head, rows)
    for name in ("accuracy", "roc_auc", "log_loss"):
        assert width(of(name, clustered)) == pytest.approx(width(of(name, pair)), rel=0.12)
        assert width(of(name, repeated)) < 0.5 * width(of(name, pair))
    assert of("accuracy", clustered).method == "paired bootstrap of 150 clusters, 2,000 resamples, n = 1,500"


@pytest.mark.parametrize("clustered", [False, True])
def test_the_bag_of_little_bootstraps_has_the_width_of_the_whole_and_says_its_name(clustered):
    pair = binary(np.random.default_rng(10), 6000)
    if clustered:
        pair = Pair(pair.base, pair.head, np.arange(6000) // 3)
    for name in ("average_precision",) if clustered else ("log_loss", "average_precision"):
        little, whole = of(name, pair, Plan(row_limit=3000, subset_rows=2000)), of(name, pair)
        assert width(little) == pytest.approx(width(whole), rel=0.15)
        assert "bag of little bootstraps (" in little.method
        assert "bag" not in whole.method


@pytest.mark.parametrize(
    ("rows", "clusters", "expected"),
    [
        (100_000, None, (1, 100_000)),
        (100_001, None, (2, 50_000)),
        (1_000_000, None, (20, 50_000)),
        (1_000_000, 365, (5, 63)),
        (1_000_000, 6, (1, 6)),
    ],
)
def test_subsets_are_large_enough_and_never_the_only_one(rows, clusters, expected):
    zeros = np.zeros(rows)
    pair = Pair(
        Regressed(zeros, zeros), Regressed(zeros, zeros), None if clusters is None else np.arange(rows) % clusters
    )
    assert subsets_of(pair, metrics(Task.REGRESSION), Plan()) == expected


def test_weights_of_a_whole_sample_are_a_draw_with_replacement():
    weights = draw(np.random.default_rng(0), 50, 50, 1000)
    assert weights.sum(axis=1).tolist() == [50] * 1000
    assert weights.var() == pytest.approx(1 - 1 / 50, rel=0.05)


@pytest.mark.parametrize(("units", "total"), [(1000, 20_000), (EXACT_UNITS + 1, EXACT_UNITS + 1)])
def test_weights_of_a_subset_or_of_many_rows_are_poisson(units, total):
    weights = draw(np.random.default_rng(0), units, total, 100)
    assert weights.mean() == pytest.approx(total / units, rel=0.01)
    assert weights.var() == pytest.approx(total / units, rel=0.02)


def test_metrics_of_several_classes_are_resampled_like_rows():
    rng = np.random.default_rng(11)
    actual = rng.integers(0, 3, 240)
    sides = []
    for noise in (2.0, 1.0):
        logits = 2 * np.eye(3)[actual] + noise * rng.normal(size=(240, 3))
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        sides.append(Classified(("a", "b", "c"), actual, scores.argmax(axis=1), scores))
    pair = Pair(sides[0], sides[1])
    draws = [pair.take(rng.integers(0, 240, 240)) for _ in range(150)]
    for average in Average:
        wanted = metrics(Task.MULTICLASS, "precision", "specificity", "roc_auc", "average_precision", average=average)
        fast = bootstrap(pair, wanted, Plan(resamples=500))
        for metric in wanted:
            plain = np.std([evaluate(metric, each.head) - evaluate(metric, each.base) for each in draws])
            assert fast[metric.name].deviations.std() == pytest.approx(plain, rel=0.25), metric.name


class TestDegenerate:
    def test_one_class_only_leaves_areas_undefined_and_the_rest_judged(self):
        rng = np.random.default_rng(0)
        actual = np.ones(60, dtype=np.int64)
        base, head = (rng.random(60) for _ in range(2))
        sides = (Classified(("0", "1"), actual, (s > 0.5).astype(np.int64), s, binary=True) for s in (base, head))
        found = estimates(Pair(*sides), metrics(Task.BINARY), Plan())
        assert math.isnan(found["roc_auc"].delta)
        assert found["roc_auc"].interval is None
        assert "not defined" in found["roc_auc"].note
        assert found["accuracy"].interval
        assert found["log_loss"].interval
        assert found["specificity"].delta == 0

    def test_constant_scores_do_not_differ(self):
        actual = np.arange(40) % 2
        side = Classified(("0", "1"), actual, np.zeros(40, dtype=np.int64), np.full(40, 0.5), binary=True)
        found = estimates(Pair(side, side), metrics(Task.BINARY), Plan())
        assert {(each.interval, each.p_value) for each in found.values()} == {((0, 0), 1)}

    def test_a_perfect_model_against_a_useless_one_has_no_spread_in_its_area(self):
        actual = np.arange(40) % 2
        useless = Classified(("0", "1"), actual, np.zeros(40, dtype=np.int64), np.full(40, 0.5), binary=True)
        perfect = Classified(("0", "1"), actual, actual, actual.astype(float), binary=True)
        found = estimates(Pair(useless, perfect), metrics(Task.BINARY), Plan())
        assert found["roc_auc"].delta == 0.5
        assert found["roc_auc"].interval is None
        assert "spread cannot be estimated" in found["roc_auc"].note
        low, high = found["accuracy"].interval
        assert low < 0.5 < high
        assert found["accuracy"].p_value < 1e-5

    def test_all_wrong_against_all_right_has_a_p_value_but_no_interval(self):
        actual = np.arange(40) % 2
        sides = (Classified(("0", "1"), actual, predicted, None, binary=True) for predicted in (1 - actual, actual))
        found = of("accuracy", Pair(*sides))
        assert (found.delta, found.interval) == (1, None)
        assert found.p_value < 1e-9
        assert found.method == "exact McNemar"

    @pytest.mark.parametrize("rows", [1, 2, 9])
    def test_a_handful_of_rows_has_values_but_no_interval(self, rows):
        for estimate in estimates(
            regression(np.random.default_rng(0), rows), metrics(Task.REGRESSION), Plan()
        ).values():
            assert estimate.interval is estimate.p_value is None
            assert f"only {rows} rows" in estimate.note

    def test_a_handful_of_clusters_has_no_interval_however_many_rows(self):
        pair = regression(np.random.default_rng(0), 900)
        assert "only 3 clusters" in of("mae", Pair(pair.base, pair.head, np.arange(900) % 3)).note

    def test_probabilities_of_0_and_1_that_are_wrong_cost_much_but_not_everything(self):
        rng = np.random.default_rng(0)
        actual = rng.integers(0, 2, 100)
        sure = np.where(rng.random(100) < 0.9, actual, 1 - actual)
        calm = np.where(sure == 1, 0.9, 0.1)
        sides = (Classified(("0", "1"), actual, sure, s.astype(float), binary=True) for s in (sure, calm))
        low, high = of("log_loss", Pair(*sides)).interval
        assert -10 < low < high < 0

    def test_numbers_too_large_to_square_leave_only_the_metrics_that_square_them_undefined(self):
        rng = np.random.default_rng(0)
        actual = np.append(rng.normal(size=50), 1e200)
        sides = (Regressed(actual, rng.normal(size=51)) for _ in range(2))
        found = estimates(Pair(*sides), metrics(Task.REGRESSION), Plan())
        assert "not defined" in found["rmse"].note
        assert found["mape"].interval

    @pytest.mark.parametrize("positives", [1, 3, 9])
    def test_an_order_of_a_few_positives_has_no_interval(self, positives):
        rng = np.random.default_rng(0)
        actual = (np.arange(600) < positives).astype(np.int64)
        sides = (Classified(("0", "1"), actual, actual, rng.random(600), binary=True) for _ in range(2))
        found = estimates(Pair(*sides), metrics(Task.BINARY), Plan())
        for name in ("roc_auc", "average_precision"):
            assert found[name].interval is found[name].p_value is None
            assert f"a class has only {positives} examples" in found[name].note
        assert found["log_loss"].interval

    def test_subsets_hold_enough_of_a_rare_class(self):
        """Of subsets with a few positives each, all would be drawn, and what they vary by be lost."""
        rng = np.random.default_rng(0)
        actual = (np.arange(20_000) % 100 == 0).astype(np.int64)
        signal = rng.normal(size=20_000) + 2 * actual
        sides = (
            Classified(("0", "1"), actual, actual, 1 / (1 + np.exp(-(signal + rng.normal(size=20_000)))), binary=True)
            for _ in range(2)
        )
        pair = Pair(*sides)
        little = of("average_precision", pair, Plan(row_limit=5000, subset_rows=500))
        whole = of("average_precision", pair, Plan(row_limit=10**9))
        assert "bag of little bootstraps" in little.method
        ratio = (little.interval[1] - little.interval[0]) / (whole.interval[1] - whole.interval[0])
        assert 0.85 < ratio < 1.2

    def test_many_classes_of_a_few_examples_are_not_cut_into_subsets(self):
        rng = np.random.default_rng(0)
        classes, rows = 100, 1500
        actual = rng.integers(0, classes, rows)
        logits = 2 * np.eye(classes)[actual]
        sides = []
        for _ in range(2):
            scores = np.exp(logits + rng.normal(size=logits.shape))
            scores /= scores.sum(axis=1, keepdims=True)
            sides.append(Classified(tuple(map(str, range(classes))), actual, scores.argmax(axis=1), scores))
        found = of("roc_auc", Pair(*sides), Plan(resamples=100))
        assert found.interval
        assert "little" not in found.method

    def test_more_work_than_minutes_is_said_instead_of_done(self):
        actual = np.arange(2000) % 1000
        scores = np.full((2000, 1000), 1e-3)
        side = Classified(tuple(map(str, range(1000))), actual, actual, scores)
        other = Classified(side.classes, actual, (actual + 1) % 1000, scores)
        found = of("roc_auc", Pair(side, other), Plan(resamples=20_000))
        assert "1,000 classes with too few examples of some are too many to resample" in found.note


def test_of_few_flips_the_interval_and_the_exact_test_agree():
    """Five answers became wrong and none right: the bootstrap alone would exclude zero, at an exact p of 0.06."""
    for rows in (100, 1000):
        actual = np.zeros(rows, dtype=np.int64)
        worse = (np.arange(rows) < 5).astype(np.int64)
        sides = (Classified(("0", "1"), actual, predicted, None, binary=True) for predicted in (actual, worse))
        found = of("accuracy", Pair(*sides))
        assert found.p_value == pytest.approx(0.0625)
        low, high = found.interval
        assert low < 0 <= high


def test_differences_of_tiny_numbers_are_no_rounding():
    rng = np.random.default_rng(0)
    actual = 1e-7 * rng.normal(size=200)
    sides = (Regressed(actual, actual + noise * 1e-7 * rng.normal(size=200)) for noise in (0.4, 0.04))
    low, high = of("mse", Pair(*sides)).interval
    assert low < high < 0


def test_an_end_that_is_only_rounding_is_zero():
    deviations = np.linspace(-1, 1, 999)[None, :]
    replicates = Replicates(deviations, units=10**6)
    half = -replicates.interval(0.0, 0.95, 0.0)[0]
    assert replicates.interval(half * (1 + 1e-15), 0.95, 1e-12)[0] == 0


def test_sums_of_clusters_give_what_their_rows_give():
    """Clusters of very unequal size, resampled by their sums and by their rows, with the same draws."""
    rng = np.random.default_rng(0)
    clusters = np.minimum(rng.geometric(0.2, 500) - 1, 19)
    clusters = np.unique(clusters, return_inverse=True)[1]
    units = int(clusters.max()) + 1
    weights = rng.multinomial(units, np.full(units, 1 / units), size=50).astype(np.int32)
    for pair, task in ((binary(rng, 500), Task.BINARY), (regression(rng, 500), Task.REGRESSION)):
        clustered = Pair(pair.base, pair.head, clusters)
        asked = [metric for metric in metrics(task) if is_of_sums(metric, clustered)]
        assert len(asked) >= 5
        by_sums = Difference(clustered, asked, by_cluster=True)(weights)
        by_rows = Difference(clustered, asked)(weights.take(clusters, axis=1))
        np.testing.assert_allclose(by_sums, by_rows, rtol=1e-9, atol=1e-12)


def test_a_million_rows_of_clusters_are_resampled_whole():
    rng = np.random.default_rng(0)
    pair = regression(rng, 120_000)
    found = of("mae", Pair(pair.base, pair.head, np.arange(120_000) % 40), Plan(resamples=200))
    assert found.method == "paired bootstrap of 40 clusters, 200 resamples, n = 120,000"


def test_being_among_the_first_classes_is_tested_as_accuracy_is():
    rng = np.random.default_rng(11)
    actual, base = rng.integers(0, 4, 300), rng.dirichlet(np.ones(4), 300)
    head = base.copy()
    lost = np.flatnonzero(np.argsort(np.argsort(base, axis=1), axis=1)[np.arange(300), actual] == 2)[:9]
    head[lost, actual[lost]] = -1.0
    pair = Pair(*(Classified(tuple("abcd"), actual, scores.argmax(axis=1), scores) for scores in (base, head)))
    found = estimates(pair, metrics(Task.MULTICLASS, "top_2_accuracy"), Plan())["top_2_accuracy"]
    assert found.delta == pytest.approx(-9 / 300)
    assert found.p_value == pytest.approx(2 / 2**9), "nine lost and none gained"


@pytest.mark.parametrize("units", [10, 30, 1000])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_of_a_mean_is_as_wide_as_student_s_and_its_ends_have_the_p_value_of_the_level(units, level):
    count = 99_999
    # Resamples of n values stray by their deviation with the divisor n, here 1, over √n; Student's has the divisor n − 1.
    deviations = stats.norm.ppf((np.arange(count) + 0.5) / count)[None, :] / math.sqrt(units)
    replicates = Replicates(deviations, units)
    student = stats.t.ppf((1 + level) / 2, units - 1) / math.sqrt(units - 1)
    assert replicates.interval(0.5, level, 0.0) == pytest.approx((0.5 - student, 0.5 + student), rel=0.002)
    assert replicates.p_value(student, 0.0) == pytest.approx(1 - level, rel=0.02)
