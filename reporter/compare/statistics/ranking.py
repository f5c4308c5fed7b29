"""Metrics of the order of scores: ROC AUC and average precision, of many weightings of the same examples at once.

The examples are sorted once; each weighting then costs one gather and one running sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import FloatArray, IntArray
from reporter.compare.statistics.examples import Classified
from reporter.model.rules import Average

Weights: TypeAlias = npt.NDArray[Any]
"""How often each example counts, shape (B, n); integers are summed faster than floats."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Examples in descending order of score, cut into groups of equal score; only groups with a positive matter."""

    rows: IntArray
    """Shape (m,): the example at each place."""
    positives: IntArray
    """The examples that are positive, in the same order."""
    last_positives: IntArray
    """For each group with a positive, the place of its last one among `positives`."""
    first: IntArray
    """For each group with a positive, the place of its first member in `rows`."""
    last: IntArray
    """… and of its last member."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Running counts at each group with a positive, each of shape (B, groups)."""

    gained: FloatArray
    """Positives in the group."""
    above: FloatArray
    """Examples with a higher score."""
    through: FloatArray
    """Examples with a higher or equal score."""
    positives: FloatArray
    """Positives with a higher or equal score."""
    total: FloatArray
    """All examples, shape (B,)."""


CurveFunction: TypeAlias = Callable[[Curve], FloatArray]
"""Shape (B,); NaN where the metric is not defined."""


def rank(scores: FloatArray, positive: npt.NDArray[np.bool_], rows: IntArray | None = None) -> Ranking:
    """Sort by score; `rows` tells the example of each score where that is not its position."""
    order = np.argsort(-scores, kind="stable")
    ranked, is_positive = scores[order], positive[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.array([], dtype=np.int64)
    seen = np.cumsum(is_positive)[last]
    with_positive = np.diff(seen, prepend=0) > 0
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    examples = order if rows is None else rows[order]
    return Ranking(examples, examples[is_positive], seen[with_positive] - 1, first[with_positive], last[with_positive])


def curve(ranking: Ranking, weights: Weights) -> Curve:
    if not len(ranking.positives):
        nothing = np.zeros((len(weights), 0))
        return Curve(nothing, nothing, nothing, nothing, weights.sum(axis=1))
    running = np.cumsum(weights.take(ranking.rows, axis=1), axis=1, dtype=weights.dtype)
    positives = np.cumsum(weights.take(ranking.positives, axis=1), axis=1, dtype=weights.dtype)
    positives = positives.take(ranking.last_positives, axis=1).astype(np.float64)
    above = running.take(np.maximum(ranking.first - 1, 0), axis=1) * (ranking.first > 0)
    through = running.take(ranking.last, axis=1).astype(np.float64)
    return Curve(np.diff(positives, axis=1, prepend=0), above, through, positives, running[:, -1].astype(np.float64))


def average_precision(points: Curve) -> FloatArray:
    """Sum over thresholds of precision × gain in recall, without interpolation (as in scikit-learn)."""
    precision = points.positives / np.maximum(points.through, TINY)
    return _per(np.einsum("bg,bg->b", points.gained, precision), _last(points.positives))


def roc_auc(points: Curve) -> FloatArray:
    """Probability that a positive scores above a negative, ties counted half (Hanley & McNeil 1982, The meaning and use of the
    area under a receiver operating characteristic curve).
    """
    positives = _last(points.positives)
    negatives = points.total - positives
    negatives_above = points.above - (points.positives - points.gained)
    negatives_through = points.through - points.positives
    beaten = negatives[:, None] - (negatives_above + negatives_through) / 2
    return _per(np.einsum("bg,bg->b", points.gained, beaten), positives * negatives)


TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """One ranking for a binary task or the micro average, else one per class."""

    each: tuple[Ranking, ...]
    classes: IntArray | None
    """The class of each example where classes are weighted by how often they occur, else None."""


def rankings(examples: Classified, average: Average) -> Rankings:
    """Rank examples; of several classes each one against the rest."""
    scores = examples.scores
    if scores is None:
        raise ValueError("the metric needs scores")
    if scores.ndim == 1:
        return Rankings((rank(scores, examples.actual == 1),), None)
    rows, classes = scores.shape
    of_class = examples.actual[:, None] == np.arange(classes)
    if average is Average.MICRO:
        return Rankings((rank(scores.ravel(), of_class.ravel(), np.repeat(np.arange(rows), classes)),), None)
    each = tuple(rank(scores[:, index], of_class[:, index]) for index in range(classes))
    return Rankings(each, examples.actual if average is Average.WEIGHTED else None)


def ranked_value(ranked: Rankings, value: CurveFunction, weights: Weights) -> FloatArray:
    """Shape (B,): the value, averaged over the classes for which it is defined."""
    values = np.column_stack([value(curve(ranking, weights)) for ranking in ranked.each])
    if len(ranked.each) == 1:
        return values[:, 0]
    if ranked.classes is None:
        importance = np.ones_like(values)
    else:
        counts = [weights.take(np.flatnonzero(ranked.classes == k), axis=1).sum(axis=1) for k in range(values.shape[1])]
        importance = np.column_stack(counts).astype(np.float64)
    importance = np.where(np.isnan(values), 0.0, importance)
    return _per(np.asarray((np.nan_to_num(values) * importance).sum(axis=1)), np.asarray(importance.sum(axis=1)))


def _last(running: FloatArray) -> FloatArray:
    return running[:, -1] if running.shape[1] else np.zeros(len(running))


def _per(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    return np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
