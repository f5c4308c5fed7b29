"""Repeated runs of both revisions, each with predictions of its own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

from reporter.compare.statistics import evidence
from reporter.model.evidence import Evidence
from reporter.model.metric_key import MetricKey
from reporter.model.problem import ProblemKind
from reporter.model.revision import Revision
from reporter.model.rules import PredictionsRule, Rules, Task
from reporter.model.snapshot import Snapshot, Table, ValueFile

MAIN = Revision("main", "a" * 40, "main")
WORKSPACE = Revision("workspace", "b" * 40, "workspace")
ROWS = 200
TRUTH = (np.arange(ROWS) * 7 % 3 == 0).astype(np.int64)
SEEDS = (1, 2, 3, 4)


def predictions(seed: int, strength: float, *, rows: slice = slice(None), truth: np.ndarray = TRUTH) -> Table:
    """One run: the same examples each time, scored with a noise of its own."""
    noise = np.random.default_rng(seed).normal(size=ROWS)
    score = 1 / (1 + np.exp(-(noise + strength * (truth - 0.5))))
    columns = {"key": np.arange(ROWS), "late": truth, "score": score}
    return Table({name: column[rows] for name, column in columns.items()})


def auc(table: Table) -> float:
    return float(roc_auc_score(table.columns["late"], table.columns["score"]))


def project(
    revision: Revision, tables: dict[int, Table], metrics: dict[str, dict[str, float]] | None = None
) -> Snapshot:
    if metrics is None:
        metrics = {f"seed-{seed}/metrics.json": {"auc": auc(table)} for seed, table in tables.items()}
    files = {path: ValueFile(path, values) for path, values in metrics.items()}
    return Snapshot(revision, metrics=files, predictions={f"seed-{s}/predictions.csv": t for s, t in tables.items()})


def runs(strength: float, seeds: tuple[int, ...] = SEEDS) -> dict[int, Table]:
    return {seed: predictions(seed, strength) for seed in seeds}


def rule(**more: object) -> PredictionsRule:
    defaults: dict[str, object] = {
        "id": "key",
        "score": "score",
        "positive": 1,
        "metrics": {"roc_auc": "seed-*/metrics.json:auc"},
    }
    return PredictionsRule("seed-*/predictions.csv", Task.BINARY, "late", **(defaults | more))  # type: ignore[arg-type]


def found(base: Snapshot, head: Snapshot, asked: PredictionsRule | None = None, **more: object) -> Evidence:
    return evidence(base, head, Rules(predictions=(asked or rule(),), **more))  # type: ignore[arg-type]


KEYS = [MetricKey(f"seed-{seed}/metrics.json", "auc") for seed in SEEDS]


def test_runs_of_the_same_seeds_are_paired_and_each_row_tells_of_all():
    base, head = runs(1.0), runs(1.6)
    result = found(project(MAIN, base), project(WORKSPACE, head))
    assert list(result.metrics) == KEYS
    assert len({id(metric) for metric in result.metrics.values()}) == 1
    metric = result.metrics[KEYS[0]]
    expected = stats.ttest_rel([auc(head[s]) for s in SEEDS], [auc(base[s]) for s in SEEDS])
    assert metric.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert metric.p_value == pytest.approx(expected.pvalue)
    assert metric.note.startswith("Means of 4 paired runs. P(candidate > baseline) = 1.00 (95 % CI")
    assert metric.runs_of == MetricKey("seed-*/metrics.json", "auc")
    assert "4 paired runs" in metric.method
    assert metric.same_examples
    assert result.problems == ()


def test_a_metric_that_nobody_reports_is_computed_all_the_same():
    base, head = runs(1.0), runs(1.6)
    asked = rule(metrics={"log_loss": "seed-*/metrics.json:loss"})
    result = found(project(MAIN, base), project(WORKSPACE, head), asked)
    loss = [[log_loss(t.columns["late"], t.columns["score"]) for t in side.values()] for side in (base, head)]
    low, high = result.metrics[MetricKey("seed-1/metrics.json", "loss")].interval
    assert (low + high) / 2 == pytest.approx(np.mean(loss[1]) - np.mean(loss[0]))


def test_other_seeds_on_each_side_are_not_paired():
    result = found(project(MAIN, runs(1.0, (1, 2, 3))), project(WORKSPACE, runs(1.6, (4, 5, 6, 7))))
    metric = result.metrics[MetricKey("seed-4/metrics.json", "auc")]
    assert metric.method.startswith("Welch t")
    assert "3 and 4 runs" in metric.method


def test_other_seeds_on_other_rows_are_not_comparable():
    easier = {seed: predictions(seed, 1.0, rows=slice(50, None)) for seed in (4, 5, 6)}
    metric = found(project(MAIN, runs(1.0, (1, 2, 3))), project(WORKSPACE, easier)).metrics[
        MetricKey("seed-4/metrics.json", "auc")
    ]
    assert metric.incomparable
    assert "runs of different seeds were not judged on the same examples" in metric.note


def test_two_runs_are_too_few():
    metric = found(project(MAIN, runs(1.0, (1, 2))), project(WORKSPACE, runs(1.6, (1, 2)))).metrics[KEYS[0]]
    assert (metric.interval, metric.p_value) == (None, None)
    assert "2 and 2 runs are too few" in metric.note


def test_one_row_for_all_runs_is_held_against_their_mean():
    base, head = runs(1.0), runs(1.6)
    metrics = [{"metrics.json": {"mean": float(np.mean([auc(t) for t in side.values()]))}} for side in (base, head)]
    asked = rule(metrics={"roc_auc": "metrics.json:mean"})
    result = found(project(MAIN, base, metrics[0]), project(WORKSPACE, head, metrics[1]), asked)
    assert list(result.metrics) == [MetricKey("metrics.json", "mean")]
    assert result.metrics[MetricKey("metrics.json", "mean")].interval
    assert result.problems == ()
    wrong = {"metrics.json": {"mean": 0.99}}
    result = found(project(MAIN, base, metrics[0]), project(WORKSPACE, head, wrong), asked)
    (problem,) = result.problems
    assert (problem.kind, problem.revision) == (ProblemKind.MISMATCH, "workspace")
    assert "reports 0.99, but the mean roc_auc of the runs is" in problem.message
    assert result.metrics[MetricKey("metrics.json", "mean")].interval is None


def test_a_run_that_reports_something_else_has_no_interval():
    base, head = project(MAIN, runs(1.0)), project(WORKSPACE, runs(1.6))
    head.metrics["seed-3/metrics.json"].values["auc"] = 0.123  # type: ignore[index]
    result = found(base, head)
    (problem,) = result.problems
    assert (problem.kind, problem.path) == (ProblemKind.MISMATCH, "seed-3/metrics.json")
    assert result.metrics[KEYS[0]].interval is None


def test_runs_on_other_labels_are_not_comparable():
    other = {seed: predictions(seed, 1.6, truth=1 - TRUTH) for seed in SEEDS}
    metric = found(project(MAIN, runs(1.0)), project(WORKSPACE, other)).metrics[KEYS[0]]
    assert metric.incomparable
    assert "seed-1/predictions.csv: the actual values of 200 of 200 shared examples differ" in metric.note
    apart = {seed + 4: table for seed, table in other.items()}
    metric = found(project(MAIN, runs(1.0)), project(WORKSPACE, apart)).metrics[MetricKey("seed-5/metrics.json", "auc")]
    assert metric.incomparable


def test_runs_on_fewer_rows_are_compared_on_the_shared_ones_and_it_is_said():
    fewer = {seed: predictions(seed, 1.6, rows=slice(50, None)) for seed in SEEDS}
    result = found(project(MAIN, runs(1.0)), project(WORKSPACE, fewer))
    metric = result.metrics[KEYS[0]]
    assert metric.note.startswith(
        "Compared on the 150 rows that both test sets share (baseline 200, candidate 150). Means of 4 paired runs. P("
    )
    assert (metric.rows, metric.gone) == (150, 50)
    assert result.problems == (), "each reported value was checked on its own whole test set"


@pytest.mark.parametrize("missing", ["main", "workspace"])
def test_a_revision_without_a_single_run_is_a_problem(missing):
    sides = {"main": runs(1.0), "workspace": runs(1.6)} | {missing: {}}
    result = found(project(MAIN, sides["main"]), project(WORKSPACE, sides["workspace"]))
    said = [(problem.kind, problem.revision) for problem in result.problems]
    assert said == ([(ProblemKind.MISSING, "workspace")] if missing == "workspace" else [])
    expected = "could not be used" if missing == "workspace" else "main has no seed-*/predictions.csv yet"
    assert all(metric.interval is None and expected in metric.note for metric in result.metrics.values())


def test_a_broken_run_is_a_problem_that_names_its_file():
    head = runs(1.6)
    head[2] = Table({name: column for name, column in head[2].columns.items() if name != "score"})
    for seeds in (SEEDS, (1, 2, 3)):
        base = runs(1.0, seeds)
        whole = {f"seed-{s}/metrics.json": {"auc": 0.5} for s in SEEDS}
        result = found(project(MAIN, base, {}), project(WORKSPACE, head, whole))
        (problem,) = result.problems
        assert (problem.path, problem.revision) == ("seed-2/predictions.csv", "workspace")
        assert "'score'" in problem.message


def test_more_wildcards_than_the_path_has_are_a_problem():
    asked = rule(metrics={"roc_auc": "seed-*/fold-*/metrics.json:auc"})
    result = found(project(MAIN, runs(1.0)), project(WORKSPACE, runs(1.6)), asked)
    (problem,) = result.problems
    assert problem.kind is ProblemKind.CONFIGURATION
    assert problem.message == "seed-*/fold-*/metrics.json:auc has more wildcards than the path of the predictions"
    assert problem.hint == (
        "give `path` as many wildcards: each in `metrics` stands for the one of `path` in the same place"
    )


def test_a_run_without_a_class_is_left_out_of_the_metric_and_it_is_said():
    one_class = {name: column.copy() for name, column in predictions(3, 1.6).columns.items()}
    one_class["late"][:] = 0
    base, head = runs(1.0), runs(1.6)
    base[3] = head[3] = Table(one_class)
    metrics = {f"seed-{s}/metrics.json": {} for s in SEEDS}
    result = found(project(MAIN, base, metrics), project(WORKSPACE, head, metrics))
    assert [problem.message for problem in result.problems] == [
        "roc_auc is not defined in some runs, which are left out of it"
    ]
    assert "3 paired runs" in result.metrics[KEYS[0]].method


def test_an_unknown_metric_is_a_problem():
    result = found(project(MAIN, runs(1.0)), project(WORKSPACE, runs(1.6)), rule(metrics={"aurock": "seed-*/m.json:a"}))
    assert "'aurock'" in result.problems[0].message


def test_predictions_come_before_the_metrics_files_of_the_same_runs():
    sides = project(MAIN, runs(1.0)), project(WORKSPACE, runs(1.6))
    alone, both = found(*sides), found(*sides, seeds="seed-*/metrics.json")
    assert both.metrics == alone.metrics
