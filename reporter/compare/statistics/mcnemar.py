"""The exact test of a difference in accuracy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mcnemar(base_right: npt.NDArray[np.bool_], head_right: npt.NDArray[np.bool_]) -> float:
    """Two-sided exact p-value of equal accuracy on the same examples (McNemar 1947, Note on the sampling error of the difference
    between correlated proportions), from the binomial distribution of the examples that only one side got right.

    Both arguments have shape (n,). 1 where no example changed sides.
    """
    from scipy.stats import binomtest

    gained = int(np.count_nonzero(head_right & ~base_right))
    lost = int(np.count_nonzero(base_right & ~head_right))
    if not gained + lost:
        return 1.0
    return max(float(binomtest(gained, gained + lost).pvalue), float(np.finfo(np.float64).tiny))


def flips_interval(
    base_right: npt.NDArray[np.bool_], head_right: npt.NDArray[np.bool_], level: float
) -> tuple[float, float]:
    """The interval of the difference in accuracy that belongs to the test, given how many examples changed sides: the exact one of
    the share that became right (Clopper & Pearson 1934, The use of confidence or fiducial limits). Where none did, the exact
    bound on the share that might have.
    """
    from scipy.stats import binomtest

    gained = int(np.count_nonzero(head_right & ~base_right))
    flipped = gained + int(np.count_nonzero(base_right & ~head_right))
    if not flipped:
        most = 1 - ((1 - level) / 2) ** (1 / len(base_right))
        return -most, most
    share = binomtest(gained, flipped).proportion_ci(level)
    low, high = ((2 * float(end) - 1) * flipped / len(base_right) for end in (share.low, share.high))
    return low, high
