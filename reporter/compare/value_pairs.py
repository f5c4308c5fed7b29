"""Values of the same file in two revisions, key by key: which of them differ, and which are not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reporter.compare.order import merged_order
from reporter.model.comparison import ParamRow, State
from reporter.model.snapshot import Snapshot, ValueFile
from reporter.model.values import Value, same_value

WHOLE_FILE = ""
"""The name of a row that stands for a file none of whose values could be read in any revision."""


@dataclass(frozen=True, slots=True)
class ValuePair:
    """One key of one file. A side without the key holds None."""

    file: str
    name: str
    base: Value
    head: Value
    state: State


def pair_values(
    base: Mapping[str, ValueFile],
    head: Mapping[str, ValueFile],
    expected: Mapping[str, Sequence[str]] | None = None,
    *,
    is_partial: bool = False,
) -> Iterator[ValuePair]:
    """Pair each value of either side, sorted by file, then in the order of its keys.

    A value is added or removed only where the other side's file was read, or where that revision has no such file.
    `expected` names, by file, values that a row is owed even if no side of an unreadable file shows them. Of a baseline that is
    known in part (`is_partial`) a missing value is unavailable.
    """
    for path in sorted({*base, *head}):
        for pair in _pair_file(path, base.get(path), head.get(path), (expected or {}).get(path, ())):
            is_unknown = is_partial and pair.state is State.ADDED
            yield replace(pair, state=State.UNAVAILABLE) if is_unknown else pair


def _pair_file(
    path: str, base: ValueFile | None, head: ValueFile | None, expected: Sequence[str]
) -> Iterator[ValuePair]:
    ours, theirs = _values(head), _values(base)
    names = merged_order(ours, theirs)
    unreadable = _is_unreadable(base) or _is_unreadable(head)
    if unreadable:
        names = merged_order(names, expected) or [WHOLE_FILE]
    unheld = {*_unheld(base), *_unheld(head)}
    for name in names:
        state = State.UNAVAILABLE if unreadable or name in unheld else _state(name, theirs, ours)
        yield ValuePair(path, name, theirs.get(name), ours.get(name), state)


def _values(file: ValueFile | None) -> Mapping[str, Value]:
    return {} if file is None or file.problem is not None else file.values


def _unheld(file: ValueFile | None) -> Sequence[str]:
    return () if file is None else file.unheld


def _is_unreadable(file: ValueFile | None) -> bool:
    return file is not None and file.problem is not None


def _state(name: str, base: Mapping[str, Value], head: Mapping[str, Value]) -> State:
    if name not in base:
        return State.ADDED
    if name not in head:
        return State.REMOVED
    return State.UNCHANGED if same_value(base[name], head[name]) else State.CHANGED


def is_partial(base: Snapshot | None) -> bool:
    """Whether what the baseline seems to lack is not known to be missing."""
    return base is not None and base.is_partial


def param_rows(base: Snapshot | None, head: Snapshot) -> tuple[ParamRow, ...]:
    """A row for each param of either revision, changed or not."""
    return tuple(
        ParamRow(pair.file, pair.name, pair.base, pair.head, pair.state)
        for pair in pair_values(base.params if base else {}, head.params, is_partial=is_partial(base))
    )
