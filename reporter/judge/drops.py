"""How much worse a metric became, held against the most that is allowed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import TypeAlias

from reporter.compare.difference import as_float, difference, is_rounding
from reporter.judge.finding import Finding
from reporter.judge.limits import DropLimit, Margin, SliceLimit, exact
from reporter.model.comparison import MetricRow, Outcome, SliceRow, State, Verdict
from reporter.model.formatting import apart, counted, number, percent, probability
from reporter.model.reasons import GateReason, Significance
from reporter.model.rules import Direction
from reporter.model.values import Value, is_finite, is_number, same_value

_Amount: TypeAlias = Fraction | float
"""An exact amount, or ±Infinity."""
_NORMAL = NormalDist()
_POWER = 0.8
_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Strictness:
    """How sure a drop must be to count as real."""

    level: float = 0.95
    """A p-value below its complement is."""
    tests: int = 1
    """Over how many gated metrics p-values are corrected."""


def judge_drop(row: MetricRow, limit: DropLimit, strictness: Strictness) -> Finding:
    """Judge a row whose candidate value is a finite number and whose sides could be read.

    pass: not worse than the limit. fail: beyond it and real, by the p-value that is corrected over all gated metrics; where no test
    exists, or none is asked for, the values alone decide. warn: beyond it, and perhaps by chance. unknown: there is no difference to
    judge, no direction, or evidence that cannot be used. A drop equal to the limit passes.
    """
    if (unjudged := _unjudged(row)) is not None:
        return unjudged
    drop = _drop(row)
    if drop is None:
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_NO_NUMBER, "has a baseline that is NaN")
    scale = _scale(row.base) if limit.relative else Fraction(1)
    if scale == 0:
        return _judge_from_zero(drop)
    return _of_all_rows(_judge_amount(row, limit, drop / scale, scale, strictness), row)


def judge_margin(row: MetricRow, margin: Margin) -> Finding:
    """Judge whether a row is shown to be no worse than a margin: non-inferiority, by its interval.

    pass: the interval's bad end is within the margin. fail: its good end is beyond. warn: between, or there is no interval that
    shows it. One interval for each gate is enough, since each of them has to pass (Berger 1982, Multiparameter hypothesis testing and
    acceptance sampling).
    """
    if (unjudged := _unjudged(row)) is not None:
        return unjudged
    drop, ends = _drop(row), _ends(row)
    if drop is None:
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_NO_NUMBER, "has a baseline that is NaN")
    return _of_all_rows(_judge_ends(drop, ends, margin, is_testable=row.significance is not Significance.UNTESTED), row)


def judge_slices(row: MetricRow, limit: SliceLimit, slices: Sequence[SliceRow]) -> Finding:
    """Judge the slices of a row's metric: one that is clearly worse (its p-value is corrected over all slices) by more than the limit
    fails, one that may be so by chance warns.
    """
    if (unjudged := _unjudged(row)) is not None:
        return unjudged
    judged = [
        each for each in slices if each.rows >= limit.min_rows and (not limit.groups or each.group in limit.groups)
    ]
    known = [(drop, each) for each in judged if (drop := _drop_of(each, row.direction)) is not None]
    absent = [group for group in limit.groups if all(each.group != group for each in slices)]
    if absent or not known:
        which = f"by {', '.join(absent)}" if absent else f"of {limit.min_rows:,} rows or more"
        return Finding(Verdict.UNKNOWN, GateReason.NO_SLICES, f"has no slices {which}")
    beyond = [(drop, each) for drop, each in known if drop > limit.amount]
    clear = [(drop, each) for drop, each in beyond if each.outcome is Outcome.REGRESSED]
    return _of_all_rows(
        _judge_worst(clear or beyond or known, limit, is_beyond=bool(beyond), is_clear=bool(clear)), row
    )


def _judge_worst(
    slices: Sequence[tuple[_Amount, SliceRow]], limit: SliceLimit, *, is_beyond: bool, is_clear: bool
) -> Finding:
    drop, worst = max(slices, key=lambda each: each[0])
    told = f"{worst.group} = {worst.value} {_change(drop, limit.amount)} (limit {limit.allowed})"
    if is_clear:
        more = f" and {counted(len(slices) - 1, 'other slice')}" if len(slices) > 1 else ""
        return Finding(Verdict.FAIL, GateReason.BEYOND, f"in {told}, not by chance{_told(worst.p_value)}{more}")
    if is_beyond:
        return Finding(Verdict.WARN, GateReason.PERHAPS_CHANCE, f"in {told}, perhaps by chance{_told(worst.p_value)}")
    return Finding(Verdict.PASS, GateReason.WITHIN, f"at worst in {told}")


def _drop_of(each: SliceRow, direction: Direction) -> _Amount | None:
    if each.delta is None:
        return None
    return -exact(each.delta) if direction is Direction.HIGHER else exact(each.delta)


def without_baseline(lost: str) -> Finding:
    """Judge a row of a report without earlier metrics: a first one, or one whose baseline had some that are `lost`."""
    if lost:
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_LOST, f"cannot be compared: {lost}")
    return Finding(Verdict.PASS, GateReason.FIRST_REPORT, "no baseline yet: a first report passes")


def _unjudged(row: MetricRow) -> Finding | None:
    """What is to be said of a row without a difference to judge, or one that evidence would decide that cannot be used."""
    if row.state is State.ADDED:
        return Finding(Verdict.PASS, GateReason.NEW, "is new: there is nothing that it could be worse than")
    if row.is_incomparable:
        why = "not comparable with the baseline: the evaluation data differ"
        return Finding(Verdict.UNKNOWN, GateReason.INCOMPARABLE, why)
    if not is_number(row.base):
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_NO_NUMBER, "has a baseline that is no number")
    if row.direction is Direction.NONE:
        why = "has no known direction: set `direction: higher` or `direction: lower` in reporter.yaml"
        return Finding(Verdict.UNKNOWN, GateReason.NO_DIRECTION, why)
    if row.unusable:
        return Finding(Verdict.UNKNOWN, GateReason.UNUSABLE, row.unusable)
    return None


def _of_all_rows(finding: Finding, row: MetricRow) -> Finding:
    """What a change takes out of its test set may be what it is worse at: nothing but a failure is sure on what is left."""
    if row.split is None or not row.split.gone or finding.result is Verdict.FAIL:
        return finding
    gone = f"{counted(row.split.gone, 'row')} of the baseline's test set cannot be compared"
    why = f"{gone}; on the {row.split.rows:,} others: {finding.reason}"
    return Finding(Verdict.UNKNOWN, GateReason.ROWS_GONE, why)


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


def _ends(row: MetricRow) -> tuple[_Amount, _Amount] | None:
    """The best and the worst change that the interval holds, as drops; None without an interval."""
    if row.interval is None:
        return None
    low, high = row.interval
    ends = (-high, -low) if row.direction is Direction.HIGHER else (low, high)
    best, worst = (exact(end) if math.isfinite(end) else end for end in ends)
    return best, worst


def _scale(base: Value) -> Fraction:
    """|base|, of which a relative drop is a fraction; 1 where that is no finite number."""
    return abs(exact(base)) if is_number(base) and is_finite(base) else Fraction(1)


def _judge_from_zero(drop: _Amount) -> Finding:
    if drop > 0:
        why = "has a baseline of 0, of which nothing is a fraction"
        return Finding(Verdict.UNKNOWN, GateReason.BASELINE_ZERO, why)
    return Finding(Verdict.PASS, GateReason.WITHIN, "not worse than a baseline of 0")


def _judge_amount(row: MetricRow, limit: DropLimit, drop: _Amount, scale: Fraction, strictness: Strictness) -> Finding:
    change, allowed = _change(drop, limit.amount, relative=limit.relative), f"(limit {limit.allowed})"
    if drop <= limit.amount:
        told = _detectable(row, limit, scale, strictness)
        return Finding(Verdict.PASS, GateReason.WITHIN, f"{change} {allowed}{told}" if drop > 0 else f"{change}{told}")
    return _beyond(row, limit, f"{change} {allowed}", strictness)


def _beyond(row: MetricRow, limit: DropLimit, change: str, strictness: Strictness) -> Finding:
    """A drop beyond the limit: it matters, and may have to be shown to be real."""
    is_tested = row.interval is not None or row.p_value is not None
    if limit.significant is False or (limit.significant is None and row.significance is Significance.UNTESTED):
        return Finding(Verdict.FAIL, GateReason.BEYOND, change)
    if not is_tested:
        why = "one run each" if row.significance is Significance.UNTESTED else "see its note"
        nothing = f"{change}, but nothing shows whether the drop is real ({why})"
        return Finding(Verdict.WARN, GateReason.PERHAPS_CHANCE, nothing)
    if _is_real(row, strictness):
        return Finding(Verdict.FAIL, GateReason.BEYOND, f"{change}, not by chance{_told(row.p_value)}")
    told = _told(row.p_value, strictness.tests)
    return Finding(Verdict.WARN, GateReason.PERHAPS_CHANCE, f"{change}, perhaps by chance{told}")


def _is_real(row: MetricRow, strictness: Strictness) -> bool:
    """By the corrected p-value; an interval without one must exclude zero."""
    if row.p_value is not None:
        return row.p_value < 1 - strictness.level
    ends = _ends(row)
    return ends is not None and ends[0] > 0


def _told(p_value: float | None, tests: int = 1) -> str:
    """` (p = 0.067, corrected over 4 gated metrics)`; empty without a p-value."""
    if p_value is None:
        return ""
    over = f", corrected over {tests:,} gated metrics" if tests > 1 else ""
    return f" ({probability(p_value, named=True)}{over})"


def _detectable(row: MetricRow, limit: DropLimit, scale: Fraction, strictness: Strictness) -> str:
    """`; drops of 0.012 or more would be told`: those that this test finds with a power of 80 %, at the corrected level; empty without
    a test, or where its difference cannot vary.

    By the normal approximation: the interval's half width is a quantile times the standard error.
    """
    if row.interval is None or limit.significant is False:
        return ""
    half = (row.interval[1] - row.interval[0]) / 2
    if not half or not math.isfinite(half):
        return ""
    alpha = 1 - strictness.level
    error = half / _NORMAL.inv_cdf(1 - alpha / 2)
    least = error * (_NORMAL.inv_cdf(1 - alpha / (2 * strictness.tests)) + _NORMAL.inv_cdf(_POWER))
    shown = percent(least / float(scale)) if limit.relative else number(least, _DIGITS)
    return f"; drops of {shown} or more would be told"


def _judge_ends(drop: _Amount, ends: tuple[_Amount, _Amount] | None, margin: Margin, *, is_testable: bool) -> Finding:
    change, allowed = _change(drop, margin.amount), f"(margin {number(as_float(margin.amount))})"
    if ends is None:
        if drop > margin.amount:
            return Finding(Verdict.FAIL, GateReason.BEYOND, f"{change} {allowed}")
        why = "see its note" if is_testable else "one run each"
        nothing = f"{change}, but nothing shows that it is no worse {allowed}: {why}"
        return Finding(Verdict.WARN, GateReason.PERHAPS_BEYOND, nothing)
    best, worst = ends
    if worst <= margin.amount:
        return Finding(Verdict.PASS, GateReason.WITHIN, f"{change}, and shown to be no worse {allowed}")
    if best > margin.amount:
        return Finding(
            Verdict.FAIL, GateReason.BEYOND, f"{change}, and at least by {_shown(best, margin.amount)} {allowed}"
        )
    why = f"{change}, but could be worse by {_shown(worst, margin.amount)} {allowed}"
    return Finding(Verdict.WARN, GateReason.PERHAPS_BEYOND, why)


def _change(drop: _Amount, limit: Fraction, *, relative: bool = False) -> str:
    if drop == 0:
        return "unchanged"
    return f"{'worse' if drop > 0 else 'better'} by {_shown(drop if drop > 0 else -drop, limit, relative=relative)}"


def _shown(amount: _Amount, limit: Fraction, *, relative: bool = False) -> str:
    """With enough digits to tell the amount from the limit."""
    scale = 100 if relative else 1
    text = apart(as_float(amount * scale), as_float(limit * scale))
    return f"{text} %" if relative else text
