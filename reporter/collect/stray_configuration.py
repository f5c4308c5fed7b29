"""Files that look like a reporter.yaml, and that no project reads: by another name, or in another place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reporter.collect.git.repository import Git

_NAMES = ("reporter.yml", ".reporter.yaml", ".reporter.yml")
"""That others of its kind would have."""


def stray_configurations(root: Path, git: Git, name: str) -> tuple[str, ...]:
    """A sentence for each file that is not read although its author must think so. `name` is the one that is read, beside `.dvc` in `root`."""
    return (*_misnamed(root, name), *_above(root, git.root, name), *_below(root, git, name))


def _misnamed(root: Path, name: str) -> Iterator[str]:
    for other in _NAMES:
        if (root / other).is_file():
            yield f"`{other}` is not read: rename it to `{name}`."


def _above(root: Path, git_root: Path, name: str) -> Iterator[str]:
    for folder in root.parents:
        if not folder.is_relative_to(git_root):
            return
        if not (folder / ".dvc").is_dir():  # else a project there reads it
            for each in (name, *_NAMES):
                if (folder / each).is_file():
                    yield f"`{_shown(folder / each, root)}` is not read: move it to `{name}` beside this project's `.dvc`."


def _below(root: Path, git: Git, name: str) -> Iterator[str]:
    """Beside a dvc.yaml of the same project; looked for only where the project has none at its top, and may be thought to have one."""
    if (root / name).is_file():
        return
    for path in sorted(git.tracked_as(root, name)):
        folder = (root / path).parent
        if folder != root and (folder / "dvc.yaml").is_file() and not (folder / ".dvc").is_dir():
            yield f"`{path}` is not read: a project has one `{name}`, beside its `.dvc`."


def _shown(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()
