"""A value of an untrusted JSON document that knows where it stands, so that an error can name the place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from reporter.codec.bounds import (
    DEEPEST_VALUE,
    LARGEST_COUNT,
    LONGEST_TEXT,
    MOST_CHARACTERS,
    MOST_ITEMS,
    MOST_OBJECTS,
    MOST_ROWS,
    MOST_VALUES,
)
from reporter.errors import BundleError
from reporter.model.values import MOST_DIGITS, Number, Value, is_too_long

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character: no text that can be written has one."""
_LONG_NUMBER = re.compile(rf"(?<![0-9])[0-9]{{{MOST_DIGITS + 1}}}")
"""Sought from the beginning of each run of digits only, which takes no longer than the text is."""
_HINT = "Write the bundle again with `reporter report`."

Tree: TypeAlias = "bool | int | float | str | list[Tree] | dict[str, Tree] | None"


@dataclass(slots=True, eq=False)
class Node:
    """Not frozen, since a report has a million of them."""

    tree: Tree
    parent: Node | None = None
    step: str | int = ""
    """From the parent: a member's name or an item's number."""

    @property
    def path(self) -> str:
        """As a reader would look for it: `metrics[3].interval[0]`; empty for the document."""
        if self.parent is None:
            return ""
        if isinstance(self.step, int):
            return f"{self.parent.path}[{self.step}]"
        return f"{self.parent.path}.{self.step}".removeprefix(".")

    def wrong(self, expected: str) -> BundleError:
        place = self.path or "the document"
        return BundleError(f"report.json: {place} must be {expected}.", _HINT)

    def field(self, name: str) -> Node:
        """A member of an object; null where it is absent."""
        if not isinstance(self.tree, dict):
            raise self.wrong("an object")
        return Node(self.tree.get(name), self, name)

    def items(self, read: Callable[[Node], T]) -> tuple[T, ...]:
        """Every element of a list, read."""
        if not isinstance(self.tree, list) or len(self.tree) > MOST_ITEMS:
            raise self.wrong(f"a list of at most {MOST_ITEMS:,} items")
        return tuple([read(Node(item, self, index)) for index, item in enumerate(self.tree)])

    def or_else(self, default: T, read: Callable[[Node], T]) -> T:
        """For a field that older writers did not know: `default` where it is absent or null."""
        return default if self.tree is None else read(self)

    def optional(self, read: Callable[[Node], T]) -> T | None:
        return None if self.tree is None else read(self)

    def text(self) -> str:
        if not isinstance(self.tree, str) or len(self.tree) > LONGEST_TEXT:
            raise self.wrong(f"a text of at most {LONGEST_TEXT:,} characters")
        if not self.tree.isascii() and _SURROGATE.search(self.tree):
            raise self.wrong("a text of whole characters, with no half of a surrogate pair")
        return self.tree

    def flag(self) -> bool:
        if not isinstance(self.tree, bool):
            raise self.wrong("true or false")
        return self.tree

    def whole(self) -> int:
        if not isinstance(self.tree, int) or isinstance(self.tree, bool):
            raise self.wrong("a whole number")
        return self.tree

    def count(self) -> int:
        number = self.whole()
        if not 0 <= number <= LARGEST_COUNT:
            raise self.wrong(f"a whole number from 0 to {LARGEST_COUNT:,}")
        return number

    def number(self) -> Number:
        tree = _NON_FINITE.get(self.tree, self.tree) if isinstance(self.tree, str) else self.tree
        if not isinstance(tree, int | float) or isinstance(tree, bool):
            raise self.wrong('a number, "NaN", "Infinity" or "-Infinity"')
        if isinstance(tree, int) and is_too_long(tree):
            raise self.wrong(f"a number of at most {MOST_DIGITS:,} digits")
        return tree

    def real(self) -> float:
        try:
            return float(self.number())
        except OverflowError as error:
            raise self.wrong("a number within a float's range") from error

    def bounds(self) -> tuple[float, float]:
        ends = self.items(Node.real)
        if len(ends) != 2:  # noqa: PLR2004  an interval has two ends
            raise self.wrong("a list of two numbers")
        return ends[0], ends[1]

    def choice(self, choices: type[E]) -> E:
        try:
            return choices(self.text())
        except ValueError as error:
            raise self.wrong(f"one of {', '.join(choices)}") from error

    def value(self) -> Value:
        """A metric's or param's value."""
        return self._value(self.tree, DEEPEST_VALUE)

    def _value(self, tree: Tree, depth: int) -> Value:
        """`tree` is this node's own, or inside it: the place of one of a thousand items is told by that of the whole."""
        match tree:
            case list() | dict() if not depth or len(tree) > MOST_ITEMS:
                raise self.wrong(f"nested at most {DEEPEST_VALUE} levels deep, with at most {MOST_ITEMS:,} items each")
            case list():
                return [self._value(item, depth - 1) for item in tree]
            case dict():
                return {self._text(name): self._value(item, depth - 1) for name, item in tree.items()}
            case str():
                number = _NON_FINITE.get(tree)
                return self._text(tree) if number is None else number
            case bool() | float() | None:
                return tree
            case int():
                return Node(tree, self.parent, self.step).number()

    def _text(self, tree: Tree) -> str:
        return Node(tree, self.parent, self.step).text()


def document(text: str) -> Node:
    """The root of a strictly valid JSON document. Raises BundleError for anything else, however hostile."""
    _check_size(text)
    try:
        tree = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object_without_repetition
        )
    except (ValueError, RecursionError) as error:
        raise BundleError(f"report.json is not strictly valid JSON: {_one_line(error, text)}.", _HINT) from error
    _check_rows(tree)
    return Node(tree)


def _check_size(text: str) -> None:
    """Before it is parsed: what a few characters stand for may take all memory."""
    if len(text) > MOST_CHARACTERS:
        raise _too_large(f"is longer than {MOST_CHARACTERS:,} characters")
    if text.count("{") > MOST_OBJECTS:
        raise _too_large(f"holds more than {MOST_OBJECTS:,} objects")
    if text.count(",") + text.count("[") > MOST_VALUES:
        raise _too_large(f"holds more than {MOST_VALUES:,} values")


def _check_rows(tree: Tree) -> None:
    lists = tree.values() if isinstance(tree, dict) else ()
    if sum(len(rows) for rows in lists if isinstance(rows, list)) > MOST_ROWS:
        raise _too_large(f"holds more than {MOST_ROWS:,} rows")


def _too_large(how: str) -> BundleError:
    return BundleError(f"report.json {how}.", "No reporter writes such a bundle: look where this one comes from.")


def _no_constant(name: str) -> Value:
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
