"""`reporter ci --start`, and a run that could not make a report: the state of a run in the report's comment."""

from __future__ import annotations

from dataclasses import replace

from reporter.commands.attempts import Attempts, Say
from reporter.commands.post import Connect, PostOutcome, check_name, told
from reporter.errors import ReporterError
from reporter.forges.ci_files import append_summary, write_outputs
from reporter.forges.comments import write_comment
from reporter.forges.interface import Check, Conclusion, Forge
from reporter.forges.marker import Marker
from reporter.forges.registry import limits_of
from reporter.forges.state import with_state
from reporter.model.ci import CiContext, PullRequest
from reporter.model.rules import CommentRule
from reporter.render import wording
from reporter.render.escape import prose


def mark_running(context: CiContext, comment: CommentRule, connect: Connect, say: Say) -> PostOutcome:
    """Say in the comment that a run is under way. The last report stays below.

    The output `base` names the pull request's target, for a step that compares with it and has no token to ask with.
    """
    attempts = Attempts(say, read_only_token=context.read_only_token)
    forge, url = attempts.run(connect), None
    if not isinstance(forge, ReporterError):
        located = _located(attempts, context, forge)
        attempts.run(lambda: _write_target(located))
        url = _mark(attempts, located, comment, forge, "⏳ Running")
    return PostOutcome(url, attempts.failure)


def _write_target(context: CiContext) -> None:
    if context.output_path and context.pull_request:
        write_outputs(context.output_path, {"base": context.pull_request.base_branch})


def mark_failed(
    context: CiContext, comment: CommentRule, reason: ReporterError, connect: Connect, say: Say
) -> PostOutcome:
    """Say in the comment, the check and the job summary that no report could be made, and why."""
    attempts = Attempts(say, read_only_token=context.read_only_token)
    text = _failed(reason)
    forge, url = attempts.run(connect), None
    if not isinstance(forge, ReporterError):
        context = _located(attempts, context, forge)
        url = _mark(attempts, context, comment, forge, text)
        check = _failed_check(context, comment, reason)
        attempts.run(lambda: forge.set_check(check), optional=True)
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


def _located(attempts: Attempts, context: CiContext, forge: Forge) -> CiContext:
    """The run with the pull request that a comment goes to; without one where there is none."""
    found = attempts.run(lambda: forge.find_pull_request(context))
    return context.located(found) if isinstance(found, PullRequest) else replace(context, pull_request=None)


def _mark(attempts: Attempts, context: CiContext, comment: CommentRule, forge: Forge, text: str) -> str | None:
    if (pull_request := context.pull_request) is None:
        return None
    url = attempts.run(lambda: _write(forge, pull_request, context, comment, text, attempts.say))
    return url if isinstance(url, str) else None


def _write(
    forge: Forge, pull_request: PullRequest, context: CiContext, comment: CommentRule, text: str, say: Say
) -> str | None:
    marker = Marker(comment.key, context.head_sha, context.run)
    banner, room = _banner(context, comment, text), forge.limits.comment_characters - len(marker.line())
    return told(write_comment(forge, pull_request, marker, lambda last: with_state(banner, last, room)), say)


def _banner(context: CiContext, comment: CommentRule, text: str) -> str:
    commit = f"[`{context.head_sha[:7]}`]({context.server_url}/{context.repository}/commit/{context.head_sha})"
    log = f" ([log]({context.run_url}))" if context.run_url else ""
    return f"> **{prose(comment.title)}** for {commit}{log}\n>\n> {text}\n"


def _failed_check(context: CiContext, comment: CommentRule, reason: ReporterError) -> Check:
    return Check(
        name=check_name(comment),
        head_sha=context.head_sha,
        conclusion=Conclusion.FAILURE,
        title="No report could be made",
        summary=_sentence(reason),
        url=context.run_url,
    )
