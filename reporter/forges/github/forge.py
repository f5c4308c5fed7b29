"""GitHub and GitHub Enterprise, through PyGithub."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from urllib.parse import quote

from github import GithubException, RateLimitExceededException
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest as GithubPullRequest
from github.Repository import Repository

from reporter.errors import ForgeError, UsageError
from reporter.forges.github.addresses import ApiAddress
from reporter.forges.github.branch import BranchWriter
from reporter.forges.github.checks import own_checks, set_check
from reporter.forges.github.errors import github_errors
from reporter.forges.github.requester import PatientRequester
from reporter.forges.github.retry import Patience
from reporter.forges.interface import Check, OwnCheck, OwnComment, PlacedCheck, StoredFiles
from reporter.model.ci import CiContext, ForgeLimits, PullRequest

_BOT = "[bot]"
"""How an app's name ends where it is an author; GraphQL leaves it out in places."""

_ACTIONS_BOT = "github-actions[bot]"
_READ = "pull-requests: read"
_WRITE = "pull-requests: write"
_GONE = (404, 410)
_FORBIDDEN = 403


class GitHubForge:
    """A repository on GitHub; implements `reporter.forges.interface.Forge`."""

    def __init__(self, context: CiContext, token: str, limits: ForgeLimits, patience: Patience | None = None) -> None:
        self._limits = limits
        self._server_url = context.server_url
        self._name = context.repository
        base = context.pull_request.base_branch if context.pull_request else None
        self._code_branches = {context.default_branch, context.branch, base}
        self._requester = PatientRequester(ApiAddress.read(context.api_url), _sendable(token), patience or Patience())
        self._repository = Repository(self._requester, url=f"/repos/{_checked_name(self._name)}")

    @property
    def limits(self) -> ForgeLimits:
        """What GitHub holds, as `reporter.forges.github.provider` states it."""
        return self._limits

    def find_pull_requests(self, context: CiContext) -> Sequence[PullRequest]:
        """As `Forge` says. None for a merge queue, which tests a commit of its own."""
        # A merge queue tests a commit of its own; the comment stays as the pull request's run left it.
        if context.event == "merge_group":
            return []
        if numbers := context.named_pull_requests:
            return [self._pull_request(number) for number in numbers]
        if not (context.branch and context.head_repository):
            return []
        return self._open_ones_of(context.branch, context.head_repository)

    def _pull_request(self, number: int) -> PullRequest:
        with github_errors(f"find pull request #{number} in {self._name}", _READ):
            return _as_record(self._repository.get_pull(number).complete(), self._name)

    def _open_ones_of(self, branch: str, repository: str) -> Sequence[PullRequest]:
        """Never by the commit: that may be the head of other branches too, of a fork's or of this repository's."""
        owner = repository.partition("/")[0]
        with github_errors(f"find the pull requests of the branch {branch} in {self._name}", _READ):
            found = self._repository.get_pulls(state="open", head=f"{owner}:{branch}")
            of_branch = [each for each in found if each.head.ref == branch and _is_from(each, repository)]
            return sorted((_as_record(each, self._name) for each in of_branch), key=lambda each: each.number)

    @cached_property
    def _login(self) -> str:
        """Who the token's comments are by. `GET /user` answers people only; GraphQL answers apps as well."""
        try:
            _, user = self._requester.requestJsonAndCheck("GET", "/user")
            return str(user["login"])
        except RateLimitExceededException:
            raise
        except GithubException as error:
            if error.status != _FORBIDDEN:  # which it is to the tokens of apps, among them that of Actions
                raise
        try:
            _, answer = self._requester.graphql_query("query { viewer { login } }", {})
        except RateLimitExceededException:
            raise
        except GithubException:
            return _ACTIONS_BOT  # by far the most common of them
        login = str(answer["data"]["viewer"]["login"])
        return login if login.endswith(_BOT) else login + _BOT

    def own_comments(self, pull_request: int) -> Sequence[OwnComment]:
        """As `Forge` says, by the login that the token has, which of an app is its bot's."""
        with github_errors(f"list the comments of pull request #{pull_request}", _READ):
            own = self._login
            comments = self._repository.get_issue(pull_request).get_comments()
            return [OwnComment(each.id, each.html_url, each.body) for each in comments if _author(each) == own]

    def create_comment(self, pull_request: int, body: str) -> str:
        """As `Forge` says. Of GitHub a pull request's comment is one of the issue with its number."""
        with github_errors(f"comment on pull request #{pull_request}", _WRITE):
            return self._repository.get_issue(pull_request).create_comment(body).html_url

    def update_comment(self, pull_request: int, comment_id: int, body: str) -> str | None:
        """As `Forge` says: 404 and 410 tell of a comment that has been deleted."""
        with github_errors(f"update the comment on pull request #{pull_request}", _WRITE):
            comment = self._repository.get_issue(pull_request).get_comment(comment_id)
            try:
                comment.edit(body)
            except GithubException as error:
                if error.status in _GONE:
                    return None
                raise
            return comment.html_url

    def delete_comment(self, pull_request: int, comment_id: int) -> None:
        """As `Forge` says: 404 and 410 tell of a comment that is gone already."""
        with github_errors(f"remove a duplicate comment on pull request #{pull_request}", _WRITE):
            try:
                self._repository.get_issue(pull_request).get_comment(comment_id).delete()
            except GithubException as error:
                if error.status not in _GONE:
                    raise

    def own_checks(self, name: str, head_sha: str) -> Sequence[OwnCheck]:
        """As `Forge` says: check runs alone, since a commit status cannot be read back as one of ours."""
        return own_checks(self._repository, name, head_sha)

    def set_check(self, check: Check, place: int | None = None) -> PlacedCheck:
        """As `Forge` says: a check run or, where the token is a person's, a commit status."""
        return set_check(self._repository, check, place)

    def add_files(self, branch: str, files: Mapping[str, bytes], message: str) -> StoredFiles:
        """As `Forge` says. Raises `UsageError` for a branch that holds code."""
        if branch in self._code_branches:
            raise UsageError(
                f"reporter.yaml: images.branch is `{branch}`, a branch that holds code",
                hint="name a branch that holds nothing else, such as reporter-assets",
            )
        return BranchWriter(self._repository, branch).add_files(files, message)

    def file_url(self, commit: str, path: str) -> str:
        """As `Forge` says."""
        # Unlike raw.githubusercontent.com this address shows to signed-in readers of a private repository.
        return f"{self._server_url}/{self._name}/blob/{commit}/{quote(path)}?raw=true"


def _sendable(token: str) -> str:
    """The token as a header can hold it; it may have been pasted with the end of its line."""
    if re.fullmatch(r"[!-~]+", token.strip()):
        return token.strip()
    raise ForgeError(
        "the token holds characters that no token of GitHub has",
        hint="copy it anew, without blanks and line breaks, into the secret that GITHUB_TOKEN is read from",
    )


def _checked_name(repository: str) -> str:
    if re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
        return repository
    raise ForgeError(f"GITHUB_REPOSITORY is `{repository}`, which is no repository", hint="it is written as OWNER/NAME")


def _author(comment: IssueComment) -> str | None:
    return getattr(comment.user, "login", None)  # null once the account is deleted


def _is_from(pull_request: GithubPullRequest, repository: str | None) -> bool:
    name = (pull_request.head.raw_data["repo"] or {}).get("full_name", "")  # null once the fork is deleted
    return repository is not None and str(name).lower() == repository.lower()


def _as_record(found: GithubPullRequest, repository: str) -> PullRequest:
    return PullRequest(
        number=found.number,
        base_branch=found.base.ref,
        head_sha=found.head.sha,
        from_fork=not _is_from(found, repository),
        is_open=found.state == "open",
    )
