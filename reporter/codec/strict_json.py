"""The text of report.json, as anybody may have written it, into a tree: the first pass, which bounds what any later one meets.

Python's parser alone lets through keys that are named twice and numbers that are none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from reporter.codec.bounds import MOST_CHARACTERS, MOST_OBJECTS, MOST_ROWS, MOST_VALUES
from reporter.errors import BundleError
from reporter.model.values import MOST_DIGITS

Tree: TypeAlias = "bool | int | float | str | Sequence[Tree] | Mapping[str, Tree] | None"

HINT = "Write the bundle again with `reporter report`."
_WHOLE_REPORTS = ("reports", "candidates")
"""Lists whose items have lists of rows themselves."""
_DEEPEST_REPORT = 2
_LONG_NUMBER = re.compile(rf"(?<![0-9])[0-9]{{{MOST_DIGITS + 1}}}")
"""Sought from the beginning of each run of digits only, which takes no longer than the text is."""


def document(text: str) -> Tree:
    """A strictly valid JSON document within all bounds. Raises BundleError for anything else, however hostile."""
    _check_size(text)
    try:
        tree: Tree = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object_without_repetition
        )
    except (ValueError, RecursionError) as error:
        raise BundleError(f"report.json is not strictly valid JSON: {_one_line(error, text)}.", HINT) from error
    _check_rows(tree)
    return tree


def _check_size(text: str) -> None:
    """Before it is parsed: what a few characters stand for may take all memory."""
    if len(text) > MOST_CHARACTERS:
        raise _too_large(f"is longer than {MOST_CHARACTERS:,} characters")
    if text.count("{") > MOST_OBJECTS:
        raise _too_large(f"holds more than {MOST_OBJECTS:,} objects")
    if text.count(",") + text.count("[") > MOST_VALUES:
        raise _too_large(f"holds more than {MOST_VALUES:,} values")


def _check_rows(tree: Tree) -> None:
    if _rows(tree) > MOST_ROWS:
        raise _too_large(f"holds more than {MOST_ROWS:,} rows")


def _rows(tree: Tree, depth: int = _DEEPEST_REPORT) -> int:
    """Those of each report and candidate included."""
    lists = [rows for rows in tree.values() if isinstance(rows, list)] if isinstance(tree, dict) else []
    inner = (tree.get(name) for name in _WHOLE_REPORTS) if isinstance(tree, dict) and depth else ()
    return sum(map(len, lists)) + sum(
        _rows(each, depth - 1) for found in inner if isinstance(found, list) for each in found
    )


def _too_large(how: str) -> BundleError:
    return BundleError(f"report.json {how}.", "No reporter writes such a bundle: look where this one comes from.")


def _no_constant(name: str) -> Tree:
    raise ValueError(f"{name} stands without quotes")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number beyond a float's range")
    return number


def _object_without_repetition(pairs: Sequence[tuple[str, Tree]]) -> Mapping[str, Tree]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object names a key twice")
    return members


def _one_line(error: Exception, text: str) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if not isinstance(error, json.JSONDecodeError) and _LONG_NUMBER.search(text):
        return f"a number has more than {MOST_DIGITS:,} digits"
    return str(error).splitlines()[0]
