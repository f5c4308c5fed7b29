"""Stages with what dvc.lock recorded, and whether that record is of this revision's commands, code, data and params."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from reporter.collect.dvc.params import only_match
from reporter.collect.files import RevisionFiles
from reporter.collect.formats.structured import is_plain_name, parse, plain
from reporter.collect.pipeline import Dependency, Output, ParamsDependency, Pipeline, StageDefinition
from reporter.collect.problems import AbsentError, AbsentSubmoduleError, UnreadableError
from reporter.collect.tree_hashes import TreeHashes
from reporter.model.snapshot import Stage, Unknown
from reporter.model.values import Value, flatten, same_value

IsTracked = Callable[[str], bool]
"""Whether git tracks a path, or anything below it."""

HintOf = Callable[[UnreadableError], str]
"""What mends it in this revision."""


def stages_of(
    pipeline: Pipeline, files: RevisionFiles, hashes: TreeHashes, is_tracked: IsTracked, hint_of: HintOf
) -> dict[str, Stage]:
    """The stages of a revision by name, each held against what dvc.lock recorded of it."""
    kept = {str(parent) for output in pipeline.outputs for parent in (output.path, *PurePosixPath(output.path).parents)}

    def is_code(path: str) -> bool:
        """A folder that holds what DVC keeps is data, whatever git has beside it."""
        return path not in kept and is_tracked(path)

    return {stage.name: _stage(stage, files, hashes, is_code, hint_of) for stage in pipeline.stages}


def _stage(
    stage: StageDefinition, files: RevisionFiles, hashes: TreeHashes, is_code: IsTracked, hint_of: HintOf
) -> Stage:
    unknown: dict[str, UnreadableError] = {}
    differing = tuple(output for output in stage.outputs if not stage.frozen and _output_differs(output, hashes))
    changed = _Changed() if stage.frozen else _changed(stage, files, hashes, unknown)
    outdated = () if stage.frozen else tuple(_outdated(stage, changed, differing, files))
    return Stage(
        name=stage.name,
        cmd=stage.cmd,
        deps={dep.path: dep.hash for dep in stage.dependencies},
        params={name: value for dep in stage.params for name, value in _recorded_params(dep)},
        params_files=tuple(dep.path for dep in stage.params),
        outs={out.path: out.content.hash if out.content else None for out in stage.outputs},
        code=tuple(dep.path for dep in stage.dependencies if dep.in_repository and is_code(dep.path)),
        outdated=outdated,
        inputs_changed=(*changed.dependencies, *changed.params),
        unknown=tuple(_unknown(path, error, hint_of) for path, error in unknown.items()),
        ran_cmd=stage.ran_cmd,
        differing=tuple(output.path for output in differing),
        restorable=tuple(output.path for output in differing if files.is_cached(output)),
    )


def _unknown(path: str, error: UnreadableError, hint_of: HintOf) -> Unknown:
    pin = error.pin if isinstance(error, AbsentSubmoduleError) else ""
    return Unknown(path, error.message, hint_of(error), pin)


def _recorded_params(dep: ParamsDependency) -> Iterator[tuple[str, Value]]:
    for name, value in (dep.recorded or {}).items():
        leaf = plain(value)
        tree = {name: leaf} if not dep.names else {}
        for key, inner in flatten(tree) if tree else _named(name, leaf):
            yield f"{dep.path}:{key}", inner


def _named(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """A tracked name is a path already: its dots are no part of a key."""
    if isinstance(value, Mapping) and value:
        yield from flatten(value, f"{name}.")
    else:
        yield name, value


@dataclass(frozen=True, slots=True)
class _Changed:
    """Inputs of a stage that are not as its last run recorded them."""

    dependencies: tuple[str, ...] = ()
    params: tuple[str, ...] = ()


def _changed(
    stage: StageDefinition, files: RevisionFiles, hashes: TreeHashes, unknown: dict[str, UnreadableError]
) -> _Changed:
    """What cannot be known is not called changed; `unknown` takes why, by path."""
    return _Changed(
        tuple(
            dep.path for dep in stage.dependencies if dep.in_repository and _dependency_differs(dep, hashes, unknown)
        ),
        tuple(name for dep in stage.params for name in _params_that_differ(dep, files, unknown)),
    )


def _outdated(
    stage: StageDefinition, changed: _Changed, differing: tuple[Output, ...], files: RevisionFiles
) -> Iterator[str]:
    """What `dvc status` would call changed."""
    if stage.ran_cmd != stage.cmd:
        yield "cmd"
    if changed.dependencies:
        yield "deps"
    if changed.params:
        yield "params"
    if differing or any(output.content is None and not files.is_outside(output.path) for output in stage.outputs):
        yield "outs"


def _dependency_differs(dep: Dependency, hashes: TreeHashes, unknown: dict[str, UnreadableError]) -> bool:
    if dep.hash is None:
        return True
    try:
        current = hashes.of_dependency(dep)
    except UnreadableError as error:
        unknown[dep.path] = error
        return False
    return current is not None and current != dep.hash


def _output_differs(output: Output, hashes: TreeHashes) -> bool:
    """What no run has recorded differs from nothing."""
    if output.content is None:
        return False
    measured = hashes.of_output(output)
    if measured is None or measured.hash == output.content.hash:
        return False
    return output.cached or not hashes.has_recorded_text(output, measured)


def _params_that_differ(
    dep: ParamsDependency, files: RevisionFiles, unknown: dict[str, UnreadableError]
) -> Iterable[str]:
    """`file:name` of each, or the file where it is tracked whole or is not there."""
    if dep.recorded is None and not files.is_outside(dep.path):
        return (dep.path,)
    try:
        tree = parse(files.read(dep.path), dep.path)
    except AbsentError:
        return (dep.path,)
    except UnreadableError as error:
        unknown[dep.path] = error
        return ()
    current = _current_params(tree, dep.names) if isinstance(tree, Mapping) else {}
    if dep.recorded is None or same_value(plain(current), plain(dep.recorded)):
        return ()
    names = [name for name in dep.names if not _same_param(name, current, dep.recorded)]
    return [f"{dep.path}:{name}" for name in names] or (dep.path,)


def _same_param(name: str, current: Mapping[Any, Any], recorded: Mapping[str, Any]) -> bool:
    if (name in current) is not (name in recorded):
        return False
    return same_value(plain(current.get(name)), plain(recorded.get(name)))


def _current_params(tree: Mapping[Any, Any], names: tuple[str, ...]) -> Mapping[Any, Any]:
    if not names:
        return tree
    found = ((name, _current_param(tree, name)) for name in names)
    return {name: value for name, value in found if value is not _ABSENT}


def _current_param(tree: Mapping[Any, Any], name: str) -> Any:
    return _lookup(tree, name.split(".")) if is_plain_name(name) else only_match(tree, name, _ABSENT)


_ABSENT = object()


def _lookup(tree: Any, keys: list[str]) -> Any:
    for key in keys:
        if isinstance(tree, Mapping):
            tree = tree.get(key, _ABSENT)
        elif isinstance(tree, list) and key.isdigit() and int(key) < len(tree):
            tree = tree[int(key)]
        else:
            return _ABSENT
    return tree
