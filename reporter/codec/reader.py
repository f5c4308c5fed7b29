"""report.json, read back. It may have been written by a stranger's workflow: every field is checked before it is believed.

Unknown fields are ignored, so that an older reader understands a newer writer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, replace
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from reporter.codec.bounds import DEEPEST_VALUE, LARGEST_COUNT, LONGEST_TEXT, MOST_ITEMS, MOST_SECTIONS
from reporter.codec.description import Member, item_of, marked, members, without_null
from reporter.codec.strict_json import HINT, Tree, document
from reporter.errors import BundleError
from reporter.model.comparison import Verdict
from reporter.model.forms import WEB_ADDRESS, Between, Form, OneOf, Only
from reporter.model.report import SCHEMA_VERSION, AnyReport, CandidateReport, Report, Reports
from reporter.model.values import MOST_DIGITS, Number, Value, is_too_long

Reading: TypeAlias = Callable[[Tree], Any]
"""From what stands in the document to what the record holds. Raises WrongError."""

_CANDIDATES = Member("", "candidates", tuple, ())
_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character: no text that can be written has one."""


class WrongError(Exception):
    """Something is not what it must be. Whatever it lies in adds its own step to the place."""

    def __init__(self, expected: str, place: str = "") -> None:
        self.expected = expected
        self.place = place
        """As a reader would look for it, after a dot: `.metrics[3].interval[0]`; empty for the document."""


def report_from_json(text: str) -> AnyReport:
    """The report, or the several, in the text of report.json.

    Raises BundleError naming the first field that is not what it must be, by its place in the document. One reading is
    ambiguous by design: the texts "NaN", "Infinity" and "-Infinity" are read as these numbers.
    """
    tree = document(text)
    try:
        _check_version(tree)
        report = _reports(tree) if isinstance(tree, dict) and "reports" in tree else _report(tree)
    except WrongError as wrong:
        place = wrong.place.removeprefix(".") or "the document"
        raise BundleError(f"report.json: {place} must be {wrong.expected}.", HINT) from wrong
    return report


def _check_version(tree: Tree) -> None:
    version = _field(tree, Member("", "schema_version", int, MISSING), _whole)
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"report.json is of schema version {version}; this reporter reads version {SCHEMA_VERSION}.",
            "Use the same version of dvc-reporter to write and to read the bundle.",
        )


def _reports(tree: Tree) -> Reports:
    several: Reports = reading(Reports)(tree)
    found: tuple[Report, ...] = _field(tree, Member("", "reports", tuple, MISSING), _list(_report))
    if not found:
        raise WrongError("a list of at least one report", ".reports")
    for place, report in enumerate(found):
        if report.head.sha != found[0].head.sha:
            raise WrongError("the same commit as of the other reports", f".reports[{place}].head.sha")
    _check_verdict(several.verdict, [report.verdict for report in found], "reports")
    return replace(several, reports=found)


def _report(tree: Any) -> Report:
    report: Report = reading(Report)(tree)
    _check_candidate(report)
    if len(report.sections) > MOST_SECTIONS:
        raise WrongError(f"a list of at most {MOST_SECTIONS} sections", ".sections")
    candidates: tuple[CandidateReport, ...] = _field(tree, _CANDIDATES, _list(_candidate))
    if candidates and _differ(tree, tree["candidates"][0]):
        raise WrongError("the report's own candidate", ".candidates[0]")
    return replace(report, others=candidates[1:])


def _candidate(tree: Tree) -> CandidateReport:
    candidate: CandidateReport = reading(CandidateReport)(tree)
    _check_candidate(candidate)
    return candidate


def _check_candidate(candidate: CandidateReport) -> None:
    _check_verdict(candidate.verdict, [gate.result for gate in candidate.gates], "gates")


def _differ(report: Any, candidate: Any) -> bool:
    return any(report.get(member.name) != candidate.get(member.name) for member in members(CandidateReport))


def _check_verdict(verdict: Verdict, results: Sequence[Verdict], of: str) -> None:
    """A verdict must be the worst of what it is made of: a bundle that says otherwise was changed by somebody."""
    worst = max(results, key=lambda result: result.severity, default=verdict)
    if verdict is not worst:
        raise WrongError(f"{worst}, as the worst of its {of} says", ".verdict")


@cache
def reading(kind: Any) -> Reading:
    """How a field of this annotation is read."""
    if inside := without_null(kind):
        return _optional(reading(inside))
    if item := item_of(kind):
        return _list(reading(item))
    inside, mark = marked(kind)
    if mark:
        return _marked(inside, mark)
    if kind in _PLAIN:
        return _PLAIN[kind]
    return _choice(tuple(kind)) if issubclass(kind, StrEnum) else _record(kind)


def _marked(kind: Any, mark: Form | Between | OneOf | Only) -> Reading:
    match mark:
        case Form():
            return _text_like(mark)
        case Between():
            return _number_between(mark, reading(kind))
        case OneOf():
            return _choice(mark.choices)
        case Only():
            return _record(kind, mark)


def _record(record: type, part: Only | None = None) -> Reading:
    fields = [(member, reading(member.kind)) for member in members(record, part)]
    return lambda tree: record(**{member.attribute: _field(tree, member, read) for member, read in fields})


def _field(tree: Tree, member: Member, read: Reading) -> Any:
    if not isinstance(tree, dict):
        raise WrongError("an object")
    content = tree.get(member.name)
    if content is None and not member.is_required:
        return member.default
    return _at(f".{member.name}", content, read)


def _list(read_item: Reading) -> Reading:
    def read(tree: Tree) -> tuple[Any, ...]:
        if not isinstance(tree, list) or len(tree) > MOST_ITEMS:
            raise WrongError(f"a list of at most {MOST_ITEMS:,} items")
        return tuple([_at(f"[{index}]", item, read_item) for index, item in enumerate(tree)])

    return read


def _at(step: str, tree: Tree, read: Reading) -> Any:
    try:
        return read(tree)
    except WrongError as wrong:
        raise WrongError(wrong.expected, step + wrong.place) from None


def _optional(read: Reading) -> Reading:
    return lambda tree: None if tree is None else read(tree)


def _choice(choices: Iterable[StrEnum]) -> Reading:
    named = {str(choice): choice for choice in choices}

    def read(tree: Tree) -> StrEnum:
        choice = named.get(_text(tree))
        if choice is None:
            raise WrongError(f"one of {', '.join(named)}")
        return choice

    return read


def _text_like(form: Form) -> Reading:
    def read(tree: Tree) -> str:
        text = _text(tree)
        if not form.fits(text) or (form is WEB_ADDRESS and not _has_host(text)):
            raise WrongError(form.expected)
        return text

    return read


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _number_between(ends: Between, read_number: Reading) -> Reading:
    expected = f"a number between {ends.low} and {ends.high}" if math.isfinite(ends.low) else "a finite number"

    def read(tree: Tree) -> Number:
        number: Number = read_number(tree)
        if not ends.low < number < ends.high:
            raise WrongError(expected)
        return number

    return read


def _text(tree: Tree) -> str:
    if not isinstance(tree, str) or len(tree) > LONGEST_TEXT:
        raise WrongError(f"a text of at most {LONGEST_TEXT:,} characters")
    if not tree.isascii() and _SURROGATE.search(tree):
        raise WrongError("a text of whole characters, with no half of a surrogate pair")
    return tree


def _flag(tree: Tree) -> bool:
    if not isinstance(tree, bool):
        raise WrongError("true or false")
    return tree


def _whole(tree: Tree) -> int:
    if not isinstance(tree, int) or isinstance(tree, bool):
        raise WrongError("a whole number")
    return tree


def _count(tree: Tree) -> int:
    number = _whole(tree)
    if not 0 <= number <= LARGEST_COUNT:
        raise WrongError(f"a whole number from 0 to {LARGEST_COUNT:,}")
    return number


def _number(tree: Tree) -> Number:
    number = _NON_FINITE.get(tree, tree) if isinstance(tree, str) else tree
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise WrongError('a number, "NaN", "Infinity" or "-Infinity"')
    if isinstance(number, int) and is_too_long(number):
        raise WrongError(f"a number of at most {MOST_DIGITS:,} digits")
    return number


def _real(tree: Tree) -> float:
    try:
        return float(_number(tree))
    except OverflowError as error:
        raise WrongError("a number within a float's range") from error


def _interval(tree: Tree) -> tuple[float, ...]:
    ends: tuple[float, ...] = _list(_real)(tree)
    if len(ends) != 2:  # noqa: PLR2004  an interval has two ends
        raise WrongError("a list of two numbers")
    return ends


def _value(tree: Tree, depth: int = DEEPEST_VALUE) -> Value:
    """A metric's or param's value; its place is told whole, whichever of its thousand items is wrong."""
    match tree:
        case list() | dict() if not depth or len(tree) > MOST_ITEMS:
            raise WrongError(f"nested at most {DEEPEST_VALUE} levels deep, with at most {MOST_ITEMS:,} items each")
        case list():
            return [_value(item, depth - 1) for item in tree]
        case dict():
            return {_text(name): _value(item, depth - 1) for name, item in tree.items()}
        case str() if tree not in _NON_FINITE:
            return _text(tree)
        case bool() | float() | None:
            return tree
        case _:
            return _number(tree)


_PLAIN: Mapping[Any, Reading] = {
    object: _value,
    str: _text,
    bool: _flag,
    int: _count,
    float: _real,
    Number: _number,
    tuple[float, float]: _interval,
}
