"""Rows of metrics: the difference of each value, and whether it is one for the better."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from reporter.compare.difference import as_float, difference, is_rounding, relative_difference
from reporter.compare.directions import infer_direction
from reporter.compare.evaluation_data import other_data
from reporter.compare.finiteness import became_non_finite
from reporter.compare.headlines import with_headlines
from reporter.compare.value_pairs import ValuePair, is_partial, pair_values
from reporter.model import formatting
from reporter.model.comparison import MetricOrigin, MetricRow, Outcome, Split, State
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.formatting import sentences
from reporter.model.metric_key import MetricKey
from reporter.model.reasons import Significance
from reporter.model.rules import Direction, Rules, is_glob
from reporter.model.snapshot import Snapshot
from reporter.model.values import Number, Value, is_finite, is_number, same_value

_NO_EVIDENCE = MetricEvidence()
_NOISE = 1e-9
"""Of the values' size."""


def metric_rows(
    base: Snapshot | None,
    head: Snapshot,
    rules: Rules,
    evidence: Evidence,
    changed_data: Mapping[str, tuple[str, ...]],
    doubts: Mapping[str, str],
) -> tuple[MetricRow, ...]:
    """A row for each metric of either revision, changed or not.

    `changed_data` names, by metrics file, the evaluation data that differ between the revisions; `doubts` says of a metrics
    file why its values are not those of the candidate.
    """
    pairs = pair_values(base.metrics if base else {}, head.metrics, _expected(rules), is_partial=is_partial(base))
    found = [(pair, _known(pair, evidence, changed_data, doubts)) for pair in pairs]
    rows = list(_with_means(found, rules))
    if base is not None and base.origin:
        rows = [replace(row, origin=_origin(row, base)) for row in rows]
    return with_headlines(rows, rules)


def _origin(row: MetricRow, base: Snapshot) -> MetricOrigin | None:
    """Of a project that was moved: the same file in the folder where it was."""
    if row.file not in base.metrics or row.state is State.ADDED:
        return None
    return MetricOrigin(posixpath.normpath(posixpath.join(base.origin, row.file)), row.name)


def _expected(rules: Rules) -> dict[str, list[str]]:
    """Metrics that reporter.yaml names outright, by file: each is owed a row even if its file cannot be read."""
    expected: dict[str, list[str]] = {}
    for rule in rules.metrics:
        file, colon, name = rule.match.partition(":")
        if colon and not is_glob(rule.match):
            expected.setdefault(file, []).append(name)
    return expected


def _known(
    pair: ValuePair, evidence: Evidence, changed_data: Mapping[str, tuple[str, ...]], doubts: Mapping[str, str]
) -> MetricEvidence:
    """What the evidence and the pipeline say of a row; a value that is not of this revision is in doubt whatever else is known."""
    known = evidence.metrics.get(MetricKey(pair.file, pair.name), _NO_EVIDENCE)
    if pair.file in changed_data and known.incomparable is None:
        why = other_data(changed_data[pair.file])
        known = replace(known, incomparable=why, note=why.sentence)
    return replace(known, doubt=doubts.get(pair.file, known.doubt))


def _with_means(found: Sequence[tuple[ValuePair, MetricEvidence]], rules: Rules) -> Iterator[MetricRow]:
    """A row of each value; before the first of repeated runs the one that stands for all of them."""
    runs: dict[MetricKey, list[tuple[ValuePair, MetricEvidence]]] = {}
    for pair, known in found:
        if known.runs_of is not None:
            runs.setdefault(known.runs_of, []).append((pair, known))
    told: set[MetricKey] = set()
    for pair, known in found:
        if known.runs_of is None:
            yield _row(pair, rules, known)
            continue
        if known.runs_of not in told:
            told.add(known.runs_of)
            yield _row_of_runs(known.runs_of, runs[known.runs_of], rules)
        alone = replace(_NO_EVIDENCE, incomparable=known.incomparable, doubt=known.doubt)
        yield replace(_row(pair, rules, alone), note="", run_of=str(known.runs_of))


def _row_of_runs(key: MetricKey, runs: Sequence[tuple[ValuePair, MetricEvidence]], rules: Rules) -> MetricRow:
    pairs = [pair for pair, _ in runs]
    known = next((known for _, known in runs if known.doubt), runs[0][1])
    is_unread = any(pair.state is State.UNAVAILABLE for pair in pairs)
    base, head = _mean([pair.base for pair in pairs]), _mean([pair.head for pair in pairs])
    state = State.UNAVAILABLE if is_unread else _state_of_means(base, head)
    files = tuple(pair.file for pair in pairs)
    named = next((file for file in files if rules.for_metric(file, key.name)), files[0])
    row = _row(ValuePair(named, key.name, base, head, state), rules, known)
    return replace(row, file=key.file, run_files=files, runs=sum(pair.head is not None for pair in pairs))


def _state_of_means(base: Value, head: Value) -> State:
    if base is None or head is None:
        return State.REMOVED if head is None else State.ADDED
    return State.UNCHANGED if same_value(base, head) else State.CHANGED


def _mean(values: Sequence[Value]) -> Value:
    """Of the numbers among them; None where there is none. One that is not finite makes the mean so."""
    numbers = [as_float(value) for value in values if is_number(value)]
    return sum(numbers) / len(numbers) if numbers else None


def _row(pair: ValuePair, rules: Rules, known: MetricEvidence) -> MetricRow:
    direction = _direction(pair, rules)
    delta = difference(pair.base, pair.head)
    incomparable = known.incomparable is not None
    measured = known if delta is not None and not (incomparable or known.doubt) else _NO_EVIDENCE
    split = _split(measured, delta)
    return MetricRow(
        file=pair.file,
        name=pair.name,
        base=pair.base,
        head=pair.head,
        delta=delta,
        relative=relative_difference(pair.base, delta),
        state=pair.state,
        direction=direction,
        outcome=Outcome.UNKNOWN
        if known.doubt and pair.state is State.CHANGED
        else _outcome(pair, delta, direction, measured, incomparable=incomparable),
        interval=measured.interval,
        p_value=measured.p_value,
        method=measured.method,
        note=sentences(known.note, _split_sentence(split, delta)),
        tested_delta=None
        if delta is None or _is_the_same(measured.tested_delta, delta, pair)
        else measured.tested_delta,
        comparable=not (incomparable or split),
        doubt=known.doubt,
        unusable=known.unusable,
        split=split,
        significance=_significance(known, measured),
    )


def _split(measured: MetricEvidence, delta: Number | None) -> Split | None:
    if not measured.rows or measured.tested_delta is None or delta is None or not is_finite(delta):
        return None
    return Split(measured.tested_delta, as_float(delta) - measured.tested_delta, measured.rows, measured.gone)


def _split_sentence(split: Split | None, delta: Number | None) -> str:
    """What of the difference is the model's, and what the data's."""
    if split is None or delta is None:
        return ""
    shown = (formatting.delta(each) for each in (delta, split.model, split.data))
    return "Of {} the model did {} on these rows, and the rest of the data {}.".format(*shown)


def _is_the_same(tested: float | None, delta: Number, pair: ValuePair) -> bool:
    """Whether a recomputed difference is that of the reported values, but for what summing in another order may change."""
    if tested is None or not is_finite(delta):
        return False
    size = max(abs(as_float(value)) for value in (pair.base, pair.head, 0) if is_number(value) and is_finite(value))
    return abs(tested - as_float(delta)) <= _NOISE * size


def _significance(known: MetricEvidence, measured: MetricEvidence) -> Significance:
    if measured.interval is not None or measured.p_value is not None:
        return Significance.TESTED
    return Significance.UNTESTED if replace(known, doubt="") == _NO_EVIDENCE else Significance.UNTESTABLE


def _direction(pair: ValuePair, rules: Rules) -> Direction:
    return rules.direction_of(pair.file, pair.name) or infer_direction(pair.name)


def _outcome(
    pair: ValuePair,
    delta: Number | None,
    direction: Direction,
    measured: MetricEvidence,
    *,
    incomparable: bool,
) -> Outcome:
    match pair.state:
        case State.ADDED | State.REMOVED | State.UNAVAILABLE | State.RENAMED:
            return Outcome.UNKNOWN
        case State.UNCHANGED:
            return Outcome.SAME
        case State.CHANGED if became_non_finite(pair.base, pair.head):
            return Outcome.REGRESSED
        case State.CHANGED:
            return _outcome_of_change(pair, delta, direction, measured, incomparable=incomparable)
    assert_never(pair.state)


def _outcome_of_change(
    pair: ValuePair, delta: Number | None, direction: Direction, measured: MetricEvidence, *, incomparable: bool
) -> Outcome:
    if incomparable:
        return Outcome.INCOMPARABLE
    if is_rounding(pair.base, pair.head):
        return Outcome.SAME
    if measured.interval is not None or measured.tested_delta is not None:
        return _outcome_by_interval(measured.interval, direction)
    return _outcome_by_sign(delta, direction)


def _outcome_by_interval(interval: tuple[float, float] | None, direction: Direction) -> Outcome:
    """Without one a difference of other rows than those reported cannot be called by the sign of what is reported."""
    low, high = interval or (0.0, 0.0)
    if low > 0:
        return _outcome_by_sign(low, direction)
    return _outcome_by_sign(high, direction) if high < 0 else Outcome.INCONCLUSIVE


def _outcome_by_sign(delta: Number | None, direction: Direction) -> Outcome:
    if delta is None or direction is Direction.NONE:
        return Outcome.CHANGED
    return Outcome.IMPROVED if (delta > 0) is (direction is Direction.HIGHER) else Outcome.REGRESSED
