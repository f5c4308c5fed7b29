"""A number that a stage wrote in the baseline and none writes now is not judged by: anybody may have typed it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_gates, make_snapshot, make_stage

from reporter.compare import compare
from reporter.judge import judge
from reporter.model.comparison import Outcome, Verdict
from reporter.model.problem import ProblemKind
from reporter.model.rules import Rules

TRAIN = make_stage("train", deps={"train.py": "1"}, outs={"model.pkl": "1"})
EVALUATE = make_stage("evaluate", deps={"evaluate.py": "1", "model.pkl": "1"}, outs={"metrics.json": "1"})
PIPELINE = (TRAIN, EVALUATE)


def compared(before, after, rules=None, head=0.9):
    snapshots = [
        make_snapshot(revision, metrics={"metrics.json": {"accuracy": value}}, stages=stages)
        for revision, value, stages in ((BASE, 0.8, before), (HEAD, head, after))
    ]
    candidate = compare(snapshots[0], snapshots[1:], rules or Rules()).candidates[0]
    return candidate, judge(candidate, rules or Rules(), has_base=True, problems=candidate.problems)


@pytest.mark.parametrize("head", [0.9, 0.8, 0.1])
def test_the_gate_is_unknown_and_the_verdict_says_why(head):
    _, judgement = compared(PIPELINE, (TRAIN,), make_gates(max_drop=0.01), head)
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.summary == (
        "Gate not judged: accuracy is written by no stage any more; stage evaluate, which wrote metrics.json, is gone"
    )


def test_a_required_one_fails():
    _, judgement = compared(PIPELINE, (TRAIN,), make_gates(max_drop=0.01, required=True))
    assert judgement.verdict is Verdict.FAIL


def test_without_a_gate_it_is_neither_better_nor_worse():
    candidate, judgement = compared(PIPELINE, (TRAIN,))
    [row] = candidate.metrics
    [problem] = candidate.problems
    assert row.outcome is Outcome.UNKNOWN
    assert judgement.summary == "Values in doubt: metrics.json; stage evaluate, which wrote metrics.json, is gone"
    assert (problem.kind, problem.path) == (ProblemKind.MISMATCH, "metrics.json")
    assert problem.message.startswith("Stage evaluate, which wrote metrics.json, is gone, and no other stage writes it")


def test_so_it_is_where_the_stage_is_there_but_does_not_write_it():
    _, judgement = compared(PIPELINE, (TRAIN, replace(EVALUATE, outs={})), make_gates(max_drop=0.01))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.summary.endswith("; stage evaluate no longer writes metrics.json")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((TRAIN,), (TRAIN,), id="git alone kept it"),
        pytest.param((), (), id="there is no pipeline"),
        pytest.param((TRAIN,), PIPELINE, id="a stage writes it from now on"),
        pytest.param(PIPELINE, (TRAIN, replace(EVALUATE, name="test/dvc.yaml:score")), id="the stage was renamed"),
        pytest.param(PIPELINE, (replace(EVALUATE, name="all", deps={"evaluate.py": "1"}),), id="stages were merged"),
        pytest.param((TRAIN, replace(EVALUATE, ran_cmd=None)), (TRAIN,), id="the stage never ran"),
    ],
)
def test_otherwise_it_is_not_in_doubt(before, after):
    candidate, judgement = compared(before, after, make_gates(max_drop=0.01))
    assert judgement.verdict is Verdict.PASS
    assert [row.doubt for row in candidate.metrics] == [""]
    assert "gone" not in judgement.summary


def test_a_stage_that_wrote_what_the_metrics_are_computed_from_is_missed_too():
    after = (replace(EVALUATE, deps={"evaluate.py": "1", "model.pkl": "2"}),)
    candidate, judgement = compared(PIPELINE, after, make_gates(max_drop=0.01))
    assert judgement.verdict is Verdict.PASS
    assert "; stage train, which wrote model.pkl, is gone" in judgement.summary
    assert [row.doubt for row in candidate.metrics] == [""]


def test_but_not_where_its_output_stays_as_it_was():
    _, judgement = compared(PIPELINE, (EVALUATE,))
    assert "gone" not in judgement.summary
