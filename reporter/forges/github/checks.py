"""A check on a commit: a check run where the token is an app's, else the older commit status."""

from __future__ import annotations

from github.CheckRun import CheckRun
from github.GithubObject import NotSet
from github.Repository import Repository

from reporter.errors import PermissionMissingError
from reporter.forges.github.errors import github_errors
from reporter.forges.interface import Check, Conclusion, OwnCheck, PlacedCheck
from reporter.model.formatting import cut

_STATUS_CHARACTERS = 140
"""What a commit status holds as its description."""

_STATES = {
    Conclusion.RUNNING: "pending",
    Conclusion.SUCCESS: "success",
    Conclusion.NEUTRAL: "success",  # a status knows no neutral; its description says what was found
    Conclusion.FAILURE: "failure",
}


def own_checks(repository: Repository, name: str, head_sha: str) -> list[OwnCheck]:
    """Our check runs of this name, oldest first: another app may use the name, but not our external id.

    Empty where the token may not read them: it is then no app's, or may not write them either.
    """
    try:
        with github_errors(f"read the checks on {head_sha[:7]}", "checks: read"):
            runs = list(repository.get_commit(head_sha).get_check_runs(check_name=name, filter="all"))
    except PermissionMissingError:
        return []
    ours = [run for run in runs if run.external_id == _external_id(name)]
    return [OwnCheck(run.id, _as_check(run, name, head_sha)) for run in sorted(ours, key=lambda run: run.id)]


def _as_check(run: CheckRun, name: str, head_sha: str) -> Check:
    known = {each.value: each for each in Conclusion}
    return Check(
        name=name,
        head_sha=head_sha,
        conclusion=known.get(run.conclusion, Conclusion.NEUTRAL) if run.conclusion else Conclusion.RUNNING,
        title=run.output.title or "",
        summary=run.output.summary or "",
        url=run.details_url or None,
    )


def set_check(repository: Repository, check: Check, place: int | None) -> PlacedCheck:
    """Set a check run, in the place of one or as a new one, or, with the token of a person, which may not, a commit status.

    Raises `PermissionMissingError` if the token may set neither.
    """
    try:
        _set_check_run(repository, check, place)
    except PermissionMissingError as no_check_run:
        try:
            _set_status(repository, check)
        except PermissionMissingError:
            raise no_check_run from None
        note = "set as a commit status: a check run takes the token of an app with `checks: write`"
        return PlacedCheck("commit status", note)
    return PlacedCheck("check run")


def _set_check_run(repository: Repository, check: Check, place: int | None) -> None:
    running = check.conclusion is Conclusion.RUNNING
    with github_errors(f"set the check on {check.head_sha[:7]}", "checks: write"):
        if place is not None and not running:  # one that is completed cannot run again
            repository.get_check_run(place).edit(
                details_url=check.url or NotSet,
                status="completed",
                conclusion=check.conclusion.value,
                output=_output(check),
            )
            return
        repository.create_check_run(
            name=check.name,
            head_sha=check.head_sha,
            details_url=check.url or NotSet,
            external_id=_external_id(check.name),
            status="in_progress" if running else "completed",
            conclusion=NotSet if running else check.conclusion.value,
            output=_output(check),
        )


def _output(check: Check) -> dict[str, str | list[dict[str, str | int]]]:
    return {"title": check.title, "summary": check.summary}


def _external_id(name: str) -> str:
    return f"dvc-reporter:{name}"


def _set_status(repository: Repository, check: Check) -> None:
    link = {"target_url": check.url} if check.url else {}
    with github_errors(f"set the status of {check.head_sha[:7]}", "statuses: write"):
        repository.requester.requestJsonAndCheck(
            "POST",
            f"{repository.url}/statuses/{check.head_sha}",
            input={
                "state": _STATES[check.conclusion],
                "context": check.name,
                "description": cut(check.title, _STATUS_CHARACTERS),
                **link,
            },
        )
