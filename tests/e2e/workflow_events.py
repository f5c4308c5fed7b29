"""The payloads that GitHub writes for a workflow's events: the fields that act, the workflows and reporter read."""

from __future__ import annotations

from typing import Any

from e2e.workflow_run import Repository

REPOSITORY = "octo/flights"
FORK = "contributor/flights"
_NEW_BRANCH = "0" * 40


def _event(**fields: Any) -> dict[str, Any]:
    owner, name = REPOSITORY.split("/")
    repository = {"full_name": REPOSITORY, "name": name, "owner": {"login": owner}, "default_branch": "main"}
    return {"repository": repository, **fields}


def pull_request_event(
    repository: Repository, number: int, sha: str, *, head: str = REPOSITORY, branch: str = "fewer-trees"
) -> dict[str, Any]:
    """A pull request into main has been opened from a branch of the repository `head`."""
    base = {"ref": "main", "sha": repository.git("rev-parse", "main"), "repo": {"full_name": REPOSITORY}}
    pull = {"number": number, "head": {"ref": branch, "sha": sha, "repo": {"full_name": head}}, "base": base}
    return _event(action="opened", number=number, pull_request=pull)


def push_event(sha: str, *, branch: str = "fewer-trees") -> dict[str, Any]:
    """A branch has been pushed for the first time."""
    return _event(ref=f"refs/heads/{branch}", before=_NEW_BRANCH, after=sha, deleted=False)


def workflow_run_event(sha: str, fork: str, *, branch: str = "fewer-trees") -> dict[str, Any]:
    """The run for a fork's pull request has ended. GitHub names no pull request then."""
    run = {
        "id": 1001,
        "event": "pull_request",
        "conclusion": "success",
        "head_sha": sha,
        "head_branch": branch,
        "head_repository": {"full_name": fork},
        "pull_requests": [],
    }
    return _event(action="completed", workflow_run=run)
