"""Rows of the artifacts that dvc.yaml declares: models and data sets with their type, description and labels."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.compare.order import merged_order
from reporter.model.comparison import ArtifactRow, State
from reporter.model.snapshot import Snapshot
from reporter.model.values import Value, same_value


def artifact_rows(base: Snapshot | None, head: Snapshot) -> tuple[ArtifactRow, ...]:
    """A row for each artifact of either revision."""
    before = base.artifacts if base else {}
    return tuple(
        _row(name, before.get(name), head.artifacts.get(name)) for name in merged_order(head.artifacts, before)
    )


def _row(name: str, before: Mapping[str, Value] | None, after: Mapping[str, Value] | None) -> ArtifactRow:
    if before is None or after is None:
        state = State.ADDED if before is None else State.REMOVED
        return ArtifactRow(name, state, _path(after or before or {}))
    changed = tuple(
        field
        for field in merged_order(after, before)
        if (field in before) is not (field in after) or not same_value(before.get(field), after.get(field))
    )
    return ArtifactRow(name, State.CHANGED if changed else State.UNCHANGED, _path(after), changed)


def _path(fields: Mapping[str, Value]) -> str | None:
    path = fields.get("path")
    return path if isinstance(path, str) else None
