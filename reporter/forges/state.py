"""The short state above a report: a run is under way, or could not make a report. The last report stays below it."""

from __future__ import annotations

_BANNER = "<!-- dvc-reporter: state -->\n"
_SEAM = "<!-- dvc-reporter: last report -->\n"


def with_state(state: str, previous: str, limit: int) -> str:
    """A comment's text: the state, and below it the last report if both fit into `limit` characters.

    `state` is Markdown. `previous` is the comment's text so far without its marker; a state in it is replaced.
    """
    banner = f"{_BANNER}{state.rstrip()}\n"
    report = last_report(previous)
    whole = f"{banner}\n{_SEAM}\n{report}" if report else banner
    return whole if len(whole) <= limit else banner


def last_report(text: str) -> str:
    """The report within a comment's text, with or without a state above it; empty if there is none yet."""
    return text.partition(_SEAM)[2].lstrip("\n") if text.startswith(_BANNER) else text
