"""What lies at a path in a revision: its hash as DVC would record it now, without reading big data twice."""

from __future__ import annotations

import posixpath

from reporter.collect.dvc_internals import Measured, OpenRevision
from reporter.collect.files import RevisionFiles
from reporter.collect.pipeline import Dependency, Output
from reporter.collect.pointers import lfs_pointer
from reporter.collect.problems import UnreadableError, inside_of_folder
from reporter.model.problem import ProblemKind


class Measures:
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
        return content.hash in self._opened.measure_line_ends(output.path, content.algorithm, found)

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
        if gap := self._opened.gap(dependency.path) or (None if owner else self._opened.absence(dependency.path)):
            raise gap
        if owner is None or owner.content is None or owner.content.algorithm != dependency.algorithm:
            return None
        if owner.path == dependency.path:
            return owner.content.hash
        try:
            return self._files.listing(owner).get(posixpath.relpath(dependency.path, owner.path))
        except UnreadableError:
            return None  # without the listing the file's hash is not known, which is no reason to call it changed

    def _hash_in_tree(self, dependency: Dependency) -> str | None:
        found = self._found(dependency.path, dependency.algorithm)
        if isinstance(found, UnreadableError):
            raise found
        if found.hash == dependency.hash or dependency.hash is None:
            return found.hash
        if gap := self._gap_on_disk(dependency.path, found):
            raise gap
        if dependency.hash in self._opened.measure_line_ends(dependency.path, dependency.algorithm, found):
            return dependency.hash
        if ignored := self._ignored_by_git(dependency, dependency.hash, found):
            raise ignored
        return found.hash

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
            return UnreadableError(
                ProblemKind.ACCESS, f"it cannot be read: {error.strerror}", "look at the file and its rights"
            )
