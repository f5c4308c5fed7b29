"""Addresses as a reader may see them: without user, password, or signature."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s@'\"]+@")
_QUERY = re.compile(r"(?P<address>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s?#'\"]+)[?#][^\s'\"]*")


def without_secrets(text: str) -> str:
    """`text` with the user, password, query and fragment of every address in it removed.

    A query is dropped whole: signed addresses of storage services carry their signature there.
    """
    return _QUERY.sub(r"\g<address>", _USERINFO.sub(r"\g<scheme>", text))


def one_line(text: str, limit: int = 300) -> str:
    """The first line of `text` that says something, without secrets and no longer than `limit` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    clean = without_secrets(line)
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"
