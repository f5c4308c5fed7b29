"""What can be told of DVC files that today's DVC refuses (`live:`, DVC 0 and 1) or nobody can read: which outputs they record, and which are metrics.

Only for a baseline: it cannot be mended any more, and its numbers are there all the same. What DVC 0 to 3 wrote is read here,
without DVC.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ruamel.yaml.error import YAMLError

from reporter.collect.dvc.errors import BrokenFile
from reporter.collect.dvc.params import parse_python
from reporter.collect.dvc.yaml import parse_yaml
from reporter.collect.pipeline import Output, Pipeline, Refusal, StoredObject
from reporter.collect.problems import UnreadableError
from reporter.collect.tree import Tree

_LEGACY = "md5-dos2unix"
_PATTERNS = ".dvcignore"
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
_PARSERS: Mapping[str, Callable[[str], Any]] = {".json": json.loads, ".py": parse_python, ".toml": tomllib.loads}
"""Of files of values for templates; all others are YAML."""
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def with_refused(pipeline: Pipeline, refused: Mapping[str, BrokenFile], tree: Tree) -> Pipeline:
    """The pipeline with what the refused files (path from the project's root → why) record."""
    found = [output for path in refused for output in _outputs(path, tree)]
    return replace(
        pipeline,
        recovered=tuple(output for output in found if output.content is not None),
        metrics=(*pipeline.metrics, *(output.path for output in found if output.is_metric)),
        refused=tuple(_refusal(broken, tree) for broken in refused.values()),
    )


def _refusal(broken: BrokenFile, tree: Tree) -> Refusal:
    if broken.is_unread:
        return Refusal(broken.path, broken.reason, broken.hint)
    return Refusal(broken.path, broken.reason, flaw=_flaw(broken, tree), line=broken.line)


def _flaw(broken: BrokenFile, tree: Tree) -> str:
    """What nobody can read: a merge that was not finished, broken syntax, another encoding."""
    try:
        text = tree.read(broken.path).decode("utf-8")
    except UnicodeDecodeError:
        return "is not UTF-8"
    except (OSError, UnreadableError):
        return ""
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        return f"has conflict markers (line {line})"
    return "" if _parses(text, broken.path) else f"does not parse ({where_and_why(broken.line, broken.reason)})"


def _parses(text: str, path: str) -> bool:
    if posixpath.basename(path) == _PATTERNS:
        return False
    try:
        _PARSERS.get(posixpath.splitext(path)[1], parse_yaml)(text)
    except (ValueError, YAMLError, RecursionError):
        return False
    return True


def where_and_why(line: int | None, reason: str) -> str:
    """`line 3: mapping values are not allowed here`."""
    return f"line {line}: {reason}" if line else reason


def _outputs(path: str, tree: Tree) -> Iterator[Output]:
    if posixpath.basename(path) == _PATTERNS:
        return
    definition = _yaml(path, tree)
    if path.endswith(".dvc"):
        yield from _recorded(definition, posixpath.dirname(path))
        return
    folder = posixpath.dirname(path)
    lock = _yaml(posixpath.join(folder, "dvc.lock"), tree)
    defined = _mapping(definition.get("stages"))
    recorded = _mapping(lock.get("stages")) if "schema" in lock else lock
    for name in {**defined, **recorded}:
        stage = _definition(name, defined)
        inside = posixpath.join(folder, str(stage.get("wdir", "")))
        outputs = {output.path: output for output in _recorded(_mapping(recorded.get(name)), inside)}
        metrics = [posixpath.normpath(posixpath.join(inside, each)) for each in _paths(stage.get("metrics"))]
        in_git = [posixpath.normpath(posixpath.join(inside, each)) for each in _uncached(stage)]
        yield from (
            replace(
                output,
                is_metric=_is_one_of(output.path, metrics),
                cached=not (_is_one_of(output.path, in_git) or (not stage and tree.exists(output.path))),
            )
            for output in outputs.values()
        )
        yield from (
            Output(each, None, cached=False, is_metric=True)
            for each in sorted({*metrics} - outputs.keys())
            if not _VARIABLE.search(each)
        )


def _definition(name: str, defined: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of one of the stages that `foreach` or `matrix` makes (`train@1`), what they have in common."""
    stage = _mapping(defined.get(name) or defined.get(name.partition("@")[0]))
    return _mapping(stage.get("do")) or stage


def _is_one_of(path: str, templates: Iterable[str]) -> bool:
    """Whether dvc.yaml names the path, its variables (`m-${item}.json`) being any text."""
    return any(re.fullmatch(".*".join(map(re.escape, _VARIABLE.split(each))), path) for each in templates)


def _recorded(entry: Mapping[str, Any], folder: str) -> Iterator[Output]:
    """The outputs with their hashes, as dvc.lock and .dvc files of any age list them."""
    inside = posixpath.join(folder, str(entry.get("wdir", "")))
    for out in entry.get("outs") or ():
        fields = _mapping(out)
        digest, path = fields.get("md5"), fields.get("path")
        if isinstance(path, str):
            algorithm = "md5" if fields.get("hash") == "md5" else _LEGACY
            content = StoredObject(digest, algorithm) if isinstance(digest, str) else None
            cached = fields.get("cache", True) is not False
            name = posixpath.normpath(posixpath.join(inside, path))
            yield Output(name, content, cached=cached, is_metric=bool(fields.get("metric")))


def _uncached(stage: Mapping[str, Any]) -> Iterator[str]:
    """Outputs with `cache: false`, which dvc.lock does not repeat."""
    for section in ("outs", "metrics", "plots"):
        entries = stage.get(section)
        for entry in entries if isinstance(entries, list) else ():
            for path, options in _mapping(entry).items():
                if _mapping(options).get("cache", True) is False:
                    yield str(path)


def _paths(entries: Any) -> Iterator[str]:
    """Of a list of paths, each alone or with its options."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str):
            yield entry
        yield from (str(path) for path in _mapping(entry))


def _yaml(path: str, tree: Tree) -> Mapping[str, Any]:
    try:
        return _mapping(parse_yaml(tree.read(path).decode("utf-8", "replace")))
    except (OSError, UnreadableError, YAMLError, ValueError, RecursionError):
        return {}  # what is no YAML records nothing


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
