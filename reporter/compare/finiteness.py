"""Numbers that nothing can be judged by: NaN and ±Infinity, as a training that diverged leaves them."""

from __future__ import annotations

from reporter.model.comparison import MetricRow
from reporter.model.formatting import number
from reporter.model.values import Value, is_finite, is_number


def is_non_finite(value: Value) -> bool:
    """Whether it is a number, but NaN or ±Infinity."""
    return is_number(value) and not is_finite(value)


def became_non_finite(base: Value, head: Value) -> bool:
    """Whether the candidate's value is such a number and the baseline's, if there is one, is not."""
    return is_non_finite(head) and not is_non_finite(base)


def how_non_finite(row: MetricRow) -> str:
    """`became NaN`, `is Infinity`: a clause that reads on after the metric's name."""
    became = is_number(row.base) and is_finite(row.base)
    shown = number(row.head) if is_number(row.head) else ""
    return f"{'became' if became else 'is'} {shown}"
