"""What repeated runs of a revision, each with another seed, say about a difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reporter.compare.statistics.columns import FloatArray

FEWEST_RUNS = 3
"""On each side: two runs say next to nothing about how much runs differ."""
MEANINGFUL = 0.75
"""P(A>B) that Bouthillier et al. 2021 advise to look for."""


@dataclass(frozen=True, slots=True)
class Superiority:
    """P(A>B): how probably one more run of the candidate has a greater value than one more run of the baseline."""

    probability: float
    interval: tuple[float, float]
    pairs: int
    """Number of paired runs; 0 where the runs are not paired."""


@dataclass(frozen=True, slots=True)
class MeanDifference:
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
    pairs = len(head) if paired else 0
    if probability in {0.0, 1.0}:
        return Superiority(probability, _one_sided_all(probability, min(len(base), len(head)), level), pairs)
    rng = np.random.default_rng(seed)
    heads = rng.integers(0, len(head), (resamples, len(head)))
    if paired:
        replicates = wins[heads].mean(axis=1)
    else:
        bases = rng.integers(0, len(base), (resamples, len(base)))
        replicates = wins[heads[:, :, None], bases[:, None, :]].mean(axis=(1, 2))
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Superiority(probability, (float(low), float(high)), pairs)


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
    if error <= abs(delta) * np.finfo(np.float64).eps:
        return None
    half = float(stdtrit(freedom, (1 + level) / 2)) * error
    return MeanDifference(delta, (delta - half, delta + half), float(2 * stdtr(freedom, -abs(delta) / error)))


def runs_needed(probability: float = MEANINGFUL, level: float = 0.95, power: float = 0.95) -> int:
    """Runs of each revision with which a test finds P(A>B) = `probability` with the given power (Noether 1987, Sample size
    determination for some common nonparametric tests), as Bouthillier et al. 2021 use it: 29 by default.
    """
    from scipy.special import ndtri

    if not 0.5 < probability < 1:  # noqa: PLR2004  0.5: no difference
        raise ValueError(f"a probability between 0.5 and 1 is needed, not {probability}")
    sum_of_quantiles = float(ndtri(level) + ndtri(power))
    return math.ceil((sum_of_quantiles / (math.sqrt(6) * (0.5 - probability))) ** 2)


def runs_to_find(delta: float, deviation: float, level: float = 0.95, power: float = 0.95) -> int:
    """Runs of each revision that a difference of `delta` needs if runs of one revision vary by the standard deviation
    `deviation`; both in the metric's unit, `delta` not 0.
    """
    from scipy.special import ndtr

    probability = float(ndtr(abs(delta) / (deviation * math.sqrt(2)))) if deviation else 1.0
    return runs_needed(min(probability, 1 - 1e-9), level, power)


def significance_unknown(delta: float, history: Sequence[float] = ()) -> str:
    """Say what can be said of a difference of single runs: nothing but how many runs would tell, and, with values of earlier
    revisions (oldest first, the baseline's last), how unusual such a step is.
    """
    few = "Significance unknown (one run each)"
    steps = np.abs(np.diff(np.asarray(history, dtype=np.float64)))
    if len(steps) < FEWEST_RUNS or not np.isfinite(steps).all() or not steps.any():
        return (
            f"{few}: it would take about {runs_to_find(1, 1)} runs of each "
            "if runs vary by as much as this difference (one standard deviation)."
        )
    larger = int(np.count_nonzero(steps >= abs(delta)))
    deviation = float(np.sqrt(np.mean(steps**2) / 2))
    return (
        f"{few}: {larger} of the last {len(steps)} steps on the base branch were at least as large; if runs vary as much as those "
        f"revisions did, it would take about {max(FEWEST_RUNS, runs_to_find(delta, deviation))} runs of each to tell."
    )


def _wins(left: FloatArray, right: FloatArray) -> FloatArray:
    return np.asarray((left > right) + 0.5 * (left == right), dtype=np.float64)


def _one_sided_all(probability: float, runs: int, level: float) -> tuple[float, float]:
    bound = ((1 - level) / 2) ** (1 / runs)
    return (bound, 1.0) if probability else (0.0, 1 - bound)
