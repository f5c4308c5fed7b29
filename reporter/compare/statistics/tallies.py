"""Metrics of predicted labels. All are functions of three counts per class: hits, actual, predicted.

Definitions and conventions (a ratio without a denominator is 0) are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.examples import Classified
from reporter.model.rules import Average


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts of B weightings of the same examples, each of shape (B, K)."""

    hits: FloatArray
    """Examples of a class that were predicted as that class."""
    actual: FloatArray
    """Examples of a class."""
    predicted: FloatArray
    """Examples predicted as a class."""
    binary: bool = False
    """Metrics of one class are of class 1 alone instead of an average."""

    @property
    def total(self) -> FloatArray:
        """Shape (B, 1)."""
        return np.asarray(self.actual.sum(axis=1, keepdims=True))


TallyFunction: TypeAlias = Callable[[Tally, Average], FloatArray]
"""Shape (B,) of a tally of shape (B, K)."""


def incidence(examples: Classified) -> Any:
    """Sparse 0/1 matrix of shape (n, 3 K): what each example adds to hits, actual and predicted of each class."""
    from scipy.sparse import csr_array

    rows, classes = examples.rows, len(examples.classes)
    every = np.arange(rows)
    hit = examples.actual == examples.predicted
    row = np.concatenate([every[hit], every, every])
    kind = np.concatenate([examples.actual[hit], classes + examples.actual, 2 * classes + examples.predicted])
    return csr_array((np.ones(len(row)), (row, kind)), shape=(rows, 3 * classes))


def tally(matrix: Any, weights: npt.NDArray[np.int32 | np.float64], *, binary: bool) -> Tally:
    """Count the examples of an incidence matrix once for each row of `weights`, shape (B, n)."""
    hits, actual, predicted = np.split(np.asarray(matrix.T @ weights.T.astype(np.float64)).T, 3, axis=1)
    return Tally(hits, actual, predicted, binary)


def accuracy(counts: Tally, _: Average) -> FloatArray:
    """Share of the examples that are hits."""
    return _ratio(counts.hits.sum(axis=1), counts.total[:, 0])


def balanced_accuracy(counts: Tally, _: Average) -> FloatArray:
    """Mean recall of the classes that occur (Brodersen et al. 2010, The balanced accuracy and its posterior distribution)."""
    return _mean_of_present(_ratio(counts.hits, counts.actual), counts.actual > 0)


def recall(counts: Tally, average: Average) -> FloatArray:
    """Hits among the examples of a class (sensitivity; Σ hits / Σ actual)."""
    return _averaged(counts, average, counts.hits, counts.actual)


def precision(counts: Tally, average: Average) -> FloatArray:
    """Hits among the examples predicted as a class (Σ hits / Σ predicted)."""
    return _averaged(counts, average, counts.hits, counts.predicted)


def f_beta(counts: Tally, average: Average, *, beta: float) -> FloatArray:
    """Harmonic mean of precision and recall, where recall weighs `beta` times as much (van Rijsbergen 1979, Information retrieval):
    (1 + β²) hits / (β² actual + predicted).
    """
    return _averaged(counts, average, (1 + beta**2) * counts.hits, beta**2 * counts.actual + counts.predicted)


def specificity(counts: Tally, average: Average) -> FloatArray:
    """Share of the examples of other classes that were not predicted as this class: of a binary task the recall of class 0."""
    others = counts.total - counts.actual
    return _averaged(counts, average, others - (counts.predicted - counts.hits), others)


def mcc(counts: Tally, _: Average) -> FloatArray:
    """Matthews correlation coefficient for K classes (Gorodkin 2004, Comparing two K-category assignments by a
    K-category correlation coefficient).
    """
    # Covariances of the two indicators of K classes, times n²: n Σ hits − Σ actual × predicted; of one with itself n² − Σ actual².
    total = counts.total[:, 0]
    covariance = counts.hits.sum(axis=1) * total - (counts.actual * counts.predicted).sum(axis=1)
    spread = (total**2 - (counts.actual**2).sum(axis=1)) * (total**2 - (counts.predicted**2).sum(axis=1))
    return _ratio(covariance, np.sqrt(spread))


def _averaged(counts: Tally, average: Average, numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """The ratio of class 1, or the average of all classes': as scikit-learn does, the macro average leaves out a class that is neither
    actual nor predicted, and the weighted one weights by how often a class is actual.
    """
    if counts.binary:
        return _ratio(numerator[:, 1], denominator[:, 1])
    each = _ratio(numerator, denominator)
    match average:
        case Average.MACRO:
            return _mean_of_present(each, counts.actual + counts.predicted > 0)
        case Average.MICRO:
            return _ratio(numerator.sum(axis=1), denominator.sum(axis=1))
        case Average.WEIGHTED:
            return _ratio((each * counts.actual).sum(axis=1), counts.total[:, 0])


def _mean_of_present(values: FloatArray, present: npt.NDArray[np.bool_]) -> FloatArray:
    """Over classes, shape (B, K) → (B,). A resample may lack a class, and then does not count it as 0."""
    return _ratio((values * present).sum(axis=1), present.sum(axis=1))


def _ratio(numerator: FloatArray, denominator: FloatArray | npt.NDArray[np.integer]) -> FloatArray:
    """The quotient, 0 without a denominator: scikit-learn's `zero_division`."""
    return np.divide(numerator, denominator, out=np.zeros(np.shape(numerator)), where=denominator > 0)
