"""report.json: the whole report as strictly valid JSON, the same text for the same report.

`reporter.bundle` reads it back; `reporter/schemas/report-1.schema.json` describes it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TypeAlias

from reporter.model.comparison import Content, DataRow, Explanation, MetricRow, StageRow
from reporter.model.report import SCHEMA_VERSION, Report
from reporter.model.revision import Revision
from reporter.model.values import Value

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTES_OF_NAMES = range(0xDC80, 0xDD00)
"""What Python makes of bytes that are no UTF-8 (surrogateescape)."""


def report_to_json(report: Report) -> str:
    r"""The text of report.json, ending in a newline. NaN and ±Infinity are the strings "NaN", "Infinity", "-Infinity".

    What is no character is written out: a byte of a name that is no UTF-8 as `\xff`, half of a surrogate pair as `\ud83d`.
    """
    text = json.dumps(_report(report), indent=1, ensure_ascii=False, allow_nan=False)
    return (text if text.isascii() else _LONE_SURROGATE.sub(_written_out, text)) + "\n"


def _written_out(surrogate: re.Match[str]) -> str:
    code = ord(surrogate[0])
    is_byte = code in _BYTES_OF_NAMES
    return f"\\\\x{code - 0xDC00:02x}" if is_byte else f"\\\\u{code:04x}"


def _report(report: Report) -> Json:
    return {
        "schema_version": SCHEMA_VERSION,
        "base": _base(report.base) if report.base else None,
        "head": _head(report.head),
        "verdict": report.verdict,
        "summary": report.summary,
        "metrics": [_metric(row) for row in report.metrics],
        "params": [
            {"file": row.file, "name": row.name, "base": _value(row.base), "head": _value(row.head), "state": row.state}
            for row in report.params
        ],
        "plots": [asdict(row) for row in report.plots],
        "data": [_data(row) for row in report.data],
        "stages": [_stage(row) for row in report.stages],
        "gates": [asdict(row) for row in report.gates],
        "problems": [asdict(problem) for problem in report.problems],
        "explanations": [_explanation(explanation) for explanation in report.explanations],
        "slices": [_plain(asdict(row)) for row in report.slices],
        "flips": [_plain(asdict(flips)) for flips in report.flips],
        "history": [asdict(history) for history in report.history],
        "artifacts": [asdict(row) for row in report.artifacts],
        "sections": [asdict(section) for section in report.sections],
        "notices": report.notices,
        "level": report.level,
        "run": asdict(report.run),
        "comment": {"title": report.comment.title, "key": report.comment.key},
        "fail_on": report.fail_on,
    }


def _base(revision: Revision) -> Json:
    return {"rev": revision.rev, "sha": revision.sha, "label": revision.label, "behind": revision.behind}


def _head(revision: Revision) -> Json:
    return {"rev": revision.rev, "sha": revision.sha, "dirty": revision.dirty, "label": revision.label}


def _metric(row: MetricRow) -> Json:
    return {
        "file": row.file,
        "name": row.name,
        "base": _value(row.base),
        "head": _value(row.head),
        "delta": _value(row.delta),
        "relative": _value(row.relative),
        "state": row.state,
        "direction": row.direction,
        "outcome": row.outcome,
        "interval": _value(row.interval),
        "p_value": _value(row.p_value),
        "method": row.method,
        "headline": row.headline,
        "note": row.note,
        "tested_delta": _value(row.tested_delta),
        "comparable": row.comparable,
        "doubt": row.doubt,
        "from": asdict(row.origin) if row.origin else None,
    }


def _data(row: DataRow) -> Json:
    return {
        "path": row.path,
        "state": row.state,
        "from": row.renamed_from,
        "base": _content(row.base),
        "head": _content(row.head),
        "added": row.added,
        "removed": row.removed,
        "modified": row.modified,
    }


def _content(content: Content | None) -> Json:
    return asdict(content) if content else None


def _stage(row: StageRow) -> Json:
    return {
        "name": row.name,
        "state": row.state,
        "changed": row.changed,
        "outdated": row.outdated,
        "ran": row.ran,
        "ever_ran": row.ever_ran,
        "upstream": row.upstream,
    }


def _explanation(explanation: Explanation) -> Json:
    return {"file": explanation.file, "causes": [_plain(asdict(cause)) for cause in explanation.causes]}


def _plain(tree: Mapping[str, Value]) -> Json:
    return {name: _value(value) for name, value in tree.items()}


def _value(value: Value) -> Json:
    """A value as JSON can hold it."""
    match value:
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        case str() | bool() | int() | float() | None:
            return value
        case Mapping():
            return {name: _value(item) for name, item in value.items()}
        case _:
            return [_value(item) for item in value]
