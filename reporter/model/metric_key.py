"""Which metric of a project a value, a row or a test is of."""

from __future__ import annotations

from typing import NamedTuple


class MetricKey(NamedTuple):
    """A metrics file and a name in it. Both may hold colons, so that its text cannot be taken apart again."""

    file: str
    """POSIX path from the project's root."""
    name: str
    """Nested keys joined by dots; empty for the only value of a file, and for a file none of whose values could be read."""

    def __str__(self) -> str:
        """`file:name`, as reporter.yaml and report.json write it."""
        return f"{self.file}:{self.name}"
