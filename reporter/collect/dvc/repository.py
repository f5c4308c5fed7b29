"""DVC's `Repo`, opened so that a report writes nothing and a broken `.dvcignore` stops nothing.

Seen in DVC 3.60 to 3.67: `Repo._ignore`, and `DvcIgnoreFilter._update_trie`, which reads one `.dvcignore`.
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Any

from reporter.collect.bugs import is_bug
from reporter.collect.dvc.errors import broken_project, unusable_git
from reporter.collect.dvc.versions import explain_import_error
from reporter.collect.pointers import holds_pointer, lfs_pointer
from reporter.collect.problems import UnreadableError


def open_repository(root: Path) -> Any:
    """DVC's `Repo` of the project, its configuration and git repository read. Raises ProjectError where DVC cannot open it."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        repo = _opened_without_writing(Repo, root)
        _ = repo.config
    except DvcException as error:
        raise broken_project(error, root) from error
    _require_git_of(repo)
    return repo


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
            try:
                return Ignored(self.fs, self.root_dir)
            except ImportError as error:  # DVC loads it here, not before
                if explained := explain_import_error(error):
                    raise explained from error
                raise

    return ReadOnlyRepo(str(root))


def _require_git_of(repo: Any) -> None:
    """Let DVC open the git repository. It reads git's configuration itself, and raises what its library happens to raise on it."""
    try:
        _ = repo.scm
    except Exception as error:
        if is_bug(error):
            raise
        raise unusable_git(error) from error
