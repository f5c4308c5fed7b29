"""What a report must hold of a described project's data, stages and plots: told from the description alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from slow.fuzz.description import (
    IN_CACHE,
    Content,
    Plot,
    Project,
    Revision,
    Side,
    Stage,
    Table,
    Tracked,
    content_of_key,
    of_key,
    table_of_key,
)
from slow.fuzz.expecting import UNAVAILABLE, is_readable
from slow.fuzz.values import Value, below, leaves

CHANGED_PLOT_DEFINITIONS_ARE_HELD = False
"""How a plot is to be drawn whose definition changed is being settled; until then any state passes."""


@dataclass(frozen=True)
class ExpectedData:
    state: str
    came_from: str | None = None


def expected_data(project: Project) -> dict[str, ExpectedData]:
    """Each cached output and each target of a .dvc file; what is there on both sides, but kept by git and unread on one, is unavailable."""
    base, head = _tracked_contents(project.base), _tracked_contents(project.head)
    gone, come = _only(base, head), _only(head, base)
    renamed = {come[content]: gone[content] for content in come if content in gone}
    rows = {path: ExpectedData("renamed", before) for path, before in renamed.items()}
    unread = {
        side: {file.path for file in project.side(side).measured_files() if not is_readable(file, project, side)}
        for side in Side
    }
    lacking = {"added": unread[Side.BASE], "removed": unread[Side.HEAD]}
    for path in {**base, **head}:
        if path not in renamed and path not in renamed.values():
            state = _data_state(base.get(path), head.get(path))
            rows[path] = ExpectedData(UNAVAILABLE if path in lacking.get(state, ()) else state)
    return rows


def _tracked_contents(revision: Revision) -> dict[str, str]:
    files = [*revision.every_metrics_file().values(), *revision.every_table().values()]
    contents = [*revision.every_output().values(), *revision.data]
    kept = {file.path: hashlib.md5(file.content).hexdigest() for file in files if file.kept in IN_CACHE}
    return kept | {content.path: _fingerprint(content) for content in contents if content.kept in IN_CACHE}


def _fingerprint(content: Content) -> str:
    """Equal for equal content; a folder's differs from every file's."""
    if not content.inside:
        return hashlib.md5(content.text.encode()).hexdigest()
    return repr(sorted(content.inside.items()))


def _only(here: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """Content → path, of content that is on one side's own paths once and nowhere else on that side; empty files are all alike."""
    counts = Counter(content for path, content in here.items() if path not in there)
    empty = hashlib.md5(b"").hexdigest()
    return {
        content: path
        for path, content in here.items()
        if path not in there and counts[content] == 1 and content != empty
    }


def _data_state(before: str | None, after: str | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "unchanged" if before == after else "changed"


@dataclass(frozen=True)
class ExpectedStage:
    state: str
    outdated: bool


def expected_stages(project: Project) -> dict[str, ExpectedStage]:
    """By DVC's address. Where code was edited after a run, whether a stage changed depends on what is meant, and is not held."""
    base, head = _stages(project.base), _stages(project.head)
    return {
        name: ExpectedStage(_stage_state(base.get(name), head.get(name)), name in head and head[name].is_outdated)
        for name in {**base, **head}
    }


@dataclass(frozen=True)
class _Ran:
    record: tuple[object, ...]
    is_outdated: bool


def _stage_state(before: _Ran | None, after: _Ran | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before.is_outdated or after.is_outdated:
        return "any"
    return "unchanged" if before.record == after.record else "changed"


def _stages(revision: Revision) -> dict[str, _Ran]:
    contents = _everything(revision)
    return {
        stage.address(key): _Ran(
            _record(stage, key, revision, contents),
            not stage.frozen and any(path in revision.unrun for path in stage.reads),
        )
        for stage in revision.stages
        for key in stage.keys
    }


def _everything(revision: Revision) -> dict[str, object]:
    contents = [*revision.every_output().values(), *revision.data, *revision.code]
    found: dict[str, object] = {content.path: _fingerprint(content) for content in contents}
    for file in (*revision.every_metrics_file().values(), *revision.every_table().values()):
        found[file.path] = file.content
    return found


def _record(stage: Stage, key: str, revision: Revision, contents: Mapping[str, object]) -> tuple[object, ...]:
    """What dvc.lock has of a run."""
    files = [of_key(file, key) for file in stage.metrics]
    tables = [table_of_key(table, key) for table in stage.plots]
    outs = [content_of_key(content, key) for content in stage.writes]
    return (
        tuple((name, _used_value(revision, name)) for name in stage.uses),
        tuple((path, contents.get(path)) for path in stage.reads),
        tuple((tracked.path, _tracked_values(revision, tracked)) for tracked in stage.tracks),
        tuple((each.path, contents.get(each.path)) for each in (*files, *tables, *outs)),
    )


def _used_value(revision: Revision, name: str) -> str:
    files = [file for file in revision.params if file.path in {*revision.variables, "params.yaml"}]
    return repr([below(file.written, [name]) for file in files])


def _tracked_values(revision: Revision, tracked: Tracked) -> str:
    names, file = revision.tracked_names(tracked), revision.params_at(tracked.path)
    if names is None or file is None:
        return ""
    tree = below(file.written, names) if names else file.written
    return repr(sorted((name, _plain_number(value)) for name, value in leaves(tree)))


def _plain_number(value: Value) -> str:
    """1 is 1.0."""
    number = float(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else value
    return repr(number)


def expected_plots(project: Project) -> dict[str, frozenset[str]]:
    """Plot → the states that are right."""
    base, head = (_plots(project, side) for side in Side)
    return {name: _plot_states(base.get(name), head.get(name)) for name in {**base, **head}}


@dataclass(frozen=True)
class _Drawn:
    definition: Plot | None
    table: Table
    is_readable: bool


def _plots(project: Project, side: Side) -> dict[str, _Drawn]:
    revision = project.side(side)
    tables = revision.every_table()

    def drawn(table: Table, definition: Plot | None) -> _Drawn:
        return _Drawn(definition, table, is_readable(table, project, side))

    top = {plot.name: drawn(tables[plot.table], plot) for plot in revision.plots}
    own = [table_of_key(table, key) for stage in revision.stages for key in stage.keys for table in stage.plots]
    return top | {table.path: drawn(table, None) for table in own}


def _plot_states(before: _Drawn | None, after: _Drawn | None) -> frozenset[str]:
    sides = [side for side in (before, after) if side is not None]
    if not all(side.is_readable for side in sides):
        return frozenset({UNAVAILABLE})
    if before is None:
        return frozenset({"added"})
    if after is None:
        return frozenset({"removed"})
    if before.definition != after.definition:
        return frozenset({"changed", UNAVAILABLE}) if CHANGED_PLOT_DEFINITIONS_ARE_HELD else frozenset(_ANY)
    return frozenset({"unchanged" if before.table.columns == after.table.columns else "changed"})


_ANY = ("added", "removed", "changed", "unchanged", UNAVAILABLE)
