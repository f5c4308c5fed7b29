"""The part of the Markdown that is folded away: every metric and param, causes, data, pipeline, slices, flips, problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

from reporter.model import formatting
from reporter.model.comparison import (
    ArtifactRow,
    Cause,
    DataRow,
    Explanation,
    FlipExample,
    Flips,
    MetricRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
)
from reporter.model.problem import Problem
from reporter.model.report import Report, SectionText
from reporter.render import wording
from reporter.render.escape import code, codes, html_text, in_table, prose, shorten
from reporter.render.markdown.markup import (
    LEFT,
    NOTHING_TO_SAY,
    RIGHT,
    Piece,
    beginning,
    bullets,
    details,
    more_rows,
    paragraphs,
    table,
)
from reporter.render.markdown.metric_table import metric_table, revision_headings, value_text, whole_names
from reporter.render.markdown.opening import cause_texts
from reporter.render.mermaid import pipeline_graph
from reporter.render.team_text import LONGEST_SECTION, team_markdown

T = TypeVar("T")

_MOST_CAUSES = 12
_MOST_SLICES = 10
_MOST_PLACES = 3
_ROW_OF_TEXT = 100
"""Characters of a section that take about the room of a table's row."""
_ALWAYS_SHOWN = 10
"""Rows of a table that need no folding of their own."""


def cause_part(report: Report) -> Piece:
    """What changed upstream of each metrics file that differs."""
    different = {row.file for row in report.metrics if wording.is_telling(row)}
    told = [explanation for explanation in report.explanations if explanation.file in different]
    if not told or report.base is None:
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


def metric_part(report: Report) -> Piece:
    """Every metric: those that tell something, then the others folded once more."""
    if not report.metrics:
        return NOTHING_TO_SAY
    telling = wording.by_interest(row for row in report.metrics if wording.is_telling(row))
    same = [row for row in report.metrics if not wording.is_telling(row)]
    summary = f"All metrics ({wording.how_many_differ(report.metrics, report)})"

    def render(most: int | None) -> str:
        shown, hidden = _first_of_both(telling, same, most)
        left_out = len(report.metrics) - len(shown) - len(hidden)
        body = paragraphs(
            metric_table(shown, report, in_full=True) if shown else "",
            _folded_once_more(len(same), "unchanged metric", _unchanged_metrics(hidden, report) if hidden else ""),
            more_rows(left_out),
        )
        return details(summary, body)

    return Piece(len(report.metrics), render)


def _first_of_both(different: Sequence[T], same: Sequence[T], most: int | None) -> tuple[Sequence[T], Sequence[T]]:
    """The rows that differ come before the others."""
    shown = different[:most]
    return shown, same if most is None else same[: most - len(shown)]


def _unchanged_metrics(rows: Sequence[MetricRow], report: Report) -> str:
    return paragraphs(metric_table(rows, report), whole_names(map(wording.short_names(rows), rows)))


def param_part(report: Report) -> Piece:
    if not report.params:
        return NOTHING_TO_SAY
    different = [row for row in report.params if row.state is not State.UNCHANGED]
    same = [row for row in report.params if row.state is State.UNCHANGED]
    summary = f"Params ({wording.how_many_differ(report.params, report)})"

    def render(most: int | None) -> str:
        shown, hidden = _first_of_both(different, same, most)
        left_out = len(report.params) - len(shown) - len(hidden)
        body = paragraphs(
            _param_table(shown, report) if shown else "",
            _folded_once_more(len(same), "unchanged param", _param_table(hidden, report) if hidden else ""),
            more_rows(left_out),
        )
        return details(summary, body)

    return Piece(len(report.params), render)


def _param_table(rows: Sequence[ParamRow], report: Report) -> str:
    name = wording.short_names(rows)
    base, head = revision_headings(report)
    columns = [("Param", LEFT), (base, RIGHT), (head, RIGHT), ("", LEFT)]
    cells = []
    for row in rows:
        before, after = wording.both_values(row)
        is_plain = row.state in {State.CHANGED, State.UNCHANGED} or report.base is None
        cells.append(
            [
                in_table(name(row)),
                "" if report.base is None else value_text(row.base, before),
                value_text(row.head, after),
                "" if is_plain else str(wording.state_sign(row.state)),
            ]
        )
    return paragraphs(table(columns, cells), whole_names(map(name, rows)))


def _folded_once_more(number: int, noun: str, body: str) -> str:
    if not body:
        return ""
    return body if number <= _ALWAYS_SHOWN else details(wording.count(number, noun), body)


def data_part(report: Report) -> Piece:
    different = [row for row in report.data if row.state is not State.UNCHANGED]
    if not different:
        return NOTHING_TO_SAY
    columns = [("Path", LEFT), ("", LEFT), ("Before", RIGHT), ("After", RIGHT), ("Files", LEFT)]
    summary = f"Data ({wording.how_many_differ(report.data, report)})"

    def render(most: int | None) -> str:
        shown, rest = beginning(different, most)
        return details(summary, paragraphs(table(columns, list(map(_data_cells, shown))), rest))

    return Piece(len(different), render)


def _data_cells(row: DataRow) -> list[str]:
    before, after = wording.data_size(row)
    name = f"{in_table(row.renamed_from)} → {in_table(row.path)}" if row.renamed_from else in_table(row.path)
    return [name, str(wording.state_sign(row.state)), before, after, wording.data_files(row)]


def pipeline_part(report: Report) -> Piece:
    """The graph, or a table where it is too large to be drawn or has to be short."""
    if not report.stages:
        return NOTHING_TO_SAY
    touched = [stage for stage in report.stages if wording.stage_note(stage)]
    summary = f"Pipeline ({wording.what_happened_to_stages(report)})"

    def render(most: int | None) -> str:
        graph = pipeline_graph(report.stages) if most is None else ""
        drawn = f"```mermaid\n{graph}\n```" if graph else ""
        return details(summary, paragraphs(drawn, "" if graph else _stage_table(touched, most)))

    return Piece(len(report.stages), render)


def _stage_table(stages: Sequence[StageRow], most: int | None) -> str:
    shown, rest = beginning(stages, most)
    rows = [[in_table(stage.name), prose(wording.stage_note(stage))] for stage in shown]
    return paragraphs(table([("Stage", LEFT), ("What happened", LEFT)], rows) if rows else "", rest)


def artifact_part(report: Report) -> Piece:
    different = [row for row in report.artifacts if row.state is not State.UNCHANGED]
    if not different:
        return NOTHING_TO_SAY
    columns = [("Artifact", LEFT), ("Path", LEFT), ("", LEFT), ("Changed", LEFT)]
    summary = f"Artifacts ({wording.how_many_differ(report.artifacts, report)})"

    def render(most: int | None) -> str:
        shown, rest = beginning(different, most)
        rows = list(map(_artifact_cells, shown))
        return details(summary, paragraphs(table(columns, rows), rest))

    return Piece(len(different), render)


def _artifact_cells(row: ArtifactRow) -> list[str]:
    state, changes = str(wording.state_sign(row.state)), prose(wording.artifact_changes(row))
    return [in_table(row.name), in_table(row.path or ""), state, changes]


def slice_part(report: Report) -> Piece:
    if not wording.has_telling_slices(report):
        return NOTHING_TO_SAY
    telling = wording.telling_slices(report.slices, _MOST_SLICES)
    columns = [
        ("Slice", LEFT),
        ("Metric", LEFT),
        ("", LEFT),
        ("Rows", RIGHT),
        ("Before", RIGHT),
        ("After", RIGHT),
        ("Change", RIGHT),
        (wording.interval_heading(report), RIGHT),
        ("p", RIGHT),
    ]
    summary = _slice_summary(report.slices)

    def render(most: int | None) -> str:
        shown = telling if (most or _MOST_SLICES) >= len(telling) else wording.telling_slices(report.slices, most or 1)
        rest = more_rows(len(report.slices) - len(shown))
        return details(summary, paragraphs(wording.SLICES_NOTE, table(columns, list(map(_slice_cells, shown))), rest))

    return Piece(len(telling), render)


def _slice_summary(rows: Sequence[SliceRow]) -> str:
    """`Slices (3 worse, 8 better of 90)`."""
    outcomes = Counter(row.outcome for row in rows)
    if outcomes[Outcome.UNKNOWN] == len(rows):
        return f"Slices ({len(rows):,})"
    counts = ((outcomes[Outcome.REGRESSED], "worse"), (outcomes[Outcome.IMPROVED], "better"))
    clear = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    return f"Slices ({clear or 'none better or worse'} of {len(rows):,})"


def _slice_cells(row: SliceRow) -> list[str]:
    before, after = wording.two_numbers(row.base, row.head)
    return [
        in_table(f"{row.group} = {row.value}"),
        in_table(row.metric),
        str(wording.slice_sign(row)),
        f"{row.rows:,}",
        before,
        after,
        "" if row.delta is None else formatting.delta(row.delta),
        wording.bounds(row),
        wording.probability(row.p_value),
    ]


def flip_part(report: Report) -> Piece:
    told = [flips for flips in report.flips if flips.gained or flips.lost]
    if not told:
        return NOTHING_TO_SAY
    gained, lost = sum(flips.gained for flips in told), sum(flips.lost for flips in told)
    summary = f"Flips ({gained:,} became right, {lost:,} became wrong)"

    def render(most: int | None) -> str:
        shown, rest = beginning(told, most, "predictions file")
        return details(summary, paragraphs(*(_flips(flips, most) for flips in shown), rest))

    return Piece(max(len(told), *(len(flips.examples) for flips in told)), render)


def _flips(flips: Flips, most: int | None) -> str:
    told = (
        f"{code(flips.predictions)}: of {flips.rows:,} examples {flips.gained:,} became right and {flips.lost:,} wrong."
    )
    columns = [("Example", LEFT), ("Actual", LEFT), ("Before", LEFT), ("After", LEFT), ("Confidence", RIGHT)]
    pieces = [told]
    for heading, gained in (("Became right", True), ("Became wrong", False)):
        examples = [example for example in flips.examples if example.gained is gained]
        if examples:
            shown, rest = beginning(examples, most)
            rows = [_flip_cells(example) for example in shown]
            pieces += [f"**{heading}**, the most confident first", table(columns, rows), rest]
    return paragraphs(*pieces)


def _flip_cells(example: FlipExample) -> list[str]:
    confidence = "" if example.confidence is None else f"{example.confidence:.3f}"
    return [*map(in_table, (example.id, example.actual, example.base, example.head)), confidence]


def problem_part(report: Report) -> Piece:
    problems = wording.once(report.problems)
    if not problems:
        return NOTHING_TO_SAY
    columns = [("Path", LEFT), ("Revision", LEFT), ("Kind", LEFT), ("What is wrong", LEFT), ("What to do", LEFT)]

    def render(most: int | None) -> str:
        shown, rest = beginning(problems, most)
        rows = [_problem_cells(problem, revisions) for problem, revisions in shown]
        return details(f"Problems ({len(problems):,})", paragraphs(table(columns, rows), rest))

    return Piece(len(problems), render)


def _problem_cells(problem: Problem, revisions: Sequence[str]) -> list[str]:
    return [
        _places(problem),
        codes(revisions, _MOST_PLACES),
        problem.kind.value,
        prose(wording.ended(problem.message)),
        prose(wording.sentence(problem.hint)),
    ]


def _places(problem: Problem) -> str:
    """What a problem concerns, without a list that would be longer than all else."""
    return codes(problem.files or ((problem.path,) if problem.path else ()), _MOST_PLACES)


def plot_note_part(report: Report, pictures: Mapping[str, str]) -> Piece:
    """Plots without a picture, and what could not be drawn of the others."""
    told = [plot for plot in report.plots if plot.notes or plot.image not in pictures]
    if not told:
        return NOTHING_TO_SAY
    without = sum(plot.image not in pictures for plot in report.plots)
    summary = f"Plots ({without:,} without a picture here)" if without else f"Notes on plots ({len(told):,})"

    def render(most: int | None) -> str:
        shown, rest = beginning(told, most)
        rows = [
            [in_table(plot.title or plot.id), str(wording.state_sign(plot.state)), prose(" ".join(plot.notes))]
            for plot in shown
        ]
        return details(summary, paragraphs(table([("Plot", LEFT), ("", LEFT), ("Note", LEFT)], rows), rest))

    return Piece(len(told), render)


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
