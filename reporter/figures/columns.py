"""Columns as an axis reads them: numbers, dates or names, with a count of what is none of these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from reporter.figures.text import unmarked
from reporter.model.snapshot import Column

Floats = npt.NDArray[np.float64]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_DIGITS = re.compile(r"([0-9]{1,15})")
_SAMPLE = 50
"""Rows looked at to tell what a column of text holds."""


class AxisKind(StrEnum):
    """What the values along an axis are."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"


def kind_of(columns: Sequence[Column]) -> AxisKind:
    """What an axis shared by all `columns` must show; text that reads as numbers counts as numbers."""
    kinds = {_kind_of_one(column) for column in columns if len(column)}
    if AxisKind.NAME in kinds or len(kinds) > 1:
        return AxisKind.NAME
    return kinds.pop() if kinds else AxisKind.NUMBER


def _kind_of_one(column: Column) -> AxisKind:
    if column.dtype != object:
        return AxisKind.NUMBER
    filled = [value for value in column[: _SAMPLE * 10] if value not in (None, "")][:_SAMPLE]
    if sum(_number(value) is not None for value in filled) * 2 >= len(filled):
        return AxisKind.NUMBER
    return AxisKind.DATE if all(_DATE.fullmatch(str(value)) for value in filled) else AxisKind.NAME


def numbers(column: Column) -> tuple[Floats, int]:
    """The column as float64, shape (rows,), and how many of its cells hold text that is no number (NaN in the result)."""
    if column.dtype != object:
        return column.astype(np.float64), 0
    try:
        return np.where(column == None, np.nan, column).astype(np.float64), 0  # noqa: E711  elementwise
    except ValueError:
        parsed = [_number(value) for value in column]
        strange = sum(number is None and value not in (None, "") for number, value in zip(parsed, column, strict=True))
        return np.array([np.nan if number is None else number for number in parsed], dtype=np.float64), strange


def names(column: Column) -> Column:
    """The column as text, shape (rows,), object; an empty cell is the empty string."""
    if column.dtype == object:
        return np.array([name(value) for value in column], dtype=object)
    distinct, places = np.unique(column, return_inverse=True)  # a table has a few classes in many rows
    return np.array([name(value) for value in distinct.tolist()], dtype=object)[places]


def written_names(column: Column) -> Column:
    """The column as values of an axis of names, none of which plotly takes for markup; shape (rows,), object."""
    return np.array([unmarked(label) for label in names(column)], dtype=object)


def name(value: object) -> str:
    """One value as a label: whole floats without their `.0`, since CSV readers make floats of class numbers."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def in_order(labels: Sequence[str]) -> list[str]:
    """Distinct labels as a reader expects them: numbers by size, else by the alphabet with `c2` before `c10`."""
    distinct = set(labels)
    parsed = {label: _number(label) for label in distinct}
    if all(number is not None for number in parsed.values()):
        return sorted(distinct, key=lambda label: (parsed[label] or 0.0, label))
    return sorted(distinct, key=_natural)


def _natural(label: str) -> list[tuple[int, str]]:
    parts = _DIGITS.split(label)
    return [(int(part) if part.isdecimal() and part.isascii() else -1, part) for part in parts]


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever is no number raises
    except (TypeError, ValueError):
        return None
