"""The limits of a gate, one record for each that a report judges on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from reporter.model.formatting import number, percent
from reporter.model.rules import GateRule
from reporter.model.values import Number


@dataclass(frozen=True, slots=True)
class DropLimit:
    """At most this change for the worse."""

    text: str
    """As a reader would say it: `max_drop 0.005`."""
    allowed: str
    """The amount alone: `0.005`, `2 %`."""
    amount: Fraction
    relative: bool
    """The amount is a fraction of the baseline's value."""
    significant: bool | None
    """As in `GateRule`."""


@dataclass(frozen=True, slots=True)
class Margin:
    """It must be shown that the change for the worse is at most this: non-inferiority."""

    text: str
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Bound:
    """The candidate's value itself is at least, or at most, this."""

    text: str
    amount: Fraction
    is_minimum: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """The metric must be there and readable: a gate that says `required` and nothing else."""

    text: str = "required"


@dataclass(frozen=True, slots=True)
class SliceLimit:
    """At most this change for the worse in each slice."""

    text: str
    allowed: str
    amount: Fraction
    groups: tuple[str, ...]
    min_rows: int


Limit: TypeAlias = DropLimit | Margin | SliceLimit | Bound | Presence


def limits_of(gate: GateRule) -> Iterator[Limit]:
    """Each limit of a gate. `significant` alone allows no drop that is shown to be real."""
    drops = {"max_drop": gate.max_drop, "max_relative_drop": gate.max_relative_drop}
    bounds = {"min": gate.min, "max": gate.max}
    for key, drop in drops.items():
        if drop is not None:
            relative = key == "max_relative_drop"
            allowed = percent(drop) if relative else _round(drop)
            yield DropLimit(f"{key} {allowed}", allowed, exact(drop), relative, gate.significant)
    if gate.no_worse_than is not None:
        yield Margin(f"no_worse_than {_round(gate.no_worse_than)}", exact(gate.no_worse_than))
    if (of_slices := gate.slices) is not None:
        allowed = _round(of_slices.max_drop)
        amount = exact(of_slices.max_drop)
        yield SliceLimit(f"slices max_drop {allowed}", allowed, amount, of_slices.groups, of_slices.min_rows)
    for key, bound in bounds.items():
        if bound is not None:
            yield Bound(f"{key} {_round(bound)}", exact(bound), is_minimum=key == "min")
    has_drop = any(drop is not None for drop in (*drops.values(), gate.no_worse_than))
    has_limits = has_drop or gate.slices is not None or any(bound is not None for bound in bounds.values())
    if gate.significant and not has_drop:
        yield DropLimit("significant", "0", Fraction(0), relative=False, significant=True)
    elif gate.required and not has_limits:
        yield Presence()


def _round(limit: float) -> str:
    """As a team would write it: `1`, not `1.0`."""
    return number(int(limit) if limit == int(limit) else limit)


def exact(value: Number) -> Fraction:
    """A finite number as it is written in decimal, so that 0.80 − 0.795 is 0.005 and not a little more."""
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(float(value))))
