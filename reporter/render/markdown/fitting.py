"""A report that is made to fit a forge's limit: parts are shortened, left out, and grow again by what room is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reporter.render.markdown.markup import Piece, paragraphs


class Part(StrEnum):
    """What may be left out to fit a forge's limit, by the name a reader is told; the first member goes first."""

    OTHERS = "the other candidates"
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
    CANDIDATES = "candidates"
    HEADLINE = "headline metrics"


ROWS_WHEN_SHORT = (40, 8)
"""Rows a part keeps when the whole does not fit: first all parts are shortened, then they go."""
_ALL_ROWS = 10**9
_CLOSE_ENOUGH = 32
"""A part is not worth rendering again for fewer than one more row in so many."""
_MOST_TRIES = 12
"""To find how many rows fit: among rows of one length three are enough."""
_FASTEST_GROWTH = 4
"""Rows unlike those before them may be longer: at most so many times as many are tried next."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the report in its place."""

    part: Part
    piece: Piece


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the parts, and always stays."""

    head: str
    foot: str
    whereabouts: str
    """Of the whole report; empty where it is nowhere else."""

    def around(self, texts: Mapping[Part, str], gone: Sequence[Part] = ()) -> str:
        """The whole text: head, parts, and what was left out of them."""
        where = f" The whole report: {self.whereabouts}." if self.whereabouts else ""
        left_out = f"> ✂️ Left out to fit here: {', '.join(gone)}.{where}" if gone else ""
        return paragraphs(self.head, *texts.values(), left_out, self.foot) + "\n"


@dataclass(slots=True)
class _Form:
    """A part as it stands at the moment."""

    text: str
    rows: int
    """The most that it may have: 0 for a part that is left out."""


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A report that is made to fit: all parts begin short; they give way one after the other, or grow by what room is left.

    No part is ever put into words much longer than the room: a report may have a thousand times the rows that fit.
    """

    frame: Frame
    in_turn: Sequence[Block]
    """In the order in which they give way; each has something to say."""
    forms: Mapping[Part, _Form]
    """In the order of the page."""
    limit: int
    known: dict[tuple[Part, int], str]
    """What was rendered, by the most rows."""

    def text(self) -> str:
        gone = [block.part for block in self.in_turn if not self.forms[block.part].rows]
        return self.frame.around({part: form.text for part, form in self.forms.items()}, gone)

    def give_way(self) -> bool:
        """False if not even the frame fits."""
        if self._room() >= 0:
            return True
        for most in ROWS_WHEN_SHORT:
            for block in self.in_turn:
                form, text = self.forms[block.part], self._rendered(block, most)
                if len(text) < len(form.text):
                    form.text, form.rows = text, most
                if self._room() >= 0:
                    return True
        for block in self.in_turn:
            form = self.forms[block.part]
            form.text, form.rows = "", 0
            if self._room() >= 0:
                return True
        return False

    def take_back(self) -> None:
        """First what was left out comes back short, then what is short grows; the part that would go last comes first."""
        for most in reversed(ROWS_WHEN_SHORT):
            for block in reversed(self.in_turn):
                self._grow(block, most)
        for block in reversed(self.in_turn):
            self._grow_as_far_as_it_fits(block)

    def _rendered(self, block: Block, most: int) -> str:
        if (block.part, most) not in self.known:
            text = block.piece.render(None if most == _ALL_ROWS else most)
            self.known[block.part, most] = text
        return self.known[block.part, most]

    def _room(self) -> int:
        """Characters that are left; negative where the text is too long."""
        return self.limit - characters(self.text())

    def _grow(self, block: Block, rows: int) -> bool:
        """Whether the part fits with so many rows, which it then has."""
        form = self.forms[block.part]
        if rows <= form.rows:
            return True
        before = form.text, form.rows
        form.text, form.rows = self._rendered(block, rows), rows
        if self._room() >= 0:
            return True
        form.text, form.rows = before
        return False

    def _grow_as_far_as_it_fits(self, block: Block) -> None:
        """To about the most rows that fit, guessed from the length of those that do and of those that do not."""
        form, all_rows = self.forms[block.part], block.piece.rows
        too_many, length_of_too_many = 0, 0
        for _ in range(_MOST_TRIES):
            rows, length = form.rows, len(form.text)
            if rows == _ALL_ROWS or 0 < too_many <= rows:
                return
            per_row = (length_of_too_many - length) / (too_many - rows) if too_many else length / max(rows, 1)
            guess = rows + int(self._room() / max(per_row, 1))
            guess = min(guess, _FASTEST_GROWTH * rows + 1, too_many - 1 if too_many else guess)
            if guess >= all_rows and not too_many:
                guess = _ALL_ROWS
            if guess - rows <= rows // _CLOSE_ENOUGH:
                return
            if not self._grow(block, guess):
                too_many, length_of_too_many = min(guess, all_rows), len(self._rendered(block, guess))


def fitted(frame: Frame, blocks: Sequence[Block], limit: int) -> str | None:
    """The report with as much as fits; None if not even the frame does."""
    telling = [block for block in blocks if block.piece.rows]
    in_turn = sorted(telling, key=lambda block: list(Part).index(block.part))
    fitting = _Fitting(frame, in_turn, {block.part: _short_form(block) for block in telling}, limit, {})
    if not fitting.give_way():
        return None
    fitting.take_back()
    return fitting.text()


def _short_form(block: Block) -> _Form:
    """All of a part that is short anyway: a table may be longer than the graph that stands for it."""
    most = ROWS_WHEN_SHORT[0]
    if block.piece.rows <= most:
        return _Form(block.piece.render(None), _ALL_ROWS)
    return _Form(block.piece.render(most), most)


def characters(text: str) -> int:
    """Characters as UTF-16 counts them, which no forge undercuts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
