"""Hashes as DVC makes them, and those of the same text with other line ends.

Seen in DVC 3.60 to 3.67 (dvc-data 3.16 to 3.18): `build` with `dry_run`, `fobj_md5`, `Tree.add` and `Tree.digest`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reporter.collect.tree import Tree

_LARGEST_TEXT = 50_000_000
"""Bytes that are read once more to see whether they differ in line ends alone."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A file or directory as it lies in a tree, hashed as DVC hashes it."""

    hash: str | None
    size: int | None
    nfiles: int | None
    files: dict[str, str] | None
    """Of a directory: relative POSIX path → hash."""


def measure(repo: Any, tree: Tree, path: str, algorithm: str) -> Measured:
    """Hash a file or directory of the tree as DVC does; what its state database knows is not read again."""
    from dvc_data.hashfile.build import build
    from dvc_data.hashfile.tree import Tree as HashTree

    full = tree.absolute(path)
    _, meta, found = build(repo.cache.local, full, repo.fs, algorithm, dry_run=True, ignore=repo.dvcignore)
    files = dict(sorted(("/".join(key), info.value) for key, _, info in found)) if isinstance(found, HashTree) else None
    return Measured(found.hash_info.value, meta.size, meta.nfiles, files)


def measure_line_ends(tree: Tree, path: str, algorithm: str, found: Measured) -> frozenset[str]:
    """The hashes that DVC would give to the same text with the line ends of Unix, and with those of Windows."""
    return frozenset(
        digest
        for convert in (_with_unix_ends, _with_windows_ends)
        if (digest := _converted(tree, path, algorithm, found, convert)) is not None
    )


def _converted(tree: Tree, path: str, algorithm: str, found: Measured, convert: Callable[[bytes], bytes]) -> str | None:
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.meta import Meta
    from dvc_data.hashfile.tree import Tree as HashTree

    def digest(file: str) -> str:
        return digest_of(convert(tree.read(file)), algorithm)

    if found.files is None:
        return digest(path)
    if (found.size or 0) > _LARGEST_TEXT:
        return None
    listing: Any = HashTree()  # type: ignore[no-untyped-call]
    for name in found.files:
        listing.add(tuple(name.split("/")), Meta(), HashInfo(algorithm, digest(posixpath.join(path, name))))
    listing.digest(name=algorithm)
    return str(listing.hash_info.value)


def _with_unix_ends(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")


def _with_windows_ends(data: bytes) -> bytes:
    """Text only: what holds a NUL is none, to git as well."""
    return data if b"\0" in data else _with_unix_ends(data).replace(b"\n", b"\r\n")


def digest_of(data: bytes, algorithm: str) -> str:
    """The hash that DVC gives to a file with this content."""
    from dvc_data.hashfile.hash import fobj_md5

    return str(fobj_md5(BytesIO(data), name=algorithm))
