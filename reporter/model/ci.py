"""The run of a continuous integration service, as its environment and event describe it. Holds no token."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class PullRequest:
    number: int
    base_branch: str
    head_sha: str
    """The commit that was pushed, never the merge commit."""
    from_fork: bool = False


@dataclass(frozen=True, slots=True)
class CiContext:
    forge: str
    """`github`, `gitlab`, …"""
    api_url: str
    server_url: str
    repository: str
    """`owner/name`."""
    event: str
    """`push`, `pull_request`, `workflow_run`, …"""
    head_sha: str
    """The commit that the report is about: of a pull request its head, never the merge commit."""
    branch: str | None
    """The branch that was pushed, or the pull request's own."""
    default_branch: str | None
    pull_request: PullRequest | None
    """None where the event names none; a forge may still find one by `head_sha`."""
    previous_sha: str | None = None
    """Of a push: the commit the branch pointed to before; None for a new branch."""
    run_url: str | None = None
    summary_path: str | None = None
    """The file that takes the job summary."""
    output_path: str | None = None
    """The file that takes the step's outputs."""
    pull_request_number: int | None = None
    """The pull request that the event names, even where it says no more of it (a comment on it)."""
    head_repository: str | None = None
    """`owner/name` the head was pushed to; another one than `repository` for a fork."""
    run: int = 0
    """Grows from run to run of a repository; 0 where it is not known."""
    read_only_token: bool = False
    """The service hands out a token that cannot write: a fork's pull request, or one of Dependabot."""

    def located(self, pull_request: PullRequest) -> CiContext:
        """The run with its pull request. An event that names one but not its head is about the head it has now."""
        nameless = self.pull_request is None and self.pull_request_number is not None
        return replace(
            self,
            pull_request=pull_request,
            pull_request_number=pull_request.number,
            head_sha=pull_request.head_sha if nameless else self.head_sha,
        )


@dataclass(frozen=True, slots=True)
class ForgeLimits:
    """Limits of a platform, in characters or bytes as each one states."""

    comment_characters: int
    summary_bytes: int
    check_characters: int
