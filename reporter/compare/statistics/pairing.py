"""Which rows of two predictions files are the same example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import MISSING, IntArray, keys
from reporter.compare.statistics.examples import Classified, Examples, Regressed, UnusablePredictionsError, column
from reporter.model.formatting import counted
from reporter.model.reasons import ClauseId, EvaluationChange
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Column, Table

SHARED_SHARE = 0.5
"""Test sets that share less than this part of the larger one are not comparable."""
SHARED_ROWS = 30
"""Nor are test sets that differ and share fewer rows than this."""

CORRECTED_SHARE = 0.05
"""Up to this part of the shared rows may have another label by a correction; of more, those rows count as gone."""
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
    by_position: bool = False
    """No column that tells rows apart was named for it."""
    gone: int = 0
    """Rows of the baseline's test set that are not compared, a few corrected labels aside."""


@dataclass(frozen=True, slots=True)
class Incomparable:
    """Why two test sets cannot be held against each other."""

    reason: EvaluationChange


Pairing: TypeAlias = Paired | Incomparable


def pair(base: Table, head: Table, sides: tuple[Examples, Examples], rule: PredictionsRule) -> Pairing:
    """Pair rows by `rule.id`; without one by position, if the actual values agree and nothing speaks against it.

    Raises `UnusablePredictionsError` where ids are empty or occur twice.
    """
    pairing = _by_id(base, head, rule.id) if rule.id is not None else _by_position(base, head, sides, rule)
    if isinstance(pairing, Incomparable):
        return pairing
    if reweighted := int(np.count_nonzero(_weight_differs(sides, pairing))):
        differ = f"the weights of {reweighted:,} of {len(pairing.base):,} shared examples differ"
        return _incomparable(ClauseId.OTHER_ROWS, differ)
    relabelled = _actual_differs(sides, pairing)
    if not relabelled.any():
        return pairing
    count = int(np.count_nonzero(relabelled))
    if rule.id is None:
        differ = f"the actual values differ in {count:,} of {base.rows:,} rows"
        return _incomparable(ClauseId.OTHER_ROWS, f"{differ}, and no `id` is named to pair rows by")
    kept = Paired(pairing.base[~relabelled], pairing.head[~relabelled], whole=False)
    return _judge(kept, base.rows, head.rows, relabelled=count)


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


def _by_position(base: Table, head: Table, sides: tuple[Examples, Examples], rule: PredictionsRule) -> Pairing:
    """A file that is sorted by its labels or scores keeps its actual values in place whatever becomes of its rows, so that these say
    nothing: then a column that tells rows apart has to agree.
    """
    no_id = "no `id` is named to pair rows by"
    if base.rows != head.rows:
        differ = f"the test sets differ ({base.rows:,} and {head.rows:,} rows)"
        return _incomparable(ClauseId.OTHER_ROWS, f"{differ}, and {no_id}")
    loss = rule.loss.column if rule.loss is not None else None
    answers = {rule.actual, rule.predicted, rule.score, loss, *rule.scores.values()}
    others = [name for name in base.columns if name in head.columns and name not in answers]
    telling = {name: _order(base.columns[name], head.columns[name]) for name in others}
    if moved := [name for name, order in telling.items() if order is _Order.OTHER]:
        return _incomparable(
            ClauseId.OTHER_ROWS, f"the rows are in another order by their column {moved[0]!r}, and {no_id}"
        )
    if _Order.SAME not in telling.values() and (sorted_by := _sorted_by(sides, rule)):
        return _incomparable(ClauseId.OTHER_ROWS, f"the rows are sorted by {sorted_by!r}, and {no_id}")
    rows = np.arange(base.rows)
    return Paired(rows, rows, whole=True, by_position=True)


class _Order(Enum):
    """What a column says of the order of two files' rows."""

    SAME = auto()
    OTHER = auto()
    UNKNOWN = auto()
    """It hardly tells rows apart, or holds something else in each file, as a model's own output does."""


def _order(base: Column, head: Column) -> _Order:
    before, after = keys(base, head)
    if 2 * len(set(after)) < len(after):
        return _Order.UNKNOWN
    if before == after:
        return _Order.SAME
    return _Order.OTHER if Counter(before) == Counter(after) else _Order.UNKNOWN


def _sorted_by(sides: tuple[Examples, Examples], rule: PredictionsRule) -> str:
    """The column of labels or scores that both files are sorted by; empty for none, and for predictions that are the same anyway."""
    base, head = sides
    if isinstance(base, Classified) and isinstance(head, Classified):
        if base.same(head):
            return ""
        if _is_sorted(base.actual) and _is_sorted(head.actual):
            return rule.actual or ""
        scores = [side.scores for side in (base, head) if side.scores is not None and side.scores.ndim == 1]
        return rule.score or "" if scores and all(map(_is_sorted, scores)) else ""
    if isinstance(base, Regressed) and isinstance(head, Regressed) and not base.same(head):
        return rule.actual or "" if _is_sorted(base.actual) and _is_sorted(head.actual) else ""
    return ""


def _is_sorted(values: npt.NDArray[Any]) -> bool:
    """Rising or falling, and not all the same; too few to be sorted on purpose are not."""
    steps = np.diff(values)
    return len(values) >= SHARED_ROWS and bool(steps.any()) and bool((steps >= 0).all() or (steps <= 0).all())


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


def _judge(pairing: Paired, base_rows: int, head_rows: int, relabelled: int = 0) -> Pairing:
    """Say how many rows are shared, and refuse when they are too few. `relabelled` rows are in both, and not compared."""
    shared = len(pairing.base)
    if shared == base_rows == head_rows:
        return pairing
    alike = f" with the same label ({counted(relabelled, 'label')} changed; " if relabelled else " ("
    counts = f"{shared:,} rows that both test sets share{alike}baseline {base_rows:,}, candidate {head_rows:,})"
    if shared < SHARED_ROWS or shared < SHARED_SHARE * max(base_rows, head_rows):
        if relabelled:
            differ = f"the actual values of {relabelled:,} of {shared + relabelled:,} shared examples differ"
            return _incomparable(ClauseId.LABELS, f"{differ}: the labels changed")
        return _incomparable(ClauseId.OTHER_ROWS, f"the test sets differ too much: there are only {counts}")
    corrected = relabelled if relabelled <= CORRECTED_SHARE * (shared + relabelled) else 0
    return replace(
        pairing,
        shared=EvaluationChange(ClauseId.SHARED_ROWS, f"compared on the {counts}"),
        gone=base_rows - shared - corrected,
    )
