"""Rows of the artifacts that dvc.yaml declares: models and data sets with their type, description, labels and content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TypeAlias

from reporter.compare.order import merged_order
from reporter.compare.value_pairs import is_partial
from reporter.model.comparison import ArtifactRow, State
from reporter.model.snapshot import Snapshot
from reporter.model.values import Value, same_value

_CONTENT = "content"
_UNKNOWN = "whether its content changed cannot be known"

_Content: TypeAlias = Mapping[str, tuple[str, str | None]]
"""File, from the artifact's path → how its hash was made, and the hash; empty where nothing keeps the artifact."""


def artifact_rows(base: Snapshot | None, head: Snapshot) -> tuple[ArtifactRow, ...]:
    """A row for each artifact of either revision."""
    before = base.artifacts if base else {}
    return tuple(_row(name, base, head) for name in merged_order(head.artifacts, before))


def _row(name: str, base: Snapshot | None, head: Snapshot) -> ArtifactRow:
    before, after = base.artifacts.get(name) if base else None, head.artifacts.get(name)
    if base is None or before is None or after is None:
        return ArtifactRow(name, _one_sided(base, is_new=before is None), _path(after or before or {}))
    fields = tuple(
        field
        for field in merged_order(after, before)
        if (field in before) is not (field in after) or not same_value(before.get(field), after.get(field))
    )
    old, new = _content(base, _path(before)), _content(head, _path(after))
    note = _why_unknown(old, new, base, head)
    changed = (*fields, _CONTENT) if not note and _hashes(old) != _hashes(new) else fields
    if changed:
        return ArtifactRow(name, State.CHANGED, _path(after), changed, note)
    return ArtifactRow(name, State.UNAVAILABLE if note else State.UNCHANGED, _path(after), note=note)


def _one_sided(base: Snapshot | None, *, is_new: bool) -> State:
    if not is_new:
        return State.REMOVED
    return State.UNAVAILABLE if is_partial(base) else State.ADDED


def _path(fields: Mapping[str, Value]) -> str | None:
    path = fields.get("path")
    return path if isinstance(path, str) else None


def _why_unknown(old: _Content, new: _Content, base: Snapshot, head: Snapshot) -> str:
    """Why the content of both sides cannot be compared; empty where it can."""
    lacking = [snapshot for snapshot, content in ((base, old), (head, new)) if not content]
    if lacking and not any(map(is_partial, lacking)):
        where = "" if len(lacking) > 1 else f" in {lacking[0].revision.label}"
        return f"{_UNKNOWN}: neither git nor DVC keeps it{where}"
    is_known = not lacking and None not in {*_hashes(old).values(), *_hashes(new).values()}
    is_comparable = (
        _hashes(old) == _hashes(new) or len({algorithm for algorithm, _ in (*old.values(), *new.values())}) == 1
    )
    return "" if is_known and is_comparable else _UNKNOWN


def _hashes(content: _Content) -> dict[str, str | None]:
    return {file: recorded for file, (_, recorded) in content.items()}


def _content(snapshot: Snapshot, path: str | None) -> _Content:
    """By DVC's hashes of the path itself, of the folder around it, or of what lies below it; else by those of git's files."""
    if path is None:
        return {}
    if path in snapshot.artifacts_in_git:
        in_git = snapshot.artifacts_in_git[path]
        return {"": ("git", None)} if in_git is None else _below(path, {name: ("git", in_git[name]) for name in in_git})
    return _in_folder(snapshot, path) or _below(path, dict(_kept(snapshot)))


def _kept(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Everything that DVC keeps or, of outputs that git keeps, records."""
    for stage in snapshot.stages.values():
        yield from ((path, ("md5", recorded)) for path, recorded in stage.outs.items())
    yield from ((path, (tracked.algorithm, tracked.hash)) for path, tracked in snapshot.data.items())


def _below(path: str, kept: Mapping[str, tuple[str, str | None]]) -> _Content:
    return {
        file.removeprefix(path): hashed for file, hashed in kept.items() if file == path or file.startswith(f"{path}/")
    }


def _in_folder(snapshot: Snapshot, path: str) -> _Content:
    """Of an artifact inside a folder that DVC keeps as one."""
    folder = next((str(each) for each in PurePosixPath(path).parents if str(each) in snapshot.data), None)
    if folder is None:
        return {}
    tracked = snapshot.data[folder]
    if tracked.files is None:
        return {"": (tracked.algorithm, None)}
    return _below(path, {f"{folder}/{name}": (tracked.algorithm, digest) for name, digest in tracked.files.items()})
