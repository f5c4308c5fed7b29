"""Files of names and values: how each format writes a tree, and what a reader must find in it. Written apart from `reporter.collect`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Tree: TypeAlias = "dict[str, Value]"


BARE = ""
"""The key of a tree that is one value and no mapping: a file that holds a number."""


def as_written(tree: Tree, path: str) -> Tree:
    """The part of a tree that the format of `path` can hold: TOML has no null, Python no NaN and names of its own."""
    suffix = PurePosixPath(path).suffix
    return {
        key: value
        for key, value in tree.items()
        if not (suffix == ".toml" and _holds(value, lambda leaf: leaf is None))
        and not (suffix == ".py" and (not _is_name(key) or _holds(value, _is_non_finite)))
    }


def text_of(tree: Tree, path: str) -> str:
    """What a file of this name holds."""
    kept = as_written(tree, path)
    if BARE in kept and not path.endswith(".toml"):
        return _scalar(
            kept[BARE], nan=".nan" if _is_yaml(path) else "NaN", inf=".inf" if _is_yaml(path) else "Infinity"
        )
    match PurePosixPath(path).suffix:
        case ".json":
            return json.dumps(kept, ensure_ascii=False, indent=1)
        case ".toml":
            return "".join(f"{_quoted(key)} = {_toml(value)}\n" for key, value in kept.items())
        case ".py":
            return "".join(_python(key, value) for key, value in kept.items()) or "# nothing yet\n"
        case _:
            return _yaml_block(kept) if kept else "{}\n"


def leaves(tree: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, Value]]:
    r"""Names and values as report.json has them: keys joined by dots, a dot inside a key as `\.`, a backslash doubled."""
    for key, value in tree.items():
        name = prefix + key.replace("\\", "\\\\").replace(".", "\\.")
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name, value


def below(tree: Tree, names: Sequence[str]) -> Tree:
    """The part of a tree that dotted names lead to, in its own order."""
    return {
        key: value if key in names else below(value, rest)
        for key, value in tree.items()
        for rest in [[name.removeprefix(f"{key}.") for name in names if name.startswith(f"{key}.")]]
        if key in names or (rest and isinstance(value, dict) and below(value, rest))
    }


def is_there(tree: Tree, name: str) -> bool:
    """Whether a dotted name leads to something."""
    return bool(below(tree, [name]))


def as_json(value: Value) -> Value:
    """As report.json writes a value."""
    match value:
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        case dict():
            return {key: as_json(inner) for key, inner in value.items()}
        case list():
            return [as_json(inner) for inner in value]
        case _:
            return value


def as_number(value: Value) -> Value:
    """DVCLive writes NaN and infinity as texts: a metric reads them as the numbers that they are."""
    words = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
    return words.get(value, value) if isinstance(value, str) else value


def are_same(left: Value, right: Value) -> bool:
    """As a reader understands it: NaN is NaN, 1 is 1.0, True is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(are_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(are_same(left[key], right[key]) for key in left)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return left == right or as_json(left) == as_json(right) == "NaN"


def _is_yaml(path: str) -> bool:
    return PurePosixPath(path).suffix not in {".json", ".toml", ".py"}


def _holds(value: Value, wanted: object) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner, wanted) for inner in value.values())
    if isinstance(value, list):
        return any(_holds(inner, wanted) for inner in value)
    assert callable(wanted)
    return bool(wanted(value))


def _is_non_finite(value: Value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _is_name(key: str) -> bool:
    return key.isidentifier() and key.isascii()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _scalar(value: Value, *, nan: str, inf: str) -> str:
    match value:
        case float() if math.isnan(value):
            return nan
        case float() if math.isinf(value):
            return inf if value > 0 else f"-{inf}"
        case float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _toml(value: Value) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_quoted(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:
            return _scalar(value, nan="nan", inf="inf")


def _yaml_flow(value: Value) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_quoted(key)}: {_yaml_flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_yaml_flow, value)) + "]"
        case _:
            return _scalar(value, nan=".nan", inf=".inf")


def _yaml_block(tree: Tree, indent: str = "") -> str:
    lines = []
    for key, value in tree.items():
        name = key if key.isidentifier() and key not in {"null", "true", "false"} else _quoted(key)
        if isinstance(value, dict) and value:
            lines.append(f"{indent}{name}:\n{_yaml_block(value, indent + '  ')}")
        else:
            lines.append(f"{indent}{name}: {_yaml_flow(value)}\n")
    return "".join(lines)


def _python(key: str, value: Value) -> str:
    """A class where the value's keys are names, as DVC reads one; else a literal."""
    if isinstance(value, dict) and value and all(map(_is_name, value)):
        body = "".join(f"    {name} = {inner!r}\n" for name, inner in value.items())
        return f"class {key}:\n{body}"
    return f"{key} = {value!r}\n"
