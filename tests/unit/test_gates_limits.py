"""Gates: does a difference matter, is it shown to be real, and what never passes."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from factories import make_candidate, make_gates, make_metric_row, make_problem
from hypothesis import assume, given
from hypothesis import strategies as st

from reporter.judge import judge
from reporter.judge.drops import Strictness, judge_drop
from reporter.judge.limits import DropLimit
from reporter.model.comparison import Outcome, SliceRow, Split, State, Verdict
from reporter.model.reasons import GateReason, Significance
from reporter.model.rules import Direction, GateRule, MetricRule, PredictionsRule, Rules, SliceRule, Task

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
            ({"p_value": 1e-9, "method": "exact McNemar"}, Verdict.FAIL, "not by chance (p < 0.001)"),
            ({"p_value": 0.3, "method": "exact McNemar"}, Verdict.WARN, "perhaps by chance (p = 0.3)"),
            (
                {"significance": Significance.UNTESTED, "note": "Significance unknown."},
                Verdict.WARN,
                "whether the drop is real (one run each)",
            ),
            ({"significance": Significance.UNTESTABLE}, Verdict.WARN, "is real (see its note)"),
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

    @pytest.mark.parametrize(
        ("row", "limits", "reason"),
        [
            (accuracy(0.8, 0.81), {"max_drop": 0.1}, GateReason.WITHIN),
            (accuracy(0.8, 0.5), {"max_drop": 0.1}, GateReason.BEYOND),
            (accuracy(0.8, 0.5), {"max_drop": 0.1, "significant": True}, GateReason.PERHAPS_CHANCE),
            (accuracy(0.8, 0.5, interval=(-0.7, 0.1)), {"max_drop": 0.1}, GateReason.PERHAPS_CHANCE),
            (accuracy(0.8, 0.79, interval=(-0.5, 0.1)), {"no_worse_than": 0.1}, GateReason.PERHAPS_BEYOND),
            (accuracy(0.8, 0.9, unusable="cannot be tested: …"), {"max_drop": 0.1}, GateReason.UNUSABLE),
            (accuracy(0.8, 0.9, split=Split(0.1, 0.0, 90, 10)), {"max_drop": 0.1}, GateReason.ROWS_GONE),
            (accuracy(0.8, math.nan), {"max_drop": 0.1}, GateReason.NOT_FINITE),
            (accuracy(0.8, 0.9, doubt="is not of this code"), {"max_drop": 0.1, "required": True}, GateReason.IN_DOUBT),
            (accuracy(0.8, None, state=UNREAD), {"min": 0.1, "required": True}, GateReason.UNREADABLE),
            (accuracy(None, 0.9, state=UNREAD), {"min": 0.1, "required": True}, GateReason.UNREADABLE),
            (accuracy(0.8, None, state=State.REMOVED), {"min": 0.1}, GateReason.GONE),
            (accuracy(0.8, None), {"min": 0.1}, GateReason.NO_VALUE),
            (accuracy(0.8, "text"), {"min": 0.1}, GateReason.NO_NUMBER),
            (accuracy(None, 0.9, state=State.ADDED), {"max_drop": 0.1}, GateReason.NEW),
            (accuracy("text", 0.9), {"max_drop": 0.1}, GateReason.BASELINE_NO_NUMBER),
            (accuracy(math.nan, 0.9), {"max_drop": 0.1}, GateReason.BASELINE_NO_NUMBER),
            (loss(0, 0.9), {"max_relative_drop": 0.1}, GateReason.BASELINE_ZERO),
            (accuracy(0.8, 0.8, comparable=False), {"max_drop": 0.1}, GateReason.INCOMPARABLE),
            (accuracy(0.8, 0.8, comparable=False), {"min": 0.1, "required": True}, GateReason.INCOMPARABLE),
            (accuracy(0.8, 0.8, direction=Direction.NONE), {"max_drop": 0.1}, GateReason.NO_DIRECTION),
        ],
    )
    def test_each_reason_has_a_name_that_stays(self, row, limits, reason):
        assert gate(row, **limits).reason_id is reason

    def test_reasons_give_the_numbers(self):
        assert gate(accuracy(0.8, 0.792), max_drop=0.005).reason == "worse by 0.008 (limit 0.005)"
        assert gate(accuracy(0.8, 0.797), max_drop=0.005).reason == "worse by 0.003 (limit 0.005)"
        assert gate(accuracy(0.8, 0.812), max_drop=0.005).reason == "better by 0.012"
        assert gate(accuracy(0.8, 0.8), max_drop=0.005).reason == "unchanged"
        assert gate(accuracy(0.8, 0.76), max_relative_drop=0.02).reason == "worse by 5 % (limit 2 %)"


def with_test(base, head, interval, p_value=None, **known):
    """By its interval: the p-value follows from whether that excludes zero."""
    if p_value is None:
        p_value = 0.2 if interval[0] <= 0 <= interval[1] else 0.01
    return accuracy(base, head, interval=interval, p_value=p_value, **known)


class TestTested:
    def test_within_the_limit_passes_and_says_what_the_test_could_have_told(self):
        found = gate(with_test(0.8, 0.797, (-0.009, 0.003)), max_drop=0.005)
        assert found.result is Verdict.PASS
        assert found.reason == "worse by 0.003 (limit 0.005); drops of 0.0086 or more would be told"

    @pytest.mark.parametrize(("tests", "told"), [(1, "0.086"), (5, "0.1"), (20, "0.12")])
    def test_what_it_could_have_told_is_a_matter_of_how_many_gates_there_are(self, tests, told):
        """The normal approximation: (z of the corrected level + z of 80 %) standard errors; here one is 0.0306."""
        strictness = Strictness(level=0.95, tests=tests)
        limit = DropLimit("max_drop 0.2", "0.2", Fraction(1, 5), relative=False, significant=None)
        found = judge_drop(with_test(0.8, 0.8, (-0.06, 0.06)), limit, strictness)
        assert found.reason == f"unchanged; drops of {told} or more would be told"

    def test_what_it_could_have_told_is_in_the_unit_of_the_limit(self):
        found = gate(with_test(0.5, 0.5, (-0.06, 0.06)), max_relative_drop=0.2)
        assert found.reason == "unchanged; drops of 17 % or more would be told"

    def test_of_identical_predictions_nothing_is_said_beside_it(self):
        assert gate(with_test(0.8, 0.8, (0.0, 0.0), 1.0), max_drop=0.1).reason == "unchanged"

    def test_beyond_the_limit_and_real_fails(self):
        found = gate(with_test(0.8, 0.79, (-0.015, -0.005), 0.003), max_drop=0.005)
        assert (found.result, found.reason) == (
            Verdict.FAIL,
            "worse by 0.01 (limit 0.005), not by chance (p = 0.003)",
        )

    def test_beyond_the_limit_and_perhaps_by_chance_warns(self):
        found = gate(with_test(0.8, 0.79, (-0.03, 0.01), 0.31), max_drop=0.005)
        assert (found.result, found.reason) == (
            Verdict.WARN,
            "worse by 0.01 (limit 0.005), perhaps by chance (p = 0.31)",
        )

    def test_the_p_value_that_is_corrected_over_all_gates_decides_not_the_interval(self):
        rows = [with_test(0.8, 0.7, (-0.19, -0.01), 0.067), make_metric_row("b", p_value=0.5, interval=(-1, 1))]
        rules = Rules(metrics=(MetricRule("*", gate=GateRule(max_drop=0.05)),))
        found, _ = judge(make_candidate(*rows), rules, has_base=True).gates
        assert found.result is Verdict.WARN
        assert found.reason.endswith("perhaps by chance (p = 0.067, corrected over 2 gated metrics)")

    def test_of_a_metric_that_is_better_when_lower(self):
        assert result(loss(0.5, 0.6, interval=(0.05, 0.15), p_value=0.01), max_drop=0.05) is Verdict.FAIL
        assert result(loss(0.5, 0.6, interval=(-0.05, 0.25), p_value=0.2), max_drop=0.05) is Verdict.WARN

    def test_values_that_are_rounded_alike_do_not_hide_a_recomputed_drop(self):
        row = with_test(0.8, 0.8, (-0.008, -0.002), 0.004, tested_delta=-0.005)
        assert result(row, max_drop=0.004) is Verdict.FAIL


class TestSignificant:
    """`significant` unset asks a test where there is one; true asks for one; false never does."""

    @pytest.mark.parametrize(
        ("significant", "of_a_test", "of_chance", "of_none"),
        [
            (None, Verdict.FAIL, Verdict.WARN, Verdict.FAIL),
            (True, Verdict.FAIL, Verdict.WARN, Verdict.WARN),
            (False, Verdict.FAIL, Verdict.FAIL, Verdict.FAIL),
        ],
    )
    def test_a_drop_beyond_the_limit(self, significant, of_a_test, of_chance, of_none):
        limits = {"max_drop": 0.005, "significant": significant}
        assert result(with_test(0.8, 0.79, (-0.015, -0.005)), **limits) is of_a_test
        assert result(with_test(0.8, 0.79, (-0.03, 0.01)), **limits) is of_chance
        assert result(accuracy(0.8, 0.79), **limits) is of_none

    @pytest.mark.parametrize("significant", [None, True, False])
    def test_within_the_limit_nothing_need_be_shown(self, significant):
        assert result(accuracy(0.8, 0.799), max_drop=0.005, significant=significant) is Verdict.PASS

    def test_alone_it_allows_no_drop_that_is_real(self):
        assert result(with_test(0.8, 0.79, (-0.02, -0.01)), significant=True) is Verdict.FAIL
        assert result(with_test(0.8, 0.79, (-0.02, 0.01)), significant=True) is Verdict.WARN
        assert result(with_test(0.8, 0.81, (0.001, 0.02)), significant=True) is Verdict.PASS


class TestMargin:
    @pytest.mark.parametrize(
        ("interval", "expected", "said"),
        [
            ((-0.004, 0.01), Verdict.PASS, "and shown to be no worse (margin 0.005)"),
            ((-0.005, 0.01), Verdict.PASS, "and shown to be no worse (margin 0.005)"),
            ((-0.006, 0.01), Verdict.WARN, "but could be worse by 0.006 (margin 0.005)"),
            ((-0.02, -0.005), Verdict.WARN, "but could be worse by 0.02 (margin 0.005)"),
            ((-0.02, -0.006), Verdict.FAIL, "and at least by 0.006 (margin 0.005)"),
        ],
    )
    def test_it_passes_only_where_the_bad_end_is_within(self, interval, expected, said):
        found = gate(with_test(0.8, 0.8 + sum(interval) / 2, interval), no_worse_than=0.005)
        assert found.result is expected
        assert found.reason.endswith(said)

    def test_of_a_metric_that_is_better_when_lower(self):
        row = loss(0.5, 0.5, interval=(-0.01, 0.004), p_value=0.4)
        assert result(row, no_worse_than=0.005) is Verdict.PASS
        assert result(replace(row, interval=(-0.01, 0.006)), no_worse_than=0.005) is Verdict.WARN

    @pytest.mark.parametrize(("head", "expected"), [(0.8, Verdict.WARN), (0.9, Verdict.WARN), (0.79, Verdict.FAIL)])
    def test_without_a_test_nothing_shows_it(self, head, expected):
        assert result(accuracy(0.8, head), no_worse_than=0.005) is expected

    def test_its_limit_is_read_as_a_reader_would_say_it(self):
        assert gate(accuracy(0.8, 0.8), no_worse_than=0.005).rule == "no_worse_than 0.005"

    def test_a_first_report_passes(self):
        assert gate(accuracy(None, 0.7, state=State.ADDED), no_worse_than=0.1, has_base=False).result is Verdict.PASS


def slice_of(value, delta, rows=500, *, outcome=Outcome.INCONCLUSIVE, p_value=0.5, group="carrier"):
    return SliceRow(
        predictions="predictions.csv",
        metric="accuracy",
        group=group,
        value=value,
        rows=rows,
        base=0.8,
        head=0.8 + delta,
        delta=delta,
        interval=None,
        p_value=p_value,
        outcome=outcome,
    )


class TestSlices:
    """A limit on each slice of a metric."""

    def judged(self, *slices, row=None, **limits):
        task = PredictionsRule(
            "predictions.csv", Task.BINARY, "late", predicted="p", metrics={"accuracy": "metrics.json:accuracy"}
        )
        gate = GateRule(slices=SliceRule(0.02, **limits))
        rules = Rules(metrics=(MetricRule("accuracy", gate=gate),), predictions=(task,))
        candidate = replace(make_candidate(row or accuracy(0.8, 0.81)), slices=slices)
        (found,) = judge(candidate, rules, has_base=True).gates
        return found

    def test_one_that_is_clearly_worse_by_more_than_the_limit_fails(self):
        worse = slice_of("UA", -0.1, outcome=Outcome.REGRESSED, p_value=1e-9)
        found = self.judged(worse, slice_of("DL", 0.02))
        assert found.result is Verdict.FAIL
        assert found.rule == "slices max_drop 0.02"
        assert found.reason == "in carrier = UA worse by 0.1 (limit 0.02), not by chance (p < 0.001)"

    def test_several_are_counted_and_the_worst_is_named(self):
        clear = {"outcome": Outcome.REGRESSED, "p_value": 0.01}
        found = self.judged(slice_of("UA", -0.1, **clear), slice_of("DL", -0.2, **clear), slice_of("AA", -0.3))
        assert found.reason == "in carrier = DL worse by 0.2 (limit 0.02), not by chance (p = 0.01) and 1 other slice"

    def test_one_that_may_be_worse_by_chance_warns(self):
        found = self.judged(slice_of("UA", -0.1), slice_of("DL", 0.02))
        assert (found.result, found.reason_id) == (Verdict.WARN, GateReason.PERHAPS_CHANCE)

    def test_clearly_worse_within_the_limit_passes(self):
        found = self.judged(slice_of("UA", -0.01, outcome=Outcome.REGRESSED, p_value=0.001))
        assert (found.result, found.reason) == (Verdict.PASS, "at worst in carrier = UA worse by 0.01 (limit 0.02)")

    def test_small_slices_and_other_groups_are_not_judged(self):
        clear = {"outcome": Outcome.REGRESSED, "p_value": 0.001}
        small, other = slice_of("UA", -0.5, rows=199, **clear), slice_of("JFK", -0.5, group="origin", **clear)
        assert self.judged(small, other, slice_of("DL", 0.0), groups=("carrier",)).result is Verdict.PASS
        assert self.judged(small, slice_of("DL", 0.0), min_rows=199).result is Verdict.FAIL

    def test_without_slices_nothing_passes(self):
        assert self.judged().reason == "has no slices of 200 rows or more"
        found = self.judged(slice_of("UA", 0.0), groups=("carrier", "origin"))
        assert (found.result, found.reason) == (Verdict.UNKNOWN, "has no slices by origin")

    def test_of_a_metric_that_is_better_when_lower(self):
        row = loss(0.8, 0.8)
        worse = slice_of("UA", 0.1, outcome=Outcome.REGRESSED, p_value=0.001)
        assert self.judged(worse, row=row).result is Verdict.FAIL
        assert self.judged(slice_of("UA", -0.1), row=row).result is Verdict.PASS

    def test_evidence_that_cannot_be_used_is_unknown(self):
        assert self.judged(row=accuracy(0.8, 0.9, unusable="cannot be tested: …")).result is Verdict.UNKNOWN


class TestEvidence:
    """Evidence that is declared and cannot be used never makes a gate pass."""

    @pytest.mark.parametrize("limits", [{"max_drop": 0.5}, {"max_relative_drop": 0.5}, {"no_worse_than": 0.5}])
    @pytest.mark.parametrize("head", [0.9, 0.8, 0.7, 0.1])
    def test_that_cannot_be_used(self, limits, head):
        row = accuracy(0.8, head, unusable="cannot be tested: predictions.csv of main cannot be read")
        found = gate(row, **limits)
        assert (found.result, found.reason) == (Verdict.UNKNOWN, row.unusable)
        assert result(row, required=True, **limits) is Verdict.FAIL
        assert result(row, min=0.0) is Verdict.PASS

    def test_without_gates_the_verdict_is_unknown(self):
        row = replace(accuracy(0.8, 0.9, unusable="cannot be tested: …"), headline=True)
        assert judge(make_candidate(row), Rules(), has_base=True).verdict is Verdict.UNKNOWN

    def test_of_fewer_rows_than_the_baseline_s_only_a_failure_is_sure(self):
        fewer = Split(model=0.01, data=0.02, rows=90, gone=10)
        row = with_test(0.8, 0.83, (-0.01, 0.03), tested_delta=0.01, comparable=False, split=fewer)
        found = gate(row, max_drop=0.05)
        assert found.result is Verdict.UNKNOWN
        assert found.reason.startswith(
            "10 rows of the baseline's test set cannot be compared; on the 90 others: better by"
        )
        worse = replace(row, tested_delta=-0.1, interval=(-0.15, -0.05), p_value=0.001)
        assert result(worse, max_drop=0.05) is Verdict.FAIL
        assert result(replace(row, split=replace(fewer, gone=0)), max_drop=0.05) is Verdict.PASS


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
        assert (found.reason, found.reason_id) == ("no such metric", GateReason.NO_METRIC)

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
        assert (found.result, found.reason_id) == (Verdict.UNKNOWN, GateReason.NEVER_ASKED)
        assert "earlier rule" in found.reason


SEVERITY = [Verdict.PASS, Verdict.WARN, Verdict.UNKNOWN, Verdict.FAIL]


class TestProperties:
    @given(
        SCORES,
        SCORES,
        INTERVALS,
        AMOUNTS,
        AMOUNTS,
        st.sampled_from([None, True, False]),
        st.sampled_from(["max_drop", "max_relative_drop"]),
    )
    def test_a_wider_limit_is_never_stricter(self, base, head, interval, one, other, significant, key):
        row = accuracy(base, head, interval=interval)
        strict, wide = (result(row, **{key: amount}, significant=significant) for amount in sorted((one, other)))
        assert wide.severity <= strict.severity

    @given(SCORES, SCORES, INTERVALS, AMOUNTS, AMOUNTS)
    def test_a_wider_margin_is_never_stricter(self, base, head, interval, one, other):
        row = accuracy(base, head, interval=interval)
        strict, wide = (result(row, no_worse_than=amount) for amount in sorted((one, other)))
        assert wide.severity <= strict.severity

    @given(SCORES, SCORES, INTERVALS, AMOUNTS)
    def test_asking_for_significance_never_makes_a_gate_stricter(self, base, head, interval, limit):
        row = accuracy(base, head, interval=interval)
        asked, usual, never = (result(row, max_drop=limit, significant=how).severity for how in (True, None, False))
        assert asked <= usual <= never

    @given(SCORES, SCORES, INTERVALS.filter(bool), AMOUNTS, st.floats(0, 1), st.integers(1, 20))
    def test_what_a_gate_says_of_chance_is_what_it_does(self, base, head, interval, limit, p_value, tests):
        row = accuracy(base, head, interval=interval, p_value=p_value)
        drop = DropLimit("", "", Fraction(limit), relative=False, significant=None)
        found = judge_drop(row, drop, Strictness(0.95, tests))
        assert ("not by chance" in found.reason) is (found.result is Verdict.FAIL)
        assert ("perhaps by chance" in found.reason) is (found.result is Verdict.WARN)
        if found.result is Verdict.FAIL:
            assert p_value < 0.05

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
