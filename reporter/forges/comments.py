"""Which comment a report goes to, and how there comes to be only one. The same rules on every forge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from reporter.errors import ForgeError
from reporter.forges.interface import Forge, OwnComment
from reporter.forges.marker import Marker, read_marker, without_marker
from reporter.model.ci import PullRequest

Compose = Callable[[str], str]
"""Makes the text below the marker, given the text of the comment so far (empty for a new one)."""


@dataclass(frozen=True, slots=True)
class Create:
    """No comment of ours holds this report yet."""


@dataclass(frozen=True, slots=True)
class Update:
    comment: OwnComment
    duplicates: tuple[OwnComment, ...] = ()
    """Further comments of ours with the same key: two runs, or a repeated request, have each made one."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The comment holds the report of a newer commit, which must stay."""

    comment: OwnComment
    head_sha: str
    duplicates: tuple[OwnComment, ...] = ()


Placement: TypeAlias = Create | Update | Superseded


@dataclass(frozen=True, slots=True)
class Written:
    url: str
    created: bool
    folded: tuple[str, ...] = ()
    """Addresses of duplicates whose text now only points to the comment."""


def place_comment(comments: Sequence[OwnComment], marker: Marker, pull_request: PullRequest) -> Placement:
    """Decide where a report goes, given all our comments on the pull request, oldest first."""
    marked = [(comment, found) for comment in comments if (found := read_marker(comment.body))]
    own = [(comment, found) for comment, found in marked if found.key == marker.key]
    if not own:
        return Create()
    (comment, found), duplicates = own[0], tuple(other for other, _ in own[1:])
    if _is_older(marker, found, pull_request.head_sha):
        return Superseded(comment, found.head_sha, duplicates)
    return Update(comment, duplicates)


def _is_older(ours: Marker, theirs: Marker, current_head: str) -> bool:
    """A report of the pull request's current head always wins; between two outdated ones, that of the later run."""
    if ours.head_sha in (theirs.head_sha, current_head):
        return False
    return theirs.head_sha == current_head or theirs.run > ours.run


def write_comment(forge: Forge, pull_request: PullRequest, marker: Marker, compose: Compose) -> Written | Superseded:
    """Write the comment of `marker`, with the text that `compose` makes below its line, and leave but one of them.

    Raises `ForgeError` if the text exceeds the forge's limit.
    """
    number, created = pull_request.number, None
    placement = place_comment(forge.own_comments(number), marker, pull_request)
    if isinstance(placement, Create):
        created = forge.create_comment(number, _text(forge, marker, compose("")))
        # Another run may have found no comment at the same moment, and a request that failed may have done its work.
        placement = place_comment(forge.own_comments(number), marker, pull_request)
    match placement:
        case Create():
            return Written(created or "", created=True)
        case Superseded(comment=newer, duplicates=duplicates):
            _fold(forge, number, duplicates, newer.url)
            return placement
        case Update(comment=comment, duplicates=duplicates):
            if comment.url != created:
                body = _text(forge, marker, compose(without_marker(comment.body)))
                forge.update_comment(number, comment.id, body)
            folded = _fold(forge, number, duplicates, comment.url)
            return Written(comment.url, comment.url == created, folded)
        case _:
            assert_never(placement)


def _text(forge: Forge, marker: Marker, text: str) -> str:
    body, limit = marker.line() + text, forge.limits.comment_characters
    if len(body) > limit:
        raise ForgeError(
            f"the comment has {len(body):,} characters; a comment holds {limit:,}",
            hint="exclude plots or metrics in reporter.yaml, or read the whole report in the bundle",
        )
    return body


def _fold(forge: Forge, pull_request: int, duplicates: Sequence[OwnComment], url: str) -> tuple[str, ...]:
    """Let each duplicate point to the one comment; without a marker it is none any more."""
    return tuple(
        forge.update_comment(pull_request, duplicate.id, f"This report is kept up to date in [one comment]({url}).\n")
        for duplicate in duplicates
    )
