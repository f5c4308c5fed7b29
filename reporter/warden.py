"""The warden: a small process that ends what this one has started, whatever becomes of this one.

A process that is killed can end nothing any more; one that is deep inside a C library hears no signal until it is out
again; and where the kernel tells a child that its parent is gone, it does not tell the child's own children. So the
command line forks a process at its start that does nothing but wait, and is told of each group of processes.
"""

from __future__ import annotations

import fcntl
import gc
import os
import re
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

ENDING_SECONDS = 1.6
"""After SIGINT or SIGTERM, for an end in order: whoever asked for it sees nothing left within two seconds."""
GRACE_SECONDS = 0.4
"""Between SIGTERM, upon which git takes its locks away, and SIGKILL."""

_LOOK_SECONDS = 0.25
PAUSE_SECONDS = 0.02
_WINK_SECONDS = 0.0005
_ENDING_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_WORDS = re.compile(rb"([+-])(\d+);|(q)|([\x01-\x1f])")
"""`+7;` and `-7;`: group 7 has begun, has ended. `q`: this process ends now. Else the number of a signal, as Python writes it."""


@dataclass(frozen=True, slots=True)
class _Warden:
    pid: int
    pipe: int
    parent: int
    """The process that it watches; a fork of that one must not dismiss it."""


_warden: _Warden | None = None


def post() -> None:
    """Fork the warden of this process and let it hear of this process's signals. To be called once, before any thread is started.

    Where the machine allows no further process there is none: then the ordinary ways have to do.
    """
    global _warden  # noqa: PLW0603  one for the process is what is meant
    ours, parent = _pipe(), os.getpid()
    try:
        pid = os.fork()
    except OSError:
        for end in ours:
            os.close(end)
        return
    if pid == 0:
        _keep_watch(parent, *ours)
    os.close(ours[0])
    os.set_blocking(ours[1], False)
    signal.set_wakeup_fd(ours[1], warn_on_full_buffer=False)
    _warden = _Warden(pid, ours[1], parent)


def _pipe() -> tuple[int, int]:
    """Apart from the three standard streams, which may be closed: what is printed must not be taken for a word."""
    ends = os.pipe()
    apart = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends)
    for end in ends:
        os.close(end)
    return apart[0], apart[1]


def dismiss() -> None:
    """End what is left, and the warden. To be called last."""
    global _warden  # noqa: PLW0603  see above
    if _warden is None or _warden.parent != os.getpid():
        return
    signal.set_wakeup_fd(-1)
    _tell(b"q")
    os.close(_warden.pipe)
    deadline = time.monotonic() + 2 * GRACE_SECONDS
    with suppress(ChildProcessError):
        while os.waitpid(_warden.pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
            time.sleep(_WINK_SECONDS)
    _warden = None


def desert() -> None:
    """In a fork of the process that is watched: what it hears is its own affair. It still tells of what it starts."""
    signal.set_wakeup_fd(-1)


def entrust(group: int) -> None:
    """The group of processes (POSIX: the number of its first one), or the one process, must not outlive this one."""
    _tell(b"+%d;" % group)


def release(group: int) -> None:
    """Its first process has ended and is no longer ours to end."""
    _tell(b"-%d;" % group)


def ear() -> int | None:
    """The file descriptor through which a program can tell of itself, written to as by `entrust`; None without a warden."""
    return _warden.pipe if _warden else None


def _tell(words: bytes) -> None:
    if _warden is not None:
        with suppress(OSError):  # it was killed: nothing can be done for it
            os.write(_warden.pipe, words)


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a group of processes; False where it is gone."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _keep_watch(parent: int, pipe: int, other_end: int) -> NoReturn:
    """In the warden itself."""
    try:
        gc.disable()
        os.setsid()  # a terminal's Ctrl-C and whoever ends the group of the parent are not meant
        for number in _ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        os.close(other_end)
        _let_go_of_streams()
        _wait_and_end(parent, pipe)
    finally:
        os._exit(0)


def _let_go_of_streams() -> None:
    """Whoever reads what the parent writes must not wait for this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    os.close(nothing)


class _Watch:
    """What the warden has heard."""

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.deadline: float | None = None
        """When the parent must have ended, once it has been told to."""
        self.dismissed = False
        self._unread = b""

    def hear(self, heard: bytes) -> None:
        words = list(_WORDS.finditer(self._unread + heard))
        self._unread = (self._unread + heard)[words[-1].end() if words else 0 :]
        for word in words:
            self._take(*word.groups())

    def _take(self, sign: bytes | None, group: bytes | None, dismissal: bytes | None, number: bytes | None) -> None:
        if group:
            (self.groups.add if sign == b"+" else self.groups.discard)(int(group))
        elif dismissal:
            self.dismissed = True
        elif number and ord(number) in _ENDING_SIGNALS and self.deadline is None:
            self.deadline = time.monotonic() + ENDING_SECONDS

    @property
    def is_overdue(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline


def _wait_and_end(parent: int, pipe: int) -> None:
    watch = _Watch()
    while os.getppid() == parent and not watch.dismissed and not watch.is_overdue:
        if select.select([pipe], [], [], _LOOK_SECONDS)[0]:
            heard = os.read(pipe, 65536)
            if not heard:
                break
            watch.hear(heard)
    if watch.is_overdue and os.getppid() == parent:
        os.kill(parent, signal.SIGKILL)  # first: it must not wake up and wonder where its children are
    has_time = not (watch.is_overdue or watch.dismissed)  # who dismisses it has ended in order what needs that
    _end_all(watch.groups, GRACE_SECONDS if has_time else 0)


def _end_all(groups: set[int], grace: float) -> None:
    """SIGTERM, and after `grace` seconds SIGKILL to what is left."""
    left = {group for group in groups if _signal(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        left = {group for group in left if _signal(group, 0)}
    for group in left:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """To a group, or to a fork of the parent that is in the parent's own."""
    if signal_group(group, number):
        return True
    try:
        os.kill(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
