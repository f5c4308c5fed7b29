"""The files of a commit as git's trees list them: links followed within the repository, submodules known as such."""

from __future__ import annotations

import errno
import posixpath
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reporter.collect.git.objects import ObjectReader
from reporter.collect.git.repository import Git
from reporter.collect.pointers import local_content
from reporter.collect.problems import AbsentSubmoduleError, UnreadableError
from reporter.collect.redaction import one_line
from reporter.errors import ProjectError
from reporter.model.problem import ProblemKind

_GITLINK = 0o160000
_MOST_LINKS = 40
"""As Linux follows them."""
_LIST_SECONDS = 120.0
"""A clone without trees fetches them now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a commit has at one path, as its trees list it."""

    mode: int
    oid: str

    @property
    def is_submodule(self) -> bool:
        """The entry is the id of a commit of another repository."""
        return self.mode == _GITLINK

    @property
    def is_directory(self) -> bool:
        """A submodule is an empty one, as in a clone without submodules."""
        return stat.S_ISDIR(self.mode) or self.is_submodule

    @property
    def is_link(self) -> bool:
        """The entry is a symbolic link itself, wherever it leads."""
        return stat.S_ISLNK(self.mode)


class CommitTree:
    """All paths are POSIX paths from the top of the repository; the top itself is the empty path."""

    def __init__(self, git: Git, objects: ObjectReader, sha: str, place: str = "") -> None:
        """`place`: of a submodule, where it lies in the repository around it. Raises ProjectError where git cannot list the commit."""
        self.sha = sha
        self._place = place
        self._git = git
        self._objects = objects
        self._entries = _listed(git, sha)
        self._links = {path for path, entry in self._entries.items() if entry.is_link}
        self._fetched: set[str] = set()
        self._opened: dict[str, CommitTree | None] = {}
        self._submodules = {path for path, entry in self._entries.items() if entry.is_submodule}

    def lists(self, path: str) -> bool:
        """Whether the commit has anything of this path, be it a link that leads nowhere."""
        return path in self._entries

    def folders(self, name: str) -> list[str]:
        """Every folder of this name."""
        return [path for path, entry in self._entries.items() if entry.is_directory and path.rpartition("/")[2] == name]

    def paths(self) -> Iterable[str]:
        """Everything that the commit lists, folders and links too."""
        return self._entries.keys()

    def fetch(self, paths: Iterable[str]) -> None:
        """Bring to a partial clone, in one go, what `read` of these files and folders will need."""
        remote = self._promisor
        if remote is None:
            return
        wanted = set(paths)
        folders = {path for path in wanted if (entry := self._entries.get(path)) and entry.is_directory}
        oids = {
            entry.oid
            for path, entry in self._entries.items()
            if not entry.is_directory and (path in wanted or not folders.isdisjoint(_parents(path)))
        }
        if missing := oids - self._fetched:
            self._git.fetch_objects(remote, sorted(missing))
            self._fetched |= missing

    def entry(self, path: str) -> Entry | None:
        """What lies at `path`, through links and submodules; None where nothing does, or a link leads nowhere or out of the repository."""
        submodule = self.submodule_around(path)
        if submodule is not None and path != submodule:
            nested = self._nested(submodule)
            return nested.entry(posixpath.relpath(path, submodule)) if nested else None
        found = self._entries.get(path)
        is_direct = found is not None and not found.is_link
        if is_direct or (found is None and not self._passes(path, self._links)):
            return found
        try:
            target = self._objects.at(self.sha, path)
        except OSError:
            return None
        if target is None:
            end = self._through_links(path)
            return self.entry(end) if end is not None and self.submodule_around(end) else None
        return Entry(stat.S_IFDIR if target.kind == "tree" else stat.S_IFREG, target.oid)

    def read(self, path: str) -> bytes:
        """The content of a file, of Git LFS where this clone has it. A pointer of Git LFS that it lacks stays a pointer.

        Raises FileNotFoundError, IsADirectoryError, PermissionError (a link that leads out of the repository), another OSError,
        UnreadableError (a submodule; an object that git cannot read).
        """
        if submodule := self.submodule_around(path):
            nested = self._nested(submodule)
            if nested is None:
                raise self._absent(submodule)
            return nested.read(posixpath.relpath(path, submodule))
        return local_content(self._content(path), self._lfs_objects)

    def gap(self, path: str) -> UnreadableError | None:
        """Why not all that lies at `path` can be known: a submodule that this clone lacks, or a link that leads out of the repository."""
        if submodule := self.submodule_around(path):
            return self._gap_at(submodule, posixpath.relpath(path, submodule))
        prefix = f"{path}/" if path else ""
        places = (each for each in (*self._submodules, *self._links) if each == path or each.startswith(prefix))
        return next((gap for gap in map(self._gap_at, sorted(places)) if gap is not None), None)

    def _gap_at(self, place: str, inside: str = ".") -> UnreadableError | None:
        if place in self._submodules:
            nested = self._nested(place)
            return self._absent(place) if nested is None else nested.gap("" if inside == "." else inside)
        return None if self.entry(place) is not None else leads_out(self._named(place))

    def _absent(self, submodule: str) -> AbsentSubmoduleError:
        return absent_submodule(self._named(submodule), self._entries[submodule].oid)

    def _named(self, path: str) -> str:
        """As the outermost repository has it."""
        return posixpath.join(self._place, path)

    def _nested(self, submodule: str) -> CommitTree | None:
        """The submodule's own commit, where this clone has it."""
        if submodule not in self._opened:
            folder, commit = self._git.root / submodule, self._entries[submodule].oid
            git = Git(folder)
            is_here = (folder / ".git").exists() and git.commit(commit) is not None
            name = self._named(submodule)
            self._opened[submodule] = CommitTree(git, git.objects(), commit, name) if is_here else None
        return self._opened[submodule]

    def submodule_around(self, path: str) -> str | None:
        """The submodule that is at `path` or holds it; None outside of any."""
        if not self._submodules:
            return None
        return next((place for place in (path, *_parents(path)) if place in self._submodules), None)

    def in_the_way(self, path: str) -> str | None:
        """Of a path that cannot be read, why it is not simply absent: the first of its folders that is none (a file, or a link
        that leads nowhere or out of the repository), or the path itself; None where nothing of it is there.
        """
        if (submodule := self.submodule_around(path)) and path != submodule:
            nested = self._nested(submodule)
            place = nested.in_the_way(posixpath.relpath(path, submodule)) if nested else ""
            return None if place is None else posixpath.normpath(posixpath.join(submodule, place))
        for place in (*reversed(_parents(path)), path):
            found = self.entry(place)
            if found is None:
                return place if self._leads_nowhere(place) else None
            if not found.is_directory:
                return place
        return path

    def _leads_nowhere(self, path: str) -> bool:
        """Whether a path at which nothing lies is a link all the same, maybe itself behind a link to its folder."""
        folder, _, name = path.rpartition("/")
        around = self.entry(folder) if self._passes(path, self._links) else None
        return path in self._links or (around is not None and name in self._git.names_in(around.oid))

    def names(self, path: str) -> list[str]:
        """What is directly inside a directory, as a walk of a work tree would find it: links to directories left out."""
        if submodule := self.submodule_around(path):
            nested = self._nested(submodule)
            return (
                [] if nested is None else nested.names("" if path == submodule else posixpath.relpath(path, submodule))
            )
        found = self.entry(path)
        if found is None or not found.is_directory:
            return []
        if path in self._entries and path not in self._links:
            return [name for name in self._children[path] if self._is_walked(posixpath.join(path, name))]
        return self._git.names_in(found.oid)

    def _is_walked(self, path: str) -> bool:
        if path not in self._links:
            return True
        target = self.entry(path)
        return target is not None and not target.is_directory

    def _content(self, path: str) -> bytes:
        found = self._entries.get(path)
        if found is not None and found.is_directory:
            raise IsADirectoryError(errno.EISDIR, "it is a directory", path)
        if found is not None and not found.is_link:
            return self._objects.read(found.oid)
        target = self._objects.at(self.sha, path) if found or self._passes(path, self._links) else None
        if target is None and (end := self._through_links(path)) is not None and self.submodule_around(end):
            return self.read(end)
        if target is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such file", path)
        if target.kind != "blob":
            raise IsADirectoryError(errno.EISDIR, "it is a directory", path)
        return target.content

    def _through_links(self, path: str) -> str | None:
        """Where a path ends that leads into a submodule, of which git's own trees know nothing; None for a circle and out of the repository."""
        for _ in range(_MOST_LINKS if self._submodules else 0):
            link = next((place for place in (path, *_parents(path)) if place in self._links), None)
            if link is None:
                return path
            target = self._objects.read(self._entries[link].oid).decode("utf-8", "surrogateescape")
            rest = posixpath.relpath(path, link)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, rest))
            if path.startswith(("/", "../")):
                return None
        return None

    def _passes(self, path: str, places: set[str]) -> bool:
        return bool(places) and any(parent in places for parent in _parents(path))

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = defaultdict(list)
        for path in self._entries:
            if path:
                folder, _, name = path.rpartition("/")
                children[folder].append(name)
        return children

    @cached_property
    def _promisor(self) -> str | None:
        return self._git.promisor()

    def _lfs_objects(self) -> Path:
        return self._git.common_folder() / "lfs" / "objects"


def _listed(git: Git, sha: str) -> dict[str, Entry]:
    listed = git.run("ls-tree", "-r", "-t", "-z", "--full-tree", sha, timeout=_LIST_SECONDS)
    if not listed.ok:
        raise ProjectError(
            f"git cannot list the files of {sha[:7]}: {one_line(listed.stderr)}",
            "see `git fsck`; `git fetch --refetch`, or a new clone, brings what is missing",
        )
    entries = {"": Entry(stat.S_IFDIR, "")}
    for line in listed.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        facts, _, path = line.partition("\t")
        mode, _, oid = facts.split(" ")
        entries[path] = Entry(int(mode, 8), oid)
    return entries


def _parents(path: str) -> list[str]:
    """The directories that hold `path`, the nearest first; the top is none."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]


def absent_submodule(submodule: str, pin: str) -> AbsentSubmoduleError:
    """`pin` is the commit of it that is asked for."""
    return AbsentSubmoduleError(
        ProblemKind.MISSING,
        f"needs the submodule {submodule}, which is not in this clone, or not with the commit that is asked for",
        "run `git submodule update --init --recursive` (actions/checkout: `submodules: recursive` and `fetch-depth: 0`)",
        pin=pin,
    )


def unlike_submodule(submodule: str) -> UnreadableError:
    """The error for a path whose content in the work tree is not that of the commit which git pins."""
    return UnreadableError(
        ProblemKind.MISSING,
        f"needs the submodule {submodule}, of which the work tree has another commit than git pins",
        "run `git submodule update --init --recursive`, or commit the submodule as it is and run `dvc repro`",
    )


def leads_out(link: str) -> UnreadableError:
    """The error for a path behind such a link; which of the two it is git does not tell."""
    return UnreadableError(
        ProblemKind.ACCESS,
        f"needs the link {link}, which leads nowhere, or out of the repository",
        "keep the file itself in the repository, or let DVC keep it",
        edits=True,
    )
