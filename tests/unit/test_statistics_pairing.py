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
    assert result.base.tolist() == result.head.tolist() == [0, 1, 2, 3, 4]


def test_another_order_is_paired_by_id():
    result = paired(table([3, 1, 2], [1, 0, 0]), table([1, 2, 3], [0, 0, 1]))
    assert isinstance(result, Paired)
    assert result.base.tolist() == [1, 2, 0]
    assert result.head.tolist() == [0, 1, 2]
    assert not result.whole, "the rows of one file are not those of the other"
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
    assert result.base.tolist() == list(range(40, 100))
    assert result.head.tolist() == list(range(60))
    assert result.shared is not None
    assert result.shared.sentence == "Compared on the 60 rows that both test sets share (baseline 100, candidate 100)."


def test_rows_of_only_one_side_are_left_out_wherever_they_stand():
    larger = np.arange(2_000)
    result = paired(table(larger), table(larger[::2]))
    assert isinstance(result, Paired)
    assert result.base.tolist() == list(range(0, 2_000, 2))
    assert not result.whole
    assert result.shared is not None
    assert (
        result.shared.sentence
        == "Compared on the 1,000 rows that both test sets share (baseline 2,000, candidate 1,000)."
    )


@pytest.mark.parametrize(("shared", "compared"), [(50, True), (49, False)])
def test_less_than_half_of_the_larger_set_is_incomparable(shared, compared):
    larger, smaller, shifted = (
        table(np.arange(start, end)) for start, end in ((0, 100), (0, shared), (100 - shared, 150))
    )
    for base, head in ((larger, smaller), (smaller, larger), (larger, shifted)):
        assert isinstance(paired(base, head), Paired) is compared


def test_test_sets_that_share_nothing_are_incomparable():
    assert isinstance(paired(table(np.arange(100)), table(np.arange(100, 200))), Incomparable)


@pytest.mark.parametrize(("shared", "compared"), [(30, True), (29, False)])
def test_fewer_than_thirty_shared_rows_are_incomparable_unless_the_sets_are_equal(shared, compared):
    base, head = table(np.arange(shared + 1)), table(np.arange(1, shared + 2))
    assert isinstance(paired(base, head), Paired) is compared
    assert isinstance(paired(table(np.arange(8)), table(np.arange(8))), Paired)


def test_why_too_few_rows_are_shared_is_said_with_the_counts_of_each_side():
    found = paired(table(np.arange(90)), table(np.arange(60, 180)))
    assert isinstance(found, Incomparable)
    counts = "30 rows that both test sets share (baseline 90, candidate 120)"
    assert found.reason.clause == f"the test sets differ too much: there are only {counts}"


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([1, 1, 2], "1 of 3 rows repeat the id of another in column 'key'"),
        ([1, 1, 1], "2 of 3 rows repeat the id of another in column 'key'"),
        ([1.0, np.nan, 2.0], "1 of 3 rows have no id in column 'key'"),
        (np.array(["a", None, ""], dtype=object), "2 of 3 rows have no id in column 'key'"),
    ],
)
def test_ids_that_name_no_single_row_are_refused_and_their_side_is_told(keys, says):
    good, bad = table([1, 2, 3]), table(keys)
    with pytest.raises(UnusablePredictionsError, match=f"^{says}, so examples cannot be paired") as of_head:
        paired(good, bad)
    assert not of_head.value.base
    assert of_head.value.hint == "let `id` name a column that is different in every row"
    with pytest.raises(UnusablePredictionsError, match=f"^{says}") as of_base:
        paired(bad, good)
    assert of_base.value.base


def test_an_id_column_that_is_missing_is_told_of_its_side():
    whole, without = table([1, 2]), Table({"y": np.zeros(2, int), "p": np.zeros(2, int)})
    for base, head in ((without, whole), (whole, without)):
        sides = read(base, head, BY_POSITION)
        with pytest.raises(UnusablePredictionsError, match="'key'") as caught:
            pair(base, head, sides, BY_ID)
        assert caught.value.base is (base is without)


def test_without_ids_rows_are_paired_by_position_if_the_actual_values_agree():
    result = paired(table([1, 2], [0, 1]), table([7, 8], [0, 1]), BY_POSITION)
    assert isinstance(result, Paired)
    assert result.whole
    assert result.base.tolist() == result.head.tolist() == [0, 1]
    differs = paired(table([1, 2], [0, 1]), table([7, 8], [1, 1]), BY_POSITION)
    assert isinstance(differs, Incomparable)
    assert differs.reason.sentence == "The actual values differ in 1 of 2 rows, and no `id` is named to pair rows by."


def test_without_ids_another_number_of_rows_is_incomparable():
    result = paired(table([1, 2, 3]), table([1, 2]), BY_POSITION)
    assert isinstance(result, Incomparable)
    assert result.reason.sentence == "The test sets differ (3 and 2 rows), and no `id` is named to pair rows by."


def test_changed_labels_are_incomparable():
    result = paired(table([1, 2, 3], [0, 1, 0]), table([3, 2, 1], [0, 0, 0]))
    assert isinstance(result, Incomparable)

    assert result.reason.sentence == "The actual values of 1 of 3 shared examples differ: the labels changed."


def regression(base_targets: object, head_targets: object, head_keys: object = (1, 2, 3)) -> Pairing:
    rule = PredictionsRule("predictions.csv", Task.REGRESSION, "y", id="key", predicted="p")
    base, head = table([1, 2, 3], base_targets), table(head_keys, head_targets)
    sides = read(base, head, rule)
    assert isinstance(sides[0], Regressed)
    return pair(base, head, sides, rule)


def test_targets_that_differ_only_in_their_last_bits_are_the_same():
    assert isinstance(regression([0.1 + 0.2, 1.0, 1e9], [0.3, 1.0, 1e9 * (1 + 1e-10)]), Paired)


@pytest.mark.parametrize("changed", [[0.1, 0.2, 0.4], [0.1, 0.2, 0.3 * (1 + 1e-8)]])
def test_changed_targets_of_a_regression_are_incomparable(changed):
    found = regression([0.1, 0.2, 0.3], changed)
    assert isinstance(found, Incomparable)
    assert found.reason.sentence == "The actual values of 1 of 3 shared examples differ: the labels changed."


def test_targets_near_zero_are_held_against_each_other_as_closely():
    assert isinstance(regression([1e-12, 0.0, 1.0], [3e-12, 0.0, 1.0]), Incomparable)


def test_targets_are_those_of_the_same_id():
    assert isinstance(regression([0.1, 0.2, 0.3], [0.3, 0.2, 0.1], head_keys=(3, 2, 1)), Paired)
    assert isinstance(regression([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], head_keys=(3, 2, 1)), Incomparable)


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
