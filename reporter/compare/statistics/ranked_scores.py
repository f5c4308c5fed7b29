"""Metrics of the order of scores: ROC AUC and average precision, of many weightings of the same examples at once.

The examples are sorted once; each weighting then costs one gather and one running sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import FloatArray, IntArray
from reporter.compare.statistics.examples import Classified
from reporter.model.rules import Average

Weights: TypeAlias = npt.NDArray[np.int32 | np.float64]
"""How often, or how much, each example counts, shape (B, n). Integers are gathered and summed several times faster than floats."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Examples in descending order of score, cut into groups of equal score; only groups with a positive matter."""

    rows: IntArray
    """Shape (m,): the example at each place."""
    positives: IntArray
    """Places of the positives, ascending."""
    groups: IntArray
    """For each group with a positive, which of `positives` is its first."""
    first: IntArray
    """For each group with a positive, the place of its first member."""
    last: IntArray
    """… and of its last member."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Counts at each group with a positive."""

    ranking: Ranking
    running: Weights
    """Shape (B, m): examples down to each place."""
    gained: Weights
    """Shape (B, groups): positives in the group."""
    positives: Weights
    """Shape (B, groups): positives in the group and above."""

    @property
    def through(self) -> Weights:
        """Examples in the group and above, shape (B, groups)."""
        return self.running.take(self.ranking.last, axis=1)

    @property
    def above(self) -> Weights:
        """Examples above the group, shape (B, groups)."""
        first = self.ranking.first
        return np.asarray(self.running.take(np.maximum(first - 1, 0), axis=1) * (first > 0))

    @property
    def all_positives(self) -> FloatArray:
        """Shape (B,)."""
        return self.positives[:, -1].astype(np.float64)


CurveFunction: TypeAlias = Callable[[Curve], FloatArray]
"""Shape (B,); NaN where the metric is not defined."""


def rank(scores: FloatArray, positive: npt.NDArray[np.bool_], rows: IntArray | None = None) -> Ranking:
    """Sort by score; `rows` tells the example of each score where that is not its position.

    Both metrics are sums over positives, so that a group without one adds nothing to either and is left out.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, is_positive = scores[order], positive[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    first = np.append(0, last[:-1] + 1)
    seen = np.cumsum(is_positive)[last]  # positives in each group and above
    gained = np.diff(seen, prepend=0)
    kept = gained > 0
    return Ranking(
        rows=order if rows is None else rows[order],
        positives=np.flatnonzero(is_positive),
        groups=(seen - gained)[kept],
        first=first[kept],
        last=last[kept],
    )


def curve(ranking: Ranking, weights: Weights) -> Curve:
    """Count down the ranking, which holds at least one positive."""
    ordered = weights.take(ranking.rows, axis=1)
    gained = ordered.take(ranking.positives, axis=1)
    if len(ranking.groups) < len(ranking.positives):  # else no two positives tie, and each is a group
        gained = np.add.reduceat(gained, ranking.groups, axis=1)
    running = np.cumsum(ordered, axis=1, dtype=weights.dtype)
    return Curve(ranking, running, gained, np.cumsum(gained, axis=1, dtype=weights.dtype))


def average_precision(points: Curve) -> FloatArray:
    """Sum over thresholds of precision × gain in recall, without interpolation: scikit-learn's `average_precision_score`."""
    # Where nobody was drawn down to here nothing is gained either: 0 of something then stands for 0 of 0.
    through = points.through
    least = 1 if through.dtype.kind == "i" else np.finfo(np.float64).tiny
    precision = points.positives / np.maximum(through, least)
    return _per(np.einsum("bg,bg->b", points.gained, precision), points.all_positives)


def roc_auc(points: Curve) -> FloatArray:
    """Probability that a positive scores above a negative, ties counted half (Hanley & McNeil 1982, The meaning and use of the
    area under a receiver operating characteristic curve).
    """
    negatives = points.running[:, -1] - points.all_positives
    negatives_above = points.above - (points.positives - points.gained)
    negatives_through = points.through - points.positives
    # Those below the group and half of those in it: the sum has what is above twice, and what is in the group once.
    beaten = negatives[:, None] - (negatives_above + negatives_through) / 2
    return _per(np.einsum("bg,bg->b", points.gained, beaten), points.all_positives * negatives)


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """One ranking for a binary task or the micro average, else one per class."""

    each: tuple[Ranking, ...]
    classes: IntArray | None
    """The class of each example where classes are weighted by how often they occur, else None."""


def rankings(examples: Classified, average: Average) -> Rankings:
    """Rank examples; of several classes each one against the rest (Provost & Domingos 2000, Well-trained PETs: improving
    probability estimation trees). The micro average ranks every pair of an example and a class, as scikit-learn does.

    Raises ValueError without scores.
    """
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


def ranked_values(ranked: Rankings, functions: Sequence[CurveFunction], weights: Weights) -> list[FloatArray]:
    """For each function its value of shape (B,), averaged over the classes for which it is defined.

    A curve serves all functions and is then dropped: there may be a thousand classes.
    """
    of_class = [_values(ranking, functions, weights) for ranking in ranked.each]
    importance = _importance(ranked, weights)
    return [_average(np.column_stack(values), importance) for values in zip(*of_class, strict=True)]


def _values(ranking: Ranking, functions: Sequence[CurveFunction], weights: Weights) -> list[FloatArray]:
    if not len(ranking.positives):  # of a class that never occurs scikit-learn says an average precision of 0
        return [np.full(len(weights), 0.0 if f is average_precision else np.nan) for f in functions]
    points = curve(ranking, weights)
    return [function(points) for function in functions]


def _importance(ranked: Rankings, weights: Weights) -> FloatArray:
    """How much each class counts, shape (B, classes) or, if all count alike, (1, classes)."""
    if ranked.classes is None:
        return np.ones((1, len(ranked.each)))
    rows = (np.flatnonzero(ranked.classes == index) for index in range(len(ranked.each)))
    return np.column_stack([weights.take(of_class, axis=1).sum(axis=1, dtype=np.float64) for of_class in rows])


def _average(values: FloatArray, importance: FloatArray) -> FloatArray:
    """The mean over classes, shape (B, classes) → (B,); a class for which the metric is not defined has no say."""
    counted = np.where(np.isnan(values), 0.0, importance)
    return _per(np.asarray((np.nan_to_num(values) * counted).sum(axis=1)), np.asarray(counted.sum(axis=1)))


def _per(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """The quotient, NaN where nothing was counted."""
    undefined = np.full(len(numerator), np.nan)
    return np.asarray(np.divide(numerator, denominator, out=undefined, where=denominator > 0))
