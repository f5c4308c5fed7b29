"""Where a commit has a project that lies elsewhere today: moved into a folder of the repository, or out of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from reporter.collect.git.commit_tree import CommitTree
from reporter.collect.git.repository import Git
from reporter.collect.left_projects import MARK, LeftProject, inside, left_projects
from reporter.collect.problems import UnreadableError
from reporter.errors import ProjectError


class LostProjectError(ProjectError):
    """The commit has projects that are gone today, and nothing tells which of them this one was, if it was one of them.

    The message reads on after the revision's name.
    """


def _lost(projects: Sequence[LeftProject]) -> LostProjectError:
    named = ", ".join(sorted(each.folder or "." for each in projects))
    if len(projects) > 1:
        reason = f"has the projects {named}, all gone since, and nothing tells which of them this one was"
    elif projects[0].is_gone:
        reason = f"has the project {named}, gone since, and nothing tells whether this one was it"
    else:
        reason = f"has the project {named}, a part of it gone since, and nothing tells whether this one is that part"
    return LostProjectError(
        reason,
        "move a project with `git mv` in a commit of its own, and edit it in the next",
    )


def folder_in(commit: CommitTree, git: Git, folder: str) -> str | None:
    """The folder that the project now at `folder` has in the commit; None where the project is younger than the commit.

    git's renames decide, whether or not something is left at the old place, as long as something has gone from there; where they say
    nothing, the only project of the commit that is gone today, if a file of it is here. All folders are POSIX paths from the top of
    the repository, which is the empty path. Raises LostProjectError.
    """
    if commit.lists(inside(folder, MARK)):
        return folder
    left = left_projects(commit, git)
    moves = _moves(git, commit.sha, [project.folder for project in left]) if left else {}
    moved = _most(Counter({origin: votes[folder] for origin, votes in moves.items() if folder in votes}))
    if moved is not None:
        return moved
    missed = [
        each for each in left if not _is_elsewhere(git, moves.get(each.folder, Counter())) and each.may_be_in(folder)
    ]
    if not missed:
        return folder if commit.lists(folder) else None
    if len(missed) > 1 or not missed[0].is_gone or not _has_a_file_of(commit, missed[0].folder, git.root / folder):
        raise _lost(missed)
    return missed[0].folder


def _moves(git: Git, sha: str, left: Collection[str]) -> dict[str, Counter[str]]:
    """Of each project that was left, how many of its files went to a folder of today, each keeping its place within the project."""
    moves: dict[str, Counter[str]] = {}
    for before, after in git.renames(sha):
        for origin in left:
            target = _target(before, after, origin)
            if target is not None:
                moves.setdefault(origin, Counter())[target] += 1
    return moves


def _most(votes: Counter[str]) -> str | None:
    """The one with the most votes; None where two have as many, or there is none."""
    (first, most), (_, next_most) = [*votes.most_common(2), ("", 0), ("", 0)][:2]
    return first if most > next_most else None


def _is_elsewhere(git: Git, votes: Counter[str]) -> bool:
    """Whether most of a project's files went to what is a project today."""
    target = _most(votes)
    return target is not None and (git.root / inside(target, MARK)).is_dir()


def _target(before: str, after: str, origin: str) -> str | None:
    """The folder in which `after` has the place that `before` had in `origin`; None where it has another, or tells nothing."""
    path = PurePosixPath(before)
    if not path.is_relative_to(origin) or _is_alike_everywhere(path):
        return None
    rest = path.relative_to(origin).as_posix()
    target = after.removesuffix(rest).rstrip("/")
    return target if inside(target, rest) == after else None


def _has_a_file_of(commit: CommitTree, origin: str, here: Path) -> bool:
    """Whether a file of the commit's project lies here as it was: git knows no rename to what it does not track yet."""
    below = inside(origin, "")
    own = (path for path in commit.paths() if path.startswith(below) and not _is_alike_everywhere(PurePosixPath(path)))
    return any(_is_same(commit, path, here / path.removeprefix(below)) for path in own)


def _is_same(commit: CommitTree, path: str, file: Path) -> bool:
    try:
        content = file.read_bytes()
        return bool(content) and commit.read(path) == content
    except (OSError, UnreadableError):
        return False


def _is_alike_everywhere(path: PurePosixPath) -> bool:
    """Files that DVC makes in every project with the same content."""
    return ".dvc" in path.parts or path.name in {".dvcignore", ".gitignore"}
