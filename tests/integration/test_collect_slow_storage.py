"""A storage that is too slow, breaks off or never answers: said with its reason, in a time that has a limit."""

from __future__ import annotations

import functools
import http.server
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dvc_s3  # noqa: F401  here once, and not in each reader while its patience lasts
import pytest
import s3fs  # noqa: F401  the same
from fakes.faulty_line import FaultyLine, faulty_line
from project_factories import ProjectFactory, isolate, small_project

from reporter.collect.dvc.transfers import STALLED
from reporter.collect.project import Wanted, open_project
from reporter.collect.reader_process import ProjectReader
from reporter.collect.transfers import Patience
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Snapshot

# Python warns of a fork beside other threads, which the command line has not got.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

KEY, SECRET = "AKIAREPORTERTEST", "not-a-secret-of-anyone"
BIG = 300_000
"""Bytes of one object; the others are small."""
SHORT = Patience(slowest=1024, seconds=4)
"""With a storage on this machine."""


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("slow")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        project = small_project(folder / "project", folder / "bucket")
        rows = "".join(f"{step},{step / 7}\n" for step in range(BIG // 20))
        project.write({"loss.csv": f"step,loss\n{rows}"}).record().push().commit("A big table")
        return project


@pytest.fixture(scope="module")
def server(template) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("rclone")),
        "serve",
        "s3",
        f"--auth-key={KEY},{SECRET}",
        f"--addr=127.0.0.1:{port}",
        str(template.root.parent),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(port)
        yield port
        process.terminate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the S3 server did not start")


@pytest.fixture
def line(server) -> Iterator[FaultyLine]:
    with faulty_line(server) as line:
        yield line


@pytest.fixture
def project(template, line, tmp_path, monkeypatch) -> ProjectFactory:
    """A clone without a cache, whose remote is at the other end of the line."""
    isolate(monkeypatch, tmp_path)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    config = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://bucket\n    endpointurl = {line.address}\n"
    return template.clone(tmp_path / "project").write({".dvc/config": config})


def snapshot(project: ProjectFactory, patience: Patience = SHORT) -> Snapshot:
    """Read in a process of its own, as the command does: what this one receives is the line's."""
    opened = open_project(project.root, patience=patience)
    with ProjectReader(opened, lambda _: None) as apart:
        return next(apart.snapshots([opened.resolve_head("HEAD")], None, Wanted()))


def test_a_sound_line_changes_nothing(project):
    assert snapshot(project).problems == ()


def test_a_storage_that_is_too_slow_is_unavailable_with_that_reason(project, line):
    line.bytes_per_second = 100
    started = time.monotonic()

    (problem,) = snapshot(project).problems

    assert time.monotonic() - started < 3 * SHORT.seconds
    assert problem.kind is ProblemKind.ACCESS
    assert problem.message == "remote 'storage' (s3://bucket) sent less than 1 KiB/s for 4 seconds"
    assert "dvc fetch" in problem.hint
    assert set(problem.files) >= {"metrics.json", "loss.csv", "images"}


def test_a_storage_that_never_answers_is_asked_once_and_not_for_each_file(project, line):
    line.silent = True
    started = time.monotonic()

    found = snapshot(project)

    assert time.monotonic() - started < 3 * SHORT.seconds
    assert [problem.message for problem in found.problems] == [
        "remote 'storage' (s3://bucket) sent nothing for 4 seconds"
    ]
    assert found.metrics["metrics.json"].problem.kind is ProblemKind.ACCESS


def test_a_slow_storage_that_keeps_above_the_limit_is_waited_for(project, line):
    line.bytes_per_second = 40_000
    started = time.monotonic()

    assert snapshot(project).problems == ()

    assert time.monotonic() - started > SHORT.seconds


def test_a_transfer_that_is_cut_every_time_is_given_up_and_the_others_are_read(project, line):
    line.cut_after = 10_000
    started = time.monotonic()

    found = snapshot(project)

    assert time.monotonic() - started < 60
    assert found.metrics["metrics.json"].values == {"acc": 0.75}
    (problem,) = found.problems
    assert (problem.kind, problem.path) == (ProblemKind.ACCESS, "loss.csv")
    assert problem.message == "remote 'storage' (s3://bucket) broke the transfer off 5 times"
    assert line.cuts >= 5


@pytest.mark.parametrize("after", [10_000, 0], ids=["in the middle", "before a word"])
def test_a_transfer_that_is_cut_twice_is_complete_in_the_end(project, line, after):
    line.cut_after, line.cuts_left = after, 2

    found = snapshot(project)

    assert line.cuts == 2
    assert found.problems == ()
    assert found.tables["loss.csv"].rows == BIG // 20


def test_a_storage_that_cuts_everything_off_is_one_problem(project, line, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    line.cut_after = 0
    started = time.monotonic()

    (problem,) = snapshot(project, Patience(seconds=30)).problems

    assert time.monotonic() - started < 60
    assert problem.kind is ProblemKind.ACCESS
    assert "remote 'storage' (s3://bucket) broke the transfer off" in problem.message
    assert set(problem.files) >= {"metrics.json", "loss.csv"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word on standard error."""

    def log_message(self, *_) -> None:
        """Nothing."""


@pytest.fixture
def web(template) -> Iterator[FaultyLine]:
    """The line to a web server that has the same objects, and the big table under its name."""
    serve = functools.partial(Quiet, directory=str(template.root.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with faulty_line(server.server_port) as line:
            yield line
        server.shutdown()


@pytest.fixture
def web_project(project, web) -> ProjectFactory:
    """Its remote is the web server."""
    config = f"[core]\n    remote = web\n['remote \"web\"']\n    url = {web.address}/bucket\n"
    return project.write({".dvc/config": config})


def transferring(project: ProjectFactory, command: str) -> subprocess.CompletedProcess[str]:
    """A pull or push as `ci --repro` does it."""
    program = [sys.executable, "-m", "reporter.collect.dvc.transfers", str(SHORT.seconds), command]
    return subprocess.run(program, cwd=project.root, capture_output=True, text=True, check=False, timeout=120)


def test_a_pull_over_a_sound_line_brings_everything(project):
    done = transferring(project, "pull")

    assert done.returncode == 0, done.stderr
    assert (project.root / "loss.csv").exists()


@pytest.mark.parametrize("fault", ["silent", "slow"])
def test_a_pull_from_a_storage_that_is_too_slow_is_given_up(project, line, fault):
    line.silent, line.bytes_per_second = fault == "silent", 100

    done = transferring(project, "pull")

    assert done.returncode == STALLED
    assert done.stderr.splitlines()[-1] == (
        "reporter: the remote storage took and gave less than 1 KiB/s for 4 seconds: dvc pull is given up"
    )


def test_a_pull_that_takes_longer_but_moves_is_waited_for(project, line):
    line.bytes_per_second = 40_000

    done = transferring(project, "pull")

    assert done.returncode == 0, done.stderr


def test_a_push_to_a_storage_that_is_too_slow_is_given_up(project, line):
    project.write({"another.bin": b"another"}).add("another.bin")
    line.silent = True

    assert transferring(project, "push").returncode == STALLED


def test_a_web_server_is_held_to_the_same(web_project, web):
    web.bytes_per_second = 100

    (problem,) = snapshot(web_project).problems

    assert problem.message == f"remote 'web' ({web.address}/bucket) sent less than 1 KiB/s for 4 seconds"


def test_a_web_server_that_cuts_is_asked_three_times(web_project, web):
    web.cut_after = 10_000

    found = snapshot(web_project)

    (problem,) = found.problems
    assert problem.path == "loss.csv"
    assert problem.message == f"remote 'web' ({web.address}/bucket) broke the transfer off three times"
    assert web.cuts == 3


def test_a_web_server_that_cuts_twice_delivers_in_the_end(web_project, web):
    web.cut_after, web.cuts_left = 10_000, 2

    assert snapshot(web_project).problems == ()
    assert web.cuts == 2


def test_what_only_dvc_can_read_has_the_same_limit_and_its_source_is_asked_once(web_project, web, tmp_path):
    """An import that was never downloaded is read from the repository that it comes from, whose remote is the web server."""
    web_project.commit("The registry")
    project = ProjectFactory.new(tmp_path / "consumer")
    for name in ("one.csv", "two.csv"):
        project.imported(web_project, "loss.csv", "--no-download", "--out", name)
    project.write({"dvc.yaml": "plots:\n  - one.csv: {x: step, y: loss}\n  - two.csv: {x: step, y: loss}\n"})
    project.commit("Only imports")
    assert snapshot(project).tables.keys() == {"one.csv", "two.csv"}

    web.silent = True
    started = time.monotonic()
    (problem,) = [one for one in snapshot(project).problems if one.kind is ProblemKind.ACCESS]

    assert time.monotonic() - started < 3 * SHORT.seconds
    assert problem.message == "…/project: loss.csv sent nothing for 4 seconds"
    assert set(problem.files) == {"one.csv", "two.csv"}
