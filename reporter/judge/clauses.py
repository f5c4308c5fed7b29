"""The clauses that a report's sentence is made of: what each is about and, only here, its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reporter.compare.finiteness import how_non_finite
from reporter.compare.phrases import named
from reporter.compare.value_pairs import WHOLE_FILE
from reporter.model.comparison import (
    ArtifactRow,
    Candidate,
    DataRow,
    GateRow,
    MetricRow,
    Outcome,
    ParamRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.formatting import counted, delta, interval, joined, level, number, value
from reporter.model.reasons import Clause, ClauseId, EvaluationChange
from reporter.model.values import is_number

_Row: TypeAlias = ParamRow | DataRow | StageRow | ArtifactRow

_GATES_NAMED = 3

_DECIDED = {
    Verdict.FAIL: (ClauseId.GATE_FAILED, "gate failed"),
    Verdict.UNKNOWN: (ClauseId.GATE_UNKNOWN, "gate not judged"),
    Verdict.WARN: (ClauseId.GATE_IN_DOUBT, "gate in doubt"),
}
_BECAME = {
    ClauseId.BETTER: "better",
    ClauseId.WORSE: "worse",
    ClauseId.INCONCLUSIVE: "inconclusive",
    ClauseId.CHANGED: "changed",
    ClauseId.INCOMPARABLE: "not comparable",
    ClauseId.BASELINE_UNREADABLE: "baseline not readable",
    ClauseId.UNREADABLE: "not readable",
    ClauseId.GONE: "gone",
    ClauseId.NEW: "new",
}
_STATES = {State.CHANGED: "changed", State.UNAVAILABLE: "not readable", State.REMOVED: "gone", State.ADDED: "new"}
"""How other metrics than the headlines are counted, in this order."""
_DIRECTED = {Outcome.IMPROVED: "better", Outcome.REGRESSED: "worse"}


@dataclass(slots=True)
class Speaker:
    """How one sentence calls its metrics and gives their intervals."""

    names: Mapping[str, str]
    """`file:name` → the name alone where only one file has it."""
    confidence: float
    _level_is_said: bool = field(default=False, init=False)

    @classmethod
    def of(cls, metrics: Sequence[MetricRow], confidence: float) -> Speaker:
        """Of a sentence about these metrics; the level of all their intervals is `confidence`."""
        counts = Counter(row.name for row in metrics)
        return cls({str(row.key): _short(row, alone=counts[row.name] == 1) for row in metrics}, confidence)

    def name(self, row: MetricRow) -> str:
        """`roc_auc`, or `metrics.json:roc_auc` where another file has one too."""
        return self.names[str(row.key)]

    def difference(self, row: MetricRow) -> str:
        """`roc_auc +0.012 (95 % CI +0.008 to +0.016)`; only the name where there is no difference to show."""
        if row.outcome in (Outcome.UNKNOWN, Outcome.INCOMPARABLE):
            return self.name(row)
        if row.difference is None:
            return f"{self.name(row)} from {value(row.base)} to {value(row.head)}"
        return f"{self.name(row)} {delta(row.difference)}{self._interval(row)}"

    def _interval(self, row: MetricRow) -> str:
        """The level stands with the first, and is that of all."""
        if row.interval is None:
            return ""
        of_level = "" if self._level_is_said else f"{level(self.confidence)} CI "
        self._level_is_said = True
        return f" ({of_level}{interval(*row.interval)})"


def _short(row: MetricRow, *, alone: bool) -> str:
    if row.name == WHOLE_FILE:
        return row.file
    return row.name if alone else str(row.key)


@dataclass(frozen=True, slots=True)
class Told:
    """A clause before it is put into words, which depend on those before it."""

    id: ClauseId
    words: Callable[[Speaker], str]
    metrics: tuple[str, ...] = ()
    """As in `Clause`."""


def spoken(told: Iterable[Told], speaker: Speaker) -> tuple[Clause, ...]:
    """All of them in words, in this order."""
    return tuple(Clause(each.id, each.words(speaker), each.metrics) for each in told)


def _told(kind: ClauseId, text: str) -> Told:
    return Told(kind, lambda _: text)


def _of(kind: ClauseId, rows: Iterable[MetricRow], words: Callable[[Speaker], str]) -> Told:
    return Told(kind, words, tuple(str(row.key) for row in rows))


def obstacle(why: str) -> Told:
    """Nothing can be judged."""
    return _told(ClauseId.OBSTACLE, why)


def lost_baseline(why: str) -> Told:
    """There is nothing to compare with, although there was."""
    return _told(ClauseId.BASELINE_LOST, why)


def first_report() -> Told:
    """There is nothing to compare with."""
    return _told(ClauseId.FIRST_REPORT, "first report: there are no earlier metrics to compare with")


def first_values(rows: Sequence[MetricRow], more: int) -> Told:
    """`roc_auc 0.6412 and 2 more`; each row has a number."""

    def words(speaker: Speaker) -> str:
        return named((f"{speaker.name(row)} {number(row.head)}" for row in rows if is_number(row.head)), more=more)

    return _of(ClauseId.FIRST_VALUES, rows, words)


def not_finite(rows: Sequence[MetricRow]) -> Told:
    """`not finite: log_loss became NaN`."""
    return _of(
        ClauseId.NOT_FINITE,
        rows,
        lambda speaker: f"not finite: {named(f'{speaker.name(row)} {how_non_finite(row)}' for row in rows)}",
    )


def decided(verdict: Verdict, gates: Sequence[GateRow]) -> Told:
    """`gate failed: log_loss worse by 0.004 (limit 0.002)`, each thing once: several limits may fail for one reason."""
    kind, opening = _DECIDED[verdict]

    def words(speaker: Speaker) -> str:
        clauses = list(dict.fromkeys(_of_gate(gate, speaker) for gate in gates))
        rest = len(clauses) - _GATES_NAMED
        more = [f"and {counted(rest, 'more gate')}"] if rest > 0 else []
        return f"{opening}: {'; '.join([*clauses[:_GATES_NAMED], *more])}"

    return Told(kind, words, tuple(dict.fromkeys(gate.metric for gate in gates)))


def _of_gate(gate: GateRow, speaker: Speaker) -> str:
    """A rule that matches no metric is not the name of one."""
    name = speaker.names.get(gate.metric)
    return f"{gate.metric}: {gate.reason}" if name is None else f"{name} {gate.reason}"


def evaluation(change: EvaluationChange, metrics: Iterable[MetricRow]) -> Told:
    """What changed in how metrics were computed, and those whose notes say the same."""
    return _of(change.id, metrics, lambda _: change.text)


def stale(stages: Sequence[str]) -> Told:
    """The values are those of other code."""
    text = f"stale: dvc.lock is out of date ({named(stages)}), so the metrics are not of this code"
    return _told(ClauseId.STALE, text)


def outdated(stages: Sequence[str]) -> Told:
    """dvc.lock is out of date, though not for the metrics."""
    return _told(ClauseId.OUTDATED, f"out of date: {named(stages)}, which no metric depends on")


def unverified(stages: Sequence[str]) -> Told:
    """Whether dvc.lock is out of date is not known."""
    return _told(ClauseId.UNVERIFIED, f"whether dvc.lock is of this code cannot be known ({named(stages)})")


def mismatched(files: Sequence[str]) -> Told:
    """Values are not what they must be."""
    return _told(ClauseId.MISMATCH, f"values in doubt: {named(files)}")


def became(kind: ClauseId, rows: Sequence[MetricRow], more: int) -> Told:
    """`better: roc_auc +0.012`; `more` is of how many other metrics it is true."""
    return _of(kind, rows, lambda speaker: f"{_BECAME[kind]}: {_items(rows, more, speaker)}")


def mixed(better: Sequence[MetricRow], more_better: int, worse: Sequence[MetricRow], more_worse: int) -> Told:
    """`mixed: better accuracy +0.01, but worse log_loss +0.02`."""
    return _of(
        ClauseId.MIXED,
        (*better, *worse),
        lambda speaker: (
            f"mixed: better {_items(better, more_better, speaker)}, but worse {_items(worse, more_worse, speaker)}"
        ),
    )


def _items(rows: Sequence[MetricRow], more: int, speaker: Speaker) -> str:
    return named(map(speaker.difference, rows), more=more)


def untested(rows: Sequence[MetricRow], *, of_all: bool) -> Told:
    """Nothing says whether the differences just told are real, of all of them or of some: `significance of f1 unknown`."""
    return _of(
        ClauseId.UNTESTED,
        rows,
        lambda speaker: f"significance{'' if of_all else f' of {named(map(speaker.name, rows))}'} unknown",
    )


def others_worse(rows: Sequence[MetricRow]) -> Told:
    """The sentence leaves out metrics that became worse."""
    return _told(ClauseId.OTHERS_WORSE, f"{counted(len(rows), 'other metric')} worse")


def none_worse() -> Told:
    """Every gate passes, and something changed."""
    return _told(ClauseId.NONE_WORSE, "no gated metric worse")


def gates_hold() -> Told:
    """Every gate passes, though a gated metric is worse or not known to be better."""
    return _told(ClauseId.GATES_HOLD, "each gate holds")


def no_metrics(candidate: Candidate) -> Told:
    """Neither revision has any."""
    return _told(ClauseId.NO_METRICS, f"there are no metrics to compare{_elsewhere(candidate)}")


def same(candidate: Candidate, doubted: int, *, is_known: bool) -> Told:
    """All metrics have the values of the baseline, of which some may not be judged by; `is_known`: and are of this code."""
    elsewhere = _elsewhere(candidate)
    if doubted:
        in_doubt = _in_doubt(doubted, len(candidate.metrics))
        return _told(ClauseId.SAME, f"the values shown are the same, {in_doubt}{elsewhere}")
    opening = "nothing changed: " if is_known and not elsewhere else ""
    params = "" if _different(candidate.params) else " and params"
    return _told(ClauseId.SAME, f"{opening}metrics{params} are the same{elsewhere}")


def others_changed(others: Sequence[MetricRow], candidate: Candidate, doubted: int) -> Told:
    """The headline metrics, if there are any, have the values of the baseline, and `others` have not."""
    has_headlines = any(row.headline for row in candidate.metrics)
    opening = "the headline metrics are the same; " if has_headlines else ""
    in_doubt = f", {_in_doubt(doubted, len(candidate.metrics))}" if doubted else ""
    told = _by_state(others, "other metric" if has_headlines else "metric")
    return _told(ClauseId.OTHERS_CHANGED, f"{opening}{told}{in_doubt}")


def _in_doubt(doubted: int, total: int) -> str:
    """`2 of 5 in doubt`, `all 5 in doubt`."""
    return f"{f'{doubted:,} of' if doubted < total else 'all'} {total:,} in doubt"


def _by_state(metrics: Sequence[MetricRow], noun: str) -> str:
    """`6 other metrics changed (2 better)`; new, gone and unread ones are called by these words."""
    counts = {state: sum(row.state is state for row in metrics) for state in _STATES}
    first, *more = (state for state, count in counts.items() if count)
    directed = {word: sum(row.outcome is outcome for row in metrics) for outcome, word in _DIRECTED.items()}
    shown = ", ".join(f"{count:,} {word}" for word, count in directed.items() if count)
    told = f" ({shown})" if shown and first is State.CHANGED else ""
    rest = [f"{counts[state]:,} {_STATES[state]}" for state in more]
    return joined([f"{counted(counts[first], noun)} {_STATES[first]}{told}", *rest])


def _elsewhere(candidate: Candidate) -> str:
    """`, although 2 params and 1 stage changed, and 3 tracked paths could not be read`; empty where all is known to be the same."""
    rows: Mapping[str, Sequence[_Row]] = {
        "param": candidate.params,
        "tracked path": candidate.data,
        "stage": candidate.stages,
        "artifact": candidate.artifacts,
    }
    unread = {noun: sum(row.state is State.UNAVAILABLE for row in each) for noun, each in rows.items()}
    changed = {noun: _different(each) - unread[noun] for noun, each in rows.items()}
    told = [
        f"{joined(counted(count, noun) for noun, count in counts.items() if count)} {what}"
        for counts, what in ((changed, "changed"), (unread, "could not be read"))
        if any(counts.values())
    ]
    return f", although {', and '.join(told)}" if told else ""


def _different(rows: Sequence[_Row]) -> int:
    return sum(row.state is not State.UNCHANGED for row in rows)
