"""The files of one revision that git or the work tree holds: the same view of a folder on disk and of a commit."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any


class Tree:
    """Files below the DVC project's root. All paths are POSIX paths from it."""

    def __init__(self, fs: Any, root: str) -> None:
        """`fs` is one of DVC's file systems (local or git), `root` the project's folder in it."""
        self._fs = fs
        self._root = root.rstrip("/")

    def absolute(self, path: str) -> str:
        return posixpath.normpath(f"{self._root}/{path}")

    def relative(self, path: str) -> str:
        """`path` of the file system as a path from the root; one outside of it stays as it is."""
        full = self._fs.abspath(path)
        if full == self._root:
            return "."
        return (full.removeprefix(f"{self._root}/") or ".") if full.startswith(f"{self._root}/") else path

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(self.absolute(path)))

    def is_directory(self, path: str) -> bool:
        return bool(self._fs.isdir(self.absolute(path)))

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError, IsADirectoryError, PermissionError."""
        with self._fs.open(self.absolute(path), mode="rb") as file:
            data: bytes = file.read()
        return data

    def files(self, path: str) -> Iterator[str]:
        """Files below the directory `path`, hidden ones left out."""
        for found in sorted(self._fs.find(self.absolute(path))):
            relative = found.removeprefix(f"{self._root}/")
            if not any(part.startswith(".") for part in relative.removeprefix(path).split("/")):
                yield relative
