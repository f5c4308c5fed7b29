"""The table of metrics in Markdown: as short as a headline, or in full with direction and p-value, the methods below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from reporter.model.comparison import MetricRow
from reporter.model.report import Report
from reporter.model.values import Value
from reporter.render import wording
from reporter.render.escape import LONGEST_IN_TABLE, code, codes, in_table, prose, visible
from reporter.render.markdown.markup import LEFT, RIGHT, bullets, paragraphs, table

_LONGEST_HEADING = 40
_MOST_NAMES = 8
"""Of metrics that one method was used for."""


def metric_table(rows: Sequence[MetricRow], report: Report, *, in_full: bool = False) -> str:
    """Rows as they come; `in_full` adds the direction that is better, the corrected p-value and, below, the methods."""
    name = wording.short_names(rows)
    cells = [[*_short_cells(row, name(row), report), *(_more_cells(row) if in_full else ("", ""))] for row in rows]
    below = (_methods(rows, name), whole_names(map(name, rows))) if in_full else ()
    return paragraphs(table(_columns(report), cells), *below)


def revision_headings(report: Report) -> tuple[str, str]:
    """The columns of values, the baseline's and the candidate's; names are shorter than in a column of names."""
    head = code(wording.revision_name(report.head), _LONGEST_HEADING)
    if report.base is None:
        return wording.NOTHING, head
    return code(wording.revision_name(report.base), _LONGEST_HEADING), head


def whole_names(names: Iterable[str]) -> str:
    """Below a table: the names that it had to cut."""
    cut = [name for name in names if len(visible(name)) > LONGEST_IN_TABLE]
    return paragraphs("Names in full:", bullets(list(map(code, cut)))) if cut else ""


def _methods(rows: Sequence[MetricRow], name: Callable[[MetricRow], str]) -> str:
    """How intervals and p-values were found: below the table, which has no room for it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.method:
            found.setdefault(row.method, []).append(name(row))
    if len(found) == 1:
        ((method, names),) = found.items()
        of_some = "" if len(names) == len(rows) else f" of {_first(names)}"
        return f"Intervals and p{of_some}: {prose(wording.ended(method))}"
    lines = [f"{_first(names)}: {prose(wording.ended(method))}" for method, names in found.items()]
    return paragraphs("Intervals and p:", bullets(lines)) if lines else ""


def _first(names: Sequence[str]) -> str:
    return codes(names, _MOST_NAMES)


def value_text(content: Value, shown: str) -> str:
    """Numbers and this project's own words as they are; a text of the repository's, and a number as long as one, as code."""
    is_own_word = (content is None or isinstance(content, bool | int | float)) and len(shown) <= LONGEST_IN_TABLE
    return shown if is_own_word else code(shown)


def _columns(report: Report) -> list[tuple[str, str]]:
    base, head = revision_headings(report)
    return [
        ("Metric", LEFT),
        (base, RIGHT),
        (head, RIGHT),
        ("Change", RIGHT),
        (wording.interval_heading(report), RIGHT),
        ("", LEFT),
        ("Better is", LEFT),
        ("p", RIGHT),
    ]


def _short_cells(row: MetricRow, name: str, report: Report) -> list[str]:
    before, after = wording.both_values(row)
    if report.base is None:
        return [in_table(name), "", value_text(row.head, after), "", "", ""]
    return [
        in_table(name),
        value_text(row.base, before),
        value_text(row.head, after),
        wording.difference(row),
        wording.bounds(row),
        str(wording.outcome_sign(row)),
    ]


def _more_cells(row: MetricRow) -> tuple[str, str]:
    return wording.wanted_direction(row.direction), wording.probability(row.p_value)
