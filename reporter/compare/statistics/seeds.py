"""What repeated runs of a revision, each with another seed, say about a difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reporter.compare.statistics.columns import FloatArray


@dataclass(frozen=True, slots=True)
class Superiority:
    """P(A>B): how probably one more run of the candidate has a greater value than one more run of the baseline."""

    probability: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Mean over the candidate's runs − mean over the baseline's, its interval at the level asked for and its two-sided p-value."""

    delta: float
    interval: tuple[float, float]
    p_value: float


def superiority(
    base: FloatArray, head: FloatArray, *, paired: bool, level: float, resamples: int, seed: int
) -> Superiority:
    """P(head > base), ties counted half, with its percentile bootstrap interval (Bouthillier et al. 2021, Accounting for variance
    in machine learning benchmarks). Shapes (runs,); paired runs share a seed.

    Where one side wins every time every resample says so too, and the interval would be a point: then the exact
    binomial one is given (Clopper & Pearson 1934), of as many runs as the smaller side has.
    """
    wins = _wins(head, base) if paired else _wins(head[:, None], base[None, :])
    probability = float(wins.mean())
    if probability in {0.0, 1.0}:
        return Superiority(probability, _one_sided_all(probability, min(len(base), len(head)), level))
    rng = np.random.default_rng(seed)
    heads = rng.integers(0, len(head), (resamples, len(head)))
    if paired:
        replicates = wins[heads].mean(axis=1)
    else:
        bases = rng.integers(0, len(base), (resamples, len(base)))
        replicates = wins[heads[:, :, None], bases[:, None, :]].mean(axis=(1, 2))
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Superiority(probability, (float(low), float(high)))


def mean_difference(base: FloatArray, head: FloatArray, *, paired: bool, level: float) -> MeanDifference | None:
    """Difference of the means with Student's interval for paired runs (Student 1908, The probable error of a mean), else
    Welch's (1947, The generalization of 'Student's' problem). None where no run differs from another.
    """
    from scipy.special import stdtr, stdtrit

    delta = float(head.mean() - base.mean())
    if paired:
        variances, freedom = [float(np.var(head - base, ddof=1)) / len(head)], float(len(head) - 1)
    else:
        variances = [float(np.var(side, ddof=1)) / len(side) for side in (base, head)]
        spread = sum(v**2 / (len(side) - 1) for v, side in zip(variances, (base, head), strict=True))
        freedom = sum(variances) ** 2 / spread if spread else math.inf
    error = math.sqrt(sum(variances))
    if error <= 8 * np.finfo(np.float64).eps * max(float(np.abs(base).max()), float(np.abs(head).max())):
        return None
    half = float(stdtrit(freedom, (1 + level) / 2)) * error
    return MeanDifference(delta, (delta - half, delta + half), float(2 * stdtr(freedom, -abs(delta) / error)))


def corrected_mean_difference(
    base: FloatArray, head: FloatArray, *, share: float, level: float
) -> MeanDifference | None:
    """Difference of the means of paired results, with the variance of their mean times 1 + n · `share`: the corrected resampled t test
    (Nadeau & Bengio 2003, equation 11). `share` is the size of a test set by that of its training set. None where no difference varies.
    """
    from scipy.special import stdtr, stdtrit

    gains = head - base
    delta, count = float(gains.mean()), len(gains)
    error = math.sqrt((1 / count + share) * float(np.var(gains, ddof=1)))
    if error <= 8 * np.finfo(np.float64).eps * max(float(np.abs(base).max()), float(np.abs(head).max())):
        return None
    half = float(stdtrit(count - 1, (1 + level) / 2)) * error
    return MeanDifference(delta, (delta - half, delta + half), float(2 * stdtr(count - 1, -abs(delta) / error)))


def _wins(left: FloatArray, right: FloatArray) -> FloatArray:
    return np.asarray((left > right) + 0.5 * (left == right), dtype=np.float64)


def _one_sided_all(probability: float, runs: int, level: float) -> tuple[float, float]:
    bound = ((1 - level) / 2) ** (1 / runs)
    return (bound, 1.0) if probability else (0.0, 1 - bound)
