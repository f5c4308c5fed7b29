"""Whose an exception is: what was met in a user's file or storage is said of it; a bug of ours, or a change of DVC, ends the command."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Final

_OURS: Final = __name__.partition(".")[0]
_SAID_BY_INTENT = (OSError, RecursionError, MemoryError)
"""Also where code of ours raises them: a file that is not there, a value that is nested without end."""
_CALLED_WRONGLY = re.compile(r"(\w+)\S*\(\) (?:got|takes|missing) ")
"""Of a TypeError: Python names the function that was called with other arguments than it has."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came of, the innermost last; a chain that is a circle ends too."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_bug(error: BaseException) -> bool:
    """Whether code of ours raised it without meaning to, or was called as it cannot be.

    What DVC, a parser or a storage's client raises in its own frames is none: they raise whatever they happen to on a value that they
    cannot use. Nor is an exception of a class of ours, which was raised for somebody to catch.
    """
    if isinstance(error, _SAID_BY_INTENT) or _is_ours(type(error).__module__):
        return False
    return _is_ours(_raised_in(error)) or _misuses_ours(error)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == _OURS


def _raised_in(error: BaseException) -> str:
    """The module of the innermost frame."""
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return str(trace.tb_frame.f_globals.get("__name__", ""))


def _misuses_ours(error: BaseException) -> bool:
    """Whether DVC asked what it was given by us (a file system, a loader) for what that has not got, as a newer DVC may."""
    if isinstance(error, AttributeError):
        return _is_ours(type(error.obj).__module__) or _is_ours(str(getattr(error.obj, "__module__", "")))
    called = _CALLED_WRONGLY.match(str(error)) if isinstance(error, TypeError) else None
    if called is None:
        return False
    doors = [module for name, module in sys.modules.items() if name.startswith(f"{_OURS}.collect.dvc.")]
    return any(getattr(getattr(door, called[1], None), "__module__", None) == door.__name__ for door in doors)
