"""What the DVC files of one revision define: plain records between DVC's own objects and the rest of this floor.

All paths are POSIX paths from the DVC project's root.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Content that DVC keeps: the key to a cache or a remote."""

    hash: str
    algorithm: str
    """`md5`, or `md5-dos2unix` for content that DVC 2 recorded."""
    remote: str | None = None
    """The remote that the output names; None: the default one."""
    pushed: bool = True
    """False: `push: false` keeps it out of every remote."""

    @property
    def is_directory(self) -> bool:
        """Whether it is the listing of a directory: DVC ends the hash of one with `.dir`."""
        return self.hash.endswith(".dir")


@dataclass(frozen=True, slots=True)
class Output:
    """A file or directory that a stage writes, or that a .dvc file stands for."""

    path: str
    content: StoredObject | None
    """As dvc.lock or the .dvc file records it; None where nothing was recorded yet."""
    size: int | None = None
    nfiles: int | None = None
    cached: bool = True
    """DVC keeps it; else git does."""
    is_metric: bool = False
    plot: Mapping[str, Any] | None = None
    """Plot properties of a stage-level plot; None for other outputs."""
    files: Mapping[str, str] | None = None
    """Listing of a directory that the .dvc file itself holds."""
    source: str | None = None
    """Where an imported output comes from."""
    only_dvc_reads: bool = False
    """Kept where no plain object store is: at its source, or in versioned cloud storage."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A file or directory that a stage reads, with the hash that dvc.lock recorded."""

    path: str
    hash: str | None
    algorithm: str
    nfiles: int | None
    """Of a directory, as dvc.lock records it."""
    in_repository: bool


@dataclass(frozen=True, slots=True)
class ParamsDependency:
    """The params that a stage reads from one file."""

    path: str
    names: tuple[str, ...]
    """Dotted names that the stage tracks; empty: the whole file."""
    recorded: Mapping[str, Any] | None
    """Name → value as dvc.lock has it; None where nothing was recorded."""


@dataclass(frozen=True, slots=True)
class StageDefinition:
    """A stage as dvc.yaml states it now, with what dvc.lock has of its last run."""

    name: str
    cmd: str | None
    ran_cmd: str | None
    dependencies: tuple[Dependency, ...]
    params: tuple[ParamsDependency, ...]
    outputs: tuple[Output, ...]
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class PlotDefinition:
    """An entry of a dvc.yaml's top-level `plots`."""

    file: str
    """Path of the dvc.yaml."""
    id: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A DVC file that today's DVC does not read."""

    path: str
    reason: str
    mend: str | None = None
    """Set where its content is not at hand, so that DVC is not to blame."""
    flaw: str = ""
    """Why no version of DVC reads it, a clause that reads on after the path; empty where only this one does not."""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All that the DVC files of one revision define."""

    stages: tuple[StageDefinition, ...] = ()
    """Stages of pipelines, without the data sources of .dvc files."""
    sources: tuple[Output, ...] = ()
    """Outputs of .dvc files."""
    metrics: tuple[str, ...] = ()
    """Top-level metrics files or directories."""
    params: tuple[str, ...] = ()
    """Top-level params files."""
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """File → names that `${…}` uses."""
    plots: tuple[PlotDefinition, ...] = ()
    artifacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """`name`, or `sub/dvc.yaml:name` → its fields."""

    recovered: tuple[Output, ...] = ()
    """Outputs that refused files record."""
    refused: tuple[Refusal, ...] = ()

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Those of .dvc files, of refused files and of stages, in this order."""
        return (*self.sources, *self.recovered, *(output for stage in self.stages for output in stage.outputs))
