"""Pieces of sentences."""

from __future__ import annotations

from collections.abc import Iterable

from reporter.model.formatting import the_first

_NAMED = 3


def named(items: Iterable[str], *, more: int = 0) -> str:
    """The first three, and how many more: `a, b, c and 2 more`. `more` of them are not among `items`."""
    return the_first(list(items), _NAMED, more=more)
