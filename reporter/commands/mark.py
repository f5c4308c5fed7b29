"""`reporter ci --start`, and a run that could not make a report: the state of a run in the report's comment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reporter.commands.attempts import Attempts, Say
from reporter.commands.check import CheckText, check_name, check_part, write_check
from reporter.commands.post import Connect, PostOutcome, told
from reporter.errors import ReporterError
from reporter.forges.check_parts import CheckPart
from reporter.forges.ci_files import append_summary
from reporter.forges.comments import write_comment
from reporter.forges.interface import Conclusion, Forge
from reporter.forges.marker import Marker
from reporter.forges.registry import limits_of, provider_of
from reporter.forges.state import with_state
from reporter.model.ci import CiContext, PullRequest
from reporter.model.rules import CommentRule
from reporter.render import wording
from reporter.render.escape import prose


def mark_running(context: CiContext, comment: CommentRule, connect: Connect, say: Say) -> PostOutcome:
    """Say in the comment that a run is under way. The last report stays below."""
    attempts = Attempts(say, read_only_token=context.read_only_token)
    forge, url = attempts.run(connect), None
    if not isinstance(forge, ReporterError):
        context, pull_requests = _located(attempts, context, forge)
        url = _mark(attempts, context, pull_requests, comment, forge, "⏳ Running")
    return PostOutcome(url, attempts.failure)


def mark_failed(
    context: CiContext, comment: CommentRule, reason: ReporterError, connect: Connect, say: Say
) -> PostOutcome:
    """Say in the comment, the check and the job summary that no report could be made, and why."""
    attempts = Attempts(say, read_only_token=context.read_only_token)
    text = _failed(reason)
    forge, url = attempts.run(connect), None
    if not isinstance(forge, ReporterError):
        context, pull_requests = _located(attempts, context, forge)
        url = _mark(attempts, context, pull_requests, comment, forge, text)
        if not context.names_no_head:
            parts = _failed_parts(context, pull_requests)
            check = CheckText(check_name(comment), context.head_sha, lambda _: _sentence(reason))
            attempts.run(lambda: write_check(forge, context, check, parts, (), attempts.say), optional=True)
    _summarise(attempts, context, comment, text)
    return PostOutcome(url, attempts.failure)


def summarise_failed(context: CiContext, comment: CommentRule, reason: ReporterError, say: Say) -> None:
    """Say in the job summary alone that no report could be made, and why: where there is to be no token."""
    attempts = Attempts(say, read_only_token=context.read_only_token)
    _summarise(attempts, context, comment, _failed(reason))


def _failed(reason: ReporterError) -> str:
    return f"❌ No report could be made: {_sentence(reason)}"


def _summarise(attempts: Attempts, context: CiContext, comment: CommentRule, text: str) -> None:
    if path := context.summary_path:
        limit = limits_of(context).summary_bytes
        attempts.run(lambda: append_summary(path, _banner(context, comment, text), limit))


def _sentence(reason: ReporterError) -> str:
    return prose(f"{wording.ended(reason.message)} {wording.sentence(reason.hint)}".rstrip())


def _located(attempts: Attempts, context: CiContext, forge: Forge) -> tuple[CiContext, Sequence[PullRequest]]:
    """The run with the pull requests that a comment goes to; none where there are none, or they cannot be found."""
    found = attempts.run(lambda: forge.find_pull_requests(context))
    if isinstance(found, ReporterError) or not found:
        return context, ()
    return context.located(*found), found


def _mark(
    attempts: Attempts,
    context: CiContext,
    pull_requests: Sequence[PullRequest],
    comment: CommentRule,
    forge: Forge,
    text: str,
) -> str | None:
    """Write the state on each pull request; returns the address of the first comment that holds it."""
    urls = [
        attempts.run(partial(_write, forge, pull_request, context, comment, text, attempts.say))
        for pull_request in pull_requests
    ]
    return next((url for url in urls if isinstance(url, str)), None)


def _write(
    forge: Forge, pull_request: PullRequest, context: CiContext, comment: CommentRule, text: str, say: Say
) -> str | None:
    marker = Marker(comment.key, context.head_sha, context.run, context.attempt)
    banner, room = _banner(context, comment, text), forge.limits.comment_characters - len(marker.line())
    return told(write_comment(forge, pull_request, marker, lambda last: with_state(banner, last, room)), marker, say)


def _banner(context: CiContext, comment: CommentRule, text: str) -> str:
    commit = f"[`{context.head_sha[:7]}`]({provider_of(context).pages_of(context)}/commit/{context.head_sha})"
    log = f" ([log]({context.run_url}))" if context.run_url else ""
    return f"> **{prose(comment.title)}** for {commit}{log}\n>\n> {text}\n"


def _failed_parts(context: CiContext, pull_requests: Sequence[PullRequest]) -> tuple[CheckPart, ...]:
    baselines = {each.number: each.base_branch for each in pull_requests}
    numbers: Sequence[int | None] = tuple(baselines) or context.named_pull_requests or (None,)
    return tuple(
        check_part(context, number, baselines.get(number or 0), Conclusion.FAILURE, "No report could be made", None)
        for number in numbers
    )
