"""Values: equality as a reader understands it, and the names of nested keys."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.model.values import MOST_NESTED, flatten, is_finite, is_nan, is_nested_too_deep, is_number, same_value

KEYS = st.text(alphabet="ab.\\é ", min_size=1, max_size=4)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
)
TREES = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=4),
    lambda inner: st.dictionaries(KEYS, inner | LEAVES, max_size=3),
    max_leaves=12,
)
HUGE = 10**400


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (math.nan, math.nan),
        (math.inf, math.inf),
        (None, None),
        ([1, [math.nan]], [1.0, [math.nan]]),
        ({"a": 1}, {"a": 1.0}),
        ([{"a": 1, "b": 2}], [{"b": 2, "a": 1}]),
        (HUGE, HUGE),
    ],
)
def test_these_are_the_same_to_a_reader(left, right):
    assert same_value(left, right)
    assert same_value(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        (1, "1"),
        (None, 0),
        (None, ""),
        (0.1 + 0.2, 0.3),
        (math.inf, -math.inf),
        (math.nan, 0.0),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({}, []),
        ("ab", ["a", "b"]),
        (HUGE, HUGE + 1),
        (HUGE, math.nan),
        (2**53 + 1, float(2**53)),
    ],
)
def test_these_differ(left, right):
    assert not same_value(left, right)
    assert not same_value(right, left)


@given(LEAVES)
def test_every_value_is_the_same_as_itself(value):
    assert same_value(value, value)


def test_a_boolean_is_no_number():
    assert not is_number(True)
    assert is_number(math.nan)
    assert is_number(0)


def test_an_integer_beyond_every_float_is_finite_and_a_number():
    assert is_finite(HUGE)
    assert not is_nan(HUGE)
    assert is_nan(math.nan)
    assert not is_finite(-math.inf)


def test_nested_keys_are_joined_in_the_order_of_the_file():
    tree = {"train": {"loss": 0.1, "acc": 0.9}, "epoch": 3}
    assert list(flatten(tree)) == [("train.loss", 0.1), ("train.acc", 0.9), ("epoch", 3)]


def test_a_dot_inside_a_key_is_escaped():
    assert dict(flatten({"p0.5": {"x": 1}})) == {r"p0\.5.x": 1}


def test_a_list_is_one_value_and_so_is_an_empty_mapping():
    assert dict(flatten({"layers": [64, 32], "extra": {}})) == {"layers": [64, 32], "extra": {}}


@given(TREES)
def test_no_two_keys_share_a_name(tree):
    names = [name for name, _ in flatten(tree)]
    assert len(names) == len(set(names))


def nested(levels, wrap):
    tree = 1
    for _ in range(levels):
        tree = wrap(tree)
    return tree


@pytest.mark.parametrize("wrap", [lambda tree: [0, tree], lambda tree: {"a": 0, "b": tree}, lambda tree: (tree,)])
def test_a_tree_may_have_so_many_levels_and_no_more(wrap):
    assert not is_nested_too_deep(nested(MOST_NESTED, wrap))
    assert is_nested_too_deep(nested(MOST_NESTED + 1, wrap))
    assert is_nested_too_deep(nested(100_000, wrap))


def test_a_tree_that_holds_itself_has_no_end():
    tree: list[object] = []
    tree.append(tree)
    assert is_nested_too_deep(tree)


def test_aliases_of_aliases_are_looked_at_once():
    assert not is_nested_too_deep(nested(MOST_NESTED, lambda tree: [tree, tree]))
