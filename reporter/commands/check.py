"""The one check of a commit and key: set, and shared by the reports of all pull requests that have the commit as head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reporter.commands.attempts import Say
from reporter.errors import ForgeError
from reporter.forges.check_parts import CheckPart, merge_parts, read_parts
from reporter.forges.interface import Check, Conclusion, Forge
from reporter.model.ci import CiContext
from reporter.model.rules import CommentRule
from reporter.render.escape import code, link, prose, shorten, visible

_TITLE_CHARACTERS = 200
_LOOKS = 2
"""A check that another run has made at the same moment is seen when ours is there."""
_BASELINE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class CheckText:
    """The report itself."""

    name: str
    head_sha: str
    body: Callable[[int], str]
    """Markdown of at most so many characters."""


def check_name(comment: CommentRule) -> str:
    """`reporter (default)`: each key of `comment` has a check of its own."""
    return f"reporter ({comment.key})"


def check_part(
    context: CiContext,
    pull_request: int | None,
    baseline: str | None,
    conclusion: Conclusion,
    title: str,
    url: str | None,
) -> CheckPart:
    """What a run found for a pull request, or for none, compared with `baseline`. The texts may come from anybody."""
    return CheckPart(
        pull_request=pull_request,
        baseline=shorten(visible(baseline or "nothing"), _BASELINE_CHARACTERS),
        conclusion=conclusion,
        title=shorten(visible(title), _TITLE_CHARACTERS),
        url=url or context.run_url,
        run=context.run,
        attempt=context.attempt,
    )


def write_check(
    forge: Forge, context: CiContext, text: CheckText, ours: Sequence[CheckPart], beside: Sequence[CheckPart], say: Say
) -> None:
    """Set the check so that it says what is worst of `ours`, of `beside`, which this job has found for other pull
    requests, and of what other runs have found for those that are open still.
    """
    created = False
    for _ in range(_LOOKS):
        own = forge.own_checks(text.name, text.head_sha)
        if created and not own:  # of a kind that cannot be read back, or not listed yet
            return
        present = [part for each in own for part in read_parts(each.check.summary)]
        parts = merge_parts([part for part in present if _counts(part, ours, forge, context)], (*beside, *ours))
        if not any(part in ours for part in parts):
            say(f"Check {text.name} on {text.head_sha[:7]}: left as a later run has set it")
            return
        check = _check(text, parts, forge.limits.check_characters)
        if own and _shows_the_same(own[-1].check, check):
            return
        placed = forge.set_check(check, own[-1].id if own else None)
        say(f"Check {check.name} on {check.head_sha[:7]}: {check.conclusion} ({placed.note or placed.kind})")
        if own:
            return
        created = True


def _counts(part: CheckPart, ours: Sequence[CheckPart], forge: Forge, context: CiContext) -> bool:
    """Whether what the check says already still matters: a closed pull request must block no other one."""
    number = part.pull_request
    if number is None or number in {each.pull_request for each in ours}:
        return True
    try:
        found = forge.find_pull_requests(context.for_pull_request(number))
    except ForgeError:  # less knowledge never makes a better verdict
        return True
    return any(each.is_open for each in found)


def _check(text: CheckText, parts: Sequence[CheckPart], characters: int) -> Check:
    worst = parts[0]
    hidden = "".join(part.line() for part in parts)
    is_shared = len({(part.baseline, part.conclusion, part.title) for part in parts}) > 1
    head = f"{hidden}{_list(parts)}\n" if is_shared else hidden
    title = "; ".join(_named(part) for part in parts) if is_shared else worst.title
    return Check(
        name=text.name,
        head_sha=text.head_sha,
        conclusion=worst.conclusion,
        title=shorten(title, _TITLE_CHARACTERS),
        summary=head + text.body(characters - len(head)),
        url=worst.url,
    )


def _named(part: CheckPart) -> str:
    name = part.baseline if part.pull_request is None else f"#{part.pull_request} ({part.baseline})"
    return f"{name}: {part.title}"


def _list(parts: Sequence[CheckPart]) -> str:
    lines = ["This commit is the head of several pull requests; the worst verdict counts.", ""]
    for part in parts:
        name = "no pull request" if part.pull_request is None else link(f"#{part.pull_request}", part.url)
        lines.append(f"- {part.conclusion}: {name}, compared with {code(part.baseline)}: {prose(part.title)}")
    return "\n".join(lines) + "\n"


def _shows_the_same(one: Check, other: Check) -> bool:
    same_words = (one.conclusion, one.title, one.summary.rstrip()) == (
        other.conclusion,
        other.title,
        other.summary.rstrip(),
    )
    return same_words and other.url in (None, one.url)
