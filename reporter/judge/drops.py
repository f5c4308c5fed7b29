"""How much worse a metric became, held against the most that is allowed."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeAlias

from reporter.compare.difference import as_float, difference, is_rounding
from reporter.judge.finding import Finding
from reporter.judge.limits import DropLimit, exact
from reporter.model.comparison import MetricRow, State, Verdict
from reporter.model.formatting import apart
from reporter.model.reasons import GateReason, Significance
from reporter.model.rules import Direction
from reporter.model.values import Value, is_finite, is_number, same_value

_Amount: TypeAlias = Fraction | float
"""An exact amount, or ±Infinity."""


def judge_drop(row: MetricRow, limit: DropLimit, level: float) -> Finding:
    """Judge a row whose candidate value is a finite number and whose sides could be read.

    pass: not worse than the limit, and neither is the worst end of the interval, where there is one.
    warn: within the limit with an interval that reaches beyond it, or a drop that must be shown to be real and is not.
    fail: beyond the limit. unknown: there is no difference to judge, or no direction. A drop equal to the limit passes.
    """
    if row.state is State.ADDED:
        return Finding(Verdict.PASS, GateReason.NEW, "is new: there is nothing that it could be worse than")
    if (obstacle := _obstacle(row)) is not None:
        return obstacle
    drop, worst = _drop(row), _worst(row)
    if drop is None:
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_NO_NUMBER, "has a baseline that is NaN")
    scale = _scale(row.base) if limit.relative else Fraction(1)
    if scale == 0:
        return _judge_from_zero(drop)
    return _judge_amount(row, limit, drop / scale, None if worst is None else worst / scale, level)


def without_baseline(lost: str) -> Finding:
    """Judge a row of a report without earlier metrics: a first one, or one whose baseline had some that are `lost`."""
    if lost:
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_LOST, f"cannot be compared: {lost}")
    return Finding(Verdict.PASS, GateReason.FIRST_REPORT, "no baseline yet: a first report passes")


def _obstacle(row: MetricRow) -> Finding | None:
    """Why there is no difference to judge."""
    if not row.comparable:
        why = "not comparable with the baseline: the evaluation data differ"
        return Finding(Verdict.UNKNOWN, GateReason.INCOMPARABLE, why)
    if not is_number(row.base):
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_NO_NUMBER, "has a baseline that is no number")
    if row.direction is Direction.NONE:
        why = "has no known direction: set `direction: higher` or `direction: lower` in reporter.yaml"
        return Finding(Verdict.UNKNOWN, GateReason.NO_DIRECTION, why)
    return None


def _drop(row: MetricRow) -> _Amount | None:
    """The change for the worse, negative for the better; None where a side is NaN."""
    sign = -1 if row.direction is Direction.HIGHER else 1
    if row.tested_delta is not None:
        return sign * exact(row.tested_delta)
    if same_value(row.base, row.head) or is_rounding(row.base, row.head):
        return Fraction(0)
    if is_number(row.base) and is_number(row.head) and is_finite(row.base) and is_finite(row.head):
        return sign * (exact(row.head) - exact(row.base))
    delta = difference(row.base, row.head)
    return None if delta is None else as_float(sign * delta)


def _worst(row: MetricRow) -> _Amount | None:
    """The worst change that the interval holds; None without an interval."""
    if row.interval is None:
        return None
    low, high = row.interval
    worst = -low if row.direction is Direction.HIGHER else high
    return exact(worst) if math.isfinite(worst) else math.inf


def _scale(base: Value) -> Fraction:
    """|base|, of which a relative drop is a fraction; 1 where that is no finite number."""
    return abs(exact(base)) if is_number(base) and is_finite(base) else Fraction(1)


def _judge_from_zero(drop: _Amount) -> Finding:
    if drop > 0:
        why = "has a baseline of 0, of which nothing is a fraction"
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_ZERO, why)
    return Finding(Verdict.PASS, GateReason.WITHIN, "not worse than a baseline of 0")


def _judge_amount(row: MetricRow, limit: DropLimit, drop: _Amount, worst: _Amount | None, level: float) -> Finding:
    change, allowed = _change(drop, limit), f"(limit {limit.allowed})"
    if drop > limit.amount:
        return _beyond(row, limit, f"{change} {allowed}", level)
    if worst is not None and worst > limit.amount:
        why = f"{change}, but could be worse by {_shown(worst, limit)} {allowed}"
        return Finding(Verdict.WARN, GateReason.PERHAPS_BEYOND, why)
    return Finding(Verdict.PASS, GateReason.WITHIN, f"{change} {allowed}" if drop > 0 else change)


def _beyond(row: MetricRow, limit: DropLimit, change: str, level: float) -> Finding:
    """A drop beyond the limit: it matters, and may have to be shown to be real."""
    if not limit.significant:
        return Finding(Verdict.FAIL, GateReason.BEYOND, change)
    if row.interval is not None:
        low, high = row.interval
        return _shown_or_not("interval", change, is_real=high < 0 if row.direction is Direction.HIGHER else low > 0)
    if row.p_value is not None:
        return _shown_or_not("test", change, is_real=row.p_value < 1 - level)
    why = ": one run each" if row.significance is Significance.UNTESTED else " (see its note)"
    return Finding(
        Verdict.WARN, GateReason.PERHAPS_CHANCE, f"{change}, but nothing shows whether the drop is real{why}"
    )


def _shown_or_not(by: str, change: str, *, is_real: bool) -> Finding:
    if is_real:
        return Finding(Verdict.FAIL, GateReason.BEYOND, f"{change}, and the {by} shows that the drop is real")
    why = f"{change}, but the {by} does not show that the drop is real"
    return Finding(Verdict.WARN, GateReason.PERHAPS_CHANCE, why)


def _change(drop: _Amount, limit: DropLimit) -> str:
    if drop == 0:
        return "unchanged"
    return f"{'worse' if drop > 0 else 'better'} by {_shown(drop if drop > 0 else -drop, limit)}"


def _shown(amount: _Amount, limit: DropLimit) -> str:
    """With enough digits to tell the amount from the limit."""
    scale = 100 if limit.relative else 1
    text = apart(as_float(amount * scale), as_float(limit.amount * scale))
    return f"{text} %" if limit.relative else text
