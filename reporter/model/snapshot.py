"""One revision of a DVC project, collected once: everything the pure floors need, and nothing they must fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from reporter.model.problem import Problem
from reporter.model.revision import Revision
from reporter.model.values import Value

if TYPE_CHECKING:  # numpy takes longer to load than most commands take to run
    from typing import Any

    import numpy.typing as npt

Column: TypeAlias = "npt.NDArray[Any]"
"""One column of a table, shape (rows,): float64, int64, bool, or object holding str (and None where a cell is empty)."""


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A metrics or params file of one revision."""

    path: str
    """POSIX path from the DVC project's root."""
    values: Mapping[str, Value]
    """Flattened name → value, in the order of the file; empty if unreadable."""
    problem: Problem | None = None
    """Why it could not be read: then each of its values is unavailable, not absent."""
    unheld: tuple[str, ...] = ()
    """Names of `values` that are there but could not be held: they are unavailable, and None stands for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A plot's data or a predictions file: columns of equal length."""

    columns: Mapping[str, Column]
    """Name → values, in the order of the file."""

    @property
    def rows(self) -> int:
        """The length of each column; 0 without any column."""
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True, slots=True)
class Axis:
    """One field of one data file, drawn along an axis."""

    path: str
    """The data file, a key of `Snapshot.tables`."""
    field: str | None
    """The column; None where the definition leaves it out (x: the row number; y: the last column)."""


class Template(StrEnum):
    """The templates that DVC comes with, by DVC's names."""

    LINEAR = "linear"
    SIMPLE = "simple"
    SMOOTH = "smooth"
    SCATTER = "scatter"
    SCATTER_JITTER = "scatter_jitter"
    CONFUSION = "confusion"
    CONFUSION_NORMALIZED = "confusion_normalized"
    BAR_HORIZONTAL = "bar_horizontal"
    BAR_HORIZONTAL_SORTED = "bar_horizontal_sorted"


IMAGE = "image"
"""Stands for a template where a plot is an image."""


@dataclass(frozen=True, slots=True)
class PlotSpec:
    """A plot as dvc.yaml defines it; an image is a plot without axes."""

    id: str
    """Unique within a revision and equal across revisions: DVC's own id (`ROC`, `plots/loss.csv`), with the path of a
    dvc.yaml below the root before it."""
    template: str
    """A `Template`, the name of the project's own template, or `IMAGE`."""
    x: tuple[Axis, ...] = ()
    """Empty: the row number. One: shared by each y. Else one for each y."""
    y: tuple[Axis, ...] = ()
    title: str | None = None
    x_label: str | None = None
    y_label: str | None = None
    vega: str | None = None
    """The text of the project's own Vega-Lite template, with DVC's anchors; None for a built-in one."""
    path: str = ""
    """Of an image: its file, a key of `Snapshot.images`."""


@dataclass(frozen=True, slots=True)
class TrackedPath:
    """A file or directory whose content DVC keeps: an output of a stage, or the target of a .dvc file."""

    path: str
    hash: str | None
    """DVC's hash (`….dir` for a directory); None where it is not known."""
    size: int | None
    """Bytes."""
    nfiles: int | None
    """Files in a directory; None for a file."""
    source: str | None = None
    """Where an imported file comes from (an address without credentials)."""
    files: Mapping[str, str] | None = None
    """Of a directory: relative POSIX path → hash; None where the listing is in no cache."""
    algorithm: str = "md5"
    """How `hash` was made: `md5`, or `md5-dos2unix` by DVC 2, which left out of text what Windows adds to line ends."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that a stage reads and that cannot be held against dvc.lock."""

    path: str
    reason: str
    """A clause that reads on after the path: `is a pointer of Git LFS, whose content is not in this clone`."""
    hint: str
    pin: str = ""
    """Of a submodule that is not in this clone: the commit that the revision pins, which git knows all the same."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline with what dvc.lock recorded of its last run."""

    name: str
    """DVC's address: `train`, `train@1`, `models/dvc.yaml:train`."""
    cmd: str | None
    """As dvc.yaml states it now (several commands joined by newlines)."""
    deps: Mapping[str, str | None] = field(default_factory=dict)
    """POSIX path → hash recorded by dvc.lock."""
    params: Mapping[str, Value] = field(default_factory=dict)
    """`file:name` → value recorded by dvc.lock."""
    params_files: tuple[str, ...] = ()
    """The files of its params, as dvc.yaml names them now."""
    outs: Mapping[str, str | None] = field(default_factory=dict)
    """POSIX path → hash recorded by dvc.lock; None: an output that no run has made yet."""
    code: tuple[str, ...] = ()
    """Those of `deps` that git tracks: source files, not data."""
    outdated: tuple[str, ...] = ()
    """What differs between the stage as defined and as last run: any of cmd, deps, params, outs. Empty: up to date."""
    inputs_changed: tuple[str, ...] = ()
    """Paths of the dependencies, and `file:name` or files of the params, that are not as the last run recorded them."""
    unknown: tuple[Unknown, ...] = ()
    """Dependencies and params files of which it cannot be known whether they are those of the last run."""
    ran_cmd: str | None = None
    """The command that dvc.lock recorded; None where the stage never ran."""
    differing: tuple[str, ...] = ()
    """Outputs that are not as the last run wrote them."""
    restorable: tuple[str, ...] = ()
    """Those of `differing` that `dvc checkout` would bring back."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A revision, collected. Mappings keep the order of the project's files."""

    revision: Revision
    metrics: Mapping[str, ValueFile] = field(default_factory=dict)
    params: Mapping[str, ValueFile] = field(default_factory=dict)
    param_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Params files with the dotted names below which `params` holds their values; none: the whole file."""
    plots: tuple[PlotSpec, ...] = ()
    plot_paths: tuple[str, ...] = ()
    """Files, and folders whose every file is a plot, that its definitions name."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Data files of the plots, by path."""
    headers: Mapping[str, bool] = field(default_factory=dict)
    """Those of the data files that are there, be they tables or not, each with whether a CSV file has a header."""
    images: Mapping[str, bytes] = field(default_factory=dict)
    """Image plots, by path: the content of a PNG, JPEG, GIF or SVG file."""
    predictions: Mapping[str, Table] = field(default_factory=dict)
    """Predictions files that reporter.yaml declares, by path."""
    data: Mapping[str, TrackedPath] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)
    artifacts: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Artifacts of dvc.yaml: name → its fields (path, type, desc, labels, meta)."""
    artifacts_in_git: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    """Paths of the artifacts that git keeps and DVC does not: the files of each with their hashes; None where these are not known."""
    problems: tuple[Problem, ...] = ()
    """Each value, plot or file of this revision that could not be read."""
    origin: str = ""
    """Where the project lay in this revision, a POSIX path from where the candidate has it (`..`, `../old`); empty: in the same folder."""
    is_partial: bool = False
    """Some of its DVC files could not be read: what it seems to lack it may have all the same."""
    lost: str = ""
    """Why nothing is known of the project in this revision, although it may have it; usually empty."""
    notes: tuple[str, ...] = ()
    """What a reader should know of how it came about, one sentence each: the baseline was trained again, …"""
