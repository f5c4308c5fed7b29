"""One revision into one Snapshot: what to read, all of it fetched together, and each failure noted where it happened."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TypeAlias, TypeVar

from reporter.collect.artifacts import artifacts_in_git, content_in_git
from reporter.collect.data import tracked_paths
from reporter.collect.dvc.refused_files import where_and_why
from reporter.collect.dvc.revision import OpenRevision
from reporter.collect.files import RevisionFiles
from reporter.collect.formats.structured import metric_values, param_values, plain
from reporter.collect.import_errors import without_content
from reporter.collect.long_integers import LONG_INTEGER, Parsed, is_held
from reporter.collect.pipeline import Pipeline, Refusal
from reporter.collect.plots import Plot, find_plots, plot_paths
from reporter.collect.problems import Problems, UnreadableError
from reporter.collect.stages import IsTracked, stages_of
from reporter.collect.storage import Storage
from reporter.collect.templates import ReadFile, Templates
from reporter.collect.tree_hashes import TreeHashes
from reporter.model.formatting import the_first
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import is_glob
from reporter.model.snapshot import IMAGE, Snapshot, TrackedPath, ValueFile

_LOCK = "dvc.lock"
DEFAULT_PARAMS = "params.yaml"
"""DVC shows the whole of it even where no stage names it."""

_ReadValues = Callable[[bytes], Mapping[str, Parsed]]

Found = TypeVar("Found")

ReadParams: TypeAlias = tuple[Mapping[str, ValueFile], tuple[Problem, ...]]
"""Params files by path, and what could not be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report needs of a revision; nothing else is downloaded."""

    plots_exclude: tuple[str, ...] = ()
    """Globs over plot ids."""
    predictions: tuple[str, ...] = ()
    """Predictions files, as POSIX paths from the DVC project's root; a glob stands for all that it finds."""
    tables: Mapping[str, bool] = field(default_factory=dict)
    """Data files of another revision's plots, each with whether a CSV file has a header: read where they are there."""
    images: tuple[str, ...] = ()
    """The same for images."""
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Another revision's `Snapshot.param_names`: shown where the files are there."""
    metrics: tuple[str, ...] = ()
    """Metrics files of another revision: read where they are there, named or not."""
    forgiving: bool = False
    """A DVC file that DVC refuses is a problem of the snapshot, and no error: a baseline cannot be mended any more."""

    def beside(self, candidates: Sequence[Snapshot]) -> Wanted:
        """The same of a baseline, and what any of the candidates shows: its params, and what its plots are drawn from."""
        names = dict.fromkeys(path for shown in candidates for path in shown.param_names)
        return replace(
            self,
            params={path: _either(*(shown.param_names.get(path) for shown in candidates)) for path in names},
            metrics=_each_once(shown.metrics for shown in candidates),
            tables={path: header for shown in reversed(candidates) for path, header in shown.headers.items()},
            images=_each_once(shown.images for shown in candidates),
            forgiving=True,
        )


def read_revision(
    opened: OpenRevision, storage: Storage, wanted: Wanted, read_elsewhere: ReadFile, is_tracked: IsTracked
) -> Snapshot:
    """Read one revision. `read_elsewhere` gives a plot's template that the revision itself lacks.

    Raises ProjectError where a DVC file is broken, unless `wanted` is forgiving; all else that fails is a problem of the snapshot.
    """
    # It loads numpy, which takes longer than all of ours.
    from reporter.collect.formats.tables import plot_table, predictions_table

    pipeline = opened.pipeline(forgiving=wanted.forgiving)
    files = RevisionFiles(opened, pipeline, storage)
    problems = Problems(opened.revision.label, is_baseline=wanted.forgiving)
    for refusal in pipeline.refused:
        problems.add(refusal.path, _refused(refusal))
    plots = find_plots(pipeline, files, Templates(opened.tree, read_elsewhere), problems, wanted.plots_exclude)
    metrics = _metric_readers(pipeline, files, wanted)
    names = _param_names(pipeline, files, wanted.params)
    data_files = dict.fromkeys(path for plot in plots for path in plot.paths)
    others = [path for path in (*wanted.tables, *wanted.images) if path not in data_files and files.exists(path)]
    of_predictions = _found(wanted.predictions, files, problems)
    opened.fetch(dep.path for stage in pipeline.stages for dep in stage.dependencies if dep.in_repository)
    in_git = artifacts_in_git(pipeline, files, is_tracked)
    files.fetch([*metrics, *names, *data_files, *others, *of_predictions, *in_git])
    hashes = TreeHashes(opened, files)
    unasked = Problems(opened.revision.label)  # of plots that this revision does not define: it owes no explanation
    snapshot = Snapshot(
        revision=opened.revision,
        metrics={path: _values(path, read, files, problems) for path, read in metrics.items()},
        params=_params(names, files, problems),
        param_names=names,
        plots=tuple(plot.spec for plot in plots),
        plot_paths=plot_paths(pipeline),
        images=_contents([path for path in others if path in wanted.images], files, unasked)
        | _contents(_image_paths(plots), files, problems),
        data=_data(pipeline, files, hashes, problems, opened),
        stages=stages_of(pipeline, files, hashes, is_tracked, problems.hint),
        is_partial=bool(pipeline.refused),
        artifacts={
            name: {key: plain(value) for key, value in fields.items()} for name, fields in pipeline.artifacts.items()
        },
        artifacts_in_git={path: content_in_git(path, files) for path in in_git},
    )
    own = {path: plot.header for plot in plots if plot.spec.template != IMAGE for path in plot.paths}
    texts = _contents([path for path in others if path in wanted.tables], files, unasked)
    texts |= _contents(own, files, problems)
    predictions = _contents(of_predictions, files, problems)
    headers = {path: own.get(path, wanted.tables.get(path, True)) for path in texts}
    tables = {path: partial(plot_table, data, path, header=headers[path]) for path, data in texts.items()}
    return replace(
        snapshot,
        headers=headers,
        tables=_readable(tables, problems),
        predictions=_readable(
            {path: partial(predictions_table, data, path) for path, data in predictions.items()}, problems
        ),
        problems=problems.all(),
    )


def _found(paths: Iterable[str], files: RevisionFiles, problems: Problems) -> tuple[str, ...]:
    """Paths as they are, and for each glob the files that it finds; what the revision does not have yet is no problem of it."""
    found: dict[str, None] = {}
    for path in paths:
        try:
            if is_glob(path):
                found |= dict.fromkeys(files.matching(path))
            elif files.exists(path):
                found[path] = None
        except UnreadableError as error:
            problems.add(path, error)
    return tuple(found)


def _data(
    pipeline: Pipeline, files: RevisionFiles, hashes: TreeHashes, problems: Problems, opened: OpenRevision
) -> dict[str, TrackedPath]:
    """What a stage never made is the stage's affair (`Stage.outdated`); what was never imported is nobody else's."""
    tracked = tracked_paths(pipeline, files, hashes, workspace=opened.revision.is_workspace)
    for source in pipeline.sources:
        if source.path in tracked and tracked[source.path].hash is None:
            problems.add(source.path, without_content(source))
    return tracked


def _refused(refusal: Refusal) -> UnreadableError:
    if refusal.mend is not None:
        message = f"{refusal.reason}: what it defines is not known"
        return UnreadableError(ProblemKind.MISSING, message, refusal.mend)
    refused = f"is not read by this version of DVC ({where_and_why(refusal.line, refusal.reason)})"
    return UnreadableError(
        ProblemKind.FORMAT,
        f"{refusal.flaw or refused}: {_known_of_refused(refusal)}",
        "name another BASE, in which DVC reads it; where there is none, mend it in a commit that later reports are compared with",
    )


def _known_of_refused(refusal: Refusal) -> str:
    """What is shown of a baseline all the same, and what is not."""
    name = posixpath.basename(refusal.path)
    is_record = name == _LOCK or name.endswith(".dvc")
    if name == ".dvcignore":
        return "which files it hides from DVC is not known"
    if is_record and refusal.flaw:
        return "what it records is not known"
    if name.endswith(".dvc"):
        return "its data are shown as it records them"
    return (
        f"metrics and data are shown as {'it' if is_record else _LOCK} records them; plots, and whether stages are up to date, "
        "cannot be known"
    )


def _metric_readers(pipeline: Pipeline, files: RevisionFiles, wanted: Wanted) -> dict[str, _ReadValues]:
    named = [*(output.path for output in pipeline.outputs if output.is_metric), *pipeline.metrics]
    named += [
        path for path in wanted.metrics if files.exists(path)
    ]  # a metrics file that is newly declared has a past too
    return {path: partial(metric_values, path=path) for name in named for path in _expanded(name, files)}


def read_params(opened: OpenRevision, storage: Storage, names: Mapping[str, tuple[str, ...]]) -> ReadParams:
    """Params of files that the revision has, whether it names them or not, and what could not be read."""
    files = RevisionFiles(opened, opened.pipeline(), storage)
    problems = Problems(opened.revision.label)
    there = {path: wanted for path, wanted in names.items() if files.exists(path)}
    files.fetch(list(there))
    return _params(there, files, problems), problems.all()


def _params(names: Mapping[str, tuple[str, ...]], files: RevisionFiles, problems: Problems) -> dict[str, ValueFile]:
    return {
        path: _values(path, partial(param_values, path=path, names=wanted), files, problems)
        for path, wanted in names.items()
    }


def _param_names(
    pipeline: Pipeline, files: RevisionFiles, others: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Files with the names that a report shows (none: all), as `dvc params diff --all` chooses them.

    DVC chooses for each revision alone, and calls new whatever is newly tracked. Here `others`, those of another revision, are shown as
    well wherever their files are: the value was there all along.
    """
    names: dict[str, list[str] | None] = {}
    for dep in (dep for stage in pipeline.stages for dep in stage.params):
        known = names.get(dep.path, [])
        names[dep.path] = [*known, *dep.names] if dep.names and known is not None else None
    whole = [*pipeline.params, *([DEFAULT_PARAMS] if files.exists(DEFAULT_PARAMS) else [])]
    names |= dict.fromkeys(whole)
    names |= {path: list(used) for path, used in pipeline.variables.items() if path not in names}
    own = {path: tuple(wanted or ()) for name, wanted in names.items() for path in _expanded(name, files)}
    theirs = {path: wanted for path, wanted in others.items() if path in own or files.exists(path)}
    return {path: _either(theirs.get(path), own.get(path)) for path in {**own, **theirs}}


def _each_once(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(groups)))


def _either(*wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of all, the first's first; none where one of them wants the whole file."""
    asked = [names for names in wanted if names is not None]
    return tuple(dict.fromkeys(name for names in asked for name in names)) if all(asked) else ()


def _expanded(path: str, files: RevisionFiles) -> tuple[str, ...]:
    try:
        return files.expand(path)
    except UnreadableError:
        return (path,)  # reading it will say what is wrong


def _values(path: str, read: _ReadValues, files: RevisionFiles, problems: Problems) -> ValueFile:
    try:
        parsed = read(files.read(path))
    except UnreadableError as error:
        return ValueFile(path, {}, problems.add(path, error))
    unheld = tuple(name for name, value in parsed.items() if not is_held(value))
    if unheld:
        problems.add(path, _too_long(unheld))
    return ValueFile(path, {name: value if is_held(value) else None for name, value in parsed.items()}, unheld=unheld)


def _too_long(names: Sequence[str]) -> UnreadableError:
    return UnreadableError(
        ProblemKind.FORMAT,
        f"{the_first([f'`{name}`' for name in names], 1)} cannot be compared: {LONG_INTEGER}",
        "write it as text, or as a number with an exponent",
        edits=True,
    )


def _image_paths(plots: Iterable[Plot]) -> list[str]:
    return [plot.spec.path for plot in plots if plot.spec.template == IMAGE]


def _contents(paths: Iterable[str], files: RevisionFiles, problems: Problems) -> dict[str, bytes]:
    return _readable({path: partial(files.read, path) for path in paths}, problems)


def _readable(readers: Mapping[str, Callable[[], Found]], problems: Problems) -> dict[str, Found]:
    """What each reader gives, by path; one that cannot is left out and noted."""
    found = {}
    for path, read in readers.items():
        try:
            found[path] = read()
        except UnreadableError as error:
            problems.add(path, error)
    return found
