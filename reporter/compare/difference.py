"""The difference of two values, exactly: integers as integers, however large."""

from __future__ import annotations

import math
from fractions import Fraction

from reporter.model.values import Number, Value, is_finite, is_number, is_too_long


def difference(base: Value, head: Value) -> Number | None:
    """Give head − base; None unless both are numbers and the difference is one that can be held (NaN is none).

    Of two integers an integer; else the exact difference of the two numbers, rounded once: to a float, or to an integer
    where no float is so large.
    """
    if not (is_number(base) and is_number(head)):
        return None
    if isinstance(base, int) and isinstance(head, int):
        return None if is_too_long(head - base) else head - base
    if not (is_finite(base) and is_finite(head)):
        result = as_float(head) - as_float(base)
        return None if math.isnan(result) else result
    exact = Fraction(head) - Fraction(base)
    nearest = as_float(exact)
    return nearest if math.isfinite(nearest) else round(exact)


def relative_difference(base: Value, delta: Number | None) -> float | None:
    """Give delta / |base|; None without a difference, at a base of zero, and where the quotient is no number."""
    if delta is None or not is_number(base) or base == 0:
        return None
    if not (is_finite(base) and is_finite(delta)):
        quotient = as_float(delta) / abs(as_float(base))
        return None if math.isnan(quotient) else quotient
    return as_float(Fraction(delta) / abs(Fraction(base)))


ROUNDING = 1e-12
"""Relative: another order of summing, or another machine, changes as much of the same result."""


def is_rounding(base: Value, head: Value) -> bool:
    """Whether two numbers differ by no more than rounding. Integers are exact."""
    if not (isinstance(base, float) and isinstance(head, float) and math.isfinite(base) and math.isfinite(head)):
        return False
    return math.isclose(base, head, rel_tol=ROUNDING, abs_tol=0.0)


def as_float(value: Number | Fraction) -> float:
    """The nearest float; ±Infinity for what is beyond every one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
