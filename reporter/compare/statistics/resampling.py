"""Paired bootstrap: how far the difference of a metric would vary if the test set were drawn again (Efron 1979, Bootstrap methods:
another look at the jackknife).

Both sides are resampled with the same weights, so what the examples have in common cancels out. A resample is never copied out:
it is a row of weights, how often each example was drawn.

- Metrics of labels depend on the examples only through the joint table of actual × baseline × candidate. Its cells are resampled
  (one multinomial draw per resample), which is the bootstrap of the rows, exactly, at a cost that does not grow with them.
- Other metrics are computed of row weights, for a block of resamples at once.
- Beyond `Plan.row_limit` rows, weights for subsets of the rows stand for resamples of the whole size: the bag of little bootstraps
  (Kleiner, Talwalkar, Sarkar & Jordan 2014, A scalable bootstrap for massive data).
- With weights each row, however often it is drawn, is worth its weight; the joint table does not hold then.
- With clusters, whole clusters are drawn (Davison & Hinkley 1997, Bootstrap methods and their application, section 3.8). Metrics of
  labels and of means are then computed of each cluster's sums.
- Of a series the clusters are steps of time, drawn in blocks of neighbours (`reporter.compare.statistics.series`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import assert_never

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.bag_of_little_bootstraps import Replicates
from reporter.compare.statistics.columns import FloatArray, IntArray
from reporter.compare.statistics.examples import Classified, Examples
from reporter.compare.statistics.metrics import Meant, Metric, Ranked, Tallied
from reporter.compare.statistics.ranked_scores import ranked_values, rankings
from reporter.compare.statistics.series import block_length, draw_blocks, row_differences
from reporter.compare.statistics.tallies import incidence, tally
from reporter.model.rules import Average

BLOCK = 250_000
"""Weights held at once by a thread: 1 MB of them, and a few times that in what is computed of them."""
THREADS = 2
"""Numpy lets go of the interpreter while it gathers and sums."""
PRODUCT = 200_000
"""Multiplications in one matrix product. A larger one OpenBLAS would spread over threads of its own, which on a busy machine spend
most of their time waiting for each other: ten times slower, measured.
"""
TABLE_BLOCK = 4_000_000
"""Counts held at once: of the cells of the joint table, or of what is tallied of them."""
SUBSETS = 20
"""At most: of the bag of little bootstraps."""
FEWEST_OF_A_CLASS = 30
"""Expected examples of each class in a subset."""
SUBSET_POWER = 0.7
"""A subset has at least this power of the number of rows or clusters, which Kleiner et al. found enough."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and of what to resample, and how sure an interval is to be. Of equal data equal plans give equal results."""

    level: float = 0.95
    resamples: int = 2000
    seed: int = 0
    row_limit: int = 100_000
    """Rows (times classes, where each class is ranked) beyond which the bag of little bootstraps is used."""
    subset_rows: int = 50_000
    """Rows of one of its subsets."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The same n examples, as both sides predicted them."""

    base: Examples
    head: Examples
    clusters: IntArray | None = None
    """Shape (n,): numbers from 0; rows of one number are resampled together."""
    ordered: bool = False
    """Clusters are steps of time, and are resampled in blocks of neighbours."""
    block: int = 1
    """How many of them; of examples that are not ordered, 1."""

    @property
    def rows(self) -> int:
        """How many examples there are: n."""
        return self.base.rows

    @property
    def units(self) -> int:
        """What is resampled: rows or clusters."""
        return self.rows if self.clusters is None else int(self.clusters.max()) + 1

    @property
    def weights(self) -> FloatArray | None:
        """Shape (n,): how much each example counts, the same on both sides; None: all alike."""
        return self.head.weights

    @property
    def effective_units(self) -> float:
        """How many rows, clusters or blocks that count alike would say as much (Kish 1965, Survey sampling)."""
        if self.weights is None:
            return self.units / self.block
        each = self.weights if self.clusters is None else np.bincount(self.clusters, weights=self.weights)
        return float(each.sum() ** 2 / np.square(each).sum()) / self.block if each.any() else 0.0

    @property
    def identical(self) -> bool:
        """Both sides predicted the very same."""
        return self.base.same(self.head)

    def take(self, rows: IntArray) -> Pair:
        """The examples of these rows (indices of shape (m,)); clusters that are left are numbered from 0 again."""
        clusters = None if self.clusters is None else np.unique(self.clusters[rows], return_inverse=True)[1]
        return replace(self, base=self.base.take(rows), head=self.head.take(rows), clusters=clusters)

    def in_blocks(self) -> Pair:
        """Of a series, with the length of its blocks; all others as they are."""
        if not self.ordered or self.clusters is None:
            return self
        differences = row_differences(self.base, self.head)
        return replace(self, block=block_length(differences, self.clusters, self.weights))

    def draw(self, rng: np.random.Generator, total: int, count: int) -> npt.NDArray[np.int32]:
        """How often each unit was drawn in each of `count` resamples of `total` units, shape (count, units)."""
        if self.ordered:
            return draw_blocks(rng, self.units, self.block, count)
        return draw(rng, self.units, total, count)


def bootstrap(pair: Pair, metrics: Sequence[Metric], plan: Plan) -> dict[str, Replicates]:
    """Resample the difference of each metric; by the metric's name.

    Each metric is computed of the least that determines it. Those of one kind share their resamples; those of two kinds do not, and
    need not: an interval is of one metric.
    """
    rng = np.random.default_rng(plan.seed)
    from_table = [metric for metric in metrics if is_of_table(metric, pair)]
    from_sums = [metric for metric in metrics if is_of_sums(metric, pair)]
    from_rows = [metric for metric in metrics if metric not in from_table and metric not in from_sums]
    found: dict[str, Replicates] = {}
    units = max(2, round(pair.effective_units))
    if from_table:
        differences = _of_table(pair, from_table, plan, rng)
        found |= {m.name: Replicates(differences[None, :, i], units) for i, m in enumerate(from_table)}
    if from_sums:
        differences = _of_clusters(pair, from_sums, plan, rng)
        found |= {m.name: Replicates(differences[None, :, i], units) for i, m in enumerate(from_sums)}
    if from_rows:
        differences = _of_rows(pair, from_rows, plan, rng)
        found |= {m.name: Replicates(differences[:, :, i], units) for i, m in enumerate(from_rows)}
    return found


def is_of_table(metric: Metric, pair: Pair) -> bool:
    """Whether a metric depends on the rows only through how often each cell of the joint table occurs."""
    return isinstance(metric.formula, Tallied) and pair.clusters is None and pair.weights is None


def is_of_sums(metric: Metric, pair: Pair) -> bool:
    """Whether a metric depends on the rows of a cluster only through their sums: every one but those of the order of scores."""
    return pair.clusters is not None and not isinstance(metric.formula, Ranked)


def subsets_of(pair: Pair, metrics: Sequence[Metric], plan: Plan) -> tuple[int, int]:
    """Number of subsets and rows or clusters of each; (1, all) is the ordinary bootstrap."""
    rows = pair.rows * _rankings(pair, metrics)
    if rows <= plan.row_limit or pair.ordered:  # a subset by chance has no neighbours
        return 1, pair.units
    # As many rows or clusters as hold `subset_rows` of all that is looked at, but never too few to stand for the whole.
    size = math.ceil(pair.units * plan.subset_rows / rows)
    size = max(
        size, math.ceil(pair.units**SUBSET_POWER), math.ceil(pair.units * FEWEST_OF_A_CLASS / _rarest(pair, metrics))
    )
    count = min(SUBSETS, pair.units // size)  # disjoint ones, which Kleiner et al. leave open
    return (count, size) if count > 1 else (1, pair.units)


def _rarest(pair: Pair, metrics: Sequence[Metric]) -> int:
    """Examples of the rarest class that occurs, where a metric looks at single classes: a subset with one of them would draw it
    each time, and so know nothing of how much it varies.
    """
    if not isinstance(pair.base, Classified) or all(isinstance(m.formula, Meant) for m in metrics):
        return pair.units
    counts = np.bincount(pair.base.actual)
    return int(counts[counts > 0].min())


def work(pair: Pair, metrics: Sequence[Metric], plan: Plan) -> int:
    """Rows that all resamples look at together."""
    _, size = subsets_of(pair, metrics, plan)
    return math.ceil(size * pair.rows / pair.units) * _rankings(pair, metrics) * plan.resamples


def _rankings(pair: Pair, metrics: Sequence[Metric]) -> int:
    """How many orders of all rows a resample looks at, for one side."""
    if (
        isinstance(pair.base, Classified)
        and not pair.base.binary
        and any(isinstance(m.formula, Ranked) for m in metrics)
    ):
        return len(pair.base.classes)
    return 1


def _of_table(pair: Pair, metrics: Sequence[Metric], plan: Plan, rng: np.random.Generator) -> FloatArray:
    """Deviations of shape (resamples, metrics) from resamples of the joint table."""
    cells, counts = _joint_table(pair)
    # Each cell is one example, whose weight is how many rows of a resample fall into it: n draws from the rows' shares.
    difference = Difference(cells, metrics)
    block = max(1, TABLE_BLOCK // max(len(counts), 3 * len(difference.classes)))
    replicates = [
        difference(rng.multinomial(pair.rows, counts / pair.rows, size=size).astype(np.int32))
        for size in _blocks(plan.resamples, block)
    ]
    return np.concatenate(replicates) - difference(counts[None, :].astype(np.int32))


def _joint_table(pair: Pair) -> tuple[Pair, IntArray]:
    """One example for each cell of actual × baseline × candidate that occurs, and how often it does."""
    base, head = pair.base, pair.head
    assert isinstance(base, Classified)  # noqa: S101  only labels are tallied
    assert isinstance(head, Classified)  # noqa: S101
    classes = len(base.classes)
    cell = (base.actual * classes + base.predicted) * classes + head.predicted
    _, first, counts = np.unique(cell, return_index=True, return_counts=True)
    return pair.take(first), counts


def _of_clusters(pair: Pair, metrics: Sequence[Metric], plan: Plan, rng: np.random.Generator) -> FloatArray:
    """Deviations of shape (resamples, metrics) from resamples of the clusters' sums, at a cost that does not grow with the rows."""
    difference = Difference(pair, metrics, by_cluster=True)
    # As many clusters as there are, not as many rows: how many rows they hold varies with the draw, as it would in a new test set.
    replicates = [
        difference(pair.draw(rng, pair.units, size)) for size in _blocks(plan.resamples, max(1, BLOCK // pair.units))
    ]
    return np.concatenate(replicates) - difference(np.ones((1, pair.units), dtype=np.int32))


def _of_rows(pair: Pair, metrics: Sequence[Metric], plan: Plan, rng: np.random.Generator) -> FloatArray:
    """Deviations of shape (subsets, resamples of each, metrics)."""
    count, size = subsets_of(pair, metrics, plan)
    # By chance, since a file may be sorted. What the last subset leaves over is not looked at.
    units = np.arange(pair.units) if count == 1 else rng.permutation(pair.units)
    resamples = math.ceil(plan.resamples / count)  # `plan.resamples` are those of all subsets together
    deviations = []
    for start in range(count):
        subset = _of_units(pair, np.sort(units[start * size : (start + 1) * size]))
        deviations.append(_of_subset(subset, metrics, pair.units, resamples, rng))
    return np.stack(deviations)


def _of_units(pair: Pair, units: IntArray) -> Pair:
    """The rows of these units, or all rows of these clusters."""
    if len(units) == pair.units:
        return pair
    return pair.take(units if pair.clusters is None else np.flatnonzero(np.isin(pair.clusters, units)))


def _of_subset(
    pair: Pair, metrics: Sequence[Metric], total: int, resamples: int, rng: np.random.Generator
) -> FloatArray:
    """Deviations of shape (resamples, metrics) from the subset's own difference. `total` units are drawn for each, so that the
    resamples of a subset spread as those of the whole would and need no scaling.

    Each block has a generator of its own, so threads do not change the result.
    """
    difference = Difference(pair, metrics)

    def replicate(block: int, own: np.random.Generator) -> FloatArray:
        weights = pair.draw(own, total, block)
        # Every row of a cluster was drawn as often as the cluster.
        return difference(weights if pair.clusters is None else weights.take(pair.clusters, axis=1))

    blocks = list(_blocks(resamples, max(1, BLOCK // pair.rows)))
    with ThreadPoolExecutor(THREADS) as threads:
        replicates = list(threads.map(replicate, blocks, rng.spawn(len(blocks))))
    return np.concatenate(replicates) - difference(np.ones((1, pair.rows), dtype=np.int32))


def draw(rng: np.random.Generator, units: int, total: int, count: int) -> npt.NDArray[np.int32]:
    """Draw `total` of `units` with replacement, `count` times; how often each unit was drawn, shape (count, units).

    For a subset (`units` < `total`), and for more than `EXACT_UNITS`, the counts are independent Poisson variates, whose sum
    varies a little (Hanley & MacGibbon 2006, Creating non-parametric bootstrap samples using Poisson frequencies). Every
    metric divides by its own sum of weights.
    """
    if units == total and units <= EXACT_UNITS:
        # A multinomial draw over equal shares, two to five times faster than numpy's own (measured).
        drawn = (np.bincount(rng.integers(0, units, units), minlength=units) for _ in range(count))
        return np.stack(list(drawn)).astype(np.int32)
    return _poisson(total / units).take(rng.integers(0, RESOLUTION, (count, units), dtype=np.uint16))


EXACT_UNITS = 10_000
"""Of more, the sum of n Poisson weights strays from n by a standard deviation of less than 1 %, which is 1 / √n."""
RESOLUTION = 65_536
"""Steps of that table: as many as 16 random bits tell apart."""


@lru_cache(maxsize=4)
def _poisson(mean: float) -> npt.NDArray[np.int32]:
    """The quantiles of a Poisson distribution in the middle of `RESOLUTION` equal steps: a table to draw from in one look-up, by
    inversion (Devroye 1986, Non-uniform random variate generation, chapter III).
    """
    from scipy.stats import poisson

    return np.asarray(poisson.ppf((np.arange(RESOLUTION) + 0.5) / RESOLUTION, mean)).astype(np.int32)


class Difference:
    """Metrics of the candidate − metrics of the baseline as a function of weights, shape (B, n) → (B, metrics).

    What several metrics need of the same weights is computed once: one tally and one set of curves a side, and one matrix
    product for all means.
    """

    def __init__(self, pair: Pair, metrics: Sequence[Metric], *, by_cluster: bool = False) -> None:
        """With `by_cluster` the weights are of the clusters, and no metric may be `Ranked`."""
        self._metrics = metrics
        self._binary = isinstance(pair.base, Classified) and pair.base.binary
        self.classes = pair.base.classes if isinstance(pair.base, Classified) else ()
        sides = (pair.base, pair.head)
        tallied = any(isinstance(metric.formula, Tallied) for metric in metrics)
        self._incidence = [incidence(side) for side in sides if isinstance(side, Classified)] if tallied else []
        # Metric by metric, the baseline's columns before the candidate's: `__call__` takes their means in this order.
        columns = [[m.formula.columns(side) for side in sides] for m in metrics if isinstance(m.formula, Meant)]
        self._columns = np.hstack([column for both in columns for column in both]) if columns else None
        self._sizes: FloatArray | None = None
        self._weights = pair.weights
        if by_cluster and pair.clusters is not None:
            self._sum_clusters(pair.clusters, np.ones(pair.rows) if pair.weights is None else pair.weights)
        elif pair.weights is not None:
            self._weigh(pair.weights)
        self._widths = [both[0].shape[1] for both in columns for _ in sides]
        averages = dict.fromkeys(metric.average for metric in metrics if isinstance(metric.formula, Ranked))
        self._rankings = {
            average: [rankings(side, average) for side in sides if isinstance(side, Classified)] for average in averages
        }

    def _sum_clusters(self, clusters: IntArray, weights: FloatArray) -> None:
        """Put each cluster's weighted sums in the place of its rows, and note their weight: means are over rows, not clusters."""
        from scipy.sparse import csr_array

        membership = csr_array((weights, (clusters, np.arange(len(clusters)))))
        self._incidence = [membership @ matrix for matrix in self._incidence]
        self._columns = None if self._columns is None else np.asarray(membership @ self._columns)
        self._sizes = np.bincount(clusters, weights=weights).astype(np.float64)

    def _weigh(self, weights: FloatArray) -> None:
        """Let each row be worth its weight however often it is drawn."""
        self._incidence = [matrix.multiply(weights[:, None]).tocsr() for matrix in self._incidence]
        self._columns = None if self._columns is None else self._columns * weights[:, None]
        self._sizes = weights

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def __call__(self, weights: npt.NDArray[np.int32]) -> FloatArray:
        """NaN where a metric is not defined on the weighted examples, or too large for a float."""
        tallies = [tally(matrix, weights, binary=self._binary) for matrix in self._incidence]
        means = self._means(weights)
        ranked = {average: self._ranked(average, weights) for average in self._rankings}
        values = []
        for metric in self._metrics:  # each takes what is next of the means, or of the ranked values of its average
            match metric.formula:
                case Tallied(value):
                    base, head = (value(counts, metric.average) for counts in tallies)
                case Meant(_, value):
                    base, head = value(next(means)), value(next(means))
                case Ranked():
                    base, head = next(ranked[metric.average])
                case _:
                    assert_never(metric.formula)
            values.append(head - base)
        differences = np.column_stack(values)
        return np.where(np.isfinite(differences), differences, np.nan)

    def _ranked(self, average: Average, weights: npt.NDArray[np.int32]) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Both sides' values of the metrics with this average, in the order of the metrics."""
        functions = [m.formula.value for m in self._metrics if isinstance(m.formula, Ranked) and m.average is average]
        drawn = weights if self._weights is None else weights * self._weights
        base, head = (ranked_values(side, functions, drawn) for side in self._rankings[average])
        return zip(base, head, strict=True)

    def _means(self, weights: npt.NDArray[np.int32]) -> Iterator[FloatArray]:
        """Weighted means of every metric's columns, shape (B, k) each: the baseline's, then the candidate's, metric by metric."""
        if self._columns is None:
            return iter(())
        total = weights.sum(axis=1) if self._sizes is None else weights @ self._sizes
        means = _product(weights, self._columns) / total[:, None]
        return iter(np.split(means, np.cumsum(self._widths)[:-1], axis=1))


def _product(weights: npt.NDArray[np.int32], columns: FloatArray) -> FloatArray:
    """Shape (B, n) times shape (n, k), a few rows of `columns` at a time."""
    product = np.zeros((len(weights), columns.shape[1]))
    step = max(1, PRODUCT // product.size)
    for start in range(0, len(columns), step):
        product += weights[:, start : start + step].astype(np.float64) @ columns[start : start + step]
    return product


def _blocks(total: int, block: int) -> Iterator[int]:
    """Sizes that add up to `total`, none larger than `block`."""
    for done in range(0, total, block):
        yield min(block, total - done)
