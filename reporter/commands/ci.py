"""`reporter ci`: mark the comment as running, make the report, post it, and leave by its gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reporter.bundle import Bundle
from reporter.commands.attempts import Say
from reporter.commands.checkout import head_to_read
from reporter.commands.gate import gate_exit_code
from reporter.commands.mark import mark_failed, mark_running
from reporter.commands.post import Connect, OpenStore, PostOutcome, post
from reporter.errors import ReporterError
from reporter.forges.check_parts import CheckPart
from reporter.model.ci import Checkout, CiContext, PullRequest
from reporter.model.rules import CommentRule

POST_FAILED = 3

_A_BUG = ReporterError("reporter has a bug", "The job's log has the traceback.")


@dataclass(frozen=True, slots=True)
class MadeBundle:
    bundle: Bundle
    folder: Path


MakeBundles = Callable[[Sequence[CiContext], str | None], Sequence[MadeBundle]]
"""Makes a report for each context, in their order, and writes its bundle. Its candidate is the commit, or the work tree."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a CI job has at hand."""

    checkout: Callable[[], Checkout]
    comment_for: Callable[[CiContext], CommentRule]
    """The comment that the report goes to. Raises nothing."""
    make: MakeBundles
    connect: Connect
    open_store: OpenStore
    say: Say


@dataclass(frozen=True, slots=True)
class _Task:
    """One report that is to be made."""

    context: CiContext
    comment: CommentRule


def ci(context: CiContext, job: Job, *, trains: bool, base: str | None) -> int:
    """Do all that a CI job does with a report and return its exit code: 1 for a failed gate, else 3 for a failed post.

    `base` is the baseline that was asked for, if one was. Raises what kept the report from being made, once the comment,
    the check and the summary say so.
    """
    tasks = [_Task(each, job.comment_for(each)) for each in by_baseline(context, job.connect, base)]
    try:
        head = head_to_read(job.checkout(), tasks[0].context, trains=trains)
        if head is not None:
            job.say(f"A merge is checked out: {head[:7]} is read as it was pushed")
        for task in tasks:
            mark_running(task.context, task.comment, job.connect, job.say)
        made = job.make([task.context for task in tasks], head)
    except ReporterError as error:
        _mark_failed(tasks, error, job)
        raise
    except Exception:  # a bug; without this the comment would say "running" for ever
        _mark_failed(tasks, _A_BUG, job)
        raise
    return _exit_code(_post(tasks, made, job), made, job.say)


def by_baseline(context: CiContext, connect: Connect, base: str | None) -> list[CiContext]:
    """The run once for each baseline that its pull requests have: their targets, or the one that was asked for.

    As it is where there is no pull request, or the forge cannot be asked: the post asks again and says what is wrong.
    """
    try:
        found = connect().find_pull_requests(context)
    except ReporterError:
        return [context]
    of_baseline: dict[str, list[PullRequest]] = {}
    for pull_request in found:
        of_baseline.setdefault(base or pull_request.base_branch, []).append(pull_request)
    return [context.located(*pull_requests) for pull_requests in of_baseline.values()] or [context]


def _mark_failed(tasks: Sequence[_Task], error: ReporterError, job: Job) -> None:
    for task in tasks:
        mark_failed(task.context, task.comment, error, job.connect, job.say)


def _post(tasks: Sequence[_Task], made: Sequence[MadeBundle], job: Job) -> list[PostOutcome]:
    """Post each report where it belongs. The step's outputs are those of the worst one."""
    worst = max(made, key=lambda one: one.bundle.report.verdict.severity)
    outcomes: list[PostOutcome] = []
    found: dict[str, tuple[CheckPart, ...]] = {}
    for task, one in zip(tasks, made, strict=True):
        context, key = task.context, task.comment.key
        context = context if one is worst else replace(context, output_path=None)
        outcome = post(
            one.bundle,
            one.folder,
            context,
            task.comment,
            job.connect,
            job.open_store,
            job.say,
            beside=found.get(key, ()),
        )
        found[key] = (*found.get(key, ()), *outcome.check_parts)
        outcomes.append(outcome)
    return outcomes


def _exit_code(outcomes: Sequence[PostOutcome], made: Sequence[MadeBundle], say: Say) -> int:
    """A failed gate wins over a failed post, and both are said."""
    code = 0
    for outcome in outcomes:
        if outcome.failure is not None:
            say(f"The report could not be posted: {outcome.failure.message}")
            code = POST_FAILED
    for one in made:
        if gate := gate_exit_code(one.bundle.report):
            say(f"The gate failed: {one.bundle.report.summary}")
            code = gate
    return code
