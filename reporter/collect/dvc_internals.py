"""Everything this project takes from inside DVC, whose range pyproject.toml pins for this module's sake.

DVC's objects stay here: they are translated into the records of `reporter.collect.pipeline`. Contract tests hold the
result against `dvc … --json`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from reporter.collect.dvc_errors import broken_file, broken_project
from reporter.collect.dvc_stages import pipeline_of
from reporter.collect.pipeline import Content, Pipeline
from reporter.collect.redaction import without_secrets
from reporter.collect.tree import Tree
from reporter.collect.yaml_memo import remembering
from reporter.errors import ProjectError
from reporter.model.revision import Revision

_LEGACY_ALGORITHM = "md5-dos2unix"
_CONNECT_SECONDS = 5
_AWS_ATTEMPTS = "AWS_MAX_ATTEMPTS"
_READ_SECONDS = 30
_CLIENTS_TRIES = {"s3": 5, "gs": 6}
"""Of s3fs and gcsfs; each resumes where it was."""
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
class RemoteObjects:
    """The objects of one remote storage that were hashed with one algorithm."""

    name: str
    address: str
    """Without credentials."""
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

    def __init__(self, root: Path) -> None:
        """Raises ProjectError where DVC cannot open the project (a broken `.dvc/config`, for instance)."""
        from dvc.exceptions import DvcException
        from dvc.repo import Repo

        for package in ("dvc", "dvc_data", "dvc_objects", "scmrepo"):
            logging.getLogger(package).addHandler(logging.NullHandler())  # what matters is in the snapshot's problems
        try:
            self._repo = _opened_without_writing(Repo, root)
            self._config = self._repo.config
        except DvcException as error:
            raise broken_project(error) from error
        _shorten_timeouts(self._config)

    @property
    def cache_folder(self) -> Path:
        return Path(self._repo.cache.local_cache_dir)

    @contextmanager
    def at(self, revision: Revision) -> Iterator[OpenRevision]:
        """The project as `revision` has it. Nothing is checked out; remotes are always the current ones."""
        if revision.is_workspace:
            self._repo._reset()  # noqa: SLF001  the work tree may have changed since it was last read
            self._repo.__dict__["config"] = self._config
            yield OpenRevision(self._repo, revision)
            return
        with self._repo.switch(revision.sha):
            self._repo.__dict__["config"] = _with_current_remotes(self._repo, self._config)
            yield OpenRevision(self._repo, revision)

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
        address = self._repo.config["remote"].get(remote.name, {}).get("url", "")
        tries = _CLIENTS_TRIES.get(remote.fs.protocol, 1)
        return RemoteObjects(remote.name, without_secrets(str(address)), versioned, None if versioned else store, tries)

    def _cache(self, algorithm: str) -> Any:
        return self._repo.cache.legacy if algorithm == _LEGACY_ALGORITHM else self._repo.cache.local

    def close(self) -> None:
        self._repo.close()


class OpenRevision:
    """The project at one revision; valid only inside `DvcProject.at`."""

    def __init__(self, repo: Any, revision: Revision) -> None:
        self._repo = repo
        self.revision = revision
        caches = (repo.cache.local_cache_dir, repo.cache.local.path)
        self.tree = Tree(repo.fs, repo.root_dir, (repo.scm.root_dir, *caches) if revision.is_workspace else ())

    def pipeline(self) -> Pipeline:
        """All that the revision's DVC files define. Raises ProjectError naming the file that is broken."""
        from dvc.repo.index import Index

        def stop(path: str, error: Exception) -> None:
            raise broken_file(error, self.tree.relative(path), self.revision.label) from error

        try:
            with remembering():
                return pipeline_of(Index.from_repo(self._repo, onerror=stop), self.tree)
        except ProjectError:
            raise
        except Exception as error:  # DVC meets a value it cannot use with whatever its code happens to raise
            raise broken_file(error, None, self.revision.label) from error

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

    def read_through_dvc(self, path: str) -> bytes:
        """Content of an output that no plain object store holds; raises whatever the storage's client raises."""
        data: bytes = self._repo.dvcfs.fs.cat_file(f"/{path}")
        return data


def _opened_without_writing(repo_class: Any, root: Path) -> Any:
    """Open the project without what DVC adds to an older project's `.dvc/.gitignore`: a report changes no tracked file."""
    read_only = type("ReadOnlyRepo", (repo_class,), {"_ignore": lambda _: None})
    return read_only(str(root))


def digest_of(data: bytes, algorithm: str) -> str:
    """The hash that DVC gives to a file with this content."""
    from dvc_data.hashfile.hash import fobj_md5

    return str(fobj_md5(BytesIO(data), name=algorithm))


def _with_current_remotes(repo: Any, current: Any) -> Any:
    """The revision's configuration with today's remotes and cache: a remote renamed since must not lose a baseline."""
    from dvc.config import ConfigError

    try:
        config = repo.config
    except ConfigError:
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
