"""Corrections for looking at many p-values at once. A metric without a p-value (None) is no member of the family."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from reporter.compare.statistics.columns import FloatArray

PValues = Sequence[float | None]


def holm(p_values: PValues) -> list[float | None]:
    """Bound the chance of any false alarm (Holm 1979, A simple sequentially rejective multiple test procedure)."""
    return _corrected(p_values, _holm)


def benjamini_hochberg(p_values: PValues) -> list[float | None]:
    """Bound the share of false alarms among all alarms (Benjamini & Hochberg 1995, Controlling the false discovery rate)."""
    from scipy.stats import false_discovery_control

    return _corrected(p_values, false_discovery_control)


def _holm(family: FloatArray) -> FloatArray:
    order = np.argsort(family, kind="stable")
    corrected = np.empty_like(family)
    corrected[order] = np.maximum.accumulate(family[order] * np.arange(len(family), 0, -1))
    return np.minimum(corrected, 1.0)


def _corrected(p_values: PValues, correct: Callable[[FloatArray], FloatArray]) -> list[float | None]:
    family = [p for p in p_values if p is not None]
    corrected = iter(correct(np.array(family)).tolist() if family else ())
    return [None if p is None else next(corrected) for p in p_values]
