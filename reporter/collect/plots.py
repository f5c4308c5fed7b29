"""Plots as a revision's DVC files define them: which data files, which columns, which template."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from reporter.collect.files import RevisionFiles
from reporter.collect.pipeline import Output, Pipeline, PlotDefinition
from reporter.collect.problems import Problems, UnreadableError
from reporter.collect.redaction import without_folders
from reporter.collect.templates import Templates
from reporter.collect.tree import joined
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import IMAGE, Axis, PlotSpec, Template

IMAGE_EXTENSIONS = frozenset({".jpg", ".jpeg", ".gif", ".png", ".svg"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A plot before its id is settled."""

    file: str
    """The dvc.yaml of a top-level definition; empty for a stage's plot."""
    id: str
    path: str | None
    """The data file that the id names; None where the definition has a name of its own."""
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot's specification, and what its data files need to be read."""

    spec: PlotSpec
    header: bool

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it is drawn from, each once."""
        if self.spec.template == IMAGE:
            return (self.spec.path,)
        return tuple(dict.fromkeys(axis.path for axis in (*self.spec.x, *self.spec.y)))


def find_plots(
    pipeline: Pipeline, files: RevisionFiles, templates: Templates, problems: Problems, exclude: Iterable[str]
) -> list[Plot]:
    """All plots of a revision, with DVC's own ids; `exclude` holds globs over them."""
    entries = [*_top_level(pipeline.plots, files, problems), *_of_stages(pipeline.outputs, files, problems)]
    named = {
        name: entry for name, entry in _identified(entries) if not any(fnmatchcase(name, glob) for glob in exclude)
    }
    return [_plot(name, entry, templates, problems) for name, entry in named.items()]


def plot_paths(pipeline: Pipeline) -> tuple[str, ...]:
    """Files, and folders whose every file is a plot, that the revision's definitions name."""
    top_level = filter(None, map(_path_of, pipeline.plots))
    return tuple(dict.fromkeys([*top_level, *(output.path for output in pipeline.outputs if output.plot is not None)]))


def _top_level(definitions: Iterable[PlotDefinition], files: RevisionFiles, problems: Problems) -> Iterator[_Entry]:
    by_path = [(definition, _path_of(definition)) for definition in definitions]
    paths = [path for _, path in by_path if path is not None]
    for definition, path in by_path:
        if path is None:
            yield _Entry(definition.file, definition.id, None, definition.properties)
            continue
        for found in _expanded(path, files, problems):
            if _closest(found, paths) == path:  # a definition of its own beats the one of its directory
                yield _Entry(definition.file, found, found, definition.properties)


def _of_stages(outputs: Iterable[Output], files: RevisionFiles, problems: Problems) -> Iterator[_Entry]:
    for output in outputs:
        if output.plot is not None:
            for found in _expanded(output.path, files, problems):
                yield _Entry("", found, found, output.plot)


def _path_of(definition: PlotDefinition) -> str | None:
    """A plot whose y names no data files is called by its own."""
    if isinstance(definition.properties.get("y"), dict):
        return None
    return _joined(definition.file, definition.id)


def _joined(file: str, path: str) -> str:
    return joined(posixpath.dirname(file), path)


def _expanded(path: str, files: RevisionFiles, problems: Problems) -> tuple[str, ...]:
    try:
        return files.expand(path)
    except UnreadableError as error:
        if posixpath.splitext(path)[1]:
            return (path,)  # a file; reading it will say what is wrong
        problems.add(path, error)
        return ()


def _closest(path: str, parents: Iterable[str]) -> str:
    around = [parent for parent in parents if path == parent or path.startswith(f"{parent}/")]
    return max(around, key=len, default="")


def _identified(entries: Iterable[_Entry]) -> Iterator[tuple[str, _Entry]]:
    """DVC names the dvc.yaml where two define one id; here also wherever a name is not of the root's dvc.yaml."""
    merged: dict[tuple[str, str], _Entry] = {}
    for entry in entries:
        merged[entry.id, entry.file] = entry
    ids = [name for name, _ in merged]
    for (name, file), entry in merged.items():
        shared = ids.count(name) > 1
        local = entry.path is None and file != "dvc.yaml"
        yield (f"{file}::{name}" if file and (shared or local) else name), entry


def _plot(name: str, entry: _Entry, templates: Templates, problems: Problems) -> Plot:
    properties = entry.properties
    title = properties.get("title")
    if entry.path and posixpath.splitext(entry.path)[1].lower() in IMAGE_EXTENSIONS:
        return Plot(PlotSpec(name, IMAGE, title=title, path=entry.path), header=True)
    template, vega = _template(name, properties.get("template"), templates, problems)
    y = tuple(_y_axes(entry))
    spec = PlotSpec(
        id=name,
        template=template,
        x=_x_axes(name, entry, y, problems),
        y=y,
        title=title,
        x_label=properties.get("x_label"),
        y_label=properties.get("y_label"),
        vega=vega,
    )
    return Plot(spec, header=properties.get("header", True) is not False)


def _template(name: str, template: str | None, templates: Templates, problems: Problems) -> tuple[str, str | None]:
    """The template's name, and its text if it is the project's own."""
    try:
        return without_folders(template or Template.LINEAR), templates.text(template or Template.LINEAR)
    except UnreadableError as error:
        problems.add(error.file or name, error)
        return Template.LINEAR, None


def _y_axes(entry: _Entry) -> Iterator[Axis]:
    y = entry.properties.get("y")
    if isinstance(y, dict):
        yield from _file_axes(entry, y)
        return
    path = entry.path or entry.id
    for field in y if isinstance(y, list) else [y]:
        yield Axis(path, field)


def _x_axes(name: str, entry: _Entry, y: tuple[Axis, ...], problems: Problems) -> tuple[Axis, ...]:
    x = entry.properties.get("x")
    if x is None:
        return ()
    if isinstance(x, str):
        axes = tuple(Axis(axis.path, x) for axis in y)
        return axes if len(set(axes)) > 1 else axes[:1]
    axes = tuple(_file_axes(entry, x))
    if len(axes) in {1, len(y)}:
        return axes
    problems.add(
        name,
        UnreadableError(
            ProblemKind.PLOT,
            f"has {len(axes)} x for {len(y)} y; the row number is drawn instead",
            "name one x, or one for each y",
            edits=True,
        ),
    )
    return ()


def _file_axes(entry: _Entry, fields: Mapping[str, Any]) -> Iterator[Axis]:
    for path, names in fields.items():
        for field in names if isinstance(names, list) else [names]:
            yield Axis(_joined(entry.file, path), field)
