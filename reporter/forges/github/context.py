"""Reads the environment and the event payload of a GitHub Actions run.

The payload, not GITHUB_SHA, names the commit that was pushed: on `pull_request` GITHUB_SHA is a merge commit, on
`pull_request_target` the base's, on `workflow_run` the default branch's.
See https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reporter.errors import ForgeError
from reporter.forges.github.addresses import read_web_address
from reporter.model.ci import CiContext, PullRequest

_NO_COMMIT = "0" * 40
_MOST = 2**63
"""No number of GitHub's is larger."""

_DEPENDABOT = "dependabot[bot]"
_PUSHED = "let actions/checkout take what was pushed: `ref: ${{ github.event.pull_request.head.sha }}`"
_AS_IT_IS = "leave out the `ref` of actions/checkout; a report on another branch is made by a run that is started on that branch"
_NOT_WITH_THESE_RIGHTS = (
    "what a fork has pushed must not run with this job's rights: make the report in a job on `pull_request` and post its "
    "bundle with `reporter post` (docs/github.md, Forks)"
)
_RUN = re.compile(r"[0-9]{1,18}")
_QUEUE_BRANCH = re.compile(r"gh-readonly-queue/(?P<base>.+)/pr-(?P<number>[0-9]{1,18})-[0-9a-f]+$")


def read_github_context(environ: Mapping[str, str]) -> CiContext:
    """The run of GitHub Actions that `environ` describes. Raises `ForgeError` naming what is missing or broken."""
    event = _read_event(environ)
    context = _common(environ, event)
    match context.event:
        case "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment":
            return _of_pull_request(context, event)
        case "push":
            return _of_push(context, event)
        case "workflow_run":
            return _of_workflow_run(context, event)
        case "merge_group":
            return _of_merge_group(context, event)
        case "issue_comment":
            return _of_issue_comment(context, event)
        case _:  # workflow_dispatch, schedule, …: the branch's own commit
            return context


@dataclass(frozen=True, slots=True)
class _Event:
    """A payload whose fields are checked as they are read."""

    name: str
    payload: Mapping[str, Any]

    def find(self, *path: str) -> Any:
        """The value at `path`, or None where any part of it is absent."""
        value: Any = self.payload
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def text(self, *path: str) -> str:
        value = self.find(*path)
        if not isinstance(value, str) or not value:
            raise self._broken(path, value)
        return value

    def maybe_text(self, *path: str) -> str | None:
        """None where it is null, empty or absent."""
        return None if self.find(*path) in (None, "") else self.text(*path)

    def number(self, *path: str) -> int:
        value = self.find(*path)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MOST:
            raise self._broken(path, value)
        return value

    def sha(self, *path: str) -> str:
        value = self.text(*path)
        if not re.fullmatch(r"[0-9a-f]{40}", value):
            raise self._broken(path, value)
        return value

    def _broken(self, path: tuple[str, ...], value: object) -> ForgeError:
        what = "lacks" if value is None else "has an unusable"
        return ForgeError(
            f"the payload of the {self.name} event {what} `{'.'.join(path)}`",
            hint="GITHUB_EVENT_PATH must name the file that GitHub Actions wrote for this event",
        )


def _read_event(environ: Mapping[str, str]) -> _Event:
    name = _variable(environ, "GITHUB_EVENT_NAME")
    path = _variable(environ, "GITHUB_EVENT_PATH")
    hint = "run inside a job of GitHub Actions, or let GITHUB_EVENT_PATH name the event's JSON file"
    try:
        payload = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise ForgeError(f"cannot read the event payload {path}: {error.strerror}", hint) from error
    except (ValueError, RecursionError) as error:
        raise ForgeError(f"the event payload {path} is not JSON", hint) from error
    if not isinstance(payload, dict):
        raise ForgeError(f"the event payload {path} is not a JSON object", hint)
    return _Event(name, payload)


def _variable(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name):
        return value
    raise ForgeError(
        f"{name} is not set although GITHUB_ACTIONS is",
        hint="run inside a job of GitHub Actions, or unset GITHUB_ACTIONS for a dry run",
    )


def _common(environ: Mapping[str, str], event: _Event) -> CiContext:
    server = read_web_address(environ.get("GITHUB_SERVER_URL", ""), otherwise="https://github.com")
    repository = _variable(environ, "GITHUB_REPOSITORY")
    run_id = environ.get("GITHUB_RUN_ID", "") if _RUN.fullmatch(environ.get("GITHUB_RUN_ID", "")) else ""
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    return CiContext(
        forge="github",
        api_url=(environ.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/"),
        server_url=server,
        repository=repository,
        event=event.name,
        head_sha=_variable(environ, "GITHUB_SHA"),
        branch=environ.get("GITHUB_REF_NAME") if environ.get("GITHUB_REF", "").startswith("refs/heads/") else None,
        default_branch=event.maybe_text("repository", "default_branch"),
        pull_request=None,
        run_url=f"{server}/{repository}/actions/runs/{run_id}" if run_id else None,
        summary_path=environ.get("GITHUB_STEP_SUMMARY") or None,
        output_path=environ.get("GITHUB_OUTPUT") or None,
        head_repository=repository,
        run=int(run_id or "0"),
        attempt=int(attempt) if _RUN.fullmatch(attempt) else 1,
        how_to_check_out=_AS_IT_IS,
        read_only_token=event.name != "pull_request_target" and environ.get("GITHUB_ACTOR") == _DEPENDABOT,
    )


def _of_pull_request(context: CiContext, event: _Event) -> CiContext:
    head_repository = event.maybe_text("pull_request", "head", "repo", "full_name")  # None once the fork is deleted
    pull_request = PullRequest(
        number=event.number("pull_request", "number"),
        base_branch=event.text("pull_request", "base", "ref"),
        head_sha=event.sha("pull_request", "head", "sha"),
        from_fork=not _same_repository(head_repository, context.repository),
    )
    is_trigger_with_rights = event.name == "pull_request_target"
    return replace(
        context,
        head_sha=pull_request.head_sha,
        how_to_check_out=_NOT_WITH_THESE_RIGHTS if pull_request.from_fork and is_trigger_with_rights else _PUSHED,
        branch=event.maybe_text("pull_request", "head", "ref"),
        pull_request=pull_request,
        pull_request_number=pull_request.number,
        head_repository=head_repository,
        read_only_token=context.read_only_token or (pull_request.from_fork and not is_trigger_with_rights),
    )


def _same_repository(name: str | None, other: str) -> bool:
    return name is not None and name.lower() == other.lower()


def _of_push(context: CiContext, event: _Event) -> CiContext:
    head_sha = event.sha("after")
    if head_sha == _NO_COMMIT:
        raise ForgeError(
            "this push deletes a branch: there is no commit to report on",
            hint="let the job skip it: `if: ${{ !github.event.deleted }}`",
        )
    if str(event.find("ref")).startswith("refs/tags/") and event.find("head_commit", "id"):
        head_sha = event.sha("head_commit", "id")  # of an annotated tag `after` is the tag, which is no commit
    before = event.find("before")
    return replace(
        context, head_sha=head_sha, previous_sha=None if before in (None, _NO_COMMIT) else event.sha("before")
    )


def _of_workflow_run(context: CiContext, event: _Event) -> CiContext:
    """Of a run that another one started: its head is the other's, which may lie in a fork.

    GitHub's list of its pull requests is not read: it leaves out those of forks, and names others that have the same
    commit or the same name of a branch.
    """
    head_repository = event.maybe_text("workflow_run", "head_repository", "full_name")  # None once the fork is deleted
    is_own = _same_repository(head_repository, context.repository)
    return replace(
        context,
        head_sha=event.sha("workflow_run", "head_sha"),
        branch=event.maybe_text("workflow_run", "head_branch"),
        head_repository=head_repository,
        how_to_check_out="let actions/checkout take `ref: ${{ github.event.workflow_run.head_sha }}`"
        if is_own
        else _NOT_WITH_THESE_RIGHTS,
    )


def _of_merge_group(context: CiContext, event: _Event) -> CiContext:
    """Of a merge queue: the commit is the queue's own; the branch's name says which pull request it tests."""
    head_sha = event.sha("merge_group", "head_sha")
    context = replace(context, head_sha=head_sha)
    if queued := _QUEUE_BRANCH.search(event.text("merge_group", "head_ref")):
        pull_request = PullRequest(int(queued["number"]), queued["base"], head_sha)
        return replace(context, pull_request=pull_request, pull_request_number=pull_request.number)
    return context


def _of_issue_comment(context: CiContext, event: _Event) -> CiContext:
    """Of a comment: the payload names the pull request but not its head, which only the forge knows."""
    if event.find("issue", "pull_request") is None:
        return context
    return replace(
        context,
        pull_request_number=event.number("issue", "number"),
        branch=None,
        how_to_check_out="let actions/checkout take the pull request's head: "
        "`ref: refs/pull/${{ github.event.issue.number }}/head`",
    )
