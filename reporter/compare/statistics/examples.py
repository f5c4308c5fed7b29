"""The evaluated examples of one revision: what was true, what was predicted, and how sure the model was; or how good each was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.phrases import named
from reporter.compare.statistics.columns import MISSING, Encoded, FloatArray, IntArray, canonical, encode, numbers
from reporter.model.problem import ProblemKind
from reporter.model.rules import PredictionsRule, Task
from reporter.model.snapshot import Column, Table

THRESHOLD = 0.5
"""Without a column of predicted labels and a threshold of the team's own, a score above this means the positive class (what `predict`
of scikit-learn does)."""

ROUNDING = 1e-6
"""How far beyond 0 or 1 a probability may be, unless its type is coarser: text does not tell the type."""
SIMPLE = 2**14
"""A fraction with such a denominator, as a forest of as many trees gives it, is exact in any precision."""
SAMPLE = 1000
"""Rows whose digits are looked at."""

_Kind: TypeAlias = "np.dtype[np.floating[Any]]"


class UnusablePredictionsError(Exception):
    """A predictions file cannot be evaluated; becomes a problem of the revision it belongs to."""

    def __init__(
        self, message: str, hint: str = "", kind: ProblemKind = ProblemKind.CORRUPT, *, base: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind
        self.base = base
        """It is the baseline's file."""


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """Examples of a classification, n rows and K classes."""

    classes: tuple[str, ...]
    """As a reader knows them; of a binary task (negative, positive)."""
    actual: IntArray
    """Shape (n,): indices into `classes`."""
    predicted: IntArray
    """Shape (n,)."""
    scores: FloatArray | None
    """Probabilities, shape (n, K); of a binary task the score of the positive class, shape (n,). None: not given."""
    binary: bool = False
    """Metrics of one class are of class 1 alone, not an average over classes."""
    precision: float = float(np.finfo(np.float64).eps)
    """The machine epsilon of the type that the scores were written in."""
    weights: FloatArray | None = None
    """Shape (n,): how much each example counts, not negative; None: all alike."""
    decide: Callable[[FloatArray], IntArray] | None = None
    """How `predicted` was made of `scores`; None where it was given."""

    @property
    def rows(self) -> int:
        """How many examples there are: n."""
        return len(self.actual)

    @property
    def has_probabilities(self) -> bool:
        """Scores lie between 0 and 1, but for rounding: a softmax in single precision gives 1 + 10⁻⁷."""
        beyond = max(ROUNDING, 4 * self.precision)
        return self.scores is not None and bool(self.scores.min() >= -beyond and self.scores.max() <= 1 + beyond)

    def same(self, other: Examples) -> bool:
        """Predictions and scores are equal, value for value."""
        if not isinstance(other, Classified) or not np.array_equal(self.predicted, other.predicted):
            return False
        if self.scores is None or other.scores is None:
            return self.scores is other.scores
        return np.array_equal(self.scores, other.scores)

    def take(self, rows: IntArray) -> Classified:
        """The examples of these rows (indices of shape (m,), which may repeat), over the same classes."""
        scores = _taken(self.scores, rows)
        weights = _taken(self.weights, rows)
        return replace(self, actual=self.actual[rows], predicted=self.predicted[rows], scores=scores, weights=weights)


@dataclass(frozen=True, slots=True, eq=False)
class Regressed:
    """Examples of a regression, n rows."""

    actual: FloatArray
    """Shape (n,), in the target's unit."""
    predicted: FloatArray
    """Shape (n,), in the same unit."""
    weights: FloatArray | None = None
    """Shape (n,): how much each example counts, not negative; None: all alike."""

    @property
    def rows(self) -> int:
        """How many examples there are: n."""
        return len(self.actual)

    def same(self, other: Examples) -> bool:
        """Predictions are equal, value for value."""
        return isinstance(other, Regressed) and np.array_equal(self.predicted, other.predicted)

    def take(self, rows: IntArray) -> Regressed:
        """The examples of these rows: indices of shape (m,), which may repeat."""
        return Regressed(self.actual[rows], self.predicted[rows], _taken(self.weights, rows))


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Examples each of which has a score of its own already, n rows."""

    values: FloatArray
    """Shape (n,)."""
    weights: FloatArray | None = None
    """Shape (n,): how much each example counts, not negative; None: all alike."""

    @property
    def rows(self) -> int:
        """How many examples there are: n."""
        return len(self.values)

    def same(self, other: Examples) -> bool:
        """Scores are equal, value for value."""
        return isinstance(other, Scored) and np.array_equal(self.values, other.values)

    def take(self, rows: IntArray) -> Scored:
        """The examples of these rows: indices of shape (m,), which may repeat."""
        return Scored(self.values[rows], _taken(self.weights, rows))


Examples: TypeAlias = Classified | Regressed | Scored


def _taken(values: FloatArray | None, rows: IntArray) -> FloatArray | None:
    return None if values is None else values[rows]


def read(base: Table, head: Table, rule: PredictionsRule) -> tuple[Examples, Examples]:
    """Read both sides of a predictions file over one set of classes.

    Raises `UnusablePredictionsError` where a column is missing or a cell is empty or no number.
    """
    sides = _read(base, head, rule)
    if rule.weight is None:
        return sides
    weights = _weights(base, rule.weight, base=True), _weights(head, rule.weight, base=False)
    return replace(sides[0], weights=weights[0]), replace(sides[1], weights=weights[1])


def _weights(table: Table, name: str, *, base: bool) -> FloatArray:
    weights = numbers(column(table, name, base=base))
    require_all(np.isfinite(weights) & (weights >= 0), name, "no finite number of at least 0", base=base)
    if not weights.any():
        hint = "let a row that counts have a weight above 0"
        raise UnusablePredictionsError(f"every row has a weight of 0 in column {name!r}", hint, base=base)
    return weights


def _read(base: Table, head: Table, rule: PredictionsRule) -> tuple[Examples, Examples]:
    if rule.loss is not None:
        name = rule.loss.column
        return Scored(_finite(base, name, base=True)), Scored(_finite(head, name, base=False))
    if rule.actual is None:
        raise ValueError("predictions without a loss need actual values")
    if rule.task is Task.REGRESSION:
        return _regressed(base, rule, rule.actual, base=True), _regressed(head, rule, rule.actual, base=False)
    return _classified(base, head, rule, rule.actual)


def column(table: Table, name: str, *, base: bool) -> Column:
    """A column by its name. Raises `UnusablePredictionsError` where the file has none of that name; `base` says whose file it is."""
    if name not in table.columns:
        raise UnusablePredictionsError(
            f"there is no column {name!r}",
            f"name one of {', '.join(map(repr, table.columns))} in reporter.yaml",
            ProblemKind.CONFIGURATION,
            base=base,
        )
    return table.columns[name]


def _regressed(table: Table, rule: PredictionsRule, actual: str, *, base: bool) -> Regressed:
    predicted = rule.predicted or rule.score
    if predicted is None:
        raise UnusablePredictionsError(
            "a regression needs `predicted`",
            "name the column of predictions in reporter.yaml",
            ProblemKind.CONFIGURATION,
        )
    return Regressed(_finite(table, actual, base=base), _finite(table, predicted, base=base))


def _finite(table: Table, name: str, *, base: bool) -> FloatArray:
    values = numbers(column(table, name, base=base))
    require_all(np.isfinite(values), name, "no finite number", base=base)
    return values


def require_all(good: npt.NDArray[np.bool_], name: str, instead: str, *, base: bool) -> None:
    """Refuse a column with a bad cell, and a file without rows; `instead` names what such a cell has."""
    if not len(good):
        raise UnusablePredictionsError("there are no rows", "evaluate at least one example", base=base)
    if count := int(np.count_nonzero(~good)):
        raise UnusablePredictionsError(
            f"{count:,} of {len(good):,} rows have {instead} in column {name!r}",
            "let the evaluation write a prediction for every example, or leave the example out",
            base=base,
        )


def _classified(base: Table, head: Table, rule: PredictionsRule, target: str) -> tuple[Classified, Classified]:
    actual = (column(base, target, base=True), column(head, target, base=False))
    predicted: tuple[Column, ...] = ()
    if rule.predicted is not None:
        predicted = (column(base, rule.predicted, base=True), column(head, rule.predicted, base=False))
    # Scored classes come first, so that a class's number is its column in the array of scores.
    encoded = encode([np.array(list(rule.scores), dtype=object), *actual, *predicted])
    for codes, name, is_base in zip(
        encoded.codes[1:], (target, target, rule.predicted, rule.predicted), (True, False) * 2, strict=False
    ):
        require_all(codes != MISSING, str(name), "nothing", base=is_base)
    if rule.task is Task.BINARY:
        encoded = _binary(encoded, rule)
    return _side(base, encoded, rule, base=True), _side(head, encoded, rule, base=False)


def _side(table: Table, encoded: Encoded, rule: PredictionsRule, *, base: bool) -> Classified:
    _, *columns = encoded.codes
    actual, *predicted = columns[0 if base else 1 :: 2]
    scores = _scores(table, encoded, rule, base=base)
    if scores is not None and scores.ndim > 1:
        _every_class_scored(actual, encoded, rule, base=base)
    kind = _kind(table, rule)
    decide = None if predicted else partial(_decided, threshold=rule.threshold, kind=kind, base=base)
    return Classified(
        encoded.names,
        actual,
        predicted[0] if decide is None else decide(scores),
        scores,
        binary=rule.task is Task.BINARY,
        precision=float(np.finfo(kind).eps),
        decide=decide,
    )


def _kind(table: Table, rule: PredictionsRule) -> _Kind:
    """The type that the scores had when they were computed: the coarsest of their columns'."""
    names = [*([rule.score] if rule.score else []), *rule.scores.values()]
    columns = [table.columns[name] for name in names if name in table.columns]
    floats = [column for column in columns if column.dtype.kind == "f"]
    kinds = [np.dtype(np.float32) if _was_single(column) else column.dtype for column in floats]
    return min(kinds, key=lambda kind: kind.itemsize, default=np.dtype(np.float64))


def _was_single(column: Column) -> bool:
    """Whether doubles, which are all that text holds, are numbers of single precision written out: in full, as JSON has them, or in as few
    digits as tell them apart, as CSV has them. Simple fractions and doubles that were rounded to few digits may be either: then not.
    """
    if column.dtype != np.float64 or not np.isfinite(column).all():
        return False
    with np.errstate(over="ignore"):
        single = column.astype(np.float32)
    if np.array_equal(single, column):
        return bool((np.frexp(column)[0] * SIMPLE % 1 != 0).any())
    some = list(zip(column[:SAMPLE].tolist(), single[:SAMPLE], strict=True))
    return all(float(str(short)) == value for value, short in some) and any(
        float(f"{value:.7g}") != value for value, _ in some
    )


def _scores(table: Table, encoded: Encoded, rule: PredictionsRule, *, base: bool) -> FloatArray | None:
    if rule.task is Task.BINARY:
        return None if rule.score is None else _finite(table, rule.score, base=base)
    if not rule.scores:
        return None
    scores = np.zeros((table.rows, len(encoded.labels)))
    for index, name in enumerate(rule.scores.values()):
        scores[:, index] = _finite(table, name, base=base)
    return scores


def _decided(scores: FloatArray | None, *, threshold: float | None, kind: _Kind, base: bool) -> IntArray:
    if scores is None:
        raise UnusablePredictionsError(
            "neither `predicted` nor a score is named",
            "name the column of predicted labels, or of probabilities, in reporter.yaml",
            ProblemKind.CONFIGURATION,
            base=base,
        )
    if scores.ndim > 1:
        return np.asarray(np.argmax(scores, axis=1))
    if threshold is None:
        return (scores > THRESHOLD).astype(np.int64)
    # In the scores' own type, as the project compares them: a single-precision 0.35 is below 0.35.
    with np.errstate(over="ignore"):
        limit = np.array(threshold).astype(kind)
    return np.asarray(scores.astype(kind) >= limit, dtype=np.int64)


def _every_class_scored(actual: IntArray, encoded: Encoded, rule: PredictionsRule, *, base: bool) -> None:
    if int(actual.max()) >= len(rule.scores):
        raise UnusablePredictionsError(
            f"the class {encoded.names[int(actual.max())]!r} occurs, but no column holds its probability",
            "name its column under `scores` in reporter.yaml",
            ProblemKind.CONFIGURATION,
            base=base,
        )


def _binary(encoded: Encoded, rule: PredictionsRule) -> Encoded:
    """Number the two labels anew: 0 is negative, 1 positive."""
    positive = _positive(encoded, rule)
    names = dict(zip(encoded.labels, encoded.names, strict=True))
    negative = [name for label, name in names.items() if label != positive]
    if len(negative) > 1:
        raise UnusablePredictionsError(
            f"a binary task has two labels, but these were found: {named(map(repr, encoded.names))}",
            "set `task: multiclass`, or `positive` to one of two labels",
            ProblemKind.CONFIGURATION,
        )
    index = encoded.labels.index(positive) if positive in names else MISSING
    codes = tuple((column == index).astype(np.int64) for column in encoded.codes)
    shown = (negative[0] if negative else f"not {positive}", names.get(positive, positive))
    return Encoded(codes, shown, shown)


def _positive(encoded: Encoded, rule: PredictionsRule) -> str:
    label = canonical(rule.positive)
    if label is not None:
        return label
    if set(encoded.labels) <= {"0", "1"}:
        return "1"
    raise UnusablePredictionsError(
        f"which label is positive is not known: {named(map(repr, encoded.names))}",
        "set `positive` in reporter.yaml",
        ProblemKind.CONFIGURATION,
    )
