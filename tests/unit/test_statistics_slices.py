"""Which groups of examples are looked at, what of them is called worse or better, and which of them are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reporter.compare.statistics.examples import read
from reporter.compare.statistics.metrics import find
from reporter.compare.statistics.resampling import Pair, Plan
from reporter.compare.statistics.slices import Slice, Slices, slices, worst_and_best
from reporter.model.comparison import Outcome, SliceRow
from reporter.model.rules import PredictionsRule, Task
from reporter.model.snapshot import Table

RULE = PredictionsRule("p.csv", Task.BINARY, "late", predicted="label")


def looked_at(groups: np.ndarray, right: np.ndarray | None = None) -> Slices:
    """The slices of a candidate that is right where `right`, and of a baseline that is right everywhere."""
    late = np.arange(len(groups)) % 2
    label = late if right is None else np.where(right, late, 1 - late)
    base, head = Table({"late": late, "label": late}), Table({"late": late, "label": label})
    pair = Pair(*read(base, head, RULE))
    accuracy = find("accuracy", RULE)
    assert accuracy is not None
    return slices(pair, "p.csv", [accuracy], {"city": groups}, Plan(resamples=200))


def text(values: object) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)


class TestWhatIsLookedAt:
    def test_a_slice_has_the_metric_of_its_own_examples(self):
        groups = np.repeat([1, 2], [60, 40])
        found = looked_at(groups, right=(groups == 1) | (np.arange(100) >= 90)).found
        rows = [(row.value, row.rows, row.base, row.head, row.delta) for row in (each.row for each in found)]
        assert rows == [("1", 60, 1.0, 1.0, 0.0), ("2", 40, 1.0, 0.25, -0.75)]
        assert [(each.row.predictions, each.row.metric, each.row.group) for each in found] == [
            ("p.csv", "accuracy", "city")
        ] * 2
        assert [each.gain for each in found] == [0.0, -0.75]

    @pytest.mark.parametrize(("rows", "values"), [(30, ["a", "b"]), (29, ["a"])])
    def test_a_slice_of_fewer_than_thirty_rows_is_left_out(self, rows, values):
        found = looked_at(text("a" * 40 + "b" * rows)).found
        assert [each.row.value for each in found] == values

    def test_examples_without_a_value_are_a_slice_too(self):
        groups = np.array(["a"] * 40 + [None] * 50, dtype=object)
        assert [(each.row.value, each.row.rows) for each in looked_at(groups).found] == [("(empty)", 50), ("a", 40)]

    def test_all_values_are_looked_at_where_they_are_few(self):
        found = looked_at(np.arange(30 * 30) % 30)
        assert len(found.found) == 30
        assert found.left_out == ()

    def test_of_many_values_the_largest_are_looked_at_and_it_is_said(self):
        groups = np.concatenate([np.arange(31 * 30) % 31, [5, 30]])
        found = looked_at(groups)
        assert len(found.found) == 30
        assert [each.row.value for each in found.found[:2]] == ["5", "30"]
        assert found.left_out == ("'city' has 31 values: only its 30 largest slices are looked at",)


def row(value: str, delta: float | None, **fields: object) -> SliceRow:
    return replace(SliceRow("p.csv", "auc", "city", value, 99, 0.5, 0.6, delta, None, None), **fields)


class TestWhatIsSaidOfASlice:
    @pytest.mark.parametrize(
        ("delta", "interval", "p_value", "outcome"),
        [
            (-0.1, (-0.2, -0.05), 0.001, Outcome.REGRESSED),
            (0.1, (0.05, 0.2), 0.001, Outcome.IMPROVED),
            (-0.1, (-0.2, 0.0), 0.001, Outcome.INCONCLUSIVE),
            (0.1, (0.0, 0.2), 0.001, Outcome.INCONCLUSIVE),
            (0.1, (0.05, 0.2), 0.06, Outcome.INCONCLUSIVE),
            (0.0, (0.0, 0.0), 1.0, Outcome.SAME),
            (0.0, None, None, Outcome.SAME),
            (0.1, None, None, Outcome.UNKNOWN),
            (0.1, (0.05, 0.2), None, Outcome.UNKNOWN),
            (0.1, None, 0.001, Outcome.UNKNOWN),
        ],
    )
    def test_worse_or_better_takes_an_interval_without_zero_and_a_small_p_value(
        self, delta, interval, p_value, outcome
    ):
        found = Slice(row("a", delta, interval=interval, p_value=p_value), delta)
        assert [each.outcome for each in worst_and_best([found], 0.95)] == [outcome]

    def test_the_level_decides_which_p_value_is_small(self):
        found = Slice(row("a", 0.1, interval=(0.05, 0.2), p_value=0.06), 0.1)
        assert worst_and_best([found], 0.9)[0].outcome is Outcome.IMPROVED

    def test_of_a_loss_less_is_better(self):
        found = Slice(row("a", -0.1, interval=(-0.2, -0.05), p_value=0.001), gain=0.1)
        assert worst_and_best([found], 0.95)[0].outcome is Outcome.IMPROVED

    def test_p_values_are_corrected_over_all_slices_whatever_their_metric(self):
        found = [
            Slice(row("a", 0.1, interval=(0.05, 0.2), p_value=0.03), 0.1),
            Slice(row("a", 0.1, interval=(0.05, 0.2), p_value=0.5, metric="f1"), 0.1),
        ]
        rows = worst_and_best(found, 0.95)
        assert [each.p_value for each in rows] == [pytest.approx(0.06), pytest.approx(0.5)]
        assert rows[0].outcome is Outcome.INCONCLUSIVE


class TestWhichAreShown:
    def test_the_five_worst_and_the_five_best_worst_first(self):
        gains = [0.01 * place for place in (3, 12, 7, 1, 9, 5, 11, 2, 8, 4, 10, 6)]
        rows = worst_and_best([Slice(row(f"{gain:.2f}", gain), gain) for gain in gains], 0.95)
        assert [each.value for each in rows] == [
            *("0.01", "0.02", "0.03", "0.04", "0.05"),
            *("0.08", "0.09", "0.10", "0.11", "0.12"),
        ]

    def test_ten_are_shown_whole(self):
        assert len(worst_and_best([Slice(row(str(place), 0.1), 0.1) for place in range(10)], 0.95)) == 10

    def test_of_each_metric_group_and_file(self):
        found = [
            Slice(row(str(place), 0.1, metric=metric, group=group, predictions=file), 0.1)
            for metric, group, file in (
                ("auc", "city", "p"),
                ("f1", "city", "p"),
                ("auc", "day", "p"),
                ("auc", "city", "q"),
            )
            for place in range(12)
        ]
        assert len(worst_and_best(found, 0.95)) == 40

    def test_a_slice_where_the_metric_is_not_defined_is_not(self):
        assert worst_and_best([Slice(row("a", None), None)], 0.95) == ()
