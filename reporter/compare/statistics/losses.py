"""Metrics that are functions of means over examples: losses of probabilities and of numbers, and calibration error.

Definitions are scikit-learn's where it has the metric. A metric names its columns, one value per example each, and
what it is of their means; a resample then costs one matrix product.
"""

from __future__ import annotations

import numpy as np

from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.examples import Classified, Regressed, Scored

TINY = float(np.finfo(np.float64).eps)
"""How near to 0 or 1 a probability in double precision may be, for scikit-learn's log loss."""


def log_losses(examples: Classified) -> FloatArray:
    """−log of the probability of the actual class, clipped as scikit-learn clips it, by its precision; shape (n, 1)."""
    return np.asarray(-np.log(np.clip(_of_actual(examples), examples.precision, 1 - examples.precision))[:, None])


def squared_errors_of_probability(examples: Classified) -> FloatArray:
    """Brier's score of each example (Brier 1950, Verification of forecasts expressed in terms of probability).

    Of a binary task the squared error of the positive class's probability, else the sum over classes; shape (n, 1).
    """
    scores = _probabilities(examples)
    if scores.ndim == 1:
        return np.asarray(((scores - examples.actual) ** 2)[:, None])
    of_actual = scores[np.arange(examples.rows), examples.actual]
    return np.asarray(((scores**2).sum(axis=1) - 2 * of_actual + 1)[:, None])


def among_the_first(examples: Classified, places: int) -> FloatArray:
    """1 where the actual class is one of the `places` with the highest scores, else 0; shape (n, 1). Of classes that tie the later
    column comes first, as in scikit-learn's `top_k_accuracy_score`.
    """
    scores = _scores(examples)
    own = scores[np.arange(examples.rows), examples.actual][:, None]
    is_later = np.arange(scores.shape[1]) > examples.actual[:, None]
    before = np.count_nonzero((scores > own) | ((scores == own) & is_later), axis=1)
    return np.asarray(before < places, dtype=np.float64)[:, None]


def calibration_gaps(examples: Classified, bins: int) -> FloatArray:
    """Each example's outcome − probability, in the column of its bin of equal width; shape (n, bins).

    The expected calibration error is the sum of their absolute means (Naeini, Cooper & Hauskrecht 2015, Obtaining well
    calibrated probabilities using Bayesian binning). Of several classes: of the predicted class's probability (Guo et al. 2017,
    On calibration of modern neural networks).
    """
    scores = _probabilities(examples)
    if scores.ndim == 1:
        outcome, probability = examples.actual.astype(np.float64), scores
    else:
        top = np.argmax(scores, axis=1)
        outcome, probability = (top == examples.actual).astype(np.float64), scores[np.arange(len(top)), top]
    place = np.clip(np.ceil(probability * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.zeros((examples.rows, bins))
    gaps[np.arange(examples.rows), place] = outcome - probability
    return gaps


def sum_of_absolutes(means: FloatArray) -> FloatArray:
    """Σ |mean|, shape (B,): of calibration gaps the expected calibration error."""
    return np.asarray(np.abs(means).sum(axis=1))


def the_mean(means: FloatArray) -> FloatArray:
    """The mean of a single column, shape (B,)."""
    return means[:, 0]


def root(means: FloatArray) -> FloatArray:
    """The square root of the mean of a single column, shape (B,): RMSE of squared errors."""
    return np.sqrt(means[:, 0])


def own_scores(examples: Scored) -> FloatArray:
    """The score that each example has already; shape (n, 1)."""
    return examples.values[:, None]


def absolute_errors(examples: Regressed) -> FloatArray:
    """|actual − predicted| in the target's unit; shape (n, 1)."""
    return np.abs(examples.actual - examples.predicted)[:, None]


def squared_errors(examples: Regressed) -> FloatArray:
    """(actual − predicted)² in the target's unit, squared; shape (n, 1)."""
    return ((examples.actual - examples.predicted) ** 2)[:, None]


def relative_errors(examples: Regressed) -> FloatArray:
    """|error| / |actual|, a fraction; an actual value of zero counts as machine epsilon, as in scikit-learn."""
    return absolute_errors(examples) / np.maximum(np.abs(examples.actual), TINY)[:, None]


def variance_parts(examples: Regressed) -> FloatArray:
    """Squared error, centred target and its square: what R² is made of; shape (n, 3)."""
    centred = examples.actual - examples.actual.mean()
    return np.column_stack([squared_errors(examples), centred, centred**2])


def explained(means: FloatArray) -> FloatArray:
    """R² = 1 − residual / total variance; without any variance 1 for a perfect model, else 0, as in scikit-learn."""
    residual, variance = means[:, 0], means[:, 2] - means[:, 1] ** 2
    flat = variance <= TINY * np.maximum(means[:, 2], TINY)
    ratio = np.divide(residual, variance, out=np.ones_like(residual), where=~flat)
    return np.where(flat & (residual == 0), 1.0, 1 - ratio)


def _scores(examples: Classified) -> FloatArray:
    if examples.scores is None:
        raise ValueError("the metric needs scores")
    return examples.scores


def _probabilities(examples: Classified) -> FloatArray:
    """The scores, without what rounding put beyond 0 and 1."""
    return np.clip(_scores(examples), 0.0, 1.0)


def sure_and_wrong(examples: Classified) -> int:
    """How many examples have a probability of 0 for what was the case: what each adds to log loss depends on the type of the scores."""
    return int(np.count_nonzero(_of_actual(examples) <= 0))


def _of_actual(examples: Classified) -> FloatArray:
    scores = _scores(examples)
    if scores.ndim == 1:
        return np.where(examples.actual == 1, scores, 1 - scores)
    return np.asarray(scores[np.arange(examples.rows), examples.actual])
