"""What a metric that is gone may be called now: a guess for a reader, by which nothing is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from reporter.compare.phrases import named
from reporter.model.comparison import MetricRow, State
from reporter.model.values import is_finite, is_number

_MOST_COMPARED = 10_000
"""Pairs of one metric that is gone and one that is new, whose letters and values are compared: beyond it nobody reads guesses."""
_LONGEST_COMPARED = 100
"""Letters."""
_ALIKE = 0.6
"""As `difflib` advises for a close match."""
_SAME_SIZE = 2
"""Values whose quotient is no larger may be of the same kind."""


@dataclass(frozen=True, slots=True, eq=False)
class NewMetrics:
    """The metrics that only the candidate has."""

    added: tuple[MetricRow, ...] = ()
    by_last_part: Mapping[str, list[MetricRow]] = field(default_factory=dict)
    is_few: bool = True
    """Few enough to be compared with each metric that is gone."""

    @classmethod
    def among(cls, metrics: Sequence[MetricRow]) -> NewMetrics:
        """Those of `metrics` that are new, sorted by what they may be compared by."""
        added = tuple(row for row in metrics if row.state is State.ADDED)
        gone = sum(row.state is State.REMOVED for row in metrics)
        by_last_part: dict[str, list[MetricRow]] = {}
        for row in added:
            by_last_part.setdefault(_last_part(row), []).append(row)
        return cls(added, by_last_part, is_few=len(added) * gone <= _MOST_COMPARED)

    def like(self, gone: MetricRow) -> str:
        """`eval.json:acc`: those of the same key or the most similar name, else of a similar value; empty where there is none."""
        compared = self.added if self.is_few else ()
        found = (
            self.by_last_part.get(_last_part(gone))
            or [row for row in compared if _is_alike(row, gone)]
            or [row for row in compared if _is_of_one_size(row, gone)]
        )
        return named(row.name if row.file == gone.file else f"{row.file}:{row.name}" for row in found)


def _last_part(row: MetricRow) -> str:
    r"""The last key of a nested name; `\.` is a dot inside a key."""
    return row.name.replace("\\.", "\0").rpartition(".")[2].lower()


def _is_alike(one: MetricRow, other: MetricRow) -> bool:
    matcher = SequenceMatcher(None, one.name[-_LONGEST_COMPARED:].lower(), other.name[-_LONGEST_COMPARED:].lower())
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _is_of_one_size(one: MetricRow, other: MetricRow) -> bool:
    new, old = one.head, other.base
    if not (is_number(new) and is_number(old) and is_finite(new) and is_finite(old)):
        return False
    return (new > 0) is (old > 0) and abs(new) <= _SAME_SIZE * abs(old) and abs(old) <= _SAME_SIZE * abs(new)
