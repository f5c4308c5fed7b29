"""Something that could not be read. It stands in the report, so that nothing is left out silently."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ANOTHER_BASE = "a commit stays as it is: name another BASE"
"""The mend of what only an edit of a baseline would mend."""


class ProblemKind(StrEnum):
    """What is wrong, by where the mend is to be looked for."""

    MISSING = "missing"
    """Named by the pipeline, but in no cache and no remote."""
    CORRUPT = "corrupt"
    """There, but its content does not parse or has another hash than dvc.lock says."""
    FORMAT = "format"
    """Its format is not one that DVC reads."""
    ACCESS = "access"
    """The storage is unreachable or refuses the credentials."""
    STALE = "stale"
    """dvc.lock is out of date: the values shown are not of this code."""
    OUTDATED = "outdated"
    """dvc.lock is out of date for a stage that no metric depends on."""
    UNVERIFIED = "unverified"
    """Whether dvc.lock is out of date cannot be known."""
    MISMATCH = "mismatch"
    """Two values that must agree do not."""
    PLOT = "plot"
    """A plot's definition and its data do not fit."""
    CONFIGURATION = "configuration"
    """reporter.yaml names something that is not there."""
    PICTURE = "picture"
    """A picture could not be drawn."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that could not be read, drawn or believed, and what to do about it."""

    revision: str
    """The label of the revision it was met in; empty where it belongs to none."""
    path: str
    """POSIX path from the DVC project's root, or a stage's or plot's name; empty where it belongs to none."""
    kind: ProblemKind
    message: str
    """One line: what is wrong."""
    hint: str = ""
    """One line: what to do about it, a clause that begins small and has no full stop: each form makes its own sentence of it."""
    files: tuple[str, ...] = ()
    """All files it concerns, where one cause (a storage that does not answer) is said once for several; `path` is empty then."""
    names_path: bool = False
    """`message` itself says what it is about (`Stage train has never run`); else `path` is to stand before it."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything it is about."""
        return self.files or ((self.path,) if self.path else ())
