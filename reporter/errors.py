"""The errors a user can mend. Each says what happened and what to do next; anything else is a bug."""

from __future__ import annotations


class ReporterError(Exception):
    """Something could not be done. `str(error)` is one line; `hint` says what to do next.

    Neither may ever hold a token, a password or a signed address.
    """

    exit_code = 3
    """3: git, DVC, storage or the forge could not do the job."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ReporterError):
    """Wrong usage or a wrong configuration file: the user's own input must change."""

    exit_code = 2


class ConfigurationError(UsageError):
    """A reporter.yaml that says something which reporter does not know."""

    def __init__(self, file: str, line: int | None, problem: str, hint: str) -> None:
        super().__init__(f"{file if line is None else f'{file}:{line}'}: {problem}", hint)
        self.line = line
        """None: not known, or the whole file."""
        self.problem = problem
        """The message without the file's name and the line."""


class ProjectError(ReporterError):
    """Git or DVC cannot read the project: no repository, no pipeline, no such revision, a broken file."""


class UnreadableCandidateError(ReporterError):
    """The report is written, with params, data and stages, but no metric of its candidate can be read."""


class ForgeError(ReporterError):
    """The forge (GitHub, GitLab, …) refused, or has not got, what was asked of it."""


class BundleError(ReporterError):
    """A bundle's folder is missing, incomplete, or not what this version writes."""


class PermissionMissingError(ForgeError):
    """The token may not do this. Normal on a fork: the caller decides whether it matters."""
