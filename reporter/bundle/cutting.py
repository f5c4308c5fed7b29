"""A report that is larger than a bundle may be, cut until it can be read back; a notice says what was left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from reporter.codec.bounds import DEEPEST_VALUE, LONGEST_TEXT, MOST_ITEMS, MOST_ROWS, MOST_SECTIONS
from reporter.codec.reader import report_from_json
from reporter.codec.writer import report_to_json
from reporter.errors import BundleError
from reporter.model.comparison import State
from reporter.model.report import AnyReport, CandidateReport, Report, Reports
from reporter.render.escape import shorten

_CandidateT = TypeVar("_CandidateT", bound=CandidateReport)
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

    report: AnyReport
    """As it is read back."""
    text: str
    """Of report.json."""


def readable(report: AnyReport) -> Readable:
    """The report, or as much of it as can be read back from report.json. Raises BundleError where nothing helps."""
    try:
        return _read_back(report)
    except BundleError as error:
        problem = error
    for cut in _CUTS:
        try:
            return _read_back(_any_shortened(report, cut))
        except BundleError as error:
            problem = error
    raise BundleError(
        f"The report cannot be kept in a bundle: {problem.message}", "Report on fewer metrics, params or plots."
    ) from problem


def _read_back(report: AnyReport) -> Readable:
    text = report_to_json(report)
    return Readable(report_from_json(text), text)


def without_pictures(report: AnyReport, names: Collection[str]) -> AnyReport:
    """The report without these of its pictures."""
    if isinstance(report, Reports):
        return replace(report, reports=tuple(_without_pictures(each, names) for each in report.reports))
    return _without_pictures(report, names)


def _without_pictures(report: Report, names: Collection[str]) -> Report:
    return replace(
        _without_plots(report, names),
        others=tuple(_without_plots(each, names) for each in report.others),
        sections=tuple(
            replace(section, pictures=tuple(one for one in section.pictures if one.image not in names))
            for section in report.sections
        ),
    )


def _without_plots(candidate: _CandidateT, names: Collection[str]) -> _CandidateT:
    return replace(
        candidate,
        plots=tuple(replace(plot, image=None) if plot.image in names else plot for plot in candidate.plots),
    )


def _any_shortened(report: AnyReport, cut: _Cut) -> AnyReport:
    if isinstance(report, Report):
        return _shortened(report, cut)
    each = replace(cut, rows=cut.rows // len(report.reports))
    return replace(report, reports=tuple(_shortened(one, each) for one in report.reports))


def _shortened(report: Report, cut: _Cut) -> Report:
    lists = 1 + (1 + len(report.others) if report.others else 0)  # report.json has the first of several twice
    room = (cut.rows - len(report.sections) - len(report.notices) - 1) // lists - 1
    rows = replace(_fewer_rows(report, room), others=tuple(_fewer_rows(other, room) for other in report.others))
    left_out = _length(report) - _length(rows)
    said = [f"{left_out:,} rows are left out of all but report.html"] if left_out else []
    shorter = _fewer_sections(_shorter_values(rows, cut))
    if shorter != rows:
        said.append("long texts, lists and sections are cut in all but report.html")
    notice = f"The report is larger than a bundle may be: {', and '.join(said)}."
    return replace(shorter, notices=(*shorter.notices, notice))


def _length(report: Report) -> int:
    return sum(len(getattr(candidate, name)) for candidate in report.candidates for name in _ROWS)


def _fewer_rows(candidate: _CandidateT, most: int) -> _CandidateT:
    """The longest lists give way, down to the same number of rows each."""
    lengths = [len(getattr(candidate, name)) for name in _ROWS]
    room = most - len(candidate.gates) - len(candidate.clauses)
    each = next((each for each in range(room, 0, -1) if sum(min(length, each) for length in lengths) <= room), 0)
    kept: dict[str, Any] = {name: _most_telling(getattr(candidate, name), each) for name in _ROWS}
    return replace(candidate, **kept)


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
