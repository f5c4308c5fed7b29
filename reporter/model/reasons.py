"""Why something is as it is, in names that stay whatever the words: of a gate's result, of a difference, of the report's one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reporter.model.formatting import capitalised


class Significance(StrEnum):
    """What is known of whether the difference of a metric is real."""

    TESTED = "tested"
    """There is an interval or a p-value."""
    UNTESTABLE = "untestable"
    """Predictions or repeated runs are there for it, and give no test, or it is not comparable: `note` says why."""
    UNTESTED = "untested"
    """One run of each, and nothing else."""


class GateReason(StrEnum):
    """Why a gate has the result that it has."""

    WITHIN = "within-limit"
    BEYOND = "beyond-limit"
    PERHAPS_BEYOND = "perhaps-beyond-limit"
    """The interval reaches beyond a margin that it must lie within."""
    PERHAPS_CHANCE = "perhaps-chance"
    """Beyond the limit, and not shown to be real, which it must be."""
    UNUSABLE = "evidence-unusable"
    """Predictions or repeated runs are declared for the metric, and cannot be used."""
    NO_SLICES = "no-slices"
    """A limit on slices, and no slice of that group or size."""
    ROWS_GONE = "test-rows-gone"
    """Rows of the baseline's test set are gone, and what is left does not fail alone."""
    NOT_FINITE = "not-finite"
    UNGATED_NOT_FINITE = "ungated-not-finite"
    """A headline metric without a limit became NaN or infinite."""
    IN_DOUBT = "in-doubt"
    """The value is not of this code, or not what its predictions give."""
    UNREADABLE = "unreadable"
    GONE = "gone"
    NO_VALUE = "no-value"
    NO_NUMBER = "no-number"
    NO_METRIC = "no-such-metric"
    NEVER_ASKED = "never-asked"
    """An earlier rule of reporter.yaml takes each metric of this one."""
    NEW = "new"
    """The baseline does not have the metric."""
    FIRST_REPORT = "first-report"
    BASELINE_LOST = "baseline-lost"
    """There is nothing to compare with although the baseline had gated metrics."""
    BASELINE_NO_NUMBER = "baseline-no-number"
    BASELINE_ZERO = "baseline-zero"
    INCOMPARABLE = "not-comparable"
    NO_DIRECTION = "no-direction"


class ClauseId(StrEnum):
    """What a clause says."""

    OBSTACLE = "cannot-be-judged"
    """Nothing can be judged: the baseline's configuration is broken or lost."""
    BASELINE_LOST = "baseline-lost"
    """There is nothing to compare with although the baseline had gated metrics."""
    NOT_FINITE = "not-finite"
    """Headline metrics without a gate became NaN or infinite."""
    GATE_FAILED = "gate-failed"
    GATE_UNKNOWN = "gate-unknown"
    GATE_IN_DOUBT = "gate-in-doubt"
    LOST_WRITER = "no-stage-writes-it"
    """A stage of the baseline wrote the metrics, or what they were computed from, and none does any more."""
    OTHER_DATA = "other-evaluation-data"
    """Metrics are not comparable: by the pipeline, they were computed on other data."""
    OTHER_ROWS = "other-test-rows"
    """Metrics are not comparable: by their predictions, the test sets differ."""
    SHARED_ROWS = "shared-test-rows"
    """The test sets differ, and are compared on the rows that both have."""
    LABELS = "labels-changed"
    """Metrics are not comparable: the actual values of the same examples differ."""
    TEST_DATA = "test-data-edited"
    """Data for testing changed, though not in rows or labels."""
    EVALUATION_CODE = "evaluation-code-edited"
    SHARED_CODE = "shared-code-edited"
    """Code that computes the metrics and trains too."""
    STALE = "stale-lock"
    OUTDATED = "outdated-lock"
    """dvc.lock is out of date for stages that no metric depends on."""
    UNVERIFIED = "unverified-lock"
    MISMATCH = "values-in-doubt"
    FIRST_REPORT = "first-report"
    FIRST_VALUES = "first-values"
    MIXED = "mixed"
    """Headline metrics are better, and others worse."""
    BETTER = "better"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    CHANGED = "changed"
    INCOMPARABLE = "not-comparable"
    BASELINE_UNREADABLE = "baseline-unreadable"
    UNREADABLE = "unreadable"
    GONE = "gone"
    NEW = "new"
    OTHERS_WORSE = "others-worse"
    """Metrics that are no headlines became worse."""
    UNTESTED = "untested"
    """Nothing says whether the differences just told are real."""
    NO_METRICS = "no-metrics"
    SAME = "metrics-same"
    OTHERS_CHANGED = "others-changed"
    """The headline metrics, if there are any, are the same; others are not."""
    NONE_WORSE = "no-gated-metric-worse"
    GATES_HOLD = "gates-hold"


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the report's sentence."""

    id: ClauseId
    text: str
    metrics: tuple[str, ...] = ()
    """`file:name` of those that it is about; empty where it only counts them, or is about other things."""


@dataclass(frozen=True, slots=True)
class EvaluationChange:
    """One thing that changed in how metrics were computed."""

    id: ClauseId
    clause: str
    """Begins small and has no full stop."""
    file: str = ""
    """Of repeated runs' predictions: the file that it was found in."""

    @property
    def text(self) -> str:
        """As a part of a sentence."""
        return f"{self.file}: {self.clause}" if self.file else self.clause

    @property
    def sentence(self) -> str:
        """As one of its own."""
        return f"{self.text if self.file else capitalised(self.text)}."
