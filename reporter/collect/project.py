"""The door to a project: opens the DVC project around a folder, resolves revisions and reads them."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reporter.collect.dvc.sparse_checkout import SETTINGS
from reporter.collect.files import RevisionFiles
from reporter.collect.git.baseline import find_baseline
from reporter.collect.git.commit_tree import CommitTree
from reporter.collect.git.repository import Git, find_git_root
from reporter.collect.git.revisions import named_revision, workspace_revision
from reporter.collect.moves import LostProjectError, folder_in
from reporter.collect.pointers import without_pointer
from reporter.collect.problems import UnreadableError
from reporter.collect.running import wait_for_writers
from reporter.collect.snapshots import ReadParams, Wanted, read_params, read_revision
from reporter.collect.tree import inside
from reporter.errors import ProjectError
from reporter.model.ci import CiContext
from reporter.model.history import PastRun
from reporter.model.revision import WORKSPACE, Policy, Revision
from reporter.model.snapshot import Snapshot

if TYPE_CHECKING:
    from reporter.collect.dvc.project import DvcProject
    from reporter.collect.dvc.revision import OpenRevision
    from reporter.collect.storage import Storage
    from reporter.collect.transfers import Patience

__all__ = ["Project", "Wanted", "open_project"]


_DVC_FILES = (".dvc", "dvc.yaml", "dvc.lock")
_WORK_TREE = Revision(WORKSPACE, "", WORKSPACE)


def _silent(_: str) -> None:
    """Progress that nobody asked for."""


def open_project(
    directory: Path, progress: Callable[[str], None] = _silent, patience: Patience | None = None
) -> Project:
    """The DVC project around `directory`. `progress` takes one line for each download; `patience` is that with a storage.

    Raises ProjectError where there is no git repository or no DVC project.
    """
    git_root = find_git_root(directory)
    git = Git(git_root)
    inside = directory.resolve()
    left_out = git.left_out()
    for folder in (inside, *inside.parents):
        if (folder / ".dvc").is_dir():
            return Project(folder, git, progress, patience)
        settings = posixpath.join(folder.relative_to(git_root).as_posix(), SETTINGS).removeprefix("./")
        if settings in left_out:
            raise ProjectError(f"{settings} is left out of this sparse checkout", git.takes_in([settings]))
        if folder == git_root:
            break
    raise _no_project(directory, git, left_out)


def _no_project(directory: Path, git: Git, left_out: frozenset[str]) -> ProjectError:
    found = [path for path in sorted(git.tracked(git.root)) if path.endswith(f"/{SETTINGS}")]
    below = [path.removesuffix(f"/{SETTINGS}") for path in found if path not in left_out]
    hint = "run `dvc init`, or change into the project's folder"
    if below:
        near = (os.path.relpath(git.root / path, directory) for path in below[:3])
        hint = f"change into {' or '.join(near)}"
    elif found:
        hint = f"{git.takes_in(found[:3])}; then change into the project's folder"
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
        self._objects = git.objects()
        self._commits: dict[str, CommitTree] = {}
        self._folders: dict[str, str | None] = {}
        self._folder = "" if root == git.root else root.relative_to(git.root).as_posix()

    @cached_property
    def _dvc(self) -> DvcProject:
        from reporter.collect.dvc.project import DvcProject

        return DvcProject(self.root, self._git)

    @cached_property
    def _storage(self) -> Storage:
        from reporter.collect.storage import Storage

        return Storage(self._dvc, self._progress, self._patience)

    @property
    def folder(self) -> str:
        """POSIX path of the project from the top of the repository; empty for the top."""
        return self._folder

    def telling(self, progress: Callable[[str], None]) -> Project:
        """The same project, its downloads told to somebody else."""
        return Project(self.root, self._git, progress, self._patience)

    def load(self) -> None:
        """Load DVC and open the project with it, which the first `snapshot` does otherwise."""
        _ = self._dvc

    def stray_configurations(self, name: str) -> tuple[str, ...]:
        """A sentence for each file of the work tree that looks like the configuration `name`, and is not read."""
        from reporter.collect.stray_configuration import stray_configurations

        return stray_configurations(self.root, self._git, name)

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
        if revision.is_workspace:
            wait_for_writers(self.root, self._progress)
        try:
            folder = self.folder_in(revision)
        except LostProjectError as lost:
            return Snapshot(revision, lost=f"{revision.label} {lost.message}")
        if folder is None:
            note = f"{revision.label} has no folder {self._folder}: everything in it is new."
            return Snapshot(revision, notes=(note,))
        with self._at(revision) as opened:
            read = read_revision(
                opened,
                self._storage,
                wanted,
                read_elsewhere=partial(self.read_tracked, _WORK_TREE),
                is_tracked=self._tracked() if revision.is_workspace else opened.tree.exists,
            )
        return read if folder == self._folder else self._moved(read, folder)

    def snapshots(self, candidates: Sequence[Revision], base: Revision | None, wanted: Wanted) -> Iterator[Snapshot]:
        """Read the candidates and then the baseline, each when it is asked for.

        What the candidates' plots are drawn from, and the params that they show, are read in the baseline too: a plot or a param that is
        new has a past all the same.
        """
        shown: list[Snapshot] = []
        for revision in candidates:
            shown.append(self.snapshot(revision, wanted))
            yield shown[-1]
        if base is not None:
            yield self.snapshot(base, wanted.beside(shown))

    def _moved(self, snapshot: Snapshot, folder: str) -> Snapshot:
        """What was read of a revision that has the project elsewhere, with a note of it."""
        then, now = folder or "the top of the repository", self._folder or "the top of the repository"
        note = f"{snapshot.revision.label} has this project in {then}, from where it was moved to {now}."
        origin = posixpath.relpath(f"/{folder}", f"/{self._folder}")
        return replace(snapshot, origin=origin, notes=(*snapshot.notes, note))

    def params(self, revision: Revision, names: Mapping[str, tuple[str, ...]]) -> ReadParams:
        """Params of the files in `names` (a file's dotted names; none: all) that the revision has, whether or not it tracks them, and
        what could not be read. Raises ProjectError where a DVC file is broken.
        """
        if self.folder_in(revision) is None:
            return {}, ()
        with self._at(revision) as opened:
            return read_params(opened, self._storage, names)

    def history(self, base: Revision, files: Sequence[str]) -> dict[str, tuple[PastRun, ...]]:
        """Earlier runs of metrics files on the way to `base`, by path, oldest first; `base`'s own is the last.

        Along the first parents of `base`, as far as this clone goes back; at most the newest 20.
        """
        return {path: self._runs(base, path) for path in files}

    def _runs(self, base: Revision, path: str) -> tuple[PastRun, ...]:
        from reporter.collect.history import runs_in_dvc, runs_in_git

        if runs := runs_in_git(self._git, self._objects, base, path, self._in_git(base, path)):
            return runs
        return runs_in_dvc(self._at, self._storage, self._git, base, path)

    def read_text(self, revision: Revision, path: str) -> str | None:
        """Text of a file of the revision, by its POSIX path from the project's root; None where there is none.

        A path or link that leads out of the repository is not followed: it may come from a stranger's pull request. Raises ProjectError
        for what is there and cannot be read as text: a folder, a link that leads nowhere or out of the repository, a damaged object,
        a file that a sparse checkout leaves out.
        """
        try:
            data = self._content(revision, path)
            return None if data is None else without_pointer(data).decode("utf-8")
        except UnreadableError as error:
            raise ProjectError(f"it cannot be read: it {error}", error.hint) from error
        except UnicodeDecodeError as error:
            raise ProjectError(f"it is not text in UTF-8 (byte {error.start:,})", f"mend {path}") from error
        except OSError as error:
            hint = "let it be a file of the repository, or a link to one"
            raise ProjectError(f"it cannot be read: {(error.strerror or '').lower()}", hint) from error

    def _content(self, revision: Revision, path: str) -> bytes | None:
        """Of a file, whoever keeps it; None only where nobody does. Raises OSError, UnreadableError, ProjectError."""
        try:
            return self._bytes(revision, path)
        except OSError:
            place = self._in_the_way(revision, path)
            if place == path:
                raise
        if place is not None:
            reason = f"{place} is a file, or a link that leads nowhere or out of the repository"
            raise NotADirectoryError(errno.ENOTDIR, reason)
        self._require(revision, path)
        return self._content_kept_by_dvc(revision, path)

    def _require(self, revision: Revision, path: str) -> None:
        """Raises ProjectError where a file that is not there is only left out of the work tree."""
        if revision.is_workspace and self._git.leaves_out(str(self.root / path)):
            mend = self._git.takes_in([self._in_git(revision, path)])
            raise ProjectError("it is left out of this sparse checkout", mend)

    def _content_kept_by_dvc(self, revision: Revision, path: str) -> bytes | None:
        """Of a file that git lacks: a .dvc file or a stage may stand for it, or for a folder around it."""
        if self.folder_in(revision) is None or not self._may_be_kept_by_dvc(revision, path):
            return None
        with self._at(revision) as opened:
            files = RevisionFiles(opened, opened.pipeline(forgiving=True), self._storage)
            try:
                return files.read_stored(path) if files.keeps(path) else None
            except UnreadableError as error:
                raise ProjectError(f"DVC keeps it, and it {error}", "let git keep it") from error

    def _may_be_kept_by_dvc(self, revision: Revision, path: str) -> bool:
        """Whether to ask DVC, which takes a second to load: whether any DVC file names the file or a folder around it."""
        if revision.is_workspace or not path.isascii():  # a name may be written in several ways then
            return True
        names = [name.encode() for name in PurePosixPath(path).parts]
        commit, below = self._commit(revision.sha), self._in_git(revision, "_")[:-1]
        defined = [each for each in commit.paths() if each.endswith(_DVC_FILES) and each.startswith(below)]
        defined = [each for each in defined if (entry := commit.entry(each)) is None or not entry.is_directory]
        commit.fetch(defined)
        try:
            return any(name in text for text in map(commit.read, defined) for name in names)
        except (OSError, UnreadableError):
            return True

    def read_tracked(self, revision: Revision, path: str) -> bytes | None:
        """Content of a file that git or the work tree has; None for any other. Follows nothing out of the repository."""
        try:
            return self._bytes(revision, path)
        except (OSError, UnreadableError):
            return None

    def read_files(self, revision: Revision, paths: Sequence[str]) -> dict[str, bytes]:
        """Content of files of the revision by path, whether git has them or DVC; those that it lacks are left out.

        Like `read_text`, it follows nothing out of the repository. Raises ProjectError where a DVC file is broken.
        """
        found = {path: self.read_tracked(revision, path) for path in paths}
        if any(data is None for data in found.values()):
            found |= self._read_kept_by_dvc(revision, [path for path, data in found.items() if data is None])
        return {path: data for path, data in found.items() if data is not None}

    def _read_kept_by_dvc(self, revision: Revision, paths: Sequence[str]) -> dict[str, bytes | None]:
        if self.folder_in(revision) is None:
            return {}
        with self._at(revision) as opened:
            files = RevisionFiles(opened, opened.pipeline(), self._storage)
            return {path: _stored(files, path) for path in paths}

    def _bytes(self, revision: Revision, path: str) -> bytes:
        """Raises OSError, UnreadableError."""
        if revision.is_workspace:
            return Path(inside(str(self.root / path), (str(self.git_root),))).read_bytes()
        return self._commit(revision.sha).read(self._in_git(revision, path))

    def _in_the_way(self, revision: Revision, path: str) -> str | None:
        """Why a path that cannot be read is not simply absent: the first of its folders that is none, or itself; None where it is."""
        if not revision.is_workspace:
            place = self._commit(revision.sha).in_the_way(self._in_git(revision, path))
            return None if place is None else posixpath.relpath(f"/{place}", f"/{self._in_git(revision, '')}")
        for folder in reversed(PurePosixPath(path).parents[:-1]):
            if not (self.root / folder).is_dir():
                return str(folder) if os.path.lexists(self.root / folder) else None
        return path if os.path.lexists(self.root / path) else None

    @contextmanager
    def _at(self, revision: Revision) -> Iterator[OpenRevision]:
        if revision.is_workspace:
            opening = self._dvc.at(revision, absent=self._git.absent_submodules(self.root))
        else:
            opening = self._dvc.at(revision, self._commit(revision.sha), self.folder_in(revision) or "")
        with opening as opened:
            yield opened

    def _commit(self, sha: str) -> CommitTree:
        if sha not in self._commits:
            self._commits[sha] = CommitTree(self._git, self._objects, sha)
        return self._commits[sha]

    def folder_in(self, revision: Revision) -> str | None:
        """Where the revision has the project: a POSIX path from the top of the repository; None where it has none.

        Raises LostProjectError where several projects are gone since and nothing tells which of them this one was.
        """
        if revision.is_workspace:
            return self._folder
        if revision.sha not in self._folders:
            self._folders[revision.sha] = folder_in(self._commit(revision.sha), self._git, self._folder)
        return self._folders[revision.sha]

    def _in_git(self, revision: Revision, path: str) -> str:
        """As a POSIX path from the top of the repository, as the revision has the project."""
        folder = self.folder_in(revision)
        return posixpath.normpath(posixpath.join(self._folder if folder is None else folder, path))

    def _tracked(self) -> Callable[[str], bool]:
        """Whether git tracks a path of the work tree, or anything below it."""
        in_project = _with_folders(self._git.tracked(self.root))
        everywhere: list[frozenset[str]] = []  # of a large repository that is much, and seldom asked for

        def is_tracked(path: str) -> bool:
            if not path.startswith("../"):
                return path in in_project
            if not everywhere:
                everywhere.append(_with_folders(self._git.tracked(self.git_root)))
            return self._in_git(_WORK_TREE, path) in everywhere[0]

        return is_tracked


def _with_folders(files: frozenset[str]) -> frozenset[str]:
    return files | {str(parent) for file in files for parent in PurePosixPath(file).parents}
