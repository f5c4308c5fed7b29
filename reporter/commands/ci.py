"""`reporter ci`: mark the comment as running, make the report, post it, and leave by its gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reporter.bundle import Bundle
from reporter.commands.attempts import Say
from reporter.commands.gate import gate_exit_code
from reporter.commands.mark import mark_failed, mark_running
from reporter.commands.post import Connect, OpenStore, post
from reporter.errors import ReporterError
from reporter.model.ci import CiContext, PullRequest
from reporter.model.rules import CommentRule

POST_FAILED = 3

_A_BUG = ReporterError("reporter has a bug", "The job's log has the traceback.")

MakeBundle = Callable[[CiContext], Bundle]
"""Makes the report and writes its bundle. The context names the pull request where there is one."""


def ci(
    context: CiContext,
    comment: CommentRule,
    folder: Path,
    make: MakeBundle,
    connect: Connect,
    open_store: OpenStore,
    say: Say,
) -> int:
    """Do all that a CI job does with a report and return its exit code: 1 for a failed gate, else 3 for a failed post.

    Raises what kept the report from being made, once the comment, the check and the summary say so.
    """
    mark_running(context, comment, connect, say)
    try:
        bundle = make(_located(context, connect))
    except ReporterError as error:
        mark_failed(context, comment, error, connect, say)
        raise
    except Exception:  # a bug; without this the comment would say "running" for ever
        mark_failed(context, comment, _A_BUG, connect, say)
        raise
    posted = post(bundle, folder, context, connect, open_store, say)
    if posted.failure is not None:
        say(f"The report could not be posted: {posted.failure.message}")
    if gate := gate_exit_code(bundle.report):
        say(f"The gate failed: {bundle.report.summary}")
        return gate
    return 0 if posted.failure is None else POST_FAILED


def _located(context: CiContext, connect: Connect) -> CiContext:
    """The run with its pull request, whose target is the baseline; as it is where the forge cannot be asked.

    The post asks again and says what is wrong.
    """
    try:
        found = connect().find_pull_request(context)
    except ReporterError:
        return context
    return context.located(found) if isinstance(found, PullRequest) else context
