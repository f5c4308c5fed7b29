"""Numbers as a reader is shown them."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reporter.model import formatting

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (336776, "336,776"),
        (-5, "−5"),
        (10**30, "1" + ",000" * 10),
        (2**127, "170,141,183,460,469,231,731,687,303,715,884,105,728"),
        (10**400, "1e+400"),
        (-123456789 * 10**400, "−1.23457e+408"),
        (10**4300 - 1, "1e+4300"),
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (0.812345678, "0.812346"),
        (123456.789, "123,457"),
        (4.44e-07, "4.44e-07"),
        (9.9999996e-05, "1e-04"),
        (1e20, "1e+20"),
        (0.9999999, "1.000000"),
        (0.1 + 0.2, "0.3"),
        (-2.5, "−2.5"),
        (math.nan, "NaN"),
        (-math.inf, "−Infinity"),
    ],
)
def test_a_number_alone_has_six_significant_digits(value, shown):
    assert formatting.number(value) == shown


@pytest.mark.parametrize(
    ("base", "head", "shown"),
    [
        (0.8, 0.795, ("0.800", "0.795")),
        (0.8123, 0.8246, ("0.8123", "0.8246")),
        (0.812345, 0.812399, ("0.812345", "0.812399")),
        (4.44e-07, 7.4e-07, ("4.44e-07", "7.40e-07")),
        (0.0, 1e-09, ("0", "1e-09")),
        (1, 1.5, ("1.0", "1.5")),
        (12, 1300, ("12", "1,300")),
        (123456.789, 123999.1, ("123,457", "123,999")),
        (0.64123456789, 0.65323456789, ("0.6412", "0.6532")),
        (0.5, 0.5, ("0.5", "0.5")),
        (0.754232, 0.754232, ("0.7542", "0.7542")),
        (0.1 + 0.2, 0.4, ("0.3", "0.4")),
        (0.555, 0.555 + 0.01, ("0.555", "0.565")),
        (0.1 + 0.2, 0.3, ("0.3", "0.3")),
        (123456789012345.0, 123456789012346.0, ("123,456,789,012,345", "123,456,789,012,346")),
        (math.nan, 0.25, ("NaN", "0.25")),
        (10**400, 10**400 - 10**399, ("1.0e+400", "9e+399")),
        (10**400, 10**400 + 10**390, ("1.0000000000e+400", "1.0000000001e+400")),
        (10**400, 10**400 + 1, ("1.000e+400", "1.000e+400")),
        (1, 10**400, ("1", "1.000e+400")),
        (0.5, 10**400, ("5e-01", "1.000e+400")),
        (math.inf, 10**400, ("Infinity", "1e+400")),
    ],
)
def test_a_pair_shows_its_difference(base, head, shown):
    assert formatting.pair(base, head) == shown


@given(FINITE, FINITE)
def test_numbers_look_alike_only_if_nothing_but_the_arithmetic_of_floats_tells_them_apart(base, head):
    left, right = formatting.pair(base, head)
    assert (left != right) or f"{base:.12g}" == f"{head:.12g}" or base == head


def test_a_number_is_told_apart_without_needless_zeros():
    assert formatting.apart(0.1, 0.005) == "0.1"
    assert formatting.apart(0.00501, 0.005) == "0.00501"
    assert formatting.apart(0.009172, 0.005) == "0.0092"
    assert formatting.apart(0.0049999, 0.005) == "0.0049999"
    assert formatting.apart(1234.5, 2) == "1,235"
    assert formatting.apart(5.0, 2.0) == "5"
    assert formatting.apart(10**400, 5) == "1e+400"
    assert formatting.apart(10**300 + 1, 1e300) == "1e+300"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0123, "+0.012"),
        (0.005000000000000004, "+0.005"),
        (-3.4e-07, "−3.4e-07"),
        (123.4, "+123"),
        (7, "+7"),
        (-1200, "−1,200"),
        (0.0, "0"),
        (math.inf, "+Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_a_difference_has_a_sign_and_two_digits(value, shown):
    assert formatting.delta(value) == shown


@given(FINITE)
def test_a_difference_is_never_shown_as_nothing(value):
    assume(value != 0)
    assert formatting.delta(value).startswith("+" if value > 0 else "−")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.008, 0.0161, "+0.008 to +0.016"),
        (-0.00212, 0.0161, "−0.002 to +0.016"),
        (-0.2, 0.0, "−0.2 to 0.0"),
        (-math.inf, 0.5, "−Infinity to +0.5"),
    ],
)
def test_the_ends_of_an_interval_share_their_places(low, high, shown):
    assert formatting.interval(low, high) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0.0123, "1.2 %"), (0.95, "95 %"), (1, "100 %"), (0.00001234, "0.0012 %"), (0, "0 %")]
)
def test_a_fraction_is_shown_in_percent(fraction, shown):
    assert formatting.percent(fraction) == shown


def test_a_relative_change_has_its_sign():
    assert formatting.percent(0.02, signed=True) == "+2.0 %"
    assert formatting.percent(-0.0044, signed=True) == "−0.44 %"
    assert formatting.percent(0.0, signed=True) == "0 %"


def test_a_relative_change_is_not_rounded_up_to_the_whole():
    changes = (0.999, -0.9996, 1.0, 12.345)
    shown = [formatting.percent(change, signed=True) for change in changes]
    assert shown == ["+99.9 %", "−99.96 %", "+100 %", "+1,235 %"]


@pytest.mark.parametrize(
    ("nbytes", "shown"), [(0, "0 B"), (999, "999 B"), (12345, "12.3 kB"), (999_999, "1 MB"), (4_560_000_000, "4.56 GB")]
)
def test_sizes_have_units(nbytes, shown):
    assert formatting.size(nbytes) == shown


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("adam", "adam"),
        ("1.2.3", "1.2.3"),
        ("", '""'),
        ("1e5", '"1e5"'),
        ("true", '"true"'),
        (" padded", '" padded"'),
        ("[x]", '"[x]"'),
        (True, "true"),
        (None, "null"),
        (-3, "-3"),
        (0.1 + 0.2, "0.30000000000000004"),
        ([1, "a", None, {"k": math.nan}], '[1, "a", null, {"k": NaN}]'),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_value_is_shown_exactly_and_its_type_is_seen(content, shown):
    assert formatting.value(content) == shown


def test_a_difference_keeps_a_digit_that_happens_to_be_zero() -> None:
    assert [formatting.delta(value) for value in (0.0103, 0.1029, 0.51 - 0.5)] == ["+0.010", "+0.10", "+0.01"]


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (-0.0191, -0.0009, "−0.0191 to −0.0009"),
        (-0.013, -0.0052, "−0.013 to −0.005"),
        (-0.000001, 0.02, "−1e-06 to +0.020"),
        (0.000064, 0.000103, "+0.00006 to +0.00010"),
    ],
)
def test_an_end_of_an_interval_near_zero_shows_its_side(low: float, high: float, shown: str) -> None:
    assert formatting.interval(low, high) == shown
