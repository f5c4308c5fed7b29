"""Metrics and params files, parsed exactly: the text of a file in, names and values out."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reporter.collect.dvc.params import parse_python, select_patterns
from reporter.collect.dvc.yaml import parse_yaml
from reporter.collect.long_integers import LONG_INTEGER, LongInteger, Parsed, held, parsed_whole
from reporter.collect.memory import remembering_up_to
from reporter.collect.nesting import not_too_deep
from reporter.collect.problems import UnreadableError
from reporter.model.problem import ProblemKind
from reporter.model.values import MOST_NESTED, Value, flatten, is_too_long

_FORMATS = "DVC reads JSON, YAML and TOML (params also Python)"
_NON_FINITE = re.compile(r"[+-]?\.?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_PATTERN = frozenset("*?[]!")
_REMEMBERED = 16_000_000
"""Bytes of files whose content is kept; as objects of Python it takes some five times as much."""


def metric_values(data: bytes, path: str) -> dict[str, Parsed]:
    """Flattened name → value of a metrics file; a file that is one number has one value without a name.

    Unlike DVC, lists and nulls are kept, and the texts "nan" and "inf" are the numbers that a writer could not write otherwise, as
    DVCLive does. Raises UnreadableError.
    """
    tree = parse(data, path)
    if isinstance(tree, str) and non_finite(tree) is None:  # any prose is valid YAML: one text. It is no metric.
        raise UnreadableError(
            ProblemKind.FORMAT, "is not a metrics file: it holds text, not names and values", _FORMATS, edits=True
        )
    return {name: _as_number(value) for name, value in flatten(_mapping(tree))}


def non_finite(text: str) -> float | None:
    """NaN or ±Infinity where a text names it, as `nan`, `-inf`, `Infinity` and `.NaN` do; None for any other text."""
    return float(text.replace(".", "")) if _NON_FINITE.fullmatch(text) else None


def _as_number(value: Value) -> Value:
    number = non_finite(value) if isinstance(value, str) else None
    return value if number is None else number


def param_values(data: bytes, path: str, names: Sequence[str]) -> dict[str, Parsed]:
    """Flattened name → value of a params file: those below `names`, or all where there are none. Raises UnreadableError."""
    tree = parse(data, path)
    if isinstance(tree, Mapping):
        return dict(flatten(_mapping(select(tree, names) if names else tree)))
    if tree is None:
        return {}
    raise UnreadableError(
        ProblemKind.FORMAT, "is not a params file: it holds no names and values", _FORMATS, edits=True
    )


def parse(data: bytes, path: str) -> Any:
    """The content of a structured file as DVC would parse it by its extension; YAML for any other.

    It holds nothing that JSON could not, but a `LongInteger`: dates are text, tuples and sets are lists, keys are text. The result is shared between calls and must not be changed. Raises UnreadableError.
    """
    try:
        return _parse(data, posixpath.splitext(path)[1].lower())
    except UnicodeDecodeError as error:
        raise UnreadableError(ProblemKind.FORMAT, "is not a text file", _FORMATS, edits=True) from error
    except RecursionError as error:
        raise UnreadableError(
            ProblemKind.CORRUPT,
            f"is nested more than {MOST_NESTED} levels deep",
            "mend the file, or run the stage that writes it",
            edits=True,
        ) from error
    except ValueError as error:  # what JSON, TOML, YAML and Python parsers have in common
        raise UnreadableError(
            ProblemKind.CORRUPT, str(error), "mend the file, or run the stage that writes it", edits=True
        ) from error


def plain(value: Any) -> Any:
    """A parser's value as JSON could hold it: dates as text, tuples and sets as lists, keys as text, a `LongInteger` for what
    no JSON reader would take.
    """
    match value:
        case int() if is_too_long(value):
            return LONG_INTEGER
        case None | bool() | int() | float() | str() | LongInteger():
            return value
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case set() | frozenset():
            return [plain(inner) for inner in sorted(value, key=str)]
        case _:
            return str(value)


def select(tree: Mapping[Any, Any], names: Iterable[str]) -> dict[Any, Any]:
    """The part of `tree` below dotted `names`, in the tree's own order. A name that is not there is left out."""
    if not all(map(is_plain_name, names)):
        return select_patterns(tree, names)
    return _select(tree, [name.split(".") for name in names])


def is_plain_name(name: str) -> bool:
    """Whether a tracked name holds no wildcard."""
    return not _PATTERN & set(name)


def _select(tree: Mapping[Any, Any], wanted: Iterable[list[str]]) -> dict[Any, Any]:
    below: dict[str, list[list[str]]] = {}
    for first, *rest in wanted:
        below.setdefault(first, []).append(rest)
    kept: dict[Any, Any] = {}
    for key, value in tree.items():
        rests = below.get(str(key), [])
        if any(not rest for rest in rests):
            kept[key] = value
        elif rests and isinstance(value, Mapping):
            if inner := _select(value, rests):
                kept[key] = inner
        elif rests and isinstance(value, list):
            kept.update(select_patterns({key: value}, [".".join([str(key), *rest]) for rest in rests]))
    return kept


def _mapping(tree: Any) -> dict[str, Value]:
    if tree is None:
        return {}
    return tree if isinstance(tree, dict) else {"": tree}


@remembering_up_to(_REMEMBERED)
def _parse(data: bytes, extension: str) -> Any:
    """Unchanged files are parsed once for all revisions."""
    text = data.decode("utf-8")
    match extension:
        case ".json":
            return parsed_whole(_parse_json, text, held)
        case ".toml":
            return parsed_whole(lambda text: plain(not_too_deep(_parse_toml(text))), text)
        case ".py":
            return parsed_whole(lambda text: plain(not_too_deep(parse_python(text))), text)
        case _:
            return parsed_whole(lambda text: plain(_parse_yaml(text)), text)


def _parse_json(text: str) -> Any:
    try:
        return not_too_deep(json.loads(text)) if text.strip() else None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON (line {error.lineno}: {error.msg})") from error


def _parse_toml(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not valid TOML ({error})") from error


def _parse_yaml(text: str) -> Any:
    """YAML 1.2, as DVC reads it: `1e-3` is a number, `yes` and `017` are not what YAML 1.1 made of them.

    Raises ValueError with the line.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return parse_yaml(text)
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"is not valid YAML ({line}{error.problem or error.context})") from error
    except YAMLError as error:
        raise ValueError("is not valid YAML") from error
