"""A column of the team's own that says how good each row is: the mean over rows is compared, row for row."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reporter.collect.formats.tables import predictions_table
from reporter.compare.metrics import metric_rows
from reporter.compare.statistics import evidence
from reporter.model.comparison import MetricRow, Outcome
from reporter.model.evidence import Evidence
from reporter.model.metric_key import MetricKey
from reporter.model.problem import ProblemKind
from reporter.model.rules import Direction, LossRule, PredictionsRule, Rules
from reporter.model.snapshot import Snapshot
from tests.factories import BASE, HEAD, make_snapshot, make_table

IOU = MetricKey("metrics.json", "segmentation")
FORMATS = ("csv", "tsv", "json", "parquet")


def written(frame: pd.DataFrame, suffix: str) -> bytes:
    """The rows as a project would write them."""
    match suffix:
        case "json":
            return json.dumps(frame.to_dict("records")).encode()
        case "parquet":
            file = io.BytesIO()
            frame.to_parquet(file)
            return file.getvalue()
        case _:
            return frame.to_csv(index=False, sep="," if suffix == "csv" else "\t").encode()


def frames(rows: int = 300, gain: float = 0.02) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same images, whose quality is much the same in both revisions; the candidate's file has another order."""
    rng = np.random.default_rng(3)
    shared = rng.normal(0.7, 0.1, rows)
    sides = [
        pd.DataFrame(
            {
                "image": [f"i{number}" for number in range(rows)],
                "iou": shared + rng.normal(better, 0.03, rows),
                "city": np.where(np.arange(rows) % 3, "north", "south"),
                "tile": np.arange(rows) // 10,
            }
        )
        for better in (0.0, gain)
    ]
    return sides[0], sides[1].sample(frac=1, random_state=1)


def rule(
    name: str = "iou", direction: Direction = Direction.HIGHER, path: str = "scores.csv", **more: object
) -> PredictionsRule:
    metrics = {name: str(IOU)}
    return PredictionsRule(path, id="image", loss=LossRule("iou", direction), metrics=metrics, **more)  # type: ignore[arg-type]


def snapshots(
    sides: tuple[pd.DataFrame, pd.DataFrame], path: str = "scores.csv", reported: float | None = None
) -> tuple[Snapshot, Snapshot]:
    base, head = (
        make_snapshot(
            revision,
            metrics={"metrics.json": {"segmentation": float(side["iou"].mean()) if reported is None else reported}},
            predictions={path: predictions_table(written(side, path.partition(".")[2]), path)},
        )
        for revision, side in zip((BASE, HEAD), sides, strict=True)
    )
    return base, head


def found(sides: tuple[pd.DataFrame, pd.DataFrame], asked: PredictionsRule, reported: float | None = None) -> Evidence:
    return evidence(*snapshots(sides, asked.path, reported), Rules(predictions=(asked,)))


def row(sides: tuple[pd.DataFrame, pd.DataFrame], asked: PredictionsRule) -> MetricRow:
    base, head = snapshots(sides, asked.path)
    rules = Rules(predictions=(asked,))
    return metric_rows(base, head, rules, evidence(base, head, rules), {}, {})[0]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_mean_of_a_column_is_compared_row_for_row(suffix):
    base, head = frames()
    measured = found((base, head), rule(path=f"scores.{suffix}")).metrics[IOU]
    difference = head.sort_index()["iou"] - base["iou"]
    student = stats.ttest_1samp(difference, 0).confidence_interval()
    assert measured.interval == pytest.approx((student.low, student.high), rel=0.1)
    assert sum(measured.interval) / 2 == pytest.approx(difference.mean(), abs=1e-9)
    assert measured.method == "paired bootstrap, 2,000 resamples, n = 300"


def test_it_may_be_called_by_its_column_or_mean():
    by_column, by_name = (found(frames(), rule(name)).metrics[IOU] for name in ("iou", "mean"))
    assert by_column == by_name
    (problem,) = found(frames(), rule("auc")).problems
    assert problem.kind is ProblemKind.CONFIGURATION
    assert (problem.message, problem.hint) == ("'auc' is no metric of a loss", "use one of mean, iou")


@pytest.mark.parametrize(
    ("direction", "outcome"), [(Direction.HIGHER, Outcome.IMPROVED), (Direction.LOWER, Outcome.REGRESSED)]
)
def test_the_loss_says_which_way_its_metric_is_better_whatever_that_is_called(direction, outcome):
    assert row(frames(), rule(direction=direction)).outcome is outcome


def test_a_reported_mean_that_the_rows_do_not_give_is_in_doubt():
    measured = found(frames(), rule(), reported=0.9)
    assert measured.metrics[IOU].doubt.startswith("is in doubt: reports 0.9, but iou of scores.csv is 0.7")
    assert measured.metrics[IOU].interval is None


def test_rows_that_were_rounded_give_the_mean_of_those_that_were_not():
    sides = frames()
    base, head = snapshots(sides)
    rounded = [
        replace(each, predictions={"scores.csv": predictions_table(written(side.round(3), "csv"), "p.csv")})
        for each, side in zip((base, head), sides, strict=True)
    ]
    assert not evidence(*rounded, Rules(predictions=(rule(),))).problems


def test_slices_and_clusters_work_as_for_other_metrics():
    measured = found(frames(), rule(groups=("city",), cluster="tile"))
    assert measured.metrics[IOU].method == "paired bootstrap of 30 clusters, 2,000 resamples, n = 300"
    assert {(each.metric, each.value, each.rows) for each in measured.slices} == {
        ("iou", "north", 200),
        ("iou", "south", 100),
    }
    assert all(each.outcome is Outcome.IMPROVED for each in measured.slices)


def test_marks_of_a_grader_are_tested_exactly():
    rows = 200
    passed = np.arange(rows) < 120
    base = pd.DataFrame({"image": np.arange(rows), "iou": passed.astype(float)})
    head = base.assign(iou=np.where(np.arange(rows) < 130, 1.0, 0.0))
    measured = found((base, head), rule()).metrics[IOU]
    assert measured.p_value == pytest.approx(2 / 2**10), "ten marks gained and none lost"
    assert measured.method.endswith("p-value: exact McNemar")


@pytest.mark.parametrize("bad", [None, np.inf])
def test_a_row_without_a_score_makes_the_file_unusable(bad):
    base, head = frames()
    head.loc[head.index[0], "iou"] = bad
    measured = found((base, head), rule(), reported=0.7)
    (problem,) = measured.problems
    assert problem.message == "1 of 300 rows have no finite number in column 'iou'"
    assert measured.metrics[IOU].interval is None


def test_a_missing_column_is_named():
    base, head = frames()
    (problem,) = found(
        (base, head),
        PredictionsRule("scores.csv", id="image", loss=LossRule("dice", Direction.HIGHER), metrics={"dice": str(IOU)}),
    ).problems
    assert problem.message == "there is no column 'dice'"


def test_runs_of_several_seeds_have_a_score_each():
    sides = []
    for revision, gain in ((BASE, 0.0), (HEAD, 0.03)):
        rng = np.random.default_rng(len(revision.label))
        tables = {
            f"seed-{seed}/scores.csv": make_table(
                image=np.arange(40), iou=rng.normal(0.7 + gain + seed / 100, 0.001, 40)
            )
            for seed in range(4)
        }
        means = {
            path.replace("scores.csv", "m.json"): {"iou": table.columns["iou"].mean()} for path, table in tables.items()
        }
        sides.append(make_snapshot(revision, metrics=means, predictions=tables))
    asked = PredictionsRule(
        "seed-*/scores.csv", id="image", loss=LossRule("iou", Direction.HIGHER), metrics={"iou": "seed-*/m.json:iou"}
    )
    rules = Rules(predictions=(asked,))
    measured = evidence(*sides, rules)
    assert not measured.problems
    low, high = measured.metrics[MetricKey("seed-2/m.json", "iou")].interval
    assert 0.028 < low < high < 0.032
    assert rules.direction_of("seed-2/m.json", "iou") is Direction.HIGHER
