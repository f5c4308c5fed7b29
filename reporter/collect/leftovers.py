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

from reporter import warden

_PR_SET_CHILD_SUBREAPER = 36
"""See `man 2 prctl`: who set it becomes the parent of each descendant whose own parent has ended."""

_ROUNDS = 20
"""A process that is about to be ended may start another one; one that does nothing else is not chased for ever."""
_PAUSE = 0.02
"""Seconds between two rounds."""


@contextmanager
def no_leftovers(say: Callable[[str], None]) -> Iterator[None]:
    """Run the block and then end, and name, every process that was started in it and still runs, but for those of this program."""
    if not _adopt_orphans(wanted=True):
        yield
        return
    earlier = _descendants().keys()
    try:
        yield
    finally:
        if ended := _end_descendants({*earlier, *warden.entrusted()}):
            say(f"Ended what the stages left running: {', '.join(sorted(ended))}")
        _adopt_orphans(wanted=False)


def _adopt_orphans(*, wanted: bool) -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0) == 0)


def _end_descendants(spared: Collection[int]) -> Collection[str]:
    ended: dict[int, str] = {}
    for _ in range(_ROUNDS):
        if not (found := _descendants(spared)):
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


def _descendants(spared: Collection[int] = ()) -> dict[int, str]:
    """Process → name of what lives below this one, but for the spared ones and all that is below them."""
    import psutil

    everything = (each.info for each in psutil.process_iter(["pid", "ppid", "name", "status"]))
    dead = {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    living = [each for each in everything if each["pid"] not in spared and each["status"] not in dead]
    found: dict[int, str] = {}
    parents: Collection[int] = {os.getpid()}
    while parents:
        children = {each["pid"]: each["name"] for each in living if each["ppid"] in parents}
        found |= children
        parents = children.keys()
    return found
