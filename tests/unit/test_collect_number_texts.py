"""Plain decimals parsed at once give what a parser gives for each of them, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.collect.formats.number_texts import plain_columns


def plain_numbers(lines: str) -> Any:
    columns = plain_columns(lines, 1)
    return None if columns is None else columns[0]


@given(
    st.lists(st.decimals(-99_999_999, 99_999_999, places=6), min_size=1).map(
        lambda found: [f"{one:f}" for one in found]
    )
)
def test_decimals_are_those_of_float(cells: list[str]) -> None:
    parsed = plain_numbers("".join(f"{cell}\n" for cell in cells))
    assert parsed is not None
    assert parsed.tobytes() == np.array([float(cell) for cell in cells]).tobytes()


@given(st.lists(st.integers(-(10**17) + 1, 10**17 - 1), min_size=1))
def test_integers_are_those_of_int(numbers: list[int]) -> None:
    parsed = plain_numbers("".join(f"{number}\n" for number in numbers))
    assert parsed is not None
    assert parsed.dtype == np.int64
    assert parsed.tolist() == numbers


def test_signs_and_bare_points_are_read() -> None:
    parsed = plain_numbers("-0.0\n+1\n.5\n-7.\n0\n")
    assert parsed is not None
    assert [repr(number) for number in parsed.tolist()] == ["-0.0", "1.0", "0.5", "-7.0", "0.0"]


@pytest.mark.parametrize(
    "cell",
    [
        "",
        ".",
        "-",
        "+-1",
        "1-",
        "1.2.3",
        "007",
        "-00.5",
        "1e5",
        "nan",
        "inf",
        "1_0",
        " 1",
        "\u0661",
        "0.1234567890123456",
    ],
)
def test_any_other_text_is_left_to_a_slower_reader(cell: str) -> None:
    assert plain_numbers(f"1\n{cell}\n2.5\n") is None


def test_a_table_has_a_type_for_each_column() -> None:
    columns = plain_columns("0\n-1.50\n1\n2\n", 2)
    assert columns is not None
    steps, losses = columns
    assert [str(steps.dtype), str(losses.dtype)] == ["int64", "float64"]
    assert [steps.tolist(), losses.tolist()] == [[0, 1], [-1.5, 2.0]]
