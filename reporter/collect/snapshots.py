"""One revision into one Snapshot: what to read, all of it fetched together, and each failure noted where it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from reporter.collect.data import tracked_paths
from reporter.collect.dvc_internals import OpenRevision
from reporter.collect.files import RevisionFiles
from reporter.collect.measures import Measures
from reporter.collect.pipeline import Pipeline
from reporter.collect.plots import IMAGE, Plot, find_plots
from reporter.collect.problems import Problems, UnreadableError
from reporter.collect.stages import IsTracked, stages_of
from reporter.collect.storage import Storage
from reporter.collect.tables import plot_table, predictions_table
from reporter.collect.templates import ReadFile, Templates
from reporter.collect.values import metric_values, param_values, plain
from reporter.model.snapshot import Snapshot, Table, ValueFile
from reporter.model.values import Value

DEFAULT_PARAMS = "params.yaml"
"""DVC shows the whole of it even where no stage names it."""

_ReadValues = Callable[[bytes], Mapping[str, Value]]
_ReadTable = Callable[[bytes], Table]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report needs of a revision; nothing else is downloaded."""

    plots: bool = True
    """Read the data and images of plots."""
    plots_exclude: tuple[str, ...] = ()
    """Globs over plot ids."""
    predictions: tuple[str, ...] = ()
    """Predictions files, as POSIX paths from the DVC project's root."""
    data: bool = True
    """Describe tracked files and directories."""


def take_snapshot(
    opened: OpenRevision, storage: Storage, wanted: Wanted, read_elsewhere: ReadFile, is_tracked: IsTracked
) -> Snapshot:
    """Read one revision whole. `read_elsewhere` gives a plot's template that the revision itself lacks.

    Raises ProjectError where a DVC file is broken; all else that fails is a problem of the snapshot.
    """
    pipeline = opened.pipeline()
    files = RevisionFiles(opened, pipeline, storage)
    problems = Problems(opened.revision.label)
    plots = (
        find_plots(pipeline, files, Templates(opened.tree, read_elsewhere), problems, wanted.plots_exclude)
        if wanted.plots
        else []
    )
    metrics = _metric_readers(pipeline, files)
    params = _param_readers(pipeline, files)
    data_files = dict.fromkeys(path for plot in plots for path in plot.paths)
    files.fetch([*metrics, *params, *data_files, *wanted.predictions])
    measures = Measures(opened, files)
    return Snapshot(
        revision=opened.revision,
        metrics={path: _values(path, read, files, problems) for path, read in metrics.items()},
        params={path: _values(path, read, files, problems) for path, read in params.items()},
        plots=tuple(plot.spec for plot in plots),
        tables=_tables(_table_readers(plots), files, problems),
        images=_images(plots, files, problems),
        predictions=_tables(
            {path: partial(predictions_table, path=path) for path in wanted.predictions}, files, problems
        ),
        data=tracked_paths(pipeline, files, measures, workspace=opened.revision.is_workspace) if wanted.data else {},
        stages=stages_of(pipeline, files, measures, is_tracked),
        artifacts={
            name: {key: plain(value) for key, value in fields.items()} for name, fields in pipeline.artifacts.items()
        },
        problems=problems.all(),
    )


def _metric_readers(pipeline: Pipeline, files: RevisionFiles) -> dict[str, _ReadValues]:
    named = [*(output.path for output in pipeline.outputs if output.is_metric), *pipeline.metrics]
    return {path: partial(metric_values, path=path) for name in named for path in _expanded(name, files)}


def _param_readers(pipeline: Pipeline, files: RevisionFiles) -> dict[str, _ReadValues]:
    """Files with the names that a report shows, as `dvc params diff --all` chooses them."""
    names: dict[str, list[str] | None] = {}
    for dep in (dep for stage in pipeline.stages for dep in stage.params):
        known = names.get(dep.path, [])
        names[dep.path] = [*known, *dep.names] if dep.names and known is not None else None
    whole = [*pipeline.params, *([DEFAULT_PARAMS] if files.exists(DEFAULT_PARAMS) else [])]
    names |= dict.fromkeys(whole)
    names |= {path: list(used) for path, used in pipeline.variables.items() if path not in names}
    return {
        path: partial(param_values, path=path, names=tuple(dict.fromkeys(wanted or ())))
        for name, wanted in names.items()
        for path in _expanded(name, files)
    }


def _expanded(path: str, files: RevisionFiles) -> tuple[str, ...]:
    try:
        return files.expand(path)
    except UnreadableError:
        return (path,)  # reading it will say what is wrong


def _values(path: str, read: _ReadValues, files: RevisionFiles, problems: Problems) -> ValueFile:
    try:
        return ValueFile(path, read(files.read(path)))
    except UnreadableError as error:
        return ValueFile(path, {}, problems.add(path, error))


def _table_readers(plots: Iterable[Plot]) -> dict[str, _ReadTable]:
    return {
        path: partial(plot_table, path=path, header=plot.header)
        for plot in plots
        if plot.spec.template != IMAGE
        for path in plot.paths
    }


def _tables(readers: Mapping[str, _ReadTable], files: RevisionFiles, problems: Problems) -> dict[str, Table]:
    tables = {}
    for path, read in readers.items():
        try:
            tables[path] = read(files.read(path))
        except UnreadableError as error:
            problems.add(path, error)
    return tables


def _images(plots: Iterable[Plot], files: RevisionFiles, problems: Problems) -> dict[str, bytes]:
    images = {}
    for path in (plot.spec.path for plot in plots if plot.spec.template == IMAGE):
        try:
            images[path] = files.read(path)
        except UnreadableError as error:
            problems.add(path, error)
    return images
