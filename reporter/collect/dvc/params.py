"""How DVC reads params: Python files, and names with wildcards or into lists.

Seen in DVC 3.60 to 3.67: `parse_py`, and dpath with the options that `dvc.repo.plots` sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any


def parse_python(text: str) -> Any:
    """The values of a Python file of params. Raises ValueError."""
    from dvc.utils.serialize import ParseError, parse_py

    try:
        return parse_py(text, "params.py")
    except ParseError as error:
        raise ValueError("is not valid Python") from error


def only_match(tree: Mapping[Any, Any], name: str, absent: object) -> Any:
    """What a tracked name with a wildcard stands for, as DVC records it; `absent` unless exactly one value matches."""
    import dpath
    import dvc.repo.plots  # noqa: F401  sets dpath's options to those that DVC reads params with

    try:
        return dpath.get(dict(tree), name, separator=".")
    except (KeyError, ValueError):
        return absent


def select_patterns(tree: Mapping[Any, Any], names: Iterable[str]) -> dict[Any, Any]:
    """The part of a tree that names stand for which hold a wildcard or point into a list."""
    import dpath
    import dvc.repo.plots  # noqa: F401  sets dpath's options to those that DVC reads params with

    selected: dict[Any, Any] = {}
    for name in names:
        dpath.merge(selected, deepcopy(dpath.search(dict(tree), name, separator=".")), separator=".")
    return selected
