"""Checks of a revision by itself: that the numbers shown are those of the code shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_problem, make_snapshot, make_stage, md5

from reporter.compare import compare
from reporter.compare.freshness import configuration_problems, doubts, freshness_problems
from reporter.judge import judge
from reporter.model.comparison import Outcome, State, Verdict
from reporter.model.problem import ProblemKind
from reporter.model.rules import GateRule, MetricRule, Rules
from reporter.model.snapshot import Unknown

TRAIN = make_stage("train", deps={"src/train.py": "1"}, outs={"model.pkl": md5("model")})
EVALUATE = make_stage("evaluate", deps={"model.pkl": md5("model")}, outs={"metrics.json": "1"})
METRICS = {"metrics.json": {"accuracy": 0.8}}


def problems(*stages):
    return freshness_problems(make_snapshot(HEAD, stages=stages, metrics=METRICS))


def test_a_pipeline_that_is_up_to_date_has_no_problem():
    assert problems(TRAIN, EVALUATE) == ()


def test_an_outdated_stage_is_named_with_the_metrics_it_leads_to():
    (problem,) = problems(replace(TRAIN, outdated=("cmd", "deps", "params")), EVALUATE)
    assert (problem.kind, problem.path, problem.revision) == (ProblemKind.STALE, "train", "workspace")
    assert problem.message == (
        "Stage train has not run since its command, dependencies and params changed: "
        "the values of metrics.json are not of this code"
    )
    assert "dvc repro" in problem.hint


def test_an_outdated_stage_names_the_inputs_that_changed():
    changed = ("src/train.py", "params.yaml:lr", "a.csv", "b.csv")
    (problem,) = problems(replace(TRAIN, outdated=("deps", "params"), inputs_changed=changed), EVALUATE)
    assert problem.message.startswith(
        "Stage train has not run since its dependencies and params changed (src/train.py, params.yaml:lr, a.csv and 1 more): "
    )


def test_an_outdated_stage_that_writes_params_leads_to_the_metrics_of_those_that_read_them():
    write = make_stage("write", outs={"conf/made.yaml": "1"}, outdated=["deps"])
    (problem,) = problems(write, replace(TRAIN, params_files=("conf/made.yaml",)), EVALUATE)
    assert problem.kind is ProblemKind.STALE
    assert problem.message.endswith(": the values of metrics.json are not of this code")


def test_an_outdated_stage_that_leads_to_no_metrics_says_nothing_of_metrics():
    (problem,) = problems(EVALUATE, make_stage("plot", outs={"plot.png": "1"}, outdated=["deps"]))
    assert problem.message == "Stage plot has not run since its dependencies changed"
    assert problem.kind is ProblemKind.OUTDATED


def test_a_stage_that_never_ran_says_so():
    (problem,) = problems(replace(TRAIN, ran_cmd=None, outdated=("cmd", "deps", "params", "outs")), EVALUATE)
    assert problem.kind is ProblemKind.STALE
    assert problem.message.startswith("Stage train has never run: ")


def differing(stage, *paths):
    return replace(stage, outdated=("outs",), differing=paths)


def test_metrics_that_git_holds_otherwise_than_the_last_run_wrote_them_are_a_mismatch():
    (problem,) = problems(TRAIN, differing(EVALUATE, "metrics.json"))
    assert (problem.kind, problem.path) == (ProblemKind.MISMATCH, "metrics.json")
    assert problem.message == "metrics.json differs from what stage evaluate wrote when it last ran"


def test_an_output_that_differs_is_told_from_its_siblings():
    outs = {"model.pkl": md5("model"), "scaler.pkl": md5("scaler")}
    (problem,) = problems(differing(replace(TRAIN, outs=outs), "model.pkl"))
    assert (problem.kind, problem.path) == (ProblemKind.MISMATCH, "model.pkl")


def test_several_outputs_that_differ_are_all_named():
    outs = {"metrics.json": "1", "more.json": "2", "third.json": "3"}
    (problem,) = problems(differing(replace(EVALUATE, outs=outs), "metrics.json", "more.json"))
    assert problem.path == "evaluate"
    assert problem.message.startswith("metrics.json, more.json differ from")


def test_a_new_output_that_was_never_made_is_blamed_alone():
    stage = replace(EVALUATE, outs={**EVALUATE.outs, "z.csv": None}, outdated=("outs",))
    (problem,) = problems(TRAIN, stage)
    assert (problem.kind, problem.path) == (ProblemKind.OUTDATED, "z.csv")
    assert problem.message == "Stage evaluate has not made z.csv yet"


def test_a_new_metrics_file_that_was_never_made_is_not_of_this_code():
    (problem,) = problems(TRAIN, replace(EVALUATE, outs={"metrics.json": None, "old.csv": "1"}, outdated=("outs",)))
    assert (problem.kind, problem.path) == (ProblemKind.STALE, "metrics.json")


def test_a_stage_can_be_stale_and_its_outputs_edited():
    stale = replace(EVALUATE, outdated=("deps", "outs"), differing=("metrics.json",))
    assert [problem.kind for problem in problems(stale)] == [ProblemKind.STALE, ProblemKind.MISMATCH]


@pytest.mark.parametrize(
    "stage",
    [
        replace(EVALUATE, outdated=("params",)),
        differing(EVALUATE, "metrics.json"),
        replace(differing(EVALUATE, "metrics.json"), restorable=("metrics.json",)),
        replace(EVALUATE, outs={**EVALUATE.outs, "z.csv": None}, outdated=("outs",)),
    ],
)
def test_a_baseline_is_mended_by_another_one_and_not_by_editing_it(stage):
    base = make_snapshot(BASE, stages=[TRAIN, stage], metrics=METRICS)
    comparison = compare(base, [make_snapshot(HEAD, stages=[TRAIN, stage], metrics=METRICS)], Rules())
    (of_base,), (of_head,) = comparison.problems, comparison.candidates[0].problems
    assert of_base.hint == "a commit stays as it is: name another BASE"
    assert "dvc repro" in of_head.hint
    assert of_base.message == of_head.message


class TestDoubts:
    """Metrics files whose values are not to be judged by."""

    def doubts(self, *stages):
        return doubts(make_snapshot(HEAD, stages=stages, metrics=METRICS))

    def test_there_are_none_where_the_pipeline_is_up_to_date(self):
        assert self.doubts(TRAIN, EVALUATE) == {}

    def test_what_a_stage_downstream_of_an_outdated_one_wrote(self):
        found = self.doubts(replace(TRAIN, outdated=("params",)), EVALUATE)
        assert found == {"metrics.json": "is not of this code: stage train has not run since its params changed"}

    def test_what_was_edited_after_the_stage_wrote_it(self):
        found = self.doubts(TRAIN, differing(EVALUATE, "metrics.json"))
        assert found == {"metrics.json": "may not be what stage evaluate wrote when it last ran"}

    def test_not_the_metrics_beside_another_output_that_is_known_to_be_edited(self):
        outs = {"metrics.json": "1", "scores.csv": md5("scores")}
        assert self.doubts(TRAIN, differing(replace(EVALUATE, outs=outs), "scores.csv")) == {}

    def test_not_the_metrics_beside_another_output_that_was_never_made(self):
        stage = replace(EVALUATE, outs={**EVALUATE.outs, "z.csv": None}, outdated=("outs",))
        assert self.doubts(TRAIN, stage) == {}

    def test_what_was_never_made_by_the_stage_that_is_to_make_it(self):
        stage = replace(EVALUATE, outs={"metrics.json": None, "old.csv": "1"}, outdated=("outs",))
        assert self.doubts(TRAIN, stage) == {"metrics.json": "is not of this code: stage evaluate has not made it yet"}

    def test_not_what_an_outdated_stage_has_no_part_in(self):
        assert self.doubts(EVALUATE, make_stage("plot", outs={"plot.png": "1"}, outdated=["deps"])) == {}

    def test_a_changed_metric_in_doubt_is_neither_better_nor_worse(self):
        stale = replace(TRAIN, outdated=("params",))
        base = make_snapshot(BASE, stages=[TRAIN, EVALUATE], metrics={"metrics.json": {"accuracy": 0.8, "f1": 0.5}})
        head = make_snapshot(HEAD, stages=[stale, EVALUATE], metrics={"metrics.json": {"accuracy": 0.9, "f1": 0.5}})
        (candidate,) = compare(base, [head], Rules()).candidates
        assert [(row.outcome, row.state) for row in candidate.metrics] == [
            (Outcome.UNKNOWN, State.CHANGED),
            (Outcome.SAME, State.UNCHANGED),
        ]
        assert all(row.doubt for row in candidate.metrics)
        judgement = judge(candidate, Rules(), has_base=True)
        assert judgement.verdict is Verdict.UNKNOWN
        assert judgement.summary == ("Stale: dvc.lock is out of date (train), so the metrics are not of this code")


class TestAbsentSubmodules:
    """Git knows which commit of them a revision pins, even where it has not got them."""

    def stage(self, pin, recorded="1"):
        unknown = Unknown("lib", "is a submodule that is not in this clone", "run `git submodule update`", pin)
        return replace(TRAIN, deps={"lib": recorded}, unknown=(unknown,))

    def judged(self, before, after, rules=None):
        rules = rules or Rules()
        base = make_snapshot(BASE, stages=[before, EVALUATE], metrics=METRICS)
        head = make_snapshot(HEAD, stages=[after, EVALUATE], metrics=METRICS)
        (candidate,) = compare(base, [head], rules).candidates
        return candidate, judge(candidate, rules, has_base=True)

    def test_of_the_same_commit_nothing_is_judged_otherwise_but_nothing_is_said_to_be_unchanged(self):
        candidate, judgement = self.judged(self.stage("a"), self.stage("a"))
        assert [row.doubt for row in candidate.metrics] == [""]
        assert judgement.verdict is Verdict.PASS
        assert judgement.summary == (
            "Whether dvc.lock is of this code cannot be known (lib); metrics and params are the same"
        )

    def test_of_another_commit_that_dvc_lock_knows_nothing_of_the_metrics_are_in_doubt(self):
        rules = Rules(metrics=(MetricRule("accuracy", gate=GateRule(min=0)),))
        candidate, judgement = self.judged(self.stage("a"), self.stage("b"), rules)
        (row,) = candidate.metrics
        assert row.doubt == (
            "may not be of this code: git has another commit of the submodule at lib than in the baseline, "
            "while dvc.lock records the same for stage train"
        )
        assert judgement.verdict is Verdict.UNKNOWN

    def test_of_another_commit_that_the_stage_ran_with_they_are_not(self):
        candidate, judgement = self.judged(self.stage("a"), self.stage("b", recorded="2"))
        assert [row.doubt for row in candidate.metrics] == [""]
        assert judgement.verdict is Verdict.PASS


class TestConfiguration:
    RULES = Rules(metrics=(MetricRule("acc*", headline=True), MetricRule("nope", gate=GateRule(min=0))))

    def test_a_rule_that_names_no_metric_is_a_problem(self):
        (problem,) = configuration_problems(None, make_snapshot(HEAD, metrics=METRICS), self.RULES)
        assert problem.kind is ProblemKind.CONFIGURATION
        assert "“nope”" in problem.message

    def test_a_metric_of_the_baseline_alone_will_do(self):
        base = make_snapshot(BASE, metrics={"metrics.json": {"nope": 1}})
        assert configuration_problems(base, make_snapshot(HEAD, metrics=METRICS), self.RULES) == ()

    def test_a_rule_that_only_sets_a_direction_is_named_too(self):
        rules = Rules(metrics=(MetricRule("acc*"), MetricRule("metric.json:*")))
        (problem,) = configuration_problems(None, make_snapshot(HEAD, metrics=METRICS), rules)
        assert "“metric.json:*”" in problem.message

    @pytest.mark.parametrize("key", ["seeds", "folds"])
    def test_runs_that_are_nowhere_are_a_problem(self, key):
        head = make_snapshot(HEAD, metrics={"fold-1/m.json": {"acc": 1}})
        (problem,) = configuration_problems(None, head, Rules(**{key: "folds/fold-*/m.json"}))
        assert problem.message.startswith(f"`{key}` of reporter.yaml asks for metrics files “folds/fold-*/m.json”, but")
        assert configuration_problems(None, head, Rules(**{key: "fold-*/m.json"})) == ()

    def test_where_a_file_could_not_be_read_nothing_is_blamed_on_the_rules(self):
        head = make_snapshot(HEAD, metrics={"metrics.json": make_problem()})
        assert configuration_problems(None, head, self.RULES) == ()


def test_problems_are_carried_over_each_once_to_the_side_they_belong_to():
    of_base, of_head = make_problem("a.json"), make_problem("b.json", revision="workspace")
    base = make_snapshot(BASE, problems=[of_base, of_base], stages=[replace(TRAIN, outdated=("deps",))])
    head = make_snapshot(HEAD, problems=[of_head, of_head], stages=[TRAIN])
    comparison = compare(base, [head], Rules())
    assert [problem.kind for problem in comparison.problems] == [ProblemKind.MISSING, ProblemKind.OUTDATED]
    assert comparison.candidates[0].problems == (of_head,)
