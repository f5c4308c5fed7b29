"""The tables of the page: cells that know how they are sorted. The template turns them into HTML and escapes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reporter.model import formatting
from reporter.model.comparison import (
    Cause,
    FlipExample,
    MetricRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.problem import Problem
from reporter.model.report import Report
from reporter.model.values import Value, is_nan, is_number
from reporter.render import wording
from reporter.render.escape import shorten, visible
from reporter.render.wording import ShownValue

LONGEST_VALUE = 400
"""Characters of one cell."""


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    is_number: bool = False
    """Aligned to the right."""
    is_code: bool = False
    is_wide: bool = False
    """Holds sentences, which need room."""
    is_outcome: bool = False
    """The word that sums a row up: on a phone it stands beside the row's name."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    sort: float | None = None
    """A number sorts by this, a text (None) by itself."""
    tone: str = ""
    """`good`, `bad`, `doubt`, or nothing: a colour beside the word, never instead of it."""


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Cell, ...]
    is_quiet: bool = False
    """Nothing happened here: hidden while only differences are shown."""


@dataclass(frozen=True, slots=True)
class PageTable:
    key: str
    """Of its section: an HTML id."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    is_opening: bool = False
    """Of the page's beginning: short, so neither sorted nor filtered, and seen whole on a phone."""

    @property
    def quiet_rows(self) -> int:
        return sum(row.is_quiet for row in self.rows)


_TONES = {
    Outcome.IMPROVED: "good",
    Outcome.REGRESSED: "bad",
    Outcome.INCOMPARABLE: "doubt",
    Outcome.UNKNOWN: "doubt",
}
_GATE_TONES = {Verdict.PASS: "good", Verdict.WARN: "doubt", Verdict.UNKNOWN: "doubt", Verdict.FAIL: "bad"}


def headline_table(report: Report) -> PageTable | None:
    rows = wording.headline_rows(report)
    return _metric_table("headline", "Headline metrics", rows, report, in_full=False) if rows else None


def detail_tables(report: Report) -> list[PageTable]:
    """Every table below the pictures that has a row, in the order of the page."""
    tables = (
        _metrics(report),
        _params(report),
        _data(report),
        _stages(report),
        _artifacts(report),
        _slices(report),
        _flips(report),
        _problems(report),
    )
    return [table for table in tables if table is not None and table.rows]


def cause_table(report: Report) -> PageTable | None:
    table = _causes(report)
    return table if table.rows else None


def gate_table(report: Report) -> PageTable | None:
    name = wording.gate_names(report)
    gates = sorted(report.gates, key=lambda gate: -gate.result.severity)
    rows = [
        Row(
            (
                _text(name(gate)),
                _text(gate.rule),
                Cell(gate.result.value, tone=_GATE_TONES[gate.result]),
                _text(gate.reason),
            )
        )
        for gate in gates
    ]
    columns = (
        Column("Gate", is_code=True),
        Column("Limit"),
        Column("Result", is_outcome=True),
        Column("Why", is_wide=True),
    )
    return PageTable("gates", "Gates", columns, tuple(rows), is_opening=True) if rows else None


def _metrics(report: Report) -> PageTable | None:
    rows = wording.by_interest(report.metrics)
    return _metric_table("metrics", "All metrics", rows, report, in_full=True) if rows else None


def _metric_table(key: str, title: str, rows: Sequence[MetricRow], report: Report, *, in_full: bool) -> PageTable:
    name = wording.short_names(rows)
    methods = list(dict.fromkeys(row.method for row in rows if row.method)) if in_full else []
    one_method = len(methods) == 1
    cells = [_metric_row(row, name(row), in_full=in_full, one_method=one_method) for row in rows]
    notes = [f"Intervals and p: {visible(methods[0])}."] if one_method else []
    notes += [f"{visible(', '.join(names))}: {visible(note)}" for names, note in wording.notes_of(rows)]
    columns = (
        Column("Metric", is_code=True),
        Column(_base_name(report), is_number=True),
        Column(wording.revision_name(report.head), is_number=True),
        Column("Change", is_number=True),
        Column("Relative", is_number=True),
        Column(wording.interval_heading(report), is_number=True),
        Column("Outcome", is_outcome=True),
        *((Column("Better is"), Column("p", is_number=True), Column("Method", is_wide=True)) if in_full else ()),
    )
    table = PageTable(key, title, columns, tuple(cells), " ".join(notes), is_opening=not in_full)
    return _without_empty_columns(table)


def _metric_row(row: MetricRow, name: str, *, in_full: bool, one_method: bool) -> Row:
    before, after = wording.both_values(row)
    cells = (
        _text(name),
        _value(before, row.base),
        _value(after, row.head),
        _number(wording.absolute_difference(row), row.delta),
        _number("" if not row.relative else wording.percent(row.relative), row.relative),
        _number(wording.bounds(row), row.interval[0] if row.interval else None),
        Cell(wording.outcome_sign(row).word, tone="doubt" if wording.is_in_doubt(row) else _TONES.get(row.outcome, "")),
    )
    more = (
        Cell(wording.wanted_direction(row.direction)),
        _number(wording.probability(row.p_value), row.p_value),
        _text("" if one_method else row.method or ""),
    )
    return Row(cells + more if in_full else cells, is_quiet=not wording.is_telling(row))


def _params(report: Report) -> PageTable:
    name = wording.short_names(report.params)
    rows = sorted(report.params, key=lambda row: row.state is State.UNCHANGED)
    columns = (
        Column("Param", is_code=True),
        Column(_base_name(report), is_number=True),
        Column(wording.revision_name(report.head), is_number=True),
        Column("State"),
    )
    return PageTable("params", "Params", columns, tuple(_param_row(row, name(row)) for row in rows))


def _param_row(row: ParamRow, name: str) -> Row:
    before, after = wording.both_values(row)
    cells = (_text(name), _value(before, row.base), _value(after, row.head), _state(row.state))
    return Row(cells, is_quiet=row.state is State.UNCHANGED)


def _causes(report: Report) -> PageTable:
    different = {row.file for row in report.metrics if wording.is_telling(row)}
    change_of = wording.changes_of_params(report)
    rows = [
        _cause_row(found.file, cause, change_of(cause))
        for found in report.explanations
        if found.file in different
        for cause in found.causes
    ]
    columns = (
        Column("Metrics file", is_code=True),
        Column("Upstream change", is_code=True),
        Column("Kind"),
        Column("Before", is_code=True),
        Column("After", is_code=True),
        Column("Read by stage", is_code=True),
        Column("Stages away", is_number=True),
    )
    unexplained = [found.file for found in report.explanations if found.file in different and not found.causes]
    rows += [Row((_text(file), Cell("nothing that DVC tracks"), *[Cell("")] * 5)) for file in unexplained]
    note = "Nearest first. Each may be a cause; none is proved."
    table = PageTable("causes", "What changed and why", columns, tuple(rows), note, is_opening=True)
    return _without_empty_columns(table)


def _cause_row(file: str, cause: Cause, change: tuple[ShownValue, ShownValue] | None) -> Row:
    before, after = map(_with_source, change) if change else ("", "")
    return Row(
        (
            _text(file),
            _text(cause.name),
            Cell(wording.cause_noun(cause.kind)),
            _text(before),
            _text(after),
            _text(cause.stage),
            _number(str(cause.distance), cause.distance),
        )
    )


def _with_source(value: ShownValue) -> str:
    return f"{value.text} ({value.source})" if value.source else value.text


def _data(report: Report) -> PageTable:
    rows = []
    for row in sorted(report.data, key=lambda row: row.state is State.UNCHANGED):
        before, after = wording.data_size(row)
        name = f"{row.renamed_from} → {row.path}" if row.renamed_from else row.path
        cells = (
            _text(name),
            _state(row.state),
            _number(before, row.base.size if row.base else None),
            _number(after, row.head.size if row.head else None),
            Cell(wording.data_files(row)),
        )
        rows.append(Row(cells, is_quiet=row.state is State.UNCHANGED))
    columns = (
        Column("Path", is_code=True),
        Column("State"),
        Column("Before", is_number=True),
        Column("After", is_number=True),
        Column("Files"),
    )
    return _without_empty_columns(PageTable("data", "Data", columns, tuple(rows)))


def _stages(report: Report) -> PageTable:
    rows = [
        Row(
            (
                _text(stage.name),
                _text(wording.stage_note(stage) or "unchanged", tone=_stage_tone(stage)),
                _text(", ".join(stage.upstream)),
            ),
            is_quiet=not wording.stage_note(stage),
        )
        for stage in report.stages
    ]
    columns = (Column("Stage", is_code=True), Column("What happened"), Column("Reads from"))
    return _without_empty_columns(PageTable("pipeline", "Pipeline", columns, tuple(rows)))


def _stage_tone(stage: StageRow) -> str:
    return "doubt" if stage.outdated or stage.state is State.UNAVAILABLE else ""


def _artifacts(report: Report) -> PageTable:
    rows = [
        Row(
            (_text(row.name), _text(row.path or ""), _state(row.state), _text(wording.artifact_changes(row))),
            is_quiet=row.state is State.UNCHANGED,
        )
        for row in report.artifacts
    ]
    columns = (Column("Artifact", is_code=True), Column("Path", is_code=True), Column("State"), Column("Changed"))
    return _without_empty_columns(PageTable("artifacts", "Artifacts", columns, tuple(rows)))


def _slices(report: Report) -> PageTable:
    ordered = wording.worst_slices_first(report.slices) if wording.has_telling_slices(report) else []
    columns = (
        Column("Slice", is_code=True),
        Column("Metric", is_code=True),
        Column("Outcome"),
        Column("Rows", is_number=True),
        Column("Before", is_number=True),
        Column("After", is_number=True),
        Column("Change", is_number=True),
        Column(wording.interval_heading(report), is_number=True),
        Column("p", is_number=True),
    )
    note = wording.SLICES_NOTE if ordered else ""
    table = PageTable("slices", "Slices", columns, tuple(_slice_row(row) for row in ordered), note)
    return _without_empty_columns(table)


def _slice_row(row: SliceRow) -> Row:
    before, after = wording.two_numbers(row.base, row.head)
    return Row(
        (
            _text(f"{row.group} = {row.value}"),
            _text(row.metric),
            Cell(wording.slice_sign(row).word, tone=_TONES.get(row.outcome, "")),
            _number(f"{row.rows:,}", row.rows),
            _number(before, row.base),
            _number(after, row.head),
            _number("" if row.delta is None else formatting.delta(row.delta), row.delta),
            _number(wording.bounds(row), row.interval[0] if row.interval else None),
            _number(wording.probability(row.p_value), row.p_value),
        )
    )


def _flips(report: Report) -> PageTable:
    rows = [_flip_row(flips.predictions, example) for flips in report.flips for example in flips.examples]
    note = " ".join(
        f"{visible(flips.predictions)}: of {flips.rows:,} examples {flips.gained:,} became right and {flips.lost:,} wrong."
        for flips in report.flips
    )
    columns = (
        Column("Example", is_code=True),
        Column("Actual", is_code=True),
        Column("Before", is_code=True),
        Column("After", is_code=True),
        Column("Became"),
        Column("Confidence", is_number=True),
        Column("Predictions", is_code=True),
    )
    return _without_empty_columns(PageTable("flips", "Flips", columns, tuple(rows), note))


def _flip_row(predictions: str, example: FlipExample) -> Row:
    confidence = "" if example.confidence is None else f"{example.confidence:.3f}"
    became = Cell("right", tone="good") if example.gained else Cell("wrong", tone="bad")
    return Row(
        (
            _text(example.id),
            _text(example.actual),
            _text(example.base),
            _text(example.head),
            became,
            _number(confidence, example.confidence),
            _text(predictions),
        )
    )


def _problems(report: Report) -> PageTable:
    columns = (
        Column("Path", is_code=True),
        Column("Revision"),
        Column("Kind"),
        Column("What is wrong", is_wide=True),
        Column("What to do", is_wide=True),
    )
    rows = tuple(Row(_problem_cells(problem, revisions)) for problem, revisions in wording.once(report.problems))
    return _without_empty_columns(PageTable("problems", "Problems", columns, rows))


def _problem_cells(problem: Problem, revisions: Sequence[str]) -> tuple[Cell, ...]:
    places = ", ".join(problem.files) or problem.path
    message, hint = wording.ended(problem.message), wording.sentence(problem.hint)
    texts = (places, ", ".join(revisions), problem.kind.value, message, hint)
    return tuple(_text(text) for text in texts)


def _base_name(report: Report) -> str:
    return "Baseline" if report.base is None else wording.revision_name(report.base)


def _text(text: str, tone: str = "") -> Cell:
    return Cell(shorten(visible(text), LONGEST_VALUE), tone=tone)


def _state(state: State) -> Cell:
    return Cell(wording.state_sign(state).word, tone="doubt" if state is State.UNAVAILABLE else "")


def _value(shown: str, content: Value) -> Cell:
    return _number(shown, content) if is_number(content) else _text(shown)


def _number(shown: str, content: float | None) -> Cell:
    """NaN sorts like a text: after the numbers. Integers beyond every float sort as infinite."""
    if content is None or is_nan(content):
        return Cell(shown)
    try:
        return Cell(shown, sort=float(content))
    except OverflowError:
        return Cell(shown, sort=math.inf if content > 0 else -math.inf)


def _without_empty_columns(table: PageTable) -> PageTable:
    used = [
        index
        for index in range(len(table.columns))
        if any(row.cells[index].text not in {"", wording.NOTHING} for row in table.rows)
    ]
    rows = tuple(Row(tuple(row.cells[index] for index in used), row.is_quiet) for row in table.rows)
    return replace(table, columns=tuple(table.columns[index] for index in used), rows=rows)
