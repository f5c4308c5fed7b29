"""The door to a project: opens the DVC project around a folder, resolves revisions and reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reporter.collect.baseline import find_baseline
from reporter.collect.files import RevisionFiles
from reporter.collect.git import Git, find_git_root
from reporter.collect.problems import UnreadableError
from reporter.collect.revisions import named_revision, workspace_revision
from reporter.collect.snapshots import Unparsed, Wanted, parse_tables, read_revision
from reporter.errors import ProjectError
from reporter.model.ci import CiContext
from reporter.model.history import PastRun
from reporter.model.revision import WORKSPACE, Policy, Revision
from reporter.model.snapshot import Snapshot

if TYPE_CHECKING:
    from reporter.collect.dvc_internals import DvcProject
    from reporter.collect.storage import Storage
    from reporter.collect.transfers import Patience

__all__ = ["Project", "Wanted", "open_project"]


def _silent(_: str) -> None:
    """Progress that nobody asked for."""


def open_project(
    directory: Path, progress: Callable[[str], None] = _silent, patience: Patience | None = None
) -> Project:
    """The DVC project around `directory`. `progress` takes one line for each download; `patience` is that with a storage.

    Raises ProjectError where there is no git repository or no DVC project.
    """
    git_root = find_git_root(directory)
    inside = directory.resolve()
    for folder in (inside, *inside.parents):
        if (folder / ".dvc").is_dir():
            return Project(folder, Git(git_root), progress, patience)
        if folder == git_root:
            break
    raise _no_project(directory, Git(git_root))


def _no_project(directory: Path, git: Git) -> ProjectError:
    below = [
        path.removesuffix("/.dvc/config") for path in sorted(git.tracked(git.root)) if path.endswith("/.dvc/config")
    ]
    hint = f"change into {' or '.join(below[:3])}" if below else "run `dvc init`, or change into the project's folder"
    return ProjectError(f"{directory} is not inside a DVC project", hint)


def _stored(files: RevisionFiles, path: str) -> bytes | None:
    try:
        return None if files.is_directory(path) else files.read_stored(path)
    except UnreadableError:
        return None


class Project:
    """One DVC project. DVC is imported when the first snapshot is taken."""

    def __init__(self, root: Path, git: Git, progress: Callable[[str], None], patience: Patience | None = None) -> None:
        self.root = root
        """The folder that holds `.dvc`."""
        self.git_root = git.root
        self._git = git
        self._progress = progress
        self._patience = patience

    @cached_property
    def _dvc(self) -> DvcProject:
        from reporter.collect.dvc_internals import DvcProject

        return DvcProject(self.root)

    @cached_property
    def _storage(self) -> Storage:
        from reporter.collect.storage import Storage

        return Storage(self._dvc, self._progress, self._patience)

    def telling(self, progress: Callable[[str], None]) -> Project:
        """The same project, its downloads told to somebody else."""
        return Project(self.root, self._git, progress, self._patience)

    def load(self) -> None:
        """Load DVC and open the project with it, which the first `read` does otherwise."""
        _ = self._dvc

    @property
    def cache_folder(self) -> Path:
        """DVC's local cache."""
        return self._dvc.cache_folder

    def resolve_head(self, head: str | None) -> Revision:
        """The candidate; None and `workspace` are the work tree. Raises ProjectError for an unknown name."""
        return workspace_revision(self._git) if head in {None, WORKSPACE} else named_revision(self._git, head or "")

    def resolve_base(
        self, base: str | None, head: Revision, policy: Policy, ci: CiContext | None, default: str | None
    ) -> Revision | None:
        """What `head` is compared with; None on the first commit. `default` is reporter.yaml's `base`.

        Raises ProjectError for an unknown name, and where a shallow clone lacks the history.
        """
        return find_baseline(self._git, base, head, policy=policy, ci=ci, default=default)

    def snapshot(self, revision: Revision, wanted: Wanted) -> Snapshot:
        """Read a revision once, whole; empty, with a note, where it does not have the project's folder yet.

        Raises ProjectError where one of its DVC files is broken.
        """
        return parse_tables(self.read(revision, wanted))

    def snapshots(self, revisions: Sequence[Revision], wanted: Wanted) -> Iterator[Snapshot]:
        """Read several revisions, each when it is asked for.

        What the first one's plots are drawn from is read in the others too: a plot that is new has a past all the same.
        """
        read = self.read(revisions[0], wanted)
        yield parse_tables(read)
        for revision in revisions[1:]:
            yield self.snapshot(revision, wanted.with_plots_of(read))

    def read(self, revision: Revision, wanted: Wanted) -> Unparsed:
        """The part of `snapshot` that needs DVC."""
        if not self._is_in(revision):
            note = f"{revision.label} has no folder {self._in_git('')}: everything in it is new."
            return Unparsed(Snapshot(revision, notes=(note,)), tables={}, predictions={})
        with self._dvc.at(revision) as opened:
            return read_revision(
                opened,
                self._storage,
                wanted,
                read_elsewhere=self._read_workspace,
                is_tracked=self._tracked() if revision.is_workspace else opened.tree.exists,
            )

    def history(self, base: Revision, files: Sequence[str]) -> dict[str, tuple[PastRun, ...]]:
        """Earlier runs of metrics files on the way to `base`, by path, oldest first; `base`'s own is the last.

        Along the first parents of `base`, as far as this clone goes back; at most the newest 20.
        """
        return {path: self._runs(base, path) for path in files}

    def _runs(self, base: Revision, path: str) -> tuple[PastRun, ...]:
        from reporter.collect.history import runs_in_dvc, runs_in_git

        if runs := runs_in_git(self._git, base, path, self._in_git(path)):
            return runs
        return runs_in_dvc(self._dvc.at, self._storage, self._git, base, path)

    def read_text(self, revision: Revision, path: str) -> str | None:
        """Text of a file of the revision, by its POSIX path from the project's root; None where there is none.

        A path or link that leads out of the repository is not followed: it may come from a stranger's pull request.
        """
        data = self._read_tracked(revision, path)
        return None if data is None else data.decode("utf-8", "replace")

    def read_files(self, revision: Revision, paths: Sequence[str]) -> dict[str, bytes]:
        """Content of files of the revision by path, whether git has them or DVC; those that it lacks are left out.

        Like `read_text`, it follows nothing out of the repository. Raises ProjectError where a DVC file is broken.
        """
        found = {path: self._read_tracked(revision, path) for path in paths}
        if any(data is None for data in found.values()):
            found |= self._read_kept_by_dvc(revision, [path for path, data in found.items() if data is None])
        return {path: data for path, data in found.items() if data is not None}

    def _read_tracked(self, revision: Revision, path: str) -> bytes | None:
        if revision.is_workspace:
            return self._read_workspace(path)
        return self._git.blob(revision.sha, self._in_git(path))

    def _read_kept_by_dvc(self, revision: Revision, paths: Sequence[str]) -> dict[str, bytes | None]:
        if not self._is_in(revision):
            return {}
        with self._dvc.at(revision) as opened:
            files = RevisionFiles(opened, opened.pipeline(), self._storage)
            return {path: _stored(files, path) for path in paths}

    def _read_workspace(self, path: str) -> bytes | None:
        full = (self.root / path).resolve()
        if not full.is_relative_to(self.git_root) or not full.is_file():
            return None
        return full.read_bytes()

    def _is_in(self, revision: Revision) -> bool:
        """Whether the revision has the project's folder: one below the repository's top may be younger than the commit."""
        at_top = self.root == self.git_root
        return (
            revision.is_workspace
            or at_top
            or self._git.read("cat-file", "-t", f"{revision.sha}:{self._in_git('')}") == "tree"
        )

    def _in_git(self, path: str) -> str:
        return str(PurePosixPath(self.root.relative_to(self.git_root).as_posix(), path))

    def _tracked(self) -> Callable[[str], bool]:
        """Whether git tracks a path of the work tree, or anything below it."""
        files = self._git.tracked(self.root)
        folders = {str(parent) for file in files for parent in PurePosixPath(file).parents}
        return lambda path: path in files or path in folders
