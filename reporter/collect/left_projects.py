"""Projects of a commit that were left since: what they had there is no longer at its place in the work tree, in whole or in part.

A stub may stay where a project was. That it is still called a project says little, so it is asked for what it had: the outputs that its
dvc.yaml names (a dvc.lock may keep those of stages that are no more), and its rules.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from reporter.collect.dvc.yaml import parse_yaml
from reporter.collect.git.commit_tree import CommitTree
from reporter.collect.git.repository import Git
from reporter.collect.problems import UnreadableError

MARK = ".dvc"
"""The folder that makes a project."""
_PIPELINE = "dvc.yaml"
_RULES = "reporter.yaml"
_WRITTEN = ("outs", "metrics", "plots")

_Output = tuple[str, str]
"""Path of the dvc.yaml from the project, and the output as that file names it; of the rules their own path twice."""


@dataclass(frozen=True, slots=True)
class LeftProject:
    """A project of which something is no longer where it was."""

    folder: str
    is_gone: bool
    """There is no project any more that records anything."""
    outputs: frozenset[_Output]
    """Those that are no longer there."""
    is_emptied: bool
    """They are all that it recorded."""
    root: Path
    """The top of the work tree."""

    def may_be_in(self, folder: str) -> bool:
        """Whether nothing of it stays, or another folder of the work tree records now what it records no longer."""
        return self.is_gone or self.is_emptied or self._is_recorded_in(folder)

    def _is_recorded_in(self, folder: str) -> bool:
        return not self.outputs.isdisjoint(_on_disk(self.root / folder, {file for file, _ in self.outputs}))


def left_projects(commit: CommitTree, git: Git) -> list[LeftProject]:
    """Those of the commit's projects of which something has left its place; what a sparse checkout leaves out has not."""
    folders = [posixpath.dirname(path) for path in commit.folders(MARK)]
    if not folders:
        return []
    left_out = git.left_out()
    recorded = _recorded(commit, folders)
    found = (_left(folder, recorded[folder], commit, git, left_out) for folder in folders)
    return [project for project in found if project is not None]


def inside(folder: str, path: str) -> str:
    """A path below a folder of the repository, which may be its top."""
    return f"{folder}/{path}" if folder else path


def _left(
    folder: str, before: Collection[_Output], commit: CommitTree, git: Git, left_out: Collection[str]
) -> LeftProject | None:
    if any(path.startswith(f"{inside(folder, MARK)}/") for path in left_out):
        return None
    before = {each for each in before if inside(folder, each[0]) not in left_out}
    now = _on_disk(git.root / folder, {file for file, _ in before})
    gone = frozenset(each for each in before if _is_missed(each, now, folder, commit, git, left_out))
    is_gone = not _is_project(folder, commit, git, left_out) or bool(_outputs(before) and not _outputs(now))
    if not gone and not is_gone:
        return None
    return LeftProject(folder, is_gone, gone, bool(_outputs(before)) and _outputs(before) <= gone, git.root)


def _outputs(recorded: Collection[_Output]) -> frozenset[_Output]:
    """Without the rules, which are no output."""
    return frozenset(each for each in recorded if each[0] != _RULES)


def _is_project(folder: str, commit: CommitTree, git: Git, left_out: Collection[str]) -> bool:
    """What is left of a project whose pipeline went elsewhere, such as `.dvc/config`, is none; nor is a link to where it went."""
    pipeline, place = inside(folder, _PIPELINE), git.root / folder
    has_pipeline = not commit.lists(pipeline) or pipeline in left_out or (git.root / pipeline).exists()
    return has_pipeline and (place / MARK).is_dir() and os.path.realpath(place) == str(place)


def _is_missed(
    output: _Output,
    now: Collection[_Output],
    folder: str,
    commit: CommitTree,
    git: Git,
    left_out: Collection[str],
) -> bool:
    """Whether no file names the output any more, or git had it and it is not there, whatever the file says."""
    file, name = output
    path = posixpath.normpath(inside(folder, posixpath.join(posixpath.dirname(file), name)))
    is_off = commit.lists(path) and path not in left_out and not os.path.lexists(git.root / path)
    return output not in now or is_off


def _recorded(commit: CommitTree, projects: Collection[str]) -> dict[str, set[_Output]]:
    """What each project's own files name in the commit; those of a project within another are not the other's."""
    recorded: dict[str, set[_Output]] = {folder: set() for folder in projects}
    files = [path for path in commit.paths() if posixpath.basename(path) in {_PIPELINE, _RULES}]
    commit.fetch(files)
    for path in files:
        around = next((folder for folder in _folders_around(path) if folder in recorded), None)
        if around is not None:
            file = path.removeprefix(inside(around, ""))
            recorded[around] |= {(file, output) for output in _named_in(commit, path, file)}
    return recorded


def _folders_around(path: str) -> Iterator[str]:
    """The nearest first, the top last."""
    while path:
        path = posixpath.dirname(path)
        yield path


def _named_in(commit: CommitTree, path: str, file: str) -> set[str]:
    if file == _RULES:
        return {_RULES}
    try:
        return _named(commit.read(path)) if posixpath.basename(file) == _PIPELINE else set()
    except (OSError, UnreadableError):
        return set()


def _on_disk(project: Path, files: Iterable[str]) -> frozenset[_Output]:
    """What files of a project in the work tree name."""
    found: set[_Output] = set()
    for file in files:
        place = project / file
        if file == _RULES:
            found |= {(_RULES, _RULES)} if place.exists() else set()
        elif place.is_file():
            with suppress(OSError):
                found |= {(file, output) for output in _named(place.read_bytes())}
    return frozenset(found)


def _named(text: bytes) -> set[str]:
    """The outputs that a dvc.yaml names, and the metrics that need no stage; none where it cannot be read."""
    from ruamel.yaml.error import YAMLError

    try:
        tree = parse_yaml(text.decode("utf-8"))
    except (ValueError, RecursionError, YAMLError):
        return set()
    if not isinstance(tree, Mapping):
        return set()
    stages = tree.get("stages")
    stages = list(stages.values()) if isinstance(stages, Mapping) else []
    stages += [stage.get("do") for stage in stages if isinstance(stage, Mapping)]
    return {path for owner in (tree, *stages) if isinstance(owner, Mapping) for path in _written(owner)}


def _written(owner: Mapping[Any, Any]) -> Iterator[str]:
    for key in _WRITTEN:
        entries = owner.get(key)
        for entry in entries if isinstance(entries, list) else []:
            named = next(iter(entry), None) if isinstance(entry, Mapping) else entry
            if isinstance(named, str):
                yield PurePosixPath(named).as_posix()
