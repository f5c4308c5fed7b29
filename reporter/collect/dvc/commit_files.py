"""A commit as DVC's file system of git reads it.

Seen in DVC 3.60 to 3.67: what `scmrepo.fs.GitFileSystem` asks its trie for is `rev`, `open`, `exists`, `ls` and `info`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from reporter.collect.dvc.errors import unreadable_for_dvc
from reporter.collect.git.commit_tree import CommitTree
from reporter.collect.pointers import without_pointer
from reporter.collect.problems import UnreadableError


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


class CommitFiles:
    """A commit, for DVC's file system of git, which asks this for all that it reads (in place of `scmrepo.git.objects.GitTrie`).

    Keys are the parts of a path from the top of the repository.
    """

    def __init__(self, commit: CommitTree) -> None:
        self._commit = commit
        self.rev = commit.sha

    def open(self, key: tuple[str, ...], **_options: Any) -> BytesIO:
        """The content of a file. Raises an error of DVC's, naming the file, where git cannot give it."""
        path = "/".join(key)
        try:
            return BytesIO(without_pointer(self._commit.read(path)))
        except UnreadableError as error:
            raise unreadable_for_dvc(error, f"/{path}") from error

    def exists(self, key: tuple[str, ...]) -> bool:
        """Whether there is anything."""
        return self._commit.entry("/".join(key)) is not None

    def ls(self, key: tuple[str, ...]) -> list[str]:
        """What a folder lists directly."""
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
