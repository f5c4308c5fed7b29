"""The part of the Markdown that is folded away: every metric and param, causes, data, pipeline, slices, flips, problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Generic, TypeVar

from reporter.model.comparison import Cause, Explanation, Flips, MetricRow, Outcome, ParamRow, SliceRow
from reporter.model.formatting import counted
from reporter.model.report import Report, SectionText
from reporter.render import tables, wording
from reporter.render.escape import code, html_text, prose, shorten
from reporter.render.markdown.markup import (
    NOTHING_TO_SAY,
    Piece,
    beginning,
    bullets,
    details,
    more_rows,
    paragraphs,
)
from reporter.render.markdown.opening import cause_texts, why_part
from reporter.render.markdown.tables import laid_out, methods, note_text, with_whole_names
from reporter.render.mermaid import pipeline_graph
from reporter.render.tables import Table
from reporter.render.team_text import LONGEST_SECTION, team_markdown

T = TypeVar("T")

_MOST_CAUSES = 12
_MOST_SLICES = 10
_ROW_OF_TEXT = 100
"""Characters of a section that take about the room of a table's row."""
_ALWAYS_SHOWN = 10
"""Rows of a table that need no folding of their own."""


def cause_part(report: Report) -> Piece:
    """What changed upstream of each metrics file that differs."""
    told = wording.telling_explanations(report)
    if not told:
        return NOTHING_TO_SAY
    note = "Changes upstream of the metrics, nearest first. Each may be a cause; none is proved."
    text = cause_texts(report)

    def render(most: int | None) -> str:
        shown, rest = beginning(told, most, "metrics file")
        return details("What changed and why", paragraphs(note, *(_explained(found, text) for found in shown), rest))

    return Piece(len(told), render)


def _explained(explanation: Explanation, text: Callable[[Cause], str]) -> str:
    file = code(explanation.file)
    if not explanation.causes:
        return f"**{file}**: nothing that DVC tracks upstream of it changed. Look for randomness or an untracked input."
    lines = [
        f"{text(cause)}, read by stage {code(cause.stage)} ({wording.how_far(cause)})"
        for cause in explanation.causes[:_MOST_CAUSES]
    ]
    if len(explanation.causes) > _MOST_CAUSES:
        lines.append(f"… and {len(explanation.causes) - _MOST_CAUSES:,} more")
    return paragraphs(f"**{file}**", bullets(lines))


def other_part(report: Report) -> Piece:
    """Of each candidate but the first: its headline metrics and gates."""
    others = [report.of(candidate) for candidate in report.others]

    def render(most: int | None) -> str:
        shown, rest = beginning(others, most, "candidate")
        return paragraphs(*map(_other, shown), rest)

    return Piece(len(others), render)


def _other(report: Report) -> str:
    """What is short of it, whole: the page has all its rows."""
    name = f"<b>{html_text(shorten(wording.revision_name(report.head)))}</b>"
    summary = f"{wording.verdict_symbol(report)} {prose(report.summary)}"
    shown = (
        tables.headlines(wording.headline_rows(report), report),
        tables.gates(wording.gates_in_order(report), report),
    )
    whole = (laid_out(table) for table in shown if table.rows)
    return details(name, paragraphs(summary, *whole, why_part(report).render(None)))


def metric_part(report: Report) -> Piece:
    """Every metric: those that tell something, then the others folded once more."""
    whole = [row for row in report.metrics if not row.run_of]
    telling = wording.by_interest(filter(wording.is_telling, whole))
    same = [row for row in whole if not wording.is_telling(row)]
    runs = [row for row in report.metrics if row.run_of]

    def differing(rows: Sequence[MetricRow]) -> str:
        return with_whole_names(tables.metrics(rows, report), methods(rows))

    def unchanged(rows: Sequence[MetricRow]) -> str:
        return with_whole_names(tables.headlines(rows, report))

    title = f"All metrics ({wording.how_many_differ(report.metrics, report)})"
    others = _Part(same, unchanged, "unchanged metric"), _Part(runs, unchanged, "single run")
    return _differences_first(title, _Part(telling, differing), *others)


def param_part(report: Report) -> Piece:
    """Params that differ, and how many do not."""
    different = list(filter(wording.differs, report.params))
    same = [row for row in report.params if not wording.differs(row)]

    def table_of(rows: Sequence[ParamRow]) -> str:
        return with_whole_names(tables.params(rows, report))

    title = f"Params ({wording.how_many_differ(report.params, report)})"
    return _differences_first(title, _Part(different, table_of), _Part(same, table_of, "unchanged param"))


@dataclass(frozen=True, slots=True)
class _Part(Generic[T]):
    rows: Sequence[T]
    table_of: Callable[[Sequence[T]], str]
    noun: str = ""

    def first(self, most: int | None) -> str:
        return self.table_of(self.rows[:most]) if self.rows[:most] else ""

    def folded(self, most: int | None) -> str:
        """A few rows are not folded."""
        shown = self.first(most)
        return details(counted(len(self.rows), self.noun), shown) if shown and len(self.rows) > _ALWAYS_SHOWN else shown


def _differences_first(title: str, different: _Part[T], *others: _Part[T]) -> Piece:
    """The rows that differ, then the others, each kind folded once more; of all together at most so many."""
    total = sum(len(part.rows) for part in (different, *others))
    if not total:
        return NOTHING_TO_SAY

    def render(most: int | None) -> str:
        told, room = [different.first(most)], most
        for part, before in zip(others, (different, *others), strict=False):
            room = None if room is None else max(room - len(before.rows), 0)
            told.append(part.folded(room))
        left_out = 0 if most is None else max(total - most, 0)
        return details(title, paragraphs(*told, more_rows(left_out)))

    return Piece(total, render)


def _folded(report: Report, title: str, rows: Sequence[T], table_of: Callable[[Sequence[T], Report], Table]) -> Piece:
    """A table that is folded, or nothing where it has no rows."""

    def render(most: int | None) -> str:
        shown, rest = beginning(rows, most)
        return details(title, paragraphs(laid_out(table_of(shown, report)), rest))

    return Piece(len(rows), render) if rows else NOTHING_TO_SAY


def data_part(report: Report) -> Piece:
    """Data that differ."""
    title = f"Data ({wording.how_many_differ(report.data, report)})"
    return _folded(report, title, list(filter(wording.differs, report.data)), tables.data)


def artifact_part(report: Report) -> Piece:
    """Artifacts that differ."""
    title = f"Artifacts ({wording.how_many_differ(report.artifacts, report)})"
    return _folded(report, title, list(filter(wording.differs, report.artifacts)), tables.artifacts)


def problem_part(report: Report) -> Piece:
    """Every problem once, with its mend."""
    problems = wording.once(report.problems)
    return _folded(report, f"Problems ({len(problems):,})", problems, tables.problems)


def plot_note_part(report: Report, pictures: Mapping[str, str]) -> Piece:
    """Plots without a picture, and what could not be drawn of the others."""
    told = [plot for plot in report.plots if plot.notes or plot.image not in pictures]
    without = sum(plot.image not in pictures for plot in report.plots)
    title = f"Plots ({without:,} without a picture here)" if without else f"Notes on plots ({len(told):,})"
    return _folded(report, title, told, tables.plot_notes)


def pipeline_part(report: Report) -> Piece:
    """The graph, or a table where it is too large to be drawn or has to be short."""
    if not report.stages:
        return NOTHING_TO_SAY
    touched = [stage for stage in report.stages if wording.stage_note(stage)]
    summary = f"Pipeline ({wording.what_happened_to_stages(report)})"

    def render(most: int | None) -> str:
        graph = pipeline_graph(report.stages) if most is None else ""
        drawn = f"```mermaid\n{graph}\n```" if graph else ""
        shown, rest = beginning(touched, most)
        table = laid_out(tables.stages(shown, report)) if touched else ""
        return details(summary, drawn or paragraphs(table, rest))

    return Piece(len(report.stages), render)


def slice_part(report: Report) -> Piece:
    """The slices of which something is known."""
    if not wording.has_telling_slices(report):
        return NOTHING_TO_SAY
    telling = wording.telling_slices(report.slices, _MOST_SLICES)
    summary = _slice_summary(report.slices)

    def render(most: int | None) -> str:
        shown = telling if (most or _MOST_SLICES) >= len(telling) else wording.telling_slices(report.slices, most or 1)
        rest = more_rows(len(report.slices) - len(shown))
        return details(summary, paragraphs(wording.SLICES_NOTE, laid_out(tables.slices(shown, report)), rest))

    return Piece(len(telling), render)


def _slice_summary(rows: Sequence[SliceRow]) -> str:
    """`Slices (3 worse, 8 better of 90)`."""
    outcomes = Counter(row.outcome for row in rows)
    if outcomes[Outcome.UNKNOWN] == len(rows):
        return f"Slices ({len(rows):,})"
    counts = ((outcomes[Outcome.REGRESSED], "worse"), (outcomes[Outcome.IMPROVED], "better"))
    clear = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    return f"Slices ({clear or 'none better or worse'} of {len(rows):,})"


def flip_part(report: Report) -> Piece:
    """Examples that just one side got right, by predictions file."""
    told = [flips for flips in report.flips if flips.gained or flips.lost]
    if not told:
        return NOTHING_TO_SAY
    gained, lost = sum(flips.gained for flips in told), sum(flips.lost for flips in told)
    summary = f"Flips ({gained:,} became right, {lost:,} became wrong)"

    def render(most: int | None) -> str:
        shown, rest = beginning(told, most, "predictions file")
        return details(summary, paragraphs(*(_flips(flips, report, most) for flips in shown), rest))

    return Piece(max(len(told), *(len(flips.examples) for flips in told)), render)


def _flips(flips: Flips, report: Report, most: int | None) -> str:
    pieces = list(map(note_text, tables.flips([flips], report).notes))
    for heading, gained in (("Became right", True), ("Became wrong", False)):
        examples = [example for example in flips.examples if example.gained is gained]
        if examples:
            shown, rest = beginning(examples, most)
            table = tables.flips([replace(flips, examples=tuple(shown))], report)
            pieces += [f"**{heading}**, the most confident first", laid_out(table), rest]
    return paragraphs(*pieces)


def section_part(report: Report, pictures: Mapping[str, str], most_text: int | None = None) -> Piece:
    """The team's own sections, each of at most so many rows of text, and all together of at most `most_text` characters."""
    if not report.sections:
        return NOTHING_TO_SAY

    def render(most: int | None) -> str:
        longest = LONGEST_SECTION if most is None else min(most * _ROW_OF_TEXT, LONGEST_SECTION)
        lengths = _shared(longest, [len(section.markdown) for section in report.sections], most_text)
        return paragraphs(*map(_section, report.sections, lengths))

    def _section(section: SectionText, longest: int) -> str:
        return details(f"<b>{html_text(shorten(section.title))}</b>", team_markdown(section, pictures, longest))

    longest = max(len(section.markdown) for section in report.sections)
    return Piece(min(longest, LONGEST_SECTION) // _ROW_OF_TEXT + 1, render)


def _shared(longest: int, lengths: Sequence[int], most: int | None) -> list[int]:
    """The most characters of each section: `longest`, or less for the last ones where there is not enough for all."""
    if most is None:
        return [longest] * len(lengths)
    before = accumulate((min(length, longest) for length in lengths), initial=0)
    return [max(min(longest, most - used), 1) for used, _ in zip(before, lengths, strict=False)]
