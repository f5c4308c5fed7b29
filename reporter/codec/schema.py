"""The JSON Schema of report.json, from the description that it is read and written by: names, types, and the model's own texts.

`python -m reporter.codec.schema > reporter/schemas/report-1.schema.json` writes it again; a test compares the two.
"""

from __future__ import annotations

import ast
import inspect
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

from reporter.codec.bounds import LARGEST_COUNT
from reporter.codec.description import item_of, marked, members, without_null
from reporter.model.forms import Between, Form, OneOf, Only
from reporter.model.report import SCHEMA_VERSION, CandidateReport, Report, Reports
from reporter.model.values import Number

Schema: TypeAlias = Mapping[str, Any]

_NUMBER: Schema = {"$ref": "#/$defs/number"}
_PLAIN: Mapping[Any, Schema] = {
    object: {"$ref": "#/$defs/value"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT},
    float: _NUMBER,
    Number: _NUMBER,
    tuple[float, float]: {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
}
_DEFINITIONS: Schema = {
    "number": {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]},
    "value": {
        "description": "A value of a metric or param; a list is one value.",
        "type": ["boolean", "number", "string", "array", "object", "null"],
    },
}
_LISTS = {
    "candidates": "All of them where there are several, the first being the report's own; each was held against the same baseline.",
    "reports": "At least one; each has a project of its own.",
}
_IN_JSON = {"None": "null", "True": "true", "False": "false"}


def schema_text() -> str:
    """The whole file, ending in a newline."""
    definitions = dict(_DEFINITIONS)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"report.json, version {SCHEMA_VERSION}",
        "type": "object",
        "required": ["schema_version"],
        "properties": {"schema_version": {"const": SCHEMA_VERSION}},
        "if": {"required": ["reports"]},
        "then": _with_list(_object(Reports, None, definitions), "reports", _report(definitions)),
        "else": _report(definitions),
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _report(definitions: dict[str, Schema]) -> Schema:
    if "report" not in definitions:
        report = _object(Report, None, definitions)
        candidate = _reference(CandidateReport, definitions)
        definitions["report"] = _with_list(report, "candidates", candidate)
    return {"$ref": "#/$defs/report"}


def _with_list(whole: Schema, name: str, item: Schema) -> Schema:
    """With the list of what is part of a document and no field of its record."""
    text = _LISTS[name]
    return {**whole, "properties": {**whole["properties"], name: {"type": "array", "items": item, "description": text}}}


def _schema(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """Of a field of this annotation; what it refers to joins `definitions`."""
    if inside := without_null(kind):
        return {"anyOf": [_schema(inside, definitions), {"type": "null"}]}
    if item := item_of(kind):
        return {"type": "array", "items": _schema(item, definitions)}
    inside, mark = marked(kind)
    if mark:
        return _marked(inside, mark, definitions)
    return _PLAIN[kind] if kind in _PLAIN else _reference(kind, definitions)


def _marked(kind: Any, mark: Form | Between | OneOf | Only, definitions: dict[str, Schema]) -> Schema:
    match mark:
        case Form():
            return {"type": "string", "pattern": f"^({mark.pattern})$"}
        case Between():
            ends = {"exclusiveMinimum": mark.low, "exclusiveMaximum": mark.high}
            return {"type": "number"} | {name: end for name, end in ends.items() if math.isfinite(end)}
        case OneOf():
            return {"enum": mark.choices}
        case Only():
            return _object(kind, mark, definitions)


def _reference(kind: type, definitions: dict[str, Schema]) -> Schema:
    """MetricRow → metric, FlipExample → flip_example."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__.removesuffix("Row")).lower()
    if name not in definitions:
        definitions[name] = {"enum": list(kind)} if issubclass(kind, StrEnum) else _object(kind, None, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _object(record: type, part: Only | None, definitions: dict[str, Schema]) -> Schema:
    texts = _texts(record)
    found = members(record, part)
    return {
        **texts.get("", {}),
        "type": "object",
        "required": [member.name for member in found if member.is_required],
        "properties": {
            member.name: {**_schema(member.kind, definitions), **texts.get(member.attribute, {})} for member in found
        },
    }


def _texts(record: type) -> Mapping[str, Schema]:
    """The docstring of each field by its name, that of the record by the empty one."""
    said: dict[str, str | None] = {}
    for kind in reversed(record.__mro__[:-1]):
        source = ast.walk(ast.parse(inspect.getsource(kind)))
        definition = next(node for node in source if isinstance(node, ast.ClassDef))
        said |= {"": ast.get_docstring(definition)} | dict(_docstrings(definition.body))
    return {name: {"description": _in_json(text)} for name, text in said.items() if text}


def _docstrings(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for pair in pairwise(statements):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, text
            case _:
                pass


def _in_json(text: str) -> str:
    return re.sub(r"\b(None|True|False)\b", lambda word: _IN_JSON[word[0]], " ".join(text.split()))


if __name__ == "__main__":
    sys.stdout.write(schema_text())
