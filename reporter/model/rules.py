"""What a team asks of its report: the content of reporter.yaml as records, with each default in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase

_GLOB = frozenset("*?[")


class Direction(StrEnum):
    """Which way a metric goes where it gets better; `none` where neither way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


class FailOn(StrEnum):
    """Which verdicts make `ci` and `gate` exit 1: `warn` means any but `pass`."""

    FAIL = "fail"
    WARN = "warn"
    NEVER = "never"


class Task(StrEnum):
    """What a model predicts, which decides the metrics that can be recomputed from its predictions."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Average(StrEnum):
    """How a metric of several classes is made of one for each class, as scikit-learn's `average` names it."""

    MACRO = "macro"
    MICRO = "micro"
    WEIGHTED = "weighted"


def is_glob(text: str) -> bool:
    """Whether a path or name holds a sign that `fnmatch` gives a meaning."""
    return bool(_GLOB & set(text))


@dataclass(frozen=True, slots=True)
class SliceRule:
    """A limit on each slice of a metric: of the examples that have one value in a column."""

    max_drop: float
    """A change for the worse, in the metric's own unit."""
    groups: tuple[str, ...] = ()
    """Columns; none stands for all `groups` of the predictions."""
    min_rows: int = 200
    """Smaller slices are not judged."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """Limits of one metric. A drop is a change for the worse, in the metric's own unit and direction."""

    max_drop: float | None = None
    max_relative_drop: float | None = None
    """A fraction: 2 % is 0.02."""
    no_worse_than: float | None = None
    """A margin, in the metric's own unit: it must be shown that the change for the worse is no larger."""
    min: float | None = None
    max: float | None = None
    slices: SliceRule | None = None
    required: bool = False
    """A value that cannot be judged fails instead of being unknown."""
    significant: bool | None = None
    """Whether a drop must be real to fail. None: where a test exists; without one the values decide. True: always, so that nothing
    fails without a test. False: never, the values decide.
    """


@dataclass(frozen=True, slots=True)
class MetricRule:
    """What is asked of the metrics that `match` finds."""

    match: str
    """A glob over `file:name`, or over `name` when it holds no colon."""
    direction: Direction | None = None
    """None: inferred from well-known names."""
    headline: bool = False
    gate: GateRule | None = None

    def matches(self, file: str, name: str) -> bool:
        """Whether the rule is about this metric. Case counts, and `*` stands for any text, `/` and `.` too."""
        subject = f"{file}:{name}" if ":" in self.match else name
        return fnmatchcase(subject, self.match)

    def may_match_in(self, file: str) -> bool:
        """Whether the file's names alone, which may not be known, decide."""
        parts = self.match.split(":")
        around = (":".join(parts[:count]) for count in range(1, len(parts)))
        return len(parts) == 1 or any(fnmatchcase(file, glob) for glob in around)

    def takes_all_of(self, file: str) -> bool:
        """Whether it matches whatever the file holds."""
        return self.matches(file, "")


@dataclass(frozen=True, slots=True)
class LossRule:
    """A column that already says how good each row is: an IoU, an NDCG, a pinball loss, a grader's mark."""

    column: str
    direction: Direction
    """Which way it gets better; never `none`."""


@dataclass(frozen=True, slots=True)
class PredictionsRule:
    """A DVC-tracked file with one row per evaluated example."""

    path: str
    """A glob stands for repeated runs: one file for each."""
    task: Task | None = None
    """None only where `loss` is given, and so is `actual`."""
    actual: str | None = None
    id: str | None = None
    predicted: str | None = None
    score: str | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    positive: str | int | float | bool | None = None
    threshold: float | None = None
    """A score of at least so much makes the positive label, as in scikit-learn's FixedThresholdClassifier; None: more than 0.5, as in
    `predict`."""
    average: Average = Average.MACRO
    groups: tuple[str, ...] = ()
    cluster: str | None = None
    weight: str | None = None
    """The column that says how much each row counts."""
    order: str | None = None
    """The column that says when a row was: rows of neighbouring times are resampled together."""
    loss: LossRule | None = None
    """Nothing is recomputed but the mean of this column."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Name of a recomputed metric → `file:name` of the reported metric that it explains. Of repeated runs each wildcard in it
    stands for what the wildcard of `path` in the same place stands for."""

    @property
    def is_repeated(self) -> bool:
        """Whether `path` stands for repeated runs."""
        return is_glob(self.path)

    @property
    def kind(self) -> str:
        """What is evaluated, to follow `of`: a binary task, a loss."""
        return "a loss" if self.task is None else f"a {self.task} task"

    def explains(self, file: str, name: str) -> bool:
        """Whether it recomputes this reported metric; of repeated runs, one of its rows."""
        return any(
            fnmatchcase(f"{file}:{name}", target) or target == f"{file}:{name}" for target in self.metrics.values()
        )


class Correction(StrEnum):
    """How the p-values of gated metrics are corrected for being several."""

    HOLM = "holm"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SignificanceRule:
    """How sure an interval is to be, of how many resamples, and how p-values are corrected for being several."""

    level: float = 0.95
    resamples: int = 2000
    correction: Correction = Correction.HOLM
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PlotsRule:
    """Which plots are shown, and how many of them get a picture."""

    exclude: tuple[str, ...] = ()
    """Globs over plot ids."""
    max_images: int = 12


class ImageStoreKind(StrEnum):
    """A kind of place for pictures."""

    BRANCH = "branch"
    S3 = "s3"
    FORGE = "forge"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ImagesRule:
    """Where pictures go so that a comment can show them."""

    store: ImageStoreKind = ImageStoreKind.BRANCH
    branch: str = "reporter-assets"
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of Markdown of the team's own."""

    title: str
    file: str


@dataclass(frozen=True, slots=True)
class CommentRule:
    """The comment that a report goes to."""

    title: str = "Model report"
    key: str = "default"
    """Tells several reports on one pull request apart."""
    allow: tuple[CommentRule, ...] = ()
    """Further comments that a report may ask for by their key."""

    def allowed(self, asked: CommentRule) -> CommentRule:
        """The comment that a report goes to which asks for another: that one's key if it is allowed, else this one's.

        The title is never the asker's.
        """
        named = next((each for each in (self, *self.allow) if each.key == asked.key), self)
        return replace(named, allow=())


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole of reporter.yaml."""

    base: str | None = None
    metrics: tuple[MetricRule, ...] = ()
    predictions: tuple[PredictionsRule, ...] = ()
    seeds: str | None = None
    """A glob over metrics files: repeated runs of one revision."""
    folds: str | None = None
    """A glob over metrics files: the folds of a cross-validation."""
    significance: SignificanceRule = SignificanceRule()
    plots: PlotsRule = PlotsRule()
    images: ImagesRule = ImagesRule()
    sections: tuple[Section, ...] = ()
    comment: CommentRule = CommentRule()
    fail_on: FailOn = FailOn.FAIL

    def for_metric(self, file: str, name: str) -> MetricRule | None:
        """The first rule that matches, as reporter.yaml lists them."""
        return next((rule for rule in self.metrics if rule.matches(file, name)), None)

    def direction_of(self, file: str, name: str) -> Direction | None:
        """Which way a metric is better, where a rule says so: one of `metrics`, or the `loss` whose mean it is."""
        rule = self.for_metric(file, name)
        if rule is not None and rule.direction is not None:
            return rule.direction
        losses = ((each.loss, each) for each in self.predictions)
        return next((loss.direction for loss, each in losses if loss is not None and each.explains(file, name)), None)

    def for_unread(self, file: str) -> tuple[MetricRule, ...]:
        """The rules that may be the first to match a metric of a file whose names are not known, as reporter.yaml lists them."""
        found: list[MetricRule] = []
        for rule in self.metrics:
            if rule.may_match_in(file):
                found.append(rule)
            if rule.takes_all_of(file):
                break
        return tuple(found)

    def judged_by(self, base: Rules) -> Rules:
        """These rules with everything that decides the verdict taken from `base`.

        A pull request brings its own reporter.yaml; it may change how the report looks, never how it is judged.
        """
        return replace(
            self,
            metrics=base.metrics,
            predictions=base.predictions,
            seeds=base.seeds,
            folds=base.folds,
            significance=base.significance,
            fail_on=base.fail_on,
        )

    def judges_like(self, other: Rules) -> bool:
        """Whether nothing that decides the verdict differs from `other`."""
        return self.judged_by(other) == self
