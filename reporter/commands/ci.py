"""`reporter ci`: mark the comment as running, make the report, post it, and leave by its gate.

`reporter ci --make` is the middle of it, which runs the project's own code and so must need no token: what it leaves in
the bundle's folder, a report or the reason why there is none, `reporter post` puts on the pull request.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reporter.bundle import Bundle, write_failure
from reporter.commands.attempts import Attempts, Say
from reporter.commands.gate import gate_exit_code
from reporter.commands.mark import mark_failed, mark_running, summarise_failed
from reporter.commands.post import Connect, OpenStore, PostOutcome, post, tell_job
from reporter.errors import ReporterError
from reporter.model.ci import CiContext, PullRequest
from reporter.model.rules import CommentRule

POST_FAILED = 3

_A_BUG = ReporterError("reporter has a bug", "The job's log has the traceback.")
_ENDED_EARLY = ReporterError("the job ended before there was a report", "Its log shows how far it came.")

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
    return _exit_code(bundle, post(bundle, folder, context, connect, open_store, say), say)


def ci_make(context: CiContext, comment: CommentRule, folder: Path, make: MakeBundle, say: Say) -> int:
    """Make the report, tell the job of it without asking the forge for anything, and return the exit code as `ci` does.

    Whatever happens, a process that is killed included, `folder` says what became of the report: it never keeps one of
    an earlier run. Raises what kept the report from being made.
    """
    write_failure(folder, _ENDED_EARLY)
    try:
        bundle = make(context)
    except ReporterError as error:
        _tell_failed(context, comment, folder, error, say)
        raise
    except Exception:
        _tell_failed(context, comment, folder, _A_BUG, say)
        raise
    return _exit_code(bundle, tell_job(bundle, folder, context, say), say)


def _tell_failed(context: CiContext, comment: CommentRule, folder: Path, reason: ReporterError, say: Say) -> None:
    """A disk that is full, say, must not keep the reason from whoever asks for it."""
    Attempts(say, read_only_token=context.read_only_token).run(lambda: write_failure(folder, reason))
    summarise_failed(context, comment, reason, say)


def _exit_code(bundle: Bundle, posted: PostOutcome, say: Say) -> int:
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
