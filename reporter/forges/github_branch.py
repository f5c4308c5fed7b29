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

from github import GithubException, InputGitTreeElement, UnknownObjectException
from github.GitCommit import GitCommit
from github.GithubObject import NotSet
from github.GitTree import GitTree
from github.Repository import Repository

from reporter.errors import ForgeError, PermissionMissingError
from reporter.forges.github_errors import github_errors, said
from reporter.forges.interface import StoredFiles

_ATTEMPTS = 8
"""Each is lost only if another run has written in between."""

_UNPROCESSABLE = 422


class _MovedMeanwhileError(Exception):
    """Another writer was faster; try again on top of its commit."""


@dataclass
class BranchWriter:
    repository: Repository
    branch: str
    _blobs: dict[str, str] = field(default_factory=dict)
    """Path → SHA of what this writer has sent already; a lost race does not send it twice."""

    def add_files(self, files: Mapping[str, bytes], message: str) -> StoredFiles:
        """Add what the branch has not got yet, in one commit. See `Forge.add_files`."""
        with github_errors(f"write to the branch {self.branch}", "contents: write"):
            for _ in range(_ATTEMPTS):
                try:
                    return self._add_on_top(self._head(), files, message)
                except _MovedMeanwhileError:
                    continue
        raise ForgeError(
            f"cannot write to the branch {self.branch}: other runs moved it each of {_ATTEMPTS} times",
            hint="run the job again when fewer jobs post at once, or give each its own branch (images.branch)",
        )

    def _add_on_top(self, head: GitCommit | None, files: Mapping[str, bytes], message: str) -> StoredFiles:
        present = self._present(head, files) if head else frozenset()
        missing = {path: content for path, content in files.items() if path not in present}
        if head and not missing:
            return StoredFiles(head.sha, sent=0)
        commit = self._commit(head, missing, message)
        self._move(head, commit)
        return StoredFiles(commit.sha, sent=len(missing))

    def _head(self) -> GitCommit | None:
        """The commit that the branch points to; None where the branch does not exist."""
        try:
            sha = self.repository.get_git_ref(f"heads/{self.branch}").object.sha
        except UnknownObjectException:
            return None
        return self.repository.get_git_commit(sha)

    def _present(self, head: GitCommit, files: Mapping[str, bytes]) -> frozenset[str]:
        tree = self.repository.get_git_tree(head.tree.sha, recursive=True)
        if tree.raw_data["truncated"]:
            return frozenset(path for path in files if self._has(head.tree.sha, PurePosixPath(path).parts))
        return frozenset(entry.path for entry in tree.tree)

    def _has(self, tree_sha: str, parts: tuple[str, ...]) -> bool:
        """Whether a tree too large to be listed whole holds a path: one level after the other."""
        first, *rest = parts
        entry = next((each for each in self.repository.get_git_tree(tree_sha).tree if each.path == first), None)
        if entry is None or not rest:
            return entry is not None
        return self._has(entry.sha, tuple(rest))

    def _commit(self, head: GitCommit | None, files: Mapping[str, bytes], message: str) -> GitCommit:
        entries = [InputGitTreeElement(path, "100644", "blob", sha=self._blob(path, files[path])) for path in files]
        base = self.repository.get_git_tree(head.tree.sha) if head else NotSet
        tree: GitTree = self.repository.create_git_tree(entries, base)
        return self.repository.create_git_commit(message, tree, [head] if head else [])

    def _blob(self, path: str, content: bytes) -> str:
        if path not in self._blobs:
            encoded = base64.b64encode(content).decode()
            self._blobs[path] = self.repository.create_git_blob(encoded, "base64").sha
        return self._blobs[path]

    def _move(self, head: GitCommit | None, commit: GitCommit) -> None:
        try:
            if head:
                self.repository.get_git_ref(f"heads/{self.branch}").edit(commit.sha, force=False)
            else:
                self.repository.create_git_ref(f"refs/heads/{self.branch}", commit.sha)
        except GithubException as error:
            self._explain(error)

    def _explain(self, error: GithubException) -> None:
        """Tell a lost race from a branch that may not be written; both are answered with 422."""
        words = said(error).lower()
        if error.status == _UNPROCESSABLE and ("fast forward" in words or "already exists" in words):
            raise _MovedMeanwhileError from error
        if "protected" in words or "rule violation" in words:
            raise PermissionMissingError(
                f"cannot write to the branch {self.branch}: it is protected: {said(error)}",
                permission="contents: write",
                hint="exempt this branch from the rule, or name another one as images.branch in reporter.yaml",
            ) from error
        raise error
