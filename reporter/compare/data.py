"""Rows of tracked data: files and directories, added, removed, changed, renamed, by the hashes that DVC keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reporter.compare.value_pairs import is_partial
from reporter.model.comparison import Content, DataRow, State
from reporter.model.problem import Problem, ProblemKind
from reporter.model.snapshot import Snapshot, TrackedPath


def data_rows(base: Snapshot | None, head: Snapshot) -> tuple[DataRow, ...]:
    """A row for each tracked path of either revision, sorted by path. A renamed path has one row, under its new name."""
    before: Mapping[str, TrackedPath] = base.data if base else {}
    renamed = _renames(before, head.data) if base else {}
    left_behind = set(renamed.values())
    paths = sorted({*before, *head.data} - left_behind)
    unread = _unread(base) - before.keys() | _unread(head) - head.data.keys()
    if is_partial(base):
        unread |= head.data.keys() - before.keys()
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
    if before.hash == after.hash:
        return State.UNCHANGED
    return State.UNAVAILABLE if _is_hashed_otherwise(before, after) else State.CHANGED


def _is_hashed_otherwise(before: TrackedPath, after: TrackedPath) -> bool:
    """Different hashes of different algorithms: content of one size may be the same."""
    if before.hash == after.hash or before.algorithm == after.algorithm:
        return False
    return before.size is None or after.size is None or before.size == after.size


def hash_problems(base: Snapshot, head: Snapshot) -> tuple[Problem, ...]:
    """At most one problem: the paths whose hashes cannot be compared, because DVC 2 made one and DVC 3 the other."""
    pairs = [(path, base.data[path], item) for path, item in head.data.items() if path in base.data]
    paths = sorted(
        path
        for path, before, after in pairs
        if None not in (before.hash, after.hash) and _is_hashed_otherwise(before, after)
    )
    if not paths:
        return ()
    problem = Problem(
        revision=base.revision.label,
        path=paths[0] if len(paths) == 1 else "",
        kind=ProblemKind.FORMAT,
        message=f"recorded by another version of DVC than in {head.revision.label}: the hashes cannot be compared",
        hint="run `dvc cache migrate --dvc-files` on the older branch and commit, to record it anew",
        files=tuple(paths) if len(paths) > 1 else (),
    )
    return (problem,)


def _content(tracked: TrackedPath | None) -> Content | None:
    return None if tracked is None else Content(tracked.hash, tracked.size, tracked.nfiles)


def _file_counts(before: TrackedPath | None, after: TrackedPath | None) -> tuple[int | None, int | None, int | None]:
    """Files added, removed and modified in a directory; None where a listing is not known."""
    if before is None or after is None or before.files is None or after.files is None:
        return None, None, None
    shared = before.files.keys() & after.files.keys()
    modified = sum(before.files[name] != after.files[name] for name in shared)
    return len(after.files) - len(shared), len(before.files) - len(shared), modified
