"""Columns of a predictions file as numbers and labels, whichever format and type they were written in."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from reporter.model.snapshot import Column

IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]

MISSING = -1
"""The code of an empty cell."""

_WHOLE = re.compile(r"(-?\d+)\.0+")
_TRUTH = {"true": "1", "false": "0"}


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Columns of labels over one vocabulary."""

    codes: tuple[IntArray, ...]
    """For each column, shape (rows,): indices into `labels`, or `MISSING`."""
    labels: tuple[str, ...]
    """In their canonical spelling, in the order of first appearance."""
    names: tuple[str, ...]
    """As a reader knows them: the first spelling met."""


def canonical(value: object) -> str | None:
    """Give the label's one spelling: `1`, `1.0`, `'1'`, `'1.0'`, True and `'true'` are one label; None for an empty cell."""
    match value:
        case None:
            return None
        case bool() | np.bool_():
            return "1" if value else "0"
        case int() | np.integer():
            return str(int(value))
        case float() | np.floating():
            return _canonical_float(float(value))
        case _:
            text = str(value).strip()
            whole = _WHOLE.fullmatch(text)
            return whole[1] if whole else _TRUTH.get(text.lower(), text) or None


def encode(columns: Sequence[Column]) -> Encoded:
    """Number the labels of several columns over one vocabulary."""
    vocabulary: dict[str, int] = {}
    names: list[str] = []
    codes = []
    for column in columns:
        values, positions = _distinct(column)
        translation = np.empty(len(values), dtype=np.int64)
        for index, value in enumerate(values):
            label = canonical(value)
            if label is not None and label not in vocabulary:
                vocabulary[label] = len(vocabulary)
                names.append(str(value).strip() if isinstance(value, str) else label)
            translation[index] = MISSING if label is None else vocabulary[label]
        codes.append(translation[positions])
    return Encoded(tuple(codes), tuple(vocabulary), tuple(names))


def numbers(column: Column) -> FloatArray:
    """Read a column as float64; what is empty or no number is NaN."""
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        return np.fromiter(map(_number, column.tolist()), dtype=np.float64, count=len(column))


def keys(base: Column, head: Column) -> tuple[list[Any], list[Any]]:
    """Give the values that pair rows, comparable across two files: text with text as written, else canonically."""
    if (base.dtype == object) == (head.dtype == object):
        return base.tolist(), head.tolist()
    return [canonical(value) for value in base.tolist()], [canonical(value) for value in head.tolist()]


def _canonical_float(value: float) -> str | None:
    if math.isnan(value):
        return None
    return str(int(value)) if value.is_integer() else repr(value)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # anything else raises, and is then no number
    except (TypeError, ValueError):
        return math.nan


def _distinct(column: Column) -> tuple[list[Any], IntArray]:
    """Distinct values and, for each row, the position of its value among them.

    Text goes through a dictionary: sorting a million Python strings takes seconds, hashing them a tenth of one.
    """
    if column.dtype != object:
        values, positions = np.unique(column, return_inverse=True)
        return values.tolist(), positions
    seen: dict[Any, int] = {}
    positions = np.fromiter((seen.setdefault(value, len(seen)) for value in column.tolist()), np.int64, len(column))
    return list(seen), positions
