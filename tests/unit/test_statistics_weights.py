"""Rows that count unequally: every metric is scikit-learn's with `sample_weight`, and so is every resample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from reporter.compare.statistics import evidence
from reporter.compare.statistics.estimates import Estimate, estimates
from reporter.compare.statistics.examples import Classified, Examples, Regressed, Scored
from reporter.compare.statistics.metrics import Metric, evaluate, find, known
from reporter.compare.statistics.resampling import Difference, Pair, Plan, bootstrap
from reporter.model.metric_key import MetricKey
from reporter.model.reasons import ClauseId
from reporter.model.rules import Average, Direction, LossRule, PredictionsRule, Rules, Task
from reporter.model.snapshot import Table
from tests.factories import BASE, HEAD, make_snapshot, make_table

ROWS = 400
BINARY = {
    "accuracy": lambda y, p, s, w: sk.accuracy_score(y, p, sample_weight=w),
    "balanced_accuracy": lambda y, p, s, w: sk.balanced_accuracy_score(y, p, sample_weight=w),
    "recall": lambda y, p, s, w: sk.recall_score(y, p, sample_weight=w),
    "specificity": lambda y, p, s, w: sk.recall_score(y, p, pos_label=0, sample_weight=w),
    "precision": lambda y, p, s, w: sk.precision_score(y, p, sample_weight=w),
    "f1": lambda y, p, s, w: sk.f1_score(y, p, sample_weight=w),
    "f0.5": lambda y, p, s, w: sk.fbeta_score(y, p, beta=0.5, sample_weight=w),
    "mcc": lambda y, p, s, w: sk.matthews_corrcoef(y, p, sample_weight=w),
    "log_loss": lambda y, p, s, w: sk.log_loss(y, s, sample_weight=w),
    "brier_score": lambda y, p, s, w: sk.brier_score_loss(y, s, sample_weight=w),
    "roc_auc": lambda y, p, s, w: sk.roc_auc_score(y, s, sample_weight=w),
    "average_precision": lambda y, p, s, w: sk.average_precision_score(y, s, sample_weight=w),
}
AVERAGED = {
    "recall": lambda y, p, s, w, a: sk.recall_score(y, p, average=a, sample_weight=w),
    "precision": lambda y, p, s, w, a: sk.precision_score(y, p, average=a, sample_weight=w),
    "f1": lambda y, p, s, w, a: sk.f1_score(y, p, average=a, sample_weight=w),
    "f2": lambda y, p, s, w, a: sk.fbeta_score(y, p, beta=2, average=a, sample_weight=w),
    "roc_auc": lambda y, p, s, w, a: sk.roc_auc_score(y, s, multi_class="ovr", average=a, sample_weight=w),
    "average_precision": lambda y, p, s, w, a: sk.average_precision_score(y, s, average=a, sample_weight=w),
}
MULTICLASS = {
    "accuracy": lambda y, p, s, w: sk.accuracy_score(y, p, sample_weight=w),
    "balanced_accuracy": lambda y, p, s, w: sk.balanced_accuracy_score(y, p, sample_weight=w),
    "mcc": lambda y, p, s, w: sk.matthews_corrcoef(y, p, sample_weight=w),
    "log_loss": lambda y, p, s, w: sk.log_loss(y, s, sample_weight=w),
    "brier_score": lambda y, p, s, w: sk.brier_score_loss(y, s, sample_weight=w),
    "top_2_accuracy": lambda y, p, s, w: sk.top_k_accuracy_score(y, s, k=2, sample_weight=w),
}
REGRESSION = {
    "mae": sk.mean_absolute_error,
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mape": sk.mean_absolute_percentage_error,
    "r2": sk.r2_score,
}


def weights(rng: np.random.Generator, rows: int = ROWS) -> np.ndarray:
    """Unequal, and some rows do not count at all."""
    return rng.lognormal(0, 1, rows) * (rng.random(rows) > 0.05)


def binary(seed: int = 1, noise: float = 0.7) -> Classified:
    rng = np.random.default_rng(1)  # the same rows, whichever model
    actual, shared, own = (rng.random(ROWS) < 0.3).astype(int), rng.random(ROWS), weights(rng)
    random = np.random.default_rng(seed).random(ROWS)
    scores = np.round(0.3 * actual + 0.4 * shared + 0.3 * (noise * random + (1 - noise) * actual), 2)
    return Classified(("no", "yes"), actual, (scores > 0.5).astype(int), scores, binary=True, weights=own)


def multiclass(seed: int = 2) -> Classified:
    rng = np.random.default_rng(2)
    actual, own = rng.choice(4, ROWS, p=[0.4, 0.3, 0.2, 0.1]), weights(rng)
    scores = np.random.default_rng(seed).dirichlet(np.ones(4), ROWS) + 0.5 * np.eye(4)[actual]
    scores = np.round(scores, 1) + 0.01
    scores /= scores.sum(axis=1, keepdims=True)
    return Classified(tuple("abcd"), actual, scores.argmax(axis=1), scores, weights=own)


def regression(seed: int = 3) -> Regressed:
    rng = np.random.default_rng(3)
    actual, own = rng.normal(50, 10, ROWS), weights(rng)
    return Regressed(actual, actual + np.random.default_rng(seed).normal(1, 5, ROWS), own)


def own_scores(seed: int = 4) -> Scored:
    return Scored(np.random.default_rng(seed).normal(size=ROWS), weights(np.random.default_rng(4)))


def metric(name: str, task: Task | None, **more: object) -> Metric:
    loss = LossRule("iou", Direction.HIGHER) if task is None else None
    found = find(name, PredictionsRule("p.csv", task, "y", loss=loss, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    each = binary()
    expected = BINARY[name](each.actual, each.predicted, each.scores, each.weights)
    assert evaluate(metric(name, Task.BINARY), each) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass(name):
    each = multiclass()
    expected = MULTICLASS[name](each.actual, each.predicted, each.scores, each.weights)
    assert evaluate(metric(name, Task.MULTICLASS), each) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", Average)
@pytest.mark.parametrize("name", AVERAGED)
def test_averages(name, average):
    each = multiclass()
    expected = AVERAGED[name](each.actual, each.predicted, each.scores, each.weights, average.value)
    assert evaluate(metric(name, Task.MULTICLASS, average=average), each) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", REGRESSION)
def test_regression(name):
    each = regression()
    expected = REGRESSION[name](each.actual, each.predicted, sample_weight=each.weights)
    assert evaluate(metric(name, Task.REGRESSION), each) == pytest.approx(expected, rel=1e-12)


def test_a_mean_of_own_scores_is_weighted():
    each = own_scores()
    assert evaluate(metric("mean", None), each) == pytest.approx(np.average(each.values, weights=each.weights))


def test_calibration_error_is_that_of_rows_written_as_often_as_they_weigh():
    often = np.random.default_rng(5).integers(0, 4, ROWS)
    each = replace(binary(), weights=often.astype(float))
    repeated = replace(each, weights=None).take(np.repeat(np.arange(ROWS), often))
    calibration = metric("ece", Task.BINARY)
    assert evaluate(calibration, each) == pytest.approx(evaluate(calibration, repeated), abs=1e-12)


SIDES = {
    Task.BINARY: Pair(binary(1, 0.7), binary(2, 0.5)),
    Task.MULTICLASS: Pair(multiclass(5), multiclass(6)),
    Task.REGRESSION: Pair(regression(7), regression(8)),
    None: Pair(own_scores(9), own_scores(10)),
}
OF_TASK = [(task, name) for task in Task for name in known(task)] + [
    (None, "mean"),
    (Task.MULTICLASS, "top_2_accuracy"),
]


def drawn_again(side: Examples, times: np.ndarray) -> Examples:
    return side.take(np.repeat(np.arange(ROWS), times))


@pytest.mark.parametrize(("task", "name"), OF_TASK)
def test_a_resample_is_the_metric_of_the_rows_that_were_drawn_with_their_weights(task, name):
    pair, asked = SIDES[task], metric(name, task)
    times = np.random.default_rng(0).multinomial(ROWS, np.full(ROWS, 1 / ROWS), size=3).astype(np.int32)
    expected = [
        evaluate(asked, drawn_again(pair.head, row)) - evaluate(asked, drawn_again(pair.base, row)) for row in times
    ]
    assert Difference(pair, [asked])(times)[:, 0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("task", "name"), [each for each in OF_TASK if each[1] not in {"roc_auc", "average_precision"}]
)
def test_sums_of_weighted_clusters_are_as_good_as_their_rows(task, name):
    clusters, asked = np.arange(ROWS) // 8, metric(name, task)
    pair = replace(SIDES[task], clusters=clusters)
    times = np.random.default_rng(1).integers(0, 3, (4, 50)).astype(np.int32)
    by_rows = Difference(pair, [asked])(times.take(clusters, axis=1))
    assert Difference(pair, [asked], by_cluster=True)(times) == pytest.approx(by_rows, abs=1e-12)


def estimate(name: str, pair: Pair, task: Task | None = Task.BINARY, plan: Plan | None = None) -> Estimate:
    return estimates(pair, [metric(name, task)], plan or Plan())[name]


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "log_loss", "f1"])
def test_the_unit_of_the_weights_does_not_matter(name):
    pair = SIDES[Task.BINARY]
    sides = (replace(side, weights=1000 * side.weights) for side in (pair.base, pair.head))
    one, other = estimate(name, pair), estimate(name, Pair(*sides))
    assert one.interval == pytest.approx(other.interval)
    assert one.method == other.method


@pytest.mark.parametrize("name", ["accuracy", "roc_auc"])
def test_tests_that_take_rows_to_count_alike_are_not_used_and_it_is_said(name):
    assert estimate(name, SIDES[Task.BINARY]).method == "paired bootstrap, 2,000 resamples, n = 400 weighted"


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "brier_score"])
def test_equal_weights_give_nearly_the_interval_without_them(name):
    pair = SIDES[Task.BINARY]
    equal, none = (
        estimate(name, Pair(*(replace(side, weights=own) for side in (pair.base, pair.head))))
        for own in (np.full(ROWS, 0.3), None)
    )
    assert equal.delta == pytest.approx(none.delta)
    assert equal.interval == pytest.approx(none.interval, abs=0.15 * (none.interval[1] - none.interval[0]))


def test_weighted_intervals_spread_as_the_weighted_mean_does():
    pair = SIDES[None]
    own, gain = pair.weights, pair.head.values - pair.base.values
    error = np.sqrt(np.sum(own**2 * (gain - np.average(gain, weights=own)) ** 2)) / own.sum()
    found = bootstrap(pair, [metric("mean", None)], Plan())["mean"]
    assert found.deviations.std() == pytest.approx(error, rel=0.06)
    assert found.units == round(own.sum() ** 2 / np.sum(own**2)), "by Kish, of 400 rows"


def test_a_few_rows_that_outweigh_all_others_give_no_interval():
    own = np.full(ROWS, 1e-9)
    own[:3] = 1.0
    sides = (replace(side, weights=own) for side in (SIDES[None].base, SIDES[None].head))
    found = estimate("mean", Pair(*sides), None)
    assert found.interval is None
    assert found.note.startswith("No interval: by their weights the rows say as little as 3.0 would")


def table(seed: int, own: object) -> Table:
    rng = np.random.default_rng(seed)
    actual = np.arange(ROWS) % 2
    return make_table(key=np.arange(ROWS), y=actual, s=np.clip(actual + rng.normal(size=ROWS), 0, 1), w=own)


def found(base: Table, head: Table):
    asked = PredictionsRule(
        "p.csv", Task.BINARY, "y", id="key", score="s", positive=1, weight="w", metrics={"roc_auc": "m.json:auc"}
    )
    values = []
    for each in (base, head):
        counted = each.columns["w"].astype(float) if each.columns["w"].dtype != object else None
        usable = counted is not None and np.isfinite(counted).all() and (counted >= 0).all() and counted.any()
        auc = sk.roc_auc_score(each.columns["y"], each.columns["s"], sample_weight=counted) if usable else 0.5
        values.append({"m.json": {"auc": float(auc)}})
    sides = [
        make_snapshot(revision, metrics=value, predictions={"p.csv": each})
        for revision, value, each in zip((BASE, HEAD), values, (base, head), strict=True)
    ]
    return evidence(*sides, Rules(predictions=(asked,)))


def test_a_reported_value_is_held_against_the_weighted_one():
    own = weights(np.random.default_rng(6))
    measured = found(table(1, own), table(2, own))
    assert not measured.problems
    assert measured.metrics[MetricKey("m.json", "auc")].method.endswith("n = 400 weighted")


def test_rows_that_are_weighted_anew_are_another_test_set():
    own = weights(np.random.default_rng(6))
    other = own.copy()
    other[own > 0] *= np.where(np.arange(np.count_nonzero(own)) < 7, 2, 1)
    reason = found(table(1, own), table(2, other)).metrics[MetricKey("m.json", "auc")].incomparable
    assert (reason.id, reason.clause) == (ClauseId.OTHER_ROWS, "the weights of 7 of 400 shared examples differ")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.nan, "1 of 400 rows have no finite number of at least 0 in column 'w'"),
        (-0.5, "1 of 400 rows have no finite number of at least 0 in column 'w'"),
        (None, "every row has a weight of 0 in column 'w'"),
    ],
)
def test_weights_that_are_none_are_refused(bad, message):
    own = np.ones(ROWS)
    own[5] = 1.0 if bad is None else bad
    measured = found(table(1, np.ones(ROWS)), table(2, own if bad is not None else np.zeros(ROWS)))
    (problem,) = measured.problems
    assert (problem.revision, problem.message) == (HEAD.label, message)
