"""Tables: the data of plots and predictions files, as columns of numpy arrays."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from reporter.collect.formats.number_texts import plain_columns
from reporter.collect.formats.structured import non_finite, parse
from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import one_line
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Column, Table
from reporter.model.values import MOST_DIGITS

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_ALL_BUT = {delimiter: bytes(set(range(256)) - set(f"{delimiter}\n".encode())) for delimiter in _DELIMITERS.values()}
"""Each byte that ends no cell."""
_STRUCTURED = {".json", ".yaml", ".yml", ".toml"}
_NOT_FINITE = ("nan", "NaN", "Nan", "NAN", "inf", "Inf", "INF", "infinity", "Infinity", "INFINITY")
_NOT_A_NUMBER = {"", *(sign + name for sign in ("", "+", "-") for name in _NOT_FINITE)}
"""Cells that a column of numbers may hold; a column of nothing else is text."""
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGERS = re.compile(rf"(?:{_INTEGER.pattern}\n)*+")
_DECIMALS = re.compile(rf"(?:{_DECIMAL.pattern}\n)*+")
_INT64 = range(-(2**63), 2**63)
_EXACT_IN_FLOAT64 = 2**53
_SAFE_DIGITS = 15
"""An integer of so many digits survives as float64."""


def plot_table(data: bytes, path: str, *, header: bool = True) -> Table:
    """Data of a plot: CSV and TSV, or the rows found in a JSON, YAML or TOML file. Raises UnreadableError.

    Without a `header` the columns of a CSV file are called 0, 1, …
    """
    extension = posixpath.splitext(path)[1].lower()
    if extension in _DELIMITERS:
        return _separated(data, _DELIMITERS[extension], header=header)
    if extension in _STRUCTURED:
        return _from_rows(_rows_in(parse(data, path)))
    raise UnreadableError(
        ProblemKind.FORMAT, "is no plot that DVC draws", "use JSON, YAML, CSV, TSV or an image", edits=True
    )


def predictions_table(data: bytes, path: str) -> Table:
    """A predictions file: CSV, TSV, JSON (rows) or Parquet. Raises UnreadableError."""
    extension = posixpath.splitext(path)[1].lower()
    if extension in {".parquet", ".pq"}:
        return _parquet(data)
    if extension in _DELIMITERS or extension in _STRUCTURED:
        return plot_table(data, path)
    raise UnreadableError(
        ProblemKind.FORMAT, "is no table that can be read", "use CSV, TSV, JSON or Parquet", edits=True
    )


def column(cells: Sequence[str]) -> Column:
    """Text cells as int64, float64 (an empty cell is NaN), or else object (an empty cell is None).

    Text stays text: `007`, `1_000`, a column of nothing but `inf`, and numbers too large to be kept exactly.
    """
    joined = "\n".join(cells) + "\n"
    if len(cells) == joined.count("\n"):  # no cell holds a line break
        plain = plain_columns(joined, 1)
        if plain is not None:
            return plain[0]
        if _INTEGERS.fullmatch(joined):
            return _long_integers(cells)
        if _DECIMALS.fullmatch(joined):
            return np.fromstring(joined, dtype=np.float64, sep="\n")
        if numbers := _numbers_with_gaps(cells):
            return np.array(numbers, dtype=np.float64)
    return np.array([cell or None for cell in cells], dtype=object)


def values_column(values: Sequence[Any]) -> Column:
    """Parsed values (None for a missing one) as bool, int64, float64 or object.

    In a column of numbers the texts `nan`, `inf` and the like are numbers, as in a column of text cells.
    """
    if str in (kinds := {type(value) for value in values}) and kinds & {int, float}:
        values = _with_non_finite(values)
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if kinds == {bool} and len(present) == len(values):
        return np.array(values, dtype=np.bool_)
    if kinds == {int} and len(present) == len(values) and all(value in _INT64 for value in values):
        return np.array(values, dtype=np.int64)
    if (
        kinds
        and kinds <= {int, float}
        and all(abs(value) <= _EXACT_IN_FLOAT64 for value in present if type(value) is int)
    ):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    objects = np.empty(len(values), dtype=object)
    objects[:] = [value if value is None or isinstance(value, str) else str(value) for value in values]
    return objects


def _with_non_finite(values: Sequence[Any]) -> Sequence[Any]:
    """With those texts as numbers; as they are where there is any other text."""
    numbers = [non_finite(value) if isinstance(value, str) else value for value in values]
    is_text = any(number is None and value is not None for number, value in zip(numbers, values, strict=True))
    return values if is_text else numbers


def _long_integers(cells: Sequence[str]) -> Column:
    if max(map(len, cells)) > MOST_DIGITS:
        return np.array(cells, dtype=object)
    numbers = [int(cell) for cell in cells]
    if min(numbers) in _INT64 and max(numbers) in _INT64:
        return np.array(numbers, dtype=np.int64)
    return np.array(cells, dtype=object)


def _numbers_with_gaps(cells: Sequence[str]) -> list[float] | None:
    """Numbers among empty cells, NaN and infinities; None if there is any other text, or no number at all."""
    numbers = [cell for cell in cells if cell not in _NOT_A_NUMBER]
    if not numbers or not _DECIMALS.fullmatch("\n".join(numbers) + "\n"):
        return None
    if any(len(cell) > _SAFE_DIGITS and _INTEGER.fullmatch(cell) for cell in numbers):
        return None  # an id, too long to be kept exactly beside a gap
    return [float(cell) if cell else np.nan for cell in cells]


def _separated(data: bytes, delimiter: str, *, header: bool) -> Table:
    try:
        text = data.decode("utf-8-sig")
        width = _even_width(text, delimiter)
        plain = _plain_table(text, delimiter, width, header=header)
        if plain is not None:
            return plain
        columns = _even_columns(text, delimiter, width) if width else _any_columns(text, delimiter)
    except UnicodeDecodeError as error:
        raise UnreadableError(
            ProblemKind.CORRUPT, "is not text in UTF-8", "write it as CSV or TSV in UTF-8", edits=True
        ) from error
    except csv.Error as error:
        raise UnreadableError(
            ProblemKind.CORRUPT,
            f"is not a table ({one_line(str(error))})",
            "mend the file, or run the stage that writes it",
            edits=True,
        ) from error
    if header:
        return Table({cells[0]: column(cells[1:]) for cells in columns})
    return Table({str(number): column(cells) for number, cells in enumerate(columns)})


def _even_width(text: str, delimiter: str) -> int:
    """How many cells each row has of a table without quotes whose rows are all as long as the first; 0 for any other.

    Nearly all tables are such. With four of 100,000 rows a report would take a third more of the processor by a reader that knows about
    quotes, and a fifteenth more by pandas, which also reads `007` as a number.
    """
    if '"' in text or "\r" in text or not text.endswith("\n"):
        return 0
    width = text.partition("\n")[0].count(delimiter) + 1
    if width == 1 and (text.startswith("\n") or "\n\n" in text):
        return 0  # an empty line is no row
    ends = text.encode().translate(None, _ALL_BUT[delimiter])
    return width if ends == f"{delimiter * (width - 1)}\n".encode() * text.count("\n") else 0


def _plain_table(text: str, delimiter: str, width: int, *, header: bool) -> Table | None:
    """An even table of nothing but plain numbers; None for any other."""
    first, _, below = text.partition("\n")
    cells = (below if header else text).replace(delimiter, "\n")
    columns = plain_columns(cells, width) if width and cells else None
    if columns is None:
        return None
    names = first.split(delimiter) if header else map(str, range(width))
    return Table(dict(zip(names, columns, strict=True)))


def _even_columns(text: str, delimiter: str, width: int) -> list[list[str]]:
    cells = text[:-1].replace("\n", delimiter).split(delimiter)
    return [cells[number::width] for number in range(width)]


def _any_columns(text: str, delimiter: str) -> list[list[str]]:
    """The columns of any table: a short row has empty cells, what is beyond the first row's length is dropped."""
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    width = len(rows[0]) if rows else 0
    return [[row[number] if number < len(row) else "" for row in rows] for number in range(width)]


def _rows_in(content: Any) -> list[dict[str, Any]]:
    """The rows that DVC finds in a file: lists of objects at any depth, joined side by side."""
    rows: list[dict[str, Any]] = []
    for found in _lists(content):
        for number, row in enumerate(found):
            if number == len(rows):
                rows.append({})
            rows[number].update(row)
    return rows


def _lists(content: Any) -> Iterator[list[dict[str, Any]]]:
    if isinstance(content, Mapping):
        for value in content.values():
            yield from _lists(value)
    elif isinstance(content, list) and content and all(isinstance(row, Mapping) for row in content):
        yield content


def _from_rows(rows: list[dict[str, Any]]) -> Table:
    names = dict.fromkeys(str(name) for row in rows for name in row)
    if not rows:
        raise UnreadableError(
            ProblemKind.PLOT, "holds no list of rows to draw", "write a list of objects, one for each row", edits=True
        )
    return Table({name: values_column([row.get(name) for row in rows]) for name in names})


def _without_pyarrow() -> UnreadableError:
    """Why pandas finds none: one that does not go with the numpy that is installed is none to it."""
    from importlib import import_module

    try:
        import_module("pyarrow")
    except ModuleNotFoundError:
        pass
    except ImportError as error:
        message = f"is Parquet, and pyarrow cannot be loaded: {one_line(str(error))}"
        return UnreadableError(ProblemKind.FORMAT, message, "install versions of pyarrow and numpy that fit each other")
    return UnreadableError(
        ProblemKind.FORMAT,
        "is Parquet, which needs pyarrow",
        "run `pip install pyarrow` where reporter is installed",
    )


def _parquet(data: bytes) -> Table:
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except ImportError as error:
        raise _without_pyarrow() from error
    except (ValueError, OSError) as error:
        raise UnreadableError(
            ProblemKind.CORRUPT, "is not valid Parquet", "run the stage that writes it", edits=True
        ) from error
    return Table({str(name): _frame_column(frame[name]) for name in frame.columns})


def _frame_column(series: Any) -> Column:
    if series.dtype.kind in "iufb":
        return np.asarray(series.to_numpy())
    return values_column(
        [None if missing else value for value, missing in zip(series.tolist(), series.isna(), strict=True)]
    )
