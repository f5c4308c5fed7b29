"""The DAG of a revision's pipeline: which stage writes a path, and which stages another one reads from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from reporter.compare.order import merged_order
from reporter.model.snapshot import Stage

DATA_SUFFIXES = (
    *(".arrow", ".avro", ".csv", ".feather", ".hdf5", ".jsonl", ".libsvm", ".ndjson", ".npy", ".npz", ".orc"),
    *(".parquet", ".tfrecord", ".tsv", ".xls", ".xlsx", ".zip"),
)
"""Files that git may track, yet are data and not source code."""


@dataclass(frozen=True, slots=True, eq=False)
class Dag:
    """Stages, connected by the paths that they write and read."""

    stages: Mapping[str, Stage]
    writers: Mapping[str, str]
    """Output → name of the stage that writes it."""
    inside: Mapping[str, tuple[str, ...]]
    """Directory → names of the stages that write something inside it."""

    @classmethod
    def of(cls, stages: Mapping[str, Stage]) -> Dag:
        """Connect the stages of one revision by the paths of their outputs."""
        writers = {path: stage.name for stage in stages.values() for path in stage.outs}
        inside: dict[str, list[str]] = {}
        for path, name in writers.items():
            for parent in _parents(path):
                inside.setdefault(parent, []).append(name)
        return cls(stages, writers, {folder: tuple(dict.fromkeys(names)) for folder, names in inside.items()})

    def producers(self, path: str) -> tuple[str, ...]:
        """The stages that write `path`, a directory that holds it, or something inside it."""
        around = (self.writers[place] for place in (path, *_parents(path)) if place in self.writers)
        return tuple(dict.fromkeys([*around, *self.inside.get(path, ())]))

    def writer(self, path: str) -> str | None:
        """The stage that writes this file, or the directory that holds it."""
        return next((self.writers[place] for place in (path, *_parents(path)) if place in self.writers), None)

    def is_code(self, stage: Stage, path: str) -> bool:
        """True for a dependency that git tracks, unless a stage writes it (a metrics file) or its suffix is one of data."""
        is_source = path in stage.code and self.writer(path) is None
        return is_source and PurePosixPath(path).suffix.lower() not in DATA_SUFFIXES

    def upstream(self, name: str) -> tuple[str, ...]:
        """The stages whose outputs the stage `name` reads, as dependencies or as params, in their order."""
        stage = self.stages.get(name)
        read = (*stage.deps, *stage.params_files) if stage else ()
        found = [producer for path in read for producer in self.producers(path)]
        return tuple(producer for producer in dict.fromkeys(found) if producer != name)

    def ancestors(self, names: tuple[str, ...]) -> Mapping[str, int]:
        """These stages (distance 0) and all upstream of them, each with its least distance, nearest first."""
        return walk(names, self.upstream)


def walk(start: tuple[str, ...], upstream: Callable[[str], Iterable[str]]) -> dict[str, int]:
    """Breadth first from `start`: each node with its least distance, nearest first. A cycle does no harm."""
    distances = dict.fromkeys(start, 0)
    queue = deque(distances)
    while queue:
        name = queue.popleft()
        for nearer in upstream(name):
            if nearer not in distances:
                distances[nearer] = distances[name] + 1
                queue.append(nearer)
    return distances


def changed_paths(base: Mapping[str, str | None], head: Mapping[str, str | None]) -> list[str]:
    """Paths on one side only, or with two hashes that differ. An unknown hash is not a change."""
    return [path for path in merged_order(head, base) if _differs(path, base, head)]


def changed_content(base: Mapping[str, str | None], head: Mapping[str, str | None]) -> list[str]:
    """`changed_paths` without those that only moved: gone here and come there with the same hash."""
    gone = {path: base[path] for path in base if path not in head}
    come = {path: head[path] for path in head if path not in base}
    moved = {content for content in gone.values() if content is not None} & set(come.values())
    one_sided = {**gone, **come}
    return [path for path in changed_paths(base, head) if path not in one_sided or one_sided[path] not in moved]


def _differs(path: str, base: Mapping[str, str | None], head: Mapping[str, str | None]) -> bool:
    if path not in base or path not in head:
        return True
    before, after = base[path], head[path]
    return before is not None and after is not None and before != after


def _parents(path: str) -> Iterator[str]:
    """The directories that hold `path`, the nearest first; the root is none."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
