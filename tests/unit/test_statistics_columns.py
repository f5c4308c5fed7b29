"""Predictions files as they come: other types in CSV than in Parquet, empty cells, wrong names."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reporter.compare.statistics.columns import MISSING, canonical, encode, numbers
from reporter.compare.statistics.examples import Classified, Regressed, UnusablePredictionsError, read
from reporter.model.problem import ProblemKind
from reporter.model.rules import PredictionsRule, Task
from reporter.model.snapshot import Table


def text(*values: object) -> np.ndarray:
    return np.array(values, dtype=object)


def table(**columns: object) -> Table:
    return Table({name: np.asarray(values) for name, values in columns.items()})


@pytest.mark.parametrize(
    "spelling", [1, 1.0, True, "1", "1.0", " 1 ", "True", "true", np.int64(1), np.float64(1), np.True_]
)
def test_one_label_has_many_spellings(spelling):
    assert canonical(spelling) == "1"


@pytest.mark.parametrize("empty", [None, math.nan, "", "  "])
def test_an_empty_cell_is_no_label(empty):
    assert canonical(empty) is None


@pytest.mark.parametrize("label", ["01", "yes", "1e3", "v1.0", "1.5", "NaN-like"])
def test_other_labels_stay_as_they_are(label):
    assert canonical(label) == label


def test_columns_of_different_types_share_a_vocabulary():
    encoded = encode([np.array([0, 1]), text("1", "0"), np.array([True, False]), np.array([1.0, math.nan])])
    assert encoded.labels == ("0", "1")
    assert [codes.tolist() for codes in encoded.codes] == [[0, 1], [1, 0], [1, 0], [1, MISSING]]


def test_a_reader_sees_the_first_spelling():
    assert encode([text("True", "False")]).names == ("True", "False")


def test_text_that_is_no_number_is_nan():
    assert np.array_equal(
        numbers(text("0.5", "", None, "x", 2)), [0.5, math.nan, math.nan, math.nan, 2], equal_nan=True
    )


def rule(task: Task = Task.BINARY, **more: object) -> PredictionsRule:
    return PredictionsRule("predictions.csv", task, "y", **more)  # type: ignore[arg-type]


def classified(data: Table, wanted: PredictionsRule, other: Table | None = None) -> Classified:
    examples = read(other or data, data, wanted)[1]
    assert isinstance(examples, Classified)
    return examples


@pytest.mark.parametrize("positive", [1, 1.0, True, "1", None])
@pytest.mark.parametrize(
    "labels", [[1, 0, 1], [True, False, True], [1.0, 0.0, 1.0], text("1", "0", "1"), text("True", "False", "True")]
)
def test_the_positive_label_is_found_in_every_spelling(labels, positive):
    examples = classified(table(y=labels, p=labels), rule(predicted="p", positive=positive))
    assert examples.actual.tolist() == examples.predicted.tolist() == [1, 0, 1]


def test_the_positive_label_may_be_text():
    examples = classified(
        table(y=text("late", "on time"), p=text("late", "late")), rule(predicted="p", positive="late")
    )
    assert examples.classes == ("on time", "late")
    assert examples.actual.tolist() == [1, 0]
    assert examples.predicted.tolist() == [1, 1]


def test_both_sides_share_their_classes():
    base, head = table(y=text("a", "b"), p=text("a", "c")), table(y=text("b", "a"), p=text("b", "b"))
    examples = read(base, head, rule(Task.MULTICLASS, predicted="p"))
    assert examples[0].classes == examples[1].classes == ("a", "b", "c")
    assert examples[0].actual.tolist() == [0, 1]
    assert examples[1].actual.tolist() == [1, 0]


def test_without_predicted_labels_the_score_decides():
    examples = classified(table(y=[0, 1, 1], s=[0.2, 0.5, 0.51]), rule(score="s"))
    assert examples.predicted.tolist() == [0, 0, 1]


def test_without_predicted_labels_the_greatest_score_decides():
    data = table(y=text("b", "a"), pa=[0.2, 0.9], pb=[0.8, 0.1])
    examples = classified(data, rule(Task.MULTICLASS, scores={"a": "pa", "b": "pb"}))
    assert examples.classes == ("a", "b")
    assert examples.predicted.tolist() == examples.actual.tolist() == [1, 0]


def test_a_class_that_only_the_model_names_has_no_probability():
    data = table(y=text("a", "b"), p=text("a", "z"), pa=[0.2, 0.9], pb=[0.8, 0.1])
    examples = classified(data, rule(Task.MULTICLASS, predicted="p", scores={"a": "pa", "b": "pb"}))
    assert examples.classes == ("a", "b", "z")
    assert examples.scores[:, 2].tolist() == [0, 0]


def test_numbers_of_a_regression_may_be_text():
    examples = read(*(table(y=text("1.5", "2"), p=[1, 2]),) * 2, rule(Task.REGRESSION, predicted="p"))[0]
    assert isinstance(examples, Regressed)
    assert examples.actual.tolist() == [1.5, 2.0]


GOOD = table(y=[0, 1], p=[0, 1], s=[0.1, 0.9])


@pytest.mark.parametrize(
    ("data", "wanted", "kind", "says"),
    [
        (table(p=[0, 1]), rule(predicted="p"), ProblemKind.CONFIGURATION, "no column 'y'"),
        (table(y=[0, 1]), rule(score="s"), ProblemKind.CONFIGURATION, "no column 's'"),
        (table(y=[0, 1], s=[0.1, math.nan]), rule(score="s"), ProblemKind.CORRUPT, "1 of 2 rows have no finite number"),
        (table(y=[0, 1], s=[0.1, math.inf]), rule(score="s"), ProblemKind.CORRUPT, "column 's'"),
        (table(y=text("1", None), s=[0.1, 0.2]), rule(score="s"), ProblemKind.CORRUPT, "1 of 2 rows have nothing"),
        (table(y=[0, 1], p=text("", "1")), rule(predicted="p"), ProblemKind.CORRUPT, "column 'p'"),
        (table(y=[], s=[]), rule(score="s"), ProblemKind.CORRUPT, "no rows"),
        (GOOD, rule(), ProblemKind.CONFIGURATION, "neither `predicted` nor a score"),
        (
            table(y=text("a", "b"), p=text("a", "b")),
            rule(predicted="p"),
            ProblemKind.CONFIGURATION,
            "which label is positive",
        ),
        (table(y=[0, 1, 2], p=[0, 1, 2]), rule(predicted="p", positive=1), ProblemKind.CONFIGURATION, "two labels"),
        (GOOD, rule(Task.REGRESSION), ProblemKind.CONFIGURATION, "needs `predicted`"),
        (GOOD, rule(Task.MULTICLASS, scores={"0": "s"}), ProblemKind.CONFIGURATION, "the class '1' occurs"),
    ],
)
def test_what_cannot_be_evaluated_is_said(data, wanted, kind, says):
    with pytest.raises(UnusablePredictionsError) as caught:
        read(data, data, wanted)
    assert caught.value.kind is kind
    assert says in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("bad", "wanted", "hint"),
    [
        (table(p=[0.0, 1.0]), rule(predicted="p"), "name one of 'p' in reporter.yaml"),
        (
            table(y=[0, 1], p=[0.1, math.nan]),
            rule(Task.REGRESSION, predicted="p"),
            "let the evaluation write a prediction for every example, or leave the example out",
        ),
        (table(y=[], p=[]), rule(Task.REGRESSION, predicted="p"), "evaluate at least one example"),
        (table(y=[0, 1]), rule(Task.REGRESSION, predicted="p"), "name one of 'y' in reporter.yaml"),
    ],
)
def test_whose_predictions_are_bad_and_what_to_do_is_said(bad, wanted, hint):
    good = table(y=[0, 1], p=[0, 1])
    for base, head in ((bad, good), (good, bad)):
        with pytest.raises(UnusablePredictionsError) as caught:
            read(base, head, wanted)
        assert caught.value.base is (base is bad)
        assert caught.value.hint == hint


def test_the_side_that_is_wrong_is_known():
    broken = table(y=[0, 1], s=[0.1, math.nan])
    with pytest.raises(UnusablePredictionsError) as of_base:
        read(broken, GOOD, rule(score="s"))
    with pytest.raises(UnusablePredictionsError) as of_head:
        read(GOOD, broken, rule(score="s"))
    assert of_base.value.base
    assert not of_head.value.base


def test_a_threshold_makes_labels_of_scores_from_itself_on():
    data = table(y=[1, 0, 1, 0], s=[0.35, 0.34, 0.5, 0.51])
    assert classified(data, rule(score="s", positive=1)).predicted.tolist() == [0, 0, 0, 1], "above 0.5, as `predict`"
    assert classified(data, rule(score="s", positive=1, threshold=0.35)).predicted.tolist() == [1, 0, 1, 1]
    assert classified(data, rule(score="s", positive=1, threshold=0.5)).predicted.tolist() == [0, 0, 1, 1]


def test_a_threshold_is_compared_in_the_type_of_the_scores():
    single = np.array([0.35, 0.349], dtype=np.float32)
    assert float(single[0]) < 0.35, "in double precision"
    asked = rule(score="s", positive=1, threshold=0.35)
    assert classified(table(y=[1, 0], s=single), asked).predicted.tolist() == [1, 0]
