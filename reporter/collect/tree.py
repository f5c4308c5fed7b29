"""The files of one revision that git or the work tree holds: the same view of a folder on disk and of a commit."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reporter.collect.pointers import holds_pointer
from reporter.collect.redaction import NO_FOLDERS, without_folders


def inside(path: str, folders: Sequence[str]) -> str:
    """`path` on disk with every link followed. Raises PermissionError where that is in none of the real `folders`.

    The values read are shown to others: a stranger's pull request must not choose them on this machine.
    """
    full = os.path.realpath(path)
    if not any(full == folder or full.startswith(f"{folder}{os.sep}") for folder in folders):
        raise PermissionError(errno.EACCES, "it leads out of the repository", path)
    return full


def overlaps(path: str, place: str) -> bool:
    """Whether one of two POSIX paths is the other, or lies below it."""
    return path == place or path.startswith(f"{place}/") or place.startswith(f"{path}/")


def joined(folder: str, path: str) -> str:
    """A path that a file in `folder` names, from where `folder` is named; what has no place there stays as it is."""
    return path if path.startswith(NO_FOLDERS) else posixpath.normpath(posixpath.join(folder, path))


class Tree:
    """Files of the repository, those above the DVC project's root too. All paths are POSIX paths from that root."""

    def __init__(self, fs: Any, root: str, top: str = "/", caches: tuple[str, ...] = (), place: str = "") -> None:
        """`fs` is one of DVC's file systems (local or git), `root` the project's folder in it, `top` that of the repository.

        `place` is the project's folder on disk, where that is another one than `root`.

        On disk no path and no link is followed out of `top` and the `caches` when a file is read; a commit has no outside.
        """
        self._fs = fs
        self._root = root.rstrip("/")
        self._top = top.rstrip("/")
        self._place = place or self._root
        self._within = tuple(map(os.path.realpath, (top, *caches))) if self._top else ()

    @property
    def top(self) -> str:
        """The top of the repository in the file system."""
        return self._top or "/"

    def absolute(self, path: str) -> str:
        """`path` from the root as the file system calls it, without following links."""
        return posixpath.normpath(f"{self._root}/{path}")

    def named(self, path: str) -> str:
        """A path as a DVC file names it: an absolute one into this work tree from the root, any other absolute one by its name alone."""
        if not posixpath.isabs(path):
            return path
        within = posixpath.relpath(path, self._place)
        return without_folders(path) if self.leads_out(within) else within

    def relative(self, path: str) -> str:
        """`path` of the file system as a path from the root; one outside of the repository stays as it is."""
        full = str(self._fs.abspath(path))
        return posixpath.relpath(full, self._root or "/") if self.has_place_for(full) else path

    def has_place_for(self, path: str) -> bool:
        """Whether a path of the file system is inside the repository."""
        return f"{self._fs.abspath(path)}/".startswith(f"{self._top}/")

    def leads_out(self, path: str) -> bool:
        """Whether a path from the root, without following links, is none of the repository."""
        if "://" in path or path.startswith(("/", NO_FOLDERS)):
            return True
        inner = posixpath.relpath(self._root or "/", self.top)
        return f"{posixpath.normpath(posixpath.join(inner, path))}/".startswith("../")

    def exists(self, path: str) -> bool:
        """Whether there is something to read; a link that leads nowhere is not there."""
        if self.leads_out(path):
            return False
        full = self.absolute(path)
        return Path(full).exists() if self._within else bool(self._fs.exists(full))

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory, or a link that leads to one."""
        return bool(self._fs.isdir(self.absolute(path)))

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError, IsADirectoryError, PermissionError (also for what leads out of the repository), OSError, and
        UnreadableError for what git cannot give.
        """
        full = self.absolute(path)
        with self._fs.open(inside(full, self._within) if self._within else full, mode="rb") as file:
            data: bytes = file.read()
        return data

    def holds_pointer(self, path: str) -> bool:
        """Whether a file on disk is a pointer of Git LFS; its content is not read where its size says no."""
        return holds_pointer(Path(self.absolute(path)))

    def files(self, path: str) -> Iterator[str]:
        """Files below the directory `path`, hidden ones left out."""
        for found in sorted(self._fs.find(self.absolute(path))):
            relative = posixpath.relpath(found, self._root or "/")
            if not any(part.startswith(".") for part in relative.removeprefix(path).split("/")):
                yield relative
