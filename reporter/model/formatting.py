"""Numbers and values as a reader is shown them: enough digits to see the difference, and no more.

Exact values are in report.json; these texts are for people. Numbers are read through their shortest decimal form, so
0.1 is shown as 0.1 and never as the binary fraction behind it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal

from reporter.model.values import Number, Value, is_finite

MINUS = "\N{MINUS SIGN}"

_SIGNIFICANT = 6
"""Digits of a number that stands alone."""
_PAIR_SIGNIFICANT = 4
"""Digits of a number beside another one, at least."""
_DELTA_SIGNIFICANT = 2
"""Digits of a difference."""
_SUBTRACTED_SIGNIFICANT = 12
"""Digits of a difference that subtraction has not made noise of: 0.51 − 0.5 is 0.01."""
_INTERVAL_EXTRA = 2
"""Digits that an interval is given at most to show that an end is not zero."""
_SMALLEST_FIXED, _LARGEST_FIXED = -4, 15
"""Powers of ten between which a number is written without an exponent."""
_LOOKS_TYPED = re.compile(
    r"\s.*|.*\s|[-+]?(\d[\d_]*)?\.?\d*(e[-+]?\d+)?|true|false|null|~|nan|[-+]?\.?inf(inity)?|[\[{\"'].*",
    re.IGNORECASE | re.DOTALL,
)
"""Texts that a reader would take for another type, or not see at all, were they shown without quotes."""


def number(value: Number) -> str:
    """A number that stands alone: integers whole, else up to six significant digits without trailing zeros."""
    if isinstance(value, int):
        return _signed_by_minus(f"{value:,}")
    if not math.isfinite(value):
        return _nonfinite(value)
    exact = _decimal(value)
    places = min(_SIGNIFICANT - 1 - _magnitude(exact), _places(exact))
    text = _trimmed(_at(exact, places))
    return f"{text}.0" if value.is_integer() and text.lstrip(MINUS).replace(",", "").isdigit() else text


def pair(base: Number, head: Number) -> tuple[str, str]:
    """Two numbers next to each other, both to the same place, which shows two digits of their difference.

    Integers are whole; digits that neither number has are not made up.
    """
    if base == head or not (is_finite(base) and is_finite(head)):
        return number(base), number(head)
    if isinstance(base, int) and isinstance(head, int):
        return number(base), number(head)
    left, right = _without_noise(base), _without_noise(head)
    if left == right:
        return number(float(left)), number(float(right))
    of_difference = _DELTA_SIGNIFICANT - 1 - _magnitude(left - right)
    of_larger = _PAIR_SIGNIFICANT - 1 - max(_magnitude(left), _magnitude(right))
    places = min(max(of_difference, of_larger), max(_places(left), _places(right)))
    return _at(left, places), _at(right, places)


def apart(value: Number, other: Number, digits: int = _DELTA_SIGNIFICANT) -> str:
    """A number with so many significant digits, or as many more as tell on which side of another one it lies."""
    if not (is_finite(value) and is_finite(other)) or value == other:
        return number(value)
    exact, limit = _decimal(value), _decimal(other)
    start = digits - 1 - _magnitude(exact)
    ends = max(start, _places(exact))
    rounded = ((places, round(exact, places)) for places in range(min(start, ends), ends + 1))
    places = next((places for places, near in rounded if (near > limit) is (exact > limit) and near != limit), ends)
    return _trimmed(_at(exact, places))


def delta(value: Number) -> str:
    """A difference with its sign and two significant digits: `+0.012`, `−3.4e-07`; whole numbers are whole."""
    if isinstance(value, int) or not math.isfinite(value):
        return _with_sign(number(value))
    exact = _decimal(float(f"{value:.{_SUBTRACTED_SIGNIFICANT}g}"))
    places = min(_DELTA_SIGNIFICANT - 1 - _magnitude(exact), _places(exact))
    return _with_sign(_at(exact, places))


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
    return f"{_with_sign(_at(left, places))} to {_with_sign(_at(right, places))}"


def percent(fraction: float, *, signed: bool = False) -> str:
    """A fraction as a percentage of up to two significant digits below one hundred: 0.0123 is `1.2 %`."""
    if not math.isfinite(fraction):
        text = _nonfinite(fraction)
    else:
        exact = _decimal(fraction).scaleb(2)
        places = min(max(_DELTA_SIGNIFICANT - 1 - _magnitude(exact), 0), max(_places(exact), 0))
        text = _trimmed(_at(exact, places))
    return f"{_with_sign(text) if signed else text} %"


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
    """A value exactly, as its file would say it; a text that looks like another type stands in quotes."""
    if isinstance(content, str):
        return json.dumps(content, ensure_ascii=False) if _LOOKS_TYPED.fullmatch(content) else content
    return _literal(content)


def _literal(content: Value) -> str:
    """JSON with spaces, its text in quotes, and NaN and Infinity by these names."""
    if content is None or isinstance(content, bool | str):
        return json.dumps(content, ensure_ascii=False)
    if isinstance(content, int | float):
        return repr(content) if math.isfinite(content) else _nonfinite(content).replace(MINUS, "-")
    if isinstance(content, Mapping):
        inside = (f"{json.dumps(key, ensure_ascii=False)}: {_literal(item)}" for key, item in content.items())
        return f"{{{', '.join(inside)}}}"
    return f"[{', '.join(map(_literal, content))}]"


def _decimal(value: Number) -> Decimal:
    return Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))


def _without_noise(value: Number) -> Decimal:
    """The number as it was meant: what arithmetic left in the last digits of a float is no part of it."""
    return Decimal(value) if isinstance(value, int) else _decimal(float(f"{value:.{_SUBTRACTED_SIGNIFICANT}g}"))


def _magnitude(exact: Decimal) -> int:
    """The power of ten of the first digit; 0 of zero."""
    return exact.adjusted() if exact else 0


def _places(exact: Decimal) -> int:
    """Digits after the point that the number has; negative where whole digits are zeros."""
    exponent = exact.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _at(exact: Decimal, places: int) -> str:
    """Rounded to `places` after the point; with an exponent where the plain form is long, or would look like zero."""
    if not exact and places > -_SMALLEST_FIXED:
        return "0"
    if _is_plain(exact, places):
        return _signed_by_minus(f"{exact:,.{max(places, 0)}f}")
    digits = max(places + _magnitude(exact), 0)
    mantissa, _, power = f"{exact:.{digits}e}".partition("e")
    return _signed_by_minus(f"{mantissa}e{int(power):+03d}")


def _is_plain(exact: Decimal, places: int) -> bool:
    magnitude = _magnitude(exact)
    return not exact or (_SMALLEST_FIXED <= magnitude < _LARGEST_FIXED and -magnitude <= max(places, 0))


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
