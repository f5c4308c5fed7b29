"""The one subprocess wrapper: every other program (git, dvc, a stage's command) is started here, never through a shell.

Each is a session of its own, so that it ends with all that it has started in turn: where it takes too long, where this
process is interrupted, and where it is killed (`reporter.warden`). No program reads the terminal, or waits for its user.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from reporter import warden
from reporter.errors import ReporterError

PATIENCE = 300.0
"""Seconds that a program may take of which its caller does not know better."""

_Stream: TypeAlias = int | IO[bytes] | None


class ProcessError(ReporterError):
    """A program is not installed, or did not end in time."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program that ended left behind."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether its exit code was 0."""
        return self.returncode == 0

    @property
    def text(self) -> str:
        """Standard output without its last line break; bytes that are no UTF-8 survive a round trip."""
        return self.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float = PATIENCE,
) -> Completed:
    """Run `command` to its end and return what it left, whatever its exit code.

    `env` is laid over this process's environment. `timeout` is in seconds. Arguments never reach an error text, since
    they may hold an address with a password. Raises ProcessError where the program is missing or too slow.
    """
    arguments = [os.fspath(part) for part in command]
    program = Path(arguments[0]).name
    environment = {**os.environ, **env} if env else None
    given = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    try:
        with _ended(_begun(arguments, cwd, environment, given, subprocess.PIPE, subprocess.PIPE)) as process:
            stdout, stderr = process.communicate(stdin, timeout)
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise ProcessError(f"the folder {cwd} does not exist", "run the command in an existing folder") from error
        raise ProcessError(f"{program} is not installed", f"install {program} and put it on the PATH") from error
    except subprocess.TimeoutExpired as error:
        raise ProcessError(
            f"{program} did not end within {timeout:g} seconds", "check the network and the disk, and try again"
        ) from error
    return Completed(process.returncode, stdout, stderr.decode("utf-8", "replace"))


def start(*command: str | Path, cwd: Path, env: Mapping[str, str], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start `command` to talk with it through its standard input and output; whoever starts it ends it, by `kill`.

    `env` is laid over this process's environment. Raises ProcessError where the program is missing.
    """
    arguments = [os.fspath(part) for part in command]
    try:
        return _begun(arguments, cwd, {**os.environ, **env}, subprocess.PIPE, subprocess.PIPE, stderr)
    except FileNotFoundError as error:
        program = Path(arguments[0]).name
        raise ProcessError(f"{program} is not installed", f"install {program} and put it on the PATH") from error


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a program that was started, at once, and all that it has started in turn."""
    warden.signal_group(process.pid, signal.SIGKILL)
    process.wait()
    warden.release(process.pid)


def run_aloud(
    *command: str | Path, cwd: Path, hidden: Collection[str] = (), env: Mapping[str, str] | None = None
) -> int:
    """Run `command` to its end with everything it prints on our standard error, and return its exit code.

    `hidden` names variables of the environment that it must not see, such as the one that holds the forge's token; what
    one of them holds is hidden under any other name too. `env` is laid over the rest.
    """
    secrets = {os.environ[name] for name in hidden if os.environ.get(name)}
    environment = {name: value for name, value in os.environ.items() if name not in hidden and value not in secrets}
    environment |= env or {}
    arguments = [os.fspath(part) for part in command]
    with _ended(_begun(arguments, cwd, environment, subprocess.DEVNULL, sys.stderr.fileno(), None)) as process:
        return process.wait()


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the block is left: early, it is ended, and with it all that it has started."""
    try:
        yield process
    except BaseException:
        _end(process)
        raise
    finally:
        warden.release(process.pid)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):  # it ended before it had read all that it was given
                    stream.close()


def _begun(
    arguments: Sequence[str],
    cwd: Path | None,
    environment: Mapping[str, str] | None,
    stdin: _Stream,
    stdout: _Stream,
    stderr: _Stream,
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603  no shell; the callers' arguments are theirs to check
        arguments, cwd=cwd, env=environment, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
    )
    warden.entrust(process.pid)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the program and all that it has started, upon which git takes its locks away; then SIGKILL."""
    warden.signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + warden.GRACE_SECONDS
    while (process.poll() is None or warden.signal_group(process.pid, 0)) and time.monotonic() < deadline:
        time.sleep(warden.PAUSE_SECONDS)
    warden.signal_group(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):  # one that hangs in the kernel cannot be waited for
        process.wait(1)
