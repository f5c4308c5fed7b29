"""What the whole says of two revisions, as the comparison reads it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reporter.compare.statistics import evidence
from reporter.compare.statistics.slices import Slice, worst_and_best
from reporter.model.comparison import SliceRow
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem, ProblemKind
from reporter.model.reasons import ClauseId
from reporter.model.revision import Revision
from reporter.model.rules import Correction, GateRule, MetricRule, PredictionsRule, Rules, SignificanceRule, Task
from reporter.model.snapshot import Snapshot, Table, ValueFile

FILE = "metrics.json"
PATH = "predictions.csv"
MAIN = Revision("main", "a" * 40, "main")
WORKSPACE = Revision("workspace", "b" * 40, "workspace")


def snapshot(
    revision: Revision, table: Table | None, values: dict[str, float] | None = None, **more: object
) -> Snapshot:
    files = {FILE: ValueFile(FILE, values)} if values is not None else {}
    tables = {} if table is None else {PATH: table}
    return Snapshot(revision, metrics=files, predictions=tables, **more)  # type: ignore[arg-type]


def table(**columns: object) -> Table:
    return Table({name: np.asarray(values) for name, values in columns.items()})


def text(values: np.ndarray) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)


@pytest.fixture
def examples():
    """400 examples of which the candidate ranks and classifies clearly more rightly than the baseline."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, 400)
    signal = rng.normal(size=400)
    sides = {}
    for name, strength in (("base", 0.3), ("head", 2.5)):
        score = 1 / (1 + np.exp(-(signal + strength * (truth - 0.5))))
        sides[name] = table(key=np.arange(400), late=truth, score=score, carrier=text(np.arange(400) % 4))
    return sides


def rule(**more: object) -> PredictionsRule:
    defaults: dict[str, object] = {"id": "key", "score": "score", "metrics": {"roc_auc": f"{FILE}:auc"}}
    return PredictionsRule(PATH, Task.BINARY, "late", **(defaults | more))  # type: ignore[arg-type]


def auc(data: Table) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(data.columns["late"], data.columns["score"]))


def found(examples, *rules: PredictionsRule, base_values=None, head_values=None, **more: object) -> Evidence:
    base = snapshot(MAIN, examples["base"], base_values or {"auc": auc(examples["base"])})
    head = snapshot(WORKSPACE, examples["head"], head_values or {"auc": auc(examples["head"])})
    return evidence(base, head, Rules(predictions=rules or (rule(),), **more))


def test_a_real_difference_has_an_interval_a_p_value_and_a_method(examples):
    metric = found(examples).metrics[MetricKey(FILE, "auc")]
    low, high = metric.interval
    delta = auc(examples["head"]) - auc(examples["base"])
    assert 0 < low < delta < high
    assert metric.p_value < 0.001
    assert metric.method == "DeLong, n = 400"
    assert metric.note == ""
    assert metric.same_examples


def test_equal_input_gives_equal_output(examples):
    rules = rule(metrics={"roc_auc": f"{FILE}:auc", "log_loss": f"{FILE}:loss"}, groups=("carrier",))
    values = {"auc": 0.5, "loss": 0.6}
    one, other = (found(examples, rules, base_values=values, head_values=values) for _ in range(2))
    assert (one.metrics, one.slices, one.flips, one.problems) == (
        other.metrics,
        other.slices,
        other.flips,
        other.problems,
    )


def test_another_seed_gives_another_interval(examples):
    from sklearn.metrics import log_loss

    rules = rule(metrics={"log_loss": f"{FILE}:loss"})
    values = [{"loss": log_loss(t.columns["late"], t.columns["score"])} for t in (examples["base"], examples["head"])]
    intervals = {
        found(examples, rules, base_values=values[0], head_values=values[1], significance=SignificanceRule(seed=seed))
        .metrics[MetricKey(FILE, "loss")]
        .interval
        for seed in (0, 1)
    }
    assert len(intervals) == 2
    assert None not in intervals


def test_a_reported_value_that_the_predictions_do_not_give_is_a_mismatch_and_has_no_interval(examples):
    result = found(examples, head_values={"auc": 0.999})
    metric = result.metrics[MetricKey(FILE, "auc")]
    (problem,) = result.problems
    assert (problem.kind, problem.revision, problem.path) == (ProblemKind.MISMATCH, "workspace", FILE)
    assert "0.999" in problem.message
    assert metric.interval is None
    assert metric.p_value is None
    assert "0.999" in metric.note
    assert metric.doubt.startswith("is in doubt: reports 0.999, but roc_auc of predictions.csv is")


def test_the_doubt_is_of_the_values_whatever_the_file_is_called(examples):
    odd = "the reports of today.json"
    base, head = (
        Snapshot(revision, {odd: ValueFile(odd, {"auc": 0.1})}, predictions={PATH: examples[side]})
        for revision, side in ((MAIN, "base"), (WORKSPACE, "head"))
    )
    asked = Rules(predictions=(rule(metrics={"roc_auc": f"{odd}:auc"}),))
    assert (
        evidence(base, head, asked)
        .metrics[MetricKey(odd, "auc")]
        .doubt.startswith("is in doubt: reports 0.1, but roc_auc of")
    )


def test_a_rounded_reported_value_agrees(examples):
    result = found(
        examples,
        base_values={"auc": round(auc(examples["base"]), 2)},
        head_values={"auc": round(auc(examples["head"]), 3)},
    )
    assert not result.problems
    assert result.metrics[MetricKey(FILE, "auc")].interval


def test_predictions_that_explain_no_metric_are_a_problem_that_says_what_is_missing(examples):
    (problem,) = found(examples, rule(metrics={})).problems
    assert problem.kind is ProblemKind.CONFIGURATION
    assert "`metrics:`" in problem.hint


def test_an_average_over_classes_is_no_metric_of_a_binary_task(examples):
    (problem, *_) = found(examples, rule(metrics={"f1_macro": f"{FILE}:auc"})).problems
    assert "'f1_macro' is no metric of a binary task" in problem.message


def test_shared_rows_have_a_difference_of_their_own(examples):
    same = Table({name: column[100:] for name, column in examples["base"].columns.items()})
    metric = found(examples | {"head": same}).metrics[MetricKey(FILE, "auc")]
    assert metric.tested_delta == 0
    assert metric.interval == (0, 0)


def test_an_unknown_metric_is_a_problem_that_names_the_known_ones(examples):
    result = found(examples, rule(metrics={"aurock": f"{FILE}:auc"}))
    (problem,) = result.problems
    assert problem.kind is ProblemKind.CONFIGURATION
    assert "'aurock'" in problem.message
    assert "roc_auc" in problem.hint
    assert f"{FILE}:auc" not in result.metrics


def test_an_explained_metric_that_no_file_holds_is_a_problem(examples):
    result = found(examples, rule(metrics={"roc_auc": f"{FILE}:area"}))
    assert [problem.kind for problem in result.problems] == [ProblemKind.CONFIGURATION]
    assert f"{FILE}:area" in result.problems[0].message


def test_a_metric_without_its_column_is_a_problem_and_the_others_stay(examples):
    data = {
        name: table(**{k: v for k, v in side.columns.items() if k != "score"}, label=(side.columns["score"] > 0.5))
        for name, side in examples.items()
    }
    metrics = {"roc_auc": f"{FILE}:auc", "accuracy": f"{FILE}:accuracy"}
    accuracy = {name: float(np.mean(t.columns["label"] == t.columns["late"])) for name, t in data.items()}
    result = found(
        data,
        rule(metrics=metrics, score=None, predicted="label"),
        base_values={"auc": 0.5, "accuracy": accuracy["base"]},
        head_values={"auc": 0.5, "accuracy": accuracy["head"]},
    )
    assert "needs scores" in result.problems[0].message
    assert result.metrics[MetricKey(FILE, "auc")].interval is None
    assert "needs scores" in result.metrics[MetricKey(FILE, "auc")].note
    assert result.metrics[MetricKey(FILE, "accuracy")].interval


@pytest.mark.parametrize("missing", ["base", "head"])
def test_predictions_that_are_not_there_leave_the_metric_without_interval(examples, missing):
    sides = examples | {missing: None}
    values = {"auc": 0.6}
    result = evidence(
        snapshot(MAIN, sides["base"], values), snapshot(WORKSPACE, sides["head"], values), Rules(predictions=(rule(),))
    )
    metric = result.metrics[MetricKey(FILE, "auc")]
    assert metric.interval is None
    if missing == "base":
        assert metric.note == "No interval: main has no predictions.csv yet."
        assert result.problems == ()
    else:
        assert "could not be used" in metric.note
        assert [(problem.kind, problem.revision) for problem in result.problems] == [(ProblemKind.MISSING, "workspace")]


@pytest.mark.parametrize(
    "said",
    [
        Problem("main", PATH, ProblemKind.ACCESS, "the storage refuses", ""),
        Problem("main", "", ProblemKind.ACCESS, "the storage is unreachable", "", files=("model.pkl", PATH)),
    ],
)
def test_what_the_collector_already_said_of_missing_predictions_is_not_said_again(examples, said):
    base = snapshot(MAIN, None, {"auc": 0.6}, problems=(said,))
    assert (
        evidence(base, snapshot(WORKSPACE, examples["head"], {"auc": 0.6}), Rules(predictions=(rule(),))).problems == ()
    )


def test_p_values_of_gated_metrics_are_corrected_and_others_are_not(examples):
    metrics = {"roc_auc": f"{FILE}:auc", "log_loss": f"{FILE}:loss", "accuracy": f"{FILE}:accuracy"}
    from sklearn.metrics import accuracy_score, log_loss

    values = []
    for side in ("base", "head"):
        late, score = examples[side].columns["late"], examples[side].columns["score"]
        values.append(
            {"auc": auc(examples[side]), "loss": log_loss(late, score), "accuracy": accuracy_score(late, score > 0.5)}
        )
    gates = (MetricRule("auc", gate=GateRule(max_drop=0.1)), MetricRule("loss", gate=GateRule(max_drop=0.1)))
    arguments = {"base_values": values[0], "head_values": values[1]}
    raw = found(examples, rule(metrics=metrics), **arguments).metrics
    corrected = found(examples, rule(metrics=metrics), metrics=gates, **arguments).metrics
    smaller, larger = sorted([MetricKey(FILE, "auc"), MetricKey(FILE, "loss")], key=lambda key: raw[key].p_value)
    assert corrected[smaller].p_value == pytest.approx(2 * raw[smaller].p_value)
    assert corrected[larger].p_value == pytest.approx(max(raw[larger].p_value, 2 * raw[smaller].p_value))
    assert corrected[MetricKey(FILE, "accuracy")].p_value == raw[MetricKey(FILE, "accuracy")].p_value
    alone = SignificanceRule(correction=Correction.NONE)
    assert found(examples, rule(metrics=metrics), metrics=gates, significance=alone, **arguments).metrics == raw


def test_different_test_sets_are_compared_on_the_shared_rows_and_it_is_said(examples):
    fewer = Table({name: column[100:] for name, column in examples["head"].columns.items()})
    result = found(examples | {"head": fewer})
    assert (
        "300 rows that both test sets share (baseline 400, candidate 300)"
        in result.metrics[MetricKey(FILE, "auc")].note
    )
    assert result.metrics[MetricKey(FILE, "auc")].method == "DeLong, n = 300"
    assert not result.problems, "each reported value was checked on its own whole test set"


def test_too_few_shared_rows_are_incomparable(examples):
    fewer = Table({name: column[250:] for name, column in examples["head"].columns.items()})
    result = found(examples | {"head": fewer})
    (change,) = result.test_rows
    assert result.metrics[MetricKey(FILE, "auc")] == MetricEvidence(note=change.sentence, incomparable=change)
    assert (change.id, "150 rows" in change.clause) == (ClauseId.OTHER_ROWS, True)


def test_reported_values_are_checked_even_where_the_test_sets_cannot_be_compared(examples):
    fewer = Table({name: column[250:] for name, column in examples["head"].columns.items()})
    result = found(examples | {"head": fewer}, head_values={"auc": 0.1})
    assert result.metrics[MetricKey(FILE, "auc")].incomparable
    assert [problem.kind for problem in result.problems] == [ProblemKind.MISMATCH]


def test_a_row_without_a_cluster_is_a_problem(examples):
    days = text(np.arange(400) // 10)
    days[5] = ""
    with_days = {name: Table({**data.columns, "day": days}) for name, data in examples.items()}
    result = found(with_days, rule(cluster="day"))
    assert "1 of 400 rows have nothing in column 'day'" in result.problems[0].message
    assert result.metrics[MetricKey(FILE, "auc")].interval is None


def test_a_group_that_is_no_column_is_a_problem_and_the_metrics_stay(examples):
    result = found(examples, rule(groups=("airline", "carrier")))
    assert "'airline'" in result.problems[0].message
    assert {row.group for row in result.slices} == {"carrier"}
    assert result.metrics[MetricKey(FILE, "auc")].interval


def relabelled(examples, count):
    columns = dict(examples["head"].columns)
    columns["late"] = np.where(np.arange(400) < count, 1 - columns["late"], columns["late"])
    return found(examples | {"head": Table(columns)}).metrics[MetricKey(FILE, "auc")]


def test_many_changed_labels_are_incomparable(examples):
    metric = relabelled(examples, 300)
    assert metric.incomparable is not None
    assert metric.incomparable.id is ClauseId.LABELS
    assert "300 of 400 shared examples differ: the labels changed" in metric.note


@pytest.mark.parametrize(("count", "gone"), [(1, 0), (20, 0), (21, 21)])
def test_a_few_corrected_labels_leave_the_other_rows_to_compare(examples, count, gone):
    metric = relabelled(examples, count)
    assert metric.interval is not None
    assert (metric.rows, metric.gone) == (400 - count, gone)
    labels = "1 label" if count == 1 else f"{count} labels"
    assert (
        f"{400 - count} rows that both test sets share with the same label ({labels} changed; baseline" in metric.note
    )


def test_a_cluster_column_is_resampled_whole(examples):
    metric = found(examples, rule(cluster="day")).metrics[MetricKey(FILE, "auc")]
    assert metric.interval is None, "there is no such column"
    days = {name: Table({**data.columns, "day": text(np.arange(400) // 10)}) for name, data in examples.items()}
    metric = found(days, rule(cluster="day")).metrics[MetricKey(FILE, "auc")]
    assert metric.method == "paired bootstrap of 40 clusters, 2,000 resamples, n = 400"


def test_slices_are_listed_worst_first_with_intervals_and_corrected_p_values(examples):
    score = np.array(examples["head"].columns["score"])
    score[np.arange(400) % 4 == 2] = 0.5
    broken = Table({**examples["head"].columns, "score": score})
    result = found(examples | {"head": broken}, rule(groups=("carrier",)))
    assert result.slices[0].value == "2"
    assert [row.delta for row in result.slices] == sorted(row.delta for row in result.slices)
    assert all(isinstance(row, SliceRow) and row.rows == 100 and row.interval for row in result.slices)
    assert {row.metric for row in result.slices} == {"roc_auc"}


def slice_of(gain: float, interval: tuple[float, float], p_value: float, value: str) -> Slice:
    """A slice of a loss, where less is better."""
    return Slice(SliceRow("p.csv", "log_loss", "carrier", value, 99, 1.0, 1.0 - gain, -gain, interval, p_value), gain)


def test_a_slice_that_is_clearly_a_little_worse_is_not_hidden_by_chance():
    by_chance = [slice_of(gain, (-0.9, 0.9), 0.8, f"{gain}") for gain in (*[-0.5] * 6, *[0.5] * 6)]
    clear = slice_of(-0.01, (0.005, 0.02), 0.0001, "clear")
    rows = worst_and_best([*by_chance, clear], 0.95)
    assert len(rows) == 11
    assert "clear" in {row.value for row in rows}


def test_many_values_of_a_group_are_cut_and_it_is_said():
    rng = np.random.default_rng(0)
    rows = 40 * 35
    late, city = rng.integers(0, 2, rows), text(np.arange(rows) % 40)
    data = table(key=np.arange(rows), late=late, label=late, city=city)
    result = found(
        {"base": data, "head": data},
        rule(score=None, predicted="label", groups=("city",), metrics={"accuracy": f"{FILE}:accuracy"}),
        base_values={"accuracy": 1.0},
        head_values={"accuracy": 1.0},
    )
    assert len(result.slices) == 10, "the five worst and the five best"
    assert "40 values" in result.problems[0].message


def test_flips_count_and_show_the_surest(examples):
    (flips,) = found(examples).flips
    assert flips.rows == 400
    assert flips.gained > flips.lost
    gained = [example for example in flips.examples if example.gained]
    assert len(gained) == 10
    assert [example.confidence for example in gained] == sorted((e.confidence for e in gained), reverse=True)
    assert all(example.head == example.actual != example.base for example in gained)


def test_a_regression_has_no_flips():
    rng = np.random.default_rng(1)
    target = rng.normal(size=200)
    sides = {
        name: table(y=target, p=target + rng.normal(size=200) * noise) for name, noise in (("base", 2), ("head", 1))
    }
    rmse = {name: math.sqrt(np.mean((t.columns["y"] - t.columns["p"]) ** 2)) for name, t in sides.items()}
    regression = PredictionsRule(PATH, Task.REGRESSION, "y", predicted="p", metrics={"rmse": f"{FILE}:rmse"})
    result = found(sides, regression, base_values={"rmse": rmse["base"]}, head_values={"rmse": rmse["head"]})
    assert result.flips == ()
    low, high = result.metrics[MetricKey(FILE, "rmse")].interval
    assert low < rmse["head"] - rmse["base"] < high < 0


def runs(revision: Revision, values: list[float]) -> Snapshot:
    files = {f"seed-{i}/metrics.json": ValueFile(f"seed-{i}/metrics.json", {"auc": v}) for i, v in enumerate(values)}
    return Snapshot(revision, metrics=files)


def test_repeated_runs_are_one_test_told_at_each_row():
    rules = Rules(seeds="seed-*/metrics.json", metrics=(MetricRule("auc", gate=GateRule(max_drop=0.1)),))
    result = evidence(runs(MAIN, [0.5, 0.51, 0.52, 0.5]), runs(WORKSPACE, [0.6, 0.62, 0.6, 0.61]), rules)
    assert len(result.metrics) == 4
    (metric,) = set(result.metrics.values())
    assert "P(candidate > baseline) = 1.00" in metric.note
    assert metric.interval[0] > 0
    assert metric.p_value < 0.01, "one test: nothing to correct for"
    assert not metric.same_examples


def test_too_few_runs_say_so():
    result = evidence(runs(MAIN, [0.5, 0.6]), runs(WORKSPACE, [0.7, 0.8]), Rules(seeds="seed-*/metrics.json"))
    (metric,) = set(result.metrics.values())
    assert metric.interval is None
    assert "too few" in metric.note
