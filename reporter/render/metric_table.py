"""The table of metrics in Markdown: as short as a headline, or in full with direction, p-value and method."""

from __future__ import annotations

from collections.abc import Sequence

from reporter.model.comparison import MetricRow
from reporter.model.report import Report
from reporter.model.values import Value
from reporter.render import wording
from reporter.render.escape import code, prose
from reporter.render.markup import LEFT, RIGHT, bullets, paragraphs, table


def metric_table(rows: Sequence[MetricRow], report: Report, *, in_full: bool = False) -> str:
    """Rows as they come; `in_full` adds the direction that is better and the corrected p-value, and the methods below."""
    name = wording.short_names(rows)
    cells = [[*_short_cells(row, name(row), report), *(_more_cells(row) if in_full else ("", ""))] for row in rows]
    return paragraphs(table(_columns(report), cells), _methods(rows) if in_full else "")


def _methods(rows: Sequence[MetricRow]) -> str:
    """How intervals and p-values were found: one line, or one for each method. As a column they would not fit a comment."""
    name = wording.short_names(rows)
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.method:
            found.setdefault(row.method, []).append(code(name(row)))
    if len(found) == 1:
        return f"Intervals and p: {prose(next(iter(found)))}."
    return (
        paragraphs("Intervals and p:", bullets([f"{', '.join(names)}: {prose(how)}" for how, names in found.items()]))
        if found
        else ""
    )


def value_text(content: Value, shown: str) -> str:
    """Numbers and this project's own words as they are; a text of the repository's as code."""
    is_own_word = content is None or isinstance(content, bool | int | float)
    return shown if is_own_word else code(shown)


def _columns(report: Report) -> list[tuple[str, str]]:
    base = wording.NOTHING if report.base is None else code(wording.revision_name(report.base))
    return [
        ("Metric", LEFT),
        (base, RIGHT),
        (code(wording.revision_name(report.head)), RIGHT),
        ("Change", RIGHT),
        (wording.interval_heading(report), RIGHT),
        ("", LEFT),
        ("Better is", LEFT),
        ("p", RIGHT),
    ]


def _short_cells(row: MetricRow, name: str, report: Report) -> list[str]:
    before, after = wording.both_values(row)
    if report.base is None:
        return [code(name), "", value_text(row.head, after), "", "", ""]
    return [
        code(name),
        value_text(row.base, before),
        value_text(row.head, after),
        wording.difference(row),
        wording.bounds(row),
        str(wording.outcome_sign(row)),
    ]


def _more_cells(row: MetricRow) -> tuple[str, str]:
    return wording.wanted_direction(row.direction), wording.probability(row.p_value)
