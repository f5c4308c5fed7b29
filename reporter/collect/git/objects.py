"""Objects of the git repository, all through one `git cat-file --batch` that lives as long as it is asked.

git itself reads them, so that a partial clone fetches what it lacks; libgit2 fetches nothing, and pygit2's streams wait for
ever beneath a missing or damaged object (pygit2#1488).
"""

from __future__ import annotations

import errno
import os
import select
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import one_line
from reporter.model.problem import ProblemKind
from reporter.process import kill, start

_PATIENCE = 120.0
"""Seconds without a byte: a partial clone fetches each object on its own, from a server that may be far away."""
_CHUNK = 1 << 20
_NO_FETCH = {"GIT_ALLOW_PROTOCOL": "none"}
"""No transport is called that: git fails at once where it would fetch."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object as `git cat-file` prints it."""

    oid: str
    kind: str
    """`blob`, `tree`, `commit` or `tag`."""
    content: bytes


class ObjectReader:
    """Safe to share between threads, and with a forked process, which starts a git of its own."""

    def __init__(self, root: Path, environment: dict[str, str], patience: float = _PATIENCE) -> None:
        """`root` is the top of the work tree; `patience` the seconds that git may be silent."""
        self._root = root
        self._environment = environment
        self._patience = patience
        self._lock = Lock()
        self._talk: _Talk | None = None

    def read(self, oid: str) -> bytes:
        """The content of a blob. Raises UnreadableError where it is missing, damaged, or cannot be fetched."""
        found = self._ask(oid)
        if found is None:
            raise _unreadable(f"is git object {oid[:7]}, which is missing or damaged in this clone")
        return found.content

    def at(self, sha: str, path: str) -> GitObject | None:
        """What a commit has at `path` (POSIX, from the top), links followed as git's trees say; None where nothing is.

        Raises PermissionError where a link leads out of the repository, OSError for a circle of links, UnreadableError.
        """
        if "\n" in path:  # git reads one name a line
            return None
        return self._ask(f"{sha}:{path}")

    def _ask(self, name: str) -> GitObject | None:
        with self._lock:
            talk = self._begun()
            try:
                return talk.ask(name)
            except EOFError:
                reason = talk.reason()
                self._end()
                raise _unreadable(f"cannot be read by git: {reason}") from None
            except TimeoutError:
                self._end()
                self._environment = {**self._environment, **_NO_FETCH}  # one wait is enough
                raise _unreadable(f"did not come from git within {self._patience:g} seconds") from None
            except (KeyboardInterrupt, SystemExit):
                self._end()  # the rest of an answer must not be taken for the next one
                raise

    def _begun(self) -> _Talk:
        if self._talk is None or self._talk.owner != os.getpid():
            self._talk = _Talk(self._root, self._environment, self._patience)
            weakref.finalize(self, self._talk.end)
        return self._talk

    def _end(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.end()


class _Talk:
    """One running git, and what it has said that was not taken yet."""

    def __init__(self, root: Path, environment: Mapping[str, str], patience: float) -> None:
        self.owner = os.getpid()
        self._patience = patience
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  as long as git itself; a pipe might fill up
        command = ("git", "cat-file", "--batch", "--follow-symlinks")
        self._git = start(*command, cwd=root, env=environment, stderr=self._complaints)
        assert self._git.stdin is not None  # noqa: S101  a pipe
        assert self._git.stdout is not None  # noqa: S101  a pipe
        self._questions, self._answers = self._git.stdin, self._git.stdout
        self._buffer = b""

    def ask(self, name: str) -> GitObject | None:
        """Raises EOFError where git ends, TimeoutError where it is silent for too long,
        and what `ObjectReader.at` says of links.
        """
        try:
            self._questions.write(os.fsencode(name) + b"\n")
            self._questions.flush()
        except BrokenPipeError:
            raise EOFError from None
        first, _, last = self._line().rpartition(b" ")
        if last == b"missing":
            return None
        content = self._take(int(last) + 1)[:-1]
        match first.split(b" "):
            case [b"dangling" | b"notdir"]:
                return None
            case [b"symlink"]:
                raise PermissionError(errno.EACCES, "it leads out of the repository", name.partition(":")[2])
            case [b"loop"]:
                raise OSError(errno.ELOOP, "it is a circle of links", name.partition(":")[2])
            case [oid, kind]:
                return GitObject(oid.decode(), kind.decode(), content)
        raise EOFError

    def reason(self) -> str:
        """Why git has ended, in one line."""
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").splitlines()
        fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
        return one_line(next(iter(reversed(fatal or lines)), "it ended without a word"))

    def end(self) -> None:
        """Does nothing in a forked process, whose parent may still be talking."""
        if self.owner != os.getpid() or self._git.returncode is not None:
            return
        kill(self._git)  # what it fetches with, too
        with suppress(BrokenPipeError):  # what it was not told any more
            self._questions.close()
        self._answers.close()
        self._complaints.close()

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._buffer += self._more()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _take(self, size: int) -> bytes:
        parts, have = [self._buffer], len(self._buffer)
        while have < size:
            parts.append(self._more())
            have += len(parts[-1])
        whole = b"".join(parts)
        self._buffer = whole[size:]
        return whole[:size]

    def _more(self) -> bytes:
        if not select.select([self._answers], [], [], self._patience)[0]:
            raise TimeoutError
        if chunk := os.read(self._answers.fileno(), _CHUNK):
            return chunk
        raise EOFError


def _unreadable(message: str) -> UnreadableError:
    return UnreadableError(
        ProblemKind.CORRUPT, message, "see `git fsck`; `git fetch --refetch`, or a new clone, brings what is missing"
    )
