"""The part of the Markdown that is always open: verdict, doubts, headline metrics, gates, pictures."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePosixPath

from reporter.model.comparison import Cause, CauseKind, GateRow, MetricRow, State, Verdict
from reporter.model.formatting import counted, the_first
from reporter.model.problem import Problem
from reporter.model.report import AnyReport, PlotRow, Report
from reporter.model.revision import Revision
from reporter.render import tables, wording
from reporter.render.escape import (
    LONGEST_IN_TABLE,
    LONGEST_SENTENCE,
    code,
    codes,
    html_text,
    link,
    prose,
    safe_url,
    shorten,
)
from reporter.render.markdown.markup import NOTHING_TO_SAY, Piece, beginning, bullets, details, paragraphs
from reporter.render.markdown.tables import cell_text, laid_out, note_text
from reporter.render.tables import Note
from reporter.render.wording import ShownValue

MOST_LINES = 5
"""Of doubts, and of notices."""
MOST_PICTURES = 6
_MOST_CAUSES = 4
_IMAGE = "image"
"""The kind of a plot that is a picture already."""
_MOST_REVISIONS = 3


def verdict_line(report: AnyReport) -> str:
    """The heading: sign and summary."""
    summary = prose(report.summary)
    return f"### {wording.verdict_symbol(report)} {summary}"


def subject_line(report: Report) -> str:
    """What was compared with what."""
    title = prose(report.comment.title)
    head = code(wording.revision_name(report.head))
    if report.base is None:
        return f"**{title}** · {head}, without a baseline"
    return f"**{title}** · {head} compared with {code(wording.revision_name(report.base))}"


def revision_link(revision: Revision, report: AnyReport) -> str:
    """`main` (`1a2b3c4`), linked to the commit where the project's page is known."""
    side = wording.side(revision, report)
    commit = link(f"`{side.commit}`", side.address)
    named = f"{code(side.name)} ({commit})" if side.name else commit
    return f"{named}, {prose(side.further)}" if side.further else named


def doubt_lines(report: Report) -> str:
    """Why the numbers below may not be what they seem, and what a reader should know of the report itself."""
    doubts = wording.once(wording.doubts(report))
    others = len(wording.once(report.problems)) - len(doubts)
    lines = [f"> ⚠️ {_problem(problem, revisions)}" for problem, revisions in doubts[:MOST_LINES]]
    if len(doubts) > MOST_LINES:
        lines.append(f"> ⚠️ … and {len(doubts) - MOST_LINES:,} more of this kind, listed under problems.")
    if others:
        what = counted(others, "thing")
        lines.append(
            f"> ⚠️ {what} could not be read, drawn or trusted{' either' if doubts else ''}: see problems below."
        )
    return _quoted([*lines, *_notices(report.notices)])


def notice_lines(notices: Sequence[str]) -> str:
    """What a reader should know of several reports at once."""
    return _quoted(list(_notices(notices)))


def _notices(notices: Sequence[str]) -> Iterator[str]:
    yield from (f"> ℹ️ {prose(notice)}" for notice in notices[:MOST_LINES])
    if (more := len(notices) - MOST_LINES) > 0:
        yield f"> ℹ️ … and {counted(more, 'more note')} in the full report."


def _quoted(lines: Sequence[str]) -> str:
    return "\n>\n".join(lines)


def _problem(problem: Problem, revisions: Sequence[str]) -> str:
    where = f"{codes(revisions, _MOST_REVISIONS)}: " if revisions else ""
    about = wording.subject(problem)
    subject = f"{code(about)}: " if about else ""
    hint = f" {prose(wording.sentence(problem.hint))}" if problem.hint else ""
    return f"{where}{subject}**{prose(wording.ended(problem.message))}**{hint}"


def candidate_part(report: Report) -> Piece:
    """All candidates beside the baseline, where there are several; what follows is of the first."""
    if not report.others:
        return NOTHING_TO_SAY
    of_first = f"What follows is of {code(wording.revision_name(report.head))}."

    def render(most: int | None) -> str:
        shown, rest = beginning(report.candidates, most, "candidate")
        return paragraphs(laid_out(tables.candidates(shown, report)), rest, of_first)

    return Piece(len(report.candidates), render)


def headline_table(report: Report) -> Piece:
    """The headline metrics with their notes."""
    rows = wording.headline_rows(report)
    if not rows:
        return _no_headlines(report)
    notes = bullets([note_text(note) for note in _notes(rows, report)])
    return Piece(len(rows), lambda most: paragraphs(laid_out(tables.headlines(rows[:most], report)), notes))


def _notes(rows: Sequence[MetricRow], report: Report) -> list[Note]:
    """Those of the table, but for what the verdict's sentence or the doubts above it say already."""
    shown_above = wording.once(wording.doubts(report))
    said = wording.notes_of_verdict(report) if len(report.summary) <= LONGEST_SENTENCE else set()
    if len(shown_above) <= MOST_LINES:
        said |= {row.note for row in rows if wording.is_in_doubt(row)}
    return [note for note in tables.headlines(rows, report).notes if note.text not in said]


def _no_headlines(report: Report) -> Piece:
    if report.metrics:
        return NOTHING_TO_SAY
    line = "No metrics are tracked. Name their files under `metrics:` in dvc.yaml to see them here."
    return Piece(1, lambda _: line)


def why_part(report: Report) -> Piece:
    """The nearest changes upstream of the metrics, in one line."""
    line = _why_line(report)
    return Piece(1, lambda _: line) if line else NOTHING_TO_SAY


def _why_line(report: Report) -> str:
    if not any(wording.is_telling(row) for row in report.metrics):
        return ""
    nearest = sorted((cause for found in report.explanations for cause in found.causes), key=lambda c: c.distance)
    distinct: dict[tuple[CauseKind, str], Cause] = {}
    for cause in nearest:
        distinct.setdefault((cause.kind, cause.name), cause)
    causes = list(distinct.values())
    if not causes:
        return ""
    return f"**Changed upstream:** {the_first(list(map(cause_texts(report), causes)), _MOST_CAUSES)}"


def cause_texts(report: Report) -> Callable[[Cause], str]:
    """How to say a cause in a few words: param `train.lr` 0.1 → 0.05."""
    change_of = wording.changes_of_params(report)

    def text(cause: Cause) -> str:
        values = change_of(cause)
        change = f" {' → '.join(map(_with_source, values))}" if values else ""
        return f"{wording.cause_noun(cause.kind)} {code(cause.name)}{change}"

    return text


def _with_source(value: ShownValue) -> str:
    """`0.1`, or `0.1 (dvc.lock)` where it was found there."""
    return value.behind(cell_text(tables.value_cell(value.content, value.text)))


def gate_part(report: Report) -> Piece:
    """The gates that do not pass; the others folded."""
    if not report.gates:
        return NOTHING_TO_SAY
    in_order = wording.gates_in_order(report)
    passed = [gate for gate in in_order if gate.result is Verdict.PASS]
    others = [gate for gate in in_order if gate.result is not Verdict.PASS]

    def table_of(gates: Sequence[GateRow], most: int | None) -> str:
        shown, rest = beginning(gates, most)
        return paragraphs(laid_out(tables.gates(shown, report)), rest)

    summary = f"✅ {counted(len(passed), 'gate passes', 'gates pass')}"

    def render(most: int | None) -> str:
        folded = details(summary, table_of(passed, most)) if passed else ""
        return paragraphs(table_of(others, most) if others else "", folded)

    return Piece(len(report.gates), render)


def picture_part(report: Report, pictures: Mapping[str, str]) -> Piece:
    """Plots that changed, two a row; the others folded."""
    drawn = [plot for plot in report.every_plot if plot.image in pictures]
    captions = _captions(report.every_plot)

    def render(most: int | None) -> str:
        changed = (plot for plot in drawn if plot.state is not State.UNCHANGED)
        telling = list(islice(changed, min(most or MOST_PICTURES, MOST_PICTURES)))
        others = [plot for plot in drawn if plot not in telling]
        folded, rest = beginning(others, None if most is None else most - len(telling), "plot")
        noun = "more plot" if telling else "plot"
        return paragraphs(
            _gallery(telling, pictures, captions),
            details(counted(len(folded), noun), _gallery(folded, pictures, captions)) if folded else "",
            rest,
        )

    return Piece(len(drawn), render)


def _captions(plots: Sequence[PlotRow]) -> dict[str, str]:
    """By plot id, what stands above a picture that has no title inside: an image of the project's own.

    The title that its definition gives it, else the name of its file, with the folder only where two files have one name.
    """
    own = [plot for plot in plots if plot.kind == _IMAGE]
    short = Counter(_short_name(plot) for plot in own)
    return {plot.id: _short_name(plot) if short[_short_name(plot)] == 1 else plot.id for plot in own}


def _short_name(plot: PlotRow) -> str:
    return plot.title if plot.title not in {"", plot.id} else PurePosixPath(plot.id).name


def _gallery(plots: Sequence[PlotRow], pictures: Mapping[str, str], captions: Mapping[str, str]) -> str:
    """Two a row: as text, or in a table where some have captions, which would else stand anywhere."""
    if not plots:
        return ""
    if not any(plot.id in captions for plot in plots):
        return "<p>\n" + "\n".join(_picture(plot, pictures[plot.image or ""], "49%") for plot in plots) + "\n</p>"
    cells = [_cell(plot, pictures[plot.image or ""], captions.get(plot.id)) for plot in plots]
    rows = ["\n".join(["<tr>", *cells[first : first + 2], "</tr>"]) for first in range(0, len(cells), 2)]
    return "\n".join(["<table>", *rows, "</table>"])


def _cell(plot: PlotRow, address: str, caption: str | None) -> str:
    shown = f"<b>{html_text(shorten(caption, LONGEST_IN_TABLE))}</b><br>" if caption is not None else ""
    return f'<td width="50%" valign="top">{shown}{_picture(plot, address, "100%")}</td>'


def _picture(plot: PlotRow, address: str, width: str) -> str:
    alt = html_text(shorten(plot.alt or plot.title or plot.id, LONGEST_SENTENCE))
    shown = html.escape(address)
    image = f'<img src="{shown}" alt="{alt}" width="{width}" align="top">'
    return f'<a href="{shown}">{image}</a>' if safe_url(address) else image
