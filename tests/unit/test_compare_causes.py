"""Why a metric may differ: the changes upstream of it, nearest first, and nothing that was not asked of the pipeline."""

from __future__ import annotations

from dataclasses import replace

from factories import BASE, HEAD, make_metric_row, make_snapshot, make_stage

from reporter.compare.causes import explanations
from reporter.model.comparison import Cause, CauseKind

PREPARE = make_stage("prepare", deps={"src/prepare.py": "1", "data/raw.csv": "1"}, outs={"data/train.csv": "1"})
TRAIN = make_stage(
    "train",
    deps={"src/train.py": "1", "data/train.csv": "1"},
    params={"params.yaml:train.lr": 0.1, "params.yaml:seed": 1},
    outs={"model.pkl": "1"},
)
EVALUATE = make_stage(
    "evaluate",
    deps={"src/evaluate.py": "1", "model.pkl": "1"},
    params={"params.yaml:seed": 1},
    outs={"metrics.json": "1"},
)
PIPELINE = (PREPARE, TRAIN, EVALUATE)
CHANGED = (make_metric_row("accuracy", 0.8, 0.9),)


def explain(before, after, metrics=CHANGED):
    return explanations(make_snapshot(BASE, stages=before), make_snapshot(HEAD, stages=after), metrics)


def causes(before, after):
    (explanation,) = explain(before, after)
    return explanation.causes


def test_the_nearest_change_comes_first_and_intermediates_are_no_causes():
    after = (
        replace(PREPARE, deps={"src/prepare.py": "1", "data/raw.csv": "2"}, outs={"data/train.csv": "2"}),
        replace(
            TRAIN,
            deps={"src/train.py": "2", "data/train.csv": "2"},
            params={"params.yaml:train.lr": 0.2, "params.yaml:seed": 1},
            outs={"model.pkl": "2"},
        ),
        replace(EVALUATE, cmd="new", ran_cmd="new", deps={"src/evaluate.py": "1", "model.pkl": "2"}),
    )
    assert causes(PIPELINE, after) == (
        Cause(CauseKind.COMMAND, "evaluate", "evaluate", 0),
        Cause(CauseKind.PARAM, "params.yaml:train.lr", "train", 1, base=0.1, head=0.2),
        Cause(CauseKind.CODE, "src/train.py", "train", 1),
        Cause(CauseKind.DATA, "data/raw.csv", "prepare", 2),
    )


def test_a_param_that_several_stages_read_stands_at_the_nearest():
    after = (
        PREPARE,
        replace(TRAIN, params={**TRAIN.params, "params.yaml:seed": 2}),
        replace(EVALUATE, params={"params.yaml:seed": 2}),
    )
    assert causes(PIPELINE, after) == (Cause(CauseKind.PARAM, "params.yaml:seed", "evaluate", 0, base=1, head=2),)


def test_a_group_of_params_is_told_leaf_by_leaf():
    before = (replace(EVALUATE, params={"params.yaml:train": {"lr": 0.1, "depth": {"max": 3}}}),)
    after = (replace(EVALUATE, params={"params.yaml:train": {"lr": 0.1, "depth": {"max": 4}}}),)
    assert [cause.name for cause in causes(before, after)] == ["params.yaml:train.depth.max"]


def test_a_change_downstream_or_beside_is_no_cause():
    beside = make_stage("plot", deps={"src/plot.py": "1", "model.pkl": "1"}, outs={"plot.png": "1"})
    after = (*PIPELINE, replace(beside, deps={"src/plot.py": "2", "model.pkl": "1"}))
    assert causes((*PIPELINE, beside), after) == ()


def test_a_stage_that_writes_params_is_upstream_of_those_that_read_them():
    write = make_stage("write", deps={"conf/base.yaml": "1"}, outs={"conf/made.yaml": "1"})
    train = replace(TRAIN, params={"conf/made.yaml:lr": 0.1}, params_files=("conf/made.yaml",))
    before = (write, train, EVALUATE)
    after = (
        replace(write, deps={"conf/base.yaml": "2"}, outs={"conf/made.yaml": "2"}),
        replace(train, params={"conf/made.yaml:lr": 0.2}),
        EVALUATE,
    )

    assert causes(before, after) == (
        Cause(CauseKind.PARAM, "conf/made.yaml:lr", "train", 1, base=0.1, head=0.2),
        Cause(CauseKind.DATA, "conf/base.yaml", "write", 2),
    )


def test_that_nothing_upstream_changed_is_said_by_an_explanation_without_causes():
    (explanation,) = explain(PIPELINE, PIPELINE)
    assert (explanation.file, explanation.causes) == ("metrics.json", ())


def test_a_metrics_file_that_no_stage_writes_is_not_explained():
    assert explain((PREPARE, TRAIN), (PREPARE, TRAIN)) == ()


def test_unchanged_metrics_are_not_explained():
    assert explain(PIPELINE, PIPELINE, (make_metric_row("accuracy", 0.8, 0.8),)) == ()


def test_without_a_baseline_there_is_nothing_to_explain():
    assert explanations(None, make_snapshot(HEAD, stages=PIPELINE), CHANGED) == ()


def test_metrics_inside_a_directory_that_a_stage_writes_are_explained():
    before = make_stage("train", deps={"src/train.py": "1"}, outs={"dvclive": "1"})
    after = replace(before, deps={"src/train.py": "2"})
    (explanation,) = explain([before], [after], (make_metric_row(base=0.8, head=0.9, file="dvclive/metrics.json"),))
    assert [cause.name for cause in explanation.causes] == ["src/train.py"]


def test_a_data_file_that_git_tracks_is_data():
    before = replace(EVALUATE, deps={"data/test.csv": "1"}, code=("data/test.csv",))
    (cause,) = causes((before,), (replace(before, deps={"data/test.csv": "2"}),))
    assert (cause.kind, cause.name) == (CauseKind.DATA, "data/test.csv")


def test_metrics_that_git_keeps_are_no_code_of_the_stage_that_reads_them():
    summarize = replace(make_stage("sum", deps={"metrics.json": "1"}, outs={"mean.json": "1"}), code=("metrics.json",))
    changed = (replace(EVALUATE, params={"params.yaml:seed": 2}), replace(summarize, deps={"metrics.json": "2"}))
    (explanation,) = explain((EVALUATE, summarize), changed, (make_metric_row(base=1, head=2, file="mean.json"),))
    assert explanation.causes == (Cause(CauseKind.PARAM, "params.yaml:seed", "evaluate", 1, base=1, head=2),)


def test_a_stage_between_that_is_new_or_gone_is_a_cause():
    merged = (replace(TRAIN, deps={"src/train.py": "1", "data/raw.csv": "1"}), EVALUATE)
    assert Cause(CauseKind.COMMAND, "prepare", "prepare", 2) in causes(PIPELINE, merged)
    assert Cause(CauseKind.COMMAND, "prepare", "prepare", 2) in causes(merged, PIPELINE)


def test_a_dependency_on_another_intermediate_is_a_cause():
    other = make_stage("balance", deps={"src/balance.py": "1"}, outs={"data/balanced.csv": "2"})
    before = (PREPARE, other, TRAIN, EVALUATE)
    after = (PREPARE, other, replace(TRAIN, deps={"src/train.py": "1", "data/balanced.csv": "2"}), EVALUATE)
    assert Cause(CauseKind.DATA, "data/balanced.csv", "train", 1) in causes(before, after)


def test_what_a_lock_does_not_record_is_not_called_a_change():
    never = replace(TRAIN, deps=dict.fromkeys(TRAIN.deps), params={}, ran_cmd=None)
    assert causes((PREPARE, never, EVALUATE), PIPELINE) == ()
    unknown = replace(TRAIN, deps={"src/train.py": None, "data/train.csv": "1"})
    assert causes((PREPARE, unknown, EVALUATE), PIPELINE) == ()


def test_code_and_data_that_only_moved_are_no_causes():
    before = replace(TRAIN, deps={"src/train.py": "1", "raw.csv": "2"})
    after = replace(TRAIN, deps={"model/train.py": "1", "data/raw.csv": "2"}, code=("model/train.py",))
    assert causes((before, EVALUATE), (after, EVALUATE)) == ()


def test_a_cycle_ends():
    first = make_stage("a", deps={"y": "1"}, outs={"x": "1"})
    second = make_stage("b", deps={"x": "1"}, outs={"y": "1", "metrics.json": "1"})
    assert causes((first, second), (first, second)) == ()


def test_a_param_has_the_values_that_both_locks_recorded():
    before = make_stage("train", params={"params.yaml:lr": 0.1, "params.yaml:old": 1}, outs={"metrics.json": "1"})
    after = make_stage("train", params={"params.yaml:lr": {"start": 0.3}}, outs={"metrics.json": "2"})
    found = {cause.name: (cause.base, cause.head) for cause in causes([before], [after])}
    assert found == {
        "params.yaml:lr": (0.1, None),
        "params.yaml:lr.start": (None, 0.3),
        "params.yaml:old": (1, None),
    }
