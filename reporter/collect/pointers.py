"""Git LFS: what git keeps of a large file is a pointer, which must not be taken for the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from reporter.collect.problems import UnreadableError
from reporter.model.problem import ProblemKind

_POINTER = b"version https://git-lfs.github.com/spec/"
LARGEST_POINTER = 1024
"""Bytes; https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md."""


_OBJECT = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


def is_pointer(data: bytes) -> bool:
    """Whether this is what git keeps of a file of Git LFS."""
    return len(data) < LARGEST_POINTER and data.startswith(_POINTER)


def holds_pointer(file: Path) -> bool:
    """Whether a file on disk is a pointer; its content is not read where its size says no."""
    try:
        return file.stat().st_size < LARGEST_POINTER and is_pointer(file.read_bytes())
    except OSError:
        return False


def local_content(data: bytes, objects: Callable[[], Path]) -> bytes:
    """What a pointer stands for, where the folder that `objects` names has it; `data` itself where not, or if it is none."""
    named = _OBJECT.search(data) if is_pointer(data) else None
    if named is None:
        return data
    digest = named[1].decode()
    try:
        return (objects() / digest[:2] / digest[2:4] / digest).read_bytes()
    except FileNotFoundError:
        return data


def without_pointer(data: bytes) -> bytes:
    """`data`, the content of a file in git or the work tree. Raises UnreadableError for a pointer of Git LFS."""
    if is_pointer(data):
        raise lfs_pointer()
    return data


def lfs_pointer() -> UnreadableError:
    """That content of Git LFS is not here."""
    return UnreadableError(
        ProblemKind.MISSING,
        "is a pointer of Git LFS, whose content is not in this clone",
        "run `git lfs fetch --all` and `git lfs pull`, with Git LFS installed (actions/checkout: `lfs: true`)",
    )
