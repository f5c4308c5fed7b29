"""What is checked out where a job runs."""

from __future__ import annotations

import re
from pathlib import Path

from reporter.collect.git.repository import Git, find_git_root
from reporter.errors import ProjectError
from reporter.model.ci import Checkout

_PARENT = re.compile(rb"^parent ([0-9a-f]{40})$", re.MULTILINE)


def read_checkout(directory: Path) -> Checkout:
    """The commit that is checked out around `directory`. Raises ProjectError where there is none."""
    git = Git(find_git_root(directory))
    sha = git.commit("HEAD")
    if sha is None:
        raise ProjectError("the repository has no commit yet", "commit the project first: `git add . && git commit`")
    # The commit itself, not its history, which a shallow clone cuts off below it.
    header, _, _ = git.run("cat-file", "commit", sha).stdout.partition(b"\n\n")
    return Checkout(sha, tuple(parent.decode() for parent in _PARENT.findall(header)))
