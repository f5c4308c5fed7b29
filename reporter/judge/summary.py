"""Which clauses the sentence has that a report begins with, in the order of what matters most; their words are in `clauses`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reporter.compare.finiteness import became_non_finite, is_non_finite
from reporter.judge import clauses
from reporter.judge.clauses import Speaker, Told, spoken
from reporter.model.comparison import Candidate, GateRow, MetricRow, Outcome, State, Verdict
from reporter.model.problem import ProblemKind
from reporter.model.reasons import Clause, ClauseId, GateReason
from reporter.model.rules import Rules
from reporter.model.values import is_number

_OUTCOMES = {
    Outcome.IMPROVED: ClauseId.BETTER,
    Outcome.REGRESSED: ClauseId.WORSE,
    Outcome.INCONCLUSIVE: ClauseId.INCONCLUSIVE,
    Outcome.CHANGED: ClauseId.CHANGED,
    Outcome.INCOMPARABLE: ClauseId.INCOMPARABLE,
}
_STATES = {State.UNAVAILABLE: ClauseId.UNREADABLE, State.REMOVED: ClauseId.GONE, State.ADDED: ClauseId.NEW}
_IN_ORDER = (*_OUTCOMES.values(), ClauseId.BASELINE_UNREADABLE, *_STATES.values())
"""What is said of headline metrics, the most telling first."""


def summarize(
    candidate: Candidate,
    gates: Sequence[GateRow],
    verdict: Verdict,
    rules: Rules,
    *,
    has_base: bool,
    opening: Told | None = None,
) -> tuple[Clause, ...]:
    """The clauses of the report's sentence, in plain text and in their order.

    First `opening`, which is why little or nothing can be judged; headline metrics that became NaN or infinite and have no gate
    that says so; the gates that decided the verdict; then what puts the numbers in doubt, then the headline metrics. The second
    clause is what changed in how the metrics were computed.
    """
    deciding = _deciding(gates, verdict, candidate.metrics)
    diverged = _diverged_without_gate(candidate.metrics, gates)
    said = {gate.metric for gate in deciding} | {_key(row) for row in diverged}
    is_opened = opening is not None and not any(gate.reason_id is GateReason.BASELINE_LOST for gate in deciding)
    told: list[Told] = [
        *([opening] if opening and is_opened else []),
        *([clauses.not_finite(diverged)] if diverged else []),
        *([clauses.decided(verdict, deciding)] if deciding else []),
        *(() if any(row.doubt and _key(row) in said for row in candidate.metrics) else _doubts(candidate)),
        *(_change(candidate, rules, said) if has_base else _first(candidate, rules, said, is_said=opening is not None)),
        *(_held(candidate, rules) if has_base and gates and verdict is Verdict.PASS else ()),
    ]
    if has_base:
        told[1:1] = _changed_evaluation(candidate)
    return spoken(told, Speaker.of(candidate.metrics, rules.significance.level))


def _deciding(gates: Sequence[GateRow], verdict: Verdict, metrics: Sequence[MetricRow]) -> list[GateRow]:
    """The gates of a verdict that is no pass: first those of NaN and infinite values, which nothing else explains."""
    if verdict is Verdict.PASS:
        return []
    deciding = [gate for gate in _of_rules(gates) if gate.result is verdict]
    non_finite = {_key(row) for row in metrics if is_non_finite(row.head)}
    return sorted(deciding, key=lambda gate: gate.metric not in non_finite)


def _of_rules(gates: Sequence[GateRow]) -> list[GateRow]:
    return [gate for gate in gates if gate.reason_id is not GateReason.UNGATED_NOT_FINITE]


def _diverged_without_gate(metrics: Sequence[MetricRow], gates: Sequence[GateRow]) -> list[MetricRow]:
    gated = {gate.metric for gate in _of_rules(gates)}
    return [row for row in metrics if row.headline and _key(row) not in gated and became_non_finite(row.base, row.head)]


def _key(row: MetricRow) -> str:
    return str(row.key)


def _first(candidate: Candidate, rules: Rules, said: set[str], *, is_said: bool) -> Iterator[Told]:
    """That there is nothing to compare with, unless the sentence says so, and the headline metrics."""
    if not is_said:
        yield clauses.first_report()
    unsaid = [row for row in candidate.metrics if is_number(row.head) and _key(row) not in said]
    if shown := [row for row in unsaid if row.headline]:
        yield clauses.first_values(shown, more=0 if _names_headlines(rules) else len(unsaid) - len(shown))


def _change(candidate: Candidate, rules: Rules, said: set[str]) -> Iterator[Told]:
    """What became of the headline metrics; in a word, of the whole where they are the same."""
    if not candidate.metrics:
        yield clauses.no_metrics(candidate)
    elif groups := _by_clause([row for row in candidate.metrics if row.headline and _key(row) not in said]):
        more = _left_out(candidate.metrics, said, groups, rules)
        yield from _told(groups, more)
        if ClauseId.WORSE not in more:
            yield from _others_worse(candidate.metrics, said)
        yield from _untested(groups)
    elif said or any(row.headline and _is_doubted(row) for row in candidate.metrics):
        yield from _others_worse(candidate.metrics, said)
    else:
        yield _quiet(candidate)


def _left_out(
    metrics: Sequence[MetricRow], said: set[str], groups: Mapping[ClauseId, Sequence[MetricRow]], rules: Rules
) -> dict[ClauseId, int]:
    """How many more metrics a clause is true of than the headlines: where reporter.yaml names none, and of new and lost ones."""
    others = _by_clause([row for row in metrics if not row.headline and _key(row) not in said])
    is_left_out = {kind: not (_names_headlines(rules) and kind in _OUTCOMES.values()) for kind in groups}
    return {kind: len(others[kind]) for kind in groups if kind in others and is_left_out[kind]}


def _names_headlines(rules: Rules) -> bool:
    """Whether the headline metrics are those that reporter.yaml wants, and not the first few."""
    return any(rule.headline or rule.gate for rule in rules.metrics)


def _told(groups: Mapping[ClauseId, Sequence[MetricRow]], more: Mapping[ClauseId, int]) -> Iterator[Told]:
    """One clause for what became of each group; better and worse together are mixed."""
    rest = dict(groups)
    if (better := ClauseId.BETTER) in groups and (worse := ClauseId.WORSE) in groups:
        yield clauses.mixed(rest.pop(better), more.get(better, 0), rest.pop(worse), more.get(worse, 0))
    yield from (clauses.became(kind, rows, more.get(kind, 0)) for kind, rows in rest.items())


def _untested(groups: Mapping[ClauseId, Sequence[MetricRow]]) -> Iterator[Told]:
    told = [row for kind in (ClauseId.BETTER, ClauseId.WORSE) for row in groups.get(kind, ())]
    if untested := [row for row in told if row.interval is None and row.p_value is None]:
        yield clauses.untested(untested, of_all=len(untested) == len(told))


def _others_worse(metrics: Sequence[MetricRow], said: set[str]) -> Iterator[Told]:
    others = (row for row in metrics if not row.headline and _key(row) not in said)
    if worse := [row for row in others if row.outcome is Outcome.REGRESSED]:
        yield clauses.others_worse(worse)


def _changed_evaluation(candidate: Candidate) -> Iterator[Told]:
    for change in candidate.evaluation:
        rows = (row for row in candidate.metrics if row.is_incomparable and row.note == change.sentence)
        yield clauses.evaluation(change, rows)


def _by_clause(rows: Sequence[MetricRow]) -> dict[ClauseId, list[MetricRow]]:
    """Rows that are not the same, by what is said of them, the most telling first; what is in doubt is said elsewhere."""
    groups: dict[ClauseId, list[MetricRow]] = {kind: [] for kind in _IN_ORDER}
    for row in rows:
        if row.outcome is not Outcome.SAME and not _is_doubted(row):
            groups[_OUTCOMES.get(row.outcome) or _of_state(row)].append(row)
    return {kind: group for kind, group in groups.items() if group}


def _of_state(row: MetricRow) -> ClauseId:
    is_readable_now = row.state is State.UNAVAILABLE and row.head is not None
    return ClauseId.BASELINE_UNREADABLE if is_readable_now else _STATES[row.state]


def _is_doubted(row: MetricRow) -> bool:
    """Whether nothing can be said of the row, though its value be that of the baseline."""
    return bool(row.doubt) and row.state in {State.CHANGED, State.UNCHANGED}


def _quiet(candidate: Candidate) -> Told:
    doubted = sum(map(_is_doubted, candidate.metrics))
    if others := [row for row in candidate.metrics if row.outcome is not Outcome.SAME]:
        return clauses.others_changed(others, candidate, doubted)
    return clauses.same(candidate, doubted, is_known=not _stages(candidate, ProblemKind.UNVERIFIED))


def _held(candidate: Candidate, rules: Rules) -> Iterator[Told]:
    """What the gates that hold say together; nothing where nothing changed."""
    gated = [row for row in candidate.metrics if (rule := row.rule(rules)) is not None and rule.gate is not None]
    if not all(row.outcome in (Outcome.IMPROVED, Outcome.SAME) for row in gated):
        yield clauses.gates_hold()
    elif any(row.state is not State.UNCHANGED for row in candidate.metrics):
        yield clauses.none_worse()


def _doubts(candidate: Candidate) -> Iterator[Told]:
    """What puts the numbers themselves in doubt."""
    if stages := _stages(candidate, ProblemKind.STALE):
        yield clauses.stale(stages)
    elif stages := _stages(candidate, ProblemKind.OUTDATED):
        yield clauses.outdated(stages)
    if (unverified := _stages(candidate, ProblemKind.UNVERIFIED)) and not stages:
        yield clauses.unverified(unverified)
    mismatched = {problem.path for problem in candidate.problems if problem.kind is ProblemKind.MISMATCH}
    if files := list(dict.fromkeys(row.file for row in candidate.metrics if row.file in mismatched)):
        yield clauses.mismatched(files)


def _stages(candidate: Candidate, kind: ProblemKind) -> list[str]:
    return list(dict.fromkeys(problem.path for problem in candidate.problems if problem.kind is kind))
