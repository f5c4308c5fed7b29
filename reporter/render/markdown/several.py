"""Several reports in one text: what became of each, and below it each of them folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reporter.model.report import Report, Reports
from reporter.render import tables, wording
from reporter.render.escape import html_text, shorten
from reporter.render.markdown.fitting import Frame, characters
from reporter.render.markdown.markup import details, paragraphs
from reporter.render.markdown.tables import laid_out

RenderOne = Callable[[Report, int | None], str]
"""A report in at most so many characters; None: in as many as it takes."""
_FEWEST = 1_000
"""Characters of a report that is worth a fold: below that, its row in the table says as much."""


def render_several(reports: Reports, frame: Frame, render_one: RenderOne, limit: int | None) -> str | None:
    """All of them, the worst first; None if not even the table fits into `limit` characters."""
    in_order = wording.worst_first(reports)
    table = laid_out(tables.reports(in_order))
    if limit is None:
        folds = [_folded(report, render_one(report, None)) for report in in_order]
    else:
        room = limit - characters(_together(frame, table))
        if room < 0:
            return None
        folds = list(_fitting_folds(in_order, render_one, room))
    return _together(frame, table, *folds)


def _together(frame: Frame, *pieces: str) -> str:
    return paragraphs(frame.head, *pieces, frame.foot) + "\n"


def _fitting_folds(in_order: Sequence[Report], render_one: RenderOne, room: int) -> Iterator[str]:
    """What one report does not need of its share is for those after it."""
    for place, report in enumerate(in_order):
        share = room // (len(in_order) - place) - characters(paragraphs("x", _folded(report, "")))
        if share >= _FEWEST:
            fold = _folded(report, render_one(report, share))
            room -= characters(paragraphs("x", fold))
            yield fold


def _folded(report: Report, text: str) -> str:
    name = html_text(shorten(wording.report_name(report)))
    return details(f"{wording.verdict_symbol(report)} <b>{name}</b>", text.strip())
