"""Whether two revisions were evaluated on the same data, told from the pipeline or, better, from the predictions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_snapshot, make_stage, make_tracked

from reporter.compare import compare
from reporter.compare.evaluation_data import changed_evaluation_data
from reporter.model.comparison import Outcome
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.reasons import ClauseId, EvaluationChange
from reporter.model.rules import Rules

OTHER_ROWS = EvaluationChange(ClauseId.OTHER_ROWS, "only 3 rows are shared")
METRICS = {"metrics.json": {"accuracy": 0.8}}
NO_RULES = Rules()
NO_EVIDENCE = Evidence()


def split(raw="1", train="1", test="1"):
    """prepare: raw → train, test; train: train → model; evaluate: model, test → metrics."""
    return [
        make_stage("prepare", deps={"raw.csv": raw}, outs={"data/train.csv": train, "data/test.csv": test}),
        make_stage("train", deps={"data/train.csv": train}, outs={"model.pkl": train}),
        make_stage("evaluate", deps={"model.pkl": train, "data/test.csv": test}, outs={"metrics.json": train + test}),
    ]


def changed(before, after, *, evidence=NO_EVIDENCE, base_data=(), head_data=(), artifacts=None):
    """What of the evaluation data of metrics.json differs."""
    base = make_snapshot(BASE, metrics=METRICS, stages=before, data=base_data)
    head = make_snapshot(HEAD, metrics=METRICS, stages=after, data=head_data, artifacts=artifacts)
    return changed_evaluation_data(base, head, evidence).get("metrics.json", ())


def reads(deps, name="evaluate", outs=("metrics.json",)):
    return make_stage(name, deps=deps, outs=dict.fromkeys(outs, "".join(deps.values())))


def test_the_same_pipeline_on_the_same_data_is_comparable():
    assert changed(split(), split()) == ()


def test_a_raw_file_that_feeds_training_and_test_changes_the_evaluation_data():
    assert changed(split(), split(raw="2", train="2", test="2")) == ("raw.csv",)


def test_a_raw_file_whose_test_part_stayed_the_same_changes_nothing():
    assert changed(split(), split(raw="2", train="2")) == ()


def test_test_rows_that_params_or_code_made_different_are_not_seen():
    assert changed(split(), split(train="2", test="2")) == ()


def test_new_training_data_leave_the_metrics_comparable():
    before = [reads({"train.csv": "1"}, "fit", ["model.pkl"]), reads({"model.pkl": "1", "test.csv": "1"})]
    after = [reads({"train.csv": "2"}, "fit", ["model.pkl"]), reads({"model.pkl": "2", "test.csv": "1"})]
    assert changed(before, after) == ()


def test_new_test_data_do_not():
    assert changed([reads({"model.pkl": "1", "test.csv": "1"})], [reads({"model.pkl": "1", "test.csv": "2"})]) == (
        "test.csv",
    )


@pytest.mark.parametrize("part", ["data/y_test.pkl", "data/X_valid.joblib", "test.pickle", "y_.pkl"])
def test_a_part_of_the_data_is_no_model_whatever_its_suffix(part):
    model = {"model.pkl": "1"}
    assert changed([reads(model | {part: "1"})], [reads(model | {part: "2"})]) == (part,)


def test_what_a_stage_ceases_to_read_has_not_changed_by_that():
    same = [make_tracked("raw.csv", "rows")]
    before, after = [reads({"raw.csv": "1", "test.csv": "1"})], [reads({"test.csv": "1"})]
    assert changed(before, after, base_data=same, head_data=same) == ()
    assert changed(before, after, base_data=same, head_data=[make_tracked("raw.csv", "others")]) == ("raw.csv",)


def test_a_file_in_git_can_be_the_test_data():
    before, after = reads({"src/evaluate.py": "1", "test.csv": "1"}), reads({"src/evaluate.py": "2", "test.csv": "2"})
    assert changed([before], [after]) == ("test.csv",)


@pytest.mark.parametrize(
    "model", ["out/net.pt", "model.pkl", "models/current", "weights/best", "checkpoint", "nets/a.onnx"]
)
def test_a_model_that_is_tracked_like_data_is_no_evaluation_data(model):
    assert changed([reads({model: "1", "test": "1"})], [reads({model: "2", "test": "1"})]) == ()


def test_an_artifact_of_type_model_is_a_model_whatever_its_name():
    before, after = [reads({"out/best": "1", "test": "1"})], [reads({"out/best": "2", "test": "1"})]
    assert changed(before, after) == ("out/best",)
    assert changed(before, after, artifacts={"classifier": {"path": "out/best", "type": "model"}}) == ()


def test_what_was_made_from_data_is_not_mistaken_for_the_data_it_is_judged_by():
    def pipeline(train):
        return [
            reads({"a.csv": train}, "fit", ["out/run"]),
            reads({"out/run": train, "b.csv": "1"}, "score", ["out/answers.csv"]),
            reads({"out/answers.csv": train, "labels.csv": "1"}),
        ]

    assert changed(pipeline("1"), pipeline("2")) == ()


def test_predictions_alone_are_followed_to_the_data_they_are_of():
    def pipeline(train, test):
        return [
            reads({"a.csv": train}, "fit", ["out/run"]),
            reads({"out/run": train, "b.csv": test}, "score", ["out/answers.csv"]),
            reads({"out/answers.csv": train + test}),
        ]

    assert changed(pipeline("1", "1"), pipeline("2", "1")) == ()
    assert changed(pipeline("1", "1"), pipeline("2", "2")) == ("b.csv",)


def test_a_stage_that_trains_and_evaluates_on_one_file_is_judged_by_it():
    assert changed([reads({"data/train.csv": "1"})], [reads({"data/train.csv": "2"})]) == ("data/train.csv",)
    both = {"data/train.csv": "1", "data/valid.csv": "1"}
    assert changed([reads(both)], [reads({**both, "data/train.csv": "2"})]) == ()
    assert changed([reads(both)], [reads({**both, "data/valid.csv": "2"})]) == ("data/valid.csv",)


def test_the_last_word_of_a_path_tells_what_it_is_for():
    before = {"train_test_split/test.csv": "1", "train_test_split/train.csv": "1", "model_inputs/labels.csv": "1"}
    assert changed([reads(before)], [reads({**before, "train_test_split/test.csv": "2"})]) == (
        "train_test_split/test.csv",
    )
    assert changed([reads(before)], [reads({**before, "train_test_split/train.csv": "2"})]) == ()
    assert changed([reads(before)], [reads({**before, "model_inputs/labels.csv": "2"})]) == ("model_inputs/labels.csv",)


def test_test_data_that_only_moved_are_the_same():
    assert changed([reads({"test.csv": "1"})], [reads({"held-out.csv": "1"})]) == ()


def test_other_test_data_under_another_name_are_not():
    assert changed([reads({"v1.csv": "1"})], [reads({"v2.csv": "2"})]) == ("v1.csv", "v2.csv")


def test_a_directory_in_which_only_training_files_differ_is_the_same_evaluation_data():
    before = make_tracked("data", files={"train/1.png": "a", "test/1.png": "b"})
    after = make_tracked("data", files={"train/1.png": "x", "test/1.png": "b"})
    stages = [reads({"data": before.hash})], [reads({"data": after.hash})]
    assert changed(*stages, base_data=[before], head_data=[after]) == ()
    assert changed(*stages) == ("data",)


def test_what_a_lock_does_not_record_is_not_called_changed():
    unknown = make_stage("evaluate", deps={"test.csv": None}, outs={"metrics.json": None})
    assert changed([reads({"test.csv": "1"})], [unknown]) == ()


@pytest.mark.parametrize("ignored_before", [True, False])
def test_code_that_git_tracks_in_one_of_the_revisions_is_no_data(ignored_before):
    def stage(content, *, is_tracked):
        return replace(reads({"lib": content, "test.csv": "1"}), code=("lib",) if is_tracked else ())

    before, after = stage("1", is_tracked=not ignored_before), stage("2", is_tracked=ignored_before)
    assert changed([before], [after]) == ()
    assert changed([stage("1", is_tracked=False)], [stage("2", is_tracked=False)]) == ("lib",)


def test_a_metrics_file_that_no_stage_writes_cannot_be_judged():
    assert changed([], [reads({"test.csv": "2"})]) == ()


def test_without_a_baseline_nothing_differs():
    assert changed_evaluation_data(None, make_snapshot(HEAD, metrics=METRICS), NO_EVIDENCE) == {}


class TestPredictions:
    BEFORE, AFTER = [reads({"test.csv": "1"})], [reads({"test.csv": "2"})]

    def judged(self, evidence, after=AFTER):
        found = Evidence(metrics={MetricKey("metrics.json", "accuracy"): evidence})
        return changed(self.BEFORE, after, evidence=found)

    def test_shared_rows_overrule_the_pipeline(self):
        assert self.judged(MetricEvidence(interval=(0.1, 0.2), same_examples=True)) == ()

    def test_other_rows_overrule_the_pipeline(self):
        assert self.judged(MetricEvidence(incomparable=OTHER_ROWS), after=self.BEFORE) == ("the test rows",)

    def test_an_interval_over_repeated_runs_says_nothing_of_the_data(self):
        assert self.judged(MetricEvidence(interval=(0.1, 0.2))) == ("test.csv",)

    def test_where_they_say_nothing_the_pipeline_decides(self):
        assert self.judged(MetricEvidence(note="No interval: no such column.")) == ("test.csv",)


def test_the_rows_say_which_data_changed():
    base = make_snapshot(BASE, metrics=METRICS, stages=[reads({"test.csv": "1"})])
    head = make_snapshot(HEAD, metrics={"metrics.json": {"accuracy": 0.9}}, stages=[reads({"test.csv": "2"})])
    (row,) = compare(base, [head], NO_RULES).candidates[0].metrics
    assert row.outcome is Outcome.INCOMPARABLE
    assert "test.csv changed" in row.note
