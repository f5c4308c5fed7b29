"""Rows of tracked data: files and directories, added, removed, changed, renamed, by the hashes that DVC keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reporter.model.comparison import Content, DataRow, State
from reporter.model.snapshot import Snapshot, TrackedPath


def data_rows(base: Snapshot | None, head: Snapshot) -> tuple[DataRow, ...]:
    """A row for each tracked path of either revision, sorted by path. A renamed path has one row, under its new name."""
    before: Mapping[str, TrackedPath] = base.data if base else {}
    renamed = _renames(before, head.data) if base else {}
    left_behind = set(renamed.values())
    paths = sorted({*before, *head.data} - left_behind)
    unread = _unread(base) - before.keys() | _unread(head) - head.data.keys()
    return tuple(_row(path, before.get(renamed.get(path, path)), head.data.get(path), unread) for path in paths)


def _unread(snapshot: Snapshot | None) -> set[str]:
    return {path for problem in snapshot.problems for path in problem.paths} if snapshot else set()


def _renames(base: Mapping[str, TrackedPath], head: Mapping[str, TrackedPath]) -> dict[str, str]:
    """New path → old path, where one path went and one came with the same content, and no other with it.

    Empty files are left out: they are alike without being the same.
    """
    gone = _by_hash({path: base[path] for path in base if path not in head})
    come = _by_hash({path: head[path] for path in head if path not in base})
    return {come[content]: gone[content] for content in come if content in gone}


def _by_hash(tracked: Mapping[str, TrackedPath]) -> dict[str, str]:
    """Hash → path, of the hashes that only one path has."""
    counts = Counter(item.hash for item in tracked.values())
    return {
        item.hash: path
        for path, item in tracked.items()
        if item.hash is not None and counts[item.hash] == 1 and item.size != 0
    }


def _row(path: str, before: TrackedPath | None, after: TrackedPath | None, unread: set[str]) -> DataRow:
    state = _state(path, before, after, unread)
    added, removed, modified = _file_counts(before, after) if state is State.CHANGED else (None, None, None)
    return DataRow(
        path=path,
        state=state,
        base=_content(before),
        head=_content(after),
        renamed_from=before.path if before is not None and state is State.RENAMED else None,
        added=added,
        removed=removed,
        modified=modified,
    )


def _state(path: str, before: TrackedPath | None, after: TrackedPath | None, unread: set[str]) -> State:
    if any(side is not None and side.hash is None for side in (before, after)):
        return State.UNAVAILABLE
    if before is None or after is None:
        if path in unread:
            return State.UNAVAILABLE
        return State.ADDED if before is None else State.REMOVED
    if before.path != after.path:
        return State.RENAMED
    return State.UNCHANGED if before.hash == after.hash else State.CHANGED


def _content(tracked: TrackedPath | None) -> Content | None:
    return None if tracked is None else Content(tracked.hash, tracked.size, tracked.nfiles)


def _file_counts(before: TrackedPath | None, after: TrackedPath | None) -> tuple[int | None, int | None, int | None]:
    """Files added, removed and modified in a directory; None where a listing is not known."""
    if before is None or after is None or before.files is None or after.files is None:
        return None, None, None
    shared = before.files.keys() & after.files.keys()
    modified = sum(before.files[name] != after.files[name] for name in shared)
    return len(after.files) - len(shared), len(before.files) - len(shared), modified
