"""`reporter ci`: mark the comment as running, make the report, post it, and leave by its gate.

`reporter ci --make` is the middle of it, which runs the project's own code and so must need no token: what it leaves in
the bundle's folder, a report or the reason why there is none, `reporter post` puts on the pull request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reporter.bundle import Bundle, write_failure
from reporter.commands.attempts import Attempts, Say
from reporter.commands.checkout import head_to_read
from reporter.commands.gate import gate_exit_code
from reporter.commands.mark import mark_failed, mark_running, summarise_failed
from reporter.commands.post import Connect, OpenStore, PostOutcome, post, tell_job
from reporter.commands.task import Task, write_tasks
from reporter.errors import ReporterError, UnreadableCandidateError
from reporter.forges.check_parts import CheckPart
from reporter.forges.ci_files import write_outputs
from reporter.model.ci import Checkout, CiContext

POST_FAILED = 3

_A_BUG = ReporterError("reporter has a bug", "The job's log has the traceback.")
_ENDED_EARLY = ReporterError("the job ended before there was a report", "Its log shows how far it came.")

MakeBundles = Callable[[Sequence[Task], str | None], Sequence[Bundle]]
"""Makes a report for each task, in their order, and writes its bundle. Its candidate is the commit, or the work tree."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes reports in a CI job."""

    checkout: Callable[[], Checkout]
    make: MakeBundles
    trains: bool
    """Whether the pipeline is run first."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A report that is there to be posted."""

    task: Task
    bundle: Bundle
    folder: Path


def ci_start(tasks: Sequence[Task], connect: Connect, say: Say) -> None:
    """Mark the comments as running, and tell later steps what there is to do. Raises what kept a comment from it."""
    outcomes = [mark_running(task.context, task.comment, connect, say) for task in tasks]
    if path := tasks[0].context.output_path:
        write_outputs(path, {"started": write_tasks(tasks)})
    for outcome in outcomes:
        if outcome.failure is not None:
            raise outcome.failure


def ci(tasks: Sequence[Task], folder: Path, maker: Maker, connect: Connect, open_store: OpenStore, say: Say) -> int:
    """Do all that a CI job does with a report and return its exit code: 1 for a failed gate, else 3 for a failed post.

    Raises what kept the report from being made, once the comment, the check and the summary say so.
    """
    try:
        head = _head(tasks, maker, say)
        for task in tasks:
            mark_running(task.context, task.comment, connect, say)
        bundles = maker.make(tasks, head)
    except ReporterError as error:
        _mark_failed(tasks, error, connect, say)
        raise
    except Exception:  # a bug; without this the comment would say "running" for ever
        _mark_failed(tasks, _A_BUG, connect, say)
        raise
    finished = _finished(tasks, folder, bundles)
    return _exit_code(finished, post_all(finished, connect, open_store, say), say)


def ci_make(tasks: Sequence[Task], folder: Path, maker: Maker, say: Say) -> int:
    """Make the report, tell the job of it without asking the forge for anything, and return the exit code as `ci` does.

    Whatever happens, a process that is killed included, `folder` says what became of the report: it never keeps one of
    an earlier run. Raises what kept the report from being made.
    """
    for place, task in enumerate(tasks):
        write_failure(task.folder(folder, place), _ENDED_EARLY)
    try:
        bundles = maker.make(tasks, _head(tasks, maker, say))
    except UnreadableCandidateError as error:  # its report is there, and is posted
        summarise_failed(tasks[0].context, tasks[0].comment, error, say)
        raise
    except ReporterError as error:
        _tell_failed(tasks, folder, error, say)
        raise
    except Exception:
        _tell_failed(tasks, folder, _A_BUG, say)
        raise
    finished = _finished(tasks, folder, bundles)
    told = [
        tell_job(each.bundle, each.folder, context, each.task.comment, say)
        for each, context in zip(finished, _told_of_the_worst(finished), strict=True)
    ]
    return _exit_code(finished, told, say)


def post_all(finished: Sequence[Finished], connect: Connect, open_store: OpenStore, say: Say) -> list[PostOutcome]:
    """Post each report where it belongs. The step's outputs are those of the worst one."""
    outcomes: list[PostOutcome] = []
    found: dict[str, tuple[CheckPart, ...]] = {}
    for each, context in zip(finished, _told_of_the_worst(finished), strict=True):
        comment = each.task.comment
        beside = found.get(comment.key, ())
        outcome = post(each.bundle, each.folder, context, comment, connect, open_store, say, beside)
        found[comment.key] = (*beside, *outcome.check_parts)
        outcomes.append(outcome)
    return outcomes


def _head(tasks: Sequence[Task], maker: Maker, say: Say) -> str | None:
    head = head_to_read(maker.checkout(), tasks[0].context, trains=maker.trains)
    if head is not None:
        say(f"A merge is checked out: {head[:7]} is read as it was pushed")
    return head


def _finished(tasks: Sequence[Task], folder: Path, bundles: Sequence[Bundle]) -> list[Finished]:
    made = zip(tasks, bundles, strict=True)
    return [Finished(task, bundle, task.folder(folder, place)) for place, (task, bundle) in enumerate(made)]


def _told_of_the_worst(finished: Sequence[Finished]) -> list[CiContext]:
    """The run for each report, so that only the worst one sets the step's outputs: a step has one of each."""
    worst = max(finished, key=lambda each: each.bundle.report.verdict.severity, default=None)
    return [each.task.context if each is worst else replace(each.task.context, output_path=None) for each in finished]


def _mark_failed(tasks: Sequence[Task], error: ReporterError, connect: Connect, say: Say) -> None:
    for task in tasks:
        mark_failed(task.context, task.comment, error, connect, say)


def _tell_failed(tasks: Sequence[Task], folder: Path, reason: ReporterError, say: Say) -> None:
    """A disk that is full, say, must not keep the reason from whoever asks for it."""
    attempts = Attempts(say, read_only_token=tasks[0].context.read_only_token)
    for place, task in enumerate(tasks):
        attempts.run(partial(write_failure, task.folder(folder, place), reason))
    summarise_failed(tasks[0].context, tasks[0].comment, reason, say)


def _exit_code(finished: Sequence[Finished], outcomes: Sequence[PostOutcome], say: Say) -> int:
    """A failed gate wins over a failed post, and both are said."""
    code = 0
    for outcome in outcomes:
        if outcome.failure is not None:
            say(f"The report could not be posted: {outcome.failure.message}")
            code = POST_FAILED
    for each in finished:
        if gate := gate_exit_code(each.bundle.report):
            say(f"The gate failed: {each.bundle.report.summary}")
            code = gate
    return code
