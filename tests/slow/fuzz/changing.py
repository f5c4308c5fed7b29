"""What may happen to a described project between two revisions: each change gives another description."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeVar

from slow.fuzz.description import Content, Kept, Revision, Stage, Table, Tracked, Values
from slow.fuzz.values import Tree, Value

File = TypeVar("File", Values, Table, Content)


def with_values(revision: Revision, path: str, tree: Tree) -> Revision:
    """A metrics or params file holds another tree."""
    return _with_measure(revision, path, lambda file: replace(file, tree=tree))


def kept_otherwise(revision: Revision, path: str, kept: Kept) -> Revision:
    return _with_measure(revision, path, lambda file: replace(file, kept=kept))


def cut_off(revision: Revision, path: str) -> Revision:
    """A metrics file whose writer was killed."""
    return _with_measure(revision, path, lambda file: replace(file, broken=True))


def without_key(tree: Tree, key: str) -> Tree:
    return {name: value for name, value in tree.items() if name != key}


def with_key(tree: Tree, key: str, value: Value) -> Tree:
    """A key that is there keeps its place."""
    return {**tree, key: value}


def renamed_metrics(revision: Revision, path: str, suffix: str) -> Revision:
    """A metrics file with another name or of another format."""
    after = str(PurePosixPath(path).with_suffix(suffix))
    return _with_measure(revision, path, lambda file: replace(file, path=after))


def renamed_stage(revision: Revision, name: str) -> Revision:
    return _with_stages(revision, lambda stage: replace(stage, name=f"{name}2") if stage.name == name else stage)


def without_stage(revision: Revision, name: str) -> Revision:
    return replace(revision, stages=tuple(stage for stage in revision.stages if stage.name != name))


def tracking(revision: Revision, name: str, path: str, names: tuple[str, ...]) -> Revision:
    """A stage tracks other params of a file."""

    def track(stage: Stage) -> Stage:
        if stage.name != name:
            return stage
        return replace(
            stage, tracks=tuple(Tracked(path, names) if each.path == path else each for each in stage.tracks)
        )

    return _with_stages(revision, track)


def with_points(revision: Revision, path: str, column: str, number: float) -> Revision:
    """The first point of a plot's column is another."""

    def changed(table: Table) -> Table:
        if table.path != path:
            return table
        columns = {name: (number, *points[1:]) if name == column else points for name, points in table.columns.items()}
        return replace(table, columns=columns)

    stages = tuple(replace(stage, plots=tuple(map(changed, stage.plots))) for stage in revision.stages)
    return replace(revision, stages=stages, tables=tuple(map(changed, revision.tables)))


def redefined(revision: Revision, name: str, y: str) -> Revision:
    """A plot draws another column."""
    return replace(revision, plots=tuple(replace(plot, y=y) if plot.name == name else plot for plot in revision.plots))


def with_data(revision: Revision, path: str, text: str) -> Revision:
    """Data or an output with other content; of a folder, one more file."""

    def changed(content: Content) -> Content:
        if content.path != path:
            return content
        return (
            replace(content, inside={**content.inside, text: text}) if content.inside else replace(content, text=text)
        )

    stages = tuple(replace(stage, writes=tuple(map(changed, stage.writes))) for stage in revision.stages)
    return replace(revision, stages=stages, data=tuple(map(changed, revision.data)))


def renamed_data(revision: Revision, path: str) -> Revision:
    """A tracked file or folder under another name, the same for the stages that read it."""
    after = f"{path}-renamed"

    def reading(stage: Stage) -> Stage:
        return replace(stage, reads=tuple(after if read == path else read for read in stage.reads))

    data = tuple(replace(content, path=after) if content.path == path else content for content in revision.data)
    return replace(_with_stages(revision, reading), data=data)


def with_code(revision: Revision, path: str, text: str) -> Revision:
    """Code that was edited and run."""
    code = tuple(replace(each, text=text) if each.path == path else each for each in revision.code)
    return replace(revision, code=code)


def edited(revision: Revision, path: str, text: str) -> Revision:
    """Code that was edited and not run."""
    return replace(revision, unrun={**revision.unrun, path: text})


def moved(revision: Revision, folder: str) -> Revision:
    return replace(revision, folder=folder)


def _with_stages(revision: Revision, change) -> Revision:
    return replace(revision, stages=tuple(map(change, revision.stages)))


def _with_measure(revision: Revision, path: str, change) -> Revision:
    """Of a repeated stage's file: `path` is that with the key's place in it."""

    def changed(file: Values) -> Values:
        return change(file) if file.path == path else file

    stages = tuple(replace(stage, metrics=tuple(map(changed, stage.metrics))) for stage in revision.stages)
    return replace(
        revision,
        stages=stages,
        metrics=tuple(map(changed, revision.metrics)),
        params=tuple(map(changed, revision.params)),
    )
