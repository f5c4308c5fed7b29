"""A project read in a process of its own: DVC loads and reads there, while here everything else loads and parses.

Half of the time of a small report is spent on imports, which threads cannot share. A fork of a process that has loaded
little costs a few milliseconds.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import FrameType, TracebackType
from typing import Any, Self, TypeAlias, assert_never

from reporter.collect.project import Project
from reporter.collect.snapshots import ReadParams, Unparsed, Wanted, parse_tables
from reporter.errors import ProjectError, ReporterError
from reporter.model.history import PastRun
from reporter.model.revision import Revision
from reporter.model.snapshot import Snapshot

_STOP_SECONDS = 5.0


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


class ProjectApart:
    """Like `Project`. The other process starts at once and ends with the context."""

    def __init__(self, project: Project, progress: Callable[[str], None]) -> None:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.join(_STOP_SECONDS)

    def snapshots(self, revisions: Sequence[Revision], wanted: Wanted) -> Iterator[Snapshot]:
        """See `Project.snapshots`. The others are read there while the tables of the first are parsed here."""
        self._connection.send(_Call("read", (revisions[0], wanted)))
        return self._parsed(revisions[1:], wanted)

    def _parsed(self, others: Sequence[Revision], wanted: Wanted) -> Iterator[Snapshot]:
        first = self._unparsed()
        for revision in others:
            self._connection.send(_Call("read", (revision, wanted.beside(first))))
        yield parse_tables(first)
        for _ in others:
            yield parse_tables(self._unparsed())

    def _unparsed(self) -> Unparsed:
        read: Unparsed = self._answer()
        return read

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
        try:
            message: _Message = self._connection.recv()
        except EOFError:
            self._process.join(_STOP_SECONDS)
            raise ProjectError(
                f"the process that reads the project was ended (exit code {self._process.exitcode})",
                "check that the machine has enough memory, and run again",
            ) from None
        return message


def _serve(project: Project, connection: Connection, parents: Connection) -> None:
    """Answer each call in turn until the other side is gone; `parents` is that side's own end."""
    parents.close()  # held open here, it would never be seen to close there
    signal.signal(signal.SIGINT, _leave_to_parent)
    project = project.telling(lambda line: connection.send(_Told(line)))
    with contextlib.suppress(ReporterError):  # the first call meets it again and says it
        project.load()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            connection.send(_called(project, connection.recv()))


def _leave_to_parent(_signal: int, _frame: FrameType | None) -> None:
    """The parent is interrupted too, and ends this process. A handler is not inherited by programs started here, as
    ignoring the signal would be: a download ends with the interrupt.
    """


def _called(project: Project, call: _Call) -> _Message:
    try:
        return _Returned(getattr(project, call.method)(*call.arguments))
    except ReporterError as error:
        return _Refused(error)
    except Exception:  # noqa: BLE001  a bug is reported where the user sees it
        return _Crashed(traceback.format_exc())
