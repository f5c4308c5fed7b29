"""How a record of the model stands in report.json: the one description by which it is read, written and documented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from reporter.model.forms import Only

_VALUE = {"Value": object}
"""A metric's or param's value may be anything, lists and mappings of such values included: `object` stands for it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a record, and of the JSON object that stands for it."""

    attribute: str
    """Its name in the record."""
    name: str
    """Its name in the JSON object."""
    kind: Any
    """Its annotation, as `typing` resolves it."""
    default: Any
    """What stands for a field that is absent or null; MISSING where none does."""
    part: Only | None = None
    """What of the record that it holds belongs to the report; None: all."""

    @property
    def is_required(self) -> bool:
        """Whether a document must have it: the record has no default for it."""
        return self.default is MISSING


@cache
def members(record: type, part: Only | None = None) -> Sequence[Member]:
    """In the order in which they are written."""
    kinds = get_type_hints(record, localns=_VALUE, include_extras=True)
    found = {
        field.name: _member(field, kinds[field.name]) for field in fields(record) if not field.metadata.get("unwritten")
    }
    if part is None:
        return tuple(found.values())
    chosen = (found[name] for name in part.names)
    return tuple(replace(member, default=MISSING) if part.complete else member for member in chosen)


def _member(field: Field[Any], kind: Any) -> Member:
    _, mark = marked(without_null(kind) or kind)
    part = mark if isinstance(mark, Only) else None
    return Member(field.name, field.metadata.get("name", field.name), kind, field.default, part)


def without_null(kind: Any) -> Any:
    """The annotation of what is there where something is; None where null is no choice."""
    if get_origin(kind) not in {Union, UnionType} or NoneType not in get_args(kind):
        return None
    return Union[tuple(each for each in get_args(kind) if each is not NoneType)]  # noqa: UP007  `|` takes no tuple


def marked(kind: Any) -> tuple[Any, Any]:
    """An annotation, and what `Annotated` says of it beside its type; None where that is nothing."""
    if get_origin(kind) is not Annotated:
        return kind, None
    inside, mark = get_args(kind)
    return inside, mark


def item_of(kind: Any) -> Any:
    """The annotation of each item of a list of any length; None where it is no such list."""
    return get_args(kind)[0] if get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis else None
