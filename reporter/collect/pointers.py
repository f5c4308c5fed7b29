"""Git LFS: what git keeps of a large file is a pointer, which must not be taken for the file."""

from __future__ import annotations

from reporter.collect.problems import UnreadableError
from reporter.model.problem import ProblemKind

_POINTER = b"version https://git-lfs.github.com/spec/"
_LARGEST_POINTER = 1024
"""Bytes; https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md."""


def without_pointer(data: bytes) -> bytes:
    """`data`, the content of a file in git or the work tree. Raises UnreadableError for a pointer of Git LFS."""
    if len(data) < _LARGEST_POINTER and data.startswith(_POINTER):
        message = "is a pointer of Git LFS, whose content is not in this clone"
        raise UnreadableError(
            ProblemKind.MISSING, message, "run `git lfs fetch --all` and `git lfs pull` (actions/checkout: `lfs: true`)"
        )
    return data
