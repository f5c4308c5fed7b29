"""The verdict on a candidate: its gates, or its headline metrics where there are none, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reporter.compare.finiteness import became_non_finite
from reporter.judge import clauses
from reporter.judge.gates import Circumstances, gate_rows
from reporter.judge.summary import summarize
from reporter.model.comparison import Candidate, Judgement, MetricRow, Outcome, SliceRow, State, Verdict
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.rules import Correction, Rules
from reporter.model.snapshot import Snapshot


def has_earlier_metrics(base: Snapshot | None, head: Snapshot) -> bool:
    """Whether there is something to compare with; a baseline from before the project's first metrics is none."""
    return base is not None and bool(base.metrics or not head.metrics)


def judge(
    candidate: Candidate,
    rules: Rules,
    *,
    has_base: bool,
    problems: Sequence[Problem] = (),
    obstacle: str = "",
    lost: str = "",
) -> Judgement:
    """Judge one candidate by the rules in force. `problems` are the baseline's; they say why a value is unavailable.

    The verdict is the worst gate's. Without gates it is unknown if a headline metric is unavailable, in doubt or not comparable,
    else warn if one regressed, became NaN or became infinite, else pass.

    `obstacle` says why nothing can be judged: there are no gates then, and the verdict is unknown. `lost` says why there is no
    baseline to compare with although there were gated metrics: a drop is unknown then, where on a first report it passes.
    """
    candidate = replace(candidate, metrics=_judged(candidate.metrics, rules))
    circumstances = Circumstances(
        has_base,
        (*problems, *candidate.problems),
        rules.significance.level,
        _tests(candidate.metrics, rules),
        _slices(candidate, rules),
        lost,
    )
    gates = () if obstacle else gate_rows(candidate.metrics, rules, circumstances)
    if obstacle or (lost and not has_base and not gates):
        verdict = Verdict.UNKNOWN
    elif gates:
        verdict = max((gate.result for gate in gates), key=lambda result: result.severity)
    else:
        verdict = _verdict_by_headlines(candidate.metrics)
    opening = clauses.obstacle(obstacle) if obstacle else clauses.lost_baseline(lost) if lost and not has_base else None
    return Judgement(verdict, gates, summarize(candidate, gates, verdict, rules, has_base=has_base, opening=opening))


def _judged(metrics: Sequence[MetricRow], rules: Rules) -> tuple[MetricRow, ...]:
    """Without single runs that the row of all runs is judged for; one that a rule of its own names is judged by that."""
    of_all = {str(row.key): row.rule(rules) for row in metrics if row.runs}
    return tuple(row for row in metrics if not row.run_of or row.rule(rules) not in (None, of_all.get(row.run_of)))


def _slices(candidate: Candidate, rules: Rules) -> Mapping[MetricKey, Sequence[SliceRow]]:
    """By the reported metric that a predictions file explains."""
    explains = {(rule.path, name): text for rule in rules.predictions for name, text in rule.metrics.items()}
    keys = {str(row.key): row.key for row in candidate.metrics}
    found: dict[MetricKey, list[SliceRow]] = {}
    for each in candidate.slices:
        key = keys.get(explains.get((each.predictions, each.metric), ""))
        if key is not None:
            found.setdefault(key, []).append(each)
    return found


def _tests(metrics: Sequence[MetricRow], rules: Rules) -> int:
    """Over how many metrics the p-values of gated ones are corrected."""
    if rules.significance.correction is Correction.NONE:
        return 1
    gated = (rule for row in metrics if row.p_value is not None and (rule := row.rule(rules)))
    return max(sum(rule.gate is not None for rule in gated), 1)


def _verdict_by_headlines(metrics: Sequence[MetricRow]) -> Verdict:
    headlines = [row for row in metrics if row.headline]
    if any(_is_unjudgeable(row) for row in headlines or metrics):
        return Verdict.UNKNOWN
    return Verdict.WARN if any(_is_worse(row) for row in headlines) else Verdict.PASS


def _is_unjudgeable(row: MetricRow) -> bool:
    is_incomparable = row.state is State.CHANGED and row.is_incomparable
    return row.state is State.UNAVAILABLE or is_incomparable or bool(row.doubt or row.unusable)


def _is_worse(row: MetricRow) -> bool:
    return row.outcome is Outcome.REGRESSED or became_non_finite(row.base, row.head)
