"""One project as DVC has it, at the workspace and at any commit.

Contract tests hold the result against `dvc … --json`. Seen in DVC 3.60 to 3.67: `Repo._reset`, and what `Repo.switch` sets and puts back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reporter.collect.dvc.commit_files import CommitFiles
from reporter.collect.dvc.remotes import (
    RemoteAddress,
    RemoteObjects,
    remote_objects,
    shorten_timeouts,
    with_current_remotes,
)
from reporter.collect.dvc.repository import open_repository
from reporter.collect.dvc.revision import OpenRevision
from reporter.collect.git.commit_tree import CommitTree
from reporter.collect.git.repository import Git
from reporter.collect.pipeline import StoredObject
from reporter.collect.redaction import without_folders, without_secrets
from reporter.collect.tree import Tree
from reporter.model.revision import Revision

_LEGACY_ALGORITHM = "md5-dos2unix"
_SILENCE = logging.NullHandler()


class DvcProject:
    """One open DVC repository, read at the workspace and at any commit."""

    def __init__(self, root: Path, git: Git) -> None:
        """Raises ProjectError where DVC cannot open the project (a broken `.dvc/config`, for instance)."""
        self._git = git
        self._place = root.as_posix()
        for package in ("dvc", "dvc_data", "dvc_objects", "scmrepo"):
            logging.getLogger(package).addHandler(_SILENCE)  # what matters is in the snapshot's problems
        self._repo = open_repository(root)
        self._config = self._repo.config
        shorten_timeouts(self._config)

    @property
    def cache_folder(self) -> Path:
        """DVC's local cache."""
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
            try:
                yield OpenRevision(self._repo, self._git, revision, tree, absent=absent)
            finally:
                self._repo.state.close()  # opened again when it is needed
            return
        with self._switched(commit, folder):
            self._repo.__dict__["config"] = with_current_remotes(self._repo, self._config)
            tree = Tree(self._repo.fs, self._repo.root_dir, place=self._place)
            yield OpenRevision(self._repo, self._git, revision, tree, commit)

    @contextmanager
    def _switched(self, commit: CommitTree, folder: str) -> Iterator[None]:
        """As `Repo.switch`, with our own view of the commit and wherever in it the project lies."""
        from dvc.fs import GitFileSystem

        repo = self._repo
        saved = repo.fs, repo.root_dir, repo.dvc_dir
        fs = GitFileSystem(trie=CommitFiles(commit), rev=commit.sha)
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

    def cached(self, content: StoredObject) -> Path:
        """Where the cache keeps an object, whether it is there or not."""
        return Path(self._cache(content.algorithm).oid_to_path(content.hash))

    def add_to_cache(self, content: StoredObject, downloaded: Path) -> None:
        """Keep a downloaded file as the object."""
        from dvc_objects.fs.local import localfs

        self._cache(content.algorithm).add(str(downloaded), localfs, content.hash)

    def remote(self, name: str | None, algorithm: str) -> RemoteObjects:
        """See `remote_objects`."""
        return remote_objects(self._repo, name, algorithm)

    def _cache(self, algorithm: str) -> Any:
        return self._repo.cache.legacy if algorithm == _LEGACY_ALGORITHM else self._repo.cache.local
