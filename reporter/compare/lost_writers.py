"""Files that a stage wrote in the baseline and that no stage writes any more, though they are there: anybody may have typed them.

A stage that was renamed, split or moved leaves another one that writes its files. What git kept in both revisions, no stage ever wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.compare.dag import Dag
from reporter.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class LostWriter:
    """The stage that wrote a file in the baseline."""

    path: str
    stage: str
    is_gone: bool
    """Else the stage is there still, and does not write the file."""

    @property
    def clause(self) -> str:
        """`stage evaluate, which wrote metrics.json, is gone`."""
        if self.is_gone:
            return f"stage {self.stage}, which wrote {self.path}, is gone"
        return f"stage {self.stage} no longer writes {self.path}"


def lost_writers(base: Snapshot | None, head: Snapshot, files: Sequence[str]) -> tuple[LostWriter, ...]:
    """Of those of `files` (metrics files) that the candidate has."""
    if base is None:
        return ()
    old, new = Dag.of(base.stages), Dag.of(head.stages)
    found = (_lost(path, old, new) for path in files if path in head.metrics)
    return tuple(writer for writer in found if writer is not None)


def lost_writers_upstream(base: Snapshot, head: Snapshot, files: Sequence[str]) -> tuple[LostWriter, ...]:
    """Of what the stages read that write `files`, or that come before them; what is as the baseline's stage wrote it may stay."""
    old, new = Dag.of(base.stages), Dag.of(head.stages)
    writers = tuple(dict.fromkeys(name for file in files if (name := new.writer(file)) is not None))
    return tuple(dict.fromkeys(_lost_upstream(writers, old, new)))


def _lost_upstream(writers: tuple[str, ...], old: Dag, new: Dag) -> Iterator[LostWriter]:
    for name in new.ancestors(writers):
        for path, content in new.stages[name].deps.items():
            writer = _lost(path, old, new)
            if writer is not None and (content is None or content != old.stages[writer.stage].outs.get(path)):
                yield writer


def _lost(path: str, old: Dag, new: Dag) -> LostWriter | None:
    """A stage that never ran has written nothing."""
    before = old.writer(path)
    if before is None or new.producers(path) or old.stages[before].ran_cmd is None:
        return None
    return LostWriter(path, before, before not in new.stages)
