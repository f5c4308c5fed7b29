"""Ends what a project's stages leave running: behind a training, a step with a token may follow on the same machine.

Linux only, where a process can adopt the orphans among its descendants; elsewhere nothing is found and nothing is ended.
What a stage has started by another program's daemon (docker, cron, systemd) is no descendant of ours and is not found.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
"""See `man 2 prctl`: who set it becomes the parent of each descendant whose own parent has ended."""

_ROUNDS = 20
"""A process that is about to be ended may start another one; one that does nothing else is not chased for ever."""
_PAUSE = 0.02
"""Seconds between two rounds."""


@contextmanager
def no_leftovers(say: Callable[[str], None]) -> Iterator[None]:
    """Run the block and then end, and name, every process that was started in it and still runs."""
    if not _adopt_orphans(wanted=True):
        yield
        return
    earlier = _descendants(os.getpid()).keys()
    try:
        yield
    finally:
        if ended := _end_descendants(earlier):
            say(f"Ended what the stages left running: {', '.join(sorted(ended))}")
        _adopt_orphans(wanted=False)


def _adopt_orphans(*, wanted: bool) -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0) == 0)


def _end_descendants(spared: Collection[int]) -> Collection[str]:
    ended: dict[int, str] = {}
    for _ in range(_ROUNDS):
        if not (found := _descendants(os.getpid(), spared)):
            break
        for process, name in found.items():
            with suppress(ProcessLookupError, PermissionError):  # it has ended, or is another user's by now
                os.kill(process, signal.SIGKILL)
                ended[process] = name
        time.sleep(_PAUSE)
        for process in ended:
            with suppress(ChildProcessError):  # reaped already, or its parent's to reap
                os.waitpid(process, os.WNOHANG)
    return ended.values()


def _descendants(ancestor: int, spared: Collection[int] = ()) -> dict[int, str]:
    """Process → name of what lives below `ancestor`, but for the spared ones and all that is below them."""
    living = [each for each in _processes() if each[0] not in spared]
    found: dict[int, str] = {}
    parents: Collection[int] = {ancestor}
    while parents:
        children = {process: name for process, parent, name in living if parent in parents}
        found |= children
        parents = children.keys()
    return found


def _processes() -> Iterator[tuple[int, int, str]]:
    """Process, parent and name of everything that runs. See `man 5 proc_pid_stat`: a name may hold brackets and blanks."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        state, parent = rest.split()[:2]
        if state not in "ZX":
            yield int(folder.name), int(parent), name
