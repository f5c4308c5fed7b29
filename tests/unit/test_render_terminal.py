"""The report on a terminal, in a pipe and without colour."""

from __future__ import annotations

import io

import pytest
from factories import make_problem
from report_factories import SCENARIOS, baseline_unavailable, better, first_report, gate_failed, hostile, make_report
from rich.console import Console

from reporter.render.terminal import print_report


def printed(report, *, width: int = 110, terminal: bool = False, environ: dict[str, str] | None = None) -> str:
    file = io.StringIO()
    print_report(report, Console(file=file, width=width, force_terminal=terminal, _environ=environ or {}))
    return file.getvalue()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_situation_can_be_printed(name):
    report = SCENARIOS[name]()
    assert printed(report).startswith(report.verdict.value.upper())


def test_the_verdict_comes_first_then_the_headline():
    lines = printed(better(), width=140).splitlines()
    assert lines[0] == f"PASS  {better().summary}"
    assert (
        lines[1]
        == f"deeper-trees ({better().head.sha[:7]}) compared with main ({better().base.sha[:7]}), 3 commits behind main"
    )
    row = next(line for line in lines if line.lstrip().startswith("roc_auc"))
    assert row.split() == ["roc_auc", "0.6186", "0.6454", "+0.027", "(+4.3", "%)", "+0.016", "to", "+0.038", "better"]


def test_a_pipe_gets_no_colour():
    assert "\x1b" not in printed(better())


def test_a_terminal_gets_colour_but_not_under_no_color():
    assert "\x1b[1;32m" in printed(better(), terminal=True)
    assert "\x1b[1;32m" not in printed(better(), terminal=True, environ={"NO_COLOR": "1"})


def test_a_first_report_has_one_column_of_values():
    assert "deeper-trees" in printed(first_report())
    assert "Change" not in printed(first_report())


def test_gates_that_do_not_pass_and_problems_are_named():
    assert "gate fail: roc_auc max_drop 0.005" in printed(gate_failed(), width=200)
    assert (
        "main: remote 'storage' (s3://flights/dvc) refuses the credentials — check that they are current and may read"
        in printed(baseline_unavailable(), width=200).splitlines()
    )


def test_a_problem_of_both_revisions_is_one_line_and_many_are_counted():
    both = [make_problem("loss.csv", revision=revision) for revision in ("main", "workspace")]
    others = [make_problem(f"{index}.csv") for index in range(7)]
    text = printed(make_report(problems=(*both, *others)), width=200)
    assert "main, workspace: loss.csv: is in no cache and no remote — Run" in text
    assert text.count("is in no cache") == 5
    assert "… and 3 more problems in the report" in text


def test_a_hostile_name_cannot_steer_the_terminal():
    text = printed(hostile(), width=200)
    assert "\u202e" not in text
    assert "[x](javascript" in text, "rich's own markup is text as well"


def test_a_narrow_terminal_folds_and_drops_nothing():
    assert all(len(line) <= 40 for line in printed(better(), width=40).splitlines())
