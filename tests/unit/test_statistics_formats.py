"""What is evaluated is the same whichever format its rows are written in."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from reporter.collect.formats.tables import predictions_table
from reporter.compare.statistics import evidence
from reporter.model.evidence import MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.rules import Direction, LossRule, PredictionsRule, Rules, Task
from tests.factories import BASE, HEAD, make_snapshot

ROWS = 240
CLASSES = ("ash", "elm", "oak")
FORMATS = ("csv", "tsv", "json", "parquet")


def frame(seed: int) -> pd.DataFrame:
    """Readings of a day each, with a class, the scores of three, a mark and a weight."""
    rng = np.random.default_rng(seed)
    actual = np.arange(ROWS) % 3
    scores = rng.dirichlet(np.ones(3), ROWS) + 0.3 * np.eye(3)[actual]
    scores /= scores.sum(axis=1, keepdims=True)
    days = pd.date_range("2026-01-01", periods=ROWS, freq="D")
    return pd.DataFrame(
        {
            "key": [f"k{number}" for number in range(ROWS)],
            "day": days,
            "tree": [CLASSES[code] for code in actual],
            **{f"p_{name}": scores[:, code] for code, name in enumerate(CLASSES)},
            "is_oak": actual == 2,
            "mark": np.round(rng.random(ROWS), 3),
            "weight": np.arange(ROWS) % 5 + 0.5,
        }
    )


def written(rows: pd.DataFrame, suffix: str) -> bytes:
    match suffix:
        case "json":
            return rows.to_json(orient="records", date_format="iso", double_precision=15).encode()
        case "parquet":
            file = io.BytesIO()
            rows.to_parquet(file)
            return file.getvalue()
        case _:
            return rows.to_csv(index=False, sep="," if suffix == "csv" else "\t").encode()


TREES = {name: f"p_{name}" for name in CLASSES}
RULES = {
    "loss": PredictionsRule("", id="key", loss=LossRule("mark", Direction.LOWER), metrics={"mark": "m.json:value"}),
    "weight": PredictionsRule(
        "", Task.MULTICLASS, "tree", id="key", scores=TREES, weight="weight", metrics={"f0.5": "m.json:value"}
    ),
    "order": PredictionsRule(
        "", Task.MULTICLASS, "tree", id="key", scores=TREES, order="day", metrics={"log_loss": "m.json:value"}
    ),
    "top": PredictionsRule(
        "", Task.MULTICLASS, "tree", id="key", scores=TREES, metrics={"top_2_accuracy": "m.json:value"}
    ),
    "threshold": PredictionsRule(
        "",
        Task.BINARY,
        "is_oak",
        id="key",
        score="p_oak",
        positive=True,
        threshold=0.35,
        metrics={"f2": "m.json:value"},
    ),
}
VALUES = {
    "loss": lambda rows: rows["mark"].mean(),
    "weight": lambda rows: sk.fbeta_score(
        rows["tree"], _likeliest(rows), beta=0.5, average="macro", sample_weight=rows["weight"]
    ),
    "order": lambda rows: sk.log_loss(rows["tree"], rows[list(TREES.values())]),
    "top": lambda rows: sk.top_k_accuracy_score(rows["tree"], rows[list(TREES.values())], k=2),
    "threshold": lambda rows: sk.fbeta_score(rows["is_oak"], rows["p_oak"] >= 0.35, beta=2),
}


def _likeliest(rows: pd.DataFrame) -> list[str]:
    return [CLASSES[code] for code in rows[list(TREES.values())].to_numpy().argmax(axis=1)]


def measured(key: str, suffix: str) -> MetricEvidence:
    path = f"p.{suffix}"
    sides = [
        make_snapshot(
            revision,
            metrics={"m.json": {"value": float(VALUES[key](frame(seed)))}},
            predictions={path: predictions_table(written(frame(seed), suffix), path)},
        )
        for seed, revision in enumerate((BASE, HEAD))
    ]
    found = evidence(*sides, Rules(predictions=(replace(RULES[key], path=path),)))
    assert not found.problems
    return found.metrics[MetricKey("m.json", "value")]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("key", RULES)
def test_each_way_to_evaluate_works_with_each_format(key, suffix):
    found, of_csv = measured(key, suffix), measured(key, "csv")
    assert found.interval == pytest.approx(of_csv.interval, rel=1e-9)
    assert found.p_value == pytest.approx(of_csv.p_value)
    assert found.method == of_csv.method
