"""Corrections for looking at many p-values at once. A metric without a p-value (None) is no member of the family.

scipy has no Holm, and its Benjamini–Hochberg, which a test holds against this one, takes 0.7 s to import: of a small regression
nothing else needs that module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from reporter.compare.statistics.columns import FloatArray

PValues = Sequence[float | None]


def holm(p_values: PValues) -> list[float | None]:
    """Bound the chance of any false alarm (Holm 1979, A simple sequentially rejective multiple test procedure)."""
    return _stepwise(p_values, _holm)


def benjamini_hochberg(p_values: PValues) -> list[float | None]:
    """Bound the share of false alarms among all alarms (Benjamini & Hochberg 1995, Controlling the false discovery rate)."""
    return _stepwise(p_values, _benjamini_hochberg)


def _holm(ascending: FloatArray) -> FloatArray:
    return np.maximum.accumulate(ascending * np.arange(len(ascending), 0, -1))


def _benjamini_hochberg(ascending: FloatArray) -> FloatArray:
    scaled = ascending * (len(ascending) / np.arange(1, len(ascending) + 1))
    return np.asarray(np.minimum.accumulate(scaled[::-1])[::-1])


def _stepwise(p_values: PValues, adjust: Callable[[FloatArray], FloatArray]) -> list[float | None]:
    known = [index for index, p in enumerate(p_values) if p is not None]
    values = np.array([p for p in p_values if p is not None], dtype=np.float64)
    order = np.argsort(values, kind="stable")
    corrected: list[float | None] = [None] * len(p_values)
    for place, value in zip(order, np.minimum(adjust(values[order]), 1.0), strict=True):
        corrected[known[place]] = float(value)
    return corrected
