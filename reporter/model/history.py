"""What a metric was before: its values over the earlier runs that led to the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reporter.model.forms import Finite, Sha
from reporter.model.values import Value


@dataclass(frozen=True, slots=True)
class PastRun:
    """A metrics file as an earlier commit of the base branch has it."""

    sha: str
    """The commit that brought these values, 40 hexadecimal digits."""
    values: Mapping[str, Value]
    """Flattened name → value, in the order of the file."""


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """The value of one metric in one run."""

    sha: Sha
    value: Finite


@dataclass(frozen=True, slots=True)
class MetricHistory:
    """The finite values of one metric over earlier runs."""

    file: str
    name: str
    points: tuple[HistoryPoint, ...]
    """Oldest first; the baseline's own value is the last."""
