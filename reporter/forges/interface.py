"""What a forge must be able to do for a report to be posted there. One file per provider implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reporter.model.ci import CiContext, ForgeLimits, PullRequest


class Conclusion(StrEnum):
    """How a check stands."""

    RUNNING = "running"
    SUCCESS = "success"
    NEUTRAL = "neutral"
    """Neither blocks nor approves: a warning, or a verdict that is not known."""
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """A mark on a commit."""

    name: str
    """`reporter (default)`: equal names on one commit replace each other."""
    head_sha: str
    """The commit that was pushed: on a merge commit nobody sees the check."""
    conclusion: Conclusion
    title: str
    """One line."""
    summary: str
    """Markdown; the caller keeps it within the forge's limit."""
    url: str | None = None
    """Where to read more: the comment, or the log of the run."""


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """A check that reporter has set."""

    id: int
    check: Check


@dataclass(frozen=True, slots=True)
class PlacedCheck:
    """How a check was set."""

    kind: str
    """What the forge calls it: `check run`, `commit status`."""
    note: str = ""
    """What a reader of the log should know, for example that the token allows no better kind."""


@dataclass(frozen=True, slots=True)
class OwnComment:
    """A comment on a pull request, written by the owner of the token."""

    id: int
    url: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """What a branch holds after files were added to it."""

    commit: str
    """The commit that holds them all."""
    sent: int
    """Files that were uploaded; the others were there before."""


class Forge(Protocol):
    """A repository on a forge, seen with the rights of one token.

    Each method raises `PermissionMissingError` when the token may not do it, and `ForgeError` when it cannot be done.
    """

    @property
    def limits(self) -> ForgeLimits:
        """How much a comment, a job summary and a check hold."""
        ...

    def find_pull_requests(self, context: CiContext) -> Sequence[PullRequest]:
        """The pull requests that the run is about, each with the head it has now, by their numbers.

        Those that the context names; else the open ones of its branch, in the repository that it was pushed to and in no
        other. Raises `ForgeError` if the context names one that the forge has not got.
        """
        ...

    def own_comments(self, pull_request: int) -> Sequence[OwnComment]:
        """Every comment on the pull request whose author is the token's owner, oldest first."""
        ...

    def create_comment(self, pull_request: int, body: str) -> str:
        """Write a new comment and return its address."""
        ...

    def update_comment(self, pull_request: int, comment_id: int, body: str) -> str | None:
        """Replace the text of one of `own_comments` and return its address; None where it has been deleted."""
        ...

    def delete_comment(self, pull_request: int, comment_id: int) -> None:
        """Delete one of `own_comments`; one that is gone already is no error."""
        ...

    def own_checks(self, name: str, head_sha: str) -> Sequence[OwnCheck]:
        """The checks of this name that reporter has set on the commit, oldest first; a reader sees the last one.

        Empty where the token cannot read them, or sets checks of a kind that cannot be read back.
        """
        ...

    def set_check(self, check: Check, place: int | None = None) -> PlacedCheck:
        """Set the check: in the place of the one of `own_checks` that has this id, else as a new one."""
        ...

    def add_files(self, branch: str, files: Mapping[str, bytes], message: str) -> StoredFiles:
        """Add files (POSIX path → content) to a branch in one commit; the branch is made, without parents, if need be.

        Paths that the branch has already are not sent again. Safe against others who write to the branch meanwhile.
        """
        ...

    def file_url(self, commit: str, path: str) -> str:
        """The address of a stored file that a comment can embed, in a private repository as well."""
        ...
