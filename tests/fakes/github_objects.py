"""What the fake GitHub keeps in memory: a git object store as git writes it, and the records around pull requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple


class Entry(NamedTuple):
    mode: str
    type: str
    sha: str


@dataclass(frozen=True)
class GitCommit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str


@dataclass
class GitStore:
    """Blobs, trees and commits by their SHA-1, computed as git does, and branches."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, Entry]] = field(default_factory=dict)
    commits: dict[str, GitCommit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    """`refs/heads/…` → commit."""

    def add_blob(self, content: bytes) -> str:
        sha = _sha("blob", content)
        self.blobs[sha] = content
        return sha

    def add_tree(self, files: dict[str, Entry]) -> str:
        """A tree of files given by their whole paths; its folders become trees of their own."""
        entries: dict[str, Entry] = {}
        folders: dict[str, dict[str, Entry]] = {}
        for path, entry in files.items():
            first, _, rest = path.partition("/")
            if rest:
                folders.setdefault(first, {})[rest] = entry
            else:
                entries[path] = entry
        for folder, content in folders.items():
            entries[folder] = Entry("040000", "tree", self.add_tree(content))
        lines = (
            f"{entry.mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(entry.sha)
            for name, entry in sorted(entries.items())
        )
        sha = _sha("tree", b"".join(lines))
        self.trees[sha] = entries
        return sha

    def files(self, tree: str, prefix: str = "") -> dict[str, Entry]:
        """Whole path → entry of every file below a tree."""
        found: dict[str, Entry] = {}
        for name, entry in self.trees[tree].items():
            if entry.type == "tree":
                found |= self.files(entry.sha, f"{prefix}{name}/")
            else:
                found[prefix + name] = entry
        return found

    def add_commit(self, tree: str, parents: tuple[str, ...], message: str) -> GitCommit:
        number = len(self.commits)  # stands for the time, so that equal contents make different commits
        lines = [
            f"tree {tree}",
            *(f"parent {parent}" for parent in parents),
            f"committer reporter {number}",
            "",
            message,
        ]
        commit = GitCommit(_sha("commit", "\n".join(lines).encode()), tree, parents, message)
        self.commits[commit.sha] = commit
        return commit

    def is_ancestor(self, older: str, newer: str) -> bool:
        if older == newer:
            return True
        return any(self.is_ancestor(older, parent) for parent in self.commits[newer].parents)

    def history(self, ref: str) -> list[GitCommit]:
        """The commits of a branch, newest first, along first parents."""
        found, sha = [], self.refs.get(ref)
        while sha:
            found.append(self.commits[sha])
            sha = next(iter(self.commits[sha].parents), None)
        return found

    def read(self, commit: str, path: str) -> bytes | None:
        """A file of a commit."""
        if commit not in self.commits:
            return None
        entry = self.files(self.commits[commit].tree).get(path)
        return self.blobs[entry.sha] if entry else None


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Token:
    """Whom a token speaks for, and what it may do."""

    login: str
    is_app: bool
    permissions: dict[str, str]
    """`pull-requests`, `contents`, `checks`, `statuses` → `read` or `write`; absent: nothing."""

    def may(self, permission: str) -> bool:
        """`permission` as `contents: write`."""
        name, _, level = permission.partition(": ")
        return self.permissions.get(name) in ({"write"} if level == "write" else {"read", "write"})


WRITE_ALL = {"pull-requests": "write", "contents": "write", "checks": "write", "statuses": "write"}
READ_ALL = dict.fromkeys(WRITE_ALL, "read")


def actions_token(permissions: dict[str, str] | None = None) -> Token:
    """The GITHUB_TOKEN of a workflow."""
    return Token("github-actions[bot]", is_app=True, permissions=WRITE_ALL if permissions is None else permissions)


def personal_token(login: str = "maintainer", permissions: dict[str, str] | None = None) -> Token:
    return Token(login, is_app=False, permissions=WRITE_ALL if permissions is None else permissions)


@dataclass
class Pull:
    number: int
    head_sha: str
    head_ref: str = "try-more-trees"
    base_ref: str = "main"
    head_repository: str | None = None
    """None: the repository itself."""
    state: str = "open"
    fork_deleted: bool = False


@dataclass
class Comment:
    id: int
    pull: int
    login: str
    body: str


@dataclass
class CheckRun:
    id: int
    app: str
    body: dict
    """As it was posted, with later changes in it."""


@dataclass
class CommitStatus:
    id: int
    sha: str
    login: str
    body: dict
