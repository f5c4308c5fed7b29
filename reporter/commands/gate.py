"""`reporter gate`: the exit code of a verdict."""

from __future__ import annotations

from typing import assert_never

from reporter.model.comparison import Verdict
from reporter.model.report import AnyReport, Reports
from reporter.model.rules import FailOn


def gate_exit_code(report: AnyReport) -> int:
    """1 where the verdict is as bad as `fail_on` says, else 0. Of several reports each has a `fail_on` of its own."""
    if isinstance(report, Reports):
        return max(map(gate_exit_code, report.reports))
    return int(_fails(report.verdict, report.fail_on))


def what_is_not_gated(report: AnyReport) -> str:
    """That the exit code cannot be 1 whatever the metrics do, where no gate is in force; else empty."""
    reports = report.reports if isinstance(report, Reports) else (report,)
    if any(candidate.gates for each in reports for candidate in each.candidates):
        return ""
    return (
        "No gate is in force, and without one no verdict is `fail`: put one into reporter.yaml, such as "
        'metrics: [{match: "accuracy", gate: {max_drop: 0.01}}]'
    )


def _fails(verdict: Verdict, fail_on: FailOn) -> bool:
    match fail_on:
        case FailOn.NEVER:
            return False
        case FailOn.FAIL:
            return verdict is Verdict.FAIL
        case FailOn.WARN:
            return verdict is not Verdict.PASS
        case _:
            assert_never(fail_on)
