"""report.json: the whole report as strictly valid JSON, the same text for the same report.

`reporter.bundle` reads it back; `reporter/schemas/report-1.schema.json` is generated from the same description.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, assert_never

from reporter.codec.description import members
from reporter.codec.strict_json import Tree
from reporter.model.forms import Only
from reporter.model.report import SCHEMA_VERSION, AnyReport, CandidateReport, Report, Reports

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTES_OF_NAMES = range(0xDC80, 0xDD00)
"""What Python makes of bytes that are no UTF-8 (surrogateescape)."""


def report_to_json(report: AnyReport) -> str:
    r"""The text of report.json, ending in a newline. NaN and ±Infinity are the strings "NaN", "Infinity", "-Infinity".

    What is no character is written out: a byte of a name that is no UTF-8 as `\xff`, half of a surrogate pair as `\ud83d`.
    """
    tree = {"schema_version": SCHEMA_VERSION, **_whole(report)}
    text = json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False)
    return (text if text.isascii() else _LONE_SURROGATE.sub(_written_out, text)) + "\n"


def _written_out(surrogate: re.Match[str]) -> str:
    code = ord(surrogate[0])
    is_byte = code in _BYTES_OF_NAMES
    return f"\\\\x{code - 0xDC00:02x}" if is_byte else f"\\\\u{code:04x}"


def _whole(report: AnyReport) -> Mapping[str, Tree]:
    match report:
        case Reports():
            return {**_record(report), "reports": [_whole(each) for each in report.reports]}
        case Report(others=()):
            return _record(report)
        case Report():
            return {**_record(report), "candidates": [_record(each, CandidateReport) for each in report.candidates]}
        case _:
            assert_never(report)


def _record(record: object, kind: type | None = None, part: Only | None = None) -> Mapping[str, Tree]:
    described = members(kind or type(record), part)
    return {member.name: _written(getattr(record, member.attribute), member.part) for member in described}


def _written(content: Any, part: Only | None = None) -> Tree:
    """A field's content, or what is inside it, as JSON can hold it."""
    match content:
        case float() if not math.isfinite(content):
            return "NaN" if math.isnan(content) else "Infinity" if content > 0 else "-Infinity"
        case str() | bool() | int() | float() | None:
            return content
        case Mapping():
            return {name: _written(item) for name, item in content.items()}
        case _ if is_dataclass(content):
            return _record(content, part=part)
        case _:
            return [_written(item) for item in content]
