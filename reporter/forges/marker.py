"""The hidden first line of a comment: by it a later run finds the comment again and tells whose report it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_PATTERN = re.compile(
    r"<!-- dvc-reporter key=(\S*) head=([0-9a-f]*) run=(\d{1,18})(?: attempt=(\d{1,9}))? -->(?:\r?\n|$)"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose report a comment holds."""

    key: str
    """Tells several reports on one pull request apart; any text."""
    head_sha: str
    """The commit that the report is about."""
    run: int = 0
    """Grows from run to run; 0 where it is not known."""
    attempt: int = 1
    """Grows where a run is repeated."""

    def line(self) -> str:
        """As the first line of a comment, with its newline. The key is escaped, so that it cannot end the HTML comment.

        A first attempt is not named, so that the line is what it was before attempts were.
        """
        attempt = f" attempt={self.attempt}" if self.attempt > 1 else ""
        return f"<!-- dvc-reporter key={quote(self.key, safe='', errors='replace')} head={self.head_sha} run={self.run}{attempt} -->\n"

    def is_overtaken_by(self, other: Marker) -> bool:
        """Whether, of two reports of one commit, the other is a later run's."""
        return is_later_run((other.run, other.attempt), (self.run, self.attempt))


def is_later_run(run: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a run, as its number and attempt, was started after the other.

    A run that is repeated keeps its number; somebody has asked for it after the commit's other runs, so it is not taken
    for earlier than one with a higher number.
    """
    (number, attempt), (other_number, other_attempt) = run, other
    if number == other_number:
        return attempt > other_attempt
    return other_attempt == 1 and number > other_number > 0


def read_marker(body: str) -> Marker | None:
    """The marker of a comment; None for any other comment. Only the very start of the text counts.

    The report below it quotes names from the repository, among them whatever a stranger likes to call a metric.
    """
    if match := _PATTERN.match(body):
        key, head_sha, run, attempt = match.groups()
        return Marker(unquote(key), head_sha, int(run), int(attempt or 1))
    return None


def without_marker(body: str) -> str:
    """The text of a comment below its marker."""
    return _PATTERN.sub("", body, count=1) if read_marker(body) else body
