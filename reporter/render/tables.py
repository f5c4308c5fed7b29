"""What the tables of a report say: for each kind of row one function that puts rows into words, sorted and toned.

Markdown, page and terminal lay a `Table` out, each by its own rules of escape: nothing here is escaped or cut. Where room is
short, a form takes `short(table)`, and the first of the rows: they are put into words when asked for, which takes its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from reporter.model import formatting
from reporter.model.comparison import (
    ArtifactRow,
    Cause,
    DataRow,
    FlipExample,
    Flips,
    GateRow,
    MetricRow,
    ParamRow,
    SliceRow,
    StageRow,
    State,
)
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.report import CandidateReport, PlotRow, Report
from reporter.model.values import Value, is_number
from reporter.render import wording
from reporter.render.escape import LONGEST_IN_TABLE, LONGEST_NAME
from reporter.render.wording import NOTHING, Sign, Tone


class Written(Enum):
    """Whose words a text is in, which says what must be done before it is shown."""

    BY_US = auto()
    """Numbers and words of this project: Markdown takes them as they are."""
    AS_NAME = auto()
    """A name or value of the repository's."""
    AS_SENTENCE = auto()
    """A sentence, which may quote some."""


class WhenShort(Enum):
    """What becomes of a column where room is short."""

    STAYS = auto()
    UNTITLED = auto()
    """Its words need no heading."""
    IN_BRACKETS = auto()
    """Behind what the column before it says."""
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above a column, and what becomes of it where room is short."""

    heading: str
    is_number: bool = False
    """Aligned to the right."""
    is_code: bool = False
    is_wide: bool = False
    """Holds sentences, which need room."""
    is_outcome: bool = False
    """The word that sums a row up: on a phone it stands beside the row's name."""
    is_revision: bool = False
    """Headed by a revision's name, which is the repository's to choose."""
    when_short: WhenShort = WhenShort.STAYS
    longest: int = LONGEST_IN_TABLE
    """Characters of a name or value in it, beside numbers that should stay in sight."""


class Cell(NamedTuple):
    """A named tuple, since a report may have ten thousands of cells, and a frozen dataclass takes four times as long to make."""

    text: str
    written: Written = Written.AS_SENTENCE
    sort: float | None = None
    """A number sorts by this, a text (None) by itself."""
    tone: Tone = Tone.PLAIN
    symbol: str = ""
    """Stands for the tone in a form that has no colours."""
    is_obvious: bool = False
    """The cells beside it say so already: left out where room is short."""
    names: tuple[str, ...] = ()
    """The names that `text` is made of, where there may be several."""
    between: str = ", "


class Row(NamedTuple):
    """The cells of one row, and whether it may be folded away."""

    cells: tuple[Cell, ...]
    is_quiet: bool = False
    """Nothing happened here: folded, or hidden while only differences are shown."""


@dataclass(frozen=True, slots=True)
class Note:
    """What must be known to read a table."""

    text: str
    names: tuple[str, ...] = ()
    """What it is about; empty: the whole table."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below columns, with what must be said of them."""

    key: str
    """Short and unique among the tables of a report."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...] = ()
    is_opening: bool = False
    """Of a report's beginning: short, and seen whole."""

    @property
    def quiet_rows(self) -> int:
        """How many rows may be folded away."""
        return sum(row.is_quiet for row in self.rows)


_MOST_BESIDE = 5
"""Metrics of each candidate beside those of the others."""
_NOTHING_SAID = Cell("", Written.BY_US)
_RowT = TypeVar("_RowT", ParamRow, DataRow)


def short(table: Table, *, with_brackets: bool = True) -> Table:
    """The table where room is short; `with_brackets` False: where there is even less."""
    drops = {WhenShort.IN_BRACKETS, WhenShort.LEFT_OUT}
    kept = [index for index, column in enumerate(table.columns) if column.when_short not in drops]
    columns = [table.columns[index] for index in kept]
    titled = [replace(one, heading="") if one.when_short is WhenShort.UNTITLED else one for one in columns]
    behind = [with_brackets and _is_in_brackets(table.columns[index + 1 : index + 2]) for index in kept]
    places = list(zip(kept, behind, strict=True))
    rows = [Row(tuple([_short_cell(row.cells, *place) for place in places]), row.is_quiet) for row in table.rows]
    return _without_columns_of(replace(table, columns=tuple(titled), rows=tuple(rows)), "")


def _is_in_brackets(columns: Sequence[Column]) -> bool:
    return any(column.when_short is WhenShort.IN_BRACKETS for column in columns)


def _short_cell(cells: Sequence[Cell], index: int, has_more: bool) -> Cell:
    cell = cells[index]
    if cell.is_obvious:
        return _NOTHING_SAID
    more = cells[index + 1].text if has_more else ""
    return Cell(f"{cell.text} ({more})", cell.written, cell.sort) if more else cell


def _without_columns_of(table: Table, *nothing: str) -> Table:
    used = [
        index for index in range(len(table.columns)) if any(row.cells[index].text not in nothing for row in table.rows)
    ]
    if len(used) == len(table.columns):
        return table
    rows = tuple(Row(tuple([row.cells[index] for index in used]), row.is_quiet) for row in table.rows)
    return replace(table, columns=tuple(table.columns[index] for index in used), rows=rows)


def opening_tables(report: Report) -> list[Table]:
    """What a reader sees first: whole tables, without those that would be empty."""
    return _with_rows(
        candidates(report.candidates if report.others else (), report),
        headlines(wording.headline_rows(report), report),
        gates(wording.gates_in_order(report), report),
        causes(report),
    )


def detail_tables(report: Report) -> list[Table]:
    """All there is, in the order of the page; of further candidates their metrics, gates and params."""
    others = (table for place, other in enumerate(report.others, 2) for table in _of_other(report.of(other), place))
    return [*_of_first(report), *others]


def _of_other(report: Report, place: int) -> Iterator[Table]:
    name = wording.revision_name(report.head)
    found = _with_rows(
        metrics(wording.by_interest(report.metrics), report),
        gates(wording.gates_in_order(report), report),
        params(_different_first(report.params), report),
    )
    for table in found:
        title = table.title[:1].lower() + table.title[1:]
        yield replace(table, key=f"{table.key}-{place}", title=f"{name}: {title}", is_opening=False)


def _of_first(report: Report) -> list[Table]:
    return _with_rows(
        metrics(wording.by_interest(report.metrics), report),
        params(_different_first(report.params), report),
        data(_different_first(report.data), report),
        stages(report.stages, report),
        artifacts(report.artifacts, report),
        slices(wording.worst_slices_first(report.slices) if wording.has_telling_slices(report) else (), report),
        flips(report.flips, report),
        problems(wording.once(report.problems), report),
    )


def _with_rows(*tables: Table) -> list[Table]:
    return [_without_columns_of(table, "", NOTHING) for table in tables if table.rows]


def _different_first(rows: Sequence[_RowT]) -> list[_RowT]:
    return sorted(rows, key=lambda row: not wording.differs(row))


def reports(rows: Sequence[Report]) -> Table:
    """What became of each of several reports."""
    columns = (*_names("Report"), Column("Result", is_outcome=True), *_sentences("Summary"))
    shown = (
        Row((_name(wording.report_name(row)), _sign(wording.gate_sign(row.verdict)), Cell(row.summary))) for row in rows
    )
    return Table("reports", "Reports", columns, tuple(shown), is_opening=True)


def candidates(rows: Sequence[CandidateReport], report: Report) -> Table:
    """The baseline and each candidate, with the metrics that are shown first: their values and how they differ."""
    keys = [row.key for row in wording.headline_rows(report)[:_MOST_BESIDE]]
    name = wording.short_names([row for row in report.metrics if row.key in keys])
    headings = [name(row) for key in keys for row in report.metrics if row.key == key]
    numbers = tuple(replace(Column(heading, is_number=True), is_revision=True) for heading in headings)
    columns = (*_names("Candidate"), Column("Result", is_outcome=True), *numbers, *_sentences("Summary"))
    shown = [_candidate_row(row, keys) for row in rows]
    if rows and report.base is not None:
        before = (_before(key, rows) for key in keys)
        name_of_base = _name(wording.revision_name(report.base))
        shown.insert(0, Row((name_of_base, Cell("baseline", Written.BY_US), *before, _NOTHING_SAID)))
    return Table("candidates", "Candidates", columns, tuple(shown), is_opening=True)


def _candidate_row(row: CandidateReport, keys: Sequence[MetricKey]) -> Row:
    metrics = {metric.key: metric for metric in row.metrics}
    values = (_beside_baseline(metrics.get(key)) for key in keys)
    result = _sign(wording.gate_sign(row.verdict))
    return Row((_name(wording.revision_name(row.head)), result, *values, Cell(row.summary)))


def _before(key: MetricKey, rows: Sequence[CandidateReport]) -> Cell:
    """The baseline's value, as the first candidate says it that has the metric."""
    found = next((metric for row in rows for metric in row.metrics if metric.key == key), None)
    return value_cell(found.base, wording.both_values(found)[0]) if found else _NOTHING_SAID


def _beside_baseline(row: MetricRow | None) -> Cell:
    """`0.712 (−0.012)`, with the sign of what that means."""
    if row is None:
        return Cell(NOTHING, Written.BY_US)
    cell, difference = value_cell(row.head, wording.both_values(row)[1]), wording.absolute_difference(row)
    sign = wording.outcome_sign(row)
    shown = f"{cell.text} ({difference})" if difference and row.difference else cell.text
    return cell._replace(text=shown, tone=sign.tone, symbol=sign.symbol)


def headlines(rows: Sequence[MetricRow], report: Report) -> Table:
    """The metrics that are shown first."""
    name = wording.short_names(rows)
    notes = tuple(Note(note, tuple(names)) for note, names in wording.notes_of(rows).items())
    shown = (Row(_metric_cells(row, name(row), report), is_quiet=_is_quiet(row)) for row in rows)
    return Table("headline", "Headline metrics", _metric_columns(report), tuple(shown), notes, is_opening=True)


def _is_quiet(row: MetricRow) -> bool:
    return bool(row.run_of) or not wording.is_telling(row)


def metrics(rows: Sequence[MetricRow], report: Report) -> Table:
    """As `headlines`, with the direction that is better, the corrected p-value, and the methods of both."""
    table, methods = headlines(rows, report), wording.methods_of(rows)
    columns = (
        *table.columns,
        Column("Better is"),
        *_numbers("p"),
        Column("Method", is_wide=True, when_short=WhenShort.LEFT_OUT),
    )
    shown = (
        Row((*start.cells, *_test_cells(row, has_method=len(methods) > 1)), start.is_quiet)
        for row, start in zip(rows, table.rows, strict=True)
    )
    method = tuple(Note(f"Intervals and p: {wording.ended(method)}") for method in methods) if len(methods) == 1 else ()
    return Table("metrics", "All metrics", columns, tuple(shown), (*method, *table.notes))


def _metric_columns(report: Report) -> tuple[Column, ...]:
    return (
        *_names("Metric"),
        *_revisions(report),
        *_numbers("Change"),
        Column("Relative", is_number=True, when_short=WhenShort.IN_BRACKETS),
        *_numbers(wording.interval_heading(report)),
        Column("Outcome", is_outcome=True, when_short=WhenShort.UNTITLED),
    )


def _metric_cells(row: MetricRow, name: str, report: Report) -> tuple[Cell, ...]:
    return (
        _name(name),
        *_both_values(row, report),
        _number(wording.absolute_difference(row), row.difference),
        _number(wording.relative_difference(row), wording.relative_of(row)),
        _interval(row),
        _sign(wording.outcome_sign(row), is_obvious=report.base is None and wording.is_new(row)),
    )


def _test_cells(row: MetricRow, *, has_method: bool) -> tuple[Cell, ...]:
    return (
        Cell(wording.wanted_direction(row.direction), Written.BY_US),
        _number(wording.probability(row.p_value), row.p_value),
        Cell(row.method or "" if has_method else ""),
    )


def params(rows: Sequence[ParamRow], report: Report) -> Table:
    """Params on both sides."""
    name = wording.short_names(rows)
    columns = (*_names("Param"), *_revisions(report), _state_column())
    shown = (
        Row((_name(name(row)), *_both_values(row, report), _param_state(row, report)), not wording.differs(row))
        for row in rows
    )
    return Table("params", "Params", columns, tuple(shown))


def _param_state(row: ParamRow, report: Report) -> Cell:
    is_obvious = report.base is None or row.state in {State.CHANGED, State.UNCHANGED}
    return _sign(wording.state_sign(row.state), is_obvious=is_obvious)


def gates(rows: Sequence[GateRow], report: Report) -> Table:
    """What each limit makes of each metric."""
    name = wording.gate_names(report)
    columns = (*_names("Gate"), Column("Limit"), Column("Result", is_outcome=True), *_sentences("Why"))
    shown = (
        Row((_name(name(row)), Cell(row.rule), _sign(wording.gate_sign(row.result)), Cell(row.reason))) for row in rows
    )
    return Table("gates", "Gates", columns, tuple(shown), is_opening=True)


def causes(report: Report) -> Table:
    """What changed upstream of the metrics, nearest first."""
    told = wording.telling_explanations(report)
    change_of = wording.changes_of_params(report)
    what, where = _names("Metrics file", "Upstream change"), _names("Before", "After", "Read by stage")
    columns = (*what, Column("Kind"), *where, *_numbers("Stages away"))
    rows = [_cause_row(found.file, cause, change_of(cause)) for found in told for cause in found.causes]
    unexplained = Cell("nothing that DVC tracks", Written.BY_US), *[_NOTHING_SAID] * 5
    rows += [Row((_name(found.file), *unexplained)) for found in told if not found.causes]
    note = Note("Nearest first. Each may be a cause; none is proved.")
    return Table("causes", "What changed and why", columns, tuple(rows), (note,), is_opening=True)


def _cause_row(file: str, cause: Cause, change: tuple[wording.ShownValue, wording.ShownValue] | None) -> Row:
    before, after = (str(change[0]), str(change[1])) if change else ("", "")
    kind = Cell(wording.cause_noun(cause.kind), Written.BY_US)
    distance = _number(str(cause.distance), cause.distance)
    return Row((_name(file), _name(cause.name), kind, _name(before), _name(after), _name(cause.stage), distance))


def data(rows: Sequence[DataRow], _: Report) -> Table:
    """What DVC keeps, on both sides."""
    columns = (*_names("Path"), _state_column(), *_numbers("Before", "After"), Column("Files"))
    return Table("data", "Data", columns, tuple(map(_data_row, rows)))


def _data_row(row: DataRow) -> Row:
    before, after = wording.data_size(row)
    cells = (
        _list((row.renamed_from, row.path) if row.renamed_from else (row.path,), " → "),
        _sign(wording.state_sign(row.state)),
        _number(before, row.base.size if row.base else None),
        _number(after, row.head.size if row.head else None),
        Cell(wording.data_files(row), Written.BY_US),
    )
    return Row(cells, is_quiet=not wording.differs(row))


def stages(rows: Sequence[StageRow], _: Report) -> Table:
    """What happened to each stage."""
    columns = (*_names("Stage"), Column("What happened"), Column("Reads from", when_short=WhenShort.LEFT_OUT))
    return Table("pipeline", "Pipeline", columns, tuple(map(_stage_row, rows)))


def _stage_row(row: StageRow) -> Row:
    note = wording.stage_note(row)
    tone = Tone.DOUBT if row.outdated or row.state is State.UNAVAILABLE else Tone.PLAIN
    cells = (_name(row.name), Cell(note or "unchanged", tone=tone), Cell(", ".join(row.upstream)))
    return Row(cells, is_quiet=not note)


def artifacts(rows: Sequence[ArtifactRow], _: Report) -> Table:
    """Declared models and data sets, on both sides."""
    columns = (*_names("Artifact", "Path"), _state_column(), Column("Changed"))
    return Table("artifacts", "Artifacts", columns, tuple(map(_artifact_row, rows)))


def _artifact_row(row: ArtifactRow) -> Row:
    path = _name(row.path) if row.path else _NOTHING_SAID
    cells = (_name(row.name), path, _sign(wording.state_sign(row.state)), Cell(wording.artifact_changes(row)))
    return Row(cells, is_quiet=not wording.differs(row))


def slices(rows: Sequence[SliceRow], report: Report) -> Table:
    """Groups of examples, each with its own difference."""
    outcome = Column("Outcome", when_short=WhenShort.UNTITLED)
    numbers = _numbers("Rows", "Before", "After", "Change", wording.interval_heading(report), "p")
    columns = (*_names("Slice", "Metric"), outcome, *numbers)
    return Table("slices", "Slices", columns, tuple(map(_slice_row, rows)), (Note(wording.SLICES_NOTE),))


def _slice_row(row: SliceRow) -> Row:
    before, after = wording.two_numbers(row.base, row.head)
    cells = (
        _name(f"{row.group} = {row.value}"),
        _name(row.metric),
        _sign(wording.slice_sign(row)),
        _number(f"{row.rows:,}", row.rows),
        _number(before, row.base),
        _number(after, row.head),
        _number("" if row.delta is None else formatting.delta(row.delta), row.delta),
        _interval(row),
        _number(wording.probability(row.p_value), row.p_value),
    )
    return Row(cells)


def flips(rows: Sequence[Flips], _: Report) -> Table:
    """Examples that just one side got right."""
    became = Column("Became", when_short=WhenShort.LEFT_OUT)
    predictions = Column("Predictions", is_code=True, when_short=WhenShort.LEFT_OUT)
    columns = (*_names("Example", "Actual", "Before", "After"), became, *_numbers("Confidence"), predictions)
    examples = (_flip_row(row.predictions, example) for row in rows for example in row.examples)
    notes = (Note(wording.how_many_flipped(row), (row.predictions,)) for row in rows)
    return Table("flips", "Flips", columns, tuple(examples), tuple(notes))


def _flip_row(predictions: str, row: FlipExample) -> Row:
    confidence = "" if row.confidence is None else f"{row.confidence:.3f}"
    cells = (
        *map(_name, (row.id, row.actual, row.base, row.head)),
        _sign(wording.flip_sign(row)),
        _number(confidence, row.confidence),
        _name(predictions),
    )
    return Row(cells)


def plot_notes(rows: Sequence[PlotRow], _: Report) -> Table:
    """What must be known of plots."""
    columns = (*_names("Plot"), _state_column(), *_sentences("Note"))
    shown = (
        Row((_name(row.title or row.id), _sign(wording.state_sign(row.state)), Cell(" ".join(row.notes))))
        for row in rows
    )
    return Table("plot-notes", "Notes on plots", columns, tuple(shown))


def problems(rows: Sequence[tuple[Problem, Sequence[str]]], _: Report) -> Table:
    """Each with the revisions that it was met in."""
    where = Column("Path", is_code=True, longest=LONGEST_NAME), Column("Revision", longest=LONGEST_NAME)
    columns = (*where, Column("Kind"), *_sentences("What is wrong", "What to do"))
    return Table("problems", "Problems", columns, tuple(_problem_row(*row) for row in rows))


def _problem_row(row: Problem, revisions: Sequence[str]) -> Row:
    places = row.files or ((row.path,) if row.path else ())
    message, hint = Cell(wording.ended(row.message)), Cell(wording.sentence(row.hint))
    return Row((_list(places), _list(revisions), Cell(row.kind.value, Written.BY_US), message, hint))


def _names(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_code=True) for heading in headings)


def _numbers(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_number=True) for heading in headings)


def _sentences(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_wide=True) for heading in headings)


def _state_column() -> Column:
    return Column("State", when_short=WhenShort.UNTITLED)


def _revisions(report: Report) -> tuple[Column, ...]:
    head = Column(wording.revision_name(report.head), is_number=True, is_revision=True, longest=LONGEST_NAME)
    return replace(head, heading=wording.revision_name(report.base)) if report.base else Column("Baseline"), head


def _both_values(row: MetricRow | ParamRow, report: Report) -> tuple[Cell, Cell]:
    before, after = wording.both_values(row)
    return _NOTHING_SAID if report.base is None else value_cell(row.base, before), value_cell(row.head, after)


def value_cell(content: Value, shown: str) -> Cell:
    """A text is the repository's, and so is a number as long as one."""
    is_own_word = (content is None or isinstance(content, bool | int | float)) and len(shown) <= LONGEST_IN_TABLE
    written = Written.BY_US if is_own_word else Written.AS_NAME
    return Cell(shown, written, _place(content) if is_number(content) else None)


def _name(text: str) -> Cell:
    return Cell(text, Written.AS_NAME)


def _list(names: Sequence[str], between: str = ", ") -> Cell:
    if not names:
        return _NOTHING_SAID
    return Cell(between.join(names), Written.AS_NAME, names=tuple(names), between=between)


def _sign(sign: Sign, *, is_obvious: bool = False) -> Cell:
    return Cell(sign.word, Written.BY_US, tone=sign.tone, symbol=sign.symbol, is_obvious=is_obvious)


def _interval(row: MetricRow | SliceRow) -> Cell:
    return _number(wording.bounds(row), row.interval[0] if row.interval else None)


def _number(shown: str, content: float | None) -> Cell:
    return Cell(shown, Written.BY_US, None if content is None else _place(content))


def _place(content: float) -> float | None:
    """NaN sorts like a text: after the numbers. Integers beyond every float sort as infinite."""
    try:
        place = float(content)
    except OverflowError:
        return math.inf if content > 0 else -math.inf
    return None if math.isnan(place) else place
