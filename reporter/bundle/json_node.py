"""A value of an untrusted JSON document that knows where it stands, so that an error can name the place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from reporter.errors import BundleError
from reporter.model.values import Number, Value

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MOST_CHARACTERS = 64_000_000
MOST_ITEMS = 200_000
"""Of one list."""
LONGEST_TEXT = 1_000_000
DEEPEST_VALUE = 50
"""Lists and mappings within a metric's or param's value."""

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_HINT = "Write the bundle again with `reporter report`."

Tree: TypeAlias = "bool | int | float | str | list[Tree] | dict[str, Tree] | None"


@dataclass(frozen=True, slots=True)
class Node:
    path: str
    """As a reader would look for it: `metrics[3].interval[0]`; empty for the document."""
    tree: Tree

    def wrong(self, expected: str) -> BundleError:
        place = self.path or "the document"
        return BundleError(f"report.json: {place} must be {expected}.", _HINT)

    def field(self, name: str) -> Node:
        """A member of an object; null where it is absent."""
        if not isinstance(self.tree, dict):
            raise self.wrong("an object")
        return Node(f"{self.path}.{name}" if self.path else name, self.tree.get(name))

    def items(self, read: Callable[[Node], T]) -> tuple[T, ...]:
        """Every element of a list, read."""
        if not isinstance(self.tree, list) or len(self.tree) > MOST_ITEMS:
            raise self.wrong(f"a list of at most {MOST_ITEMS:,} items")
        return tuple(read(Node(f"{self.path}[{index}]", item)) for index, item in enumerate(self.tree))

    def or_else(self, default: T, read: Callable[[Node], T]) -> T:
        """For a field that older writers did not know: `default` where it is absent or null."""
        return default if self.tree is None else read(self)

    def optional(self, read: Callable[[Node], T]) -> T | None:
        return None if self.tree is None else read(self)

    def text(self) -> str:
        if not isinstance(self.tree, str) or len(self.tree) > LONGEST_TEXT:
            raise self.wrong(f"a text of at most {LONGEST_TEXT:,} characters")
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
        if number < 0:
            raise self.wrong("a whole number from 0")
        return number

    def number(self) -> Number:
        tree = self._non_finite_read()
        if not isinstance(tree, int | float) or isinstance(tree, bool):
            raise self.wrong('a number, "NaN", "Infinity" or "-Infinity"')
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
        return _value(self, DEEPEST_VALUE)

    def _non_finite_read(self) -> Tree:
        return _NON_FINITE.get(self.tree, self.tree) if isinstance(self.tree, str) else self.tree


def document(text: str) -> Node:
    """The root of a strictly valid JSON document. Raises BundleError for anything else, however hostile."""
    if len(text) > MOST_CHARACTERS:
        raise BundleError(f"report.json is longer than {MOST_CHARACTERS:,} characters.", _HINT)
    try:
        tree = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object_without_repetition
        )
    except (ValueError, RecursionError) as error:
        raise BundleError(f"report.json is not strictly valid JSON: {_one_line(error)}.", _HINT) from error
    return Node("", tree)


def _value(node: Node, depth: int) -> Value:
    if depth == 0:
        raise node.wrong(f"nested at most {DEEPEST_VALUE} levels deep")
    match node.tree:
        case list():
            return list(node.items(lambda item: _value(item, depth - 1)))
        case dict() as tree:
            return {name: _value(Node(f"{node.path}.{name}", item), depth - 1) for name, item in tree.items()}
        case str():
            number = _NON_FINITE.get(node.tree)
            return node.text() if number is None else number
        case bool() | int() | float() | None:
            return node.tree


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


def _one_line(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
