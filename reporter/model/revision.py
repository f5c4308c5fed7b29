"""A revision of the project: the workspace, or a commit with the name the user gave it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reporter.model.forms import Sha

WORKSPACE = "workspace"
"""The name of the work tree, as DVC writes it."""


class Policy(StrEnum):
    """Where on a branch the baseline is taken."""

    MERGE_BASE = "merge-base"
    TIP = "tip"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit or the work tree, and how the user and a reader call it."""

    rev: str
    """As it was asked for: `workspace`, a branch, a tag, a SHA, an experiment."""
    sha: Sha
    """40 hexadecimal digits; of the workspace, HEAD's."""
    label: str
    """What a reader is shown: `main`, `workspace`, `exp-brown`, or 7 digits of the SHA. Never a key."""
    dirty: bool = False
    """The workspace differs from HEAD (untracked files are not counted)."""
    behind: int | None = None
    """Of a baseline: how many commits the target's tip is ahead of it; None where that is not known or asked."""

    @property
    def is_workspace(self) -> bool:
        """Whether it is the work tree, not the commit below it."""
        return self.rev == WORKSPACE
