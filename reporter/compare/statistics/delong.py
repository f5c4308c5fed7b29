"""The difference of two correlated ROC AUCs, without resampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import FloatArray


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Two areas under the ROC curve on the same examples, and how far their difference would vary."""

    base: float
    head: float
    variance: float
    """Of head − base; NaN with fewer than two positives or two negatives."""

    @property
    def delta(self) -> float:
        """Candidate − baseline; NaN where either is not defined."""
        return self.head - self.base

    def interval(self, level: float) -> tuple[float, float] | None:
        """Symmetric normal interval; None where the variance cannot be estimated."""
        from scipy.special import ndtri

        if not self.estimable:
            return None
        half = float(ndtri((1 + level) / 2)) * math.sqrt(max(self.variance, 0.0))
        return self.delta - half, self.delta + half

    @property
    def p_value(self) -> float | None:
        """Two-sided, of no difference; 1 for two scores that rank alike, None where the variance cannot be estimated."""
        from scipy.special import ndtr

        if not self.estimable:
            return None
        if self.delta == 0:
            return 1.0
        return max(2 * float(ndtr(-abs(self.delta) / math.sqrt(self.variance))), np.finfo(np.float64).tiny)

    @property
    def estimable(self) -> bool:
        """False with fewer than two positives or two negatives, and where two areas differ though no component varies, as those of
        a perfect and a constant score do. Two equal areas without spread, as of two perfect scores, count as estimated: by 0 ± 0.
        """
        return math.isfinite(self.variance) and (self.variance > ONLY_ROUNDING or abs(self.delta) < ONLY_ROUNDING)


ONLY_ROUNDING = 1e-15
"""A variance, or a difference of areas, that is rounding."""


def delong(positive: npt.NDArray[np.bool_], base: FloatArray, head: FloatArray) -> AucDifference:
    """Compare two scores of the same examples (DeLong, DeLong & Clarke-Pearson 1988, Comparing the areas under two or more
    correlated ROC curves) by midranks in O(n log n) (Sun & Xu 2014, Fast implementation of DeLong's algorithm).

    All arguments have shape (n,). Without a positive or without a negative the areas are NaN.
    """
    positives, negatives = int(np.count_nonzero(positive)), int(np.count_nonzero(~positive))
    if not positives or not negatives:
        return AucDifference(math.nan, math.nan, math.nan)
    base_auc, base_of_positive, base_of_negative = _components(positive, base)
    head_auc, head_of_positive, head_of_negative = _components(positive, head)
    variance = math.nan
    # Of a mean over positives and one over negatives, which are independent. Taking the differences of the components first gives
    # the variances less twice the covariance, example by example: L S Lᵀ with L = (−1, 1) in DeLong et al.
    if min(positives, negatives) > 1:
        variance = float(
            np.var(head_of_positive - base_of_positive, ddof=1) / positives
            + np.var(head_of_negative - base_of_negative, ddof=1) / negatives
        )
    return AucDifference(base_auc, head_auc, variance)


def _components(positive: npt.NDArray[np.bool_], scores: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """The area, and its structural components: the share of negatives below each positive, of positives above each negative.

    Among all examples a midrank counts who is below, ties half; less the midrank among one's own class it counts the other class.
    """
    from scipy.stats import rankdata

    overall = rankdata(scores)
    negatives_below = overall[positive] - rankdata(scores[positive])
    positives_below = overall[~positive] - rankdata(scores[~positive])
    of_positive = negatives_below / np.count_nonzero(~positive)
    of_negative = 1 - positives_below / np.count_nonzero(positive)
    return float(of_positive.mean()), of_positive, of_negative
