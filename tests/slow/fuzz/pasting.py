"""A description as the Python text that makes it again, to be pasted into tests/slow/fuzz/cases.py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from slow.fuzz.description import Project


def as_code(project: Project) -> str:
    """What has its default is left out, and so is what the candidate has of the baseline."""
    base, head = project.base, project.head
    names = [each.name for each in fields(head)]
    changed = [(name, getattr(head, name)) for name in names if getattr(head, name) != getattr(base, name)]
    told = "".join(f", {name}={_code(value)}" for name, value in changed)
    return f"Project(base := {_code(base)}, replace(base{told}), {_code(project.seen)})"


def _code(value: Any) -> str:
    if is_dataclass(value):
        return f"{type(value).__name__}({', '.join(f'{name}={_code(inner)}' for name, inner in _given(value))})"
    match value:
        case Enum():
            text = f"{type(value).__name__}.{value.name}"
        case tuple() | list():
            inner = ", ".join(map(_code, value))
            comma = "," if len(value) == 1 and isinstance(value, tuple) else ""
            text = f"[{inner}]" if isinstance(value, list) else f"({inner}{comma})"
        case dict():
            text = "{" + ", ".join(f"{key!r}: {_code(inner)}" for key, inner in value.items()) + "}"
        case float() if not math.isfinite(value):
            text = f'float("{value}")'
        case _:
            text = repr(value)
    return text


def _given(described: Any) -> Iterator[tuple[str, Any]]:
    """The fields that have not their default."""
    for each in fields(described):
        value = getattr(described, each.name)
        is_default = value == each.default or (callable(each.default_factory) and value == each.default_factory())
        if not is_default:
            yield each.name, value
