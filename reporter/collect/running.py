"""What DVC itself is writing in the work tree at this moment, as its own lock file tells: half-written outputs are no results."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.errors import ProjectError

_PATIENCE = 20.0
"""Seconds: a `dvc pull` or a short stage ends by then, and a training takes longer than anybody waits for a report."""
_PAUSE = 0.25
_PATIENCE_BETWEEN_STAGES = 3.0
"""Seconds: DVC holds its other lock while it writes dvc.lock and goes on to the next stage, but also during a long `dvc push`."""
_LOCK = ".dvc/tmp/rwlock"
_LOCK_BETWEEN_STAGES = ".dvc/tmp/lock"
_INSIDE_A_STAGE = "DVC_STAGE"
"""DVC sets it for the stages that it runs."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A running process of DVC that holds a lock to write."""

    pid: int
    command: str
    path: str
    """What it writes, from the project's root."""


def wait_for_writers(root: Path, say: Callable[[str], None], patience: float = _PATIENCE) -> None:
    """Wait until DVC writes nothing in the project. Raises ProjectError, which names the lock, where that takes too long.

    A report that is made by a stage does not wait for the run that it is a part of.
    """
    if os.environ.get(_INSIDE_A_STAGE):
        return
    now = time.monotonic()
    deadline, between_stages = now + patience, now + min(patience, _PATIENCE_BETWEEN_STAGES)
    told = False
    while (writer := writer_in(root)) or (time.monotonic() < between_stages and _is_locked(root)):
        if writer is None:
            time.sleep(_PAUSE)
            continue
        between_stages = time.monotonic() + _PATIENCE_BETWEEN_STAGES
        if not told:
            say(f"Waiting for `{writer.command}` (process {writer.pid}), which is writing {writer.path}")
            told = True
        if time.monotonic() > deadline:
            raise ProjectError(
                f"`{writer.command}` (process {writer.pid}) is writing {writer.path}, as {_LOCK} says",
                "wait until it ends, or compare what is committed: `--head HEAD`",
            )
        time.sleep(_PAUSE)


def _is_locked(root: Path) -> bool:
    """Whether DVC is at work in the project. It tries again for three seconds itself, should it come while this looks."""
    try:
        with (root / _LOCK_BETWEEN_STAGES).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no lock, no run; or a file system without such locks
        return False
    return False


def writer_in(root: Path) -> Writer | None:
    """A running process of DVC that writes in the project; None where there is none. What it left behind when it died does not count."""
    content = _content(root / _LOCK)
    writing = content.get("write") if isinstance(content, Mapping) else None
    entries = writing.items() if isinstance(writing, Mapping) else ()
    return next((writer for path, by in entries if (writer := _writer(root, str(path), by)) is not None), None)


def _content(lock: Path) -> Any:
    """What the lock file says; None where it says nothing. A second look tells a broken one from one that is just being written."""
    for pause in (_PAUSE, 0.0):
        try:
            return json.loads(lock.read_bytes())
        except OSError:
            return None
        except ValueError:
            time.sleep(pause)
    return None


def _writer(root: Path, path: str, by: object) -> Writer | None:
    import psutil

    pid = by.get("pid") if isinstance(by, Mapping) else None
    if not isinstance(pid, int) or not isinstance(by, Mapping) or not psutil.pid_exists(pid):
        return None
    command = f"dvc {str(by.get('cmd', '')).partition(' ')[2]}".strip()  # without the path of this machine
    full = Path(path)
    return Writer(pid, command, full.relative_to(root).as_posix() if full.is_relative_to(root) else full.name)
