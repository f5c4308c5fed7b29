"""Gates: does a difference matter, is it shown to be real, and what never passes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from factories import make_candidate, make_gates, make_metric_row, make_problem
from hypothesis import assume, given
from hypothesis import strategies as st

from reporter.judge import judge
from reporter.model.comparison import Outcome, State, Verdict
from reporter.model.rules import Direction, GateRule, MetricRule, Rules

AMOUNTS = st.floats(min_value=0, max_value=1)
UNREAD = State.UNAVAILABLE
SCORES = st.floats(min_value=-2, max_value=2)
INTERVALS = st.none() | st.tuples(SCORES, SCORES).map(lambda ends: (min(ends), max(ends)))


def gate(row, *, has_base=True, problems=(), **limits):
    """The one gate row of a metric with these limits."""
    (found,) = judge(make_candidate(row), make_gates(**limits), has_base=has_base, problems=problems).gates
    return found


def result(row, **limits):
    return gate(row, **limits).result


def accuracy(base, head, **known):
    return make_metric_row("accuracy", base, head, **known)


def loss(base, head, **known):
    return make_metric_row("accuracy", base, head, direction=Direction.LOWER, **known)


class TestDrop:
    @pytest.mark.parametrize(
        ("base", "head", "limit", "expected"),
        [
            (0.80, 0.795, 0.005, Verdict.PASS),
            (0.80, 0.7949999, 0.005, Verdict.FAIL),
            (0.3, 0.1, 0.2, Verdict.PASS),
            (0.80, 0.85, 0.0, Verdict.PASS),
            (0.80, 0.80, 0.0, Verdict.PASS),
            (0.80, 0.79, 0.0, Verdict.FAIL),
            (10, 8, 2, Verdict.PASS),
            (10, 7, 2, Verdict.FAIL),
            (math.inf, 1.0, 5, Verdict.FAIL),
            (-math.inf, 1.0, 5, Verdict.PASS),
        ],
    )
    def test_exactly_the_limit_passes_and_the_least_beyond_it_fails(self, base, head, limit, expected):
        assert result(accuracy(base, head), max_drop=limit) is expected

    def test_integers_are_compared_exactly_however_large(self):
        assert result(accuracy(10**400, 10**400 - 2), max_drop=2) is Verdict.PASS
        assert result(accuracy(10**400, 10**400 - 3), max_drop=2) is Verdict.FAIL
        assert result(accuracy(10**400, 1.5), max_relative_drop=0.5) is Verdict.FAIL

    def test_of_a_metric_that_is_better_when_lower_a_rise_is_the_drop(self):
        assert result(loss(0.5, 0.505), max_drop=0.005) is Verdict.PASS
        assert result(loss(0.5, 0.506), max_drop=0.005) is Verdict.FAIL
        assert result(loss(0.5, 0.1), max_drop=0.005) is Verdict.PASS

    def test_a_relative_drop_is_a_fraction_of_the_baseline(self):
        assert result(accuracy(0.8, 0.784), max_relative_drop=0.02) is Verdict.PASS
        assert result(accuracy(0.8, 0.783), max_relative_drop=0.02) is Verdict.FAIL
        assert result(accuracy(-0.8, -0.816), max_relative_drop=0.02) is Verdict.PASS
        assert result(accuracy(-0.8, -0.817), max_relative_drop=0.02) is Verdict.FAIL

    def test_from_zero_no_relative_drop_can_be_taken(self):
        assert result(loss(0, 0.1), max_relative_drop=0.5) is Verdict.UNKNOWN
        assert result(accuracy(0, 0.1), max_relative_drop=0.5) is Verdict.PASS
        assert result(accuracy(0.0, 0.0), max_relative_drop=0.5) is Verdict.PASS

    def test_without_a_direction_the_reason_says_what_to_set(self):
        found = gate(accuracy(0.8, 0.7, direction=Direction.NONE), max_drop=0.1)
        assert found.result is Verdict.UNKNOWN
        assert "direction: higher" in found.reason

    def test_a_first_report_passes_and_says_why(self):
        found = gate(accuracy(None, 0.7, state=State.ADDED), max_drop=0.1, required=True, has_base=False)
        assert (found.result, found.reason) == (Verdict.PASS, "no baseline yet: a first report passes")

    @pytest.mark.parametrize("required", [True, False])
    def test_a_metric_that_the_baseline_does_not_have_cannot_be_worse(self, required):
        found = gate(accuracy(None, 0.7, state=State.ADDED), max_drop=0.1, required=required)
        assert (found.result, found.reason) == (Verdict.PASS, "is new: there is nothing that it could be worse than")

    def test_a_drop_is_that_of_the_rows_that_were_tested(self):
        only_fewer_rows = accuracy(0.8, 0.6, interval=(-0.01, 0.01), tested_delta=0.0)
        assert gate(only_fewer_rows, max_drop=0.05).result is Verdict.PASS
        hidden = accuracy(0.8, 0.9, interval=(-0.12, -0.08), tested_delta=-0.1)
        assert gate(hidden, max_drop=0.05).result is Verdict.FAIL

    @pytest.mark.parametrize(
        ("known", "expected", "said"),
        [
            ({"p_value": 1e-9, "method": "exact McNemar"}, Verdict.FAIL, "and the test shows that the drop is real"),
            ({"p_value": 0.3, "method": "exact McNemar"}, Verdict.WARN, "the test does not show"),
            ({"note": "Significance unknown (one run each)."}, Verdict.WARN, "is real: one run each"),
            ({"note": "P = 0 over 5 paired runs."}, Verdict.WARN, "is real (see its note)"),
        ],
    )
    def test_without_an_interval_a_significant_drop_is_judged_by_what_there_is(self, known, expected, said):
        found = gate(accuracy(1.0, 0.0, **known), max_drop=0.1, significant=True)
        assert found.result is expected
        assert said in found.reason

    def test_equal_values_of_other_test_rows_are_not_comparable_either(self):
        row = accuracy(0.8, 0.8, comparable=False)
        assert gate(row, max_drop=0.1).result is Verdict.UNKNOWN
        assert gate(row, max_drop=0.1, required=True).result is Verdict.FAIL
        assert gate(row, min=0.5, required=True).result is Verdict.FAIL
        assert gate(row, min=0.5).result is Verdict.PASS

    def test_a_difference_of_rounding_is_no_drop(self):
        assert result(accuracy(0.1 + 0.2, 0.3), max_drop=0) is Verdict.PASS
        assert result(accuracy(0.3, 0.3 - 1e-9), max_drop=0) is Verdict.FAIL

    @pytest.mark.parametrize("limits", [{"max_drop": 0.5}, {"min": 0.1}, {"significant": True}, {"required": True}])
    def test_a_value_in_doubt_passes_no_limit(self, limits):
        row = accuracy(0.7, 0.8, doubt="is not of this code: stage train has never run")
        found = gate(row, **limits)
        expected = Verdict.FAIL if "required" in limits else Verdict.UNKNOWN
        assert found.result is expected
        assert found.reason.startswith("is not of this code: stage train has never run")
        assert gate(row, **(limits | {"required": True})).result is Verdict.FAIL

    def test_reasons_give_the_numbers(self):
        assert gate(accuracy(0.8, 0.792), max_drop=0.005).reason == "worse by 0.008 (limit 0.005)"
        assert gate(accuracy(0.8, 0.797), max_drop=0.005).reason == "worse by 0.003 (limit 0.005)"
        assert gate(accuracy(0.8, 0.812), max_drop=0.005).reason == "better by 0.012"
        assert gate(accuracy(0.8, 0.8), max_drop=0.005).reason == "unchanged"
        assert gate(accuracy(0.8, 0.76), max_relative_drop=0.02).reason == "worse by 5 % (limit 2 %)"


class TestInterval:
    def test_within_the_limit_but_possibly_as_bad_is_a_warning(self):
        found = gate(accuracy(0.8, 0.797, interval=(-0.009, 0.002)), max_drop=0.005)
        assert found.result is Verdict.WARN
        assert found.reason == "worse by 0.003, but could be worse by 0.009 (limit 0.005)"

    def test_within_the_limit_at_its_worst_end_passes(self):
        assert result(accuracy(0.8, 0.797, interval=(-0.005, -0.001)), max_drop=0.005) is Verdict.PASS
        assert result(loss(0.8, 0.803, interval=(0.001, 0.005)), max_drop=0.005) is Verdict.PASS
        assert result(loss(0.8, 0.803, interval=(0.001, 0.006)), max_drop=0.005) is Verdict.WARN

    def test_a_relative_limit_is_held_against_the_relative_interval(self):
        row = accuracy(0.5, 0.5, interval=(-0.02, 0.02))
        assert result(row, max_relative_drop=0.04) is Verdict.PASS
        assert result(row, max_relative_drop=0.03) is Verdict.WARN

    def test_beyond_the_limit_fails_even_if_it_may_be_chance(self):
        assert result(accuracy(0.8, 0.79, interval=(-0.03, 0.01)), max_drop=0.005) is Verdict.FAIL


class TestSignificant:
    def test_beyond_the_limit_and_shown_to_be_real_fails(self):
        row = accuracy(0.8, 0.79, interval=(-0.015, -0.005))
        found = gate(row, max_drop=0.005, significant=True)
        assert found.result is Verdict.FAIL
        assert found.reason == "worse by 0.01 (limit 0.005), and the interval shows that the drop is real"

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (accuracy(0.8, 0.79, interval=(-0.03, 0.0)), Verdict.WARN),
            (loss(0.79, 0.8, interval=(0.0, 0.03)), Verdict.WARN),
            (loss(0.79, 0.8, interval=(0.001, 0.03)), Verdict.FAIL),
        ],
    )
    def test_an_interval_that_ends_at_zero_shows_nothing(self, row, expected):
        assert result(row, max_drop=0.005, significant=True) is expected

    def test_without_a_limit_any_real_drop_is_beyond_it(self):
        found = gate(accuracy(0.8, 0.79, interval=(-0.015, -0.005)), significant=True)
        assert (found.rule, found.result) == ("significant", Verdict.FAIL)

    def test_beyond_the_limit_but_perhaps_chance_warns(self):
        found = gate(accuracy(0.8, 0.79, interval=(-0.03, 0.01)), max_drop=0.005, significant=True)
        assert found.result is Verdict.WARN
        assert found.reason == "worse by 0.01 (limit 0.005), but the interval does not show that the drop is real"

    def test_without_an_interval_a_drop_cannot_be_shown_to_be_real(self):
        found = gate(accuracy(0.8, 0.79), max_drop=0.005, significant=True)
        assert found.result is Verdict.WARN
        assert "one run each" in found.reason

    def test_within_the_limit_nothing_need_be_shown(self):
        assert result(accuracy(0.8, 0.799), max_drop=0.005, significant=True) is Verdict.PASS

    def test_alone_it_allows_no_drop_that_is_real(self):
        assert result(accuracy(0.8, 0.79, interval=(-0.02, -0.01)), significant=True) is Verdict.FAIL
        assert result(accuracy(0.8, 0.79, interval=(-0.02, 0.01)), significant=True) is Verdict.WARN
        assert result(accuracy(0.8, 0.81, interval=(0.001, 0.02)), significant=True) is Verdict.PASS


class TestBounds:
    @pytest.mark.parametrize(
        ("head", "limits", "expected", "reason"),
        [
            (0.6, {"min": 0.6}, Verdict.PASS, "at 0.6, at least 0.6"),
            (0.55, {"min": 0.6}, Verdict.FAIL, "at 0.55, below the minimum 0.6"),
            (1.0, {"max": 1.0}, Verdict.PASS, "at 1.0, at most 1.0"),
            (1.1, {"max": 1.0}, Verdict.FAIL, "at 1.1, above the maximum 1.0"),
        ],
    )
    def test_the_value_itself_is_held_against_them(self, head, limits, expected, reason):
        found = gate(accuracy(0.8, head), **limits)
        assert (found.result, found.reason) == (expected, reason)

    def test_of_an_integer_that_no_float_can_hold(self):
        assert result(accuracy(0.8, 10**400), max=1.0) is Verdict.FAIL
        assert result(accuracy(0.8, 10**400), min=1.0) is Verdict.PASS
        assert result(accuracy(0.8, -(10**400)), min=1.0) is Verdict.FAIL

    def test_they_need_no_baseline_and_no_direction(self):
        row = accuracy(None, 0.7, state=State.ADDED, direction=Direction.NONE)
        assert result(row, min=0.6) is Verdict.PASS
        assert gate(row, min=0.8, has_base=False).result is Verdict.FAIL

    def test_text_is_no_number(self):
        assert result(accuracy(0.8, "n/a"), min=0.6) is Verdict.UNKNOWN
        assert result(accuracy(0.8, True), max=2) is Verdict.UNKNOWN


LIMITS = [{"max_drop": 1.0}, {"max_relative_drop": 1.0}, {"min": -9.0}, {"max": 9.0}, {"significant": True}, {}]


class TestNeverPasses:
    @pytest.mark.parametrize("limits", LIMITS)
    @pytest.mark.parametrize(
        "row",
        [
            accuracy(None, 0.8, state=State.UNAVAILABLE),
            accuracy(0.8, None, state=State.UNAVAILABLE),
            accuracy(None, None, state=State.UNAVAILABLE),
            accuracy(0.8, 0.9, outcome=Outcome.INCOMPARABLE),
            accuracy(0.8, None, state=State.REMOVED),
            accuracy(0.8, math.nan),
            accuracy(None, math.nan, state=State.ADDED),
            accuracy(0.8, None),
            accuracy(0.8, math.inf),
        ],
        ids=["no base", "no head", "neither", "incomparable", "removed", "NaN", "new NaN", "null", "infinite"],
    )
    def test_a_required_gate_on_what_cannot_be_judged(self, row, limits):
        assert result(row, required=True, **limits) is Verdict.FAIL

    @pytest.mark.parametrize("limits", LIMITS[:-1])
    @pytest.mark.parametrize("head", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("direction", [Direction.HIGHER, Direction.LOWER, Direction.NONE])
    @pytest.mark.parametrize(
        "before",
        [
            {"base": 0.8},
            {"base": None, "state": State.ADDED},
            {"base": None, "state": State.UNAVAILABLE},
            {"base": "text"},
            {"base": 0.8, "outcome": Outcome.INCOMPARABLE},
            {"base": 0.8, "doubt": "is in doubt"},
        ],
        ids=["a number", "nothing", "unreadable", "text", "incomparable", "in doubt"],
    )
    def test_a_number_that_is_not_finite(self, limits, head, direction, before):
        row = accuracy(head=head, direction=direction, **before)
        assert result(row, **limits) is Verdict.FAIL
        assert gate(row, has_base=False, **limits).result is Verdict.FAIL

    @pytest.mark.parametrize("limits", LIMITS[:-1])
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_one_that_was_not_finite_before_either(self, limits, value):
        assert result(accuracy(value, value), **limits) is Verdict.FAIL

    @pytest.mark.parametrize(
        ("base", "head", "said"),
        [
            (0.8, math.nan, "became NaN"),
            (0.8, math.inf, "became Infinity"),
            (0.8, -math.inf, "became −Infinity"),
            (None, math.nan, "is NaN"),
            (math.nan, math.nan, "is NaN"),
            (math.inf, math.nan, "is NaN"),
        ],
    )
    def test_the_reason_says_whether_it_became_so(self, base, head, said):
        assert gate(accuracy(base, head), max_drop=1).reason == said

    @pytest.mark.parametrize("limits", LIMITS[:-1])
    @pytest.mark.parametrize("head", [None, True, "0.9", [0.9, 0.8]], ids=["null", "boolean", "text", "list"])
    def test_what_is_no_number(self, limits, head):
        assert result(accuracy(0.8, head), **limits) is Verdict.UNKNOWN

    @pytest.mark.parametrize("limits", LIMITS[:2])
    def test_a_drop_between_what_cannot_be_compared(self, limits):
        assert result(accuracy(None, 0.8, state=State.UNAVAILABLE), **limits) is Verdict.UNKNOWN
        assert result(accuracy(0.8, 0.9, outcome=Outcome.INCOMPARABLE), **limits) is Verdict.UNKNOWN
        assert result(accuracy(math.nan, 0.9), **limits) is Verdict.UNKNOWN
        assert result(accuracy("n/a", 0.9), **limits) is Verdict.UNKNOWN

    def test_the_reason_says_why_the_value_is_missing(self):
        problem = make_problem("metrics.json", message="metrics.json is in no cache")
        found = gate(accuracy(None, 0.8, state=State.UNAVAILABLE), max_drop=0.1, problems=[problem])
        assert found.reason == "could not be read: metrics.json is in no cache"

    def test_a_bound_reads_the_candidate_alone_unless_it_is_required(self):
        row = accuracy(None, 0.8, state=State.UNAVAILABLE)
        assert result(row, min=0.6) is Verdict.PASS
        assert gate(row, min=0.6, required=True).reason.endswith("the baseline could not be read (required)")
        assert result(row, min=0.9) is Verdict.FAIL


class TestGone:
    """A gated metric that the baseline has and the candidate lacks."""

    @pytest.mark.parametrize("limits", LIMITS[:-1])
    @pytest.mark.parametrize("match", ["metrics.json:test.acc", "*:*acc*", "test.acc", "*"])
    @pytest.mark.parametrize(("required", "expected"), [(False, Verdict.UNKNOWN), (True, Verdict.FAIL)])
    def test_never_passes_even_if_its_rule_finds_the_new_name_too(self, limits, match, required, expected):
        gone = make_metric_row("test.acc", 0.9, None, state=State.REMOVED)
        new = make_metric_row("accuracy", None, 0.3, state=State.ADDED)
        judgement = judge(make_candidate(gone, new), make_gates(match, required=required, **limits), has_base=True)
        assert judgement.verdict is expected
        assert [found.result for found in judgement.gates if found.metric == "metrics.json:test.acc"] == [expected]

    def test_where_nothing_at_all_is_left(self):
        gone = make_metric_row("acc", 0.9, None, state=State.REMOVED)
        (found,) = judge(make_candidate(gone), make_gates("*", max_drop=0.1), has_base=True).gates
        assert (found.result, found.reason) == (Verdict.UNKNOWN, "is no longer there")

    @pytest.mark.parametrize(
        ("new", "guess"),
        [
            ([("eval.json", "acc", 0.3)], "eval.json:acc"),
            ([("metrics.json", "test.acc", 0.3), ("metrics.json", "accuracy", 0.9)], "test.acc"),
            ([("metrics.json", "test.ACC", 0.3)], "test.ACC"),
            ([("metrics.json", "acc_1", 0.3), ("metrics.json", "loss", 0.9)], "acc_1"),
            ([("metrics.json", "top1", 0.8), ("metrics.json", "loss", 3.0)], "top1"),
            ([(f"{name}.json", "acc", 0.9) for name in "abcd"], "a.json:acc, b.json:acc, c.json:acc and 1 more"),
        ],
        ids=["its file", "its nesting", "its case", "its name", "all of it", "one of several"],
    )
    def test_the_reason_guesses_what_it_is_called_now(self, new, guess):
        gone = make_metric_row("acc", 0.9, None, state=State.REMOVED)
        added = [make_metric_row(name, None, head, file=file, state=State.ADDED) for file, name, head in new]
        (found, *_) = judge(
            make_candidate(gone, *added), make_gates("metrics.json:acc", max_drop=0.1), has_base=True
        ).gates
        assert found.reason == f"is no longer there; new in this change: {guess}"

    def test_nothing_is_guessed_from_what_is_not_like_it(self):
        gone = make_metric_row("acc", 0.9, None, state=State.REMOVED)
        others = [make_metric_row("step", None, 1000, state=State.ADDED), make_metric_row("acc5", 0.9, 0.8)]
        (found,) = judge(make_candidate(gone, *others), make_gates("acc", max_drop=0.1), has_base=True).gates
        assert found.reason == "is no longer there"

    def test_ten_thousand_of_them_are_guessed_at_in_no_time(self):
        rows = [make_metric_row(f"old.{'x' * 200}{n}", 0.9, None, state=State.REMOVED) for n in range(10_000)]
        rows += [make_metric_row(f"new.{'y' * 200}{n}", None, 0.9, state=State.ADDED) for n in range(10_000)]
        judgement = judge(make_candidate(*rows), make_gates("old.*", max_drop=0.1), has_base=True)
        assert {found.result for found in judgement.gates} == {Verdict.UNKNOWN}


class TestLost:
    """No earlier metrics are found, though the baseline had some: that is no first report."""

    WHY = "main's metrics are not found"

    def lost(self, **limits):
        row = accuracy(None, 0.7, state=State.ADDED, headline=True)
        return judge(make_candidate(row), make_gates(**limits), has_base=False, lost=self.WHY)

    @pytest.mark.parametrize("limits", [{"max_drop": 0.1}, {"max_relative_drop": 0.1}, {"significant": True}])
    def test_a_drop_is_not_judged(self, limits):
        judgement = self.lost(**limits)
        assert judgement.verdict is Verdict.UNKNOWN
        assert judgement.summary == "Gate not judged: accuracy cannot be compared: main's metrics are not found"
        assert self.lost(required=True, **limits).verdict is Verdict.FAIL

    def test_a_bound_reads_the_candidate_alone(self):
        judgement = self.lost(min=0.6)
        assert judgement.verdict is Verdict.PASS
        assert judgement.summary == "Main's metrics are not found; accuracy 0.7"


class TestRows:
    def test_each_limit_has_its_row(self):
        rules = make_gates(max_drop=0.005, max_relative_drop=0.02, min=0.6, max=1, required=True, significant=True)
        gates = judge(make_candidate(accuracy(0.8, 0.81)), rules, has_base=True).gates
        assert [found.rule for found in gates] == ["max_drop 0.005", "max_relative_drop 2 %", "min 0.6", "max 1"]
        assert {found.metric for found in gates} == {"metrics.json:accuracy"}

    def test_required_alone_asks_only_that_the_metric_is_there(self):
        assert gate(accuracy(0.8, 0.1), required=True).rule == "required"
        assert result(accuracy(0.8, 0.1), required=True) is Verdict.PASS
        assert result(accuracy(None, "text", state=State.ADDED), required=True) is Verdict.PASS

    def test_a_gate_without_a_limit_has_no_row(self):
        assert judge(make_candidate(accuracy(0.8, 0.1)), make_gates(), has_base=True).gates == ()

    def test_rows_follow_the_rules_then_the_metrics(self):
        rules = Rules(metrics=(MetricRule("b", gate=GateRule(min=0)), MetricRule("*", gate=GateRule(min=0))))
        rows = [make_metric_row(name) for name in ("a", "b", "c")]
        gates = judge(make_candidate(*rows), rules, has_base=True).gates
        assert [found.metric for found in gates] == ["metrics.json:b", "metrics.json:a", "metrics.json:c"]

    @pytest.mark.parametrize(("required", "expected"), [(False, Verdict.UNKNOWN), (True, Verdict.FAIL)])
    def test_a_rule_that_matches_no_metric_is_not_forgotten(self, required, expected):
        (found,) = judge(make_candidate(), make_gates("auc", min=0.5, required=required), has_base=True).gates
        assert (found.metric, found.rule, found.result) == ("auc", "min 0.5", expected)
        assert found.reason == "no such metric"

    def test_a_file_that_could_not_be_read_may_hold_the_missing_metric(self):
        unread = make_metric_row("", None, None, state=State.UNAVAILABLE)
        (found,) = judge(make_candidate(unread), make_gates("auc", min=0.5), has_base=True).gates
        assert found.reason == "no such metric, but metrics.json could not be read"

    @pytest.mark.parametrize("match", ["accuracy", "acc*", "*:accuracy", "ev/*.json:accuracy", "ev/*:*racy", "*"])
    @pytest.mark.parametrize(("required", "expected"), [(False, Verdict.UNKNOWN), (True, Verdict.FAIL)])
    def test_a_rule_that_one_metric_answers_to_does_not_pass_over_a_file_that_may_hold_another(
        self, match, required, expected
    ):
        rows = [make_metric_row(file="ev/a.json"), make_metric_row("", None, None, file="ev/m.json", state=UNREAD)]
        judgement = judge(make_candidate(*rows), make_gates(match, min=0.5, required=required), has_base=True)
        known, hidden = judgement.gates
        assert (known.metric, known.result) == ("ev/a.json:accuracy", Verdict.PASS)
        assert hidden.metric.startswith("ev/m.json:")
        assert "could not be read" in hidden.reason
        assert (hidden.result, judgement.verdict) == (expected, expected)

    @pytest.mark.parametrize("match", ["ev/a.json:accuracy", "ev/a*:*", "other/*:accuracy"])
    def test_a_rule_of_other_files_does_not_ask_for_the_unread_one(self, match):
        rows = [make_metric_row(file="ev/a.json"), make_metric_row("", None, None, file="ev/m.json", state=UNREAD)]
        gates = judge(make_candidate(*rows), make_gates(match, min=0.5), has_base=True).gates
        assert "ev/m.json" not in {found.metric.rpartition(":")[0] for found in gates}

    def test_a_file_that_one_revision_could_read_holds_what_it_held_there(self):
        rows = [accuracy(0.8, 0.8), make_metric_row("loss", 0.1, None, file="ev/m.json", state=UNREAD)]
        (found,) = judge(make_candidate(*rows), make_gates(min=0.5), has_base=True).gates
        assert found.result is Verdict.PASS

    def test_a_file_that_an_earlier_rule_takes_whole_hides_nothing(self):
        rules = Rules(metrics=(MetricRule("ev/*:*"), MetricRule("accuracy", gate=GateRule(min=0.5))))
        rows = [accuracy(0.8, 0.8), make_metric_row("", None, None, file="ev/m.json", state=UNREAD)]
        (found,) = judge(make_candidate(*rows), rules, has_base=True).gates
        assert found.result is Verdict.PASS

    def test_a_rule_that_an_earlier_one_hides_says_so(self):
        rules = Rules(metrics=(MetricRule("acc*"), MetricRule("accuracy", gate=GateRule(min=0.5))))
        (found,) = judge(make_candidate(accuracy(0.8, 0.8)), rules, has_base=True).gates
        assert found.result is Verdict.UNKNOWN
        assert "earlier rule" in found.reason


SEVERITY = [Verdict.PASS, Verdict.WARN, Verdict.UNKNOWN, Verdict.FAIL]


class TestProperties:
    @given(
        SCORES, SCORES, INTERVALS, AMOUNTS, AMOUNTS, st.booleans(), st.sampled_from(["max_drop", "max_relative_drop"])
    )
    def test_a_wider_limit_is_never_stricter(self, base, head, interval, one, other, significant, key):
        row = accuracy(base, head, interval=interval)
        strict, wide = (result(row, **{key: amount}, significant=significant) for amount in sorted((one, other)))
        assert wide.severity <= strict.severity

    @given(SCORES, SCORES, INTERVALS, AMOUNTS)
    def test_asking_for_significance_never_makes_a_gate_stricter(self, base, head, interval, limit):
        row = accuracy(base, head, interval=interval)
        assert result(row, max_drop=limit, significant=True).severity <= result(row, max_drop=limit).severity

    @given(SCORES, SCORES, SCORES, AMOUNTS)
    def test_a_better_value_is_never_judged_worse(self, base, one, other, limit):
        worse, better = sorted((one, other))
        assert (
            result(accuracy(base, better), max_drop=limit).severity
            <= result(accuracy(base, worse), max_drop=limit).severity
        )

    @given(SCORES, SCORES, INTERVALS, AMOUNTS)
    def test_required_turns_unknown_into_fail_and_nothing_else(self, base, head, interval, limit):
        row = accuracy(base, head, interval=interval)
        for limits in ({"max_drop": limit}, {"max_relative_drop": limit}, {"min": limit}, {"max": limit}):
            plain, required = result(row, **limits), result(row, **limits, required=True)
            assert required is (Verdict.FAIL if plain is Verdict.UNKNOWN else plain)

    @given(SCORES, SCORES, INTERVALS, AMOUNTS)
    def test_directions_are_mirror_images(self, base, head, interval, limit):
        row = accuracy(base, head, interval=interval)
        mirrored = None if interval is None else (-interval[1], -interval[0])
        mirror = loss(-base, -head, interval=mirrored)
        for key in ("max_drop", "max_relative_drop"):
            assert result(row, **{key: limit}) is result(mirror, **{key: limit})

    @given(st.decimals(0, 1, places=3), st.decimals(0, 1, places=3))
    def test_decimal_arithmetic_decides_at_the_limit(self, base, limit):
        head = base - limit
        assume(head != base)
        row = accuracy(float(base), float(head))
        assert result(row, max_drop=float(limit)) is Verdict.PASS
        assert result(replace(row, head=float(head) - 1e-9), max_drop=float(limit)) is Verdict.FAIL
