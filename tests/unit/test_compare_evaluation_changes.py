"""A better number of an evaluation that was edited need not be one of a better model: the verdict says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_gates, make_snapshot, make_stage, make_table

from reporter.compare import compare
from reporter.judge import judge
from reporter.model.comparison import Verdict
from reporter.model.rules import PredictionsRule, Rules, Task

TRAIN = make_stage("train", deps={"src/train.py": "1", "train.csv": "1"}, outs={"model.pkl": "1"})
EVALUATE = make_stage(
    "evaluate", deps={"src/evaluate.py": "1", "model.pkl": "1", "test.csv": "1"}, outs={"metrics.json": "1"}
)
ALL = make_stage("train", deps={"train.py": "1", "data.csv": "1"}, outs={"model.pkl": "1", "metrics.json": "1"})
NO_RULES = Rules()


def edited(stage, *paths, **fields):
    return replace(stage, deps={**stage.deps, **dict.fromkeys(paths, "2")}, **fields)


def judged(before, after, *, rules=NO_RULES, base=0.8, head=0.9, tables=({}, {})):
    """The verdict on two revisions of a pipeline that report one accuracy."""
    snapshots = [
        make_snapshot(revision, metrics={"metrics.json": {"accuracy": value}}, stages=stages, predictions=predictions)
        for revision, value, stages, predictions in zip(
            (BASE, HEAD), (base, head), (before, after), tables, strict=True
        )
    ]
    comparison = compare(snapshots[0], snapshots[1:], rules)
    return judge(comparison.candidates[0], rules, has_base=True)


def summary(*arguments, **known):
    return judged(*arguments, **known).summary


class TestCode:
    def test_the_script_that_evaluates_is_said_in_the_second_clause(self):
        after = (TRAIN, edited(EVALUATE, "src/evaluate.py"))
        assert summary((TRAIN, EVALUATE), after) == (
            "Better: accuracy +0.1; evaluation changed: src/evaluate.py edited; significance unknown"
        )

    def test_where_the_gate_passes_too_and_the_verdict_stays(self):
        after = (TRAIN, edited(EVALUATE, "src/evaluate.py"))
        judgement = judged((TRAIN, EVALUATE), after, rules=make_gates(max_drop=0.01))
        assert judgement.verdict is Verdict.PASS
        assert judgement.summary == (
            "Better: accuracy +0.1; evaluation changed: src/evaluate.py edited; significance unknown; no gated metric worse"
        )

    def test_where_the_gate_fails_the_failure_is_first(self):
        after = (TRAIN, edited(EVALUATE, "src/evaluate.py"))
        rules = make_gates(min=0.95)
        assert summary((TRAIN, EVALUATE), after, rules=rules) == (
            "Gate failed: accuracy at 0.9, below the minimum 0.95; evaluation changed: src/evaluate.py edited"
        )

    def test_where_the_values_are_the_same(self):
        """As a script would have it that writes what it is asked for."""
        after = (edited(TRAIN, "src/train.py", outs={"model.pkl": "2"}), edited(EVALUATE, "src/evaluate.py"))
        assert "; evaluation changed: src/evaluate.py edited" in summary((TRAIN, EVALUATE), after, head=0.8)

    def test_training_code_is_not_said(self):
        after = (edited(TRAIN, "src/train.py", outs={"model.pkl": "2"}), edited(EVALUATE, "model.pkl"))
        assert summary((TRAIN, EVALUATE), after) == "Better: accuracy +0.1; significance unknown"

    def test_its_command_is_its_code(self):
        after = (TRAIN, edited(EVALUATE, ran_cmd="python src/evaluate.py --easy"))
        assert "; evaluation changed: the command of evaluate edited; " in summary((TRAIN, EVALUATE), after)

    def test_code_that_trains_too_is_called_that(self):
        before = (edited(TRAIN, "src/common.py"), edited(EVALUATE, "src/common.py"))
        before = tuple(replace(stage, code=(*stage.code, "src/common.py")) for stage in before)
        after = tuple(replace(stage, deps={**stage.deps, "src/common.py": "3"}) for stage in before)
        assert "; src/common.py, which also computes the metrics, changed; " in summary(before, after)

    def test_so_is_a_single_stage_that_does_all(self):
        assert summary((ALL,), (edited(ALL, "train.py"),)) == (
            "Better: accuracy +0.1; train.py, which also computes the metrics, changed; significance unknown"
        )

    @pytest.mark.parametrize(
        ("name", "script", "said"),
        [
            ("evaluate", "src/evaluate.py", "evaluation changed: src/evaluate.py edited"),
            ("run", "src/scoring.py", "evaluation changed: src/scoring.py edited"),
            ("run", "main.py", "main.py, which also computes the metrics, changed"),
        ],
    )
    def test_of_a_stage_that_reads_no_model_and_writes_none_its_names_tell(self, name, script, said):
        stage = make_stage(name, deps={script: "1", "data.csv": "1"}, outs={"metrics.json": "1"})
        assert f"; {said}; " in summary((stage,), (edited(stage, script),))

    def test_a_metrics_file_that_nobody_looks_at_is_no_matter(self):
        profile = make_stage("profile", deps={"src/profile.py": "1"}, outs={"profile.json": "1"})
        assert "profile" not in summary(
            (TRAIN, EVALUATE, profile), (TRAIN, EVALUATE, edited(profile, "src/profile.py"))
        )

    def test_a_script_that_only_moved_is_not_edited(self):
        after = replace(EVALUATE, deps={"eval/evaluate.py": "1", "model.pkl": "1", "test.csv": "1"})
        after = replace(after, code=("eval/evaluate.py",))
        assert "evaluation changed" not in summary((TRAIN, EVALUATE), (TRAIN, after))

    def test_a_stage_that_never_ran_tells_nothing(self):
        after = edited(EVALUATE, "src/evaluate.py", ran_cmd=None)
        assert "evaluation changed" not in summary((TRAIN, EVALUATE), (TRAIN, after))


class TestData:
    def test_of_values_that_happen_to_be_equal_it_is_said_too(self):
        after = (TRAIN, edited(EVALUATE, "test.csv"))
        said = summary((TRAIN, EVALUATE), after, head=0.8, rules=make_gates(min=0.5))
        assert said.endswith("; evaluated on other data than the baseline: test.csv changed")

    def test_it_is_said_once(self):
        after = (TRAIN, edited(EVALUATE, "test.csv"))
        assert summary((TRAIN, EVALUATE), after).count("test.csv") == 1


def predictions(ids=range(100), labels=(0, 1), **metrics):
    """A rule, and a table of the test rows with these ids."""
    rule = PredictionsRule("p.csv", Task.BINARY, "actual", id="id", predicted="predicted", metrics=metrics)
    ids = list(ids)
    actual = [labels[row % 2] for row in ids]
    return rule, {"p.csv": make_table(id=ids, actual=actual, predicted=actual)}


class TestRows:
    def said(self, before, after, **known):
        (rule, base), (_, head) = before, after
        rules = Rules(metrics=make_gates(max_drop=0.5).metrics, predictions=(rule,))
        return judged(
            (TRAIN, EVALUATE), (TRAIN, EVALUATE), rules=rules, base=1.0, head=1.0, tables=(base, head), **known
        )

    def test_rows_that_were_left_out_are_said_and_no_gate_on_a_drop_passes(self):
        accuracy = {"accuracy": "metrics.json:accuracy"}
        judgement = self.said(predictions(**accuracy), predictions(range(90), **accuracy))
        assert judgement.verdict is Verdict.UNKNOWN
        assert judgement.summary == (
            "Gate not judged: accuracy 10 rows of the baseline's test set cannot be compared; on the 90 others: unchanged; "
            "compared on the 90 rows that both test sets share (baseline 100, candidate 90)"
        )

    @pytest.mark.parametrize("metrics", [{"accuracy": "metrics.json:accuracy"}, {}], ids=["of a metric", "of none"])
    def test_edited_labels_are_said_once(self, metrics):
        judgement = self.said(predictions(**metrics), predictions(labels=(1, 0), **metrics))
        said = "; the actual values of 100 of 100 shared examples differ: the labels changed"
        assert judgement.summary.count(said) == 1

    def test_repeated_runs_of_the_metric_add_nothing_to_what_is_said_of_its_rows(self):
        """The runs' own sentence joins the metric's note; the verdict tells why the metric cannot be compared, once."""
        rule, base = predictions(accuracy="metrics.json:accuracy")
        _, head = predictions(range(90, 190))
        rules = Rules(predictions=(rule,), seeds="metrics.json")
        judgement = judged((TRAIN, EVALUATE), (TRAIN, EVALUATE), rules=rules, tables=(base, head))
        assert judgement.summary.count("the test sets differ too much") == 1
        assert "runs are too few" not in judgement.summary

    def test_runs_are_named_by_their_file_as_it_is_written(self):
        rule, one = predictions(accuracy="metrics.json:accuracy")
        _, other = predictions(labels=(1, 0))
        tables = ({"Seeds/1.csv": one["p.csv"]}, {"Seeds/1.csv": other["p.csv"]})
        rules = Rules(predictions=(replace(rule, path="Seeds/*.csv"),))
        judgement = judged((TRAIN, EVALUATE), (TRAIN, EVALUATE), rules=rules, tables=tables)
        assert "; Seeds/1.csv: the actual values of 100 of 100 shared examples differ" in judgement.summary

    def test_the_same_rows_are_not_worth_a_word(self):
        accuracy = {"accuracy": "metrics.json:accuracy"}
        assert "rows" not in self.said(predictions(**accuracy), predictions(**accuracy)).summary


class TestTestDataWithTheSameRows:
    def test_test_data_that_predictions_do_not_show_to_differ_are_said_to_be_edited(self):
        rule, tables = predictions(accuracy="metrics.json:accuracy")
        rules = Rules(metrics=make_gates(max_drop=0.5).metrics, predictions=(rule,))
        after = (TRAIN, edited(EVALUATE, "test.csv"))
        judgement = judged((TRAIN, EVALUATE), after, rules=rules, base=1.0, head=1.0, tables=(tables, tables))
        assert judgement.verdict is Verdict.PASS
        assert "; test.csv changed, though not in its rows or labels" in judgement.summary

    def test_a_file_that_is_not_for_testing_by_its_name_is_not(self):
        rule, tables = predictions(accuracy="metrics.json:accuracy")
        rules = Rules(metrics=make_gates(max_drop=0.5).metrics, predictions=(rule,))
        before = replace(EVALUATE, deps={**EVALUATE.deps, "raw.csv": "1"})
        after = (TRAIN, edited(before, "raw.csv"))
        judgement = judged((TRAIN, before), after, rules=rules, base=1.0, head=1.0, tables=(tables, tables))
        assert "raw.csv" not in judgement.summary
