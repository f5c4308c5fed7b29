"""Numbers and values as a reader is shown them: enough digits to see the difference, and no more.

Exact values are in report.json; these texts are for people. Numbers are read through their shortest decimal form, so
0.1 is shown as 0.1 and never as the binary fraction behind it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from typing import TypeVar

from reporter.model.values import MOST_DIGITS, Number, Value, is_finite

T = TypeVar("T")

MINUS = "\N{MINUS SIGN}"

_SIGNIFICANT = 6
"""Digits of a number that stands alone."""
BESIDE_OTHERS = 4
"""Significant digits of a number beside another one or in a table of such pairs, at least."""
_DELTA_SIGNIFICANT = 2
"""Digits of a difference."""
_WITHOUT_NOISE = 12
"""Significant digits that arithmetic on floats leaves as they are: 0.1 + 0.2 is 0.3, and 0.51 − 0.5 is 0.01."""
_ALL = 100
"""Per cent."""
_PERCENT_EXTRA = 2
"""Digits that a percentage is given at most to show that it is not all."""
_WHOLE_FLOATS = 2**53
"""Below it a whole float is that number and no rounded one."""
_MOST_SHOWN = 40
"""Digits: an integer of more (no counter, and no hash of 128 bits) is shown with an exponent."""
_MOST_ITEMS = 1000
"""Of a list or mapping that is put into words: no cell has room for as many."""
_AS_AT_SCHOOL = Context(prec=MOST_DIGITS + 100, rounding=ROUND_HALF_UP)
"""Half is rounded up, not to the even digit; no number has more digits."""
_INTERVAL_EXTRA = 2
"""Digits that an interval is given at most to show that an end is not zero."""
_SMALLEST_FIXED, _LARGEST_FIXED = -4, 15
"""Powers of ten between which a number is written without an exponent."""
_SMALLEST_BESIDE = -6
"""The same for a number beside one that is written so."""
_LOOKS_TYPED = re.compile(
    r"\s.*|.*\s|[-+]?(\d[\d_]*+)?+(\.\d*+)?+(e[-+]?\d+)?|true|false|null|~|nan|[-+]?\.?inf(inity)?|[\[{\"'].*",
    re.IGNORECASE | re.DOTALL,
)
"""Texts that a reader would take for another type, or not see at all, were they shown without quotes."""
_LEAST_P = 0.001
"""The usual last step of a printed p-value."""


def number(value: Number, digits: int = _SIGNIFICANT) -> str:
    """A number that stands alone: integers whole, else up to six significant digits without trailing zeros.

    What is not whole does not look so: 0.9999999 is `1.00000`. An integer too long to be read is shown as 1.23457e+400.
    """
    if isinstance(value, int):
        return _whole(value, digits)
    if not math.isfinite(value):
        return _nonfinite(value)
    near = _without_noise(value)
    text = _at(near, min(digits - 1 - _magnitude(near), _places(near)))
    trimmed = _trimmed(text)
    if not trimmed.lstrip(MINUS).replace(",", "").isdigit():
        return trimmed
    return f"{trimmed}.0" if near == near.to_integral_value() else text


def _whole(value: int, digits: int) -> str:
    if _is_legible(value):
        return _signed_by_minus(f"{value:,}")
    exact = _decimal(value)
    return _trimmed(_at(exact, digits - 1 - _magnitude(exact)))


def _is_legible(value: Number) -> bool:
    """Whether it is an integer that is shown whole."""
    return isinstance(value, int) and abs(value) < 10**_MOST_SHOWN


def pair(base: Number, head: Number) -> tuple[str, str]:
    """Two numbers next to each other, both to the same place, which shows two digits of their difference.

    Integers are whole; digits that neither number has are not made up, nor those that arithmetic on floats adds: numbers that
    differ in nothing else look alike, and so do those of which more than 40 digits would have to be shown.
    """
    if not (is_finite(base) and is_finite(head)) or (_is_legible(base) and _is_legible(head)):
        return number(base, BESIDE_OTHERS), number(head, BESIDE_OTHERS)
    left, right = _without_noise(base), _without_noise(head)
    if left == right:
        return number(base, BESIDE_OTHERS), number(head, BESIDE_OTHERS)
    of_difference = _DELTA_SIGNIFICANT - 1 - _magnitude(left - right)
    larger = max(_magnitude(left), _magnitude(right))
    of_larger = BESIDE_OTHERS - 1 - larger
    places = min(max(of_difference, of_larger), max(_places(left), _places(right)))
    return _both_at(left, right, places if places + larger < _MOST_SHOWN else of_larger)


def apart(value: Number, other: Number, digits: int = _DELTA_SIGNIFICANT) -> str:
    """A number with so many significant digits, or as many more as tell on which side of another one it lies."""
    if not (is_finite(value) and is_finite(other)) or value == other:
        return number(value)
    exact, limit = _decimal(value), _decimal(other)
    start = digits - 1 - _magnitude(exact)
    ends = max(start, min(_places(exact), _MOST_SHOWN - 1 - _magnitude(exact)))
    with localcontext(_AS_AT_SCHOOL):
        rounded = ((places, round(exact, places)) for places in range(min(start, ends), ends + 1))
        places = next((places for places, near in rounded if (near > limit) is (exact > limit) and near != limit), ends)
    return _trimmed(_at(exact, places))


def delta(value: Number) -> str:
    """A difference with its sign and two significant digits: `+0.012`, `−3.4e-07`; whole numbers are whole."""
    if isinstance(value, int) or not math.isfinite(value):
        return _with_sign(number(value))
    near = _without_noise(value)
    rounded = round(near, _DELTA_SIGNIFICANT - 1 - _magnitude(near))
    places = min(_DELTA_SIGNIFICANT - 1 - _magnitude(rounded), _places(near))
    return _with_sign(_at(near, places))


def interval(low: float, high: float) -> str:
    """Both ends of an interval of a difference, to the same place: `+0.008 to +0.016`.

    An end near zero gets up to two more digits, so that the side of zero it lies on is seen: `−0.0191 to −0.0009`.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{delta(low)} to {delta(high)}"
    left, right = _decimal(low), _decimal(high)
    of_wider = _DELTA_SIGNIFICANT - 1 - max(_magnitude(left), _magnitude(right))
    of_nearer = -min(_magnitude(left), _magnitude(right))
    places = of_nearer if of_wider < of_nearer <= of_wider + _INTERVAL_EXTRA else of_wider
    places = min(places, max(_places(left), _places(right)))
    start, end = _both_at(left, right, places)
    return f"{_with_sign(start)} to {_with_sign(end)}"


def percent(fraction: float, *, signed: bool = False) -> str:
    """A fraction as a percentage of two significant digits below one hundred: `1.2 %`, `99.96 %`.

    A `signed` one, a relative change, stands in a column of others and keeps its zeros: `−6.0 %` beside `−0.44 %`.
    """
    if not math.isfinite(fraction):
        text = _nonfinite(fraction)
    else:
        near = _without_noise(fraction).scaleb(2)
        text = _at(near, _percent_places(near))
        text = text if signed and near else _trimmed(text)
    return f"{_with_sign(text) if signed else text} %"


def _percent_places(percentage: Decimal) -> int:
    """What is a little less than all of it is not rounded up to it."""
    start = max(_DELTA_SIGNIFICANT - 1 - _magnitude(percentage), 0)
    if abs(percentage) >= _ALL:
        return start
    finer = range(start, start + 1 + _PERCENT_EXTRA)
    return next((places for places in finer if abs(round(percentage, places)) < _ALL), start)


def probability(p_value: float, *, named: bool = False) -> str:
    """`0.067`, `< 0.001`; `named`: `p = 0.067`, `p < 0.001`."""
    if p_value < _LEAST_P:
        return f"{'p ' if named else ''}< {_LEAST_P:g}"
    return f"{'p = ' if named else ''}{p_value:.2g}"


def level(fraction: float) -> str:
    """A confidence level, which is not rounded: `95 %`, `99.9 %`."""
    return f"{100 * fraction:.6g} %"


def size(nbytes: int) -> str:
    """Bytes in units of 1000: `0 B`, `12.3 kB`, `4.56 GB`."""
    scaled, units = float(nbytes), iter(("kB", "MB", "GB", "TB", "PB", "EB"))
    unit = "B"
    while abs(scaled) >= 999.5 and (larger := next(units, None)):  # noqa: PLR2004  would be printed as 1000
        scaled, unit = scaled / 1000, larger
    return f"{number(float(f'{scaled:.3g}')).removesuffix('.0')} {unit}"


def value(content: Value) -> str:
    """A value exactly, as its file would say it; a text that looks like another type stands in quotes.

    A list or mapping of more than a thousand items, which nobody could be shown, lacks its middle.
    """
    if isinstance(content, str):
        return json.dumps(content, ensure_ascii=False) if _LOOKS_TYPED.fullmatch(content) else content
    return _literal(content)


def _literal(content: Value) -> str:
    """JSON with spaces, its text in quotes, and NaN and Infinity by these names."""
    if content is None or isinstance(content, bool | str):
        return json.dumps(content, ensure_ascii=False)
    if isinstance(content, int | float):
        return repr(content) if is_finite(content) else _nonfinite(content).replace(MINUS, "-")
    if isinstance(content, Mapping):
        members = _without_middle([*content.items()])
        inside = (f"{json.dumps(key, ensure_ascii=False)}: {_literal(item)}" for key, item in members)
        return f"{{{', '.join(inside)}}}"
    return f"[{', '.join(map(_literal, _without_middle(content)))}]"


def _without_middle(items: Sequence[T]) -> Sequence[T]:
    return items if len(items) <= _MOST_ITEMS else [*items[: _MOST_ITEMS // 2], *items[-_MOST_ITEMS // 2 :]]


def _decimal(value: Number) -> Decimal:
    if not isinstance(value, int):
        return Decimal(repr(float(value)))
    return Decimal(value) if _is_legible(value) else _long_decimal(value)


@lru_cache(maxsize=10_000)
def _long_decimal(value: int) -> Decimal:
    """Thousands of digits take half a millisecond, and a table is often put into words several times."""
    return Decimal(value)


def _without_noise(value: Number) -> Decimal:
    """The number without the digits that only the arithmetic of floats has made."""
    is_exact = isinstance(value, int) or (value.is_integer() and abs(value) < _WHOLE_FLOATS)
    return _decimal(value) if is_exact else Decimal(f"{value:.{_WITHOUT_NOISE}g}")


def _magnitude(exact: Decimal) -> int:
    """The power of ten of the first digit; 0 of zero."""
    return exact.adjusted() if exact else 0


def _places(exact: Decimal) -> int:
    """Digits after the point that the number has; negative where whole digits are zeros."""
    exponent = _AS_AT_SCHOOL.normalize(exact).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _at(exact: Decimal, places: int, smallest: int = _SMALLEST_FIXED) -> str:
    """Rounded to `places` after the point; with an exponent where the plain form is long, or would look like zero."""
    if not exact and places > -_SMALLEST_FIXED:
        return "0"
    digits = max(places + _magnitude(exact), 0)
    with localcontext(_AS_AT_SCHOOL):
        if _is_plain(exact, places, smallest):
            return _signed_by_minus(f"{exact:,.{max(places, 0)}f}")
        mantissa, _, power = f"{exact:.{digits}e}".partition("e")
    return _signed_by_minus(f"{mantissa}e{int(power):+03d}")


def _both_at(left: Decimal, right: Decimal, places: int) -> tuple[str, str]:
    """Beside a number in plain form a smaller one is plain as well, if it does not look like zero: `0.00006`, `0.00010`."""
    is_plain = max(_magnitude(left), _magnitude(right)) >= _SMALLEST_FIXED
    smallest = _SMALLEST_BESIDE if is_plain else _SMALLEST_FIXED
    return _at(left, places, smallest), _at(right, places, smallest)


def _is_plain(exact: Decimal, places: int, smallest: int) -> bool:
    magnitude = _magnitude(exact)
    return not exact or (smallest <= magnitude < _LARGEST_FIXED and -magnitude <= max(places, 0))


def _trimmed(text: str) -> str:
    """Without the zeros that end a decimal fraction."""
    mantissa, mark, power = text.partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + mark + power


def _signed_by_minus(text: str) -> str:
    """A typographic minus; a zero has no sign."""
    unsigned = text.removeprefix("-")
    return f"{MINUS}{unsigned}" if text != unsigned and unsigned.strip("0.,") else unsigned


def _with_sign(text: str) -> str:
    is_zero_or_signed = text.startswith(MINUS) or text == "NaN" or not text.strip("0.,")
    return text if is_zero_or_signed else f"+{text}"


def _nonfinite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else f"{MINUS}Infinity"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 stage`, `1,234 stages`."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def cut(text: str, most: int) -> str:
    """The beginning of a text that is longer than so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def joined(words: Iterable[str]) -> str:
    """All of them, at least one: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def capitalised(clause: str) -> str:
    """As it begins a sentence."""
    return clause[:1].upper() + clause[1:]


def sentences(*told: str) -> str:
    """One after the other; an empty one is none."""
    return " ".join(filter(None, told))


def the_first(items: Sequence[str], most: int, *, more: int = 0, between: str = ", ") -> str:
    """The first of them, and how many more: `a, b, c and 2 more`. `more` of them are not among `items`."""
    rest = max(len(items) - most, 0) + more
    return between.join(items[:most]) + (f" and {rest:,} more" if rest > 0 else "")
