"""Rows of metrics: exact differences, and what may be said of them."""

from __future__ import annotations

import math

import pytest
from factories import BASE, HEAD, make_problem, make_snapshot
from hypothesis import given
from hypothesis import strategies as st

from reporter.compare import compare
from reporter.compare.difference import difference, relative_difference
from reporter.compare.metrics import metric_rows
from reporter.model.comparison import Outcome, State
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.reasons import ClauseId, EvaluationChange, Significance
from reporter.model.rules import Direction, GateRule, MetricRule, Rules

NUMBERS = st.integers() | st.floats()
HUGE = 10**400
NO_RULES = Rules()
NO_EVIDENCE = Evidence()
MANY = {"step": 3, "train": {"accuracy": 1.0}, "latency": 5, "accuracy": 0.9, "loss": 0.2, "f1": 0.7, "auc": 0.8}


def rows(base, head, rules=NO_RULES, evidence=NO_EVIDENCE, changed_data=()):
    """Rows of one metrics file, by name."""
    before = None if base is None else make_snapshot(BASE, metrics={"metrics.json": base})
    after = make_snapshot(HEAD, metrics={"metrics.json": head})
    found = metric_rows(before, after, rules, evidence, {"metrics.json": changed_data} if changed_data else {}, {})
    return {row.name: row for row in found}


def known(**known_of):
    return Evidence(metrics={MetricKey("metrics.json", name): evidence for name, evidence in known_of.items()})


class TestDifference:
    def test_float_noise_is_not_hidden(self):
        row = rows({"accuracy": 0.3}, {"accuracy": 0.1 + 0.2})["accuracy"]
        assert row.state is State.CHANGED
        assert row.delta == (0.1 + 0.2) - 0.3
        assert row.outcome is Outcome.SAME, "but it makes nothing better"

    def test_integers_are_exact_however_large(self):
        assert difference(2**53, 2**53 + 1) == 1
        assert difference(HUGE, HUGE + 1) == 1
        assert difference(float(2**53), 2**53 + 1) == 1.0

    def test_an_integer_beyond_every_float_breaks_nothing(self):
        row = rows({"count": 0.5}, {"count": HUGE})["count"]
        assert row.delta == HUGE
        assert rows({"count": 0.5}, {"count": -HUGE})["count"].delta == -HUGE
        assert rows({"count": HUGE}, {"count": HUGE + 1})["count"].relative == 0.0

    def test_a_difference_too_long_to_be_written_is_none(self):
        longest = 10**4300 - 1
        assert difference(1, longest) == longest - 1
        assert difference(-longest, longest) is None

    @pytest.mark.parametrize(
        ("base", "head"),
        [(True, False), ("a", "b"), (None, 1.0), ([1], [2]), (0.5, math.nan), (math.inf, math.inf), (True, 2)],
    )
    def test_what_is_no_number_has_none(self, base, head):
        row = rows({"m": base}, {"m": head})["m"]
        assert row.delta is None
        assert row.relative is None

    def test_an_infinite_value_is_infinitely_far(self):
        assert difference(1.0, -math.inf) == -math.inf

    def test_relative_to_the_size_of_the_baseline(self):
        assert rows({"m": -4.0}, {"m": -5.0})["m"].relative == -0.25
        assert rows({"m": 0}, {"m": 5})["m"].relative is None
        assert rows({"m": 0.0}, {"m": 5})["m"].relative is None

    @given(NUMBERS, NUMBERS)
    def test_the_other_way_round_it_has_the_other_sign(self, base, head):
        there, back = difference(base, head), difference(head, base)
        assert (there is None) is (back is None)
        assert there is None or there == -back

    @given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
    def test_of_floats_it_is_what_subtraction_gives(self, base, head):
        assert difference(base, head) == head - base

    @given(NUMBERS, NUMBERS)
    def test_a_relative_difference_is_never_nan(self, base, head):
        relative = relative_difference(base, difference(base, head))
        assert relative is None or not math.isnan(relative)


class TestOutcome:
    def test_equal_values_are_the_same(self):
        assert rows({"accuracy": 1}, {"accuracy": 1.0})["accuracy"].outcome is Outcome.SAME

    @pytest.mark.parametrize(
        ("name", "head", "outcome"),
        [
            ("accuracy", 0.9, Outcome.IMPROVED),
            ("accuracy", 0.7, Outcome.REGRESSED),
            ("log_loss", 0.9, Outcome.REGRESSED),
            ("log_loss", 0.7, Outcome.IMPROVED),
            ("n_trees", 0.9, Outcome.CHANGED),
            ("accuracy", math.nan, Outcome.REGRESSED),
            ("accuracy", math.inf, Outcome.REGRESSED),
            ("log_loss", -math.inf, Outcome.REGRESSED),
            ("n_trees", math.nan, Outcome.REGRESSED),
            ("accuracy", "n/a", Outcome.CHANGED),
            ("accuracy", True, Outcome.CHANGED),
        ],
    )
    def test_without_an_interval_sign_and_direction_decide(self, name, head, outcome):
        assert rows({name: 0.8}, {name: head})[name].outcome is outcome

    @pytest.mark.parametrize(
        ("interval", "outcome"),
        [
            ((0.001, 0.2), Outcome.IMPROVED),
            ((-0.2, -0.001), Outcome.REGRESSED),
            ((-0.1, 0.1), Outcome.INCONCLUSIVE),
            ((0.0, 0.1), Outcome.INCONCLUSIVE),
            ((math.nan, math.nan), Outcome.INCONCLUSIVE),
        ],
    )
    def test_with_an_interval_the_interval_decides(self, interval, outcome):
        found = known(accuracy=MetricEvidence(interval=interval, p_value=0.04, method="paired bootstrap"))
        row = rows({"accuracy": 0.8}, {"accuracy": 0.9}, evidence=found)["accuracy"]
        assert row.outcome is outcome
        assert (row.interval, row.p_value, row.method) == (interval, 0.04, "paired bootstrap")

    def test_a_shown_difference_without_direction_is_only_changed(self):
        found = known(n_trees=MetricEvidence(interval=(1.0, 2.0)))
        assert rows({"n_trees": 1}, {"n_trees": 3}, evidence=found)["n_trees"].outcome is Outcome.CHANGED

    def test_on_other_evaluation_data_nothing_can_be_said_and_the_note_says_why(self):
        row = rows({"accuracy": 0.8}, {"accuracy": 0.9}, changed_data=("data/test.csv",))["accuracy"]
        assert row.outcome is Outcome.INCOMPARABLE
        assert row.note == "Evaluated on other data than the baseline: data/test.csv changed."
        assert row.interval is None

    def test_evidence_may_know_that_the_test_rows_differ(self):
        rows_differ = EvaluationChange(ClauseId.OTHER_ROWS, "only 3 rows are shared")
        found = known(accuracy=MetricEvidence(incomparable=rows_differ, note=rows_differ.sentence))
        row = rows({"accuracy": 0.8}, {"accuracy": 0.9}, evidence=found)["accuracy"]
        assert (row.outcome, row.note) == (Outcome.INCOMPARABLE, "Only 3 rows are shared.")

    @pytest.mark.parametrize(
        ("evidence", "changed_data", "significance"),
        [
            (MetricEvidence(interval=(0.1, 0.2)), (), Significance.TESTED),
            (MetricEvidence(p_value=0.0), (), Significance.TESTED),
            (MetricEvidence(note="No interval: why."), (), Significance.UNTESTABLE),
            (MetricEvidence(interval=(0.1, 0.2)), ("test.csv",), Significance.UNTESTABLE),
            (MetricEvidence(), ("test.csv",), Significance.UNTESTABLE),
            (MetricEvidence(), (), Significance.UNTESTED),
        ],
    )
    def test_whether_a_difference_is_tested_is_told_apart_from_what_cannot_be(
        self, evidence, changed_data, significance
    ):
        found = known(accuracy=evidence)
        row = rows({"accuracy": 0.8}, {"accuracy": 0.9}, evidence=found, changed_data=changed_data)["accuracy"]
        assert row.significance is significance

    def test_a_note_alone_judges_nothing(self):
        found = known(accuracy=MetricEvidence(note="Significance unknown."))
        row = rows({"accuracy": 0.8}, {"accuracy": 0.9}, evidence=found)["accuracy"]
        assert (row.outcome, row.note, row.method) == (Outcome.IMPROVED, "Significance unknown.", None)

    def test_added_and_removed_metrics_are_not_judged(self):
        found = rows({"old_accuracy": 1}, {"new_accuracy": 1})
        assert {row.outcome for row in found.values()} == {Outcome.UNKNOWN}
        assert found["new_accuracy"].state is State.ADDED

    def test_an_unreadable_side_leaves_no_outcome_and_no_interval(self):
        found = known(accuracy=MetricEvidence(interval=(0.1, 0.2)))
        row = rows(make_problem(), {"accuracy": 0.9}, evidence=found)["accuracy"]
        assert (row.state, row.outcome, row.interval, row.delta) == (State.UNAVAILABLE, Outcome.UNKNOWN, None, None)


class TestExpectedMetrics:
    def test_a_metric_named_in_the_rules_has_a_row_though_no_file_could_be_read(self):
        rules = Rules(metrics=(MetricRule("metrics.json:accuracy", gate=GateRule(min=0.5)),))
        row = rows(make_problem(), make_problem(), rules)["accuracy"]
        assert (row.state, row.headline) == (State.UNAVAILABLE, True)

    def test_a_readable_file_gets_no_rows_it_does_not_have(self):
        rules = Rules(metrics=(MetricRule("metrics.json:nope"),))
        assert list(rows({"accuracy": 1}, {"accuracy": 1}, rules)) == ["accuracy"]


class TestDirection:
    def test_the_rules_know_better_than_the_name(self):
        rules = Rules(metrics=(MetricRule("accuracy", direction=Direction.NONE),))
        assert rows({"accuracy": 0.8}, {"accuracy": 0.9}, rules)["accuracy"].direction is Direction.NONE

    def test_a_rule_without_direction_leaves_it_to_the_name(self):
        rules = Rules(metrics=(MetricRule("*", headline=True),))
        assert rows({"accuracy": 0.8}, {"accuracy": 0.9}, rules)["accuracy"].direction is Direction.HIGHER

    def test_the_first_rule_that_matches_decides(self):
        rules = Rules(metrics=(MetricRule("acc*", Direction.LOWER), MetricRule("accuracy", Direction.HIGHER)))
        assert rows({"accuracy": 0.8}, {"accuracy": 0.9}, rules)["accuracy"].direction is Direction.LOWER


class TestHeadlines:
    def headlines(self, rules=NO_RULES, metrics=MANY):
        return [name for name, row in rows(None, metrics, rules).items() if row.headline]

    def test_those_that_the_rules_name(self):
        rules = Rules(metrics=(MetricRule("step", headline=True), MetricRule("f1", gate=GateRule(min=0.5))))
        assert self.headlines(rules) == ["step"]

    def test_else_those_that_are_gated(self):
        assert self.headlines(Rules(metrics=(MetricRule("f1", gate=GateRule(min=0.5)),))) == ["f1"]

    def test_else_the_first_three_that_tell_of_quality(self):
        assert self.headlines() == ["accuracy", "loss", "f1"]

    def test_of_few_metrics_training_and_resources_will_do(self):
        assert self.headlines(metrics={"n": 1, "train": {"loss": 0.1}, "latency": 2}) == ["train.loss", "latency"]

    def test_none_are_made_up_for_rules_that_match_nothing(self):
        assert self.headlines(Rules(metrics=(MetricRule("nope", headline=True),))) == []

    def test_a_file_that_cannot_be_read_is_not_kept_in_the_background(self):
        (row,) = rows(make_problem(), make_problem()).values()
        assert row.headline


def test_rows_are_found_by_file_then_by_the_order_of_its_keys():
    head = make_snapshot(HEAD, metrics={"b.json": {"z": 1, "a": 2}, "a/metrics.json": {"x": {"q": 1, "p": 2}}})
    found = compare(None, [head], Rules()).candidates[0].metrics
    assert [(row.file, row.name) for row in found] == [
        ("a/metrics.json", "x.q"),
        ("a/metrics.json", "x.p"),
        ("b.json", "z"),
        ("b.json", "a"),
    ]
