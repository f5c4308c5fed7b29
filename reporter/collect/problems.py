"""What cannot be read: the exception inside this floor, and how it ends as problems of a snapshot."""

from __future__ import annotations

from reporter.model.problem import Problem, ProblemKind


class UnreadableError(Exception):
    """`message` says what is wrong without naming the file.

    `remote` is set where a whole storage is the reason; `final`, where asking it again is of no use.
    """

    def __init__(
        self, kind: ProblemKind, message: str, hint: str = "", *, remote: str | None = None, final: bool = True
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.remote = remote
        self.final = final


class AbsentError(UnreadableError):
    """Neither git nor DVC has, or ever had, such a file in this revision."""


class AbsentSubmoduleError(UnreadableError):
    """A submodule is not in this clone; `pin` is the commit of it that the revision asks for."""

    def __init__(self, kind: ProblemKind, message: str, hint: str, *, pin: str) -> None:
        super().__init__(kind, message, hint)
        self.pin = pin


class Problems:
    """The problems of one revision, in the order they were met. A storage that fails is said once, not for each file."""

    def __init__(self, revision: str) -> None:
        self._revision = revision
        self._found: dict[tuple[str, str], Problem] = {}
        self._behind_remote: dict[str, dict[str, UnreadableError]] = {}

    def add(self, path: str, error: UnreadableError) -> Problem:
        """Note that `path` cannot be read, and return the problem as that file's own."""
        problem = Problem(self._revision, path, error.kind, error.message, error.hint)
        if error.remote is None:
            self._found[path, error.message] = problem
        else:
            self._behind_remote.setdefault(error.remote, {})[path] = error
        return problem

    def all(self) -> tuple[Problem, ...]:
        return (*map(self._of_remote, self._behind_remote.values()), *self._found.values())

    def _of_remote(self, failures: dict[str, UnreadableError]) -> Problem:
        paths, error = list(failures), next(iter(failures.values()))
        if len(paths) == 1:
            return Problem(self._revision, paths[0], error.kind, error.message, error.hint)
        return Problem(self._revision, "", error.kind, error.message, error.hint, files=tuple(paths))
