"""Gates: does a difference matter, and is it shown to be real? Two questions, kept apart.

A limit answers the first on the values themselves, a test the second: a drop fails only where both answers are yes. What a test could
not have found is said beside what passes; whoever needs proof that nothing got worse asks for it by `no_worse_than`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from reporter.compare.difference import as_float
from reporter.compare.finiteness import became_non_finite, how_non_finite, is_non_finite
from reporter.compare.renames import NewMetrics
from reporter.judge.drops import Strictness, judge_drop, judge_margin, judge_slices, without_baseline
from reporter.judge.finding import Finding
from reporter.judge.limits import Bound, DropLimit, Limit, Margin, Presence, SliceLimit, exact, limits_of
from reporter.model.comparison import GateRow, MetricRow, SliceRow, State, Verdict
from reporter.model.formatting import apart, number
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.reasons import GateReason
from reporter.model.rules import GateRule, MetricRule, Rules
from reporter.model.values import Number, is_number

_DIGITS = 4
"""Of a value that is held against a bound, at least."""

_FINITE = "finite"
"""The limit of a headline metric that no rule gates, beside metrics that one does: it must not become NaN or ±Infinity."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside the rows themselves."""

    has_base: bool
    problems: Sequence[Problem] = ()
    """Of both revisions: they say why a value is unavailable."""
    level: float = 0.95
    """Of intervals; what its complement is to a p-value."""
    tests: int = 1
    """Over how many gated metrics p-values are corrected."""
    slices: Mapping[MetricKey, Sequence[SliceRow]] = field(default_factory=dict)
    """Of each metric that predictions explain."""
    lost: str = ""
    """Why there is nothing to compare with although the baseline had gated metrics: this is no first report. Usually empty."""
    new: NewMetrics = field(default_factory=NewMetrics)
    """A metric that is gone may be one of them."""


def gate_rows(metrics: Sequence[MetricRow], rules: Rules, circumstances: Circumstances) -> tuple[GateRow, ...]:
    """A row for each limit of each gated metric, in the order of reporter.yaml's rules, then of the metrics.

    A rule that no metric answers to has its rows too, under its own `match`; one that others answer to has them for each file that
    no revision could read and that may hold one more. A headline metric without a gate has one only where others have and it
    became NaN or ±Infinity.
    """
    circumstances = replace(circumstances, new=NewMetrics.among(metrics))
    governed: dict[int, list[MetricRow]] = {}
    for row in metrics:
        rule = row.rule(rules)
        if rule is not None:
            governed.setdefault(rules.metrics.index(rule), []).append(row)
    gates = tuple(
        gate_row
        for index, rule in enumerate(rules.metrics)
        if rule.gate is not None
        for gate_row in (
            (
                *_judged_rows(governed[index], rule.gate, circumstances),
                *_hidden_rows(rule, rule.gate, _hiding(rule, governed[index], metrics, rules), circumstances),
            )
            if index in governed
            else _unmatched_rows(rule, rule.gate, metrics)
        )
    )
    return (*gates, *_diverged_headlines(metrics, gates)) if gates else ()


def _diverged_headlines(metrics: Sequence[MetricRow], gates: Sequence[GateRow]) -> Iterator[GateRow]:
    judged = {gate.metric for gate in gates}
    for row in metrics:
        metric = str(row.key)
        if row.headline and metric not in judged and became_non_finite(row.base, row.head):
            finding = Finding(Verdict.WARN, GateReason.UNGATED_NOT_FINITE, how_non_finite(row))
            yield _gate_row(metric, _FINITE, finding)


def _gate_row(metric: str, rule: str, finding: Finding) -> GateRow:
    return GateRow(metric, rule, finding.result, finding.reason, finding.reason_id)


def _judged_rows(rows: Sequence[MetricRow], gate: GateRule, circumstances: Circumstances) -> Iterator[GateRow]:
    for row in rows:
        for limit in limits_of(gate):
            finding = _judge(row, limit, circumstances)
            if gate.required:
                finding = _required(finding, row)
            yield _gate_row(str(row.key), limit.text, finding)


def _hidden_rows(
    rule: MetricRule, gate: GateRule, hiding: Iterable[MetricRow], circumstances: Circumstances
) -> Iterator[GateRow]:
    """Less evidence gives no better verdict: of what a file may hold that was not read, nothing passes."""
    for row in hiding:
        why = f"may be in {row.file}, which {_could_not_be_read(row, circumstances)}"
        unread = Finding(Verdict.UNKNOWN, GateReason.UNREADABLE, why)
        finding = _required(unread, row) if gate.required else unread
        for limit in limits_of(gate):
            yield _gate_row(f"{row.file}:{rule.match.rpartition(':')[2]}", limit.text, finding)


def _hiding(
    rule: MetricRule, governed: Sequence[MetricRow], metrics: Sequence[MetricRow], rules: Rules
) -> Iterator[MetricRow]:
    """A row of each unread file that may hold a metric of the rule beside those that it governs."""
    seen = {row.file for row in governed}
    return (row for row in _unread(metrics) if row.file not in seen and rule in rules.for_unread(row.file))


def _unread(metrics: Sequence[MetricRow]) -> Iterator[MetricRow]:
    """A row of each file of which no revision has a value: nobody knows what it holds."""
    files: dict[str, list[MetricRow]] = {}
    for row in metrics:
        files.setdefault(row.file, []).append(row)
    for rows in files.values():
        if all(row.state is State.UNAVAILABLE and row.base is None and row.head is None for row in rows):
            yield rows[0]


def _unmatched_rows(rule: MetricRule, gate: GateRule, metrics: Sequence[MetricRow]) -> Iterator[GateRow]:
    finding = _unmatched(rule, metrics, Verdict.FAIL if gate.required else Verdict.UNKNOWN)
    for limit in limits_of(gate):
        yield _gate_row(rule.match, limit.text, finding)


def _unmatched(rule: MetricRule, metrics: Sequence[MetricRow], result: Verdict) -> Finding:
    if any(rule.matches(row.file, row.name) for row in metrics):
        why = "not judged: an earlier rule of reporter.yaml takes each metric that this one matches"
        return Finding(result, GateReason.NEVER_ASKED, why)
    if unread := sorted(row.file for row in _unread(metrics)):
        why = f"no such metric, but {', '.join(unread)} could not be read"
        return Finding(result, GateReason.UNREADABLE, why)
    return Finding(result, GateReason.NO_METRIC, "no such metric")


def _required(finding: Finding, row: MetricRow) -> Finding:
    """What cannot be judged fails, and so does what is within a bound but not comparable."""
    if finding.result is Verdict.UNKNOWN:
        return replace(finding, result=Verdict.FAIL, reason=f"{finding.reason} (required)")
    if finding.result in (Verdict.PASS, Verdict.WARN):
        if row.state is State.UNAVAILABLE:
            why = f"{finding.reason}, but the baseline could not be read (required)"
            return Finding(Verdict.FAIL, GateReason.UNREADABLE, why)
        if row.is_incomparable:
            why = f"{finding.reason}, but the evaluation data changed (required)"
            return Finding(Verdict.FAIL, GateReason.INCOMPARABLE, why)
    return finding


def _judge(row: MetricRow, limit: Limit, circumstances: Circumstances) -> Finding:
    if is_non_finite(row.head):
        return Finding(Verdict.FAIL, GateReason.NOT_FINITE, how_non_finite(row))
    if row.doubt:
        return Finding(Verdict.UNKNOWN, GateReason.IN_DOUBT, row.doubt)
    return _held_against(limit, row, circumstances)


def _held_against(limit: Limit, row: MetricRow, circumstances: Circumstances) -> Finding:
    match limit:
        case Presence():
            return _judge_presence(row, circumstances)
        case Bound():
            return _judge_bound(row.head, limit) if is_number(row.head) else _no_number(row, circumstances)
        case DropLimit() | Margin() | SliceLimit():
            return _judge_difference(row, limit, circumstances)
    assert_never(limit)


def _judge_difference(row: MetricRow, limit: DropLimit | Margin | SliceLimit, circumstances: Circumstances) -> Finding:
    if not is_number(row.head) or row.state is State.UNAVAILABLE:
        return _no_number(row, circumstances)
    if not circumstances.has_base:
        return without_baseline(circumstances.lost)
    match limit:
        case DropLimit():
            return judge_drop(row, limit, Strictness(circumstances.level, circumstances.tests))
        case Margin():
            return judge_margin(row, limit)
        case SliceLimit():
            return judge_slices(row, limit, circumstances.slices.get(row.key, ()))
    assert_never(limit)


def _judge_presence(row: MetricRow, circumstances: Circumstances) -> Finding:
    if row.head is None or row.state is State.UNAVAILABLE:
        return _no_number(row, circumstances)
    return Finding(Verdict.PASS, GateReason.WITHIN, "is there")


def _judge_bound(value: Number, bound: Bound) -> Finding:
    allowed = as_float(bound.amount)
    shown, limit = apart(value, allowed, _DIGITS), number(allowed)
    if exact(value) < bound.amount if bound.is_minimum else exact(value) > bound.amount:
        why = f"at {shown}, {'below the minimum' if bound.is_minimum else 'above the maximum'} {limit}"
        return Finding(Verdict.FAIL, GateReason.BEYOND, why)
    return Finding(
        Verdict.PASS, GateReason.WITHIN, f"at {shown}, {'at least' if bound.is_minimum else 'at most'} {limit}"
    )


def _no_number(row: MetricRow, circumstances: Circumstances) -> Finding:
    """Why there is no number to judge."""
    if row.state is State.UNAVAILABLE:
        return Finding(Verdict.UNKNOWN, GateReason.UNREADABLE, _could_not_be_read(row, circumstances))
    if row.state is State.REMOVED:
        guess = circumstances.new.like(row)
        why = f"is no longer there{f'; new in this change: {guess}' if guess else ''}"
        return Finding(Verdict.UNKNOWN, GateReason.GONE, why)
    if row.head is not None:
        return Finding(Verdict.UNKNOWN, GateReason.NO_NUMBER, "is no number")
    return Finding(Verdict.UNKNOWN, GateReason.NO_VALUE, "has no value")


def _could_not_be_read(row: MetricRow, circumstances: Circumstances) -> str:
    why = next((problem.message for problem in circumstances.problems if row.file in problem.paths), "")
    return f"could not be read{f': {why}' if why else ''}"
