"""What differs between revisions, row by row, and how it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypeAlias

from reporter.model.formatting import capitalised
from reporter.model.forms import FROM, UNWRITTEN, OneOf
from reporter.model.history import MetricHistory
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.reasons import Clause, EvaluationChange, GateReason, Significance
from reporter.model.revision import Revision
from reporter.model.rules import Direction, MetricRule, Rules
from reporter.model.snapshot import PlotSpec, Table
from reporter.model.values import Number, Value


class State(StrEnum):
    """How one thing stands in the candidate against the baseline."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ADDED = "added"
    REMOVED = "removed"
    UNAVAILABLE = "unavailable"
    """Not readable on at least one side: never called new, removed or unchanged."""
    RENAMED = "renamed"
    """Data only."""


class Outcome(StrEnum):
    """What the difference of a metric means: by its interval where there is one, else by its sign and direction."""

    SAME = "same"
    IMPROVED = "improved"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    """The interval of the difference holds zero."""
    CHANGED = "changed"
    """Different, with no direction known or no number."""
    INCOMPARABLE = "incomparable"
    """The evaluation data differ."""
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """Ordered from best to worst: a report's verdict is the worst of its gates'."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    WARN = "warn"
    UNKNOWN = "unknown"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """Its place in this order, 0 for `pass`: the worst of several verdicts has the greatest."""
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class MetricOrigin:
    """Where the baseline has a metric that the candidate has elsewhere."""

    file: str
    """POSIX path from the candidate's DVC project."""
    name: str


@dataclass(frozen=True, slots=True)
class Split:
    """A difference between two test sets that share rows: what of it is the model's, and what the data's."""

    model: float
    """On the rows that both test sets share."""
    data: float
    """What the other rows did: `delta` − `model`."""
    rows: int
    """How many are shared."""
    gone: int
    """Rows of the baseline's test set that are not compared: removed, or with another label now."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric on both sides: its values, their difference and what that means. Every metric has a row, changed or not."""

    file: str
    name: str
    r"""Nested keys are joined by `.`; a dot inside a key is `\.`. Empty: stands for the whole file, where none of its values could be
    read in any revision."""
    base: Value
    """None where there is no value, or where it is null: `state` tells which."""
    head: Value
    delta: Number | None
    """head − base; None unless both are finite numbers or their difference is one."""
    relative: float | None
    """delta / |base|; None at a base of zero."""
    state: State
    direction: Direction
    outcome: Outcome
    interval: tuple[float, float] | None = None
    """Of `delta`, at the configured level, uncorrected."""
    p_value: float | None = None
    """Corrected over the gated metrics."""
    method: str | None = None
    """How `interval` and `p_value` were found: `paired bootstrap, 2000 resamples, n = 6,043`."""
    headline: bool = False
    note: str = ""
    """One sentence a reader must know to read this row rightly; usually empty."""
    tested_delta: float | None = None
    """The difference that `interval` is of and that gates judge, where it is not `delta`: on the rows that both test sets share, or of
    the means over repeated runs."""
    comparable: bool = True
    """False where the evaluation data differ, also of values that happen to be equal."""
    doubt: str = ""
    """Why the values shown are not to be judged by, a clause that reads on after the metric's name: `is not of this code:
    stage train has not run since its params changed`. Usually empty."""
    origin: MetricOrigin | None = field(default=None, metadata=FROM)
    """None: the baseline has it in the same place, or not at all."""
    significance: Significance | None = None
    """None: not known, in a report of an earlier version."""
    unusable: str = ""
    """Why evidence that reporter.yaml declares for the difference cannot be used, a clause that reads on after the metric's name:
    no gate on a drop passes. Usually empty."""
    runs: int = 0
    """Of repeated runs: how many of the candidate's the row stands for. Its file is then a glob, its values are means."""
    run_of: str = ""
    """Of a single run: `file:name` of the row that stands for all runs, and is judged in place of each."""
    split: Split | None = None
    """Of test sets that differ and share enough rows; the model's part is then what is judged."""
    run_files: tuple[str, ...] = field(default=(), metadata=UNWRITTEN)
    """Of repeated runs: the files that the row stands for."""

    @property
    def key(self) -> MetricKey:
        """Which metric the row is of."""
        return MetricKey(self.file, self.name)

    def rule(self, rules: Rules) -> MetricRule | None:
        """What is asked of it; of repeated runs also what is asked of one of them by its name."""
        files = (self.file, *self.run_files)
        return next(filter(None, (rules.for_metric(file, self.name) for file in files)), None)

    @property
    def is_incomparable(self) -> bool:
        """Whether the evaluation data differ, and too little of them is shared to tell what the model did."""
        return not self.comparable and self.split is None

    @property
    def difference(self) -> Number | None:
        """The one that its interval is of, and gates judge: recomputed where it could be, else that of the two values."""
        return self.delta if self.tested_delta is None else self.tested_delta


@dataclass(frozen=True, slots=True)
class ParamRow:
    """One param on both sides. Every param has a row, changed or not."""

    file: str
    name: str
    """Empty: stands for the whole file, as in `MetricRow`."""
    base: Value
    head: Value
    state: State


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a tracked file or directory."""

    hash: str | None
    size: int | None
    """Bytes."""
    nfiles: int | None


@dataclass(frozen=True, slots=True)
class DataRow:
    """A file or directory whose content DVC keeps, on both sides, by its hash."""

    path: str
    state: State
    renamed_from: str | None = field(default=None, kw_only=True, metadata=FROM)
    """The former path."""
    base: Content | None
    head: Content | None
    added: int | None = None
    """Of a changed directory: files only the candidate has; None where a listing is not known."""
    removed: int | None = None
    modified: int | None = None


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage of the pipeline on both sides: what of it changed, and whether dvc.lock is of it."""

    name: str
    state: State
    changed: tuple[str, ...]
    """Any of cmd, deps, params, outs, in this order."""
    outdated: bool
    """The candidate's dvc.lock is not of the candidate's code, params or data."""
    ran: bool = False
    """dvc.lock records another run than the baseline's."""
    ever_ran: bool = True
    """dvc.lock records a run in the candidate (in the baseline for a removed stage)."""
    upstream: tuple[str, ...] = ()
    """Names of the stages whose outputs this one reads, in the candidate (in the baseline for a removed stage)."""


class CauseKind(StrEnum):
    """What kind of thing changed upstream."""

    PARAM = "param"
    CODE = "code"
    DATA = "data"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Cause:
    """A change upstream of a metrics file."""

    kind: CauseKind
    name: str
    """`params.yaml:train.learning_rate`, `src/train.py`, `data/raw.csv`, or the stage's name for its command."""
    stage: str
    """The stage that reads it."""
    distance: int
    """Stages between it and the metrics file: 0 for a change read by the stage that writes the file."""
    base: Value = None
    """Of a param: as the baseline's dvc.lock recorded it; None where it did not."""
    head: Value = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the metrics of one file may differ, nearest change first. Every one is a candidate cause, none is proved."""

    file: str
    """A metrics file."""
    causes: tuple[Cause, ...]
    """Nearest first."""


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """A model or data set that `artifacts` of a dvc.yaml declares, on both sides."""

    name: str
    state: State
    path: str | None
    changed: tuple[str, ...] = ()
    """Names of its fields that differ, and `content` where what lies at its path does."""
    note: str = ""
    """Why it is not known whether the content changed, a clause; usually empty."""


@dataclass(frozen=True, slots=True)
class GateRow:
    """What one limit makes of one metric."""

    metric: str
    """`file:name`; of a rule that matches no metric, its glob."""
    rule: str
    """As a reader would say it: `max_drop 0.005`."""
    result: Verdict
    reason: str
    reason_id: GateReason | None = None
    """The same in a name that stays. None: not known, in a report of an earlier version."""


SLICE_OUTCOMES = (Outcome.REGRESSED, Outcome.IMPROVED, Outcome.INCONCLUSIVE, Outcome.UNKNOWN, Outcome.SAME)
"""Those that a slice can have, the first to be read first."""
SliceOutcome: TypeAlias = Annotated[Outcome, OneOf(SLICE_OUTCOMES)]


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One metric over the examples of one group."""

    predictions: str
    metric: str
    group: str
    value: str
    rows: int
    base: float | None
    head: float | None
    delta: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    """Benjamini–Hochberg over all slices."""
    outcome: SliceOutcome = Outcome.UNKNOWN
    """improved or regressed only where the interval excludes zero and the corrected p says so too; else inconclusive."""


@dataclass(frozen=True, slots=True)
class FlipExample:
    """An example that just one side got right."""

    id: str
    actual: str
    base: str
    head: str
    confidence: float | None
    """The candidate's probability of its own answer."""
    gained: bool
    """Wrong before and right now; else the reverse."""


@dataclass(frozen=True, slots=True)
class Flips:
    """The examples of a predictions file that just one side got right: how many of the `rows` compared, and a few of them."""

    predictions: str
    rows: int
    gained: int
    """Wrong before and right now."""
    lost: int
    examples: tuple[FlipExample, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlotSide:
    """A plot in one revision."""

    revision: Revision
    spec: PlotSpec | None
    """None: the revision does not define the plot."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Data files by path; one that could not be read is absent, and `problems` says why."""
    image: bytes | None = None
    problems: tuple[Problem, ...] = ()
    folder: str = ""
    """Of a side without `spec`: the folder of plots that the revision defines, in which it has no such file; usually empty."""


@dataclass(frozen=True, slots=True, eq=False)
class PlotComparison:
    """A plot over all revisions of a comparison: the baseline first where there is one, then each candidate."""

    id: str
    kind: str
    """The template's name, or `image`."""
    state: State
    """Over all candidates: unchanged only where it is so in each."""
    sides: tuple[PlotSide, ...]
    has_base: bool = True
    """The first side is the baseline."""
    by_candidate: tuple[State | None, ...] = ()
    """Of each candidate against the baseline; None where neither has the plot."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One candidate held against the baseline."""

    revision: Revision
    metrics: tuple[MetricRow, ...]
    params: tuple[ParamRow, ...]
    data: tuple[DataRow, ...]
    stages: tuple[StageRow, ...]
    artifacts: tuple[ArtifactRow, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    slices: tuple[SliceRow, ...] = ()
    flips: tuple[Flips, ...] = ()
    history: tuple[MetricHistory, ...] = ()
    """Of the metrics that no test exists for."""
    problems: tuple[Problem, ...] = ()
    evaluation: tuple[EvaluationChange, ...] = ()
    """What changed in how its metrics were computed: test rows, labels, test data, code."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One baseline, or none on a first report, and at least one candidate."""

    base: Revision | None
    candidates: tuple[Candidate, ...]
    plots: tuple[PlotComparison, ...]
    problems: tuple[Problem, ...] = ()
    """Of the baseline; a candidate has its own."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gates make of one candidate."""

    verdict: Verdict
    gates: tuple[GateRow, ...]
    clauses: tuple[Clause, ...]

    @property
    def summary(self) -> str:
        """One sentence, plain text, without the verdict's symbol and without a full stop."""
        return capitalised("; ".join(clause.text for clause in self.clauses))
