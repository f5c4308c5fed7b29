"""What cannot be read: the exception inside this floor, and how it ends as problems of a snapshot."""

from __future__ import annotations

from reporter.model.problem import ANOTHER_BASE, Problem, ProblemKind


class UnreadableError(Exception):
    """`message` says what is wrong without naming the file.

    `edits` is set where the hint is to edit the revision itself: nobody can do that to a baseline. `remote` is set where a whole storage
    is the reason; `final`, where asking it again is of no use. `file` is the path, in its file system, of the file that was being read,
    where that may be another one than the one that was asked for.
    """

    def __init__(
        self,
        kind: ProblemKind,
        message: str,
        hint: str = "",
        *,
        edits: bool = False,
        remote: str | None = None,
        final: bool = True,
        file: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.edits = edits
        self.remote = remote
        self.final = final
        self.file = file


def inside_of_folder(file: str, error: UnreadableError) -> UnreadableError:
    """Why a folder cannot be known that holds a `file` which cannot be read."""
    return UnreadableError(
        error.kind, f"holds {file}, which {error.message}", error.hint, edits=error.edits, remote=error.remote
    )


class AbsentError(UnreadableError):
    """Neither git nor DVC has, or ever had, such a file in this revision."""


class AbsentSubmoduleError(UnreadableError):
    """A submodule is not in this clone; `pin` is the commit of it that the revision asks for."""

    def __init__(self, kind: ProblemKind, message: str, hint: str, *, pin: str) -> None:
        super().__init__(kind, message, hint)
        self.pin = pin


class Problems:
    """The problems of one revision, in the order they were met. A storage that fails is said once, not for each file."""

    def __init__(self, revision: str, *, is_baseline: bool = False) -> None:
        self._revision = revision
        self._is_baseline = is_baseline
        self._found: dict[tuple[str, str], Problem] = {}
        self._behind_remote: dict[str, dict[str, UnreadableError]] = {}

    def add(self, path: str, error: UnreadableError) -> Problem:
        """Note that `path` cannot be read, and return the problem as that file's own."""
        problem = Problem(self._revision, path, error.kind, error.message, self.hint(error))
        if error.remote is None:
            self._found[path, error.message] = problem
        else:
            self._behind_remote.setdefault(error.remote, {})[path] = error
        return problem

    def hint(self, error: UnreadableError) -> str:
        """What mends it in this revision."""
        return ANOTHER_BASE if error.edits and self._is_baseline else error.hint

    def all(self) -> tuple[Problem, ...]:
        """Each problem once: first one for each storage that failed, with all its files, then the others as they were met."""
        return (*map(self._of_remote, self._behind_remote.values()), *self._found.values())

    def _of_remote(self, failures: dict[str, UnreadableError]) -> Problem:
        paths, error = list(failures), next(iter(failures.values()))
        if len(paths) == 1:
            return Problem(self._revision, paths[0], error.kind, error.message, self.hint(error))
        return Problem(self._revision, "", error.kind, error.message, error.hint, files=tuple(paths))
