"""What the report of each pull request adds to the one check of a commit.

Two pull requests of one branch have the same head, so the same check, but baselines of their own. The check says what
is worst. Hidden lines at the start of its text keep what each report found, for the run that posts the other one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from reporter.forges.interface import Conclusion
from reporter.forges.marker import is_later_run

_PATTERN = re.compile(
    rf"<!-- dvc-reporter check pull=(\d{{1,18}})? base=(\S*) conclusion=({'|'.join(Conclusion)}) run=(\d{{1,18}})"
    r" attempt=(\d{1,9}) url=(\S*) title=(\S*) -->\r?\n"
)
_WORST_FIRST = (Conclusion.FAILURE, Conclusion.RUNNING, Conclusion.NEUTRAL, Conclusion.SUCCESS)


@dataclass(frozen=True, slots=True)
class CheckPart:
    """What one report says in the check of its commit."""

    pull_request: int | None
    """None: the commit belonged to none when it was reported on."""
    baseline: str
    """What a reader calls it: a branch, a tag, seven digits of a commit."""
    conclusion: Conclusion
    title: str
    url: str | None
    run: int = 0
    attempt: int = 1

    def line(self) -> str:
        """Hidden in Markdown, with its newline. Texts are escaped, so that they cannot end it."""
        baseline, url, title = (quote(text, safe="") for text in (self.baseline, self.url or "", self.title))
        pull = "" if self.pull_request is None else self.pull_request
        return (
            f"<!-- dvc-reporter check pull={pull} base={baseline} conclusion={self.conclusion} run={self.run}"
            f" attempt={self.attempt} url={url} title={title} -->\n"
        )


def read_parts(summary: str) -> list[CheckPart]:
    """The parts that a check's text begins with; none in one that an older version has set."""
    parts, position = [], 0
    while match := _PATTERN.match(summary, position):
        pull, baseline, conclusion, run, attempt, url, title = match.groups()
        parts.append(
            CheckPart(
                pull_request=int(pull) if pull else None,
                baseline=unquote(baseline),
                conclusion=Conclusion(conclusion),
                title=unquote(title),
                url=unquote(url) or None,
                run=int(run),
                attempt=int(attempt),
            )
        )
        position = match.end()
    return parts


def merge_parts(present: Iterable[CheckPart], ours: Iterable[CheckPart]) -> tuple[CheckPart, ...]:
    """All that the check has to say, the worst first: of each pull request, the part of the latest run.

    What was found before the commit belonged to a pull request gives way to what was found for one.
    """
    ours = tuple(ours)
    latest: dict[int | None, CheckPart] = {}
    for part in (*present, *ours):
        known = latest.get(part.pull_request)
        if known is None or not is_later_run((known.run, known.attempt), (part.run, part.attempt)):
            latest[part.pull_request] = part
    if any(part.pull_request is not None for part in ours):
        latest.pop(None, None)
    return tuple(
        sorted(latest.values(), key=lambda part: (_WORST_FIRST.index(part.conclusion), part.pull_request or 0))
    )
