"""Rows of two predictions files that are the same example."""

from __future__ import annotations

import numpy as np
import pytest

from reporter.compare.statistics.examples import Regressed, UnusablePredictionsError, read
from reporter.compare.statistics.pairing import Incomparable, Paired, Pairing, pair
from reporter.model.rules import PredictionsRule, Task
from reporter.model.snapshot import Table

BY_ID = PredictionsRule("predictions.csv", Task.BINARY, "y", id="key", predicted="p")
BY_POSITION = PredictionsRule("predictions.csv", Task.BINARY, "y", predicted="p")


def table(keys: object, actual: object | None = None) -> Table:
    identifiers = np.asarray(keys)
    y = np.zeros(len(identifiers), int) if actual is None else np.asarray(actual)
    return Table({"key": identifiers, "y": y, "p": np.zeros(len(identifiers), int)})


def paired(base: Table, head: Table, rule: PredictionsRule = BY_ID) -> Pairing:
    return pair(base, head, read(base, head, rule), rule)


def text(values: object) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)


def test_the_same_rows_in_the_same_order_are_paired_whole():
    result = paired(table(np.arange(5)), table(np.arange(5)))
    assert isinstance(result, Paired)
    assert result.whole
    assert result.shared is None


def test_another_order_is_paired_by_id():
    result = paired(table([3, 1, 2], [1, 0, 0]), table([1, 2, 3], [0, 0, 1]))
    assert isinstance(result, Paired)
    assert result.base.tolist() == [1, 2, 0]
    assert result.head.tolist() == [0, 1, 2]
    assert result.shared is None, "nothing is missing"


@pytest.mark.parametrize("other", [text(range(40)), np.arange(40.0), text(f"{i}.0" for i in range(40))])
def test_ids_of_another_type_are_the_same_ids(other):
    result = paired(table(np.arange(40)), table(other))
    assert isinstance(result, Paired)
    assert result.whole


def test_text_ids_keep_their_zeros():
    result = paired(table(text(["01", "1"])), table(text(["1", "01"])))
    assert isinstance(result, Paired)
    assert result.base.tolist() == [1, 0]


def test_enough_shared_rows_are_compared_and_counted():
    result = paired(table(np.arange(100)), table(np.arange(40, 140)))
    assert isinstance(result, Paired)
    assert len(result.base) == 60
    assert "60 rows" in result.shared.clause


@pytest.mark.parametrize("shift", [51, 100])
def test_less_than_half_of_the_larger_set_is_incomparable(shift):
    assert isinstance(paired(table(np.arange(100)), table(np.arange(shift, shift + 100))), Incomparable)


def test_fewer_than_thirty_shared_rows_are_incomparable_unless_the_sets_are_equal():
    assert isinstance(paired(table(np.arange(30)), table(np.arange(1, 31))), Incomparable)
    assert isinstance(paired(table(np.arange(8)), table(np.arange(8))), Paired)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([1, 1, 2], "1 of 3 rows repeat the id"),
        ([1.0, np.nan, 2.0], "1 of 3 rows have no id"),
        (np.array(["a", None, ""], dtype=object), "2 of 3 rows have no id"),
    ],
)
def test_ids_that_name_no_single_row_are_refused(keys, says):
    with pytest.raises(UnusablePredictionsError, match=says) as caught:
        paired(table([1, 2, 3]), table(keys))
    assert not caught.value.base


def test_without_ids_rows_are_paired_by_position_if_the_actual_values_agree():
    assert isinstance(paired(table([1, 2], [0, 1]), table([7, 8], [0, 1]), BY_POSITION), Paired)
    differs = paired(table([1, 2], [0, 1]), table([7, 8], [1, 1]), BY_POSITION)
    assert isinstance(differs, Incomparable)
    assert "1 of 2 rows" in differs.reason.clause


def test_without_ids_another_number_of_rows_is_incomparable():
    result = paired(table([1, 2, 3]), table([1, 2]), BY_POSITION)
    assert isinstance(result, Incomparable)
    assert "3 and 2 rows" in result.reason.clause


def test_changed_labels_are_incomparable():
    result = paired(table([1, 2, 3], [0, 1, 0]), table([3, 2, 1], [0, 0, 0]))
    assert isinstance(result, Incomparable)
    assert "1 of 3 shared examples" in result.reason.clause
    assert "labels changed" in result.reason.clause


def test_targets_that_differ_only_in_their_last_bits_are_the_same():
    rule = PredictionsRule("predictions.csv", Task.REGRESSION, "y", predicted="p")
    base, head = table([1, 2], [0.1 + 0.2, 1.0]), table([1, 2], [0.3, 1.0])
    sides = read(base, head, rule)
    assert isinstance(sides[0], Regressed)
    assert isinstance(pair(base, head, sides, rule), Paired)
