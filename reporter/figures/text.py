"""Text from a repository as plotly shows it: short, and never read as plotly's own markup."""

from __future__ import annotations

from html import escape

from reporter.model.formatting import joined

_WIDTH_PER_SIZE = 0.5
"""Average width of a character of a sans-serif font, as a part of its size."""


def shown(text: str, limit: int) -> str:
    """`text` on one line, cut to `limit` characters, with `<`, `>` and `&` as they are written."""
    return escape(shortened(" ".join(text.split()), limit), quote=False)


def unmarked(text: str) -> str:
    """`text` whole, with `<`, `>` and `&` as they are written: for values that an axis tells apart."""
    return escape(text, quote=False)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters: of a longer text its beginning and its end, which tell similar names apart."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def width(text: str, size: float) -> float:
    """Estimated width in pixels of `text` at a font size of `size` pixels."""
    return len(text) * size * _WIDTH_PER_SIZE


def listed(items: list[str] | tuple[str, ...], limit: int = 6) -> str:
    """`a, b and c`; nothing for nothing; what is beyond `limit` is counted."""
    if len(items) > limit:
        items = [*items[: limit - 1], f"{len(items) - limit + 1} more"]
    return joined(items) if items else ""


def sentence(text: str) -> str:
    """`text` with the full stop that another sentence can follow."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
