"""Each metric's difference with the interval and the p-value that suit it best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics import losses, ranked_scores, tallies
from reporter.compare.statistics.bag_of_little_bootstraps import ROUNDING, Replicates
from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.delong import delong
from reporter.compare.statistics.examples import Classified
from reporter.compare.statistics.mcnemar import flips_interval, mcnemar
from reporter.compare.statistics.metrics import Meant, Metric, Ranked, Tallied, evaluate
from reporter.compare.statistics.resampling import Pair, Plan, bootstrap, is_of_sums, is_of_table, subsets_of, work
from reporter.model.formatting import level as shown

FEWEST_UNITS = 10
"""Of rows or clusters: fewer say too little about how much others would differ."""
MOST_WORK = 20_000_000_000
"""Rows over all resamples and classes: some minutes."""
MOST_UNDEFINED = 0.2
"""Share of resamples; a metric that is undefined in more of them gets no interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric on both sides of the same examples."""

    base: float
    """Not finite where the metric is not defined."""
    head: float
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    """Uncorrected."""
    method: str | None = None
    note: str = ""

    @property
    def delta(self) -> float:
        """Not finite where either side is not."""
        return self.head - self.base


def estimates(pair: Pair, metrics: Sequence[Metric], plan: Plan) -> dict[str, Estimate]:
    """Estimate each metric, by its name: ROC AUC of two classes by DeLong, the p-value of accuracy, and of any
    other share of the examples, by McNemar (both only without clusters and weights, which they do not know of), everything else by the bootstrap.

    A metric without an interval has a note that says why.
    """
    pair = pair.in_blocks()
    found = {metric.name: Estimate(evaluate(metric, pair.base), evaluate(metric, pair.head)) for metric in metrics}
    defined = [metric for metric in metrics if math.isfinite(found[metric.name].delta)]
    for metric in metrics:
        if metric not in defined:
            found[metric.name] = replace(found[metric.name], note=f"{metric.name} is not defined on these examples.")
    if pair.units < FEWEST_UNITS:
        unit = "steps of time" if pair.ordered else "rows" if pair.clusters is None else "clusters"
        note = (
            f"No interval: there are only {pair.units} {unit}, and {FEWEST_UNITS} are the least to estimate one from."
        )
        return found | {metric.name: replace(found[metric.name], note=note) for metric in defined}
    if (worth := pair.effective_units) < FEWEST_UNITS:
        note = f"No interval: {_why_little(pair, worth)}, and {FEWEST_UNITS} are the least to estimate one from."
        return found | {metric.name: replace(found[metric.name], note=note) for metric in defined}
    if pair.identical:  # no resample could differ, so none is drawn
        same = f"identical predictions, n = {pair.rows:,}"
        return found | {m.name: replace(found[m.name], interval=(0.0, 0.0), p_value=1.0, method=same) for m in defined}
    notes = {metric.name: note for metric in defined if (note := _too_little(metric, pair, plan))}
    found |= {name: replace(found[name], note=note) for name, note in notes.items()}
    defined = [metric for metric in defined if metric.name not in notes]
    # DeLong's variance of an area is what resampling would come near to, in closed form.
    resampled = [metric for metric in defined if not _has_delong(metric, pair)]
    for metric in (metric for metric in defined if _has_delong(metric, pair)):
        found[metric.name] = _by_delong(found[metric.name], pair, plan.level)
    replicates = bootstrap(pair, resampled, plan)  # together: metrics share tallies, rankings and weights
    for metric in resampled:
        method = _method(pair, resampled, metric, plan)
        found[metric.name] = _by_bootstrap(found[metric.name], replicates[metric.name], plan.level, method)
    for metric in resampled:
        if (hits := _hits(metric, pair)) is not None:
            found[metric.name] = _with_mcnemar(found[metric.name], *hits, plan.level)
    return found


def _why_little(pair: Pair, worth: float) -> str:
    if pair.block == 1:
        return f"by their weights the rows say as little as {worth:.1f} would"
    return f"{pair.units:,} steps of time that hang together over {pair.block:,} say as little as {worth:.1f} would"


def _too_little(metric: Metric, pair: Pair, plan: Plan) -> str:
    """Why a metric of the order of scores gets no interval; empty where it does."""
    if not isinstance(metric.formula, Ranked) or not isinstance(pair.base, Classified):
        return ""
    rarest = int(np.bincount(pair.base.actual, minlength=2).min())
    if pair.base.binary and rarest < FEWEST_UNITS:
        return (
            f"No interval: a class has only {rarest} examples, and {FEWEST_UNITS} are the least to estimate one from."
        )
    if work(pair, [metric], plan) > MOST_WORK:
        return (
            f"No interval: {len(pair.base.classes):,} classes with too few examples of some are too many to resample."
        )
    return ""


def _is_simple(pair: Pair) -> bool:
    """Examples are independent and count alike, as DeLong and McNemar take them to."""
    return pair.clusters is None and pair.weights is None


def _has_delong(metric: Metric, pair: Pair) -> bool:
    """ROC AUC of two classes."""
    auc = isinstance(metric.formula, Ranked) and metric.formula.value is ranked_scores.roc_auc
    return auc and _is_simple(pair) and isinstance(pair.base, Classified) and pair.base.binary


_Hits: TypeAlias = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
"""Which examples the baseline had right, and which the candidate, each of shape (n,)."""


def _hits(metric: Metric, pair: Pair) -> _Hits | None:
    """Of a metric that is a share of the examples, for McNemar's test: accuracy of any number of classes, and any mean of zeros and
    ones, such as marks of a grader.
    """
    if not _is_simple(pair):
        return None
    base, head = pair.base, pair.head
    match metric.formula:
        case Tallied(value) if value is tallies.accuracy:
            assert isinstance(base, Classified) and isinstance(head, Classified)  # noqa: S101, PT018  of labels
            return base.predicted == base.actual, head.predicted == head.actual
        case Meant(columns, value) if value is losses.the_mean:
            sides = columns(base)[:, 0], columns(head)[:, 0]
            return (sides[0] == 1, sides[1] == 1) if all(map(_is_share, sides)) else None
        case _:
            return None


def _is_share(values: FloatArray) -> bool:
    """Nothing but zeros and ones; the first few values tell nearly always."""
    return all(bool(np.isin(some, (0.0, 1.0)).all()) for some in (values[:100], values))


def _by_delong(estimate: Estimate, pair: Pair, level: float) -> Estimate:
    base, head = pair.base, pair.head
    assert isinstance(base, Classified) and isinstance(head, Classified)  # noqa: S101, PT018  see _has_delong
    assert base.scores is not None and head.scores is not None  # noqa: S101, PT018
    difference = delong(base.actual == 1, base.scores, head.scores)
    if not difference.estimable:
        return replace(estimate, note=NO_SPREAD)
    method = f"DeLong, n = {pair.rows:,}"
    return replace(estimate, interval=difference.interval(level), p_value=difference.p_value, method=method)


NO_SPREAD = "No interval: every resample gives the same difference, so its spread cannot be estimated."


def _by_bootstrap(estimate: Estimate, replicates: Replicates, level: float, method: str) -> Estimate:
    """The estimate with what its resamples say, or with a note of why they say nothing."""
    if replicates.undefined > MOST_UNDEFINED:  # what is left of them is no fair sample
        return replace(estimate, note=f"No interval: undefined in {replicates.undefined:.0%} of the resamples.")
    if not replicates.show(level):
        return replace(estimate, note=f"No interval: too few resamples, or examples, to show one of {shown(level)}.")
    rounding = ROUNDING * max(abs(estimate.base), abs(estimate.head))
    if replicates.constant(rounding):
        # A difference that no resample doubts is no proof of one: all examples changed alike, and others may not.
        if abs(estimate.delta) > rounding:
            return replace(estimate, note=NO_SPREAD)
        return replace(estimate, interval=(0.0, 0.0), p_value=1.0, method=method)
    note = (
        f"Undefined in {replicates.undefined:.1%} of the resamples, which are left out." if replicates.undefined else ""
    )
    return replace(
        estimate,
        interval=replicates.interval(estimate.delta, level, rounding),
        p_value=replicates.p_value(estimate.delta, rounding),
        method=method,
        note=note,
    )


def _with_mcnemar(
    estimate: Estimate, base_right: npt.NDArray[np.bool_], head_right: npt.NDArray[np.bool_], level: float
) -> Estimate:
    """The exact p-value, and the interval no narrower than the one that belongs to it: of few flips the bootstrap's is."""
    method = "exact McNemar" if estimate.method is None else f"{estimate.method}; p-value: exact McNemar"
    interval = estimate.interval
    if interval is not None:
        low, high = flips_interval(base_right, head_right, level)
        interval = min(interval[0], low), max(interval[1], high)
    return replace(estimate, interval=interval, p_value=mcnemar(base_right, head_right), method=method)


def _method(pair: Pair, metrics: Iterable[Metric], metric: Metric, plan: Plan) -> str:
    """What a reader is told of how a metric was resampled, as `bootstrap` does it; `metrics` are all that it was given."""
    rows = f"n = {pair.rows:,}" if pair.weights is None else f"n = {pair.rows:,} weighted"
    if is_of_table(metric, pair):
        return f"paired bootstrap, {plan.resamples:,} resamples, {rows}"
    from_rows = [m for m in metrics if not is_of_table(m, pair) and not is_of_sums(m, pair)]
    count, size = (1, pair.units) if is_of_sums(metric, pair) else subsets_of(pair, from_rows, plan)
    what = "paired bootstrap" if pair.clusters is None else f"paired bootstrap of {pair.units:,} clusters"
    if pair.ordered:
        what = f"paired circular block bootstrap of {pair.units:,} steps of time, {pair.block:,} in a block"
    if count > 1:
        unit = "rows" if pair.clusters is None else "clusters"
        what = f"{what}, bag of little bootstraps ({count} × {size:,} {unit})"
    return f"{what}, {plan.resamples:,} resamples, {rows}"
