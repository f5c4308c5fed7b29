"""What is said of differences that no test exists for."""

from __future__ import annotations

import pytest
from factories import make_metric_row, make_revision, make_snapshot, sha

from reporter.compare import compare, untested, with_history
from reporter.model.comparison import Candidate, MetricRow, Outcome, State
from reporter.model.history import HistoryPoint, PastRun
from reporter.model.reasons import Significance
from reporter.model.rules import GateRule, MetricRule, Rules

FILE = "metrics.json"
RULES = Rules(metrics=(MetricRule("auc", headline=True),))


def candidate(*rows: MetricRow) -> Candidate:
    return Candidate(make_revision(), metrics=rows, params=(), data=(), stages=())


def changed(name: str = "auc", base: float = 0.72, head: float = 0.74, **more) -> MetricRow:
    return make_metric_row(name, base, head, **({"headline": True} | more))


def runs(*values: object, name: str = "auc") -> dict[str, list[PastRun]]:
    return {FILE: [PastRun(sha(str(place)), {name: value}) for place, value in enumerate(values)]}


def note(row: MetricRow, *values: object) -> str:
    (placed,) = with_history(candidate(row), RULES, runs(*values), "main").metrics
    return placed.note


class TestWhatIsUntested:
    def test_a_headline_number_that_differs_and_that_nothing_else_is_known_of(self):
        assert untested(candidate(changed()), RULES) == (changed(),)

    def test_a_gated_number_too(self):
        rules = Rules(metrics=(MetricRule("auc", gate=GateRule(max_drop=0.1)),))
        row = changed(headline=False)
        assert untested(candidate(row), rules) == (row,)

    @pytest.mark.parametrize(
        "row",
        [
            changed(interval=(0.01, 0.02)),
            changed(significance=Significance.UNTESTABLE),
            changed(outcome=Outcome.INCOMPARABLE),
            changed(outcome=Outcome.UNKNOWN, doubt="is not of this code"),
            changed(base=0.3, head=0.1 + 0.2, outcome=Outcome.SAME),
            changed(state=State.ADDED),
            changed(state=State.UNAVAILABLE),
            changed(base=0.7, head=0.7),
            changed(base="a", head="b"),
            changed(base=False, head=True),
            changed(headline=False),
        ],
    )
    def test_nothing_else(self, row):
        assert untested(candidate(row), RULES) == ()

    def test_without_any_rule_the_metrics_shown_first(self):
        base = make_snapshot(make_revision("main"), metrics={FILE: {"accuracy": 0.8, "note": "x"}})
        head = make_snapshot(metrics={FILE: {"accuracy": 0.9, "note": "y"}})
        (compared,) = compare(base, [head], Rules()).candidates
        assert [row.name for row in untested(compared, Rules())] == ["accuracy"]


class TestWithoutHistory:
    @pytest.mark.parametrize("values", [(), (0.72,), (0.7, 0.71, 0.72), (0.7, 0.7, 0.7, 0.7)])
    def test_a_history_that_is_short_or_flat_tells_nothing(self, values):
        assert note(changed(), *values) == (
            "Significance unknown (one run each). About 27 runs of each would tell, "
            "if runs vary by as much as this difference (one standard deviation)."
        )


class TestWithHistory:
    def test_the_value_is_placed_among_the_earlier_ones_and_the_step_among_theirs(self):
        assert note(changed(), 0.70, 0.71, 0.70, 0.73, 0.72) == (
            "Significance unknown (one run each): above all of the last 5 values up to main (0.70 to 0.73); "
            "1 of the 4 steps between them was at least as large. "
            "About 13 runs of each would tell, if runs vary as much as those revisions did."
        )

    @pytest.mark.parametrize(
        ("head", "where"),
        [(0.6, "below all of the last 5"), (0.715, "above 3 of the last 5"), (0.8, "above all of the last 5")],
    )
    def test_where_it_lies(self, head, where):
        assert f": {where} values up to main" in note(changed(head=head), 0.70, 0.71, 0.70, 0.73, 0.72)

    def test_a_step_as_large_but_for_its_last_bits_is_as_large(self):
        assert (0.3 - 0.2) / (0.8 - 0.7) < 1
        said = note(changed(base=0.7, head=0.8), 0.2, 0.3, 0.3, 0.3, 0.3)
        assert "1 of the 4 steps between them was at least as large" in said

    def test_a_step_larger_than_any_before(self):
        said = note(changed(head=0.9), 0.70, 0.71, 0.70, 0.73, 0.72)
        assert "none of the 4 steps between them was at least as large" in said
        assert "About 8 runs of each" in said

    def test_a_step_far_smaller_than_those_before_is_no_advice_to_train_a_thousand_times(self):
        assert "More than 1,000 runs" in note(changed(head=0.7201), 0.70, 0.71, 0.70, 0.73, 0.72)

    def test_values_that_are_no_finite_numbers_are_no_points(self):
        values = (0.70, float("nan"), "n/a", None, True, 0.71, 0.70, 0.73)
        placed = with_history(candidate(changed()), RULES, runs(*values), "main")
        (history,) = placed.history
        assert history.points == tuple(
            HistoryPoint(sha(str(place)), value)
            for place, value in enumerate(values)
            if type(value) is float and value == value  # noqa: PLR0124  NaN
        )
        assert "the last 4 values" in placed.metrics[0].note

    def test_integers_beyond_every_float_are_numbers_like_others(self):
        assert "above all" in note(changed(base=10**400, head=3 * 10**400), 1, 2 * 10**399, 10**399, 10**400)

    def test_other_metrics_keep_what_they_have(self):
        other = changed("f1", interval=(0.01, 0.03))
        placed = with_history(candidate(changed(), other), RULES, runs(0.7, 0.71, 0.7, 0.72), "main")
        assert placed.metrics[1] == other
        assert [history.name for history in placed.history] == ["auc"]

    def test_a_metric_that_no_earlier_run_has_is_left_out_of_the_histories(self):
        placed = with_history(candidate(changed()), RULES, runs(0.7, name="f1"), "main")
        assert placed.history == ()
        assert placed.metrics[0].note.startswith("Significance unknown (one run each). About")
