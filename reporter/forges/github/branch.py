"""Adds files to a branch of a GitHub repository through its Git data API: nothing is cloned, pushed or checked out.

Blobs, then a tree on top of the branch's, then one commit, then the branch is moved forward, never forced. If another
run has moved it meanwhile, the last three steps are done again on top of what that one wrote.
See https://docs.github.com/rest/guides/using-the-rest-api-to-interact-with-your-git-database
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from github import GithubException, InputGitTreeElement, RateLimitExceededException, UnknownObjectException
from github.GitCommit import GitCommit
from github.GithubObject import NotSet
from github.GitRef import GitRef
from github.Repository import Repository

from reporter.errors import ForgeError, PermissionMissingError
from reporter.forges.github.errors import github_errors, said
from reporter.forges.interface import StoredFiles

_ATTEMPTS = 20
"""Each is lost only if another run has written in between: enough for as many jobs at once."""

_REFUSED_MOVE = (403, 409, 422)
_LOST_RACE = ("fast forward", "already exists")


class _MovedMeanwhileError(Exception):
    """Another writer was faster; try again on top of its commit."""


@dataclass(frozen=True, slots=True)
class _Tip:
    ref: GitRef
    commit: GitCommit


@dataclass
class BranchWriter:
    """A branch of a repository, which need not exist yet, to add files to."""

    repository: Repository
    branch: str
    _blobs: dict[str, str] = field(default_factory=dict)
    """Path → SHA of what this writer has sent already; a lost race does not send it twice."""

    def add_files(self, files: Mapping[str, bytes], message: str) -> StoredFiles:
        """Add what the branch has not got yet, in one commit. See `Forge.add_files`."""
        with github_errors(f"write to the branch {self.branch}", "contents: write"):
            for _ in range(_ATTEMPTS):
                try:
                    return self._add_on_top(self._tip(), files, message)
                except _MovedMeanwhileError:
                    continue
        raise ForgeError(
            f"cannot write to the branch {self.branch}: other runs moved it each of {_ATTEMPTS} times",
            hint="run the job again when fewer jobs post at once, or give each its own branch (images.branch)",
        )

    def _add_on_top(self, tip: _Tip | None, files: Mapping[str, bytes], message: str) -> StoredFiles:
        present = self._present(tip.commit, files) if tip else frozenset()
        missing = {path: content for path, content in files.items() if path not in present}
        if tip and not missing:
            return StoredFiles(tip.commit.sha, sent=0)
        commit = self._commit(tip, missing, message)
        self._move(tip, commit)
        return StoredFiles(commit.sha, sent=len(missing))

    def _tip(self) -> _Tip | None:
        """Where the branch points to; None where it does not exist."""
        try:
            ref = self.repository.get_git_ref(f"heads/{self.branch}").complete()
        except UnknownObjectException:
            return None
        return _Tip(ref, self.repository.get_git_commit(ref.object.sha))

    def _present(self, commit: GitCommit, files: Mapping[str, bytes]) -> frozenset[str]:
        """Those of the files that the branch has; perhaps others too."""
        tree = self.repository.get_git_tree(commit.tree.sha, recursive=True)
        if tree.raw_data["truncated"]:
            return frozenset(path for path in files if self._has(commit.tree.sha, PurePosixPath(path).parts))
        return frozenset(entry.path for entry in tree.tree)

    def _has(self, tree_sha: str, parts: tuple[str, ...]) -> bool:
        """Whether a tree too large to be listed whole holds a path: one level after the other."""
        first, *rest = parts
        entry = next((each for each in self.repository.get_git_tree(tree_sha).tree if each.path == first), None)
        if entry is None or not rest:
            return entry is not None
        return self._has(entry.sha, tuple(rest))

    def _commit(self, tip: _Tip | None, files: Mapping[str, bytes], message: str) -> GitCommit:
        entries = [InputGitTreeElement(path, "100644", "blob", sha=self._blob(path, files[path])) for path in files]
        tree = self.repository.create_git_tree(entries, tip.commit.tree if tip else NotSet)
        return self.repository.create_git_commit(message, tree, [tip.commit] if tip else [])

    def _blob(self, path: str, content: bytes) -> str:
        if path not in self._blobs:
            encoded = base64.b64encode(content).decode()
            self._blobs[path] = self.repository.create_git_blob(encoded, "base64").sha
        return self._blobs[path]

    def _move(self, tip: _Tip | None, commit: GitCommit) -> None:
        try:
            if tip:
                tip.ref.edit(commit.sha, force=False)
            else:
                self.repository.create_git_ref(f"refs/heads/{self.branch}", commit.sha)
        except GithubException as error:
            if error.status not in _REFUSED_MOVE or isinstance(error, RateLimitExceededException):
                raise
            self._explain(error, tip)
            raise

    def _explain(self, error: GithubException, tip: _Tip | None) -> None:
        """Raise what is better known: that the branch may not be written, or that another writer was faster.

        GitHub's words for a lost race come first: for some seconds it may still answer where the branch was before.
        """
        words = said(error).lower()
        if "protected" in words or "rule violation" in words:
            raise PermissionMissingError(
                f"cannot write to the branch {self.branch}: it is protected: {said(error)}",
                hint="exempt this branch from the rule, or name another one as images.branch in reporter.yaml",
            ) from error
        if any(lost in words for lost in _LOST_RACE) or self._sha() != (tip.commit.sha if tip else None):
            raise _MovedMeanwhileError from error

    def _sha(self) -> str | None:
        tip = self._tip()
        return tip.commit.sha if tip else None
