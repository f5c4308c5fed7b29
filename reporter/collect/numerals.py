"""Columns of plain decimal numbers, parsed all at once: nearly every column of a plot is one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_PLAIN = b"0123456789+-.\n"
_NEWLINE, _PLUS, _MINUS, _DOT, _ZERO, _NINE = b"\n+-.09"
_LONGEST_INTEGER = 18
"""An integer of so many characters fits int64, whatever its digits."""
_LONGEST_DECIMAL = 16
"""With its point this has 15 digits at most: they and the power of ten that divides them are exact in float64, so that the
quotient is rounded once, as a parser rounds (Clinger, "How to read floating point numbers accurately", PLDI 1990).
"""


def plain_numbers(lines: str) -> npt.NDArray[np.int64] | npt.NDArray[np.float64] | None:
    """A number from each line, shape (lines,): int64, or float64 where one has a point; the last line ends too.

    None where a line is anything but a short decimal without exponent and leading zeros.
    """
    if not lines.isascii() or lines.encode().translate(None, _PLAIN):
        return None
    characters = np.frombuffer(lines.encode(), dtype=np.uint8)
    ends = np.flatnonzero(characters == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    dots = np.flatnonzero(characters == _DOT)
    if (ends - starts).max() > (_LONGEST_DECIMAL if len(dots) else _LONGEST_INTEGER):
        return None
    if not _is_grammatical(characters, starts, ends, dots):
        return None
    digits = np.fromstring(lines.replace(".", ""), dtype=np.int64, sep="\n")
    if not len(dots):
        return digits
    decimals = np.zeros(len(ends), dtype=np.intp)
    dotted = np.searchsorted(ends, dots)
    decimals[dotted] = ends[dotted] - dots - 1
    signs = np.where(characters[starts] == _MINUS, -1.0, 1.0)  # an integer knows no -0
    return np.copysign(digits / 10.0**decimals, signs)


def _is_grammatical(
    characters: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.intp],
    ends: npt.NDArray[np.intp],
    dots: npt.NDArray[np.intp],
) -> bool:
    """Whether each line is an optional sign, then digits with at most one point, and no zero before another digit."""
    is_sign = (characters == _PLUS) | (characters == _MINUS)
    signed = is_sign[starts]
    if np.count_nonzero(is_sign) != np.count_nonzero(signed):
        return False
    dotted = np.searchsorted(ends, dots)
    if (np.diff(dotted) == 0).any():
        return False
    digits = ends - starts - signed
    digits[dotted] -= 1
    if (digits == 0).any():
        return False
    first = starts + signed
    second = characters[first + 1]
    return not ((characters[first] == _ZERO) & (second >= _ZERO) & (second <= _NINE)).any()
