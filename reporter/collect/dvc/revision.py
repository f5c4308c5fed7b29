"""One revision of a project, as DVC opens it: what it defines, what lies in its tree, and why something does not.

Seen in DVC 3.60 to 3.67: `Index.from_repo` with `onerror`, and `_make_fs` of what `dvc import` brought.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from reporter.collect.bugs import is_bug
from reporter.collect.dvc.errors import BrokenFile, broken_file, met_on_a_file, values_file
from reporter.collect.dvc.hashes import Measured, measure, measure_line_ends
from reporter.collect.dvc.index import pipeline_of
from reporter.collect.dvc.refused_files import with_refused
from reporter.collect.dvc.sparse_checkout import is_definition, require_definitions
from reporter.collect.dvc.yaml import bounded
from reporter.collect.git.commit_tree import CommitTree, absent_submodule, unlike_submodule
from reporter.collect.git.ignored_files import LOCK_FILES, only_ignored_differ
from reporter.collect.git.repository import Git
from reporter.collect.pipeline import Pipeline
from reporter.collect.pointers import lfs_pointer
from reporter.collect.problems import UnreadableError
from reporter.collect.tree import Tree, overlaps
from reporter.errors import ProjectError
from reporter.model.problem import ProblemKind
from reporter.model.revision import Revision


class AbsentInSourceError(LookupError):
    """The repository that a file is imported from has it no more."""


class OpenRevision:
    """The project at one revision; valid only inside `DvcProject.at`."""

    def __init__(
        self,
        repo: Any,
        git: Git,
        revision: Revision,
        tree: Tree,
        commit: CommitTree | None = None,
        absent: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._repo = repo
        self._git = git
        self._absent = absent
        self._commit = commit
        self.revision = revision
        self.tree = tree

    def gap(self, path: str) -> UnreadableError | None:
        """Why not all that lies at `path` can be known; None where it can."""
        if self._commit is not None:
            return self._commit.gap(self._in_commit(path))
        absent = next((place for place in self._absent if overlaps(path, place)), None)
        return absent_submodule(absent, self._absent[absent]) if absent else None

    def left_out(self, path: str) -> UnreadableError | None:
        """That a sparse checkout leaves out the file, or something below the folder."""
        if not self.revision.is_workspace or not self._git.leaves_out(self.tree.absolute(path)):
            return None
        mend = self._git.takes_in([self._in_git(path)])
        return UnreadableError(ProblemKind.MISSING, "is left out of this sparse checkout", mend)

    def absence(self, path: str, *, is_output: bool = False) -> UnreadableError | None:
        """Why git has nothing at `path` in this revision, where that says no more than that git was told so.

        `is_output`: a stage writes it, and is told that DVC does not keep it.
        """
        if left_out := self.left_out(path):
            return left_out
        if not self._git.ignores(self._in_git(path)):
            return None
        where = "the work tree" if self.revision.is_workspace else "the commit"
        mend = (
            "let DVC keep it (take `cache: false` out of dvc.yaml), or git (take it out of .gitignore)"
            if is_output
            else "name it under `outs` of the stage that writes it; if none does, let git keep it, "
            "or take it out of dvc.yaml if it is a secret"
        )
        return UnreadableError(ProblemKind.MISSING, f"is not in {where}, and git ignores it", mend, edits=True)

    def submodule_at_another_commit(self, path: str) -> UnreadableError | None:
        """That the work tree has another commit of a submodule than git pins: a pull does not bring it along."""
        place = next((place for place in self._git.moved_submodules() if overlaps(self._in_git(path), place)), None)
        return None if place is None else unlike_submodule(posixpath.relpath(place, self._in_git(".")))

    def had(self, path: str, recorded: str) -> bool:
        """Whether git had something at `path` when its hash came into dvc.lock."""
        written = self._git.brought_by(recorded, self.revision.sha, LOCK_FILES)
        return written is not None and self._git.read("cat-file", "-e", f"{written}:{self._in_git(path)}") is not None

    def is_kept_by_unread_file(self, path: str) -> bool:
        """Whether a .dvc file of this name, or of a folder around it, is here: it was refused, or cannot be read, and is said so."""
        folders = (path, *map(str, PurePosixPath(path).parents[:-1]))
        return any(self.tree.exists(f"{folder}.dvc") for folder in folders)

    def only_ignored_differ(
        self, path: str, recorded: str, count: int | None, files: Collection[str]
    ) -> UnreadableError | None:
        """See `ignored_files.only_ignored_differ`; of a folder by its path from the project's root."""
        is_above = path == ".." or path.startswith("../")
        found = frozenset(files)
        return only_ignored_differ(
            self._git, self.revision, self._in_git(path), recorded, count, found, is_above=is_above
        )

    def fetch(self, paths: Iterable[str]) -> None:
        """Bring to a partial clone, in one go, those of these files and folders that git has."""
        if self._commit is not None:
            self._commit.fetch(self._in_commit(path) for path in paths)

    def _in_commit(self, path: str) -> str:
        return self.tree.absolute(path).lstrip("/")

    def _in_git(self, path: str) -> str:
        return posixpath.relpath(self.tree.absolute(path), self.tree.top)

    def pipeline(self, *, forgiving: bool = False) -> Pipeline:
        """All that the revision's DVC files define. Raises ProjectError naming the file that is broken.

        `forgiving`: of a file that DVC refuses, what can be told without it is kept, and why it refuses is in `Pipeline.refused`.
        """
        from dvc.repo.index import Index

        refused: dict[str, BrokenFile] = {}

        def stop(path: str, error: Exception) -> None:
            broken = self._without_values(error, path) or broken_file(error, path, self.revision, self.tree)
            if not forgiving:
                raise broken.error() from error
            refused[self.tree.relative(path)] = broken

        if self._commit is not None:
            self._commit.fetch(path for path in self._commit.paths() if is_definition(path))
        else:
            require_definitions(self._git, self.tree, self._repo.dvcignore.is_ignored_file)

        def stop_at_unread_patterns() -> None:
            for path, error in self._repo.dvcignore.unread.items():
                stop(path, error)

        stop_at_unread_patterns()
        try:
            with bounded():
                index = Index.from_repo(self._repo, onerror=stop)
            stop_at_unread_patterns()  # of folders, which DVC has only now walked
        except ProjectError:
            raise
        except met_on_a_file() as error:
            if is_bug(error):
                raise
            raise broken_file(error, None, self.revision, self.tree).error() from error
        pipeline = pipeline_of(index, self.tree)
        return with_refused(pipeline, refused, self.tree) if refused else pipeline

    def _without_values(self, error: Exception, definition: str) -> BrokenFile | None:
        """Of an error in the templates of a dvc.yaml: the file of values that is not here, and is then to blame in its place."""
        found = values_file(error, definition)
        path = self.tree.relative(found) if found else ""
        why = self._why_not_here(path) if path else None
        if why is None:
            return None
        reason = f"{why.message}, although {self.tree.relative(definition)} needs it"
        return BrokenFile(path, reason, None, self.revision.label, why.hint, is_unread=True)

    def _why_not_here(self, path: str) -> UnreadableError | None:
        """Why DVC cannot read a file of values; None where that is not known. It reads them before any stage has run."""
        if self.revision.is_workspace and self.tree.holds_pointer(path):
            return lfs_pointer()
        if gap := self.gap(path):
            return gap
        absence = None if self.tree.exists(path) else self.absence(path)
        if absence is None or self.left_out(path):
            return absence
        keep = f"let git keep it: `git add --force {path}`, and commit"
        if self.revision.is_workspace:
            return UnreadableError(absence.kind, absence.message, f"write it anew, and {keep}")
        return UnreadableError(absence.kind, absence.message, f"{keep}; then compare commits that have it")

    def measure(self, path: str, algorithm: str) -> Measured:
        """Hash a file or directory of the tree as DVC does."""
        return measure(self._repo, self.tree, path, algorithm)

    def measure_line_ends(self, path: str, algorithm: str, found: Measured) -> frozenset[str]:
        """The hashes that DVC would give to the same text with the line ends of Unix, and with those of Windows."""
        return measure_line_ends(self.tree, path, algorithm, found)

    def read_through_dvc(self, path: str) -> bytes:
        """Content of an output that no plain object store holds; raises whatever the storage's client raises."""
        try:
            data: bytes = self._repo.dvcfs.fs.cat_file(f"/{path}")
        except FileNotFoundError as error:
            missing = error
        else:
            return data
        raise self._why_not_imported(path) or missing  # after that error, which would else be taken for the cause

    def _why_not_imported(self, path: str) -> Exception | None:
        """Why the source of an import cannot be read, of which DVC says no more than that there is no such file here; None for what is no `dvc import`."""
        full = self.tree.absolute(path)
        found = (out.stage for out in self._repo.index.outs if f"{full}/".startswith(f"{out.fs_path}/"))
        stage = next(found, None)
        if stage is None or not stage.is_repo_import:
            return None
        dependency = stage.deps[0]
        try:
            commit = dependency._make_fs().repo.get_rev()  # noqa: SLF001  clones it
        except Exception as error:  # whatever a clone can meet is the answer
            if is_bug(error):
                raise
            return error
        return AbsentInSourceError(f"there is no {dependency.def_path} in its commit {commit[:7]}")
