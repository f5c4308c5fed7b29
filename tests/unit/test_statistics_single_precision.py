"""Scores of a network are float32 and softmax is not exact: that they were written as text, or go a little beyond 1, changes nothing."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from reporter.collect.formats.tables import predictions_table
from reporter.compare.statistics import evidence
from reporter.compare.statistics.examples import Classified, read
from reporter.compare.statistics.metrics import evaluate, find, lacks
from reporter.model.metric_key import MetricKey
from reporter.model.rules import PredictionsRule, Rules, Task
from tests.factories import BASE, HEAD, make_snapshot

RULE = PredictionsRule("p", Task.BINARY, "y", score="s", positive=1)
SINGLE = float(np.finfo(np.float32).eps)
DOUBLE = float(np.finfo(np.float64).eps)


def written(frame: pd.DataFrame, suffix: str) -> bytes:
    match suffix:
        case "json":
            return json.dumps([{name: value.item() for name, value in row.items()} for row in _rows(frame)]).encode()
        case "parquet":
            file = io.BytesIO()
            frame.to_parquet(file)
            return file.getvalue()
        case _:
            return frame.to_csv(index=False, sep="," if suffix == "csv" else "\t").encode()


def _rows(frame: pd.DataFrame):
    arrays = {name: frame[name].to_numpy() for name in frame}
    return ({name: values[index] for name, values in arrays.items()} for index in range(len(frame)))


def classified(scores: np.ndarray, actual: np.ndarray, suffix: str, rule: PredictionsRule = RULE) -> Classified:
    frame = pd.DataFrame({"y": actual, "s": scores})
    table = predictions_table(written(frame, suffix), f"p.{suffix}")
    examples, _ = read(table, table, rule)
    assert isinstance(examples, Classified)
    return examples


def sample(kind: type, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Some are sure, and a few of these wrong."""
    rng = np.random.default_rng(0)
    actual = np.arange(rows) % 2
    scores = rng.random(rows).astype(kind)
    scores[:20] = actual[:20]
    scores[:3] = 1 - actual[:3]
    return scores, actual


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "parquet"])
def test_the_log_loss_is_scikit_learns_whatever_the_file(kind, suffix):
    scores, actual = sample(kind)
    found = classified(scores, actual, suffix)
    assert found.precision == np.finfo(kind).eps
    assert evaluate(find("log_loss", RULE), found) == pytest.approx(sk.log_loss(actual, scores), rel=1e-6)


@pytest.mark.parametrize("decimals", range(1, 8))
def test_doubles_that_were_rounded_are_doubles(decimals):
    scores, actual = sample(np.float64)
    assert classified(np.round(scores, decimals), actual, "csv").precision == DOUBLE


@pytest.mark.parametrize("trees", [3, 10, 100, 128, 1000, 1024, 4096])
def test_shares_of_a_forests_votes_are_doubles(trees):
    actual = np.arange(300) % 2
    votes = np.random.default_rng(0).integers(0, trees + 1, 300) / trees
    assert classified(votes, actual, "csv").precision == DOUBLE


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_a_threshold_is_that_of_the_type(suffix):
    scores = np.append(np.array([0.35, 0.3499999], dtype=np.float32), sample(np.float32)[0])
    actual = np.append([1, 0], sample(np.float32)[1])
    rule = PredictionsRule("p", Task.BINARY, "y", score="s", positive=1, threshold=0.35)
    assert classified(scores, actual, suffix, rule).predicted[:2].tolist() == [1, 0]


@pytest.mark.parametrize(("beyond", "kind"), [(1e-7, np.float64), (1.2e-7, np.float32), (2e-3, np.float16)])
@pytest.mark.parametrize("name", ["log_loss", "brier_score", "ece"])
def test_a_probability_that_rounding_put_beyond_1_is_1(name, beyond, kind):
    scores, actual = np.array([0.2, 1 + beyond, 0.7, -beyond, 0.9], dtype=kind), np.array([0, 1, 1, 0, 1])
    within = np.clip(scores.astype(np.float64), 0, 1)
    precision = float(np.finfo(kind).eps)
    one, other = (
        Classified(("0", "1"), actual, actual, each.astype(float), binary=True, precision=precision)
        for each in (scores, within)
    )
    metric = find(name, RULE)
    assert lacks(metric, one) is None
    assert evaluate(metric, one) == pytest.approx(evaluate(metric, other), abs=1e-12)


def test_what_is_further_beyond_is_no_probability():
    examples = Classified(("0", "1"), np.array([0, 1]), np.array([0, 1]), np.array([0.1, 1.001]), binary=True)
    assert (
        lacks(find("log_loss", RULE), examples)
        == "log_loss needs probabilities between 0 and 1, and the scores go beyond"
    )


def test_softmax_of_several_classes_may_round_too():
    scores = np.array([[1 + 1e-7, 0, 0], [0.2, 0.3, 0.5], [0, 0, 1 + 1e-7]])
    examples = Classified(("a", "b", "c"), np.array([0, 1, 2]), scores.argmax(axis=1), scores)
    expected = sk.brier_score_loss(examples.actual, np.clip(scores, 0, 1), labels=[0, 1, 2])
    assert evaluate(find("brier_score", PredictionsRule("p", Task.MULTICLASS, "y")), examples) == pytest.approx(
        expected
    )


def test_where_the_text_does_not_tell_the_type_it_is_said_which_rows_make_the_difference():
    actual = np.arange(60) % 2
    scores = actual.astype(np.float32)
    scores[:4] = 1 - scores[:4]
    table = predictions_table(written(pd.DataFrame({"y": actual, "s": scores}), "csv"), "p.csv")
    reported = {"m.json": {"loss": float(sk.log_loss(actual, scores))}}
    sides = [make_snapshot(each, metrics=reported, predictions={"p.csv": table}) for each in (BASE, HEAD)]
    asked = PredictionsRule("p.csv", Task.BINARY, "y", score="s", positive=1, metrics={"log_loss": "m.json:loss"})
    found = evidence(*sides, Rules(predictions=(asked,)))
    assert found.metrics[MetricKey("m.json", "loss")].doubt
    assert "; 4 examples are wrong with a probability of 0, which log loss takes for" in found.problems[0].hint
