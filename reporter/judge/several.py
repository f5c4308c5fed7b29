"""The verdict on several reports at once: the worst of theirs, and one sentence that says how many ended how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reporter.model.comparison import Verdict
from reporter.model.formatting import joined
from reporter.model.report import Report

_BOTH = 2
_ONE = {
    Verdict.FAIL: "fails",
    Verdict.UNKNOWN: "is not judged",
    Verdict.WARN: "is in doubt",
    Verdict.PASS: "passes",
}
_MANY = {
    Verdict.FAIL: "fail",
    Verdict.UNKNOWN: "are not judged",
    Verdict.WARN: "are in doubt",
    Verdict.PASS: "pass",
}


def judge_several(reports: Sequence[Report]) -> tuple[Verdict, str]:
    """The worst verdict, and a sentence in plain text: `Of 2 reports 1 fails and 1 passes; models/late: gate failed: …`."""
    worst = max(reports, key=lambda report: report.verdict.severity)
    counts = Counter(report.verdict for report in reports)
    sentence = _told(counts, len(reports))
    if worst.verdict is not Verdict.PASS:
        sentence += f"; {worst.project or '.'}: {worst.summary[:1].lower()}{worst.summary[1:]}"
    return worst.verdict, sentence


def _told(counts: Mapping[Verdict, int], total: int) -> str:
    in_order = sorted(counts, key=lambda verdict: -verdict.severity)
    words = {verdict: (_ONE if counts[verdict] == 1 else _MANY)[verdict] for verdict in in_order}
    if len(in_order) > 1:
        return f"Of {total:,} reports {joined([f'{counts[verdict]:,} {words[verdict]}' for verdict in in_order])}"
    subject = "The report" if total == 1 else "Both reports" if total == _BOTH else f"All {total:,} reports"
    return f"{subject} {words[in_order[0]]}"
