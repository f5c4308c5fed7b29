"""Where a commit has a project that lies elsewhere today: moved into a folder of the repository, or out of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import PurePosixPath

from reporter.collect.commit_tree import CommitTree
from reporter.collect.git import Git
from reporter.errors import ProjectError

_MARK = ".dvc"
_PIPELINE = "dvc.yaml"


class LostProjectError(ProjectError):
    """The commit has several projects that are gone today, and nothing tells which of them this one was.

    The message reads on after the revision's name.
    """


def _lost(folders: Collection[str]) -> LostProjectError:
    named = ", ".join(sorted(folder or "." for folder in folders))
    return LostProjectError(
        f"has the projects {named}, all gone since, and nothing tells which of them this one was",
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
    moved = _by_renames(git, commit.sha, folder, gone)
    if moved is not None:
        return moved
    if len(gone) > 1:
        raise _lost(gone)
    return gone[0]


def _gone(commit: CommitTree, git: Git) -> tuple[str, ...]:
    """Folders of the commit's projects that are no longer projects; one that a sparse checkout leaves out still is."""
    projects = [PurePosixPath(path).parent.as_posix() for path in commit.folders(_MARK)]
    folders = ["" if folder == "." else folder for folder in projects]
    left_out = git.left_out() if folders else frozenset()
    return tuple(folder for folder in folders if not _is_alive(folder, commit, git, left_out))


def _is_alive(folder: str, commit: CommitTree, git: Git, left_out: Collection[str]) -> bool:
    """What is left of a project whose pipeline went elsewhere, such as `.dvc/config`, is none."""
    if any(path.startswith(f"{_inside(folder, _MARK)}/") for path in left_out):
        return True
    pipeline = _inside(folder, _PIPELINE)
    has_pipeline = not commit.lists(pipeline) or pipeline in left_out or (git.root / pipeline).exists()
    return has_pipeline and (git.root / _inside(folder, _MARK)).is_dir()


def _by_renames(git: Git, sha: str, folder: str, gone: Collection[str]) -> str | None:
    """The folder that most of the project's files came from, each keeping its place within the project."""
    origins = (_origin(before, after, folder) for before, after in git.renames(sha))
    votes = Counter(origin for origin in origins if origin in gone)
    (first, most), (_, next_most) = [*votes.most_common(2), ("", 0), ("", 0)][:2]
    return first if most > next_most else None


def _origin(before: str, after: str, folder: str) -> str | None:
    """The folder in which `before` had the place that `after` has in `folder`; None where it had another, or tells nothing."""
    path = PurePosixPath(after)
    if not path.is_relative_to(folder) or _is_alike_everywhere(path):
        return None
    rest = path.relative_to(folder).as_posix()
    origin = before.removesuffix(rest).rstrip("/")
    return origin if _inside(origin, rest) == before else None


def _is_alike_everywhere(path: PurePosixPath) -> bool:
    """Files that DVC makes in every project with the same content."""
    return ".dvc" in path.parts or path.name in {".dvcignore", ".gitignore"}


def _inside(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path
