"""A trend through a noisy line.

Local linear regression with tricube weights: Cleveland, "Robust locally weighted regression and smoothing
scatterplots", JASA 74 (1979), without its robustness iterations, as Vega's `loess` transform has it.
"""

from __future__ import annotations

import numpy as np

from reporter.figures.columns import Floats

_BANDWIDTH = 0.08
"""Part of the points that each value of the trend is fitted to."""
_CURVE_POINTS = 200
_MOST_POINTS = 2_000
"""More points are averaged in so many groups of neighbours first: the trend is the same to the eye."""
_FEWEST_POINTS = 5


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
    """Weighted straight-line fits around each of `at`; shape (len(at),)."""
    distance = np.abs(x[None, :] - at[:, None])
    nearest = min(len(x), max(_FEWEST_POINTS, int(_BANDWIDTH * len(x)))) - 1
    reach = np.partition(distance, nearest, axis=1)[:, nearest] * 1.001
    weight = np.clip(1 - (distance / np.maximum(reach, np.finfo(float).tiny)[:, None]) ** 3, 0, None) ** 3
    total = weight.sum(axis=1)
    total[total == 0] = 1
    centre_x, centre_y = weight @ x / total, weight @ y / total
    offset = x[None, :] - centre_x[:, None]
    spread = (weight * offset**2).sum(axis=1)
    slope = (weight * offset) @ y / np.where(spread == 0, 1, spread)
    trend: Floats = centre_y + np.where(spread == 0, 0, slope) * (at - centre_x)
    return trend
