"""A project read in a process of its own gives what it gives in this one, its errors and its bugs included."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from project_factories import ProjectFactory, isolate, small_project

from reporter.collect.project import Project, Wanted, open_project
from reporter.collect.reader_process import ProjectReader, ReaderCrashedError
from reporter.errors import ProjectError

# Python warns of a fork beside other threads, as pytest-xdist has one; the command line forks only where it is alone.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture
def opened(project, monkeypatch, tmp_path) -> Project:
    isolate(monkeypatch, tmp_path)
    return open_project(project.root)


def silent(line: str) -> None:
    """Progress that nobody asked for."""


def test_snapshots_are_the_same_and_in_order(opened):
    revisions = [opened.resolve_head("HEAD"), opened.resolve_head(None), opened.resolve_head("HEAD~1")]
    *candidates, base = revisions
    here = list(opened.snapshots(candidates, base, Wanted()))

    with ProjectReader(opened, silent) as apart:
        there = list(apart.snapshots(candidates, base, Wanted()))

    assert [one.revision for one in there] == revisions
    for one, other in zip(here, there, strict=True):
        assert (one.metrics, one.params, one.plots, one.stages) == (
            other.metrics,
            other.params,
            other.plots,
            other.stages,
        )
        assert one.data == other.data
        assert {path: table.rows for path, table in one.tables.items()} == {
            path: table.rows for path, table in other.tables.items()
        }


def test_files_are_read_there_too(opened):
    head = opened.resolve_head("HEAD")
    with ProjectReader(opened, silent) as apart:
        assert apart.read_files(head, ["dvc.yaml", "no-such-file"]) == opened.read_files(head, ["dvc.yaml"])


def test_an_error_keeps_its_mend(project, opened, tmp_path):
    broken = project.copy(tmp_path / "broken").write({"dvc.yaml": "stages: ["})
    there = open_project(broken.root)
    with pytest.raises(ProjectError) as here:
        there.snapshot(there.resolve_head(None), Wanted())

    with ProjectReader(there, silent) as apart, pytest.raises(ProjectError) as caught:
        next(apart.snapshots([there.resolve_head(None)], None, Wanted()))

    assert (caught.value.message, caught.value.hint) == (here.value.message, here.value.hint)


@pytest.mark.parametrize("method", ["snapshot", "load"])
def test_a_bug_there_shows_its_traceback_here(opened, monkeypatch, method):
    def fail(project, *_) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Project, method, fail)
    monkeypatch.setattr(Project, "snapshot", fail)
    with ProjectReader(opened, silent) as apart, pytest.raises(ReaderCrashedError, match=r"(?s)Traceback.*a bug"):
        next(apart.snapshots([opened.resolve_head(None)], None, Wanted()))


def test_progress_is_told_here(opened, monkeypatch):
    monkeypatch.setattr(Project, "snapshot", lambda project, *_: project._progress("fetching") or 1 / 0)
    lines = []
    with ProjectReader(opened, lines.append) as apart, pytest.raises(ReaderCrashedError):
        next(apart.snapshots([opened.resolve_head(None)], None, Wanted()))
    assert lines == ["fetching"]


def test_a_process_that_was_killed_is_an_error_that_says_so(opened, monkeypatch):
    monkeypatch.setattr(Project, "snapshot", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with ProjectReader(opened, silent) as apart, pytest.raises(ProjectError, match=r"was ended \(exit code -9\)"):
        next(apart.snapshots([opened.resolve_head(None)], None, Wanted()))


def test_the_process_ends_with_its_context(opened):
    with ProjectReader(opened, silent) as apart:
        assert apart._process.is_alive()
    assert not apart._process.is_alive()


def waiting(*_) -> None:
    FOREVER.wait()


FOREVER = threading.Event()


def test_a_process_that_obeys_nothing_ends_with_its_context_too(opened, monkeypatch):
    monkeypatch.setattr(Project, "load", lambda _: sum(range(10**15)))
    with ProjectReader(opened, silent) as apart:
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert not apart._process.is_alive()


def test_one_that_makes_no_progress_is_given_up_with_what_it_said_last(opened, monkeypatch):
    monkeypatch.setattr(Project, "snapshot", lambda project, *_: project._progress("Fetching 3 files") or waiting())
    with (
        ProjectReader(opened, silent, patience=1) as apart,
        pytest.raises(
            ProjectError, match=r"no progress for 1 seconds \(the last it said: Fetching 3 files\)"
        ) as caught,
    ):
        next(apart.snapshots([opened.resolve_head(None)], None, Wanted()))
    assert "git fsck" in caught.value.hint
    assert not apart._process.is_alive()


def speaking(project: Project) -> None:
    for _ in range(20):
        time.sleep(0.1)
        project._progress("so far")


def computing(_: Project) -> None:
    until = time.process_time() + 3
    while time.process_time() < until:
        sum(range(10_000))


def reading(_: Project) -> None:
    for _ in range(20):
        time.sleep(0.1)
        Path(__file__).read_bytes()


@pytest.mark.parametrize("work", [speaking, computing, reading])
def test_one_that_is_slow_but_at_work_is_waited_for(opened, monkeypatch, work):
    monkeypatch.setattr(Project, "read_files", lambda project, *_: work(project) or {"done": b""})
    with ProjectReader(opened, silent, patience=1) as apart:
        assert apart.read_files(opened.resolve_head("HEAD"), []) == {"done": b""}


def test_the_process_ends_when_this_one_is_killed(project, monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)
    script = (
        "import os, signal, sys; from pathlib import Path;"
        "from reporter.collect.reader_process import ProjectReader; from reporter.collect.project import open_project;"
        "apart = ProjectReader(open_project(Path.cwd()), print);"
        "print(apart._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=project.root, capture_output=True, text=True, check=False)

    assert done.returncode == -signal.SIGKILL
    psutil.wait_procs([process] if (process := running(int(done.stdout))) else [], timeout=20)
    assert running(int(done.stdout)) is None


def running(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return None if process.status() == psutil.STATUS_ZOMBIE else process
