"""What a metric may be if the scores that it is recomputed from were rounded when they were written.

Every metric but the calibration error only gets better as scores move towards the truth, so that its two ends are those where each
score lies half of its last decimal nearer to the truth, or further from it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.examples import Classified, Examples, Regressed, Scored
from reporter.compare.statistics.metrics import Metric, Needs, evaluate

MOST_DECIMALS = 8
"""Scores with more decimals are taken as exact."""
SAMPLE = 1000


def possible_values(metric: Metric, examples: Examples) -> tuple[float, float]:
    """The least and the greatest value that unrounded scores may have given; twice the same where nothing was rounded."""
    value = evaluate(metric, examples)
    match examples:
        case Regressed():
            return value, value
        case Scored(values=values):
            half = _half_a_step(values)
            return value - half, value + half
        case Classified(scores=scores) if scores is not None and (metric.needs is not Needs.LABELS or examples.decide):
            return _of_scores(metric, examples, scores, value)
        case Classified():
            return value, value


def _of_scores(metric: Metric, examples: Classified, scores: FloatArray, value: float) -> tuple[float, float]:
    half = _half_a_step(scores)
    if not half:
        return value, value
    if metric.bins:
        # Within its bin a probability moves the bin's mean by as much; one that may be of another bin counts in two means.
        most = half + 2 * _share_near_an_edge(scores, metric.bins, half)
        return value - most, value + most
    ends = [evaluate(metric, _moved(metric, examples, scores, by)) for by in (half, -half)]
    return min(value, *ends), max(value, *ends)


def _half_a_step(scores: FloatArray) -> float:
    """Half of the scores' last decimal; 0 for those with so many that nothing was rounded, and for whole numbers."""
    every = scores.ravel()
    first = every[:SAMPLE]
    if _are_rounded(first, 0) and _are_rounded(every, 0):
        return 0.0
    rounded = (d for d in range(1, MOST_DECIMALS + 1) if _are_rounded(first, d) and _are_rounded(every, d))
    return next((0.5 * 10.0**-d for d in rounded), 0.0)


def _are_rounded(scores: FloatArray, decimals: int) -> bool:
    return bool(np.allclose(scores, np.round(scores, decimals), rtol=0, atol=1e-12))


def _moved(metric: Metric, examples: Classified, scores: FloatArray, by: float) -> Classified:
    """Each score `by` nearer to the truth; probabilities stay between 0 and 1, and labels that scores decide are decided again."""
    truth = examples.actual if scores.ndim == 1 else examples.actual[:, None] == np.arange(scores.shape[1])
    moved = scores + by * (2.0 * truth - 1.0)
    if metric.needs is Needs.PROBABILITIES:
        moved = moved.clip(0.0, 1.0)
    predicted = examples.predicted if examples.decide is None else examples.decide(moved)
    return replace(examples, scores=moved, predicted=predicted)


def _share_near_an_edge(scores: FloatArray, bins: int, half: float) -> float:
    shown = scores if scores.ndim == 1 else scores.max(axis=1)
    place = shown * bins
    return float(np.mean(np.abs(place - np.round(place)) <= half * bins))
