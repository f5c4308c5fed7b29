"""Which comment a report goes to: create, update, or leave alone. The same rules on every forge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reporter.errors import ForgeError
from reporter.forges.interface import Forge, OwnComment
from reporter.forges.marker import Marker, read_marker
from reporter.model.ci import PullRequest


@dataclass(frozen=True, slots=True)
class Create:
    """No comment of ours holds this report yet."""


@dataclass(frozen=True, slots=True)
class Update:
    comment: OwnComment
    duplicates: tuple[OwnComment, ...] = ()
    """Further comments of ours with the same key: a run was cut off between its writes."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The comment holds the report of a newer commit, which must stay."""

    comment: OwnComment
    head_sha: str


Placement: TypeAlias = Create | Update | Superseded


def place_comment(comments: Sequence[OwnComment], marker: Marker, pull_request: PullRequest) -> Placement:
    """Decide where a report goes, given all our comments on the pull request, oldest first."""
    marked = [(comment, found) for comment in comments if (found := read_marker(comment.body))]
    own = [(comment, found) for comment, found in marked if found.key == marker.key]
    if not own:
        return Create()
    comment, found = own[0]
    if _is_older(marker, found, pull_request.head_sha):
        return Superseded(comment, found.head_sha)
    return Update(comment, tuple(other for other, _ in own[1:]))


def _is_older(ours: Marker, theirs: Marker, current_head: str) -> bool:
    """A report of the pull request's current head always wins; between two outdated ones, that of the later run."""
    if ours.head_sha in (theirs.head_sha, current_head):
        return False
    return theirs.head_sha == current_head or theirs.run > ours.run


def write_comment(forge: Forge, pull_request: int, placement: Create | Update, body: str) -> str:
    """Write the comment and return its address. Raises `ForgeError` if the text exceeds the forge's limit."""
    limit = forge.limits.comment_characters
    if len(body) > limit:
        raise ForgeError(
            f"the comment has {len(body):,} characters; a comment holds {limit:,}",
            hint="exclude plots or metrics in reporter.yaml, or read the whole report in the bundle",
        )
    match placement:
        case Create():
            return forge.create_comment(pull_request, body)
        case Update(comment=comment):
            return forge.update_comment(pull_request, comment.id, body)
