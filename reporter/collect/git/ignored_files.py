"""Folders that hold what git ignores (`__pycache__`, `.DS_Store`): DVC hashes it with the rest, and no other clone has it."""

from __future__ import annotations

import posixpath

from reporter.collect.git.repository import Git
from reporter.collect.problems import UnreadableError
from reporter.model.problem import ProblemKind
from reporter.model.revision import Revision

LOCK_FILES = ":(top,glob)**/dvc.lock"
"""A pathspec of git's."""
_THEN = "then run `dvc repro` and commit dvc.lock"
_MEND = f"name in .dvcignore what git ignores there (`__pycache__/`, for instance), {_THEN}"
_MEND_ABOVE = (
    f"name its files one by one under `deps`, as .dvcignore does not reach above the folder of the project; {_THEN}"
)


def only_ignored_differ(
    git: Git,
    revision: Revision,
    folder: str,
    recorded: str,
    count: int | None,
    files: frozenset[str],
    *,
    is_above: bool,
) -> UnreadableError | None:
    """Why it cannot be known whether the folder is as it was recorded; None where what git has of it has changed since, or is all.

    `folder` is its path from the top of the repository, `recorded` its hash in dvc.lock and `count` the number of files then;
    `files` are those that DVC finds in it now, from the folder. `is_above`: it is not inside the project.
    """
    if revision.is_workspace:
        kept = files & {posixpath.relpath(path, folder) for path in git.tracked_below(folder)}
    else:
        kept = files
    ignored = sorted(files - kept)
    had_more = count is not None and count > len(kept)
    if not (ignored or had_more) or not _unchanged(git, revision, folder, recorded):
        return None
    if ignored:
        had = f"holds files that git ignores ({ignored[0]})"
    else:
        had = f"had {count:,} files when dvc.lock was written"
    reason = f"{had}; the {len(kept):,} that git has of it have not changed since"
    return UnreadableError(ProblemKind.MISSING, reason, _MEND_ABOVE if is_above else _MEND, edits=True)


def _unchanged(git: Git, revision: Revision, folder: str, recorded: str) -> bool:
    """Whether git has the same below the folder as in the commit that brought its hash into dvc.lock."""
    written = git.brought_by(recorded, revision.sha, LOCK_FILES)
    if written is None:
        return False
    if revision.is_workspace:
        return git.is_as_in(written, folder)
    before, now = (git.read("rev-parse", "--verify", "--quiet", f"{sha}:{folder}") for sha in (written, revision.sha))
    return before is not None and before == now
