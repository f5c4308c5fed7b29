"""The same metrics over the examples of one group: where a candidate is much better or worse than the whole suggests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reporter.compare.statistics.columns import MISSING, IntArray, encode
from reporter.compare.statistics.correction import benjamini_hochberg
from reporter.compare.statistics.estimates import Estimate, estimates
from reporter.compare.statistics.metrics import Metric
from reporter.compare.statistics.resampling import Pair, Plan
from reporter.model.comparison import Outcome, SliceRow
from reporter.model.snapshot import Column

FEWEST_ROWS = 30
"""Smaller slices are left out: they would head every list by chance."""
MOST_VALUES = 30
"""Of one group: its largest slices."""
SHOWN = 5
"""Of each metric in each group: the worst and as many of the best, besides all that are clearly worse or better."""
RESAMPLES = 1000
"""At most: there may be hundreds of slices."""
ROW_LIMIT = 5000
"""A slice of more rows is resampled by the bag of little bootstraps."""

_CLEAR = frozenset({Outcome.IMPROVED, Outcome.REGRESSED})


@dataclass(frozen=True, slots=True)
class Slice:
    """One metric over one group's examples, and how much better the candidate is there."""

    row: SliceRow
    gain: float | None
    """Its difference, positive for the better; None where the metric is not defined."""


@dataclass(frozen=True, slots=True)
class Slices:
    """All slices of one predictions file."""

    found: tuple[Slice, ...] = ()
    """Every slice that was looked at, with its p-value uncorrected."""
    left_out: tuple[str, ...] = ()
    """What was not looked at, one sentence for each group."""


def slices(pair: Pair, predictions: str, metrics: Sequence[Metric], groups: Mapping[str, Column], plan: Plan) -> Slices:
    """Estimate every metric in every slice; `groups` are columns of shape (pair.rows,)."""
    # Half of `ROW_LIMIT` in each subset, so that a slice just beyond it may still give two.
    smaller = replace(plan, resamples=min(plan.resamples, RESAMPLES), row_limit=ROW_LIMIT, subset_rows=ROW_LIMIT // 2)
    found: list[Slice] = []
    left_out: list[str] = []
    for group, column in groups.items():
        encoded = encode([column])
        values, note = _largest(encoded.codes[0], group)
        left_out += [note] if note else []
        for code in values:
            rows = np.flatnonzero(encoded.codes[0] == code)
            value = encoded.names[code] if code != MISSING else "(empty)"
            of_slice = estimates(pair.take(rows), metrics, smaller)
            row = SliceRow(predictions, "", group, value, len(rows), None, None, None, None, None)
            found += [_slice(metric, of_slice[metric.name], row) for metric in metrics]
    return Slices(tuple(found), tuple(left_out))


def worst_and_best(found: Sequence[Slice], level: float) -> tuple[SliceRow, ...]:
    """Correct the p-values over all slices, then choose the worst and best ones of each metric and group, worst first.

    A large slice that is clearly a little worse is not left out for small ones that seem much worse by chance.
    """
    # Over all slices at once, for each is a look for something to be alarmed at, whichever metric or group it is of.
    p_values = benjamini_hochberg([each.row.p_value for each in found])
    families: dict[tuple[str, str, str], list[tuple[float, SliceRow]]] = {}
    for each, p_value in zip(found, p_values, strict=True):
        if each.gain is not None:
            family = families.setdefault((each.row.predictions, each.row.metric, each.row.group), [])
            outcome = _outcome(each, p_value, level)
            family.append((each.gain, replace(each.row, p_value=p_value, outcome=outcome)))
    shown: list[SliceRow] = []
    for family in families.values():
        ranked = [row for _, row in sorted(family, key=lambda member: member[0])]
        shown += [
            row for place, row in enumerate(ranked) if row.outcome in _CLEAR or not SHOWN <= place < len(ranked) - SHOWN
        ]
    return tuple(shown)


def _outcome(found: Slice, p_value: float | None, level: float) -> Outcome:
    """Whether a slice is better or worse, which among many slices takes the corrected p-value too: of the intervals alone, which are
    not corrected, one in twenty would exclude zero by chance at a level of 95 %.
    """
    if not found.row.delta or found.row.interval is None or p_value is None:
        return Outcome.SAME if found.row.delta == 0 else Outcome.UNKNOWN
    low, high = found.row.interval
    if low <= 0 <= high or p_value >= 1 - level:
        return Outcome.INCONCLUSIVE
    return Outcome.IMPROVED if (found.gain or 0) > 0 else Outcome.REGRESSED


def _largest(codes: IntArray, group: str) -> tuple[list[int], str]:
    """Choose the values to look at, largest first, and say what was left out."""
    values, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    enough = [int(values[i]) for i in order if counts[i] >= FEWEST_ROWS]
    if len(enough) <= MOST_VALUES:
        return enough, ""
    return enough[
        :MOST_VALUES
    ], f"{group!r} has {len(values):,} values: only its {MOST_VALUES} largest slices are looked at"


def _slice(metric: Metric, estimate: Estimate, row: SliceRow) -> Slice:
    base, head, delta = (x if math.isfinite(x) else None for x in (estimate.base, estimate.head, estimate.delta))
    gain = delta if delta is None or metric.higher_is_better else -delta
    found = replace(
        row,
        metric=metric.name,
        base=base,
        head=head,
        delta=delta,
        interval=estimate.interval,
        p_value=estimate.p_value,
    )
    return Slice(found, gain)
