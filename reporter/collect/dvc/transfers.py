"""`dvc pull` and `dvc push` with an end where the storage is too slow: run as a process of its own, like DVC itself.

    python -m reporter.collect.dvc.transfers SECONDS pull|push OPTION…

It exits as DVC does, or with STALLED. Seen in DVC 3.60 to 3.67: `dvc.cli.main`, and `Repo.cloud.push` of hashes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from reporter.collect.redaction import one_line
from reporter.collect.sockets import Traffic, can_count

STALLED = 75
"""EX_TEMPFAIL of sysexits.h: the same may work another time."""

_SLOWEST = 1024
"""Bytes a second, in both directions together, or read and written on the disk."""
_WORK_SHARE = 0.1
"""Of a processor: who hashes or links files waits for nobody."""
_LOOKS = 20


def main(seconds: float, arguments: Sequence[str]) -> int:
    """Run DVC's command with its `arguments`; it ends, with STALLED, where nothing moves for so many `seconds`."""
    from dvc.cli import main as dvc

    if can_count():
        threading.Thread(target=_end_when_stalled, args=(seconds, arguments[0]), daemon=True).start()
    code = int(dvc(list(arguments)))
    if code == 0 and arguments[0] == "push":
        return 0 if push_uncached_outputs() else 1
    return code


def push_uncached_outputs() -> bool:
    """Push what `dvc push --run-cache` leaves out, such as metrics with `cache: false`. The run cache of DVC holds them,
    and elsewhere restores a stage only with all of its outputs. Returns whether all of it went through.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with Repo() as repo:
        outputs = (output for stage in repo.index.stages for output in stage.outs)
        uncached = {output.hash_info for output in outputs if not output.use_cache and output.hash_info}
        try:
            pushed = repo.cloud.push({each for each in uncached if repo.cache.local.exists(each.value)})
        except DvcException as error:
            _say(one_line(str(error)))
            return False
        return not pushed.failed


def _end_when_stalled(seconds: float, command: str) -> None:
    traffic = Traffic()
    since, then = time.monotonic(), _Work.now(traffic)
    while True:
        time.sleep(seconds / _LOOKS)
        now = _Work.now(traffic)
        if not traffic.is_open or now.is_more_than(then, seconds):
            since, then = time.monotonic(), now
        elif time.monotonic() - since >= seconds:
            _say(
                f"the remote storage took and gave less than 1 KiB/s for {seconds:g} seconds: dvc {command} is given up"
            )
            os._exit(STALLED)


class _Work:
    """What this process has done so far."""

    def __init__(self, transferred: int, on_disk: int, computed: float) -> None:
        self._bytes = (transferred, on_disk)
        self._computed = computed

    @classmethod
    def now(cls, traffic: Traffic) -> _Work:
        return cls(traffic.total(), _on_disk(), time.process_time())

    def is_more_than(self, then: _Work, seconds: float) -> bool:
        enough = _SLOWEST * seconds
        return (
            any(now - before >= enough for now, before in zip(self._bytes, then._bytes, strict=True))
            or self._computed - then._computed >= _WORK_SHARE * seconds
        )


def _on_disk() -> int:
    """Bytes read and written, of files and pipes; see `man 5 proc_pid_io`. To look by psutil would itself read more than counts as too slow."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("rchar:", "wchar:")))


def _say(line: str) -> None:
    sys.stderr.write(f"reporter: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
