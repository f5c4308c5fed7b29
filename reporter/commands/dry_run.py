"""`reporter post --dry-run`: the same way as a post, to its end, with every write replaced by saying it.

What the token at hand may read is read, so that a missing pull request or an invalid token shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reporter.bundle import Bundle
from reporter.bundle.folder import REPORT_HTML
from reporter.commands.attempts import Say
from reporter.commands.post import Connect, OpenStore, post
from reporter.commands.task import Task
from reporter.forges.interface import Check, Forge, OwnCheck, OwnComment, PlacedCheck, StoredFiles
from reporter.forges.registry import least_comment
from reporter.model.ci import CiContext, ForgeLimits, PullRequest
from reporter.publish.store import ImageStore, Published
from reporter.render.markdown.document import render_markdown

Show = Callable[[str], None]
"""Takes each text that a comment would be given: a result, for standard output."""


def rehearse(
    bundle: Bundle,
    folder: Path,
    task: Task | None,
    connect: Connect,
    open_store: OpenStore,
    say: Say,
    show: Show,
) -> None:
    """Say what a post would do, line by line, and show the comment it would write. Sends and writes nothing.

    Without a task, outside CI, nothing is looked up either.
    """

    def tell(line: str) -> None:
        say(f"[dry run] {line}")

    if task is None:
        tell("Outside CI there is no pull request; a comment would say:")
        names = {name: name for name in bundle.images}
        show(render_markdown(bundle.report, names, limit=least_comment(), whole=REPORT_HTML))
        return
    context = task.context
    quiet = replace(context, summary_path=None, output_path=None)
    post(
        bundle,
        folder,
        quiet,
        task.comment,
        lambda: _Rehearsal(connect(), show),
        lambda forge: _UnusedStore(open_store(forge)),
        tell,
    )
    for path, what in ((context.summary_path, "Job summary"), (context.output_path, "Outputs")):
        if path:
            tell(f"{what}: appended to {path}")


@dataclass
class _Rehearsal:
    """A forge that reads like the real one and writes nothing, but keeps in mind what it would have written."""

    forge: Forge
    show: Show
    _bodies: dict[int, str] = field(default_factory=dict)
    _deleted: set[int] = field(default_factory=set)

    @property
    def limits(self) -> ForgeLimits:
        return self.forge.limits

    def find_pull_requests(self, context: CiContext) -> Sequence[PullRequest]:
        return self.forge.find_pull_requests(context)

    def own_comments(self, pull_request: int) -> Sequence[OwnComment]:
        present = [each for each in self.forge.own_comments(pull_request) if each.id not in self._deleted]
        return [replace(each, body=self._bodies.get(each.id, each.body)) for each in present]

    def create_comment(self, pull_request: int, body: str) -> str:
        self.show(body)
        return f"a new one on pull request #{pull_request}, {len(body):,} characters"

    def update_comment(self, pull_request: int, comment_id: int, body: str) -> str:
        self.show(body)
        self._bodies[comment_id] = body
        return f"comment {comment_id} on pull request #{pull_request}, {len(body):,} characters"

    def delete_comment(self, pull_request: int, comment_id: int) -> None:  # noqa: ARG002  the interface's parameter
        self._deleted.add(comment_id)

    def own_checks(self, name: str, head_sha: str) -> Sequence[OwnCheck]:
        return self.forge.own_checks(name, head_sha)

    def set_check(self, check: Check, place: int | None = None) -> PlacedCheck:  # noqa: ARG002
        return PlacedCheck("check run, or commit status if the token is no app's")

    def add_files(self, branch: str, files: Mapping[str, bytes], message: str) -> StoredFiles:  # noqa: ARG002
        return StoredFiles(commit=branch, sent=0)

    def file_url(self, commit: str, path: str) -> str:
        return self.forge.file_url(commit, path)


@dataclass(frozen=True, slots=True)
class _UnusedStore:
    """A store that only says where pictures would go; the shown comment names them as the bundle does."""

    store: ImageStore

    @property
    def place(self) -> str:
        return self.store.place

    def publish(self, images: Mapping[str, bytes]) -> Published:
        return Published({name: name for name in images}, f"those of {len(images)} that {self.place} has not got yet")
