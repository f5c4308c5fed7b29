"""A report that is larger than a bundle may be, cut until it can be read back; a notice says what was left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from reporter.codec.bounds import DEEPEST_VALUE, LONGEST_TEXT, MOST_ITEMS, MOST_ROWS, MOST_SECTIONS
from reporter.codec.reader import report_from_json
from reporter.codec.writer import report_to_json
from reporter.errors import BundleError
from reporter.model.comparison import State
from reporter.model.report import Report
from reporter.render.escape import shorten

_ROWS = (
    "metrics",
    "params",
    "plots",
    "data",
    "stages",
    "problems",
    "explanations",
    "slices",
    "flips",
    "artifacts",
    "history",
)
"""Lists of a report that may lose rows. A verdict is that of its gates, so these stay."""


@dataclass(frozen=True, slots=True)
class _Cut:
    rows: int
    items: int
    """Of a list or mapping that is a value."""
    text: int
    """Characters."""


_CUTS = (
    _Cut(MOST_ROWS, MOST_ITEMS, LONGEST_TEXT),
    _Cut(MOST_ROWS // 2, 2_000, 10_000),
    _Cut(MOST_ROWS // 10, 100, 1_000),
)
"""From what a single place may hold to what even thousands of such places may."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A report together with the report.json that it is read back from."""

    report: Report
    """As it is read back."""
    text: str
    """Of report.json."""


def readable(report: Report) -> Readable:
    """The report, or as much of it as can be read back from report.json. Raises BundleError where nothing helps."""
    try:
        return _read_back(report)
    except BundleError as error:
        problem = error
    for cut in _CUTS:
        try:
            return _read_back(_shortened(report, cut))
        except BundleError as error:
            problem = error
    raise BundleError(
        f"The report cannot be kept in a bundle: {problem.message}", "Report on fewer metrics, params or plots."
    ) from problem


def _read_back(report: Report) -> Readable:
    text = report_to_json(report)
    return Readable(report_from_json(text), text)


def without_pictures(report: Report, names: Collection[str]) -> Report:
    """The report without these of its pictures."""
    return replace(
        report,
        plots=tuple(replace(plot, image=None) if plot.image in names else plot for plot in report.plots),
        sections=tuple(
            replace(section, pictures=tuple(one for one in section.pictures if one.image not in names))
            for section in report.sections
        ),
    )


def _shortened(report: Report, cut: _Cut) -> Report:
    rows = _fewer_rows(report, cut.rows)
    left_out = sum(len(getattr(report, name)) - len(getattr(rows, name)) for name in _ROWS)
    said = [f"{left_out:,} rows are left out of all but report.html"] if left_out else []
    shorter = _fewer_sections(_shorter_values(rows, cut))
    if shorter != rows:
        said.append("long texts, lists and sections are cut in all but report.html")
    notice = f"The report is larger than a bundle may be: {', and '.join(said)}."
    return replace(shorter, notices=(*shorter.notices, notice))


def _fewer_rows(report: Report, most: int) -> Report:
    """The longest lists give way, down to the same number of rows each."""
    lengths = [len(getattr(report, name)) for name in _ROWS]
    room = most - sum(map(len, (report.gates, report.clauses, report.sections, report.notices))) - 1
    each = next((each for each in range(room, 0, -1) if sum(min(length, each) for length in lengths) <= room), 0)
    kept: dict[str, Any] = {name: _most_telling(getattr(report, name), each) for name in _ROWS}
    return replace(report, **kept)


def _most_telling(rows: Sequence[Any], most: int) -> tuple[Any, ...]:
    """In their order; those that did not change go first."""
    places = sorted(range(len(rows)), key=lambda place: getattr(rows[place], "state", None) is State.UNCHANGED)
    return tuple(rows[place] for place in sorted(places[:most]))


def _fewer_sections(report: Report) -> Report:
    return replace(report, sections=report.sections[:MOST_SECTIONS])


def _shorter_values(content: Any, cut: _Cut, depth: int = DEEPEST_VALUE) -> Any:
    """Texts without their middle, lists without their end, and nothing below the deepest level."""
    match content:
        case str():
            return content if len(content) <= cut.text else type(content)(shorten(content, cut.text))
        case Mapping() | list():
            return _shorter_value(content, cut, depth) if depth else "…"
        case tuple():
            return tuple(_shorter_values(item, cut) for item in content)
        case _ if is_dataclass(content) and not isinstance(content, type):
            shorter = {each.name: _shorter_values(getattr(content, each.name), cut) for each in fields(content)}
            return replace(content, **shorter)
        case _:
            return content


def _shorter_value(value: Mapping[str, Any] | list[Any], cut: _Cut, depth: int) -> Any:
    if isinstance(value, list):
        return [_shorter_values(item, cut, depth - 1) for item in value[: cut.items]]
    first = list(value.items())[: cut.items]
    return {shorten(name, cut.text): _shorter_values(item, cut, depth - 1) for name, item in first}
