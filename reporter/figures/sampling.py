"""Long series made short: as many points as a picture can show, with the shape and the extremes kept.

Lines: MinMaxLTTB (Van Der Donckt et al., "MinMaxLTTB: Leveraging MinMax-Preselection to Scale LTTB", IEEE VIS 2023).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reporter.figures.columns import Floats

Indices = npt.NDArray[np.intp]


def line_points(x: Floats, y: Floats, limit: int) -> tuple[Floats, Floats]:
    """A line of about `limit` points at most; x must not decrease. A stretch of NaN stays a gap: one NaN.

    Shapes (rows,) in, (≤ limit + 4 + gaps,) out. First, last, lowest and highest point are kept.
    """
    if len(y) <= limit:
        return x, y
    drawable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(drawable) == 0:
        return x[:0], y[:0]
    if len(drawable) == len(y):
        kept = _shape(x, y, limit)
        return x[kept], y[kept]
    kept = drawable[_shape(x[drawable], y[drawable], limit)]
    return _with_gaps(x, y, drawable, kept)


def _shape(x: Floats, y: Floats, limit: int) -> Indices:
    if len(y) <= limit:
        return np.arange(len(y))
    from tsdownsample import MinMaxLTTBDownsampler  # 0.2 s, and most series are short

    downsampler: Any = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]  # its stubs are not typed
    chosen = downsampler.downsample(np.ascontiguousarray(x), np.ascontiguousarray(y), n_out=limit)
    extremes = [0, len(y) - 1, int(np.argmin(y)), int(np.argmax(y))]
    return np.union1d(chosen.astype(np.intp), np.array(extremes, dtype=np.intp))


def _with_gaps(x: Floats, y: Floats, drawable: Indices, kept: Indices) -> tuple[Floats, Floats]:
    """Put one NaN between neighbours that have a value which cannot be drawn between them."""
    missing = np.ones(len(y), dtype=np.intp)
    missing[drawable] = 0
    before = np.cumsum(missing)[kept]
    gaps = np.flatnonzero(np.diff(before)) + 1
    return np.insert(x[kept], gaps, x[kept][gaps]), np.insert(y[kept], gaps, np.nan)


def cloud_points(x: npt.NDArray[Any], y: npt.NDArray[Any], limit: int) -> Indices:
    """Indices, in order, of about `limit` points of a scatter plot: a seeded random choice and the extremes of both axes."""
    if len(y) <= limit:
        return np.arange(len(y))
    chosen = np.random.default_rng(0).choice(len(y), size=limit, replace=False)
    extremes = [int(pick(axis)) for axis in (x, y) if axis.dtype.kind == "f" for pick in (np.nanargmin, np.nanargmax)]
    return np.union1d(chosen, np.array(extremes, dtype=np.intp))
