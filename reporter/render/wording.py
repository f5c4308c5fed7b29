"""The words, signs and orders that the Markdown, the page and the terminal share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from reporter.model import formatting
from reporter.model.comparison import (
    SLICE_OUTCOMES,
    ArtifactRow,
    Cause,
    CauseKind,
    Content,
    DataRow,
    Explanation,
    FlipExample,
    Flips,
    GateRow,
    MetricRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.problem import Problem, ProblemKind
from reporter.model.reasons import ClauseId
from reporter.model.report import AnyReport, PlotRow, Report, Reports
from reporter.model.revision import Revision
from reporter.model.rules import Direction
from reporter.model.values import Value, is_number

NOTHING = "–"
"""Stands where a revision has no value."""

NO_BREAK = "\u00a0"

_OF_EVALUATION = frozenset({ClauseId.OTHER_DATA, ClauseId.OTHER_ROWS, ClauseId.LABELS})
"""Clauses that say why metrics are not comparable, as their notes do."""

UNTRUSTWORTHY = frozenset({ProblemKind.STALE, ProblemKind.MISMATCH})
"""Problems that put the numbers themselves in doubt, not only their completeness."""

MOST_HEADLINES = 12
_FEW = 8
"""Rows shown first where reporter.yaml names no headline metric."""

_OUTCOME_ORDER = (
    Outcome.REGRESSED,
    Outcome.UNKNOWN,
    Outcome.INCOMPARABLE,
    Outcome.IMPROVED,
    Outcome.INCONCLUSIVE,
    Outcome.CHANGED,
    Outcome.SAME,
)


class Tone(StrEnum):
    """What a reader is to feel before reading: a colour or a symbol beside the word, never instead of it."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    PLAIN = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A word with the tone, and the symbol, that make it found at a glance."""

    symbol: str
    word: str
    tone: Tone = Tone.PLAIN


_OUTCOME_SIGNS = {
    Outcome.IMPROVED: Sign("🟢", "better", Tone.GOOD),
    Outcome.REGRESSED: Sign("🔴", "worse", Tone.BAD),
    Outcome.INCONCLUSIVE: Sign("⚪", "inconclusive"),
    Outcome.SAME: Sign("", "same"),
    Outcome.CHANGED: Sign("", "changed"),
    Outcome.INCOMPARABLE: Sign("⚠️", "not comparable", Tone.DOUBT),
}


_STAGE_WORDS = {
    State.ADDED: "new",
    State.REMOVED: "removed",
    State.UNAVAILABLE: "unavailable in the baseline",
}


_PASSING_SYMBOLS = {Tone.GOOD: "🟢", Tone.PLAIN: "⚪", Tone.DOUBT: "⚠️"}


def verdict_symbol(report: AnyReport) -> str:
    """The sign in front of the summary."""
    match report.verdict:
        case Verdict.PASS:
            return _PASSING_SYMBOLS[verdict_tone(report)]
        case Verdict.WARN:
            return "🟡"
        case Verdict.UNKNOWN:
            return "🟠"
        case Verdict.FAIL:
            return "🔴"
        case _:
            assert_never(report.verdict)


def verdict_tone(report: AnyReport) -> Tone:
    """Good only for what is better without being worse elsewhere, and only where the numbers are to be trusted."""
    if isinstance(report, Reports):
        tones = {verdict_tone(each) for each in report.reports}
        return next(tone for tone in (Tone.BAD, Tone.DOUBT, Tone.GOOD, Tone.PLAIN) if tone in tones)
    match report.verdict:
        case Verdict.FAIL:
            return Tone.BAD
        case Verdict.PASS if not doubts(report):
            outcomes = {row.outcome for row in report.metrics if row.headline} or {
                row.outcome for row in report.metrics
            }
            is_better = Outcome.IMPROVED in outcomes and Outcome.REGRESSED not in outcomes
            return Tone.GOOD if is_better else Tone.PLAIN
        case _:
            return Tone.DOUBT


def report_name(report: Report) -> str:
    """What tells a report from the others of its bundle."""
    return report.project or "."


def worst_first(reports: Reports) -> list[Report]:
    """In their order where they ended alike."""
    return sorted(reports.reports, key=lambda report: -report.verdict.severity)


def gate_sign(result: Verdict) -> Sign:
    """How a gate ended."""
    match result:
        case Verdict.PASS:
            return Sign("✅", "pass", Tone.GOOD)
        case Verdict.WARN:
            return Sign("🟡", "warn", Tone.DOUBT)
        case Verdict.UNKNOWN:
            return Sign("❔", "unknown", Tone.DOUBT)
        case Verdict.FAIL:
            return Sign("❌", "fail", Tone.BAD)
        case _:
            assert_never(result)


def outcome_sign(row: MetricRow) -> Sign:
    """What became of a metric, in a word."""
    if is_in_doubt(row):
        return Sign("⚠️", "in doubt", Tone.DOUBT)
    if row.outcome is Outcome.UNKNOWN:
        return replace(state_sign(row.state), tone=Tone.DOUBT)
    return _OUTCOME_SIGNS[row.outcome]


def is_new(row: MetricRow) -> bool:
    """Whether that is all there is to say of what became of it."""
    return row.state is State.ADDED and not is_in_doubt(row)


def is_in_doubt(row: MetricRow) -> bool:
    """Whether the candidate's value is shown, and is not to be judged by: also where it is that of the baseline."""
    return bool(row.doubt) and row.state in {State.CHANGED, State.UNCHANGED, State.ADDED}


def state_sign(state: State) -> Sign:
    """What became of a value, a file or a plot."""
    match state:
        case State.ADDED:
            return Sign("", "new")
        case State.UNAVAILABLE:
            return Sign("⚠️", "unavailable", Tone.DOUBT)
        case State.CHANGED | State.UNCHANGED | State.REMOVED | State.RENAMED:
            return Sign("", state.value)
        case _:
            assert_never(state)


def wanted_direction(direction: Direction) -> str:
    """Which way a metric is better, in a word; empty where that is not known."""
    match direction:
        case Direction.HIGHER:
            return "higher"
        case Direction.LOWER:
            return "lower"
        case Direction.NONE:
            return ""
        case _:
            assert_never(direction)


def both_values(row: MetricRow | ParamRow) -> tuple[str, str]:
    """Baseline and candidate as a reader is shown them, to the digits that show their difference."""
    base_is_there = row.state is not State.ADDED
    head_is_there = row.state is not State.REMOVED
    if isinstance(row, MetricRow) and is_number(row.base) and is_number(row.head):
        return formatting.pair(row.base, row.head)
    return _one_value(row, row.base, base_is_there), _one_value(row, row.head, head_is_there)


def _one_value(row: MetricRow | ParamRow, content: Value, is_there: bool) -> str:
    if content is None and row.state is State.UNAVAILABLE:
        return "unavailable"
    if content is None and not is_there:
        return NOTHING
    if isinstance(row, MetricRow) and is_number(content):
        return formatting.number(content, formatting.BESIDE_OTHERS)
    return formatting.value(content)


SLICES_NOTE = (
    "The worst first, then the best. A slice is called worse or better where its interval excludes zero and p, "
    "corrected over all slices (Benjamini–Hochberg), is small too."
)


def worst_slices_first(rows: Sequence[SliceRow]) -> list[SliceRow]:
    """Worse, then better, then the rest; of each the least probable under no difference first, then the largest: a big change of a
    small slice is often chance.
    """

    def rank(row: SliceRow) -> tuple[int, float, float]:
        return (SLICE_OUTCOMES.index(row.outcome), 1.0 if row.p_value is None else row.p_value, -abs(row.delta or 0))

    return sorted(rows, key=rank)


def telling_slices(rows: Sequence[SliceRow], most: int) -> list[SliceRow]:
    """The worst and the best: of `most` rows half for each, and what one of them does not need for the other."""
    ordered = worst_slices_first(rows)
    worse = [row for row in ordered if row.outcome is Outcome.REGRESSED]
    rest = ordered[len(worse) :]
    better = sum(row.outcome is Outcome.IMPROVED for row in rest)
    room = max(most - better, (most + 1) // 2)
    return [*worse[:room], *rest][:most]


def has_telling_slices(report: Report) -> bool:
    """Whether any slice differs at all: of identical predictions none does."""
    return any(row.delta for row in report.slices)


def how_many_flipped(flips: Flips) -> str:
    """Reads on after the name of the predictions."""
    return f"of {flips.rows:,} examples {flips.gained:,} became right and {flips.lost:,} wrong."


def flip_sign(example: FlipExample) -> Sign:
    """What the prediction became."""
    return Sign("", "right", Tone.GOOD) if example.gained else Sign("", "wrong", Tone.BAD)


def slice_sign(row: SliceRow) -> Sign:
    """How a slice ended; empty where nothing is known of it."""
    return Sign("", "") if row.outcome is Outcome.UNKNOWN else _OUTCOME_SIGNS[row.outcome]


def two_numbers(base: float | None, head: float | None) -> tuple[str, str]:
    """Two numbers next to each other, either of which may be missing."""
    if base is not None and head is not None:
        return formatting.pair(base, head)
    left = NOTHING if base is None else formatting.number(base)
    return left, NOTHING if head is None else formatting.number(head)


def absolute_difference(row: MetricRow) -> str:
    """`+0.012`; empty where there is none."""
    if row.difference is None:
        return ""
    return "0" if row.difference == 0 else formatting.delta(row.difference)


def relative_difference(row: MetricRow) -> str:
    """`+1.4 %`; empty where there is none, or no finite one."""
    relative = relative_of(row)
    return percent(relative) if relative and math.isfinite(relative) else ""


def relative_of(row: MetricRow) -> float | None:
    """The shown difference as a fraction of the baseline's value."""
    if row.tested_delta is None:
        return row.relative
    is_fraction = is_number(row.base) and row.base != 0 and math.isfinite(row.base)
    return row.tested_delta / abs(row.base) if is_fraction and is_number(row.base) else None


def percent(fraction: float) -> str:
    """A relative change, which no line break parts from its sign."""
    return formatting.percent(fraction, signed=True).replace(" ", NO_BREAK)


def bounds(row: MetricRow | SliceRow) -> str:
    """Both ends of an interval, which no line break parts; nothing where both values are the same to begin with."""
    if row.outcome is Outcome.SAME:
        return ""
    return formatting.interval(*row.interval).replace(" ", NO_BREAK) if row.interval else ""


def probability(value: float | None) -> str:
    """A p-value; empty where there is none."""
    return "" if value is None else formatting.probability(value).replace(" ", NO_BREAK)


def is_telling(row: MetricRow) -> bool:
    """Whether it differs, or is not known to be the same."""
    return row.state is not State.UNCHANGED or is_in_doubt(row)


def is_single_run(row: MetricRow | ParamRow | DataRow | ArtifactRow) -> bool:
    """Whether another row stands for it and the other runs of its metric."""
    return isinstance(row, MetricRow) and bool(row.run_of)


def differs(row: ParamRow | DataRow | ArtifactRow | PlotRow) -> bool:
    """Whether there is anything to tell of the row: unavailable counts."""
    return row.state is not State.UNCHANGED


def how_many_differ(rows: Sequence[MetricRow | ParamRow | DataRow | ArtifactRow], report: Report) -> str:
    """`3 of 9 differ, 2 unavailable, 1 in doubt`; without a baseline how many there are in place of how many differ. Single runs of
    repeated ones do not count.
    """
    rows = [row for row in rows if not is_single_run(row)]
    unavailable = sum(row.state is State.UNAVAILABLE for row in rows)
    different = sum(row.state is not State.UNCHANGED for row in rows) - unavailable
    doubtful = sum(isinstance(row, MetricRow) and is_in_doubt(row) for row in rows)
    counts = [f"{len(rows):,}" if report.base is None else f"{different:,} of {len(rows):,} differ"]
    counts += [
        f"{number:,} {word}" for number, word in ((unavailable, "unavailable"), (doubtful, "in doubt")) if number
    ]
    return ", ".join(counts)


def by_interest(rows: Iterable[MetricRow]) -> list[MetricRow]:
    """Worse, unreadable and doubtful first, the unchanged last, and single runs after all; otherwise in the order of the files."""

    def interest(row: MetricRow) -> tuple[bool, int]:
        return bool(row.run_of), _OUTCOME_ORDER.index(Outcome.UNKNOWN if is_in_doubt(row) else row.outcome)

    return sorted(rows, key=interest)


def headline_rows(report: Report) -> list[MetricRow]:
    """The metrics a reviewer looks at first: those reporter.yaml names, else the first that differ, else the first."""
    named = [row for row in report.metrics if row.headline]
    if named:
        return named[:MOST_HEADLINES]
    whole = [row for row in report.metrics if not row.run_of]
    telling = [row for row in whole if is_telling(row)]
    return (telling or whole)[:_FEW]


def gates_in_order(report: Report) -> list[GateRow]:
    """The worst first."""
    return sorted(report.gates, key=lambda gate: -gate.result.severity)


def telling_explanations(report: Report) -> list[Explanation]:
    """Those of metrics files that differ."""
    different = {row.file for row in report.metrics if is_telling(row)}
    return [found for found in report.explanations if found.file in different] if report.base else []


def short_names(rows: Sequence[MetricRow | ParamRow]) -> Callable[[MetricRow | ParamRow], str]:
    """How to name a row: without its file where all rows are of one file; one that stands for a file by that alone."""
    if len({row.file for row in rows}) <= 1:
        return lambda row: row.name or row.file
    return lambda row: f"{row.file}:{row.name}" if row.name else row.file


def gate_names(report: Report) -> Callable[[GateRow], str]:
    """How to name a gate's metric: as a row is named; a rule that no metric answers to as it is written."""
    rows = {f"{row.file}:{row.name}": row for row in report.metrics}
    name = short_names([rows[gate.metric] for gate in report.gates if gate.metric in rows])
    return lambda gate: name(rows[gate.metric]) if gate.metric in rows else gate.metric


def notes_of(rows: Sequence[MetricRow]) -> dict[str, list[str]]:
    """What must be known of the rows: each note once, with the names of the metrics that have it."""
    return _names_by(lambda row: row.note, rows)


def methods_of(rows: Sequence[MetricRow]) -> dict[str, list[str]]:
    """How intervals and p-values were found: each method, with the names of the metrics that it was used for."""
    return _names_by(lambda row: row.method or "", rows)


def _names_by(said: Callable[[MetricRow], str], rows: Sequence[MetricRow]) -> dict[str, list[str]]:
    name = short_names(rows)
    found: dict[str, list[str]] = {}
    for row in rows:
        if text := said(row):
            found.setdefault(text, []).append(name(row))
    return found


def notes_of_verdict(report: Report) -> set[str]:
    """Notes that the verdict's sentence gives as well: of metrics that are not comparable for a reason that it tells."""
    told = {metric for clause in report.clauses if clause.id in _OF_EVALUATION for metric in clause.metrics}
    return {row.note for row in report.metrics if str(row.key) in told}


def interval_heading(report: Report) -> str:
    """`95 % interval`."""
    return (
        "Interval" if report.level is None else f"{formatting.level(report.level)} interval".replace(" ", NO_BREAK, 1)
    )


def sentence(text: str) -> str:
    """A clause as a sentence of its own; it begins with a plain word, or with code in backticks, which stays as it is."""
    return ended(formatting.capitalised(text))


def ended(text: str) -> str:
    """With the full stop that another sentence can follow."""
    return text if not text or text.endswith((".", "?", "!", ":")) else f"{text}."


def subject(problem: Problem) -> str:
    """What stands before a problem's message: the path that it is about, unless the message itself names it."""
    return "" if problem.names_path else problem.path


def once(problems: Iterable[Problem]) -> list[tuple[Problem, list[str]]]:
    """Each problem once, with all revisions that it was met in."""
    met: dict[Problem, dict[str, None]] = {}
    for problem in problems:
        revisions = met.setdefault(replace(problem, revision=""), {})
        if problem.revision:
            revisions[problem.revision] = None
    return [(problem, list(revisions)) for problem, revisions in met.items()]


def revision_name(revision: Revision) -> str:
    """`main`, or `workspace*` where it differs from its commit."""
    return revision.label + ("*" if revision.dirty else "")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two revisions, as every form introduces it."""

    name: str
    """Empty where it would say no more than the commit."""
    commit: str
    """The first seven digits."""
    address: str | None
    """Of the commit on the forge, as the report has it: nobody has looked yet whether it is one of the web."""
    further: str
    """What is to be said besides: how far a baseline is behind its target; usually empty."""


def side(revision: Revision, report: AnyReport) -> Side:
    """What is said of a revision where the two are introduced."""
    home = report.run.repository_url
    return Side(
        name="" if revision.sha.startswith(revision.label) else revision_name(revision),
        commit=revision.sha[:7],
        address=f"{home}/commit/{revision.sha}" if home else None,
        further=f"{formatting.counted(revision.behind, 'commit')} behind {revision.rev}" if revision.behind else "",
    )


def cause_noun(kind: CauseKind) -> str:
    """What kind of thing changed."""
    match kind:
        case CauseKind.PARAM:
            return "param"
        case CauseKind.CODE:
            return "code"
        case CauseKind.DATA:
            return "data"
        case CauseKind.COMMAND:
            return "command of stage"
        case _:
            assert_never(kind)


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value as a reader is shown it."""

    content: Value
    text: str
    source: str = ""
    """The file that it was found in, where that is not the one that its name says."""

    def __str__(self) -> str:
        return self.behind(self.text)

    def behind(self, text: str) -> str:
        """`0.1 (dvc.lock)`: the source behind the value, as some form shows it."""
        return f"{text} ({self.source})" if self.source else text


def changes_of_params(report: Report) -> Callable[[Cause], tuple[ShownValue, ShownValue] | None]:
    """How to find both values of the param that a cause is; None for another cause.

    What cannot be read in the params file is shown as dvc.lock recorded it for the run.
    """
    rows = {f"{row.file}:{row.name}": row for row in reversed(report.params)}

    def change(cause: Cause) -> tuple[ShownValue, ShownValue] | None:
        row = rows.get(cause.name)
        if cause.kind is not CauseKind.PARAM or (row is None and cause.base is None and cause.head is None):
            return None
        before, after = both_values(row) if row else (NOTHING, NOTHING)
        is_known = row is not None and row.state is not State.UNAVAILABLE
        return (
            _recorded_or_shown(cause.base, row.base if row else None, before, is_known=is_known),
            _recorded_or_shown(cause.head, row.head if row else None, after, is_known=is_known),
        )

    return change


def _recorded_or_shown(recorded: Value, content: Value, text: str, *, is_known: bool) -> ShownValue:
    if is_known or content is not None or recorded is None:
        return ShownValue(content, text)
    return ShownValue(recorded, formatting.value(recorded), "dvc.lock")


def artifact_changes(row: ArtifactRow) -> str:
    """What of an artifact changed, and what of it is not known."""
    return "; ".join(filter(None, [", ".join(row.changed), row.note]))


def stage_note(stage: StageRow) -> str:
    """What happened to a stage, in a few words; empty for one that stayed as it was."""
    changed = f"{formatting.joined(stage.changed)} changed" if stage.changed else ""
    happened = _STAGE_WORDS.get(stage.state, changed)
    ran = "ran again" if stage.ran and stage.state not in _STAGE_WORDS else ""
    return ", ".join(filter(None, [happened, ran, _why_out_of_date(stage, is_changed=bool(changed))]))


def _why_out_of_date(stage: StageRow, *, is_changed: bool) -> str:
    if stage.state is State.REMOVED:
        return ""
    if not stage.ever_ran:
        return "never run"
    if not stage.outdated:
        return ""
    return "but not run again" if is_changed and not stage.ran else "out of date"


def what_happened_to_stages(report: Report) -> str:
    """`2 of 4 stages changed or ran again, 1 out of date`; without a baseline how many there are."""
    total = formatting.counted(len(report.stages), "stage")
    unavailable = sum(stage.state is State.UNAVAILABLE for stage in report.stages)
    moved = sum(stage.state is not State.UNCHANGED or stage.ran for stage in report.stages) - unavailable
    outdated = sum(stage.outdated for stage in report.stages)
    counts = [total if report.base is None else f"{moved:,} of {total} changed or ran again"]
    counts += [
        f"{number:,} {words}"
        for number, words in ((outdated, "out of date"), (unavailable, "unavailable in the baseline"))
        if number
    ]
    return ", ".join(counts)


def how_far(cause: Cause) -> str:
    """How many stages lie between a cause and the metrics."""
    if cause.distance == 0:
        return "the stage that writes the metrics"
    return f"{formatting.counted(cause.distance, 'stage')} upstream"


def data_size(row: DataRow) -> tuple[str, str]:
    """Size and number of files on both sides."""
    return _extent(row.base), _extent(row.head)


def _extent(content: Content | None) -> str:
    if content is None:
        return NOTHING
    size = [] if content.size is None else [formatting.size(content.size)]
    files = [] if content.nfiles is None else [formatting.counted(content.nfiles, "file")]
    return ", ".join(size + files) or "?"


def data_files(row: DataRow) -> str:
    """What happened inside a directory: `+3 −1 ~12 files`."""
    counts = [("+", row.added), (formatting.MINUS, row.removed), ("~", row.modified)]
    shown = [f"{sign}{number:,}" for sign, number in counts if number]
    return f"{' '.join(shown)} files" if shown else ""


def doubts(report: Report) -> list[Problem]:
    """Problems that make the numbers untrustworthy."""
    return [problem for problem in report.problems if problem.kind in UNTRUSTWORTHY]


def nothing_differs(report: Report) -> bool:
    """Both revisions agree in everything that is tracked, all of it could be read, and no gate objects."""
    return (
        report.base is not None
        and all(state is State.UNCHANGED for state in _states(report))
        and not any(map(is_in_doubt, report.metrics))
        and not any(stage.outdated or stage.ran for stage in report.stages)
        and all(gate.result is Verdict.PASS for gate in report.gates)
        and not report.problems
    )


def _states(report: Report) -> Iterator[State]:
    yield from (row.state for row in report.metrics)
    yield from (row.state for row in report.params)
    yield from (row.state for row in report.plots)
    yield from (row.state for row in report.data)
    yield from (row.state for row in report.stages)
    yield from (row.state for row in report.artifacts)
