"""What lies at a path in a revision: its hash as DVC would record it now, without reading big data twice."""

from __future__ import annotations

import posixpath

from reporter.collect.dvc_internals import Measured, OpenRevision
from reporter.collect.files import RevisionFiles
from reporter.collect.pipeline import Dependency, Output
from reporter.collect.problems import UnreadableError


class Measures:
    """Hashes of one revision, each found once."""

    def __init__(self, opened: OpenRevision, files: RevisionFiles) -> None:
        self._opened = opened
        self._files = files
        self._known: dict[tuple[str, str], Measured | None] = {}

    def in_tree(self, path: str, algorithm: str) -> Measured | None:
        """Of the file or directory in the work tree or the commit; None if it is not there, or not all of it can be read."""
        if not self._files.in_tree(path):
            return None
        key = (path, algorithm)
        if key not in self._known:
            self._known[key] = self._measured(path, algorithm)
        return self._known[key]

    def _measured(self, path: str, algorithm: str) -> Measured | None:
        if not self._opened.is_whole(path):
            return None
        try:
            return self._opened.measure(path, algorithm)
        except UnreadableError:
            return None

    def of_output(self, output: Output) -> Measured | None:
        """Of an output in the tree; None if it is not there."""
        return self.in_tree(output.path, output.content.algorithm if output.content else "md5")

    def of_dependency(self, dependency: Dependency) -> str | None:
        """The hash of what a stage would read now; None where that is not known."""
        owner = self._files.owner(dependency.path)
        if self._files.in_tree(dependency.path):
            if self._files.has_absent_outputs(dependency.path):
                return None
            measured = self.in_tree(dependency.path, dependency.algorithm)
            return measured.hash if measured else None
        if owner is None or owner.content is None or owner.content.algorithm != dependency.algorithm:
            return None
        if owner.path == dependency.path:
            return owner.content.hash
        try:
            return self._files.listing(owner).get(posixpath.relpath(dependency.path, owner.path))
        except UnreadableError:
            return None  # without the listing the file's hash is not known, which is no reason to call it changed
