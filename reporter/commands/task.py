"""What a CI job is to make and post: one report for each baseline that the pull requests of its commit have.

`reporter ci --start` finds that out, with a token and before any of the project's code has run. The steps after it have
no token to ask with, or must not believe what a stage may have left: its output `started` tells them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reporter.commands.post import Connect
from reporter.errors import ReporterError, UsageError
from reporter.model.ci import CiContext, PullRequest
from reporter.model.report import AnyReport
from reporter.model.rules import CommentRule


@dataclass(frozen=True, slots=True)
class Task:
    """One report."""

    context: CiContext
    """Names the pull requests that it is for, if there are any."""
    comment: CommentRule
    """Where it goes."""

    def folder(self, first: Path, place: int) -> Path:
        """Where its bundle goes, as the report number `place`: `reports`, then `reports-12` for pull request #12."""
        return first.parent / f"{first.name}-{self.context.pull_request_number}" if place else first


CommentFor = Callable[[CiContext], CommentRule]


def find_tasks(context: CiContext, connect: Connect, base: str | None, comment_for: CommentFor) -> list[Task]:
    """The run's tasks, at least one. `base` is the baseline that was asked for, if one was: then it is the only one.

    Where the forge cannot be asked there is one task, for no pull request: the post asks again and says what is wrong.
    """
    try:
        found = connect().find_pull_requests(context)
    except ReporterError:
        found = []
    of_baseline: dict[str, list[PullRequest]] = {}
    for pull_request in found:
        of_baseline.setdefault(base or pull_request.base_branch, []).append(pull_request)
    contexts = [context.located(*pull_requests) for pull_requests in of_baseline.values()] or [context]
    return [Task(each, comment_for(each)) for each in contexts]


def task_of(report: AnyReport, tasks: Sequence[Task]) -> Task:
    """The one that a report was made for: of the pull request whose target it is compared with."""
    base = report.base.rev if report.base else None
    of_target = (task for task in tasks if task.context.pull_request and task.context.pull_request.base_branch == base)
    return next(of_target, tasks[0])


def write_tasks(tasks: Sequence[Task]) -> str:
    """One line for `read_tasks`. Holds no secret."""
    return json.dumps([_written(task) for task in tasks])


def read_tasks(text: str, context: CiContext) -> list[Task]:
    """The tasks of the run. Raises UsageError for a text that `write_tasks` has not written."""
    try:
        tasks = [_read(each, context) for each in json.loads(text)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(
            "REPORTER_STARTED is not what `reporter ci --start` says",
            "Set it to that step's output `started`, or leave it unset.",
        ) from error
    return tasks or [Task(context, CommentRule())]


def _written(task: Task) -> dict[str, Any]:
    pull_request = task.context.pull_request
    return {
        "pull_request": asdict(pull_request) if pull_request else None,
        "further_pull_requests": task.context.further_pull_requests,
        "comment": {"title": task.comment.title, "key": task.comment.key},
    }


def _read(written: dict[str, Any], context: CiContext) -> Task:
    if written["pull_request"] is not None:
        further = tuple(int(number) for number in written["further_pull_requests"])
        context = replace(context.located(PullRequest(**written["pull_request"])), further_pull_requests=further)
    return Task(context, CommentRule(**written["comment"]))
