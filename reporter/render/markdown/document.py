"""The report as Markdown, for a pull request's comment, a job summary or report.md.

Written for GitHub's dialect, which GitLab and Gitea share: HTML where Markdown has no word for it, Mermaid for the graph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reporter.model.report import AnyReport, Report, Reports
from reporter.render import wording
from reporter.render.escape import link, prose, safe_url, shorten
from reporter.render.markdown import details, opening
from reporter.render.markdown.fitting import Block, Frame, Part, characters, fitted
from reporter.render.markdown.markup import paragraphs
from reporter.render.markdown.several import render_several
from reporter.render.team_text import LONGEST_SECTION

MOST_SECTION_TEXT = LONGEST_SECTION
"""Characters of all sections' Markdown that are read for a text with a limit, since parsing them takes longer than all else. The
page and report.md have more."""

_PAGE_BESIDE = re.compile(r"[\w-]+\.html")


def render_markdown(
    report: AnyReport, pictures: Mapping[str, str], limit: int | None = None, whole: str | None = None
) -> str:
    """The report, or the several, as Markdown, ending in a newline.

    `pictures`: a picture's name in the bundle → its address, relative or absolute. `limit`: most characters, counted as UTF-16
    counts them, which no forge undercuts; parts are then shortened and left out in the order of `Part`, and the text says
    so. `whole`: where the whole report is: a web address, a page beside this file (`report.html`) or a sentence's end ("the job
    summary").
    """
    if isinstance(report, Reports):
        several = render_several(
            report, _frame_of_several(report, whole), lambda one, most: _render_one(one, pictures, most, None), limit
        )
        return several or _last_resort(report, limit or 0)
    return _render_one(report, pictures, limit, whole)


def _frame_of_several(reports: Reports, whole: str | None) -> Frame:
    address, whereabouts = _whereabouts(whole)
    notices = opening.notice_lines(reports.notices)
    return Frame(
        paragraphs(opening.verdict_line(reports), f"**{prose(reports.comment.title)}**", notices),
        _footer(reports, whereabouts, is_link=address is not None),
        whereabouts,
    )


def _render_one(report: Report, pictures: Mapping[str, str], limit: int | None, whole: str | None) -> str:
    frame = _frame(report, whole)
    if limit is None:
        return frame.around({block.part: block.piece.render(None) for block in _blocks(report, pictures)})
    blocks = _blocks(report, pictures, MOST_SECTION_TEXT)
    return fitted(frame, blocks, limit) or _last_resort(report, limit)


def _frame(report: Report, whole: str | None) -> Frame:
    head = [opening.verdict_line(report)]
    if not _is_calm(report):
        head += [opening.subject_line(report), opening.doubt_lines(report)]
    address, whereabouts = _whereabouts(whole)
    return Frame(paragraphs(*head), _footer(report, whereabouts, is_link=address is not None), whereabouts)


def _whereabouts(whole: str | None) -> tuple[str | None, str]:
    """The address of the whole report, if it has one, and how the text says where that is."""
    address = whole if whole and (safe_url(whole) or _PAGE_BESIDE.fullmatch(whole)) else None
    return address, f"[full report]({address})" if address else prose(whole or "")


def _is_calm(report: Report) -> bool:
    return bool(report.metrics) and all(wording.nothing_differs(report.of(each)) for each in report.candidates)


def _blocks(report: Report, pictures: Mapping[str, str], section_text: int | None = None) -> tuple[Block, ...]:
    """In the order of the page. `section_text`: most characters of all sections' Markdown that are read."""
    team = Block(Part.SECTIONS, details.section_part(report, pictures, section_text))
    if _is_calm(report):
        return (team,)
    return (
        Block(Part.CANDIDATES, opening.candidate_part(report)),
        Block(Part.HEADLINE, opening.headline_table(report)),
        Block(Part.WHY, opening.why_part(report)),
        Block(Part.GATES, opening.gate_part(report)),
        Block(Part.PICTURES, opening.picture_part(report, pictures)),
        team,
        Block(Part.CAUSES, details.cause_part(report)),
        Block(Part.OTHERS, details.other_part(report)),
        Block(Part.METRICS, details.metric_part(report)),
        Block(Part.PARAMS, details.param_part(report)),
        Block(Part.DATA, details.data_part(report)),
        Block(Part.PIPELINE, details.pipeline_part(report)),
        Block(Part.ARTIFACTS, details.artifact_part(report)),
        Block(Part.SLICES, details.slice_part(report)),
        Block(Part.FLIPS, details.flip_part(report)),
        Block(Part.PLOT_NOTES, details.plot_note_part(report, pictures)),
        Block(Part.PROBLEMS, details.problem_part(report)),
    )


def _footer(report: AnyReport, whereabouts: str, *, is_link: bool) -> str:
    run = report.run
    runner = prose(run.runner)
    pieces = [
        _commits(report),
        link(f"{runner} log" if runner else "log", run.url) if safe_url(run.url) else runner,
        whereabouts if is_link or not whereabouts else f"full report: {whereabouts}",
        f"dvc-reporter {prose(run.version)}".strip(),
    ]
    return " · ".join(piece for piece in pieces if piece)


def _commits(report: AnyReport) -> str:
    head = opening.revision_link(report.head, report)
    if report.base is None:
        return f"{head} without a baseline"
    return f"{head} against {opening.revision_link(report.base, report)}"


def _last_resort(report: AnyReport, limit: int) -> str:
    """The verdict alone, cut as a plain sentence."""
    text = f"{wording.verdict_symbol(report)} {shorten(report.summary, max(limit // 4, 1))}"
    while text and characters(prose(text)) > limit:
        text = text[:-1]
    return prose(text)
