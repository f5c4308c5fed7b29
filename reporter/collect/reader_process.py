"""A project read in a process of its own: DVC loads and reads there, while everything else loads here.

It is there because it can be ended: a library that waits for ever takes no report with it. A fork of a process that has loaded
little costs a few milliseconds, and half of the time of a small report is spent on imports, which threads cannot share.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self, TypeAlias, assert_never

from reporter import warden
from reporter.collect.project import Project
from reporter.collect.snapshots import ReadParams, Wanted
from reporter.errors import ProjectError, ReporterError
from reporter.model.history import PastRun
from reporter.model.revision import Revision
from reporter.model.snapshot import Snapshot

_STOP_SECONDS = 0.3
"""For an end in order, which removes what was half downloaded."""
_PATIENCE_SECONDS = 600.0
"""Without any sign of progress. All that the reader waits for has a limit of its own; this one is for what nobody thought of."""
_LOOKS = 20
"""Within that time."""
_WORK_SHARE = 1 / 600
"""Of that time: so much of a processor is a sign of progress, unlike the little that a thread takes which only waits."""


class ReaderCrashedError(Exception):
    """A bug in the other process; the text is its traceback."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A method of the project that is to be called there."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    line: str


@dataclass(frozen=True, slots=True)
class _Returned:
    value: Any


@dataclass(frozen=True, slots=True)
class _Refused:
    error: ReporterError


@dataclass(frozen=True, slots=True)
class _Crashed:
    trace: str


_Message: TypeAlias = _Told | _Returned | _Refused | _Crashed


def can_fork() -> bool:
    """Forking is sound where nobody else runs in this process, and known to be so on Linux."""
    return sys.platform == "linux" and threading.active_count() == 1


class ProjectReader:
    """Like `Project`. The other process starts at once and ends with the context."""

    def __init__(self, project: Project, progress: Callable[[str], None], patience: float = _PATIENCE_SECONDS) -> None:
        """`patience` is for how many seconds it may give no sign of progress before it is given up."""
        self.folder = project.folder
        self.resolve_head = project.resolve_head
        self.resolve_base = project.resolve_base
        self.read_text = project.read_text
        self._progress = progress
        context = multiprocessing.get_context("fork")
        self._connection, theirs = context.Pipe()
        ends = (theirs, self._connection)
        self._process = context.Process(target=_serve, args=(project, *ends), name="reporter-reader", daemon=True)
        self._process.start()
        theirs.close()
        warden.entrust(self._process.pid or 0)
        self._signs = _Signs(self._process.pid or 0, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.join(_STOP_SECONDS)
        self._process.kill()  # one that hangs in a C library obeys nothing less
        self._process.join(_STOP_SECONDS)
        warden.release(self._process.pid or 0)

    def snapshots(self, candidates: Sequence[Revision], base: Revision | None, wanted: Wanted) -> Iterator[Snapshot]:
        """See `Project.snapshots`. The first is read at once, and each other as soon as the one before is there."""
        self._ask_for(candidates[0], wanted)
        return self._snapshots(candidates[1:], base, wanted)

    def _snapshots(self, others: Sequence[Revision], base: Revision | None, wanted: Wanted) -> Iterator[Snapshot]:
        shown: list[Snapshot] = [self._answer()]
        for revision in others:
            self._ask_for(revision, wanted)
            yield shown[-1]
            shown.append(self._answer())
        if base is not None:
            self._ask_for(base, wanted.beside(shown))
        yield shown[-1]
        if base is not None:
            yield self._answer()

    def _ask_for(self, revision: Revision, wanted: Wanted) -> None:
        self._connection.send(_Call("snapshot", (revision, wanted)))

    def read_files(self, revision: Revision, paths: Sequence[str]) -> dict[str, bytes]:
        """See `Project.read_files`."""
        self._connection.send(_Call("read_files", (revision, paths)))
        files: dict[str, bytes] = self._answer()
        return files

    def params(self, revision: Revision, names: Mapping[str, tuple[str, ...]]) -> ReadParams:
        """See `Project.params`."""
        self._connection.send(_Call("params", (revision, names)))
        read: ReadParams = self._answer()
        return read

    def history(self, base: Revision, files: Sequence[str]) -> dict[str, tuple[PastRun, ...]]:
        """See `Project.history`."""
        self._connection.send(_Call("history", (base, files)))
        runs: dict[str, tuple[PastRun, ...]] = self._answer()
        return runs

    def _answer(self) -> Any:
        while True:
            message = self._received()
            match message:
                case _Told(line):
                    self._signs.last_line = line
                    self._progress(line)
                case _Returned(value):
                    return value
                case _Refused(error):
                    raise error
                case _Crashed(trace):
                    raise ReaderCrashedError(trace)
                case _:
                    assert_never(message)

    def _received(self) -> _Message:
        self._signs.seen()
        while not self._connection.poll(self._signs.patience / _LOOKS):
            self._signs.look()
        try:
            message: _Message = self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(_STOP_SECONDS)
            raise ProjectError(
                f"the process that reads the project was ended (exit code {self._process.exitcode})",
                "check that the machine has enough memory, and run again",
            ) from None
        return message


class _Signs:
    """Of life: what a process says, reads and computes, as Linux counts it."""

    def __init__(self, pid: int, patience: float) -> None:
        self.patience = patience
        self.last_line = ""
        """What it said last."""
        self._proc = Path("/proc", str(pid))
        self._known = (0.0, 0)
        self._since = time.monotonic()

    def seen(self) -> None:
        self._since = time.monotonic()

    def look(self) -> None:
        """Raises ProjectError once there was no sign for too long."""
        work, read = self._worked(), self._read()
        if work > self._known[0] + self.patience * _WORK_SHARE or read > self._known[1]:
            self._known = (work, read)
            self.seen()
        elif time.monotonic() - self._since >= self.patience:
            last = f" (the last it said: {self.last_line})" if self.last_line else ""
            raise ProjectError(
                f"the process that reads the project has made no progress for {self.patience:g} seconds{last}",
                "run again; if it happens again, look at the repository with `git fsck` and at the storage with `dvc status --cloud`",
            )

    def _worked(self) -> float:
        """Seconds of a processor."""
        with contextlib.suppress(OSError):
            fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime of proc(5)
        return 0.0

    def _read(self) -> int:
        """Bytes of files and pipes; not of sockets. 0 where the kernel does not tell."""
        with contextlib.suppress(OSError):
            for line in (self._proc / "io").read_text().splitlines():
                if line.startswith("rchar:"):
                    return int(line.split()[1])
        return 0


def _serve(project: Project, connection: Connection, parents: Connection) -> NoReturn:
    """Answer each call in turn until the other side is gone; `parents` is that side's own end."""
    warden.desert()
    signal.signal(signal.SIGINT, _leave_to_parent)
    parents.close()  # held open here, it would never be seen to close there
    code = 1
    try:
        _answer_calls(project, connection)
        code = 0
    except SystemExit as told:
        code = int(told.code or 0)
    except BaseException:  # noqa: BLE001  nobody above says it
        traceback.print_exc()
    finally:
        os._exit(code)  # a thread that still waits for a storage must not keep the process


def _answer_calls(project: Project, connection: Connection) -> None:
    project = project.telling(lambda line: connection.send(_Told(line)))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        with contextlib.suppress(Exception):  # the first call meets it again and says it
            project.load()
        while True:
            connection.send(_called(project, connection.recv()))


def _leave_to_parent(_signal: int, _frame: FrameType | None) -> None:
    """The parent is interrupted too, and ends this process. A handler is not inherited by programs started here, as
    ignoring the signal would be.
    """


def _called(project: Project, call: _Call) -> _Message:
    try:
        return _Returned(getattr(project, call.method)(*call.arguments))
    except ReporterError as error:
        return _Refused(error)
    except Exception:  # noqa: BLE001  a bug is reported where the user sees it
        return _Crashed(traceback.format_exc())
