"""The metrics that can be recomputed from predictions: their names, what they need, and how they are computed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, TypeAlias, assert_never

import numpy as np

from reporter.compare.statistics import losses, ranked_scores, tallies
from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.examples import Classified, Examples
from reporter.model.rules import Average, Direction, LossRule, PredictionsRule, Task

BINS = 10
"""Of the expected calibration error; `expected_calibration_error_15` has fifteen."""


class Needs(Enum):
    """What a metric is computed from, in the words of the message where it is missing."""

    LABELS = "predicted labels"
    SCORES = "scores"
    PROBABILITIES = "probabilities between 0 and 1"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Tallied:
    """A function of counts per class."""

    value: tallies.TallyFunction


@dataclass(frozen=True, slots=True)
class Meant:
    """A function of means over examples."""

    columns: Callable[[Any], FloatArray]
    """Examples → shape (n, k)."""
    value: Callable[[FloatArray], FloatArray]
    """Means of shape (B, k) → shape (B,)."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A function of the order of scores."""

    value: ranked_scores.CurveFunction


Formula: TypeAlias = Tallied | Meant | Ranked


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric under the name that a project gives it, and how it is computed."""

    name: str
    """As reporter.yaml calls it."""
    formula: Formula
    needs: Needs
    higher_is_better: bool = True
    average: Average = Average.MACRO
    bins: int = 0
    """Of a calibration error: how many intervals of probabilities; 0 for any other metric."""


def _tallied(value: tallies.TallyFunction) -> Metric:
    return Metric("", Tallied(value), Needs.LABELS)


def _f(beta: float) -> Metric:
    return _tallied(partial(tallies.f_beta, beta=beta))


def _error(columns: Callable[[Any], FloatArray], value: Callable[[FloatArray], FloatArray], needs: Needs) -> Metric:
    return Metric("", Meant(columns, value), needs, higher_is_better=False)


def _calibration(bins: int) -> Metric:
    columns = partial(losses.calibration_gaps, bins=bins)
    return replace(_error(columns, losses.sum_of_absolutes, Needs.PROBABILITIES), bins=bins)


_AVERAGED = {
    "recall": _tallied(tallies.recall),
    "specificity": _tallied(tallies.specificity),
    "precision": _tallied(tallies.precision),
    "f1": _f(1.0),
    "roc_auc": Metric("", Ranked(ranked_scores.roc_auc), Needs.SCORES),
    "average_precision": Metric("", Ranked(ranked_scores.average_precision), Needs.SCORES),
}
_CLASSIFICATION = {
    "accuracy": _tallied(tallies.accuracy),
    "balanced_accuracy": _tallied(tallies.balanced_accuracy),
    "mcc": _tallied(tallies.mcc),
    "log_loss": _error(losses.log_losses, losses.the_mean, Needs.PROBABILITIES),
    "brier_score": _error(losses.squared_errors_of_probability, losses.the_mean, Needs.PROBABILITIES),
    "expected_calibration_error": _calibration(BINS),
    **_AVERAGED,
}
_REGRESSION = {
    "mae": _error(losses.absolute_errors, losses.the_mean, Needs.NUMBERS),
    "mse": _error(losses.squared_errors, losses.the_mean, Needs.NUMBERS),
    "rmse": _error(losses.squared_errors, losses.root, Needs.NUMBERS),
    "mape": _error(losses.relative_errors, losses.the_mean, Needs.NUMBERS),
    "r2": Metric("", Meant(losses.variance_parts, losses.explained), Needs.NUMBERS),
}
_ALIASES = {
    "sensitivity": "recall",
    "matthews_corrcoef": "mcc",
    "brier": "brier_score",
    "auc": "roc_auc",
    "ece": "expected_calibration_error",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_percentage_error": "mape",
    "r2_score": "r2",
}
_WITH_AVERAGE = re.compile(r"(.+)_(macro|micro|weighted)")
_WITH_BETA = re.compile(r"f((?:0|[1-9]\d{0,2})(?:\.\d{1,6})?)(?:_score)?")
_WITH_PLACES = re.compile(r"top_?([1-9]\d{0,5})_acc(?:uracy)?")
_WITH_BINS = re.compile(r"(?:ece|expected_calibration_error)_(\d{1,3})")


MEAN = "mean"
"""What the metric of a loss may be called, beside the name of its column."""


def known(task: Task | None) -> tuple[str, ...]:
    """Names of the metrics of a task, without aliases."""
    return tuple(_REGRESSION if task is Task.REGRESSION else _CLASSIFICATION)


def choices(rule: PredictionsRule) -> tuple[str, ...]:
    """Names of the metrics that these predictions can give, without aliases."""
    return known(rule.task) if rule.loss is None else (MEAN, rule.loss.column)


def find(name: str, rule: PredictionsRule) -> Metric | None:
    """Find a metric by name or alias; of several classes `f1_weighted` overrules the rule's average, `ece_15` sets the number of
    bins, `f0.5` the weight of recall, `top_5_accuracy` how many classes may be guessed.
    """
    if rule.loss is not None:
        return _mean_of(name, rule.loss)
    if rule.task is Task.REGRESSION:
        metric = _REGRESSION.get(_ALIASES.get(name, name))
        return None if metric is None else replace(metric, name=name)
    if (bins := _WITH_BINS.fullmatch(name)) and int(bins[1]) > 0:
        return replace(_calibration(int(bins[1])), name=name)
    average = rule.average
    metric = _CLASSIFICATION.get(_ALIASES.get(name, name)) or _with_beta(name)
    if metric is None and rule.task is Task.MULTICLASS:
        if named := _WITH_AVERAGE.fullmatch(name):
            metric = _AVERAGED.get(_ALIASES.get(named[1], named[1])) or _with_beta(named[1])
            average = Average(named[2])
        elif places := _WITH_PLACES.fullmatch(name):
            metric = Metric(
                "", Meant(partial(losses.among_the_first, places=int(places[1])), losses.the_mean), Needs.SCORES
            )
    return None if metric is None else replace(metric, name=name, average=average)


def _with_beta(name: str) -> Metric | None:
    named = _WITH_BETA.fullmatch(name)
    return _f(float(named[1])) if named and float(named[1]) > 0 else None


def _mean_of(name: str, loss: LossRule) -> Metric | None:
    if name not in {MEAN, loss.column}:
        return None
    is_higher_better = loss.direction is Direction.HIGHER
    return Metric(name, Meant(losses.own_scores, losses.the_mean), Needs.NUMBERS, is_higher_better)


def lacks(metric: Metric, examples: Examples) -> str | None:
    """Say in one clause why a metric cannot be computed of these examples; None if it can."""
    if not isinstance(examples, Classified) or metric.needs is Needs.LABELS:
        return None
    if examples.scores is None:
        return f"{metric.name} needs {metric.needs.value}, and no column of them is named"
    if metric.needs is Needs.PROBABILITIES and not examples.has_probabilities:
        return f"{metric.name} needs {metric.needs.value}, and the scores go beyond"
    return None


def evaluate(metric: Metric, examples: Examples) -> float:
    """Compute a metric; not finite where it is not defined (ROC AUC of one class) or too large for a float."""
    weights = np.ones(examples.rows, dtype=np.int32) if examples.weights is None else examples.weights
    return float(_evaluate(metric, examples, weights[None, :])[0])


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _evaluate(metric: Metric, examples: Any, once: ranked_scores.Weights) -> FloatArray:
    match metric.formula:
        case Tallied(value):
            matrix = tallies.incidence(examples)
            return value(tallies.tally(matrix, once, binary=examples.binary), metric.average)
        case Meant(columns, of_means):
            values = columns(examples)
            if examples.weights is None:
                return of_means(values.mean(axis=0, keepdims=True))
            return of_means((once @ values) / once.sum())
        case Ranked(of_curve):
            return ranked_scores.ranked_values(ranked_scores.rankings(examples, metric.average), [of_curve], once)[0]
        case _:
            assert_never(metric.formula)
