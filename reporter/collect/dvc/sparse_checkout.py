"""DVC files that a sparse checkout leaves out of the work tree: what they define must not be taken for removed.

Seen in DVC 3.60 to 3.67: `is_valid_filename`, and `is_ignored_file` of the filter.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection
from pathlib import PurePosixPath

from reporter.collect.git.repository import Git
from reporter.collect.tree import Tree
from reporter.errors import ProjectError
from reporter.model.formatting import the_first

SETTINGS = ".dvc/config"
_NAMED = 3


def require_definitions(git: Git, tree: Tree, is_ignored: Callable[[str], bool]) -> None:
    """Raises ProjectError that names the DVC files of the project in the work tree that are left out.

    `is_ignored` tells of a path on disk whether `.dvcignore` hides it.
    """
    folder = posixpath.relpath(tree.absolute(""), tree.top)
    prefix = "" if folder == "." else f"{folder}/"
    left_out = sorted(path.removeprefix(prefix) for path in git.left_out() if path.startswith(prefix))
    wanted = [
        path
        for path in left_out
        if path == SETTINGS
        or (is_definition(path) and not is_ignored(tree.absolute(path)) and not _is_of_another(path, left_out, tree))
    ]
    if not wanted:
        return
    subject = f"{the_first(wanted, _NAMED)} {'is' if len(wanted) == 1 else 'are'}"
    mend = git.takes_in(prefix + path for path in wanted)
    raise ProjectError(
        f"{subject} left out of this sparse checkout", f"{mend}; `--head HEAD` reports the commit without it"
    )


def is_definition(path: str) -> bool:
    """Whether DVC reads this file to know a project; of its own files `is_valid_filename` leaves some out."""
    from dvc.dvcfile import is_valid_filename

    return bool(is_valid_filename(path)) or path.endswith((".dvcignore", SETTINGS, "dvc.lock"))


def _is_of_another(path: str, left_out: Collection[str], tree: Tree) -> bool:
    """Whether the file belongs to a project within this one."""
    settings = [f"{parent}/{SETTINGS}" for parent in PurePosixPath(path).parents if parent.name]
    return any(each in left_out or tree.exists(each) for each in settings)
