"""The report as Markdown, for a pull request's comment, a job summary or report.md.

Written for GitHub's dialect, which GitLab and Gitea share: HTML where Markdown has no word for it, Mermaid for the graph.
"""

from __future__ import annotations

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
_ROWS_WHEN_REFILLED = (None, 320, 160, 80, *ROWS_WHEN_SHORT)
"""Rows that are tried where there is room again."""


@dataclass(frozen=True, slots=True)
class Block:
    part: Part
    render: Callable[[int | None], str]
    """Given the most rows it may have; None for all."""


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
    so. `whole`: where the whole report is, an address or a sentence's end ("the job summary").
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
    whereabouts = link("full report", whole) if safe_url(whole) else prose(whole or "")
    return Frame(paragraphs(*head), _footer(report, whereabouts, is_link=bool(safe_url(whole))), whereabouts)


def _is_calm(report: Report) -> bool:
    return wording.nothing_differs(report) and bool(report.metrics)


def _blocks(report: Report, pictures: Mapping[str, str]) -> tuple[Block, ...]:
    """In the order of the page."""
    team_text = folded.section_part(report, pictures)
    team = Block(Part.SECTIONS, lambda _: team_text)
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


def _shortened(frame: Frame, blocks: Sequence[Block], texts: Mapping[Part, str], limit: int) -> str | None:
    """The longest version that fits, parts giving way in the order of `Part`; None if not even the frame does."""
    kept = dict(texts)
    in_turn = sorted(blocks, key=lambda block: list(Part).index(block.part))
    for most in ROWS_WHEN_SHORT:
        for block in in_turn:
            kept[block.part] = min(kept[block.part], block.render(most), key=len)
            if _fits(frame.around(kept), limit):
                return _refilled(frame, blocks, kept, [], limit)
    gone: list[Part] = []
    for block in in_turn:
        if kept[block.part]:
            gone.append(block.part)
            kept[block.part] = ""
        if _fits(frame.around(kept, gone), limit):
            return _refilled(frame, blocks, kept, gone, limit)
    return None


def _refilled(frame: Frame, blocks: Sequence[Block], kept: dict[Part, str], gone: list[Part], limit: int) -> str:
    """What the last part to go made room for comes back, the part that would have gone last first, each as long as it may be."""
    for block in sorted(blocks, key=lambda block: list(Part).index(block.part), reverse=True):
        for most in _ROWS_WHEN_REFILLED:
            still_gone = [part for part in gone if part is not block.part]
            longer = kept | {block.part: block.render(most)}
            if len(longer[block.part]) > len(kept[block.part]) and _fits(frame.around(longer, still_gone), limit):
                kept, gone = longer, still_gone
                break
    return frame.around(kept, gone)


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
