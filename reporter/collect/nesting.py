"""How deep what a file holds may be nested: bounded where its text becomes values, since all that comes after goes down into them."""

from __future__ import annotations

from typing import TypeVar

from reporter.model.values import MOST_NESTED, is_nested_too_deep

T = TypeVar("T")


class TooDeepError(ValueError):
    """Lists and mappings within each other, more of them than any metric, param or definition has."""


def not_too_deep(tree: T) -> T:
    """The tree itself. Raises TooDeepError."""
    if is_nested_too_deep(tree):
        raise TooDeepError(f"is nested more than {MOST_NESTED} levels deep")
    return tree
