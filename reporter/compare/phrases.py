"""Pieces of sentences."""

from __future__ import annotations

from collections.abc import Iterable

ONE_RUN_EACH = "Significance unknown (one run each)"
"""Begins the note at a difference of single runs."""
_NAMED = 3


def named(items: Iterable[str], *, more: int = 0) -> str:
    """The first three, and how many more: `a, b, c and 2 more`. `more` of them are not among `items`."""
    every = list(items)
    rest = max(len(every) - _NAMED, 0) + more
    return ", ".join(every[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def joined(words: Iterable[str]) -> str:
    """All of them, at least one: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def counted(count: int, noun: str) -> str:
    """`1 stage`, `1,234 stages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
