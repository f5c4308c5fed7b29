"""Doing several things that do not depend on each other, where one that fails must not take the others with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from reporter.errors import PermissionMissingError, ReporterError

Say = Callable[[str], None]
"""Tells the user what was done, line by line, on standard error."""

T = TypeVar("T")


@dataclass
class Attempts:
    """Runs one part after the other; an error ends its own part only."""

    say: Say
    read_only_token: bool
    failure: ReporterError | None = None

    def run(self, part: Callable[[], T], *, optional: bool = False) -> T | ReporterError:
        """The part's result, or its error. A missing right is no failure where the part is `optional`, or where the
        service hands out no better token, as for the pull request of a fork.
        """
        try:
            return part()
        except ReporterError as error:
            missing_right = isinstance(error, PermissionMissingError)
            if not (missing_right and (optional or self.read_only_token)):
                self.failure = self.failure or error
            self._explain(error)
            return error

    def _explain(self, error: ReporterError) -> None:
        if self.read_only_token and isinstance(error, PermissionMissingError):
            self.say(f"Left out, as this run's token is read-only (a fork's pull request): {error.message}")
            return
        self.say(f"Left out: {error.message}")
        if error.hint:
            self.say(f"  {error.hint}")
