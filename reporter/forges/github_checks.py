"""A check on a commit: a check run where the token is an app's, else the older commit status."""

from __future__ import annotations

from github.CheckRun import CheckRun
from github.GithubObject import NotSet
from github.Repository import Repository

from reporter.errors import PermissionMissingError
from reporter.forges.github_errors import github_errors
from reporter.forges.interface import Check, Conclusion, PlacedCheck

_STATUS_CHARACTERS = 140
"""What a commit status holds as its description."""

_STATES = {
    Conclusion.RUNNING: "pending",
    Conclusion.SUCCESS: "success",
    Conclusion.NEUTRAL: "success",  # a status knows no neutral; its description says what was found
    Conclusion.FAILURE: "failure",
}


def set_check(repository: Repository, check: Check) -> PlacedCheck:
    """Set a check run or, with the token of a person, which may not, a commit status.

    Raises `PermissionMissingError` if the token may set neither.
    """
    try:
        _set_check_run(repository, check)
    except PermissionMissingError as no_check_run:
        try:
            _set_status(repository, check)
        except PermissionMissingError:
            raise no_check_run from None
        note = "set as a commit status: a check run takes the token of an app with `checks: write`"
        return PlacedCheck("commit status", note)
    return PlacedCheck("check run")


def _set_check_run(repository: Repository, check: Check) -> None:
    with github_errors(f"set the check on {check.head_sha[:7]}", "checks: write"):
        existing = None if check.conclusion is Conclusion.RUNNING else _find_check_run(repository, check)
        if existing:
            existing.edit(
                details_url=check.url or NotSet,
                status="completed",
                conclusion=check.conclusion.value,
                output={"title": check.title, "summary": check.summary},
            )
        else:
            _create_check_run(repository, check)


def _find_check_run(repository: Repository, check: Check) -> CheckRun | None:
    """Our own latest run of this name: another app may use the name, but not our external id."""
    runs = repository.get_commit(check.head_sha).get_check_runs(check_name=check.name, filter="latest")
    return next((run for run in runs if run.external_id == _external_id(check)), None)


def _create_check_run(repository: Repository, check: Check) -> None:
    running = check.conclusion is Conclusion.RUNNING
    repository.create_check_run(
        name=check.name,
        head_sha=check.head_sha,
        details_url=check.url or NotSet,
        external_id=_external_id(check),
        status="in_progress" if running else "completed",
        conclusion=NotSet if running else check.conclusion.value,
        output={"title": check.title, "summary": check.summary},
    )


def _external_id(check: Check) -> str:
    return f"dvc-reporter:{check.name}"


def _set_status(repository: Repository, check: Check) -> None:
    link = {"target_url": check.url} if check.url else {}
    with github_errors(f"set the status of {check.head_sha[:7]}", "statuses: write"):
        repository.requester.requestJsonAndCheck(
            "POST",
            f"{repository.url}/statuses/{check.head_sha}",
            input={
                "state": _STATES[check.conclusion],
                "context": check.name,
                "description": _shortened(check.title),
                **link,
            },
        )


def _shortened(title: str) -> str:
    return title if len(title) <= _STATUS_CHARACTERS else title[: _STATUS_CHARACTERS - 1] + "…"
