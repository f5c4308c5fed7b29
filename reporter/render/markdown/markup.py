"""Pieces of Markdown: tables, folded details, lists. What goes in is Markdown already."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reporter.model.formatting import counted

T = TypeVar("T")

_FOLD = re.compile(r"^(?:<details><summary>(.*)</summary>|</details>)$", re.MULTILINE)
_TAG = re.compile(r"</?[a-z]+>")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the report, put into words for as many of its rows as there is room."""

    rows: int
    """As many as it has, about; 0 where there is nothing to say."""
    render: Callable[[int | None], str]
    """Given the most rows it may have, at least one; None for all. What does not depend on them is found once, before."""


NOTHING_TO_SAY = Piece(0, lambda _: "")

RIGHT = "---:"
LEFT = "---"


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    """A table of (heading, alignment) columns."""
    headings, marks = zip(*columns, strict=True)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, marks, *rows))


def unfolded(text: str) -> str:
    """The same with a bold line in place of each fold, which takes fewer characters: for a forge that knows no `<details>`."""
    return _FOLD.sub(lambda fold: f"**{_TAG.sub('', fold[1])}**" if fold[1] else "", text)


def details(summary: str, body: str) -> str:
    """A folded piece; the summary is HTML."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def paragraphs(*pieces: str) -> str:
    """Pieces one below the other; empty ones leave no gap."""
    return "\n\n".join(piece for piece in pieces if piece)


def bullets(lines: Sequence[str]) -> str:
    """A list, one line for each item."""
    return "\n".join(f"- {line}" for line in lines)


def beginning(rows: Sequence[T], most: int | None, noun: str = "row") -> tuple[Sequence[T], str]:
    """The first rows, and a line that says how many follow: cut before each is put into words, which takes its time."""
    if most is None or len(rows) <= most:
        return rows, ""
    return rows[:most], more_rows(len(rows) - most, noun)


def more_rows(left_out: int, noun: str = "row") -> str:
    """The line below a table that was cut; empty where nothing was left out."""
    return f"… and {counted(left_out, f'more {noun}')} in the full report." if left_out else ""
