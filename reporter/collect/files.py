"""Files of one revision wherever they are: in the tree (git or the work tree), in the cache, or in a remote."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase

from reporter.collect.bugs import is_bug
from reporter.collect.dvc.revision import OpenRevision
from reporter.collect.import_errors import explain_import, explain_missing_import, without_content
from reporter.collect.pipeline import Output, Pipeline, StoredObject
from reporter.collect.pointers import without_pointer
from reporter.collect.problems import AbsentError, UnreadableError
from reporter.collect.redaction import NO_FOLDERS
from reporter.collect.storage import Storage
from reporter.model.problem import ProblemKind

_MEND_HERE = "write it, make it an output of a stage, or take its name out of dvc.yaml"
_MEND_ELSEWHERE = "commit it, make it an output of a stage, or name a commit that has it (`--head`)"
_WILDCARD = re.compile(r"[*?\[]")


class RevisionFiles:
    """All paths are POSIX paths from the DVC project's root."""

    def __init__(self, opened: OpenRevision, pipeline: Pipeline, storage: Storage) -> None:
        self._opened = opened
        self._tree = opened.tree
        self._storage = storage
        self._outputs = {output.path: output for output in pipeline.outputs}

    def in_tree(self, path: str) -> bool:
        """Whether git or the work tree itself has something there; a link that leads nowhere is nothing."""
        return self._tree.exists(path)

    def exists(self, path: str) -> bool:
        """Whether the tree has it or DVC keeps it."""
        return self.in_tree(path) or self.owner(path) is not None

    def has_absent_outputs(self, path: str) -> bool:
        """Whether DVC keeps something below the directory `path` that is not in the tree."""
        return any(name.startswith(f"{path}/") and not self.in_tree(name) for name in self._outputs)

    def is_outside(self, path: str) -> bool:
        """Whether what is named so lies outside of the repository, or is named as if it did."""
        return self._tree.leads_out(path)

    def is_of_git_alone(self, path: str) -> bool:
        """Whether DVC keeps neither what lies at `path`, nor a folder around it, nor anything below it."""
        return self.owner(path) is None and not any(name.startswith(f"{path}/") for name in self._outputs)

    def keeps(self, path: str) -> bool:
        """Whether DVC keeps a file of this path, whatever the tree has. Raises UnreadableError where a listing that would tell cannot be had."""
        owner = self.owner(path)
        if owner is None or not owner.cached:
            return False
        return not _is_directory(owner) or posixpath.relpath(path, owner.path) in self.listing(owner)

    def read(self, path: str) -> bytes:
        """Content of a file. Raises UnreadableError."""
        if self.is_outside(path):
            raise _outside(path)
        try:
            return without_pointer(self._tree.read(path))
        except FileNotFoundError:
            return self.read_stored(path)
        except PermissionError as error:
            raise UnreadableError(
                ProblemKind.ACCESS,
                f"cannot be read: {error.strerror}",
                "keep the file itself in the repository",
                edits=True,
            ) from error
        except IsADirectoryError as error:
            raise UnreadableError(
                ProblemKind.FORMAT, "is a directory, expected a file", "name a file inside it in dvc.yaml", edits=True
            ) from error
        except OSError as error:
            raise UnreadableError(
                ProblemKind.CORRUPT,
                f"cannot be read: {error.strerror}",
                "look at the file and at the links to it",
                edits=True,
            ) from error

    def read_stored(self, path: str) -> bytes:
        """Content of a file as DVC keeps it, whatever the tree has in its place. Raises UnreadableError."""
        owner = self.owner(path)
        is_kept = owner is not None and owner.cached
        if not is_kept and (gap := self._opened.gap(path) or self._opened.absence(path, is_output=owner is not None)):
            raise gap
        if owner is None:
            raise self.absent()
        if not owner.cached:
            raise UnreadableError(
                ProblemKind.MISSING,
                "is not there, and DVC does not cache it",
                "run `dvc repro`, or commit it",
                edits=True,
            )
        if owner.only_dvc_reads:
            return self._read_through_dvc(owner, path)
        content = self._content(owner, path)
        try:
            return self._storage.read(content)
        except UnreadableError as error:
            if owner.source is None or error.kind is not ProblemKind.MISSING:
                raise
            raise explain_missing_import(
                error, owner, has_remote=self._storage.remote_of(content) is not None
            ) from error

    def absent(self) -> AbsentError:
        """That neither the tree has a file nor DVC keeps it."""
        is_here = self._opened.revision.is_workspace
        where, mend = ("the work tree", _MEND_HERE) if is_here else ("the commit", _MEND_ELSEWHERE)
        message = f"is neither in {where} nor an output of a stage"
        return AbsentError(ProblemKind.MISSING, message, mend, edits=True)

    def is_cached(self, output: Output) -> bool:
        """Whether the cache of this machine has what dvc.lock records, so that `dvc checkout` brings it back."""
        return output.cached and output.content is not None and self._storage.has(output.content)

    def fetch(self, paths: Collection[str]) -> None:
        """Bring what `read` of these paths will need, together and not one after another."""
        self._opened.fetch(paths)
        self._storage.fetch(self.contents(paths))

    def contents(self, paths: Iterable[str]) -> Iterator[StoredObject]:
        """The objects that hold those of `paths` which DVC keeps and the tree lacks."""
        for path in paths:
            owner = self.owner(path)
            if owner and not owner.only_dvc_reads and not self._tree.exists(path):
                with suppress(UnreadableError):  # said when the file itself is read
                    yield self._content(owner, path)

    def expand(self, path: str) -> tuple[str, ...]:
        """The files that `path` stands for: itself, or those below it if it is a directory. Raises UnreadableError."""
        if not self.is_directory(path):
            return (path,)
        return tuple(sorted(set(self._below(path))))

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The outputs, and files inside of them, that a glob finds, sorted. `*` stands for any text, `/` too.

        Raises UnreadableError where a directory that may hold some cannot be listed.
        """
        start = _WILDCARD.split(pattern)[0]
        near = (path for path in self._outputs if path.startswith(start) or start.startswith(f"{path}/"))
        files = (file for path in near for file in self.expand(path))
        return tuple(sorted({file for file in files if fnmatchcase(file, pattern)}))

    def is_directory(self, path: str) -> bool:
        """Whether `path` is one in the tree or, where that has nothing, as DVC keeps it. Raises UnreadableError where a listing
        that would tell cannot be had.
        """
        if self._tree.exists(path):
            return self._tree.is_directory(path)
        owner = self.owner(path)
        if owner is None:
            return any(other.startswith(f"{path}/") for other in self._outputs)
        if not _is_directory(owner):
            return False
        inner = posixpath.relpath(path, owner.path)
        return inner == "." or any(name.startswith(f"{inner}/") for name in self.listing(owner))

    def owner(self, path: str) -> Output | None:
        """The output that holds `path`: itself or the directory around it."""
        parts = path.split("/")
        ancestors = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self._outputs[ancestor] for ancestor in ancestors if ancestor in self._outputs), None)

    def listing(self, output: Output) -> Mapping[str, str]:
        """Files of a directory output: relative path → hash. Raises UnreadableError."""
        if output.files is not None:
            return output.files
        if output.content is None:
            raise UnreadableError(ProblemKind.MISSING, "was never produced", "run `dvc repro`", edits=True)
        return self._storage.listing(output.content)

    def _below(self, path: str) -> Iterator[str]:
        if self._tree.is_directory(path):
            yield from self._tree.files(path)
        owner = self.owner(path)
        inside = [owner] if owner else [other for name, other in self._outputs.items() if name.startswith(f"{path}/")]
        for output in inside:
            if self._tree.exists(output.path):
                continue
            names = (
                [posixpath.join(output.path, name) for name in self.listing(output)]
                if _is_directory(output)
                else [output.path]
            )
            yield from (name for name in names if name.startswith(f"{path}/"))

    def _content(self, owner: Output, path: str) -> StoredObject:
        if owner.content is None and owner.source is not None:
            raise without_content(owner)
        if owner.content is None:
            raise UnreadableError(
                ProblemKind.MISSING, "was never produced: dvc.lock does not know it", "run `dvc repro`", edits=True
            )
        if path == owner.path:
            return owner.content
        digest = self.listing(owner).get(posixpath.relpath(path, owner.path))
        if digest is None:
            raise UnreadableError(
                ProblemKind.MISSING,
                f"is not in {owner.path} as dvc.lock records it",
                "run `dvc repro`, or mend its name in dvc.yaml",
                edits=True,
            )
        return replace(owner.content, hash=digest)

    def _read_through_dvc(self, owner: Output, path: str) -> bytes:
        remote = owner.content.remote if owner.content else None
        source = owner.source or f"remote '{remote or 'default'}'"
        try:
            return self._storage.read_through(lambda: self._opened.read_through_dvc(path), source)
        except UnreadableError:
            raise
        except Exception as error:
            if is_bug(error):
                raise
            raise explain_import(error, owner) from error


def _outside(path: str) -> UnreadableError:
    if path.startswith(NO_FOLDERS):
        reason = "is named by an absolute path, which no commit has"
        mend = "name it by its path from the folder of dvc.yaml, and keep it in the repository (`dvc import-url` copies it)"
    else:
        reason, mend = (
            "lies outside of the repository, so no commit has it",
            "keep it in the repository (`dvc import-url` copies it)",
        )
    return UnreadableError(ProblemKind.MISSING, reason, mend, edits=True)


def _is_directory(output: Output) -> bool:
    return output.files is not None or (output.content is not None and output.content.is_directory)
