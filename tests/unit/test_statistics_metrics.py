"""Every recomputed metric is scikit-learn's, on plain and on awkward examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from reporter.compare.statistics.examples import Classified, Regressed, read
from reporter.compare.statistics.metrics import evaluate, find, known, lacks
from reporter.model.rules import Average, PredictionsRule, Task
from reporter.model.snapshot import Table

BINARY = {
    "accuracy": lambda y, p, s: sk.accuracy_score(y, p),
    "balanced_accuracy": lambda y, p, s: sk.balanced_accuracy_score(y, p),
    "recall": lambda y, p, s: sk.recall_score(y, p),
    "sensitivity": lambda y, p, s: sk.recall_score(y, p),
    "specificity": lambda y, p, s: sk.recall_score(y, p, pos_label=0),
    "precision": lambda y, p, s: sk.precision_score(y, p),
    "f1": lambda y, p, s: sk.f1_score(y, p),
    "f2": lambda y, p, s: sk.fbeta_score(y, p, beta=2),
    "f0.5": lambda y, p, s: sk.fbeta_score(y, p, beta=0.5),
    "f10_score": lambda y, p, s: sk.fbeta_score(y, p, beta=10),
    "mcc": lambda y, p, s: sk.matthews_corrcoef(y, p),
    "log_loss": lambda y, p, s: sk.log_loss(y, s),
    "brier": lambda y, p, s: sk.brier_score_loss(y, s),
    "roc_auc": lambda y, p, s: sk.roc_auc_score(y, s),
    "average_precision": lambda y, p, s: sk.average_precision_score(y, s),
}
AVERAGED = {
    "recall": lambda y, p, s, average: sk.recall_score(y, p, average=average),
    "precision": lambda y, p, s, average: sk.precision_score(y, p, average=average, zero_division=0),
    "f1": lambda y, p, s, average: sk.f1_score(y, p, average=average),
    "f0.5": lambda y, p, s, average: sk.fbeta_score(y, p, beta=0.5, average=average),
    "roc_auc": lambda y, p, s, average: sk.roc_auc_score(y, s, multi_class="ovr", average=average),
    "average_precision": lambda y, p, s, average: sk.average_precision_score(y, s, average=average),
}
MULTICLASS = {
    "accuracy": lambda y, p, s: sk.accuracy_score(y, p),
    "balanced_accuracy": lambda y, p, s: sk.balanced_accuracy_score(y, p),
    "mcc": lambda y, p, s: sk.matthews_corrcoef(y, p),
    "log_loss": lambda y, p, s: sk.log_loss(y, s),
    "brier_score": lambda y, p, s: sk.brier_score_loss(y, s),
    "top_1_accuracy": lambda y, p, s: sk.top_k_accuracy_score(y, s, k=1),
    "top_3_accuracy": lambda y, p, s: sk.top_k_accuracy_score(y, s, k=3),
    "top2_acc": lambda y, p, s: sk.top_k_accuracy_score(y, s, k=2),
}
REGRESSION = {
    "mae": sk.mean_absolute_error,
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mape": sk.mean_absolute_percentage_error,
    "r2": sk.r2_score,
}


def rule(task: Task, **more: object) -> PredictionsRule:
    return PredictionsRule("predictions.csv", task, "actual", **more)  # type: ignore[arg-type]


def value(name: str, examples: Classified | Regressed, task: Task, **more: object) -> float:
    metric = find(name, rule(task, **more))
    assert metric is not None
    return evaluate(metric, examples)


def binary(actual: object, scores: object, predicted: object = None) -> Classified:
    y, s = np.asarray(actual), np.asarray(scores, dtype=float)
    p = (s > 0.5).astype(int) if predicted is None else np.asarray(predicted)
    return Classified(("no", "yes"), y, p, s, binary=True)


def multiclass(rng: np.random.Generator, rows: int = 300, classes: int = 4, *, ties: bool = False) -> Classified:
    actual = rng.choice(classes, rows, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    scores = rng.dirichlet(np.ones(classes), rows) + 0.5 * np.eye(classes)[actual]
    scores = np.round(scores, 1) + 0.01 if ties else scores
    scores /= scores.sum(axis=1, keepdims=True)
    return Classified(tuple("abcdefgh"[:classes]), actual, scores.argmax(axis=1), scores)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, ties):
    rng = np.random.default_rng(1)
    actual = (rng.random(400) < 0.3).astype(int)
    scores = np.clip(0.3 * actual + 0.7 * rng.random(400), 0, 1)
    examples = binary(actual, np.round(scores, 1) if ties else scores)
    expected = BINARY[name](examples.actual, examples.predicted, examples.scores)
    assert value(name, examples, Task.BINARY) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass(name, ties):
    examples = multiclass(np.random.default_rng(2), ties=ties)
    expected = MULTICLASS[name](examples.actual, examples.predicted, examples.scores)
    assert value(name, examples, Task.MULTICLASS) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("average", Average)
@pytest.mark.parametrize("name", AVERAGED)
def test_averages(name, average, ties):
    examples = multiclass(np.random.default_rng(3), ties=ties)
    expected = AVERAGED[name](examples.actual, examples.predicted, examples.scores, average.value)
    assert value(name, examples, Task.MULTICLASS, average=average) == pytest.approx(expected, abs=1e-12)
    assert value(f"{name}_{average}", examples, Task.MULTICLASS) == pytest.approx(expected, abs=1e-12)


def test_specificity_of_several_classes_is_the_recall_of_all_other_classes():
    examples = multiclass(np.random.default_rng(4))
    each = [sk.recall_score(examples.actual != k, examples.predicted != k) for k in range(len(examples.classes))]
    assert value("specificity", examples, Task.MULTICLASS) == pytest.approx(np.mean(each))


@pytest.mark.parametrize("name", REGRESSION)
def test_regression(name):
    rng = np.random.default_rng(5)
    actual = rng.normal(50, 10, 200)
    predicted = actual + rng.normal(1, 5, 200)
    expected = REGRESSION[name](actual, predicted)
    assert value(name, Regressed(actual, predicted), Task.REGRESSION) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12))
def test_labels_agree_with_scikit_learn_however_few_and_lopsided_they_are(rows):
    actual, predicted = (np.array(column) for column in zip(*rows, strict=True))
    examples = Classified(("a", "b", "c"), actual, predicted, None)
    for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in Average:
            expected = function(actual, predicted, average=average.value, zero_division=0)
            assert value(name, examples, Task.MULTICLASS, average=average) == pytest.approx(expected)
    assert value("accuracy", examples, Task.MULTICLASS) == pytest.approx(sk.accuracy_score(actual, predicted))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=15))
def test_rankings_agree_with_scikit_learn_however_many_ties_there_are(rows):
    actual, scores = np.array([int(y) for y, _ in rows]), np.array([s / 4 for _, s in rows])
    examples = binary(actual, scores)
    auc, precision = (value(name, examples, Task.BINARY) for name in ("roc_auc", "average_precision"))
    if actual.any():
        assert precision == pytest.approx(sk.average_precision_score(actual, scores))
    if actual.any() and not actual.all():
        assert auc == pytest.approx(sk.roc_auc_score(actual, scores))
    else:
        assert math.isnan(auc), "not defined with one class only"


def test_calibration_error_is_the_weighted_gap_of_bins():
    scores = np.array([0.05, 0.1, 0.15, 0.95, 1.0, 0.0])
    actual = np.array([0, 1, 0, 1, 1, 0])
    gaps = [3 * abs(1 / 3 - 0.05), 1 * abs(0 - 0.15), 2 * abs(1 - 0.975)]
    assert value("ece", binary(actual, scores), Task.BINARY) == pytest.approx(sum(gaps) / 6)


def test_calibration_error_takes_the_number_of_bins_from_its_name():
    scores, actual = np.array([0.2, 0.4, 0.9]), np.array([0, 1, 1])
    expected = (abs((0 - 0.2) + (1 - 0.4)) + abs(1 - 0.9)) / 3
    assert value("expected_calibration_error_2", binary(actual, scores), Task.BINARY) == pytest.approx(expected)


def test_calibration_of_several_classes_is_of_the_predicted_one():
    scores = np.array([[0.7, 0.2, 0.1], [0.1, 0.65, 0.25], [0.3, 0.3, 0.4]])
    examples = Classified(("a", "b", "c"), np.array([0, 2, 2]), scores.argmax(axis=1), scores)
    assert value("ece", examples, Task.MULTICLASS) == pytest.approx((abs((1 - 0.7) + (0 - 0.65)) + 0.6) / 3)


@pytest.mark.parametrize(("actual", "scores"), [([1, 0], [1.0, 0.0]), ([1, 0, 1], [0.0, 1.0, 1.0])])
def test_probabilities_of_0_and_1_are_clipped_as_scikit_learn_does(actual, scores):
    examples = binary(actual, scores)
    assert value("log_loss", examples, Task.BINARY) == pytest.approx(
        sk.log_loss(actual, scores, labels=[0, 1]), abs=1e-15
    )


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_sure_and_wrong_costs_as_much_as_the_precision_of_the_scores_allows(kind):
    """A network writes float32, and its certainties are 0 and 1: scikit-learn clips them by the type."""
    scores = np.array([0.2, 1, 0, 1e-9, 0.7] * 20, dtype=kind)
    table = Table({"y": np.array([0, 0, 1, 0, 1] * 20), "p": scores})
    asked = PredictionsRule("p.parquet", Task.BINARY, "y", score="p", positive=1)
    examples, _ = read(table, table, asked)
    metric = find("log_loss", asked)
    assert evaluate(metric, examples) == pytest.approx(sk.log_loss(table.columns["y"], scores), rel=1e-6)
    assert evaluate(metric, examples.take(np.arange(50))) == pytest.approx(
        sk.log_loss(table.columns["y"][:50], scores[:50]), rel=1e-6
    )


@pytest.mark.filterwarnings("ignore:No positive class")
def test_a_class_that_never_occurs_has_an_average_precision_of_0_as_in_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(3), 60)
    actual = rng.integers(0, 2, 60)
    examples = Classified(tuple("abc"), actual, scores.argmax(axis=1), scores)
    expected = sk.average_precision_score(np.eye(3)[actual], scores, average="macro")
    assert value("average_precision", examples, Task.MULTICLASS) == pytest.approx(expected)


def test_each_class_is_among_as_many_as_there_are():
    examples = multiclass(np.random.default_rng(6))
    assert value("top_5_accuracy", examples, Task.MULTICLASS) == 1.0


def test_constant_scores_rank_nothing():
    examples = binary([0, 1, 0, 1], [0.3] * 4)
    assert value("roc_auc", examples, Task.BINARY) == 0.5
    assert value("average_precision", examples, Task.BINARY) == 0.5


def test_a_constant_target_has_no_variance_to_explain():
    flat = np.full(5, 3.0)
    assert value("r2", Regressed(flat, flat), Task.REGRESSION) == 1.0
    assert value("r2", Regressed(flat, flat + 1), Task.REGRESSION) == sk.r2_score(flat, flat + 1) == 0.0


def test_a_target_of_zero_has_a_huge_but_finite_percentage_error():
    actual, predicted = np.array([0.0, 2.0]), np.array([1.0, 1.0])
    expected = sk.mean_absolute_percentage_error(actual, predicted)
    assert value("mape", Regressed(actual, predicted), Task.REGRESSION) == pytest.approx(expected)


@pytest.mark.parametrize("task", Task)
def test_known_names_are_found(task):
    assert all(find(name, rule(task)) for name in known(task))


@pytest.mark.parametrize(
    "name", ["rmse", "accuracy_macro", "f1_harmonic", "ece_0", "f0", "f05", "f", "top_5_accuracy", "", "ROC AUC"]
)
def test_other_names_are_not_metrics_of_a_classification(name):
    assert find(name, rule(Task.BINARY)) is None


def test_what_a_metric_lacks_is_said():
    labels = Classified(("a", "b"), np.array([0, 1]), np.array([0, 1]), None, binary=True)
    margins = binary([0, 1], [-2.0, 3.0])
    loss, area, hits = (find(name, rule(Task.BINARY)) for name in ("log_loss", "roc_auc", "accuracy"))
    assert "no column" in lacks(area, labels)
    assert "go beyond" in lacks(loss, margins)
    assert lacks(area, margins) is None
    assert lacks(hits, labels) is None
