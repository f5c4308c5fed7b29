"""The run of a continuous integration service, as its environment and event describe it. Holds no token."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request, which GitLab calls a merge request, as the forge has it now or the event had it then."""

    number: int
    base_branch: str
    head_sha: str
    """The commit that was pushed, never the merge commit."""
    from_fork: bool = False
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class CiContext:
    """What a job runs for, and where it may write."""

    forge: str
    """`github`, `gitlab`, …"""
    api_url: str
    server_url: str
    repository: str
    """`owner/name`."""
    event: str
    """`push`, `pull_request`, `workflow_run`, …"""
    head_sha: str
    """The commit that the report is about: of a pull request its head, never the merge commit. Nothing is posted on
    another one."""
    branch: str | None
    """The branch that was pushed, or the pull request's own."""
    default_branch: str | None
    pull_request: PullRequest | None
    """The one whose target is the baseline. None where the event names none; a forge may still find it by the branch."""
    previous_sha: str | None = None
    """Of a push: the commit the branch pointed to before; None for a new branch."""
    run_url: str | None = None
    summary_path: str | None = None
    """The file that takes the job summary."""
    output_path: str | None = None
    """The file that takes the step's outputs."""
    pull_request_number: int | None = None
    """The pull request that the event names, even where it says no more of it (a comment on it)."""
    further_pull_requests: tuple[int, ...] = ()
    """Others that get the same report, since it is compared with the same baseline."""
    head_repository: str | None = None
    """`owner/name` the head was pushed to; another one than `repository` for a fork. None: not known, a deleted fork."""
    run: int = 0
    """Grows from run to run of a repository; 0 where it is not known."""
    attempt: int = 1
    """Grows where a run is repeated."""
    how_to_check_out: str = ""
    """What a job of this event must do so that `head_sha` is what is checked out."""
    read_only_token: bool = False
    """The service hands out a token that cannot write: a fork's pull request, or one of Dependabot."""

    @property
    def names_no_head(self) -> bool:
        """Whether the event names a pull request but not its head, so that `head_sha` is not known to be it."""
        return self.pull_request is None and self.pull_request_number is not None

    @property
    def is_of_fork(self) -> bool:
        """Whether somebody without rights in this repository may have written what is reported on."""
        if self.pull_request is not None:
            return self.pull_request.from_fork
        return self.head_repository is None or self.head_repository.lower() != self.repository.lower()

    @property
    def named_pull_requests(self) -> tuple[int, ...]:
        """The numbers of those that the report is for; none where the forge must be asked."""
        number = self.pull_request_number or (self.pull_request and self.pull_request.number)
        return (number, *self.further_pull_requests) if number else ()

    def located(self, pull_request: PullRequest, *further: PullRequest) -> CiContext:
        """The run with its pull requests. An event that names one but not its head is about the head it has now."""
        return replace(
            self,
            pull_request=pull_request,
            pull_request_number=pull_request.number,
            further_pull_requests=tuple(each.number for each in further),
            head_sha=pull_request.head_sha if self.names_no_head else self.head_sha,
        )

    def for_pull_request(self, number: int) -> CiContext:
        """The run as if its event named this pull request."""
        return replace(self, pull_request=None, pull_request_number=number, further_pull_requests=())


@dataclass(frozen=True, slots=True)
class Checkout:
    """What is checked out where the job runs."""

    sha: str
    """HEAD."""
    parents: tuple[str, ...] = ()
    """Of HEAD: the second one of a merge is what was merged."""


@dataclass(frozen=True, slots=True)
class ForgeLimits:
    """Limits of a platform, in characters or bytes as each one states."""

    comment_characters: int
    summary_bytes: int
    check_characters: int
