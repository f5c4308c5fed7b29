"""The report as Markdown, for a pull request's comment, a job summary or report.md.

Written for GitHub's dialect, which GitLab and Gitea share: HTML where Markdown has no word for it, Mermaid for the graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reporter.model.report import Report
from reporter.render import folded, opening, wording
from reporter.render.escape import link, prose, safe_url, shorten
from reporter.render.markup import paragraphs


class Part(StrEnum):
    """What may be left out to fit a forge's limit, by the name a reader is told; the first member goes first."""

    ARTIFACTS = "artifacts"
    FLIPS = "flips"
    SLICES = "slices"
    PLOT_NOTES = "notes on plots"
    DATA = "data"
    PIPELINE = "pipeline"
    PARAMS = "params"
    METRICS = "all metrics"
    SECTIONS = "the team's own sections"
    CAUSES = "what changed and why"
    PROBLEMS = "problems"
    PICTURES = "pictures"
    WHY = "changes upstream"
    GATES = "gates"
    HEADLINE = "headline metrics"


ROWS_WHEN_SHORT = (40, 8)
"""Rows a part keeps when the whole does not fit: first all parts are shortened in turn, then they go."""
_ALL_ROWS = 10**9
_CLOSE_ENOUGH = 32
"""A part is not worth rendering again for fewer than one more row in so many."""

_PAGE_BESIDE = re.compile(r"[\w-]+\.html")


@dataclass(frozen=True, slots=True)
class Block:
    part: Part
    render: Callable[[int | None], str]
    """Given the most rows it may have, at least one; None for all."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the parts, and always stays."""

    head: str
    foot: str
    whereabouts: str
    """Of the whole report; empty where it is nowhere else."""

    def around(self, texts: Mapping[Part, str], gone: Sequence[Part] = ()) -> str:
        where = f" The whole report: {self.whereabouts}." if self.whereabouts else ""
        left_out = f"> ✂️ Left out to fit here: {', '.join(gone)}.{where}" if gone else ""
        return paragraphs(self.head, *texts.values(), left_out, self.foot) + "\n"


def render_markdown(
    report: Report, pictures: Mapping[str, str], limit: int | None = None, whole: str | None = None
) -> str:
    """The report as Markdown, ending in a newline.

    `pictures`: a picture's name in the bundle → its address, relative or absolute. `limit`: most characters, counted as UTF-16
    counts them, which no forge undercuts; parts are then shortened and left out in the order of `Part`, and the text says
    so. `whole`: where the whole report is: a web address, a page beside this file (`report.html`) or a sentence's end ("the job
    summary").
    """
    frame = _frame(report, whole)
    blocks = _blocks(report, pictures)
    texts = {block.part: block.render(None) for block in blocks}
    text = frame.around(texts)
    if limit is None or _fits(text, limit):
        return text
    return _shortened(frame, blocks, texts, limit) or _last_resort(report, limit)


def _frame(report: Report, whole: str | None) -> Frame:
    head = [opening.verdict_line(report)]
    if not _is_calm(report):
        head += [opening.subject_line(report), opening.doubt_lines(report)]
    address = whole if whole and (safe_url(whole) or _PAGE_BESIDE.fullmatch(whole)) else None
    whereabouts = f"[full report]({address})" if address else prose(whole or "")
    return Frame(paragraphs(*head), _footer(report, whereabouts, is_link=address is not None), whereabouts)


def _is_calm(report: Report) -> bool:
    return wording.nothing_differs(report) and bool(report.metrics)


def _blocks(report: Report, pictures: Mapping[str, str]) -> tuple[Block, ...]:
    """In the order of the page."""
    team = Block(Part.SECTIONS, lambda most: folded.section_part(report, pictures, most))
    if _is_calm(report):
        return (team,)
    return (
        Block(Part.HEADLINE, lambda most: opening.headline_table(report, most)),
        Block(Part.WHY, lambda _: opening.why_line(report)),
        Block(Part.GATES, lambda most: opening.gate_part(report, most)),
        Block(Part.PICTURES, lambda most: opening.picture_part(report, pictures, most)),
        team,
        Block(Part.CAUSES, lambda most: folded.cause_part(report, most)),
        Block(Part.METRICS, lambda most: folded.metric_part(report, most)),
        Block(Part.PARAMS, lambda most: folded.param_part(report, most)),
        Block(Part.DATA, lambda most: folded.data_part(report, most)),
        Block(Part.PIPELINE, lambda most: folded.pipeline_part(report, most)),
        Block(Part.ARTIFACTS, lambda most: folded.artifact_part(report, most)),
        Block(Part.SLICES, lambda most: folded.slice_part(report, most)),
        Block(Part.FLIPS, lambda most: folded.flip_part(report, most)),
        Block(Part.PLOT_NOTES, lambda most: folded.plot_note_part(report, pictures, most)),
        Block(Part.PROBLEMS, lambda most: folded.problem_part(report, most)),
    )


@dataclass(slots=True)
class _Form:
    """A part as it stands at the moment."""

    text: str
    rows: int
    """The most that it may have: 0 for a part that is left out."""


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A report that is made to fit: parts give way one after the other, then take back what room is left."""

    frame: Frame
    in_turn: Sequence[Block]
    """In the order in which they give way."""
    full: Mapping[Part, str]
    forms: Mapping[Part, _Form]
    """In the order of the page."""
    limit: int

    def text(self) -> str:
        gone = [block.part for block in self.in_turn if self.full[block.part] and not self.forms[block.part].rows]
        return self.frame.around({part: form.text for part, form in self.forms.items()}, gone)

    def give_way(self) -> bool:
        """False if not even the frame fits."""
        for most in ROWS_WHEN_SHORT:
            for block in self.in_turn:
                form, text = self.forms[block.part], block.render(most)
                if len(text) < len(form.text):
                    form.text, form.rows = text, most
                if _fits(self.text(), self.limit):
                    return True
        for block in self.in_turn:
            form = self.forms[block.part]
            form.text, form.rows = "", 0
            if _fits(self.text(), self.limit):
                return True
        return False

    def take_back(self) -> None:
        """First what was left out comes back short, then what is short grows; the part that would go last comes first."""
        for most in reversed(ROWS_WHEN_SHORT):
            for block in reversed(self.in_turn):
                self._grow(block, most)
        for block in reversed(self.in_turn):
            if not self._grow(block, _ALL_ROWS):
                self._grow_by_rows(block)

    def _grow(self, block: Block, rows: int) -> bool:
        """Whether the part fits with so many rows, which it then has."""
        form = self.forms[block.part]
        if rows <= form.rows:
            return True
        before = form.text, form.rows
        form.text, form.rows = self.full[block.part] if rows == _ALL_ROWS else block.render(rows), rows
        if _fits(self.text(), self.limit):
            return True
        form.text, form.rows = before
        return False

    def _grow_by_rows(self, block: Block) -> None:
        """To about the most rows that fit: doubled until they do not, then halfway between what fits and what does not."""
        fitting, too_many = 0, 1
        while too_many < self.limit and self._grow(block, too_many):
            fitting, too_many = too_many, 2 * too_many
        while too_many - fitting > max(fitting // _CLOSE_ENOUGH, 1):
            most = (fitting + too_many) // 2
            if self._grow(block, most):
                fitting = most
            else:
                too_many = most


def _shortened(frame: Frame, blocks: Sequence[Block], texts: Mapping[Part, str], limit: int) -> str | None:
    """The report with as much as fits; None if not even the frame does."""
    in_turn = sorted(blocks, key=lambda block: list(Part).index(block.part))
    forms = {part: _Form(text, _ALL_ROWS) for part, text in texts.items()}
    fitting = _Fitting(frame, in_turn, texts, forms, limit)
    if not fitting.give_way():
        return None
    fitting.take_back()
    return fitting.text()


def _footer(report: Report, whereabouts: str, *, is_link: bool) -> str:
    run = report.run
    runner = prose(run.runner)
    pieces = [
        _commits(report),
        link(f"{runner} log" if runner else "log", run.url) if safe_url(run.url) else runner,
        whereabouts if is_link or not whereabouts else f"full report: {whereabouts}",
        f"dvc-reporter {prose(run.version)}".strip(),
    ]
    return " · ".join(piece for piece in pieces if piece)


def _commits(report: Report) -> str:
    head = opening.revision_link(report.head, report)
    if report.base is None:
        return f"{head} without a baseline"
    behind = wording.distance_behind(report.base)
    base = opening.revision_link(report.base, report)
    return f"{head} against {base}{f', {prose(behind)}' if behind else ''}"


def _fits(text: str, limit: int) -> bool:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 <= limit


def _last_resort(report: Report, limit: int) -> str:
    """The verdict alone, cut as a plain sentence."""
    text = f"{wording.verdict_symbol(report)} {shorten(report.summary, max(limit // 4, 1))}"
    while text and not _fits(prose(text), limit):
        text = text[:-1]
    return prose(text)
