"""Everything this project takes from inside DVC, whose range pyproject.toml pins for this module's sake.

DVC's objects stay here: they are translated into the records of `reporter.collect.pipeline`. Contract tests hold the
result against `dvc … --json`.
"""

from __future__ import annotations

import logging
import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from reporter.collect.commit_tree import CommitTree, absent_submodule, unlike_submodule
from reporter.collect.dvc_errors import (
    BrokenFile,
    broken_file,
    broken_project,
    unreadable_for_dvc,
    unusable_git,
    values_file,
)
from reporter.collect.dvc_stages import pipeline_of
from reporter.collect.git import Git
from reporter.collect.ignored_files import LOCK_FILES, only_ignored_differ
from reporter.collect.pipeline import Content, Pipeline
from reporter.collect.pointers import holds_pointer, lfs_pointer, without_pointer
from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import without_folders, without_secrets
from reporter.collect.refused_files import with_refused
from reporter.collect.sparse_checkout import is_definition, require_definitions
from reporter.collect.tree import Tree, overlaps
from reporter.collect.yaml_memo import remembering
from reporter.errors import ProjectError
from reporter.model.problem import ProblemKind
from reporter.model.revision import Revision

_LEGACY_ALGORITHM = "md5-dos2unix"
_CONNECT_SECONDS = 5
_AWS_ATTEMPTS = "AWS_MAX_ATTEMPTS"
_READ_SECONDS = 30
_CLIENTS_TRIES = {"s3": 5, "gs": 6}
"""Of s3fs and gcsfs; each resumes where it was."""
_LARGEST_TEXT = 50_000_000
"""Bytes that are read once more to see whether they differ in line ends alone."""
_REMOTES_WITH_TIMEOUTS = ("http://", "https://", "s3://")


@dataclass(frozen=True, slots=True)
class Measured:
    """A file or directory as it lies in a tree, hashed as DVC hashes it."""

    hash: str | None
    size: int | None
    nfiles: int | None
    files: dict[str, str] | None
    """Of a directory: relative POSIX path → hash."""


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """A remote storage as a reader knows it."""

    name: str
    address: str
    """Without credentials and without folders of this machine; empty for one that is not configured."""


@dataclass(frozen=True, slots=True)
class RemoteObjects:
    """The objects of one remote storage that were hashed with one algorithm."""

    versioned: bool
    """Cloud versioning: the remote holds files under their own names, not objects under their hashes."""
    _store: Any
    tries: int = 1
    """How often its client itself asks for an object before it says that it failed."""

    def download(self, digest: str, target: Path, callback: Any) -> None:
        """Write the object to `target`, telling fsspec's `callback` of its bytes; raises whatever the storage's client raises."""
        if self.versioned:
            raise FileNotFoundError(digest)
        with _few_attempts():
            self._store.fs.fs  # noqa: B018  connects the client
        self._store.fs.get_file(self._store.oid_to_path(digest), str(target), callback=callback)


class DvcProject:
    """One open DVC repository, read at the workspace and at any commit."""

    def __init__(self, root: Path, git: Git) -> None:
        """Raises ProjectError where DVC cannot open the project (a broken `.dvc/config`, for instance)."""
        from dvc.exceptions import DvcException
        from dvc.repo import Repo

        self._git = git
        self._place = root.as_posix()
        for package in ("dvc", "dvc_data", "dvc_objects", "scmrepo"):
            logging.getLogger(package).addHandler(logging.NullHandler())  # what matters is in the snapshot's problems
        try:
            self._repo = _opened_without_writing(Repo, root)
            self._config = self._repo.config
        except DvcException as error:
            raise broken_project(error, root) from error
        _require_git_of(self._repo)
        _shorten_timeouts(self._config)

    @property
    def cache_folder(self) -> Path:
        return Path(self._repo.cache.local_cache_dir)

    @contextmanager
    def at(
        self,
        revision: Revision,
        commit: CommitTree | None = None,
        folder: str = "",
        absent: Mapping[str, str] = MappingProxyType({}),
    ) -> Iterator[OpenRevision]:
        """The project as `revision` has it. Nothing is checked out; remotes are always the current ones.

        `commit` holds the files of a revision that is not the workspace, and `folder` is where it has the project: the POSIX path from
        the top of the repository. `absent` are submodules that the workspace lacks, with the commits pinned.
        """
        if commit is None:
            self._repo._reset()  # noqa: SLF001  the work tree may have changed since it was last read
            self._repo.__dict__["config"] = self._config
            caches = (self._repo.cache.local_cache_dir, self._repo.cache.local.path)
            tree = Tree(self._repo.fs, self._repo.root_dir, str(self._git.root), caches)
            yield OpenRevision(self._repo, self._git, revision, tree, absent=absent)
            return
        with self._switched(commit, folder):
            self._repo.__dict__["config"] = _with_current_remotes(self._repo, self._config)
            tree = Tree(self._repo.fs, self._repo.root_dir, place=self._place)
            yield OpenRevision(self._repo, self._git, revision, tree, commit)

    @contextmanager
    def _switched(self, commit: CommitTree, folder: str) -> Iterator[None]:
        """As `Repo.switch`, with our own view of the commit and wherever in it the project lies."""
        from dvc.fs import GitFileSystem

        repo = self._repo
        saved = repo.fs, repo.root_dir, repo.dvc_dir
        fs = GitFileSystem(trie=_CommitFiles(commit), rev=commit.sha)
        repo.fs, repo.root_dir = fs, f"/{folder}"
        repo.dvc_dir = fs.join(repo.root_dir, repo.DVC_DIR)
        fs.chdir(repo.root_dir)
        repo._reset()  # noqa: SLF001
        try:
            yield
        finally:
            repo.fs, repo.root_dir, repo.dvc_dir = saved
            repo._reset()  # noqa: SLF001

    @property
    def remotes(self) -> tuple[str, ...]:
        """Names of all remotes that are configured."""
        return tuple(self._config["remote"])

    def remote_address(self, name: str | None) -> RemoteAddress | None:
        """Of the remote called `name`, or of the default one; None where no remote is the default one."""
        wanted = name or self._config["core"].get("remote")
        if not wanted:
            return None
        url = self._config["remote"].get(wanted.lower(), {}).get("url", "")
        return RemoteAddress(wanted, without_folders(without_secrets(str(url))))

    def cached(self, content: Content) -> Path:
        """Where the cache keeps an object, whether it is there or not."""
        return Path(self._cache(content.algorithm).oid_to_path(content.hash))

    def add_to_cache(self, content: Content, downloaded: Path) -> None:
        from dvc_objects.fs.local import localfs

        self._cache(content.algorithm).add(str(downloaded), localfs, content.hash)

    def remote(self, name: str | None, algorithm: str) -> RemoteObjects:
        """The remote called `name`, or the default one, not yet connected; raises DVC's own error where there is none."""
        remote = self._repo.cloud.get_remote(name)
        versioned = bool(remote.fs.version_aware or remote.worktree)
        store = remote.legacy_odb if algorithm == _LEGACY_ALGORITHM else remote.odb
        tries = _CLIENTS_TRIES.get(remote.fs.protocol, 1)
        return RemoteObjects(versioned, None if versioned else store, tries)

    def _cache(self, algorithm: str) -> Any:
        return self._repo.cache.legacy if algorithm == _LEGACY_ALGORITHM else self._repo.cache.local

    def close(self) -> None:
        self._repo.close()


class OpenRevision:
    """The project at one revision; valid only inside `DvcProject.at`."""

    def __init__(
        self,
        repo: Any,
        git: Git,
        revision: Revision,
        tree: Tree,
        commit: CommitTree | None = None,
        absent: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._repo = repo
        self._git = git
        self._absent = absent
        self._commit = commit
        self.revision = revision
        self.tree = tree

    def gap(self, path: str) -> UnreadableError | None:
        """Why not all that lies at `path` can be known; None where it can."""
        if self._commit is not None:
            return self._commit.gap(self._in_commit(path))
        absent = next((place for place in self._absent if overlaps(path, place)), None)
        return absent_submodule(absent, self._absent[absent]) if absent else None

    def left_out(self, path: str) -> UnreadableError | None:
        """That a sparse checkout leaves out the file, or something below the folder."""
        if not self.revision.is_workspace or not self._git.leaves_out(self.tree.absolute(path)):
            return None
        mend = self._git.takes_in([self._in_git(path)])
        return UnreadableError(ProblemKind.MISSING, "is left out of this sparse checkout", mend)

    def absence(self, path: str, *, is_output: bool = False) -> UnreadableError | None:
        """Why git has nothing at `path` in this revision, where that says no more than that git was told so.

        `is_output`: a stage writes it, and is told that DVC does not keep it.
        """
        if left_out := self.left_out(path):
            return left_out
        if not self._git.ignores(self._in_git(path)):
            return None
        where = "the work tree" if self.revision.is_workspace else "the commit"
        mend = (
            "let DVC keep it (take `cache: false` out of dvc.yaml), or git (take it out of .gitignore)"
            if is_output
            else "name it under `outs` of the stage that writes it; if none does, let git keep it, "
            "or take it out of dvc.yaml if it is a secret"
        )
        return UnreadableError(ProblemKind.MISSING, f"is not in {where}, and git ignores it", mend, edits=True)

    def submodule_at_another_commit(self, path: str) -> UnreadableError | None:
        """That the work tree has another commit of a submodule than git pins: a pull does not bring it along."""
        place = next((place for place in self._git.moved_submodules() if overlaps(self._in_git(path), place)), None)
        return None if place is None else unlike_submodule(posixpath.relpath(place, self._in_git(".")))

    def had(self, path: str, recorded: str) -> bool:
        """Whether git had something at `path` when its hash came into dvc.lock."""
        written = self._git.brought_by(recorded, self.revision.sha, LOCK_FILES)
        return written is not None and self._git.read("cat-file", "-e", f"{written}:{self._in_git(path)}") is not None

    def is_kept_by_unread_file(self, path: str) -> bool:
        """Whether a .dvc file of this name, or of a folder around it, is here: it was refused, or cannot be read, and is said so."""
        folders = (path, *map(str, PurePosixPath(path).parents[:-1]))
        return any(self.tree.exists(f"{folder}.dvc") for folder in folders)

    def only_ignored_differ(
        self, path: str, recorded: str, count: int | None, files: Collection[str]
    ) -> UnreadableError | None:
        """See `ignored_files.only_ignored_differ`; of a folder by its path from the project's root."""
        is_above = path == ".." or path.startswith("../")
        found = frozenset(files)
        return only_ignored_differ(
            self._git, self.revision, self._in_git(path), recorded, count, found, is_above=is_above
        )

    def fetch(self, paths: Iterable[str]) -> None:
        """Bring to a partial clone, in one go, those of these files and folders that git has."""
        if self._commit is not None:
            self._commit.fetch(self._in_commit(path) for path in paths)

    def _in_commit(self, path: str) -> str:
        return self.tree.absolute(path).lstrip("/")

    def _in_git(self, path: str) -> str:
        return posixpath.relpath(self.tree.absolute(path), self.tree.top)

    def pipeline(self, *, forgiving: bool = False) -> Pipeline:
        """All that the revision's DVC files define. Raises ProjectError naming the file that is broken.

        `forgiving`: of a file that DVC refuses, what can be told without it is kept, and why it refuses is in `Pipeline.refused`.
        """
        from dvc.repo.index import Index

        refused: dict[str, BrokenFile] = {}

        def stop(path: str, error: Exception) -> None:
            broken = self._without_values(error, path) or broken_file(error, path, self.revision, self.tree)
            if not forgiving:
                raise broken.error() from error
            refused[self.tree.relative(path)] = broken

        if self._commit is not None:
            self._commit.fetch(path for path in self._commit.paths() if is_definition(path))
        else:
            require_definitions(self._git, self.tree, self._repo.dvcignore.is_ignored_file)

        def stop_at_unread_patterns() -> None:
            for path, error in self._repo.dvcignore.unread.items():
                stop(path, error)

        stop_at_unread_patterns()
        try:
            with remembering():
                index = Index.from_repo(self._repo, onerror=stop)
            stop_at_unread_patterns()  # of folders, which DVC has only now walked
        except ProjectError:
            raise
        except Exception as error:  # DVC meets a value it cannot use with whatever its code happens to raise
            raise broken_file(error, None, self.revision, self.tree).error() from error
        pipeline = pipeline_of(index, self.tree)
        return with_refused(pipeline, refused, self.tree) if refused else pipeline

    def _without_values(self, error: Exception, definition: str) -> BrokenFile | None:
        """Of an error in the templates of a dvc.yaml: the file of values that is not here, and is then to blame in its place."""
        found = values_file(error, definition)
        path = self.tree.relative(found) if found else ""
        why = self._why_not_here(path) if path else None
        if why is None:
            return None
        reason = f"{why.message}, although {self.tree.relative(definition)} needs it"
        return BrokenFile(path, reason, None, self.revision.label, why.hint, is_unread=True)

    def _why_not_here(self, path: str) -> UnreadableError | None:
        """Why DVC cannot read a file of values; None where that is not known. It reads them before any stage has run."""
        if self.revision.is_workspace and self.tree.holds_pointer(path):
            return lfs_pointer()
        if gap := self.gap(path):
            return gap
        absence = None if self.tree.exists(path) else self.absence(path)
        if absence is None or self.left_out(path):
            return absence
        keep = f"let git keep it: `git add --force {path}`, and commit"
        if self.revision.is_workspace:
            return UnreadableError(absence.kind, absence.message, f"write it anew, and {keep}")
        return UnreadableError(absence.kind, absence.message, f"{keep}; then compare commits that have it")

    def measure(self, path: str, algorithm: str) -> Measured:
        """Hash a file or directory of the tree as DVC does; what its state database knows is not read again."""
        from dvc_data.hashfile.build import build
        from dvc_data.hashfile.tree import Tree as HashTree

        repo = self._repo
        _, meta, found = build(
            repo.cache.local, self.tree.absolute(path), repo.fs, algorithm, dry_run=True, ignore=repo.dvcignore
        )
        files = (
            dict(sorted(("/".join(key), info.value) for key, _, info in found)) if isinstance(found, HashTree) else None
        )
        return Measured(found.hash_info.value, meta.size, meta.nfiles, files)

    def measure_line_ends(self, path: str, algorithm: str, found: Measured) -> frozenset[str]:
        """The hashes that DVC would give to the same text with the line ends of Unix, and with those of Windows."""
        return frozenset(
            digest
            for convert in (_with_unix_ends, _with_windows_ends)
            if (digest := self._converted(path, algorithm, found, convert)) is not None
        )

    def _converted(self, path: str, algorithm: str, found: Measured, convert: Callable[[bytes], bytes]) -> str | None:
        from dvc_data.hashfile.hash_info import HashInfo
        from dvc_data.hashfile.meta import Meta
        from dvc_data.hashfile.tree import Tree as HashTree

        def digest(file: str) -> str:
            return digest_of(convert(self.tree.read(file)), algorithm)

        if found.files is None:
            return digest(path)
        if (found.size or 0) > _LARGEST_TEXT:
            return None
        listing: Any = HashTree()  # type: ignore[no-untyped-call]
        for name in found.files:
            listing.add(tuple(name.split("/")), Meta(), HashInfo(algorithm, digest(posixpath.join(path, name))))
        listing.digest(name=algorithm)
        return str(listing.hash_info.value)

    def read_through_dvc(self, path: str) -> bytes:
        """Content of an output that no plain object store holds; raises whatever the storage's client raises."""
        with suppress(FileNotFoundError):
            data: bytes = self._repo.dvcfs.fs.cat_file(f"/{path}")
            return data
        raise self._why_not_imported(path)  # after that error, which would else be taken for the cause

    def _why_not_imported(self, path: str) -> Exception:
        """Why the source of an import cannot be read, of which DVC says no more than that there is no such file here."""
        full = self.tree.absolute(path)
        output = next(out for out in self._repo.index.outs if f"{full}/".startswith(f"{out.fs_path}/"))
        dependency = output.stage.deps[0]
        try:
            commit = dependency._make_fs().repo.get_rev()  # noqa: SLF001  clones it
        except Exception as error:  # noqa: BLE001  whatever a clone can meet is the answer
            return error
        return LookupError(f"there is no {dependency.def_path} in its commit {commit[:7]}")


class _Facts(dict[str, Any]):
    """Of a file, with its size, for which its content must be read: found when it is asked for, which is seldom."""

    def __init__(self, known: Mapping[str, Any], size: Callable[[], int]) -> None:
        super().__init__(known)
        self._size = size

    def __missing__(self, key: str) -> Any:
        if key != "size":
            raise KeyError(key)
        self["size"] = self._size()
        return self["size"]

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key == "size" else super().get(key, default)


class _CommitFiles:
    """A commit, for DVC's file system of git, which asks this for all that it reads (in place of `scmrepo.git.objects.GitTrie`).

    Keys are the parts of a path from the top of the repository.
    """

    def __init__(self, commit: CommitTree) -> None:
        self._commit = commit
        self.rev = commit.sha

    def open(self, key: tuple[str, ...], **_options: Any) -> BytesIO:
        path = "/".join(key)
        try:
            return BytesIO(without_pointer(self._commit.read(path)))
        except UnreadableError as error:
            raise unreadable_for_dvc(error, f"/{path}") from error

    def exists(self, key: tuple[str, ...]) -> bool:
        return self._commit.entry("/".join(key)) is not None

    def ls(self, key: tuple[str, ...]) -> list[str]:
        return list(self._commit.names("/".join(key)))

    def info(self, key: tuple[str, ...]) -> dict[str, Any]:
        """Raises KeyError where there is nothing; the file system tells by it."""
        path = "/".join(key)
        entry = self._commit.entry(path)
        if entry is None:
            raise KeyError(key)
        kind = "directory" if entry.is_directory else "file"
        facts = {"type": kind, "sha": entry.oid, "mode": entry.mode}
        return _Facts(facts, lambda: len(self._commit.read(path)))


def _opened_without_writing(repo_class: Any, root: Path) -> Any:
    """Open the project without what DVC adds to an older project's `.dvc/.gitignore`: a report changes no tracked file.

    A `.dvcignore` that cannot be read doesn't stop it: `repo.dvcignore.unread` has each with its error.
    """
    from dvc.ignore import DvcIgnore, DvcIgnoreFilter

    class Ignored(DvcIgnoreFilter):  # type: ignore[misc,unused-ignore]
        unread: dict[str, Exception]

        def __init__(self, fs: Any, root_dir: str) -> None:
            self.unread = {}
            super().__init__(fs, root_dir)

        def _update_trie(self, dirname: str, trie: Any) -> None:
            path = self.fs.join(dirname, DvcIgnore.DVCIGNORE_FILE)
            try:
                if self.fs.protocol == "local" and holds_pointer(Path(path)):
                    raise lfs_pointer()
                super()._update_trie(dirname, trie)
            except (ValueError, re.error, UnreadableError) as error:
                self.unread[path] = error

    class ReadOnlyRepo(repo_class):  # type: ignore[misc]
        def _ignore(self) -> None:
            """Add nothing."""

        @cached_property
        def dvcignore(self) -> Ignored:
            return Ignored(self.fs, self.root_dir)

    return ReadOnlyRepo(str(root))


def _require_git_of(repo: Any) -> None:
    """Let DVC open the git repository. It reads git's configuration itself, and raises what its library happens to raise on it."""
    try:
        _ = repo.scm
    except Exception as error:
        raise unusable_git(error) from error


def _with_unix_ends(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")


def _with_windows_ends(data: bytes) -> bytes:
    """Text only: what holds a NUL is none, to git as well."""
    return data if b"\0" in data else _with_unix_ends(data).replace(b"\n", b"\r\n")


def digest_of(data: bytes, algorithm: str) -> str:
    """The hash that DVC gives to a file with this content."""
    from dvc_data.hashfile.hash import fobj_md5

    return str(fobj_md5(BytesIO(data), name=algorithm))


def _with_current_remotes(repo: Any, current: Any) -> Any:
    """The revision's configuration with today's remotes and cache: a remote renamed since must not lose a baseline."""
    from dvc.config import ConfigError

    try:
        config = repo.config
    except (ConfigError, UnreadableError):
        return current
    config["remote"] = {**config["remote"], **current["remote"]}
    config["cache"] = current["cache"]
    if name := current["core"].get("remote"):
        config["core"]["remote"] = name
    _shorten_timeouts(config)
    return config


@contextmanager
def _few_attempts() -> Iterator[None]:
    """AWS's client asks an endpoint that is not there for some ten seconds, and only its environment can stop it."""
    if _AWS_ATTEMPTS in os.environ:
        yield
        return
    os.environ[_AWS_ATTEMPTS] = "3"
    try:
        yield
    finally:
        os.environ.pop(_AWS_ATTEMPTS, None)  # of several threads, each with the same


def _shorten_timeouts(config: Any) -> None:
    """A storage that does not answer must not hold a report up for minutes; a team's own timeouts stand."""
    for remote in config["remote"].values():
        if str(remote.get("url", "")).startswith(_REMOTES_WITH_TIMEOUTS):
            remote.setdefault("connect_timeout", _CONNECT_SECONDS)
            remote.setdefault("read_timeout", _READ_SECONDS)
