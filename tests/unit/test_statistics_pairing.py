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


class TestByPosition:
    """Without an `id`: rows of one place are one example, unless something speaks against it."""

    labels = np.arange(100) % 2
    answers = np.random.default_rng(0).integers(0, 2, 100)

    def compared(
        self, base: dict[str, object], head: dict[str, object], rule: PredictionsRule = BY_POSITION
    ) -> Pairing:
        defaults = {"y": self.labels, "p": np.zeros(100, int)}
        sides = [
            Table({name: np.asarray(column) for name, column in (defaults | side).items()}) for side in (base, head)
        ]
        return paired(sides[0], sides[1], rule)

    def test_it_is_told(self):
        result = self.compared({}, {"p": self.answers})
        assert isinstance(result, Paired)
        assert result.by_position

    @pytest.mark.parametrize("labels", [np.arange(100) // 50, 1 - np.arange(100) // 50])
    def test_a_file_that_is_sorted_by_its_labels_tells_nothing(self, labels):
        result = self.compared({"y": labels}, {"y": labels, "p": self.answers})
        assert isinstance(result, Incomparable)
        assert result.reason.clause == "the rows are sorted by 'y', and no `id` is named to pair rows by"

    def test_nor_does_one_that_is_sorted_by_its_scores(self):
        rule = PredictionsRule("predictions.csv", Task.BINARY, "y", score="s", positive=1)
        scores = np.linspace(0.1, 0.9, 100)
        result = self.compared({"s": scores}, {"s": scores**2}, rule)
        assert isinstance(result, Incomparable)
        assert "sorted by 's'" in result.reason.clause

    def test_nor_one_of_numbers_that_is_sorted_by_its_targets(self):
        rule = PredictionsRule("predictions.csv", Task.REGRESSION, "y", predicted="p")
        result = self.compared({"y": np.arange(100.0)}, {"y": np.arange(100.0), "p": np.arange(100) + 0.5}, rule)
        assert isinstance(result, Incomparable)

    def test_unless_the_predictions_are_the_same(self):
        sorted_labels = {"y": np.arange(100) // 50}
        assert isinstance(self.compared(sorted_labels, sorted_labels), Paired)

    def test_or_a_column_that_tells_rows_apart_agrees(self):
        sides = {"y": np.arange(100) // 50, "path": text(f"{i}.png" for i in range(100))}
        assert isinstance(self.compared(sides, sides | {"p": self.answers}), Paired)

    def test_such_a_column_in_another_order_speaks_against_it(self):
        names = text(f"{i}.png" for i in range(100))
        result = self.compared({"path": names}, {"path": names[::-1]})
        assert isinstance(result, Incomparable)
        assert "the rows are in another order by their column 'path'" in result.reason.clause

    def test_another_output_of_the_model_says_nothing(self):
        other = {"margin": np.random.default_rng(1).random(100)}
        assert isinstance(self.compared({"margin": np.zeros(100)}, other), Paired)
        few = {"by_hour": np.arange(100) % 24}
        assert isinstance(self.compared(few, {"by_hour": (np.arange(100) + 1) % 24}), Paired)
