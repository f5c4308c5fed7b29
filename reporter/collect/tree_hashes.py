"""What lies at a path in a revision: its hash as DVC would record it now, without reading big data twice."""

from __future__ import annotations

import posixpath

from reporter.collect.dvc.hashes import Measured
from reporter.collect.dvc.revision import OpenRevision
from reporter.collect.files import RevisionFiles
from reporter.collect.git.commit_tree import leads_out
from reporter.collect.pipeline import Dependency, Output
from reporter.collect.pointers import lfs_pointer
from reporter.collect.problems import UnreadableError, inside_of_folder
from reporter.model.problem import ProblemKind

ABSENT = ""
"""In place of the hash of what is gone: no content has it."""


class TreeHashes:
    """Hashes of one revision, each found once."""

    def __init__(self, opened: OpenRevision, files: RevisionFiles) -> None:
        self._opened = opened
        self._files = files
        self._known: dict[tuple[str, str], Measured | UnreadableError] = {}

    def in_tree(self, path: str, algorithm: str) -> Measured | None:
        """Of the file or directory in the work tree or the commit; None if it is not there, or not all of it can be read."""
        if not self._files.in_tree(path):
            return None
        found = self._found(path, algorithm)
        return None if isinstance(found, UnreadableError) else found

    def of_output(self, output: Output) -> Measured | None:
        """Of an output in the tree; None if it is not there, or if a pointer or a part of it is there in its place."""
        measured = self.in_tree(output.path, output.content.algorithm if output.content else "md5")
        recorded = output.content.hash if output.content else None
        if measured is None or measured.hash == recorded:
            return measured
        return None if self._gap_on_disk(output.path, measured) else measured

    def has_recorded_text(self, output: Output, found: Measured) -> bool:
        """Whether an output in the tree differs in line ends alone from what was recorded, as in a clone that git writes for Windows."""
        content = output.content
        if content is None:
            return False
        try:
            return content.hash in self._line_ends(output.path, content.algorithm, found)
        except UnreadableError:  # what was put in its place is no text that can be looked at
            return False

    def of_dependency(self, dependency: Dependency) -> str | None:
        """The hash of what a stage would read now; None where it is not at hand, which is no reason to call it changed.

        Content that differs from the recorded one in line ends alone has the recorded hash. Raises UnreadableError where something keeps
        it from being known.
        """
        owner = self._files.owner(dependency.path)
        if self._files.in_tree(dependency.path):
            if self._files.has_absent_outputs(dependency.path):
                return None
            return self._hash_in_tree(dependency)
        if gap := self._opened.gap(dependency.path):
            raise gap
        return self._hash_of_absent(dependency) if owner is None else self._recorded_hash(dependency, owner)

    def _recorded_hash(self, dependency: Dependency, owner: Output) -> str | None:
        if owner.content is None or owner.content.algorithm != dependency.algorithm:
            return None
        if owner.path == dependency.path:
            return owner.content.hash
        try:
            return self._files.listing(owner).get(posixpath.relpath(dependency.path, owner.path))
        except UnreadableError:
            return None  # without the listing the file's hash is not known, which is no reason to call it changed

    def _hash_of_absent(self, dependency: Dependency) -> str | None:
        """Of what is not here and no DVC file that was read names: `ABSENT` where git had it when it was recorded."""
        if self._opened.is_kept_by_unread_file(dependency.path):
            return None  # that file is said to be unread, and it is the reason
        if absence := self._opened.absence(dependency.path):
            raise absence
        if dependency.hash is not None and self._opened.had(dependency.path, dependency.hash):
            return ABSENT
        raise self._files.absent()

    def _hash_in_tree(self, dependency: Dependency) -> str | None:
        found = self._found(dependency.path, dependency.algorithm)
        if isinstance(found, UnreadableError):
            raise found
        if found.hash == dependency.hash or dependency.hash is None:
            return found.hash
        if gap := self._gap_on_disk(dependency.path, found):
            raise gap
        if dependency.hash in self._line_ends(dependency.path, dependency.algorithm, found):
            return dependency.hash
        if ignored := self._ignored_by_git(dependency, dependency.hash, found):
            raise ignored
        return found.hash

    def _line_ends(self, path: str, algorithm: str, found: Measured) -> frozenset[str]:
        """Raises UnreadableError: DVC hashes what a link leads to, wherever that is, and here nothing out of the repository is read."""
        try:
            return self._opened.measure_line_ends(path, algorithm, found)
        except PermissionError as error:
            raise leads_out(self._opened.tree.relative(error.filename or path)) from None
        except OSError as error:  # it may change while it is read
            raise _changing(error) from error

    def _ignored_by_git(self, dependency: Dependency, recorded: str, found: Measured) -> UnreadableError | None:
        if found.files is None or not self._files.is_of_git_alone(dependency.path):
            return None
        return self._opened.only_ignored_differ(dependency.path, recorded, dependency.nfiles, found.files)

    def _gap_on_disk(self, path: str, found: Measured) -> UnreadableError | None:
        """Of a work tree, whose files are read only where their hash is another than the recorded one."""
        if not self._opened.revision.is_workspace:
            return None
        files = [path] if found.files is None else [posixpath.join(path, name) for name in found.files]
        if pointer := next((file for file in files if self._opened.tree.holds_pointer(file)), None):
            return lfs_pointer() if pointer == path else inside_of_folder(pointer, lfs_pointer())
        if moved := self._opened.submodule_at_another_commit(path):
            return moved
        return None if found.files is None else self._opened.left_out(path)

    def _found(self, path: str, algorithm: str) -> Measured | UnreadableError:
        key = (path, algorithm)
        if key not in self._known:
            self._known[key] = self._opened.gap(path) or self._measured(path, algorithm)
        return self._known[key]

    def _measured(self, path: str, algorithm: str) -> Measured | UnreadableError:
        try:
            return self._opened.measure(path, algorithm)
        except UnreadableError as error:
            file = self._opened.tree.relative(error.file) if error.file else path
            return error if file == path else inside_of_folder(file, error)
        except OSError as error:  # it may change while it is read
            return _changing(error)


def _changing(error: OSError) -> UnreadableError:
    return UnreadableError(ProblemKind.ACCESS, f"cannot be read: {error.strerror}", "look at the file and its rights")
