"""The part of the Markdown that is folded away: every metric and param, causes, data, pipeline, slices, flips, problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reporter.model import formatting
from reporter.model.comparison import Explanation, FlipExample, Flips, Outcome, ParamRow, SliceRow, StageRow, State
from reporter.model.problem import Problem
from reporter.model.report import Report
from reporter.render import wording
from reporter.render.escape import code, html_text, prose, shorten
from reporter.render.markup import LEFT, RIGHT, beginning, bullets, details, more_rows, paragraphs, table
from reporter.render.mermaid import pipeline_graph, stage_note
from reporter.render.metric_table import metric_table, value_text
from reporter.render.opening import cause_text
from reporter.render.team_text import team_html

_MOST_CAUSES = 12
_MOST_SLICES = 10
_MOST_PLACES = 3
_SLICE_WORDS = {Outcome.REGRESSED: "worse", Outcome.IMPROVED: "better"}
_ALWAYS_SHOWN = 10
"""Rows of a table that need no folding of their own."""


def cause_part(report: Report, most: int | None) -> str:
    """What changed upstream of each metrics file that differs."""
    different = {row.file for row in report.metrics if wording.is_different(row)}
    told = [explanation for explanation in report.explanations if explanation.file in different]
    if not told or report.base is None:
        return ""
    told = told[:most]
    note = "Changes upstream of the metrics, nearest first. Each may be a cause; none is proved."
    return details("What changed and why", paragraphs(note, *(_explained(found, report) for found in told)))


def _explained(explanation: Explanation, report: Report) -> str:
    file = code(explanation.file)
    if not explanation.causes:
        return f"**{file}**: nothing that DVC tracks upstream of it changed. Look for randomness or an untracked input."
    lines = [
        f"{cause_text(cause, report)}, read by stage {code(cause.stage)} ({wording.how_far(cause)})"
        for cause in explanation.causes[:_MOST_CAUSES]
    ]
    if len(explanation.causes) > _MOST_CAUSES:
        lines.append(f"… and {len(explanation.causes) - _MOST_CAUSES:,} more")
    return paragraphs(f"**{file}**", bullets(lines))


def metric_part(report: Report, most: int | None) -> str:
    """Every metric: those that differ, then the others folded once more."""
    if not report.metrics:
        return ""
    different = wording.by_interest(row for row in report.metrics if wording.is_different(row))
    same = [row for row in report.metrics if not wording.is_different(row)]
    summary = f"All metrics ({wording.how_many_differ(len(different), len(report.metrics), report)})"
    shown, hidden = different[:most], same[: most if most is None else 0]
    left_out = len(report.metrics) - len(shown) - len(hidden)
    body = paragraphs(
        metric_table(shown, report, in_full=True) if shown else "",
        _folded_once_more(len(same), "unchanged metric", metric_table(hidden, report) if hidden else ""),
        more_rows(left_out),
    )
    return details(summary, body)


def param_part(report: Report, most: int | None) -> str:
    if not report.params:
        return ""
    different = [row for row in report.params if row.state is not State.UNCHANGED]
    same = [row for row in report.params if row.state is State.UNCHANGED]
    summary = f"Params ({wording.how_many_differ(len(different), len(report.params), report)})"
    shown, hidden = different[:most], same[: most if most is None else 0]
    left_out = len(report.params) - len(shown) - len(hidden)
    body = paragraphs(
        _param_table(shown, report) if shown else "",
        _folded_once_more(len(same), "unchanged param", _param_table(hidden, report) if hidden else ""),
        more_rows(left_out),
    )
    return details(summary, body)


def _param_table(rows: Sequence[ParamRow], report: Report) -> str:
    name = wording.short_names(rows)
    columns = [
        ("Param", LEFT),
        (wording.NOTHING if report.base is None else code(wording.revision_name(report.base)), RIGHT),
        (code(wording.revision_name(report.head)), RIGHT),
        ("", LEFT),
    ]
    cells = []
    for row in rows:
        before, after = wording.both_values(row)
        is_plain = row.state in {State.CHANGED, State.UNCHANGED} or report.base is None
        cells.append(
            [
                code(name(row)),
                "" if report.base is None else value_text(row.base, before),
                value_text(row.head, after),
                "" if is_plain else str(wording.state_sign(row.state)),
            ]
        )
    return table(columns, cells)


def _folded_once_more(number: int, noun: str, body: str) -> str:
    if not body:
        return ""
    return body if number <= _ALWAYS_SHOWN else details(wording.count(number, noun), body)


def data_part(report: Report, most: int | None) -> str:
    different = [row for row in report.data if row.state is not State.UNCHANGED]
    if not different:
        return ""
    shown, rest = beginning(different, most)
    rows = []
    for row in shown:
        before, after = wording.data_size(row)
        name = f"{code(row.renamed_from)} → {code(row.path)}" if row.renamed_from else code(row.path)
        rows.append([name, str(wording.state_sign(row.state)), before, after, wording.data_files(row)])
    columns = [("Path", LEFT), ("", LEFT), ("Before", RIGHT), ("After", RIGHT), ("Files", LEFT)]
    summary = f"Data ({wording.how_many_differ(len(different), len(report.data), report)})"
    return details(summary, paragraphs(table(columns, rows), rest))


def pipeline_part(report: Report, most: int | None) -> str:
    if not report.stages:
        return ""
    touched = [stage for stage in report.stages if stage_note(stage)]
    graph = pipeline_graph(report.stages) if most is None else ""
    summary = f"Pipeline ({len(touched):,} of {wording.count(len(report.stages), 'stage')} changed or ran again)"
    drawn = f"```mermaid\n{graph}\n```" if graph else ""
    return details(summary, paragraphs(drawn, "" if graph else _stage_table(touched, most)))


def _stage_table(stages: Sequence[StageRow], most: int | None) -> str:
    shown, rest = beginning(stages, most)
    rows = [[code(stage.name), prose(stage_note(stage))] for stage in shown]
    return paragraphs(table([("Stage", LEFT), ("What happened", LEFT)], rows) if rows else "", rest)


def artifact_part(report: Report, most: int | None) -> str:
    different = [row for row in report.artifacts if row.state is not State.UNCHANGED]
    if not different:
        return ""
    shown, rest = beginning(different, most)
    rows = [
        [code(row.name), code(row.path or ""), str(wording.state_sign(row.state)), prose(", ".join(row.changed))]
        for row in shown
    ]
    columns = [("Artifact", LEFT), ("Path", LEFT), ("", LEFT), ("Changed", LEFT)]
    return details(f"Artifacts ({len(different):,})", paragraphs(table(columns, rows), rest))


def slice_part(report: Report, most: int | None) -> str:
    if not wording.has_telling_slices(report):
        return ""
    shown = wording.telling_slices(report.slices, min(most or _MOST_SLICES, _MOST_SLICES))
    rest = more_rows(len(report.slices) - len(shown))
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
    counts = Counter(row.outcome for row in report.slices)
    told = [f"{counts[outcome]:,} {word}" for outcome, word in _SLICE_WORDS.items() if counts[outcome]]
    summary = f"Slices ({', '.join(told) or 'none better or worse'} of {len(report.slices):,})"
    return details(summary, paragraphs(wording.SLICES_NOTE, table(columns, list(map(_slice_cells, shown))), rest))


def _slice_cells(row: SliceRow) -> list[str]:
    before, after = wording.two_numbers(row.base, row.head)
    return [
        code(f"{row.group} = {row.value}"),
        code(row.metric),
        str(wording.slice_sign(row)),
        f"{row.rows:,}",
        before,
        after,
        "" if row.delta is None else formatting.delta(row.delta),
        wording.bounds(row),
        wording.probability(row.p_value),
    ]


def flip_part(report: Report, most: int | None) -> str:
    gained = sum(flips.gained for flips in report.flips)
    lost = sum(flips.lost for flips in report.flips)
    if not gained + lost:
        return ""
    body = paragraphs(*(_flips(flips, most) for flips in report.flips))
    return details(f"Flips ({gained:,} became right, {lost:,} became wrong)", body)


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
    return [code(example.id), code(example.actual), code(example.base), code(example.head), confidence]


def problem_part(report: Report, most: int | None) -> str:
    problems = wording.once(report.problems)
    if not problems:
        return ""
    shown, rest = beginning(problems, most)
    rows = [
        [
            _places(problem),
            ", ".join(map(code, revisions)),
            problem.kind.value,
            prose(problem.message),
            prose(problem.hint),
        ]
        for problem, revisions in shown
    ]
    columns = [("Path", LEFT), ("Revision", LEFT), ("Kind", LEFT), ("What is wrong", LEFT), ("What to do", LEFT)]
    return details(f"Problems ({len(problems):,})", paragraphs(table(columns, rows), rest))


def _places(problem: Problem) -> str:
    """What a problem concerns, without a list that would be longer than all else."""
    places = problem.files or ((problem.path,) if problem.path else ())
    more = f" and {len(places) - _MOST_PLACES:,} more" if len(places) > _MOST_PLACES else ""
    return ", ".join(code(place) for place in places[:_MOST_PLACES]) + more


def plot_note_part(report: Report, pictures: Mapping[str, str], most: int | None) -> str:
    """Plots without a picture, and what could not be drawn of the others."""
    told = [plot for plot in report.plots if plot.notes or plot.image not in pictures]
    if not told:
        return ""
    shown, rest = beginning(told, most)
    rows = [
        [code(plot.title or plot.id), str(wording.state_sign(plot.state)), prose(" ".join(plot.notes))]
        for plot in shown
    ]
    without = sum(plot.image not in pictures for plot in report.plots)
    summary = f"Plots ({without:,} without a picture here)" if without else f"Notes on plots ({len(told):,})"
    return details(summary, paragraphs(table([("Plot", LEFT), ("", LEFT), ("Note", LEFT)], rows), rest))


def section_part(report: Report, pictures: Mapping[str, str]) -> str:
    """The team's own sections."""
    return paragraphs(
        *(
            details(f"<b>{html_text(shorten(section.title))}</b>", team_html(section, pictures))
            for section in report.sections
        )
    )
