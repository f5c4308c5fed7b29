"""The report on a terminal: verdict, headline metrics, gates, and where the rest is. Colours are the console's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reporter.model.comparison import Verdict
from reporter.model.formatting import counted
from reporter.model.problem import Problem
from reporter.model.report import AnyReport, Report, Reports
from reporter.render import tables, wording
from reporter.render.escape import shorten, visible
from reporter.render.wording import Tone

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.text import Text

_VERDICT_STYLES = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.UNKNOWN: "yellow",
    Verdict.FAIL: "red",
}
_STYLES = {Tone.GOOD: "green", Tone.BAD: "red", Tone.DOUBT: "yellow"}
_LONGEST_CELL = 60
_MOST_PROBLEMS = 5
_LONGEST_SENTENCE = 400
_WIDE = 100
"""Characters of a line that have room for relative changes."""


def print_report(report: AnyReport, console: Console) -> None:
    """Write the report's first page. `console` decides about colour: rich turns it off for a pipe and under NO_COLOR."""
    from rich.text import Text

    console.print(Text(f"{report.verdict.value.upper()}  {visible(report.summary)}", style=_verdict_style(report)))
    console.print(Text(visible(_subject(report)), style="dim"))
    if isinstance(report, Reports):
        _print_table(tables.reports(wording.worst_first(report)), console)
    else:
        _print_one(report, console)
    for notice in report.notices:
        console.print(Text(f"note: {visible(notice)}"))


def _print_one(report: Report, console: Console) -> None:
    if report.others:
        _print_table(tables.candidates(report.candidates, report), console)
    _print_metrics(report, console)
    _print_gates(report, console)
    _print_problems(report, console)


def _verdict_style(report: AnyReport) -> str:
    """Green only where the numbers are to be trusted."""
    is_doubtful = wording.verdict_tone(report) is Tone.DOUBT
    return "bold " + _VERDICT_STYLES[Verdict.WARN if is_doubtful else report.verdict]


def _subject(report: AnyReport) -> str:
    head = _side(wording.side(report.head, report))
    if report.base is None:
        return f"{head}, without a baseline"
    return f"{head} compared with {_side(wording.side(report.base, report))}"


def _side(side: wording.Side) -> str:
    """`main (1a2b3c4)`; a commit without another name stands alone."""
    named = f"{side.name} ({side.commit})" if side.name else side.commit
    return f"{named}, {side.further}" if side.further else named


def _print_metrics(report: Report, console: Console) -> None:
    from rich.text import Text

    rows = wording.headline_rows(report)
    if not rows:
        return
    whole = tables.headlines(rows, report)
    _print_table(whole, console)
    for note in whole.notes:
        console.print(Text(visible(f"{', '.join(note.names)}: {note.text}"), style="dim"))


def _print_table(whole: tables.Table, console: Console) -> None:
    from rich import box
    from rich.table import Table

    shown = tables.short(whole, with_brackets=console.width >= _WIDE)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in shown.columns:
        justify: JustifyMethod = "right" if column.is_number else "left"
        table.add_column(_cell(column.heading), justify=justify, overflow="fold")
    for row in shown.rows:
        tones = (cell.tone for cell in row.cells if cell.tone)
        cells = (
            _cell(cell.text, _LONGEST_SENTENCE if column.is_wide else _LONGEST_CELL)
            for cell, column in zip(row.cells, shown.columns, strict=True)
        )
        table.add_row(*cells, style=_STYLES.get(next(tones, Tone.PLAIN), ""))
    console.print(table)


def _cell(text: str, longest: int = _LONGEST_CELL) -> Text:
    from rich.text import Text

    return Text(shorten(visible(text), longest))


def _print_gates(report: Report, console: Console) -> None:
    from rich.text import Text

    name = wording.gate_names(report)
    for gate in report.gates:
        if gate.result is not Verdict.PASS:
            line = f"gate {gate.result.value}: {name(gate)} {gate.rule}: {gate.reason}"
            console.print(Text(visible(line), style=_VERDICT_STYLES[gate.result]))


def _print_problems(report: Report, console: Console) -> None:
    problems = wording.once(report.problems)
    for problem, revisions in problems[:_MOST_PROBLEMS]:
        console.print(_problem(problem, revisions))
    if len(problems) > _MOST_PROBLEMS:
        console.print(f"… and {counted(len(problems) - _MOST_PROBLEMS, 'more problem')} in the report")


def _problem(problem: Problem, revisions: Sequence[str]) -> Text:
    """One line: where, what is wrong and, less loud, what to do."""
    from rich.text import Text

    what = ": ".join(filter(None, (", ".join(revisions), wording.subject(problem), problem.message)))
    line = Text(shorten(visible(what.rstrip(".")), _LONGEST_SENTENCE), style="yellow")
    return line.append(f" — {shorten(visible(problem.hint), _LONGEST_SENTENCE)}", style="dim") if problem.hint else line
