"""The git repository around the project: names to commits, ancestry, and getting what a shallow clone lacks."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reporter.collect.git.objects import ObjectReader
from reporter.collect.redaction import one_line
from reporter.errors import ProjectError
from reporter.process import PATIENCE, Completed, ProcessError, run

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",  # a missing credential must fail, not wait for an answer
    "GIT_OPTIONAL_LOCKS": "0",  # reading the status must not write the index
}
_FETCH_SECONDS = 120.0
_ASK_SECONDS = 15.0
_GITLINK = "160000 "
"""The mode of a submodule in the index."""
_PATHS_OF_A_COMMAND = 5
"""More of them nobody types."""
_LOG_SECONDS = 10.0
_RENAME_SECONDS = 60.0
_EXPERIMENT_REF = re.compile(r"refs/exps/[0-9a-f]{2}/[0-9a-f]{38}/(?P<name>[^/]+)")
_ERROR_WITH_LIST = re.compile(r"^(?:fatal|error):.*(?:\n[ \t]+\S.*)*", re.MULTILINE)
_DISTRUSTED = re.compile(r"dubious ownership in repository at '(.+)'")
_REMOTE_HEAD = re.compile(r"ref: refs/heads/(?P<branch>\S+)\tHEAD")
FULL_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Git:
    """The git command, run in one repository."""

    root: Path
    """The top of the work tree."""

    def run(self, *arguments: str, stdin: bytes | None = None, timeout: float = PATIENCE) -> Completed:
        """What a git command leaves, whatever its exit code. Raises ProcessError where git is missing or takes more than `timeout` seconds."""
        return run("git", *arguments, cwd=self.root, env=_ENVIRONMENT, stdin=stdin, timeout=timeout)

    def read(self, *arguments: str) -> str | None:
        """What a git command prints; None if it fails."""
        done = self.run(*arguments)
        return done.text if done.ok else None

    def commit(self, name: str) -> str | None:
        """The full SHA of the commit that `name` stands for; None if git knows no such commit."""
        if not name or name.startswith("-"):
            return None  # git would take it for an option
        return self.read("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")

    def refs(self, *patterns: str) -> dict[str, str]:
        """Full names of the references below `patterns` → SHA of the object."""
        lines = (self.read("for-each-ref", "--format=%(refname) %(objectname)", *patterns) or "").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def experiments(self) -> dict[str, tuple[str, ...]]:
        """Names of `dvc exp` experiments → SHAs, several where experiments of different baselines share a name."""
        found: dict[str, tuple[str, ...]] = {}
        for ref, sha in self.refs("refs/exps").items():
            if match := _EXPERIMENT_REF.fullmatch(ref):
                found[match["name"]] = (*found.get(match["name"], ()), sha)
        return found

    def remote(self) -> str | None:
        """`origin`, else the only or first remote; None for a repository without one."""
        remotes = (self.read("remote") or "").split()
        return "origin" if "origin" in remotes else next(iter(remotes), None)

    def is_dirty(self) -> bool:
        """Whether a tracked file differs from HEAD; untracked files are not counted."""
        status = self.run("status", "--porcelain", "--untracked-files=no", "--ignore-submodules")
        if not status.ok:
            raise ProjectError(f"git cannot read the work tree: {one_line(status.stderr)}", "run `git status`")
        return bool(status.stdout)

    def is_shallow(self) -> bool:
        """Whether the clone lacks commits that came before those it has."""
        return self.read("rev-parse", "--is-shallow-repository") == "true"

    def merge_base(self, commit: str, tips: Sequence[str]) -> str | None:
        """The best common ancestor of `commit` and the union of `tips`; None if there is none."""
        return self.read("merge-base", commit, *tips)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`; a commit contains itself."""
        return self.run("merge-base", "--is-ancestor", older, newer).ok

    def distance(self, older: str, newer: str) -> int | None:
        """How many commits `newer` has that `older` has not."""
        count = self.read("rev-list", "--count", f"{older}..{newer}")
        return int(count) if count else None

    def fetch(self, *arguments: str) -> str | None:
        """Fetch from the remote; None if it worked, else one line that says why not."""
        remote = self.remote()
        if remote is None:
            return "the repository has no remote"
        done = self.run(
            "fetch", "--quiet", "--no-tags", "--no-auto-gc", *_split(arguments, remote), timeout=_FETCH_SECONDS
        )
        return None if done.ok else one_line(_last_error(done.stderr))

    def default_branch_of_remote(self) -> str | None:
        """What the remote itself says; None where there is no remote, or it does not answer."""
        remote = self.remote()
        if remote is None:
            return None
        try:
            asked = self.run("ls-remote", "--symref", remote, "HEAD", timeout=_ASK_SECONDS)
        except ProcessError:  # too slow: a report without it compares with the commit before
            return None
        match = _REMOTE_HEAD.match(asked.text)
        return match["branch"] if match else None

    def names_in(self, tree: str) -> list[str]:
        """What a tree object lists directly."""
        listed = self.run("ls-tree", "-z", "--name-only", tree)
        return listed.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]

    def common_folder(self) -> Path:
        """The git folder that all work trees of the repository share."""
        return self.root / (self.read("rev-parse", "--git-common-dir") or ".git")

    def objects(self) -> ObjectReader:
        """A reader of the repository's objects; it starts no git before it is asked."""
        return ObjectReader(self.root, _ENVIRONMENT)

    def absent_submodules(self, directory: Path) -> dict[str, str]:
        """Submodules that are not checked out, those within others too: POSIX path from `directory` → the commit that is pinned."""
        absent = _absent_submodules(self.root)
        return {Path(os.path.relpath(place, directory)).as_posix(): commit for place, commit in absent}

    def moved_submodules(self) -> list[str]:
        """Submodules of which the work tree has another commit than the index pins, as POSIX paths from the top of the repository."""
        return [place.relative_to(self.root).as_posix() for place in _moved_submodules(self.root)]

    def renames(self, sha: str) -> list[tuple[str, str]]:
        """Files that the work tree has under another name than the commit: old and new path, from the top of the repository.

        Empty where git does not tell in time.
        """
        options = ("--name-status", "-z", "--find-renames", "--diff-filter=R", "--no-ext-diff", "--no-textconv")
        try:
            done = self.run("diff", *options, sha, timeout=_RENAME_SECONDS)
        except (
            ProcessError
        ):  # thousands of files moved and edited: the project is then found otherwise, or said to be lost
            return []
        fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")
        return list(zip(fields[1::3], fields[2::3], strict=False))

    def is_sparse(self) -> bool:
        """Whether the work tree may leave out tracked files; no git is started where it was never told to."""
        place = self.root / ".git"
        if place.is_file():  # a further work tree, or a submodule
            place = self.root / place.read_text().removeprefix("gitdir: ").strip()
        told = (place / "info" / "sparse-checkout").exists()
        return told and self.read("config", "--type=bool", "core.sparseCheckout") == "true"

    def left_out(self) -> frozenset[str]:
        """Tracked files that a sparse checkout leaves out of the work tree, from the top of the repository."""
        if not self.is_sparse():
            return frozenset()
        lines = self.run("ls-files", "-t", "-z").stdout.decode("utf-8", "surrogateescape").split("\0")
        return frozenset(line[2:] for line in lines if line.startswith("S "))

    def leaves_out(self, path: str) -> bool:
        """Whether a sparse checkout leaves out a tracked file at or below this path of the disk."""
        if not self.is_sparse():
            return False
        listed = self.read("ls-files", "-t", "--", f":(literal){path}") or ""
        return any(line.startswith("S ") for line in listed.splitlines())

    def takes_in(self, paths: Iterable[str]) -> str:
        """The commands that bring files back which a sparse checkout leaves out; `paths` are from the top of the repository."""
        if self.read("config", "--type=bool", "core.sparseCheckoutCone") == "true":  # it knows folders only
            paths = (posixpath.dirname(path) for path in paths)
        named = tuple(dict.fromkeys(map(shlex.quote, paths)))
        if len(named) > _PATHS_OF_A_COMMAND:
            return "run `git sparse-checkout disable`"
        return f"run `git sparse-checkout add {' '.join(named)}`, or `git sparse-checkout disable`"

    def ignores(self, path: str) -> bool:
        """Whether git would ignore a file at this path from the top of the repository."""
        return self.run("check-ignore", "--quiet", "--no-index", "--", path).ok

    def promisor(self) -> str | None:
        """The remote from which a partial clone fetches what it lacks; None of a whole clone."""
        found = self.read("config", "--get-regexp", r"^remote\..*\.promisor$")
        return found.partition(".")[2].rpartition(".promisor")[0] if found else None

    def fetch_objects(self, remote: str, oids: Iterable[str]) -> None:
        """Bring objects to a partial clone at once, as git itself would one by one. What fails is met again when it is read."""
        options = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        command = ("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", remote, *options)
        with suppress(ProcessError):
            self.run(*command, stdin=asked, timeout=_FETCH_SECONDS)

    def touching(self, tip: str, pathspecs: Sequence[str], most: int) -> list[str]:
        """SHAs of the newest commits on the first-parent way to `tip` that changed one of the paths, newest first.

        Empty where git does not answer in time.
        """
        wanted = ("--first-parent", f"--max-count={most}", "--format=%H", tip, "--", *pathspecs)
        try:
            return (self.run("log", *wanted, timeout=_LOG_SECONDS).text if pathspecs else "").split()
        except ProcessError:  # a history of a million commits: a report without it is still one
            return []

    def brought_by(self, text: str, tip: str, pathspec: str) -> str | None:
        """SHA of the last commit on the way to `tip` that brought `text` into the files; None if none did, or git does not tell in time."""
        wanted = ("-1", "--format=%H", f"-S{text}", "--no-ext-diff", "--no-textconv", tip, "--", pathspec)
        try:
            return self.run("log", *wanted, timeout=_LOG_SECONDS).text or None
        except ProcessError:
            return None

    def is_as_in(self, sha: str, folder: str) -> bool:
        """Whether the work tree has the same below the folder as a commit, and no new file that git would take in."""
        place = f":(top,literal){folder}"
        same = self.run("diff", "--quiet", "--no-ext-diff", "--no-textconv", sha, "--", place).ok
        return same and not self.read("ls-files", "--others", "--exclude-standard", "--", place)

    def tracked_below(self, folder: str) -> frozenset[str]:
        """Files below `folder` that the index holds; all paths are POSIX paths from the top of the repository."""
        done = self.run("ls-files", "-z", "--", f":(top,literal){folder}")
        return frozenset(done.stdout.decode("utf-8", "surrogateescape").split("\0")) - {""}

    def tracked(self, directory: Path) -> frozenset[str]:
        """Files below `directory` that the index holds, as POSIX paths from `directory`."""
        done = run("git", "ls-files", "-z", cwd=directory, env=_ENVIRONMENT)
        return frozenset(done.stdout.decode("utf-8", "surrogateescape").split("\0")) - {""}

    def tracked_as(self, directory: Path, name: str) -> frozenset[str]:
        """The same of files called `name`."""
        pattern = f":(glob)**/{name}"
        done = run("git", "ls-files", "-z", "--", pattern, cwd=directory, env=_ENVIRONMENT)
        return frozenset(done.stdout.decode("utf-8", "surrogateescape").split("\0")) - {""}


def _absent_submodules(work_tree: Path) -> Iterator[tuple[Path, str]]:
    for place, commit in _submodules(work_tree):
        if not any(place.glob("*")):
            yield place, commit
        elif (place / ".git").exists():
            yield from _absent_submodules(place)


def _moved_submodules(work_tree: Path) -> Iterator[Path]:
    for place, commit in _submodules(work_tree):
        if (place / ".git").exists():
            if run("git", "rev-parse", "HEAD", cwd=place, env=_ENVIRONMENT).text != commit:
                yield place
            yield from _moved_submodules(place)


def _submodules(work_tree: Path) -> Iterator[tuple[Path, str]]:
    """Where the submodules belong, and the commits that the index pins."""
    if not (work_tree / ".gitmodules").exists():
        return
    done = run("git", "ls-files", "--stage", "-z", cwd=work_tree, env=_ENVIRONMENT)
    entries = (line.partition("\t") for line in done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    yield from ((work_tree / path, facts.split(" ")[1]) for facts, _, path in entries if facts.startswith(_GITLINK))


def find_git_root(directory: Path) -> Path:
    """The top of the work tree around `directory`. Raises ProjectError where there is none."""
    done = run("git", "rev-parse", "--show-toplevel", cwd=directory, env=_ENVIRONMENT)
    if done.ok and done.text:
        return Path(done.text).resolve()
    if "dubious ownership" in done.stderr:
        named = _DISTRUSTED.search(done.stderr)
        top = named[1] if named else directory
        raise ProjectError(
            f"git does not trust the owner of {top}", f"run `git config --global --add safe.directory {top}`"
        )
    if "must be run in a work tree" in done.stderr:
        raise ProjectError(
            f"{directory} is of a git repository without a work tree, or inside of `.git`",
            "change into the project's folder, or make a work tree of it: `git worktree add`, `git clone`",
        )
    if "not a git repository" not in done.stderr:
        raise ProjectError(
            f"git cannot read the repository around {directory}: {one_line(_last_error(done.stderr))}",
            "see `git status`; what is new in a repository's format needs a newer git",
        )
    raise ProjectError(
        f"{directory} is not inside a git repository", "run `git init`, or change into the project's folder"
    )


def _split(arguments: tuple[str, ...], remote: str) -> list[str]:
    """Options go before the remote's name, refspecs after it."""
    options = [argument for argument in arguments if argument.startswith("--")]
    return [*options, remote, *(argument for argument in arguments if not argument.startswith("--"))]


def _last_error(stderr: str) -> str:
    """The first error as one line, with the names that git lists below it."""
    found = _ERROR_WITH_LIST.search(stderr)
    return " ".join(found[0].split()) if found else stderr
