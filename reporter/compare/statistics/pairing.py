"""Which rows of two predictions files are the same example."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import MISSING, IntArray, keys
from reporter.compare.statistics.examples import Classified, Examples, Regressed, UnusablePredictionsError, column
from reporter.model.reasons import ClauseId, EvaluationChange
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Table

SHARED_SHARE = 0.5
"""Test sets that share less than this part of the larger one are not comparable."""
SHARED_ROWS = 30
"""Nor are test sets that differ and share fewer rows than this."""

SAME_TARGET = 1e-9
"""Relative: targets of a regression, and weights, are equal if they differ by less (CSV and Parquet write them differently)."""


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """The shared rows of two test sets."""

    base: IntArray
    """Shape (shared,): row numbers in the baseline's file."""
    head: IntArray
    """Shape (shared,): row numbers of the same examples in the candidate's file."""
    whole: bool
    """Both test sets are the same, and in the same order."""
    shared: EvaluationChange | None = None
    """That not all rows are compared."""


@dataclass(frozen=True, slots=True)
class Incomparable:
    """Why two test sets cannot be held against each other."""

    reason: EvaluationChange


Pairing: TypeAlias = Paired | Incomparable


def pair(base: Table, head: Table, sides: tuple[Examples, Examples], rule: PredictionsRule) -> Pairing:
    """Pair rows by `rule.id`; without one by position, if the actual values agree.

    Raises `UnusablePredictionsError` where ids are empty or occur twice.
    """
    pairing = _by_id(base, head, rule.id) if rule.id is not None else _by_position(base, head)
    if isinstance(pairing, Incomparable):
        return pairing
    if reweighted := int(np.count_nonzero(_weight_differs(sides, pairing))):
        differ = f"the weights of {reweighted:,} of {len(pairing.base):,} shared examples differ"
        return _incomparable(ClauseId.OTHER_ROWS, differ)
    relabelled = int(np.count_nonzero(_actual_differs(sides, pairing)))
    if not relabelled:
        return pairing
    if rule.id is None:
        differ = f"the actual values differ in {relabelled:,} of {base.rows:,} rows"
        return _incomparable(ClauseId.OTHER_ROWS, f"{differ}, and no `id` is named to pair rows by")
    differ = f"the actual values of {relabelled:,} of {len(pairing.base):,} shared examples differ"
    return _incomparable(ClauseId.LABELS, f"{differ}: the labels changed")


def _incomparable(kind: ClauseId, clause: str) -> Incomparable:
    return Incomparable(EvaluationChange(kind, clause))


def _actual_differs(sides: tuple[Examples, Examples], pairing: Paired) -> npt.NDArray[np.bool_]:
    base, head = sides
    if isinstance(base, Regressed) and isinstance(head, Regressed):
        return ~np.isclose(base.actual[pairing.base], head.actual[pairing.head], rtol=SAME_TARGET, atol=0.0)
    if not isinstance(base, Classified) or not isinstance(head, Classified):  # scores alone: nothing was to be met
        return np.zeros(len(pairing.head), dtype=np.bool_)
    return np.asarray(base.actual[pairing.base] != head.actual[pairing.head])


def _weight_differs(sides: tuple[Examples, Examples], pairing: Paired) -> npt.NDArray[np.bool_]:
    base, head = (side.weights for side in sides)
    if base is None or head is None:
        return np.zeros(len(pairing.head), dtype=np.bool_)
    return ~np.isclose(base[pairing.base], head[pairing.head], rtol=SAME_TARGET, atol=0.0)


def _by_position(base: Table, head: Table) -> Pairing:
    if base.rows != head.rows:
        differ = f"the test sets differ ({base.rows:,} and {head.rows:,} rows)"
        return _incomparable(ClauseId.OTHER_ROWS, f"{differ}, and no `id` is named to pair rows by")
    rows = np.arange(base.rows)
    return Paired(rows, rows, whole=True)


def _by_id(base: Table, head: Table, name: str) -> Pairing:
    base_ids, head_ids = keys(column(base, name, base=True), column(head, name, base=False))
    _unique(base_ids, name, base=True)
    _unique(head_ids, name, base=False)
    if base_ids == head_ids:
        rows = np.arange(base.rows)
        return Paired(rows, rows, whole=True)
    place = {value: row for row, value in enumerate(base_ids)}
    found = np.fromiter((place.get(value, MISSING) for value in head_ids), np.int64, len(head_ids))
    head_rows = np.flatnonzero(found != MISSING)
    return _judge(Paired(found[head_rows], head_rows, whole=False), base.rows, head.rows)


def _unique(ids: Sequence[Hashable], name: str, *, base: bool) -> None:
    # An empty cell is None, or NaN in a column of numbers: neither names an example.
    empty = sum(1 for value in ids if value is None or value != value or value == "")  # noqa: PLR0124  NaN
    repeated = len(ids) - empty - len(set(ids) - {None, ""}) if not empty else 0
    if empty or repeated:
        what = f"{empty:,} of {len(ids):,} rows have no id"
        if not empty:
            what = f"{repeated:,} of {len(ids):,} rows repeat the id of another"
        raise UnusablePredictionsError(
            f"{what} in column {name!r}, so examples cannot be paired",
            "let `id` name a column that is different in every row",
            base=base,
        )


def _judge(pairing: Paired, base_rows: int, head_rows: int) -> Pairing:
    """Say how many rows are shared, and refuse when they are too few."""
    shared = len(pairing.base)
    if shared == base_rows == head_rows:
        return pairing
    counts = f"{shared:,} rows that both test sets share (baseline {base_rows:,}, candidate {head_rows:,})"
    if shared < SHARED_ROWS or shared < SHARED_SHARE * max(base_rows, head_rows):
        return _incomparable(ClauseId.OTHER_ROWS, f"the test sets differ too much: there are only {counts}")
    return replace(pairing, shared=EvaluationChange(ClauseId.SHARED_ROWS, f"compared on the {counts}"))
