"""The sentence that a report begins with: what happened to the model, in the order of what matters most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reporter.compare.finiteness import became_non_finite, how_non_finite, is_non_finite
from reporter.compare.phrases import named
from reporter.compare.value_pairs import WHOLE_FILE
from reporter.judge.gates import FINITE
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
from reporter.model.problem import ProblemKind
from reporter.model.rules import Rules
from reporter.model.values import is_number

_GATES_NAMED = 3

_WORDS = {
    Outcome.IMPROVED: "better",
    Outcome.REGRESSED: "worse",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.CHANGED: "changed",
    Outcome.INCOMPARABLE: "not comparable",
}
_STATE_WORDS = {State.UNAVAILABLE: "not readable", State.REMOVED: "gone", State.ADDED: "new"}
"""What is said of headline metrics, in this order."""
_BASELINE_UNREADABLE = "baseline not readable"
_OPENINGS = {Verdict.FAIL: "gate failed: ", Verdict.UNKNOWN: "gate not judged: ", Verdict.WARN: "gate in doubt: "}


def summarize(
    candidate: Candidate,
    gates: Sequence[GateRow],
    verdict: Verdict,
    rules: Rules,
    *,
    has_base: bool,
    opening: str = "",
) -> str:
    """One sentence in plain text, without a full stop and without the verdict's symbol.

    First `opening`, which is why little or nothing can be judged; headline metrics that became NaN or infinite and have no gate
    that says so; the gates that decided the verdict; then what puts the numbers in doubt, then the headline metrics. The second
    clause is what changed in how the metrics were computed.
    """
    names = _short_names(candidate.metrics)
    deciding = _deciding(gates, verdict, candidate.metrics)
    diverged = _diverged_without_gate(candidate.metrics, gates)
    said = {gate.metric for gate in deciding} | {_key(row) for row in diverged}
    clauses = [
        *([opening] if opening and not any(opening in gate.reason for gate in deciding) else []),
        *_not_finite(diverged, names),
        *_decided(deciding, verdict, names),
        *(() if any(row.doubt and _key(row) in said for row in candidate.metrics) else _doubts(candidate)),
        *(
            _change(candidate, names, rules, said)
            if has_base
            else _first(candidate, names, rules, said, is_said=bool(opening))
        ),
        *(_held(candidate, rules) if has_base and gates and verdict is Verdict.PASS else ()),
    ]
    if has_base:
        clauses[1:1] = _changed_evaluation(candidate)
    sentence = _with_level_once("; ".join(clauses), rules.significance.level)
    return sentence[:1].upper() + sentence[1:]


def _deciding(gates: Sequence[GateRow], verdict: Verdict, metrics: Sequence[MetricRow]) -> list[GateRow]:
    """The gates of a verdict that is no pass: first those of NaN and infinite values, which nothing else explains."""
    if verdict is Verdict.PASS:
        return []
    deciding = [gate for gate in gates if gate.result is verdict and gate.rule != FINITE]
    non_finite = {_key(row) for row in metrics if is_non_finite(row.head)}
    return sorted(deciding, key=lambda gate: gate.metric not in non_finite)


def _diverged_without_gate(metrics: Sequence[MetricRow], gates: Sequence[GateRow]) -> list[MetricRow]:
    gated = {gate.metric for gate in gates if gate.rule != FINITE}
    return [row for row in metrics if row.headline and _key(row) not in gated and became_non_finite(row.base, row.head)]


def _not_finite(diverged: Sequence[MetricRow], names: Mapping[str, str]) -> Iterator[str]:
    if diverged:
        yield f"not finite: {named(f'{names[_key(row)]} {how_non_finite(row)}' for row in diverged)}"


def _decided(deciding: Sequence[GateRow], verdict: Verdict, names: Mapping[str, str]) -> Iterator[str]:
    """Each thing once: several limits of one metric may fail for one reason."""
    clauses = dict.fromkeys(_gate_clause(gate, names) for gate in deciding)
    if clauses:
        yield _OPENINGS[verdict] + "; ".join(_some(clauses))


def _gate_clause(gate: GateRow, names: Mapping[str, str]) -> str:
    """`log_loss worse by 0.004 (limit 0.002)`; a rule that matches no metric is not the name of one."""
    return f"{names[gate.metric]} {gate.reason}" if gate.metric in names else f"{gate.metric}: {gate.reason}"


def _short_names(metrics: Sequence[MetricRow]) -> dict[str, str]:
    """`file:name` → the name alone where only one file has it."""
    counts = Counter(row.name for row in metrics)
    return {_key(row): _short(row, alone=counts[row.name] == 1) for row in metrics}


def _short(row: MetricRow, *, alone: bool) -> str:
    if row.name == WHOLE_FILE:
        return row.file
    return row.name if alone else _key(row)


def _key(row: MetricRow) -> str:
    return str(row.key)


def _first(
    candidate: Candidate, names: Mapping[str, str], rules: Rules, said: set[str], *, is_said: bool
) -> Iterator[str]:
    """That there is nothing to compare with, unless the sentence says so, and the headline metrics."""
    if not is_said:
        yield "first report: there are no earlier metrics to compare with"
    unsaid = [
        (row, f"{names[_key(row)]} {number(row.head)}")
        for row in candidate.metrics
        if is_number(row.head) and _key(row) not in said
    ]
    if shown := [told for row, told in unsaid if row.headline]:
        yield named(shown, more=0 if _names_headlines(rules) else len(unsaid) - len(shown))


def _change(candidate: Candidate, names: Mapping[str, str], rules: Rules, said: set[str]) -> Iterator[str]:
    """What became of the headline metrics; in a word, of the whole where they are the same."""
    if not candidate.metrics:
        yield f"there are no metrics to compare{_other_changes(candidate)}"
    elif groups := _by_word([row for row in candidate.metrics if row.headline and _key(row) not in said]):
        more = _left_out(candidate.metrics, said, groups, rules)
        yield from _told(groups, more, names, rules.significance.level)
        if _WORDS[Outcome.REGRESSED] not in more:
            yield from _others_worse(candidate.metrics, said)
        yield from _untested(groups, names)
    elif said or any(row.headline and _is_doubted(row) for row in candidate.metrics):
        yield from _others_worse(candidate.metrics, said)
    else:
        yield _quiet(candidate)


def _left_out(
    metrics: Sequence[MetricRow], said: set[str], groups: Mapping[str, Sequence[MetricRow]], rules: Rules
) -> dict[str, int]:
    """By word, how many more metrics it is true of than the headlines: where reporter.yaml names none, and of new and lost ones."""
    others = _by_word([row for row in metrics if not row.headline and _key(row) not in said])
    words = [word for word in groups if word in others and not (_names_headlines(rules) and word in _WORDS.values())]
    return {word: len(others[word]) for word in words}


def _names_headlines(rules: Rules) -> bool:
    """Whether the headline metrics are those that reporter.yaml wants, and not the first few."""
    return any(rule.headline or rule.gate for rule in rules.metrics)


def _told(
    groups: Mapping[str, Sequence[MetricRow]], more: Mapping[str, int], names: Mapping[str, str], confidence: float
) -> Iterator[str]:
    """`better: roc_auc +0.012`, one clause for each word; better and worse together are mixed."""
    items = {
        word: named((_item(row, names[_key(row)], confidence) for row in rows), more=more.get(word, 0))
        for word, rows in groups.items()
    }
    better, worse = _WORDS[Outcome.IMPROVED], _WORDS[Outcome.REGRESSED]
    if better in items and worse in items:
        yield f"mixed: better {items.pop(better)}, but worse {items.pop(worse)}"
    yield from (f"{word}: {what}" for word, what in items.items())


def _untested(groups: Mapping[str, Sequence[MetricRow]], names: Mapping[str, str]) -> Iterator[str]:
    """That nothing says whether the differences just told are real."""
    told = [row for word in (Outcome.IMPROVED, Outcome.REGRESSED) for row in groups.get(_WORDS[word], ())]
    untested = [row for row in told if row.interval is None and row.p_value is None]
    if untested and len(untested) == len(told):
        yield "significance unknown"
    elif untested:
        yield f"significance of {named(names[_key(row)] for row in untested)} unknown"


def _others_worse(metrics: Sequence[MetricRow], said: set[str]) -> Iterator[str]:
    """That the sentence leaves out metrics which became worse."""
    others = [row for row in metrics if not row.headline and _key(row) not in said]
    if worse := sum(row.outcome is Outcome.REGRESSED for row in others):
        yield f"{counted(worse, 'other metric')} worse"


def _changed_evaluation(candidate: Candidate) -> list[str]:
    """What changed in how the metrics are computed, once: first what makes one of them incomparable, of equal value or not."""
    incomparable = [row for row in candidate.metrics if not row.comparable]
    if not incomparable:
        return list(candidate.evaluation)
    note = next((row.note for row in incomparable if row.note), "the evaluation data differ").rstrip(".")
    return list(dict.fromkeys([note[:1].lower() + note[1:], *candidate.evaluation]))


def _by_word(rows: Sequence[MetricRow]) -> dict[str, list[MetricRow]]:
    """Rows that are not the same, by what is said of them, the most telling word first; what is in doubt is said elsewhere."""
    words = (*_WORDS.values(), _BASELINE_UNREADABLE, *_STATE_WORDS.values())
    groups: dict[str, list[MetricRow]] = {word: [] for word in words}
    for row in rows:
        if row.outcome is not Outcome.SAME and not _is_doubted(row):
            groups[_WORDS.get(row.outcome) or _word_of_state(row)].append(row)
    return {word: group for word, group in groups.items() if group}


def _word_of_state(row: MetricRow) -> str:
    is_readable_now = row.state is State.UNAVAILABLE and row.head is not None
    return _BASELINE_UNREADABLE if is_readable_now else _STATE_WORDS[row.state]


def _is_doubted(row: MetricRow) -> bool:
    """Whether nothing can be said of the row, though its value be that of the baseline."""
    return bool(row.doubt) and row.state in {State.CHANGED, State.UNCHANGED}


def _item(row: MetricRow, name: str, confidence: float) -> str:
    """`roc_auc +0.012 (95 % CI +0.008 to +0.016)`; only the name where there is no difference to show."""
    if row.outcome in (Outcome.UNKNOWN, Outcome.INCOMPARABLE):
        return name
    if row.delta is None:
        return f"{name} from {value(row.base)} to {value(row.head)}"
    shown = f"{name} {delta(row.delta)}"
    return shown if row.interval is None else f"{shown} ({level(confidence)} CI {interval(*row.interval)})"


def _with_level_once(sentence: str, confidence: float) -> str:
    """The level stands with the first interval, and is that of all."""
    before, mark, after = sentence.partition(f"({level(confidence)} CI ")
    return before + mark + after.replace(mark, "(") if mark else sentence


def _quiet(candidate: Candidate) -> str:
    others = [row for row in candidate.metrics if row.outcome is not Outcome.SAME]
    headlines = any(row.headline for row in candidate.metrics)
    doubted = _how_many_doubted(candidate.metrics)
    if not others:
        params_differ, elsewhere = _different(candidate.params), _other_changes(candidate)
        if doubted:
            return f"the values shown are the same, {doubted}{elsewhere}"
        is_known = not elsewhere and not _stages(candidate, ProblemKind.UNVERIFIED)
        opening = "nothing changed: " if is_known else ""
        return f"{opening}metrics{'' if params_differ else ' and params'} are the same{elsewhere}"
    told = _by_state(others, "other metric" if headlines else "metric")
    told = f"{told}, {doubted}" if doubted else told
    return f"the headline metrics are the same; {told}" if headlines else told


def _how_many_doubted(metrics: Sequence[MetricRow]) -> str:
    """`2 of 5 in doubt`, `all 5 in doubt`; empty for none."""
    doubted = sum(map(_is_doubted, metrics))
    if not doubted:
        return ""
    return f"{f'{doubted:,} of' if doubted < len(metrics) else 'all'} {len(metrics):,} in doubt"


def _by_state(metrics: Sequence[MetricRow], noun: str) -> str:
    """`6 other metrics changed (2 better)`; new, gone and unread ones are called by these words."""
    words = {State.CHANGED: "changed", **_STATE_WORDS}
    counts = {state: sum(row.state is state for row in metrics) for state in words}
    first, *more = (state for state, count in counts.items() if count)
    told = _for_better_and_worse(metrics) if first is State.CHANGED else ""
    rest = [f"{counts[state]:,} {words[state]}" for state in more]
    return joined([f"{counted(counts[first], noun)} {words[first]}{told}", *rest])


def _for_better_and_worse(metrics: Sequence[MetricRow]) -> str:
    """` (3 better, 1 worse)`; empty where no direction is known."""
    told = {word: sum(row.outcome is outcome for row in metrics) for outcome, word in _WORDS.items()}
    shown = [f"{told[word]:,} {word}" for word in ("better", "worse") if told[word]]
    return f" ({', '.join(shown)})" if shown else ""


def _other_changes(candidate: Candidate) -> str:
    """`, although 2 params and 1 stage changed, and 3 tracked paths could not be read`; empty where all else is known to be the same."""
    rows: Mapping[str, Sequence[ParamRow | DataRow | StageRow | ArtifactRow]] = {
        "param": candidate.params,
        "tracked path": candidate.data,
        "stage": candidate.stages,
        "artifact": candidate.artifacts,
    }
    told = [
        f"{joined(counted(count, noun) for noun, count in counts.items() if count)} {what}"
        for what, counts in (
            ("changed", {noun: _different(each) - _unread(each) for noun, each in rows.items()}),
            ("could not be read", {noun: _unread(each) for noun, each in rows.items()}),
        )
        if any(counts.values())
    ]
    return f", although {', and '.join(told)}" if told else ""


def _unread(rows: Sequence[ParamRow | DataRow | StageRow | ArtifactRow]) -> int:
    return sum(row.state is State.UNAVAILABLE for row in rows)


def _different(rows: Sequence[ParamRow | DataRow | StageRow | ArtifactRow]) -> int:
    return sum(row.state is not State.UNCHANGED for row in rows)


def _held(candidate: Candidate, rules: Rules) -> Iterator[str]:
    """What the gates that hold say together; nothing where nothing changed."""
    gated = [
        row
        for row in candidate.metrics
        if (rule := rules.for_metric(row.file, row.name)) is not None and rule.gate is not None
    ]
    if all(row.outcome in (Outcome.IMPROVED, Outcome.SAME) for row in gated):
        if any(row.state is not State.UNCHANGED for row in candidate.metrics):
            yield "no gated metric worse"
    else:
        yield "each gate holds"


def _doubts(candidate: Candidate) -> Iterator[str]:
    """What puts the numbers themselves in doubt."""
    if stages := _stages(candidate, ProblemKind.STALE):
        yield f"stale: dvc.lock is out of date ({named(stages)}), so the metrics are not of this code"
    elif stages := _stages(candidate, ProblemKind.OUTDATED):
        yield f"out of date: {named(stages)}, which no metric depends on"
    if (unverified := _stages(candidate, ProblemKind.UNVERIFIED)) and not stages:
        yield f"whether dvc.lock is of this code cannot be known ({named(unverified)})"
    mismatched = {problem.path for problem in candidate.problems if problem.kind is ProblemKind.MISMATCH}
    if files := [file for file in dict.fromkeys(row.file for row in candidate.metrics) if file in mismatched]:
        yield f"values in doubt: {named(files)}"


def _stages(candidate: Candidate, kind: ProblemKind) -> dict[str, None]:
    return dict.fromkeys(problem.path for problem in candidate.problems if problem.kind is kind)


def _some(clauses: Iterable[str]) -> list[str]:
    every = list(clauses)
    rest = len(every) - _GATES_NAMED
    return [*every[:_GATES_NAMED], *([f"and {counted(rest, 'more gate')}"] if rest > 0 else [])]
