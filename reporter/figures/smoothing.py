"""A trend through a noisy line.

Local linear regression with tricube weights: Cleveland, "Robust locally weighted regression and smoothing
scatterplots", JASA 74 (1979), without its robustness iterations, as Vega's `loess` transform has it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reporter.figures.columns import Floats

_BANDWIDTH = 0.08
"""Part of the points that each value of the trend is fitted to."""
_CURVE_POINTS = 200
_MOST_POINTS = 2_000
"""More points are averaged in so many groups of neighbours first: the trend is the same to the eye."""
_FEWEST_POINTS = 5
_ROUNDING = 1e-9
"""Points that lie so close together, as a part of the reach, lie at one place."""


def smoothed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The trend as (x, y), shapes (≤ 200,); x must not decrease. Fewer than five points are returned as they are."""
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = _averaged(x[finite]), _averaged(y[finite])
    if len(x) < _FEWEST_POINTS or x[0] == x[-1]:
        return x, y
    at = np.linspace(x[0], x[-1], min(_CURVE_POINTS, len(x)))
    return at, _local_fits(x, y, at)


def _averaged(values: Floats) -> Floats:
    if len(values) <= _MOST_POINTS:
        return values
    starts = np.linspace(0, len(values), _MOST_POINTS, endpoint=False).astype(np.intp)
    return np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))


def _local_fits(x: Floats, y: Floats, at: Floats) -> Floats:
    """Weighted straight-line fits around each of `at`; shape (len(at),). Each looks at its nearest points alone."""
    reach = _reach(x, at, min(len(x), max(_FEWEST_POINTS, int(_BANDWIDTH * len(x)))))
    near = _windows(x, at - reach, at + reach)
    offset, near_y = x[near] - at[:, None], y[near]
    distance, limit = np.abs(offset), reach[:, None]
    weight = (
        np.where(distance <= limit, 1 - (np.minimum(distance, limit) / np.where(limit == 0, 1, limit)) ** 3, 0) ** 3
    )
    total = weight.sum(axis=1)
    total[total == 0] = 1
    centre, centre_y = (weight * offset).sum(axis=1) / total, (weight * near_y).sum(axis=1) / total
    offset -= centre[:, None]
    spread = (weight * offset**2).sum(axis=1)
    at_one_place = spread <= total * (_ROUNDING * reach) ** 2
    slope = (weight * offset * near_y).sum(axis=1) / np.where(at_one_place, 1, spread)
    trend: Floats = centre_y - np.where(at_one_place, 0, slope) * centre
    return trend


def _windows(x: Floats, low: Floats, high: Floats) -> npt.NDArray[np.intp]:
    """Indices of the points from `low` to `high`, and of some beside where others have more; shape (len(low), widest)."""
    first, end = np.searchsorted(x, low, "left"), np.searchsorted(x, high, "right")
    widest = int((end - first).max())
    return np.minimum(first, len(x) - widest)[:, None] + np.arange(widest)


def _reach(x: Floats, at: Floats, count: int) -> Floats:
    """A little more than the distance of the `count`th nearest point to each of `at`; shape (len(at),).

    The nearest points are neighbours. Of all such windows the best is one of the two where the farther end changes sides.
    """
    first, last = x[: len(x) - count + 1], x[count - 1 :]
    after = np.searchsorted(first + last, 2 * at).clip(max=len(first) - 1)
    before = (after - 1).clip(min=0)
    farther = [np.maximum(at - first[window], last[window] - at) for window in (before, after)]
    reach: Floats = np.minimum(*farther) * 1.001
    return reach
