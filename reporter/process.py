"""The one subprocess wrapper: every other program (git, dvc, a stage's command) is started here, never through a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reporter.errors import ReporterError


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
    timeout: float | None = None,
) -> Completed:
    """Run `command` to its end and return what it left, whatever its exit code.

    `env` is laid over this process's environment. `timeout` is in seconds. Arguments never reach an error text, since
    they may hold an address with a password. Raises ProcessError where the program is missing or too slow.
    """
    arguments = [os.fspath(part) for part in command]
    program = Path(arguments[0]).name
    try:
        done = subprocess.run(  # noqa: S603  no shell; the callers' arguments are theirs to check
            arguments,
            cwd=cwd,
            env={**os.environ, **env} if env else None,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise ProcessError(f"the folder {cwd} does not exist", "run the command in an existing folder") from error
        raise ProcessError(f"{program} is not installed", f"install {program} and put it on the PATH") from error
    except subprocess.TimeoutExpired as error:
        raise ProcessError(
            f"{program} did not end within {timeout:g} seconds", "check the network and try again"
        ) from error
    return Completed(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def start(*command: str | Path, cwd: Path, env: Mapping[str, str], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start `command`, in a process group of its own, to talk with it through its standard input and output; whoever starts
    it ends it.

    `env` is laid over this process's environment. Raises ProcessError where the program is missing.
    """
    arguments = [os.fspath(part) for part in command]
    try:
        return subprocess.Popen(  # noqa: S603  no shell; the callers' arguments are theirs to check
            arguments,
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        program = Path(arguments[0]).name
        raise ProcessError(f"{program} is not installed", f"install {program} and put it on the PATH") from error


def run_aloud(*command: str | Path, cwd: Path, hidden: Collection[str] = ()) -> int:
    """Run `command` to its end with everything it prints on our standard error, and return its exit code.

    `hidden` names variables of the environment that it must not see, such as the one that holds the forge's token; what
    one of them holds is hidden under any other name too.
    """
    secrets = {os.environ[name] for name in hidden if os.environ.get(name)}
    environment = {name: value for name, value in os.environ.items() if name not in hidden and value not in secrets}
    done = subprocess.run(  # noqa: S603  no shell; the callers' arguments are theirs to check
        [os.fspath(part) for part in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        check=False,
    )
    return done.returncode
