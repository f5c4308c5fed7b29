"""What the predictions and repeated runs of two revisions say about the differences between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reporter.model.comparison import Flips, SliceRow
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.reasons import EvaluationChange


@dataclass(frozen=True, slots=True)
class MetricEvidence:
    """What is known of the difference of one reported metric beyond its two values."""

    interval: tuple[float, float] | None = None
    """Of head − base, at the configured level, uncorrected. None where none can be given: `note` says why."""
    p_value: float | None = None
    """Two-sided. Of a gated metric corrected over all gated metrics, of any other metric as it was found."""
    method: str | None = None
    """How `interval` and `p_value` were found: `paired bootstrap, 2,000 resamples, n = 6,043`."""
    note: str = ""
    """What a reader must know to read the row rightly, in full sentences; usually empty."""
    incomparable: EvaluationChange | None = None
    """Why the evaluation data differ too much for a comparison; then there is neither interval nor p-value."""
    tested_delta: float | None = None
    """The difference that the interval is of, where it is not that of the two reported values: on the rows that both test sets
    share, or of the means over repeated runs."""
    doubt: str = ""
    """That a reported value is not what the predictions give, as in `MetricRow`; then there is neither interval nor p-value."""
    unusable: str = ""
    """As in `MetricRow`."""
    rows: int = 0
    """Rows of the shared part, where the test sets differ."""
    gone: int = 0
    """As in `Split`."""
    runs_of: MetricKey | None = None
    """Of repeated runs: a glob over their files, and the name of the metric."""
    same_examples: bool = False
    """The interval is of the same examples on both sides, row for row; that of repeated runs is not known to be."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything `reporter.compare.statistics` finds out about a candidate and its baseline."""

    metrics: Mapping[MetricKey, MetricEvidence] = field(default_factory=dict)
    """By the reported metric; one that nothing is known of is absent."""
    slices: tuple[SliceRow, ...] = ()
    flips: tuple[Flips, ...] = ()
    problems: tuple[Problem, ...] = ()
    test_rows: tuple[EvaluationChange, ...] = ()
    """How the test rows or their labels differ between the revisions; usually empty."""
