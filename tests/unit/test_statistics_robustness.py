"""Whatever a repository holds, evidence is given or a problem is named; nothing raises."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.compare.statistics import evidence
from reporter.compare.statistics.metrics import known
from reporter.model.revision import Revision
from reporter.model.rules import (
    Average,
    Direction,
    GateRule,
    LossRule,
    MetricRule,
    PredictionsRule,
    Rules,
    SignificanceRule,
    Task,
)
from reporter.model.snapshot import Snapshot, Table, ValueFile

PATH, FILE = "predictions.csv", "metrics.json"
NAMES = ("id", "y", "p", "s", "s0", "s1", "g")

floats = st.sampled_from([0.0, 1.0, 0.5, 0.1, 0.9, -3.0, 7.0, 1e300, math.nan, math.inf])
texts = st.sampled_from(["0", "1", "a", "", "1.0", "True", "nan", "x\ny", "0.5", None])


@st.composite
def columns(draw, rows: int):
    kind = draw(st.sampled_from(["int", "float", "bool", "text"]))
    cells = {"int": st.integers(-1, 3), "float": floats, "bool": st.booleans(), "text": texts}[kind]
    values = draw(st.lists(cells, min_size=rows, max_size=rows))
    types = {"int": np.int64, "float": np.float64, "bool": np.bool_, "text": object}
    return np.array(values, dtype=types[kind])


ROWS = 60


def sound(seed: int) -> Table:
    """A predictions file with nothing wrong: labels, scores, ids and a group."""
    truth, noise = np.arange(ROWS) % 2, np.random.default_rng(seed).random(ROWS)
    score = np.round(0.4 * truth + 0.6 * noise, 6)
    made = {"id": np.arange(ROWS), "y": truth, "p": (score > 0.5).astype(np.int64), "s": score}
    return Table({**made, "s0": 1 - score, "s1": score, "g": np.arange(ROWS) % 3 % 2})


@st.composite
def tables(draw):
    """A sound file, with up to two columns spoilt, up to one gone, and rows that are moved or missing."""
    table = dict(sound(draw(st.integers(0, 3))).columns)
    order = draw(
        st.sampled_from([np.arange(ROWS), np.arange(ROWS)[::-1], np.arange(20, ROWS), np.arange(3), np.arange(0)])
    )
    table = {name: column[order] for name, column in table.items()}
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=2)):
        table[name] = draw(columns(len(order)))
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=1)):
        del table[name]
    return Table(table) if draw(st.booleans()) else Table(dict(sound(draw(st.integers(0, 3))).columns))


@st.composite
def predictions_rules(draw):
    task = draw(st.sampled_from(Task))
    names = [*known(task), "f2", "top_2_accuracy", "mean", "nonsense"]
    maybe = st.booleans()
    return PredictionsRule(
        PATH,
        task,
        actual="y",
        id="id" if draw(maybe) else None,
        predicted="p" if draw(maybe) else None,
        score="s" if draw(maybe) else None,
        scores={"0": "s0", "1": "s1"} if draw(maybe) else {},
        positive=draw(st.sampled_from([None, 1, "1", True, "a", 0.5])),
        average=draw(st.sampled_from(Average)),
        groups=("g",) if draw(maybe) else (),
        cluster="g" if draw(st.integers(0, 3)) == 0 else None,
        order="id" if draw(st.integers(0, 3)) == 0 else None,
        weight="s" if draw(st.integers(0, 3)) == 0 else None,
        loss=LossRule("s", Direction.LOWER) if draw(st.integers(0, 5)) == 0 else None,
        metrics={name: f"{FILE}:{name}" for name in names},
    )


def snapshot(name: str, table: Table, value: object) -> Snapshot:
    values = dict.fromkeys([*known(Task.BINARY), *known(Task.REGRESSION)], value)
    return Snapshot(
        Revision(name, "0" * 40, name),
        metrics={FILE: ValueFile(FILE, values)},
        predictions={PATH: table},  # type: ignore[arg-type]
    )


@settings(max_examples=120)
@given(tables(), tables(), predictions_rules(), st.sampled_from([None, 0.5, math.nan, "high", True]))
def test_nothing_raises(base, head, rule, value):
    rules = Rules(
        predictions=(rule,),
        metrics=(MetricRule("*", gate=GateRule(required=True)),),
        significance=SignificanceRule(resamples=100),
        seeds="*.json",
    )
    found = evidence(snapshot("main", base, value), snapshot("new", head, value), rules)
    for metric in found.metrics.values():
        if metric.interval is not None:
            low, high = metric.interval
            assert low <= high
            assert math.isfinite(low)
            assert math.isfinite(high)
        assert metric.p_value is None or 0 < metric.p_value <= 1
        assert metric.interval or metric.p_value or metric.note
    assert all("\n" not in problem.message for problem in found.problems)
