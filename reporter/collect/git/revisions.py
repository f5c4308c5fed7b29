"""Names that a user gives, made into commits: branches, tags, SHAs, experiments, and what a shallow clone lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from reporter.collect.git.repository import FULL_SHA, Git
from reporter.errors import ProjectError
from reporter.model.revision import WORKSPACE, Revision

_HEX = re.compile(r"[0-9a-f]{7,40}")
_COUNTING = re.compile(r"[~^]")
_DEEPENING = ("--deepen=50", "--deepen=250", "--deepen=1000", "--unshallow")
"""A pull request is rarely further from its base than the first step; each one is a round trip."""
FETCH_DEPTH_HINT = "the clone is shallow: set `fetch-depth: 0` for actions/checkout (GitLab: `GIT_DEPTH: 0`), or run `git fetch --unshallow`"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch with its tips, at least one of them."""

    name: str
    """Without the remote's name."""
    local: str | None
    """SHA of this clone's own tip."""
    tracked: str | None
    """SHA of the remote's tip, as last fetched."""

    @property
    def tip(self) -> str:
        """The remote's tip where there is one."""
        return self.tracked or self.local or ""

    @property
    def tips(self) -> tuple[str, ...]:
        """Those that there are, the remote's first."""
        return tuple(tip for tip in (self.tracked, self.local) if tip)


def workspace_revision(git: Git) -> Revision:
    """The work tree. Raises ProjectError before the first commit."""
    sha = git.commit("HEAD")
    if sha is None:
        raise ProjectError("the repository has no commit yet", "commit the project first: `git add . && git commit`")
    return Revision(WORKSPACE, sha, WORKSPACE, dirty=git.is_dirty())


def named_revision(git: Git, name: str) -> Revision:
    """The commit that `name` stands for, taken as given. Raises ProjectError where there is none."""
    sha = (
        git.commit(name)
        or _experiment(git, name)
        or _tracked_tip(git, name)
        or _counted_back(git, name)
        or _fetched(git, name)
    )
    if sha is None:
        raise unknown_revision(git, name)
    return Revision(name, sha, label_of(name))


def _counted_back(git: Git, name: str) -> str | None:
    """`main~3`, `HEAD^`: so much of the history is fetched as it takes to count back from what comes before the sign."""
    start = git.commit(_COUNTING.split(name)[0]) if _COUNTING.search(name) else None
    return deepen_until(git, lambda: git.commit(name), start) if start else None


def _experiment(git: Git, name: str) -> str | None:
    found = sorted(set(git.experiments().get(name, ())))
    if len(found) > 1:
        raise ProjectError(
            f"{len(found)} experiments are called '{name}': {', '.join(sha[:7] for sha in found)}",
            "name the one you mean by its SHA",
        )
    return next(iter(found), None)


def label_of(name: str) -> str:
    """What a reader is shown for `name`: a SHA is cut to 7 digits."""
    return name[:7] if _HEX.fullmatch(name) else name


def find_branch(git: Git, name: str, *, of_remote: bool) -> Branch | None:
    """The branch called `name` (`main`, `origin/main`), or None where the name stands for something else.

    With `of_remote` only the remote's tip counts. A branch that this clone lacks is fetched.
    """
    if name in {"HEAD", "@"} or name.startswith("-"):
        return None
    full = git.read("rev-parse", "--symbolic-full-name", "--verify", "--quiet", name) or ""
    prefix = f"refs/remotes/{git.remote()}/"
    if full.startswith(prefix):
        return _branch(git, full.removeprefix(prefix), of_remote=True)
    if full.startswith("refs/heads/"):
        return _branch(git, full.removeprefix("refs/heads/"), of_remote=of_remote)
    if git.commit(name) or name in git.experiments():
        return None
    return _branch(git, _without_remote(git, name), of_remote=True)


def deepen_until(git: Git, found: Callable[[], str | None], *wanted: str) -> str | None:
    """Ask `found` after each step of deepening the history of `wanted` (SHAs, refspecs); None if it never answers."""
    result = found()
    steps = iter(_DEEPENING)
    while result is None and git.is_shallow():
        step = next(steps, None)
        if step is None or git.fetch(step, *wanted):
            break
        result = found()
    return result


def first_parent(git: Git, sha: str) -> str | None:
    """The commit before `sha`; None for the first one. Raises ProjectError if a shallow clone hides it."""
    parent = git.commit(f"{sha}^1")
    if parent or b"\nparent " not in git.run("cat-file", "commit", sha).stdout.split(b"\n\n", 1)[0]:
        return parent
    git.fetch("--deepen=1", sha)
    parent = git.commit(f"{sha}^1")
    if parent is None:
        raise ProjectError(f"the commit before {sha[:7]} is not in this clone", FETCH_DEPTH_HINT)
    return parent


def default_branch(git: Git, announced: str | None) -> str | None:
    """The name of the remote's default branch, else of a local `main` or `master`; None if there is no such branch.

    `announced` is what the CI's event says it is. A clone of one branch knows none of these: then the remote is asked.
    """
    remote = git.remote()
    prefix = f"refs/remotes/{remote}/"
    head = git.read("symbolic-ref", "--quiet", f"{prefix}HEAD") if remote else None
    if announced or head:
        return announced or (head or "").removeprefix(prefix)
    candidates = [f"{prefix}main", f"{prefix}master"] if remote else []
    known = git.refs(*candidates, "refs/heads/main", "refs/heads/master")
    found = (ref.rpartition("/")[2] for ref in [*candidates, "refs/heads/main", "refs/heads/master"] if ref in known)
    return next(found, None) or git.default_branch_of_remote()


def unknown_revision(git: Git, name: str) -> ProjectError:
    """The error for a name that stands for nothing: it tells of similar names, or that the clone lacks history."""
    names = [*_short_names(git.refs("refs/heads", "refs/tags", "refs/remotes")), *git.experiments()]
    similar = get_close_matches(name, names, n=3)
    hint = (
        f"did you mean {', '.join(similar)}?"
        if similar
        else "name a branch, a tag, a commit or an experiment (`dvc exp list`)"
    )
    cut_off = git.is_shallow() and (not similar or bool(_COUNTING.search(name)))
    return ProjectError(f"there is no revision '{name}'", FETCH_DEPTH_HINT if cut_off else hint)


def _branch(git: Git, name: str, *, of_remote: bool) -> Branch | None:
    local = None if of_remote and git.remote() else git.commit(f"refs/heads/{name}")
    tracked = _tracked_tip(git, name)
    if tracked is None and (of_remote or local is None):
        _fetch_branch(git, name)
        tracked = _tracked_tip(git, name)
    if tracked is None and local is None:
        local = git.commit(f"refs/heads/{name}")  # better the clone's own branch than none
    return Branch(name, local, tracked) if tracked or local else None


def branch_refspec(git: Git, name: str) -> str:
    """What `git fetch` takes to bring the remote's tip of a branch, after a forced push as well."""
    return f"+refs/heads/{name}:refs/remotes/{git.remote()}/{name}"


def _fetch_branch(git: Git, name: str) -> None:
    if git.remote():
        git.fetch(*(["--depth=1"] if git.is_shallow() else []), branch_refspec(git, name))


def _tracked_tip(git: Git, name: str) -> str | None:
    remote = git.remote()
    return git.commit(f"refs/remotes/{remote}/{name}") if remote else None


def _fetched(git: Git, name: str) -> str | None:
    """A commit, tag or branch that only the remote has."""
    if not git.remote() or name.startswith("-"):
        return None
    depth = ["--depth=1"] if git.is_shallow() else []
    if FULL_SHA.fullmatch(name):
        git.fetch(*depth, name)
        return git.commit(name)
    if git.fetch(*depth, f"+refs/tags/{name}:refs/tags/{name}") is None:
        return git.commit(name)
    branch = _without_remote(git, name)
    _fetch_branch(git, branch)
    return _tracked_tip(git, branch)


def _without_remote(git: Git, name: str) -> str:
    """`origin/topic` as the remote calls it."""
    return name.removeprefix(f"{git.remote()}/")


def _short_names(refs: Iterable[str]) -> list[str]:
    return [ref.split("/", 2)[2] for ref in refs if not ref.endswith("/HEAD")]
