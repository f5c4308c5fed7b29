"""Integers of more digits than Python turns into text: one of them is no reason to lose the file that it stands in."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard, TypeVar

from reporter.model.values import MOST_DIGITS, Value, is_too_long

MOST_DIGITS_PARSED = 50_000
"""Python takes the square of the digits' number to parse them: a longer number costs the file."""
_LONG = re.compile(rf"(?<![0-9_])[0-9_]{{{MOST_DIGITS + 1},}}")


@dataclass(frozen=True, slots=True)
class LongInteger:
    """Stands for an integer that cannot be held: it is there, and its value is not known."""

    def __str__(self) -> str:
        return f"an integer of more than {MOST_DIGITS:,} digits"


LONG_INTEGER = LongInteger()


class TooLongError(ValueError):
    """A number of so many digits that parsing it would take minutes."""


T = TypeVar("T")

Parsed: TypeAlias = "Value | LongInteger"
"""A value of a file; a list or mapping with a `LongInteger` inside is one too."""


def parsed_whole(parse: Callable[[str], T], text: str, instead: Callable[[T], T] | None = None) -> T:
    """What `parse` makes of the text, also where it holds integers of more digits than Python allows.

    `instead` is applied then: `held` puts a `LongInteger` in place of each. Raises TooLongError where they have far too many
    digits, and what `parse` raises.
    """
    try:
        return parse(text)
    except ValueError:
        longest = max(map(len, _LONG.findall(text)), default=0)
        if not longest:
            raise
        if longest > MOST_DIGITS_PARSED:
            raise TooLongError(f"holds a number of more than {MOST_DIGITS_PARSED:,} digits") from None
    with _any_number_of_digits():
        parsed = parse(text)
        return instead(parsed) if instead else parsed


@contextmanager
def _any_number_of_digits() -> Iterator[None]:
    """Python's limit is the whole process's: other threads have a wider one meanwhile, which harms none."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


def held(value: Any) -> Any:
    """The value with a `LongInteger` in place of each integer that is too long."""
    match value:
        case bool():
            return value
        case int():
            return LONG_INTEGER if is_too_long(value) else value
        case dict():
            return {key: held(inner) for key, inner in value.items()}
        case list():
            return [held(inner) for inner in value]
        case _:
            return value


def is_held(value: Parsed) -> TypeGuard[Value]:
    """False for a `LongInteger`, and for a list or mapping that holds one."""
    match value:
        case LongInteger():
            return False
        case Mapping():
            return all(map(is_held, value.values()))
        case list():
            return all(map(is_held, value))
        case _:
            return True
