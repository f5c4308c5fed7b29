"""Time series: neighbours are resampled together, in blocks as long as their errors hang together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reporter.compare.statistics import evidence
from reporter.compare.statistics.estimates import estimates
from reporter.compare.statistics.examples import Classified, Examples, Regressed, Scored, UnusablePredictionsError
from reporter.compare.statistics.metrics import find
from reporter.compare.statistics.resampling import Pair, Plan, bootstrap
from reporter.compare.statistics.series import MOST_STEPS, block_length, draw_blocks, row_differences, steps_of_time
from reporter.model.metric_key import MetricKey
from reporter.model.rules import PredictionsRule, Rules, Task
from reporter.model.snapshot import Column, Table
from tests.factories import BASE, HEAD, make_snapshot, make_table

MAE = find("mae", PredictionsRule("p.csv", Task.REGRESSION, "y"))


def autoregressive(rng: np.random.Generator, steps: int, correlation: float) -> np.ndarray:
    """Of unit variance; each step is so much of the last one."""
    noise = rng.normal(size=steps + 300) * math.sqrt(1 - correlation**2)
    for step in range(1, len(noise)):
        noise[step] += correlation * noise[step - 1]
    return noise[300:]


def text(*values: object) -> Column:
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    "column",
    [
        np.array([3, 1, 2, 1]),
        np.array([0.3, -1.0, 0.2, -1.0]),
        text("10", "8", "9.5", "8.0"),
        text("2026-01-10", "2025-12-31", "2026-01-09", "2025-12-31"),
        text("2026-03", "2026-01", "2026-02", "2026-01-01"),
        text("2026-01-01T12:00Z", "2026-01-01T12:00+02:00", "2026-01-01 11:00", "2026-01-01T10:00:00"),
    ],
    ids=["integers", "numbers", "text", "dates", "months", "zones"],
)
def test_times_are_numbered_earliest_first_and_equal_ones_are_one_step(column):
    assert steps_of_time(column, "t").tolist() == [2, 0, 1, 0]


@pytest.mark.parametrize(
    "column", [text("2026-01-01", "1/2/2026"), text("5", "soon"), np.array([1.0, math.nan]), text(None, "1")]
)
def test_what_is_no_time_is_refused(column):
    with pytest.raises(UnusablePredictionsError, match=r"1 of 2 rows have neither a number nor a time such as"):
        steps_of_time(column, "t")


def test_a_very_long_series_has_steps_of_several_times():
    steps = steps_of_time(np.arange(3 * MOST_STEPS + 1), "t")
    assert steps.tolist() == sorted(steps.tolist())
    assert np.bincount(steps)[:-1].tolist() == [4] * (len(np.bincount(steps)) - 1)
    assert steps.max() < MOST_STEPS


@pytest.mark.parametrize("correlation", [0.3, 0.6, 0.8])
def test_blocks_are_as_long_as_theory_has_it_for_an_autoregression(correlation):
    """Politis & White 2004: (2 G² / D)^(1/3) n^(1/3), where G / g(0) is 2 ρ / (1 − ρ²) and D is 4/3 g(0)²."""
    steps = 20_000
    theory = (2 * (2 * correlation / (1 - correlation**2)) ** 2 * 3 / 4 * steps) ** (1 / 3)
    lengths = [
        block_length(autoregressive(np.random.default_rng(seed), steps, correlation)[:, None], np.arange(steps), None)
        for seed in range(5)
    ]
    assert np.median(lengths) == pytest.approx(theory, rel=0.25)


def test_independent_errors_need_hardly_any_block():
    lengths = [
        block_length(np.random.default_rng(seed).normal(size=(1000, 1)), np.arange(1000), None) for seed in range(20)
    ]
    assert np.median(lengths) <= 3


def test_blocks_are_as_long_as_the_column_asks_that_needs_the_longest():
    rng = np.random.default_rng(0)
    independent, dependent = rng.normal(size=2000), autoregressive(rng, 2000, 0.8)
    steps = np.arange(2000)
    longest = block_length(dependent[:, None], steps, None)
    assert block_length(np.column_stack([independent, dependent, np.zeros(2000)]), steps, None) == longest > 15


def test_without_any_difference_that_varies_blocks_grow_as_the_cube_root():
    assert block_length(np.full((1000, 1), 0.5), np.arange(1000), None) == 10


@pytest.mark.parametrize("trend", [1.0, 1e6])
def test_blocks_are_never_longer_than_a_third_of_the_series(trend):
    steps = np.arange(60)
    assert block_length(trend * steps[:, None].astype(float), steps, None) <= 20


@pytest.mark.parametrize(("steps", "block"), [(10, 1), (10, 3), (10, 5), (101, 7), (12, 12)])
def test_each_draw_holds_as_many_steps_in_blocks_of_neighbours(steps, block):
    drawn = draw_blocks(np.random.default_rng(0), steps, block, 4000)
    assert drawn.shape == (4000, steps)
    assert (drawn.sum(axis=1) == steps).all()
    assert drawn.mean(axis=0) == pytest.approx(np.ones(steps), abs=0.12), "the ends are drawn as often as the middle"
    once = np.zeros(steps, dtype=int)
    for start in np.random.default_rng(0).integers(0, steps, (4000, math.ceil(steps / block)))[0]:
        once[np.arange(start, start + block) % steps] += 1
    if steps % block == 0:
        assert drawn[0].tolist() == once.tolist()


def pair(rng: np.random.Generator, rows: int, correlation: float) -> Pair:
    actual = 10 + 3 * autoregressive(rng, rows, correlation)
    sides = (Regressed(actual, actual + autoregressive(rng, rows, correlation)) for _ in range(2))
    return Pair(*sides, np.arange(rows), ordered=True)


def test_resamples_spread_as_the_circular_bootstrap_of_a_mean_does():
    """Exactly: the sum of circular covariances up to a block, each less the share of blocks that cut it (Politis & Romano 1992)."""
    of = pair(np.random.default_rng(1), 300, 0.8)
    blocked = Pair(of.base, of.head, of.clusters, ordered=True, block=10)
    gain = np.abs(of.head.actual - of.head.predicted) - np.abs(of.base.actual - of.base.predicted)
    centred = gain - gain.mean()
    covariance = [float(np.mean(centred * np.roll(centred, -lag))) for lag in range(10)]
    variance = (covariance[0] + 2 * sum((1 - lag / 10) * covariance[lag] for lag in range(1, 10))) / 300
    assert bootstrap(blocked, [MAE], Plan(resamples=20_000))["mae"].deviations.std() == pytest.approx(
        math.sqrt(variance), rel=0.03
    )


def test_dependent_errors_make_intervals_wider_and_it_is_said_how():
    of = pair(np.random.default_rng(2), 600, 0.8)
    series, independent = (estimates(each, [MAE], Plan())["mae"] for each in (of, Pair(of.base, of.head)))
    assert series.interval[1] - series.interval[0] > 1.4 * (independent.interval[1] - independent.interval[0])
    block = of.in_blocks().block
    assert series.method == (
        f"paired circular block bootstrap of 600 steps of time, {block} in a block, 2,000 resamples, n = 600"
    )


def test_too_short_a_series_for_what_hangs_together_gives_no_interval():
    trend = np.linspace(0, 1, 60)
    sides = Regressed(np.zeros(60), np.zeros(60)), Regressed(np.zeros(60), trend)
    found = estimates(Pair(*sides, np.arange(60), ordered=True), [MAE], Plan())["mae"]
    assert found.interval is None
    assert found.note.startswith("No interval: 60 steps of time that hang together over 16 say as little as 3.8 would")


def classified(rng: np.random.Generator, actual: np.ndarray, scores: bool) -> Classified:
    score = np.clip(0.5 * actual + rng.random(len(actual)) / 2, 0, 1)
    return Classified(("0", "1"), actual, (score > 0.5).astype(int), score if scores else None, binary=True)


@pytest.mark.parametrize(
    "sides",
    [
        (Regressed(np.ones(4), np.ones(4)), Regressed(np.ones(4), np.array([1.0, 2, 3, 4]))),
        (Scored(np.zeros(4)), Scored(np.arange(4.0))),
    ],
)
def test_how_differently_rows_were_predicted_is_of_the_errors(sides: tuple[Examples, Examples]):
    assert row_differences(*sides)[:, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("scores", "columns"), [(True, 2), (False, 1)])
def test_of_a_classification_it_is_of_hits_and_scores(scores, columns):
    rng = np.random.default_rng(0)
    actual = np.arange(50) % 2
    base, head = classified(rng, actual, scores), classified(rng, actual, scores)
    found = row_differences(base, head)
    assert found.shape == (50, columns)
    assert found[:, 0].tolist() == ((head.predicted == actual).astype(int) - (base.predicted == actual)).tolist()


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "average_precision", "log_loss"])
def test_every_kind_of_metric_has_an_interval_of_a_series(name):
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 2
    of = Pair(classified(rng, actual, True), classified(rng, actual, True), np.arange(400) // 2, ordered=True)
    found = estimates(of, [find(name, PredictionsRule("p.csv", Task.BINARY, "y"))], Plan())[name]
    assert found.interval is not None
    assert found.method.startswith("paired circular block bootstrap of 200 steps of time, ")


def table(seed: int, shuffled: int) -> Table:
    """Two rows a day; the order of the file says nothing."""
    days = np.repeat(np.arange("2025-01-01", "2025-10-28", dtype="datetime64[D]"), 2).astype(str).astype(object)
    rng = np.random.default_rng(seed)
    target = np.arange(600) / 10
    order = np.random.default_rng(shuffled).permutation(600)
    errors = np.repeat(autoregressive(rng, 300, 0.7), 2)
    columns = {"key": np.arange(600), "day": days, "y": target, "p": target + errors}
    return make_table(**{name: values[order] for name, values in columns.items()})


def measured(head: Table, **more: object):
    base = table(1, 0)
    asked = PredictionsRule(
        "p.csv", Task.REGRESSION, "y", id="key", predicted="p", metrics={"mae": "m.json:mae"}, **more
    )  # type: ignore[arg-type]
    maes = [{"m.json": {"mae": float(np.abs(each.columns["y"] - each.columns["p"]).mean())}} for each in (base, head)]
    sides = [
        make_snapshot(revision, metrics=values, predictions={"p.csv": each})
        for revision, values, each in zip((BASE, HEAD), maes, (base, head), strict=True)
    ]
    return evidence(*sides, Rules(predictions=(asked,)))


def test_rows_are_put_in_order_by_the_column_whatever_their_order_in_the_file():
    one, other = (measured(table(2, shuffled), order="day").metrics[MetricKey("m.json", "mae")] for shuffled in (0, 5))
    assert one.interval == pytest.approx(other.interval)
    assert "of 300 steps of time" in one.method
    assert one.method == other.method


def test_a_column_that_is_not_there_is_named():
    (problem,) = measured(table(2, 0), order="date").problems
    assert problem.message == "there is no column 'date'"
