"""The verdict on a candidate and the sentence that says it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from factories import make_candidate, make_gates, make_metric_row, make_problem

from reporter.judge import judge
from reporter.model.comparison import ArtifactRow, DataRow, Outcome, ParamRow, StageRow, State, Verdict
from reporter.model.problem import ProblemKind
from reporter.model.reasons import ClauseId, EvaluationChange, Significance
from reporter.model.rules import Direction, GateRule, MetricRule, Rules, SignificanceRule

NO_RULES = Rules()


def headline(name="accuracy", base=0.8, head=0.8, **known):
    return make_metric_row(name, base, head, headline=True, **known)


def log_loss(base, head, **known):
    return headline("log_loss", base, head, direction=Direction.LOWER, **known)


def judged(*rows, rules=NO_RULES, has_base=True, params=(), problems=()):
    candidate = replace(make_candidate(*rows, problems=problems), params=params)
    return judge(candidate, rules, has_base=has_base)


def summary(*rows, **known):
    return judged(*rows, **known).summary


class TestVerdict:
    def test_is_the_worst_of_the_gates(self):
        rules = Rules(
            metrics=(
                MetricRule("a", gate=GateRule(min=0)),
                MetricRule("b", gate=GateRule(max_drop=0.1)),
                MetricRule("c", gate=GateRule(min=1)),
            )
        )
        a, b, c = (headline(name) for name in "abc")
        assert judged(a, b, replace(c, head=1.0), rules=rules).verdict is Verdict.PASS
        worse = replace(b, head=0.6, interval=(-0.5, 0.1), p_value=0.2, significance=Significance.TESTED)
        assert judged(a, worse, replace(c, head=1.0), rules=rules).verdict is Verdict.WARN
        assert judged(a, replace(c, head=1.0), rules=rules).verdict is Verdict.UNKNOWN
        assert judged(a, c, rules=rules).verdict is Verdict.FAIL

    def test_with_gates_headline_metrics_do_not_decide(self):
        assert judged(headline(), log_loss(0.5, 0.6), rules=make_gates(min=0.5)).verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("row", "verdict"),
        [
            (headline(head=0.9), Verdict.PASS),
            (headline(), Verdict.PASS),
            (headline(head=0.7), Verdict.WARN),
            (headline(head=math.nan), Verdict.WARN),
            (headline(head=math.inf), Verdict.WARN),
            (headline(base=None, head=math.nan, state=State.ADDED), Verdict.WARN),
            (headline(base=math.nan, head=math.nan, state=State.UNCHANGED), Verdict.PASS),
            (headline(head=math.nan, comparable=False), Verdict.UNKNOWN),
            (headline(head=0.7, outcome=Outcome.INCONCLUSIVE), Verdict.PASS),
            (headline(base=None, state=State.UNAVAILABLE), Verdict.UNKNOWN),
            (headline(head=0.9, outcome=Outcome.INCOMPARABLE), Verdict.UNKNOWN),
            (headline(base=None, state=State.ADDED), Verdict.PASS),
        ],
    )
    def test_without_gates_the_headline_metrics_do(self, row, verdict):
        assert judged(row).verdict is verdict

    def test_other_metrics_do_not(self):
        assert judged(headline(), make_metric_row("f1", 0.8, 0.7)).verdict is Verdict.PASS

    def test_where_no_metric_is_a_headline_an_unreadable_one_is_not_passed_over(self):
        assert judged(make_metric_row("f1", 0.8, None, state=State.UNAVAILABLE)).verdict is Verdict.UNKNOWN

    def test_nothing_tracked_passes(self):
        assert judged().verdict is Verdict.PASS


class TestNotFinite:
    """A metric that became NaN or infinite is said before all else."""

    def test_its_failed_gate_comes_before_other_failed_gates(self):
        rules = Rules(
            metrics=(MetricRule("acc*", gate=GateRule(min=0.9)), MetricRule("*", gate=GateRule(max_drop=0.1)))
        )
        judgement = judged(headline(), log_loss(0.5, math.nan), rules=rules)
        assert judgement.verdict is Verdict.FAIL
        assert judgement.summary == "Gate failed: log_loss became NaN; accuracy at 0.8, below the minimum 0.9"

    def test_several_limits_say_it_once(self):
        rules = make_gates("log_loss", max_drop=0.1, max=1, min=0)
        assert summary(log_loss(0.5, math.inf), rules=rules) == "Gate failed: log_loss became Infinity"

    def test_an_ungated_headline_warns_without_any_gate(self):
        judgement = judged(headline(head=0.9), log_loss(0.5, math.nan))
        assert judgement.verdict is Verdict.WARN
        assert judgement.summary == "Not finite: log_loss became NaN; better: accuracy +0.1; significance unknown"

    def test_an_ungated_headline_warns_beside_gates_that_pass(self):
        judgement = judged(headline(head=0.9), log_loss(0.5, math.nan), rules=make_gates(min=0.5))
        assert judgement.verdict is Verdict.WARN
        assert [(gate.metric, gate.rule, gate.result) for gate in judgement.gates] == [
            ("metrics.json:accuracy", "min 0.5", Verdict.PASS),
            ("metrics.json:log_loss", "finite", Verdict.WARN),
        ]
        assert judgement.summary == "Not finite: log_loss became NaN; better: accuracy +0.1; significance unknown"

    def test_it_is_the_first_clause_beside_a_gate_that_fails_too(self):
        judgement = judged(headline(), log_loss(0.5, math.nan), rules=make_gates(min=0.9))
        assert judgement.verdict is Verdict.FAIL
        assert judgement.summary == (
            "Not finite: log_loss became NaN; gate failed: accuracy at 0.8, below the minimum 0.9"
        )

    def test_beside_gates_other_metrics_do_not_warn(self):
        row = make_metric_row("step_time", 1.0, math.inf)
        assert judged(headline(), row, rules=make_gates(min=0.5)).verdict is Verdict.PASS

    def test_what_was_so_before_is_no_news_where_no_gate_asks(self):
        row = log_loss(math.nan, math.nan, state=State.UNCHANGED)
        judgement = judged(headline(), row, rules=make_gates(min=0.5))
        assert (judgement.verdict, judgement.summary[:16]) == (Verdict.PASS, "Nothing changed:")


class TestObstacle:
    """Why nothing can be judged at all, such as a baseline whose reporter.yaml is broken."""

    WHY = "can't be judged: main's reporter.yaml is broken (line 3: …); this change may mend it"

    @pytest.mark.parametrize("has_base", [True, False])
    @pytest.mark.parametrize("head", [0.9, 0.1, math.nan])
    def test_no_gate_is_asked_and_the_verdict_is_unknown(self, has_base, head):
        rules = make_gates(max_drop=0, required=True)
        judgement = judge(make_candidate(headline(head=head)), rules, has_base=has_base, obstacle=self.WHY)
        assert (judgement.verdict, judgement.gates) == (Verdict.UNKNOWN, ())
        assert judgement.summary.startswith("Can't be judged: main's reporter.yaml is broken (line 3: …); this change")

    def test_then_follows_what_changed(self):
        judgement = judge(make_candidate(headline(head=0.9)), NO_RULES, has_base=True, obstacle=self.WHY)
        assert judgement.summary.endswith("this change may mend it; better: accuracy +0.1; significance unknown")


class TestClauses:
    """What issue, doubt or change a clause is of is told by its id, not by its words."""

    def test_each_names_the_metrics_that_it_is_about(self):
        row, other = headline("auc", 0.64, 0.652), log_loss(0.5, 0.6)
        clauses = judged(row, other, rules=make_gates("log_loss", max_drop=0.05)).clauses
        assert [(clause.id, clause.metrics) for clause in clauses] == [
            (ClauseId.GATE_FAILED, ("metrics.json:log_loss",)),
            (ClauseId.BETTER, ("metrics.json:auc",)),
            (ClauseId.UNTESTED, ("metrics.json:auc",)),
        ]

    def test_the_sentence_is_all_of_them(self):
        judgement = judged(headline(head=0.9), make_metric_row("n", 2, 1))
        assert judgement.summary == "Better: accuracy +0.1; 1 other metric worse; significance unknown"
        assert "; ".join(clause.text for clause in judgement.clauses) == judgement.summary.replace("Better", "better")

    def test_what_is_counted_is_not_named(self):
        rows = [headline(), *(make_metric_row(f"n{index}", 2, 1) for index in range(1_000))]
        assert [(clause.id, clause.metrics) for clause in judged(*rows).clauses] == [(ClauseId.OTHERS_CHANGED, ())]

    def test_a_lost_baseline_is_said_by_the_gate_that_it_decides_or_else_first(self):
        row = headline(base=None, head=0.9, state=State.ADDED)
        for rules, ids in (
            (make_gates(max_drop=0.1), [ClauseId.GATE_UNKNOWN]),
            (make_gates(min=1), [ClauseId.BASELINE_LOST, ClauseId.GATE_FAILED]),
        ):
            judgement = judge(make_candidate(row), rules, has_base=False, lost="the change left main too early")
            assert [clause.id for clause in judgement.clauses] == ids
            assert judgement.summary.count("change left main too early") == 1


class TestSummary:
    def test_better_with_its_interval_and_the_gates(self):
        row = headline("roc_auc", 0.64, 0.652, interval=(0.008, 0.016), outcome=Outcome.IMPROVED)
        rules = make_gates("roc_auc", max_drop=0.005)
        assert summary(row, rules=rules) == "Better: roc_auc +0.012 (95 % CI +0.008 to +0.016); no gated metric worse"

    def test_the_level_is_said_once(self):
        rows = [headline(name, head=0.9, interval=(0.05, 0.15)) for name in ("a", "b")]
        assert summary(*rows) == "Better: a +0.1 (95 % CI +0.05 to +0.15), b +0.1 (+0.05 to +0.15)"

    def test_the_level_is_the_configured_one(self):
        row = headline(head=0.9, interval=(0.05, 0.15))
        for level, text in ((0.99, "(99 % CI"), (0.999, "(99.9 % CI")):
            assert text in summary(row, rules=Rules(significance=SignificanceRule(level=level)))

    def test_what_was_not_tested_is_named_beside_what_was(self):
        rows = [headline("auc", 0.64, 0.652, interval=(0.008, 0.016)), headline("f1", 0.5, 0.6), headline("mcc")]
        assert summary(*rows) == ("Better: auc +0.012 (95 % CI +0.008 to +0.016), f1 +0.1; significance of f1 unknown")

    def test_a_failed_gate_comes_first(self):
        rules = make_gates("log_loss", max_drop=0.002)
        assert (
            summary(headline(head=0.81), log_loss(0.53, 0.534), rules=rules)
            == "Gate failed: log_loss worse by 0.004 (limit 0.002); better: accuracy +0.01; significance unknown"
        )

    def test_better_and_worse_stand_apart(self):
        assert (
            summary(headline(head=0.81), log_loss(0.5, 0.52))
            == "Mixed: better accuracy +0.01, but worse log_loss +0.02; significance unknown"
        )

    def test_worse_within_the_limit(self):
        assert (
            summary(headline(head=0.797), rules=make_gates(max_drop=0.005))
            == "Worse: accuracy −0.003; significance unknown; each gate holds"
        )

    def test_inconclusive(self):
        row = headline(head=0.803, interval=(-0.002, 0.008), outcome=Outcome.INCONCLUSIVE)
        assert summary(row) == "Inconclusive: accuracy +0.003 (95 % CI −0.002 to +0.008)"

    def test_a_warning_says_what_could_be(self):
        row = headline(head=0.793, interval=(-0.019, 0.005), p_value=0.24, outcome=Outcome.INCONCLUSIVE)
        assert (
            summary(row, rules=make_gates(max_drop=0.005))
            == "Gate in doubt: accuracy worse by 0.007 (limit 0.005), perhaps by chance (p = 0.24)"
        )

    def test_not_comparable(self):
        change = EvaluationChange(ClauseId.OTHER_DATA, "evaluated on other data: test.csv changed")
        row = headline(head=0.9, outcome=Outcome.INCOMPARABLE, note=change.sentence)
        candidate = replace(make_candidate(row), evaluation=(change,))
        judgement = judge(candidate, NO_RULES, has_base=True)
        assert judgement.summary == "Not comparable: accuracy; evaluated on other data: test.csv changed"
        assert [clause.metrics for clause in judgement.clauses] == [(str(row.key),), (str(row.key),)]

    def test_not_readable(self):
        assert summary(headline(base=None, state=State.UNAVAILABLE)) == "Baseline not readable: accuracy"

    def test_a_file_that_could_not_be_read_goes_by_its_path(self):
        row = headline("", None, None, state=State.UNAVAILABLE, file="eval.json")
        assert summary(row) == "Not readable: eval.json"

    def test_nothing_changed(self):
        params = (ParamRow("params.yaml", "lr", 1, 1, State.UNCHANGED),)
        assert summary(headline(), params=params) == "Nothing changed: metrics and params are the same"

    def test_only_params_changed(self):
        params = (ParamRow("params.yaml", "lr", 1, 2, State.CHANGED),)
        assert summary(headline(), params=params) == "Metrics are the same, although 1 param changed"

    def test_data_and_stages_changed_though_no_metric_did(self):
        data = (DataRow("raw.csv", State.CHANGED, None, None), DataRow("x", State.UNCHANGED, None, None))
        stages = (StageRow("train", State.CHANGED, ("deps",), outdated=False),)
        candidate = replace(make_candidate(headline()), data=data, stages=stages)
        assert (
            judge(candidate, NO_RULES, has_base=True).summary
            == "Metrics and params are the same, although 1 tracked path and 1 stage changed"
        )

    def test_what_could_not_be_read_is_not_called_the_same_or_changed(self):
        stages = (
            StageRow("train", State.UNAVAILABLE, (), outdated=False),
            StageRow("prepare", State.CHANGED, ("deps",), outdated=False),
        )
        candidate = replace(make_candidate(headline()), stages=stages)
        assert (
            judge(candidate, NO_RULES, has_base=True).summary
            == "Metrics and params are the same, although 1 stage changed, and 1 stage could not be read"
        )

    def test_values_in_doubt_are_said_to_be(self):
        mismatch = make_problem("metrics.json", ProblemKind.MISMATCH, revision="workspace")
        assert (
            summary(headline(head=0.9), problems=[mismatch])
            == "Values in doubt: metrics.json; better: accuracy +0.1; significance unknown"
        )

    def test_only_other_metrics_changed(self):
        rows = [headline(), make_metric_row("n", 1, 2), make_metric_row("m", 1, 2)]
        assert summary(*rows) == "The headline metrics are the same; 2 other metrics changed (2 better)"
        assert summary(*rows[1:]) == "2 metrics changed (2 better)"

    def test_other_metrics_that_became_worse_are_counted(self):
        rows = [headline(head=0.9), make_metric_row("n", 2, 1), make_metric_row("m", 2, 1)]
        assert summary(*rows) == "Better: accuracy +0.1; 2 other metrics worse; significance unknown"

    def test_nothing_tracked(self):
        assert summary() == "There are no metrics to compare"

    def test_text_goes_from_one_to_the_other(self):
        assert summary(headline("best", "svm", "tree")) == "Changed: best from svm to tree"

    def test_the_first_report(self):
        row = headline("roc_auc", None, 0.6412, state=State.ADDED)
        assert (
            summary(row, has_base=False) == "First report: there are no earlier metrics to compare with; roc_auc 0.6412"
        )
        assert summary(has_base=False) == "First report: there are no earlier metrics to compare with"

    def test_a_first_report_below_a_bound(self):
        row = headline(base=None, head=0.55, state=State.ADDED)
        assert (
            summary(row, rules=make_gates(min=0.6), has_base=False)
            == "Gate failed: accuracy at 0.55, below the minimum 0.6; first report: there are no earlier metrics to compare with"
        )

    def test_names_that_several_files_have_are_told_apart(self):
        rows = [headline(head=0.9, file="a.json"), headline(head=0.9, file="b.json")]
        assert summary(*rows) == "Better: a.json:accuracy +0.1, b.json:accuracy +0.1; significance unknown"

    def test_many_are_counted(self):
        rows = [headline(f"f1.{number}", 0.8, 0.9) for number in range(5)]
        assert summary(*rows) == "Better: f1.0 +0.1, f1.1 +0.1, f1.2 +0.1 and 2 more; significance unknown"
        rules = make_gates("f1.*", min=0.95)
        assert "and 2 more gates" in summary(*rows, rules=rules)

    def test_metrics_of_other_code_are_said_to_be(self):
        stale = make_problem("train", ProblemKind.STALE, revision="workspace", message="stale")
        assert summary(headline(head=0.9), problems=[stale]) == (
            "Stale: dvc.lock is out of date (train), so the metrics are not of this code; better: accuracy +0.1; significance unknown"
        )

    def test_a_stale_stage_that_no_metric_depends_on_is_said_to_be_that(self):
        stale = make_problem("predict", ProblemKind.OUTDATED, revision="workspace")
        assert summary(headline(head=0.9), problems=[stale]) == (
            "Out of date: predict, which no metric depends on; better: accuracy +0.1; significance unknown"
        )

    def test_a_rule_without_a_metric_is_named_as_it_is_written(self):
        assert summary(headline(), rules=make_gates("auc", min=0.5)) == "Gate not judged: auc: no such metric"


class TestListsThatAreCut:
    """Without headline metrics of reporter.yaml's the first few are told: how many more there are is said."""

    def test_of_new_ones(self):
        rows = [headline(name, None, 0.5, state=State.ADDED) for name in ("accuracy", "precision", "recall")]
        f1 = make_metric_row("f1", None, 0.5, state=State.ADDED)
        assert summary(*rows, f1) == "New: accuracy, precision, recall and 1 more"

    def test_of_better_ones(self):
        rows = [make_metric_row(name, 0.5, 0.6, outcome=Outcome.IMPROVED) for name in "abcd"]
        told = summary(*(replace(row, headline=row.name != "d") for row in rows))
        assert told.startswith("Better: a +0.1, b +0.1, c +0.1 and 1 more;")

    def test_of_worse_ones_which_are_not_counted_twice(self):
        rows = [headline("a", 0.6, 0.5), make_metric_row("b", 0.6, 0.5)]
        assert summary(*rows) == "Worse: a −0.1 and 1 more; significance unknown"

    def test_of_a_first_report(self):
        rows = [headline("a", None, 0.5, state=State.ADDED), make_metric_row("b", None, 0.5, state=State.ADDED)]
        assert summary(*rows, has_base=False).endswith("a 0.5 and 1 more")

    def test_what_reporter_yaml_calls_headline_is_told_whole(self):
        rows = [headline("a", 0.5, 0.6), make_metric_row("b", 0.5, 0.6)]
        rules = Rules(metrics=(MetricRule("a", headline=True),))
        assert summary(*rows, rules=rules) == "Better: a +0.1; significance unknown"


class TestSameButInDoubt:
    def stale(self, row):
        return replace(row, doubt="is not of this code: stage train has not run since its params changed")

    def test_is_never_called_the_same(self):
        rows = [self.stale(make_metric_row(name)) for name in "ab"]
        assert summary(*rows) == "The values shown are the same, all 2 in doubt"
        assert summary(rows[0], make_metric_row("b")) == "The values shown are the same, 1 of 2 in doubt"

    def test_of_a_headline_nothing_is_said_but_the_doubt(self):
        row = self.stale(headline())
        stale = make_problem("train", ProblemKind.STALE)
        assert summary(row, problems=[stale]) == (
            "Stale: dvc.lock is out of date (train), so the metrics are not of this code"
        )

    def test_beside_others_that_changed(self):
        rows = [headline(), self.stale(make_metric_row("b")), make_metric_row("c", 0.5, 0.6)]
        assert summary(*rows) == "The headline metrics are the same; 1 other metric changed (1 better), 1 of 3 in doubt"


def test_an_artifact_that_changed_is_not_called_nothing():
    candidate = replace(make_candidate(headline()), artifacts=(ArtifactRow("net", State.CHANGED, "n", ("content",)),))
    told = judge(candidate, NO_RULES, has_base=True).summary
    assert told == "Metrics and params are the same, although 1 artifact changed"
