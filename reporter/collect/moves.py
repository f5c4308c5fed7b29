"""Where a commit has a project that lies elsewhere today: moved into a folder of the repository, or out of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import PurePosixPath

from reporter.collect.commit_tree import CommitTree
from reporter.collect.git import Git
from reporter.errors import ProjectError

_MARK = ".dvc/config"


class LostProjectError(ProjectError):
    """The commit has several projects that are gone today, and nothing tells which of them this one was."""

    def __init__(self, folders: Collection[str]) -> None:
        named = ", ".join(sorted(folder or "." for folder in folders))
        super().__init__(
            f"it has the projects {named}, all gone since, and nothing tells which of them this one was",
            "move a project with `git mv` in a commit of its own, and edit it in the next",
        )


def folder_in(commit: CommitTree, git: Git, folder: str) -> str | None:
    """The folder that the project now at `folder` has in the commit; None where the project is younger than the commit.

    git's renames decide; where they say nothing, the only project of the commit that is gone today. All folders are POSIX paths from
    the top of the repository, which is the empty path. Raises LostProjectError.
    """
    if commit.lists(_inside(folder, _MARK)):
        return folder
    gone = _gone(commit, git)
    if not gone:
        return folder if commit.lists(folder) else None
    if moved := _by_renames(git, commit.sha, folder, gone):
        return moved
    if len(gone) > 1:
        raise LostProjectError(gone)
    return gone[0]


def _gone(commit: CommitTree, git: Git) -> tuple[str, ...]:
    """Folders of the commit's projects that are no longer there; those left out of a sparse checkout are."""
    then = [path for path in commit.paths() if path == _MARK or path.endswith(f"/{_MARK}")]
    left_out = git.left_out() if then else frozenset()
    return tuple(
        path.removesuffix(_MARK).removesuffix("/")
        for path in then
        if path not in left_out and not (git.root / path).exists()
    )


def _by_renames(git: Git, sha: str, folder: str, gone: Collection[str]) -> str | None:
    """The folder that most of the project's files came from, each keeping its place within the project."""
    votes: Counter[str] = Counter()
    for before, after in git.renames(sha):
        path = PurePosixPath(after)
        if path.is_relative_to(folder):
            rest = path.relative_to(folder).as_posix()
            origin = before.removesuffix(rest)
            if _inside(origin.rstrip("/"), rest) == before:
                votes[origin.rstrip("/")] += 1
    return next((origin for origin, _ in votes.most_common() if origin in gone), None)


def _inside(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path
