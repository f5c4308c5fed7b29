"""Rows of metrics and params: every key of either side, in the order of the file, each with its true state."""

from __future__ import annotations

import math

import pytest
from factories import BASE, HEAD, make_problem, make_snapshot
from hypothesis import given
from hypothesis import strategies as st

from reporter.compare.order import merged_order
from reporter.compare.value_pairs import WHOLE_FILE, pair_values, param_rows
from reporter.model.comparison import State
from reporter.model.snapshot import ValueFile
from reporter.model.values import same_value

NAMES = st.sampled_from([f"k{number}" for number in range(8)])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
FILES = st.dictionaries(st.sampled_from(["a.json", "b.yaml"]), st.dictionaries(NAMES, VALUES))
MIRRORED = {State.ADDED: State.REMOVED, State.REMOVED: State.ADDED}


def files(trees):
    return {path: ValueFile(path, values) for path, values in trees.items()}


def params(base, head):
    before = None if base is None else make_snapshot(BASE, params=base)
    return param_rows(before, make_snapshot(HEAD, params=head))


def test_order_is_the_candidates_with_what_it_lost_at_its_old_place():
    assert merged_order(["a", "new", "c"], ["first", "a", "b", "b2", "c", "d"]) == [
        "first",
        "a",
        "b",
        "b2",
        "new",
        "c",
        "d",
    ]


@given(st.lists(NAMES, unique=True), st.lists(NAMES, unique=True))
def test_merging_keeps_each_key_once_and_the_candidates_order(head, base):
    merged = merged_order(head, base)
    assert sorted(merged) == sorted({*head, *base})
    assert [key for key in merged if key in head] == head


@given(FILES, FILES)
def test_every_value_of_either_side_has_exactly_one_row(base, head):
    pairs = list(pair_values(files(base), files(head)))
    expected = {(path, name) for side in (base, head) for path, values in side.items() for name in values}
    assert len(pairs) == len(expected)
    assert {(pair.file, pair.name) for pair in pairs} == expected
    assert [pair.file for pair in pairs] == sorted(pair.file for pair in pairs)


@given(FILES, FILES)
def test_the_other_way_round_each_state_is_mirrored(base, head):
    there = {(pair.file, pair.name): pair for pair in pair_values(files(base), files(head))}
    back = {(pair.file, pair.name): pair for pair in pair_values(files(head), files(base))}
    assert there.keys() == back.keys()
    for key, pair in there.items():
        assert back[key].state is MIRRORED.get(pair.state, pair.state)
        assert same_value(back[key].base, pair.head)
        assert same_value(back[key].head, pair.base)


@given(FILES)
def test_a_revision_held_against_itself_is_unchanged(tree):
    assert all(pair.state is State.UNCHANGED for pair in pair_values(files(tree), files(tree)))


def test_params_are_sorted_by_file_and_ordered_as_written():
    rows = params({}, {"z.yaml": {"b": 1, "a": 2}, "params.yaml": {"train": {"lr": 0.1, "depth": 3}}})
    assert [(row.file, row.name) for row in rows] == [
        ("params.yaml", "train.lr"),
        ("params.yaml", "train.depth"),
        ("z.yaml", "b"),
        ("z.yaml", "a"),
    ]


def test_unchanged_params_have_rows_too():
    (row,) = params({"params.yaml": {"seed": 1}}, {"params.yaml": {"seed": 1}})
    assert row.state is State.UNCHANGED
    assert (row.base, row.head) == (1, 1)


def test_a_null_is_a_value_and_its_state_tells_it_from_nothing():
    rows = params({"p.yaml": {"a": None, "b": None}}, {"p.yaml": {"a": None, "c": None}})
    assert {row.name: row.state for row in rows} == {"a": State.UNCHANGED, "b": State.REMOVED, "c": State.ADDED}


def test_types_that_look_alike_differ():
    (row,) = params({"p.yaml": {"flag": 1}}, {"p.yaml": {"flag": True}})
    assert row.state is State.CHANGED


def test_a_list_is_compared_as_one_value():
    (row,) = params({"p.yaml": {"layers": [64, 32]}}, {"p.yaml": {"layers": [64, 16]}})
    assert (row.state, row.base, row.head) == (State.CHANGED, [64, 32], [64, 16])


def test_nan_equals_nan():
    (row,) = params({"p.yaml": {"x": math.nan}}, {"p.yaml": {"x": math.nan}})
    assert row.state is State.UNCHANGED


def test_on_a_first_report_everything_is_added():
    assert {row.state for row in params(None, {"p.yaml": {"a": 1, "b": 2}})} == {State.ADDED}


def test_a_file_that_one_revision_does_not_have_was_added():
    (row,) = params({}, {"p.yaml": {"a": 1}})
    assert (row.state, row.base, row.head) == (State.ADDED, None, 1)


@pytest.mark.parametrize("broken", ["base", "head"])
def test_what_stands_beside_an_unreadable_file_is_unavailable_not_new_or_gone(broken):
    readable, problem = {"p.yaml": {"a": 1, "b": 2}}, {"p.yaml": make_problem("p.yaml")}
    rows = params(problem, readable) if broken == "base" else params(readable, problem)
    assert [row.name for row in rows] == ["a", "b"]
    assert {row.state for row in rows} == {State.UNAVAILABLE}
    assert {getattr(row, broken) for row in rows} == {None}


def test_a_file_unreadable_in_both_revisions_does_not_vanish():
    problem = {"p.yaml": make_problem("p.yaml")}
    (row,) = params(problem, problem)
    assert (row.file, row.name, row.state) == ("p.yaml", WHOLE_FILE, State.UNAVAILABLE)


def test_a_file_unreadable_on_a_first_report_does_not_vanish():
    (row,) = params(None, {"p.yaml": make_problem("p.yaml")})
    assert row.state is State.UNAVAILABLE


def test_an_unreadable_file_leaves_the_others_as_they_are():
    rows = params({"a.yaml": make_problem("a.yaml"), "b.yaml": {"x": 1}}, {"a.yaml": {"x": 1}, "b.yaml": {"x": 2}})
    assert {row.file: row.state for row in rows} == {"a.yaml": State.UNAVAILABLE, "b.yaml": State.CHANGED}
