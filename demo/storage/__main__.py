"""`python -m demo.storage`: the storage for as long as a person, a command or a CI job needs it."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from demo.storage import BUCKET, PORT, ROOT, Storage, StorageStartError, connected, embedded_storage, exit_on_signal

_RECORD = "server.pid"


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
