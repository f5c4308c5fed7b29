"""The commands as a user has them, `reporter report` and `dvc … --json`, each in a process that may hang or crash.

The process is a fork of this one, where everything is loaded: it costs a tenth of a fresh one, and what it leaves behind ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

SECONDS = 60.0
"""No report of so small a project takes so long."""
_CRASHED = 99


@dataclass(frozen=True)
class Ran:
    code: int
    said: str
    """On standard error."""
    folder: Path
    """The bundle's."""

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.text("report.json"))
        return report


class HungError(AssertionError):
    """The command did not end."""


def load() -> None:
    """Load here what each run needs."""
    for name in (
        "dvc.cli.parser",
        "dvc.fs",
        "dvc.repo.diff",
        "dvc.repo.metrics.diff",
        "dvc.repo.params.diff",
        "dvc.repo.status",
        "reporter.cli",
        "reporter.collect.dvc.project",
        "reporter.collect.formats.tables",
        "reporter.commands.report",
        "reporter.publish.export",
        "reporter.wiring",
    ):
        import_module(name)


def report(root: Path, out: Path, *arguments: str) -> Ran:
    """`reporter report` with `root` as current folder. Raises HungError after a minute."""
    from reporter.cli import main

    def run() -> int:
        return main(
            ["report", *arguments, "--no-images", "--out", str(out)], {"CI": "true"}
        )  # a bug's traceback is printed

    code, _, said = _aside(root, out, run)
    return Ran(code, said, out)


def dvc_json(root: Path, scratch: Path, *arguments: str) -> Any:
    """What `dvc … --json` prints. Raises AssertionError with what it says where it fails."""
    from dvc.cli import main

    def run() -> int:
        os.environ["DVC_TEST"] = "true"  # else it prints to the standard output of before the fork
        return int(main([*arguments, "--json"]))

    code, printed, said = _aside(root, scratch, run)
    assert code == 0, f"`dvc {' '.join(arguments)}` ended with {code}: {said}"
    return json.loads(printed)


def _aside(root: Path, place: Path, run: Callable[[], int]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error, which lie beside `place`."""
    place.parent.mkdir(parents=True, exist_ok=True)
    out, err = place.with_suffix(".out"), place.with_suffix(".err")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads that do not run in the child: those of DVC's progress bars
        child = os.fork()
    if child == 0:
        _become(root, run, out, err)
    code = _ended(child, err)
    return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")


def _become(root: Path, run: Callable[[], int], out: Path, err: Path) -> NoReturn:
    """Run, and end this process."""
    code = _CRASHED
    try:
        os.setsid()
        for stream, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
        os.chdir(root)
        code = run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  said where the parent looks for it
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _ended(child: int, err: Path) -> int:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise HungError(f"it took more than {SECONDS:.0f} s; it said: {err.read_text()}")
