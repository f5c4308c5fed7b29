"""Values of metrics and params: their type, their equality, and the names of nested keys."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeGuard

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
"""What a metrics or params file may hold. A list is one value; a mapping is a value only when it is empty or inside a list."""

Number: TypeAlias = int | float

MOST_DIGITS = 4300
"""Of an integer: what Python reads and writes unless told otherwise, so that any JSON parser of its kind reads report.json back."""
TOO_LONG: int = 10**MOST_DIGITS
"""The smallest integer of more digits."""


MOST_NESTED = 100
"""Levels of lists and mappings within each other that a file's values may have."""


def is_number(value: Value) -> TypeGuard[Number]:
    """True for int and float, NaN and ±Infinity included; False for bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_nan(value: Number) -> bool:
    """`math.isnan`, which raises OverflowError for an integer that no float can hold."""
    return isinstance(value, float) and math.isnan(value)


def is_finite(value: Number) -> bool:
    """`math.isfinite`, which raises OverflowError for an integer that no float can hold."""
    return isinstance(value, int) or math.isfinite(value)


def is_too_long(value: int) -> bool:
    """Whether an integer has more than `MOST_DIGITS` digits: its text can be neither written nor read back."""
    return abs(value) >= TOO_LONG


def same_value(left: Value, right: Value) -> bool:
    """Exact equality as a reader of the report understands it: NaN equals NaN, 1 equals 1.0, True does not equal 1.

    The order of keys is no part of a value.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_number(left) and is_number(right):
        return left == right or (is_nan(left) and is_nan(right))
    if isinstance(left, str) or isinstance(right, str) or left is None or right is None:
        return left == right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_value(left[key], right[key]) for key in left)
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return len(left) == len(right) and all(map(same_value, left, right))
    return False


def count_values(tree: object, known: dict[int, int] | None = None) -> int:
    """How many values a tree holds with every alias of YAML written out, without writing them out.

    `known`: what was counted already, by identity.
    """
    known = {} if known is None else known
    if not isinstance(tree, Mapping | list):
        return 1
    if id(tree) not in known:
        known[id(tree)] = 1  # of one that holds itself
        known[id(tree)] = sum(
            count_values(each, known) for each in (tree.values() if isinstance(tree, Mapping) else tree)
        )
    return known[id(tree)]


def is_nested_too_deep(tree: object) -> bool:
    """Whether lists and mappings lie within each other in more than `MOST_NESTED` levels, a tree that holds itself among them.

    It takes no call for each level, unlike all that goes down into the tree later.
    """
    level = _containers((tree,))
    for _ in range(MOST_NESTED):
        if not level:
            return False
        level = _containers(inner for each in level for inner in _held_by(each))
    return bool(level)


def _containers(values: Iterable[object]) -> list[object]:
    """Each once: an alias of YAML is the same object."""
    return list({id(value): value for value in values if isinstance(value, dict | list | tuple | set)}.values())


def _held_by(container: object) -> Iterable[object]:
    match container:
        case dict():  # a key of YAML may be a list
            return (*container, *container.values())
        case list() | tuple() | set():
            return container
        case _:
            return ()


def flatten(tree: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, Value]]:
    r"""Yield (name, value) for each leaf in the order of the file; keys are joined by `.`, a dot inside a key is `\.`.

    A backslash inside a key is doubled, so that no two keys share a name. An empty mapping is a leaf.
    """
    for key, value in tree.items():
        name = prefix + str(key).replace("\\", "\\\\").replace(".", "\\.")
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value
