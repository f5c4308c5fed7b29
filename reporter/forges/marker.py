"""The hidden first line of a comment: by it a later run finds the comment again and tells whose report it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_PATTERN = re.compile(r"<!-- dvc-reporter key=(\S*) head=([0-9a-f]*) run=(\d{1,18}) -->(?:\r?\n|$)")


@dataclass(frozen=True, slots=True)
class Marker:
    key: str
    """Tells several reports on one pull request apart; any text."""
    head_sha: str
    """The commit that the report is about."""
    run: int = 0
    """Grows from run to run; 0 where it is not known."""

    def line(self) -> str:
        """As the first line of a comment, with its newline. The key is escaped, so that it cannot end the HTML comment."""
        return f"<!-- dvc-reporter key={quote(self.key, safe='')} head={self.head_sha} run={self.run} -->\n"


def read_marker(body: str) -> Marker | None:
    """The marker of a comment; None for any other comment. Only the very start of the text counts.

    The report below it quotes names from the repository, among them whatever a stranger likes to call a metric.
    """
    if match := _PATTERN.match(body):
        key, head_sha, run = match.groups()
        return Marker(unquote(key), head_sha, int(run))
    return None


def without_marker(body: str) -> str:
    """The text of a comment below its marker."""
    return _PATTERN.sub("", body, count=1) if read_marker(body) else body
