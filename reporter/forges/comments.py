"""Which comment a report goes to, and how there comes to be only one. The same rules on every forge.

Runs that write at the same moment see each other's comments only after they have written, and a request that failed may
have done its work. So whoever has written a new comment, or sees several, looks again: the one with the newest report
stays, the others are removed. All runs decide alike, whoever comes first, and none writes over another's report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from reporter.errors import ForgeError, PermissionMissingError
from reporter.forges.interface import Forge, OwnComment
from reporter.forges.marker import Marker, read_marker, without_marker
from reporter.model.ci import PullRequest

Compose = Callable[[str], str]
"""Makes the text below the marker, given the text of the comment so far (empty for a new one)."""

_LOOKS = 8
"""How often the comments are looked at before it is said that others write at the same time without an end."""


@dataclass(frozen=True, slots=True)
class Create:
    """No comment of ours holds this report yet."""


@dataclass(frozen=True, slots=True)
class Update:
    """A comment of ours with this key is there to take the report."""

    comment: OwnComment
    duplicates: tuple[OwnComment, ...] = ()
    """Further comments of ours with the same key: two runs, or a repeated request, have each made one."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The comment holds the report of a newer commit, or of a later run of the same one, which must stay."""

    comment: OwnComment
    marker: Marker
    """Of the comment."""
    duplicates: tuple[OwnComment, ...] = ()


Placement: TypeAlias = Create | Update | Superseded


@dataclass(frozen=True, slots=True)
class Written:
    """The report has its comment."""

    url: str
    created: bool
    removed: int = 0
    """How many duplicates are gone."""


def place_comment(comments: Sequence[OwnComment], marker: Marker, pull_request: PullRequest) -> Placement:
    """Decide where a report goes, given all our comments on the pull request, oldest first."""
    marked = [(comment, found) for comment in comments if (found := read_marker(comment.body))]
    own = [(comment, found) for comment, found in marked if found.key == marker.key]
    if not own:
        return Create()
    current = pull_request.head_sha
    kept, theirs = max(own, key=lambda each: (each[1].head_sha == current, each[1].run, each[1].attempt))
    duplicates = tuple(comment for comment, _ in own if comment is not kept)
    if _is_older(marker, theirs, current):
        return Superseded(kept, theirs, duplicates)
    return Update(kept, duplicates)


def _is_older(ours: Marker, theirs: Marker, current_head: str) -> bool:
    """Of one commit, the later run's report wins. One of the pull request's current head always does; between two
    outdated commits, that of the later run.
    """
    if ours.head_sha == theirs.head_sha:
        return ours.is_overtaken_by(theirs)
    if ours.head_sha == current_head:
        return False
    return theirs.head_sha == current_head or theirs.run > ours.run


def write_comment(forge: Forge, pull_request: PullRequest, marker: Marker, compose: Compose) -> Written | Superseded:
    """Write the comment of `marker`, with the text that `compose` makes below its line, and leave but one of them.

    Raises `ForgeError` if the text exceeds the forge's limit.
    """
    writer = _Writer(forge, pull_request, marker, compose)
    for _ in range(_LOOKS):
        if (outcome := writer.step()) is not None:
            return outcome
    raise ForgeError(
        f"cannot leave one comment on pull request #{pull_request.number}: others write and remove it all the time",
        hint="run the job again; reports that are made at the same time need a key each (comment.key in reporter.yaml)",
    )


@dataclass
class _Writer:
    forge: Forge
    pull_request: PullRequest
    marker: Marker
    compose: Compose
    created: str | None = None
    """Address of the comment that this writer has made."""
    gone: set[int] = field(default_factory=set)
    """Comments that no longer exist, though the forge's list may name them for some seconds more."""
    removed: int = 0

    def step(self) -> Written | Superseded | None:
        """Look once and do what is to be done; None where another look must tell whether it is all done."""
        placement = self._look()
        match placement:
            case Create():
                return self._create()
            case Update(comment=comment, duplicates=duplicates):
                if not self._update(comment) or self._remove(duplicates):
                    return None
                return Written(comment.url, comment.url == self.created, self.removed)
            case Superseded(duplicates=duplicates):
                return None if self._remove(duplicates) else placement
            case _:
                assert_never(placement)

    def _look(self) -> Placement:
        listed = self.forge.own_comments(self.pull_request.number)
        comments = [comment for comment in listed if comment.id not in self.gone]
        return place_comment(comments, self.marker, self.pull_request)

    def _create(self) -> Written | None:
        if self.created:  # the list does not name it yet
            return Written(self.created, created=True, removed=self.removed)
        number, text = self.pull_request.number, self._text("")
        try:
            self.created = self.forge.create_comment(number, text)
        except PermissionMissingError:
            raise
        except ForgeError:
            self._tidy()
            raise
        return None

    def _tidy(self) -> None:
        """Leave one of the comments that a request has made each time it was tried, though none of the tries said so."""
        with suppress(ForgeError):  # there is a better one to raise
            placement = self._look()
            if not isinstance(placement, Create):
                self._remove(placement.duplicates)

    def _update(self, comment: OwnComment) -> bool:
        """Give the comment its text; False where it has been deleted meanwhile."""
        text = self._text(without_marker(comment.body))
        if _same(comment.body, text):
            return True
        if self.forge.update_comment(self.pull_request.number, comment.id, text) is None:
            self.gone.add(comment.id)
            return False
        return True

    def _remove(self, duplicates: Sequence[OwnComment]) -> bool:
        """Remove them; False where there are none."""
        for duplicate in duplicates:
            self.forge.delete_comment(self.pull_request.number, duplicate.id)
            self.gone.add(duplicate.id)
        self.removed += len(duplicates)
        return bool(duplicates)

    def _text(self, previous: str) -> str:
        body, limit = self.marker.line() + self.compose(previous), self.forge.limits.comment_characters
        if len(body) > limit:
            raise ForgeError(
                f"the comment has {len(body):,} characters; a comment holds {limit:,}",
                hint="exclude plots or metrics in reporter.yaml, or read the whole report in the bundle",
            )
        return body


def _same(one: str, other: str) -> bool:
    """Whether two texts of a comment show the same; a browser writes line breaks of its own."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
