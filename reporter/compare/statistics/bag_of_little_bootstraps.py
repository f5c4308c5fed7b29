"""Intervals and p-values of what resampling gave.

Intervals are symmetric (Hall 1988, On symmetric bootstrap confidence intervals): as far on both sides as 95 % of the resamples stray
from their centre, expanded for small samples (Hesterberg 2015, What teachers should know about the bootstrap). An interval
then excludes zero exactly when the p-value says so. In simulations (docs/validation.md) they keep their level better than
percentile intervals, above all with clusters and heavy tails. BCa intervals were not chosen: the difference of two like
metrics is nearly symmetrical, so that their corrections are small, and they need a jackknife of every row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reporter.compare.statistics.columns import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """What resampling says about one difference, of at least two units."""

    deviations: FloatArray
    """Shape (subsets, resamples): the difference in a resample − the difference in what was resampled. NaN: undefined there."""
    units: int
    """How many rows or clusters there are."""

    @property
    def undefined(self) -> float:
        """Share of resamples in which the metric was not defined."""
        return float(np.isnan(self.deviations).mean())

    def constant(self, rounding: float) -> bool:
        """No resample differs from another by more than `rounding`: the spread cannot be estimated."""
        return not np.nanmax(np.abs(self.deviations)) > rounding

    def show(self, level: float) -> bool:
        """Whether there are enough resamples for one to lie beyond an interval of this level."""
        defined = int(np.count_nonzero(~np.isnan(self.deviations)))
        return _resampled_share(1 - level, self.units) * (defined + 1) >= 1

    def interval(self, delta: float, level: float, rounding: float) -> tuple[float, float]:
        """`delta` ± the distance that only the share 1 − `level` of the resamples of all subsets exceeds. An end within `rounding` of
        zero is zero.

        Kleiner et al. 2014 average the subsets' own quantiles. Here their deviations, each from its subset's own centre, are one
        sample: a twentieth of the resamples says little about a tail.
        """
        share = _resampled_share(1 - level, self.units)
        half = _exceeded_by(share, self.deviations[~np.isnan(self.deviations)])
        low, high = (0.0 if abs(end) <= rounding else end for end in (delta - half, delta + half))
        return low, high

    def p_value(self, delta: float, rounding: float) -> float:
        """Two-sided: how often a resample is as far from its centre as `delta` is from zero (Hall & Wilson 1991, Two guidelines for
        bootstrap hypothesis testing), counting the sample itself, so that it is never 0 (Davison & Hinkley 1997, section 4.2).
        """
        kept = self.deviations[~np.isnan(self.deviations)]
        extreme = np.count_nonzero(np.abs(kept) >= abs(delta) - rounding)
        return _sampled_share((extreme + 1) / (len(kept) + 1), self.units)


def _exceeded_by(share: float, deviations: FloatArray) -> float:
    """The absolute deviation that is exceeded by this share of them, counting the sample itself: of R resamples the share is one of
    R + 1 (Davison & Hinkley 1997, section 5.2), so that interval and p-value agree.
    """
    count = max(1, math.floor(share * (len(deviations) + 1)))
    return float(-np.partition(-np.abs(deviations), count - 1)[count - 1])


def _resampled_share(share: float, units: int) -> float:
    """The share of resamples to cut off for an interval as wide as Student's: 2 Φ(t √(n / (n − 1))), the expanded percentile of
    Hesterberg 2015.

    Resamples of n units vary by the divisor n, not n − 1, and are near a normal distribution where a sample is near Student's.
    """
    from scipy.special import ndtr, stdtrit

    return float(2 * ndtr(stdtrit(units - 1, share / 2) * math.sqrt(units / (units - 1))))


def _sampled_share(share: float, units: int) -> float:
    """The reverse of `_resampled_share`."""
    from scipy.special import ndtri, stdtr

    return float(2 * stdtr(units - 1, ndtri(share / 2) * math.sqrt((units - 1) / units)))


ROUNDING = 1e-12
"""Differences closer than this part of the metric's values are equal but for rounding."""
