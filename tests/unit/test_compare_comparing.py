"""Whole comparisons: every kind of row together, evidence joined in, and the same result each time."""

from __future__ import annotations

import numpy as np
import pytest
from factories import (
    BASE,
    HEAD,
    make_line_plot,
    make_problem,
    make_revision,
    make_snapshot,
    make_stage,
    make_table,
    make_tracked,
)

from reporter.compare import compare
from reporter.judge import judge
from reporter.model.comparison import Outcome, State, Verdict
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import GateRule, MetricRule, PredictionsRule, Rules, SignificanceRule, Task
from reporter.model.snapshot import ValueFile

ROWS = 400
NO_RULES = Rules()


def predictions(right, first_id=0):
    """A binary classifier's answers, of which the first `right` are correct."""
    actual = np.arange(ROWS) % 2
    answer = np.where(np.arange(ROWS) < right, actual, 1 - actual)
    return make_table(id=list(range(first_id, first_id + ROWS)), y=actual.tolist(), predicted=answer.tolist())


def classified(revision, right, test="1", first_id=0):
    return make_snapshot(
        revision,
        metrics={"metrics.json": {"accuracy": right / ROWS, "f1": right / ROWS}},
        predictions={"predictions.csv": predictions(right, first_id)},
        stages=[make_stage("evaluate", deps={"test.csv": test}, outs={"metrics.json": str(right)})],
    )


@pytest.fixture
def rules():
    return Rules(
        metrics=(MetricRule("accuracy", headline=True, gate=GateRule(max_drop=0.05, significant=True)),),
        predictions=(
            PredictionsRule(
                "predictions.csv",
                Task.BINARY,
                "y",
                id="id",
                predicted="predicted",
                metrics={"accuracy": "metrics.json:accuracy"},
            ),
        ),
        significance=SignificanceRule(resamples=200),
    )


class TestEvidence:
    def judged(self, base, head, rules):
        candidate = compare(base, [head], rules).candidates[0]
        return candidate, judge(candidate, rules, has_base=True)

    def test_a_real_drop_is_shown_to_be_real_and_fails_the_gate(self, rules):
        candidate, judgement = self.judged(classified(BASE, 380), classified(HEAD, 300), rules)
        accuracy = candidate.metrics[0]
        assert accuracy.outcome is Outcome.REGRESSED
        assert accuracy.interval[0] <= accuracy.delta <= accuracy.interval[1] < 0
        assert accuracy.method
        assert judgement.verdict is Verdict.FAIL
        assert candidate.flips[0].lost == 80

    def test_a_metric_without_evidence_has_no_method(self, rules):
        candidate, _ = self.judged(classified(BASE, 380), classified(HEAD, 300), rules)
        assert (candidate.metrics[1].interval, candidate.metrics[1].method) == (None, None)

    def test_shared_test_rows_overrule_what_the_pipeline_seems_to_say(self, rules):
        candidate, _ = self.judged(classified(BASE, 380, test="1"), classified(HEAD, 300, test="2"), rules)
        assert {row.outcome for row in candidate.metrics} == {Outcome.REGRESSED}

    def test_without_predictions_the_pipeline_is_believed(self):
        candidate, judgement = self.judged(classified(BASE, 380, test="1"), classified(HEAD, 300, test="2"), NO_RULES)
        assert {row.outcome for row in candidate.metrics} == {Outcome.INCOMPARABLE}
        assert judgement.verdict is Verdict.UNKNOWN

    def test_other_test_rows_make_the_whole_file_incomparable(self, rules):
        candidate, judgement = self.judged(classified(BASE, 380), classified(HEAD, 300, first_id=9000), rules)
        assert {row.outcome for row in candidate.metrics} == {Outcome.INCOMPARABLE}
        assert judgement.verdict is Verdict.UNKNOWN

    def test_a_first_report_needs_no_evidence(self, rules):
        candidate = compare(None, [classified(HEAD, 300)], rules).candidates[0]
        assert (candidate.slices, candidate.flips) == ((), ())
        assert judge(candidate, rules, has_base=False).verdict is Verdict.PASS


def everything(revision, step):
    """A snapshot with something of each kind that depends on `step`."""
    return make_snapshot(
        revision,
        metrics={"b.json": {"loss": step / 10}, "a.json": {"auc": 0.5, "f1": step / 7}},
        params={"params.yaml": {"lr": step}},
        plots=[make_line_plot("loss.csv")],
        tables={"loss.csv": make_table(step=[1, 2], loss=[0.5, 0.1 * step])},
        data=[make_tracked("raw.csv", str(step)), make_tracked("same.csv"), make_tracked("net.pt")],
        stages=[make_stage("train", deps={"raw.csv": str(step)}, outs={"b.json": str(step)})],
        artifacts={"net": {"path": "net.pt", "desc": str(step)}},
        problems=[make_problem("x.json", revision=revision.label)],
    )


def test_the_same_snapshots_give_the_same_comparison():
    pair = everything(BASE, 1), everything(HEAD, 2)
    first, second = (compare(pair[0], [pair[1]], NO_RULES).candidates[0] for _ in range(2))
    for kind in ("metrics", "params", "data", "stages", "artifacts", "explanations", "problems"):
        assert getattr(first, kind) == getattr(second, kind)
        assert getattr(first, kind)


def test_the_order_of_a_snapshots_files_does_not_matter():
    head = make_snapshot(HEAD, metrics={"b.json": {"x": 1}, "a.json": {"x": 1}})
    turned = make_snapshot(HEAD, metrics={"a.json": {"x": 1}, "b.json": {"x": 1}})
    assert (
        compare(None, [head], NO_RULES).candidates[0].metrics == compare(None, [turned], NO_RULES).candidates[0].metrics
    )


def test_a_revision_held_against_itself_differs_in_nothing():
    candidate = compare(everything(BASE, 1), [everything(HEAD, 1)], NO_RULES).candidates[0]
    rows = [*candidate.metrics, *candidate.params, *candidate.data, *candidate.stages, *candidate.artifacts]
    assert {row.state for row in rows} == {State.UNCHANGED}
    assert candidate.explanations == ()
    assert judge(candidate, NO_RULES, has_base=True).summary == "Nothing changed: metrics and params are the same"


def test_each_candidate_is_held_against_the_one_baseline():
    others = [everything(make_revision(f"exp-{step}"), step) for step in (2, 1)]
    comparison = compare(everything(BASE, 1), others, NO_RULES)
    assert [candidate.revision.rev for candidate in comparison.candidates] == ["exp-2", "exp-1"]
    assert [candidate.params[0].state for candidate in comparison.candidates] == [State.CHANGED, State.UNCHANGED]
    assert len(comparison.plots[0].sides) == 3


def test_equal_labels_do_not_mix_up_revisions():
    twin = make_revision("abc", label=BASE.label)
    candidate = compare(
        make_snapshot(BASE, params={"p": {"x": 1}}), [make_snapshot(twin, params={"p": {"x": 2}})], NO_RULES
    )
    assert (candidate.candidates[0].params[0].base, candidate.candidates[0].params[0].head) == (1, 2)


class TestOneProblemForSeveralFiles:
    """A storage that does not answer is one problem, which names all files it kept from being read."""

    PROBLEM = Problem(
        "main", "", ProblemKind.ACCESS, "storage s3 does not answer", files=("metrics.json", "d", "loss.csv")
    )

    def test_gates_give_it_as_the_reason(self):
        base = make_snapshot(BASE, problems=[self.PROBLEM])
        base.metrics["metrics.json"] = ValueFile("metrics.json", {}, self.PROBLEM)
        head = make_snapshot(HEAD, metrics={"metrics.json": {"accuracy": 0.9}})
        rules = Rules(metrics=(MetricRule("accuracy", gate=GateRule(max_drop=0.1)),))
        comparison = compare(base, [head], rules)
        (gate,) = judge(comparison.candidates[0], rules, has_base=True, problems=comparison.problems).gates
        assert (gate.result, gate.reason) == (Verdict.UNKNOWN, "could not be read: storage s3 does not answer")

    def test_data_it_names_are_not_called_new(self):
        base = make_snapshot(BASE, problems=[self.PROBLEM])
        head = make_snapshot(HEAD, data=[make_tracked("d")])
        assert compare(base, [head], NO_RULES).candidates[0].data[0].state is State.UNAVAILABLE

    def test_plots_it_names_carry_it(self):
        base = make_snapshot(BASE, plots=[make_line_plot("loss.csv")], problems=[self.PROBLEM])
        (plot,) = compare(base, [make_snapshot(HEAD)], NO_RULES).plots
        assert (plot.state, plot.sides[0].problems) == (State.UNAVAILABLE, (self.PROBLEM,))
