"""`reporter post`: each folder's report, or the reason why there is none, put where the team looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reporter.bundle import read_bundle, read_failure
from reporter.commands.attempts import Say
from reporter.commands.ci import Finished, post_all
from reporter.commands.mark import mark_failed
from reporter.commands.post import Connect, OpenStore
from reporter.commands.task import Task
from reporter.errors import ReporterError
from reporter.model.report import AnyReport

TasksFor = Callable[[AnyReport | None], Sequence[Task]]
"""The one task that a report was made for; without a report, every task of the run."""


def post_bundles(
    folders: Sequence[Path], tasks_for: TasksFor, connect: Connect, open_store: OpenStore, say: Say
) -> list[ReporterError]:
    """Post them all and return what went wrong. Raises BundleError, before anything is posted, where one is no bundle."""
    reasons = {folder: read_failure(folder) for folder in folders}
    bundles = {folder: read_bundle(folder) for folder, reason in reasons.items() if reason is None}
    finished = [Finished(tasks_for(bundle.report)[0], bundle, folder) for folder, bundle in bundles.items()]
    outcomes = post_all(finished, connect, open_store, say)
    for folder, reason in reasons.items():
        if reason is not None:
            say(f"There is no report in {folder}: {reason.message}")
            outcomes += [mark_failed(task.context, task.comment, reason, connect, say) for task in tasks_for(None)]
    return [outcome.failure for outcome in outcomes if outcome.failure is not None]
