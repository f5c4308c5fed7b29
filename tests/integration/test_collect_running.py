"""A report while DVC is at work in the same work tree."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time

import pytest
from project_factories import ProjectFactory, isolate

from reporter.collect.project import Wanted, open_project
from reporter.collect.running import wait_for_writers, writer_in
from reporter.errors import ProjectError

SLOW = "stages:\n  train:\n    cmd: sleep {seconds} && echo acc=1 > metrics.toml\n    metrics: [metrics.toml]\n"


@pytest.fixture
def project(monkeypatch, tmp_path) -> ProjectFactory:
    isolate(monkeypatch, tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return ProjectFactory.new(tmp_path / "project")


def begun(project: ProjectFactory, seconds: int) -> subprocess.Popen:
    """`dvc repro`, once it holds its lock."""
    project.write({"dvc.yaml": SLOW.format(seconds=seconds)}).commit()
    run = subprocess.Popen([sys.executable, "-m", "dvc", "repro", "--quiet"], cwd=project.root, start_new_session=True)
    while writer_in(project.root) is None:
        assert run.poll() is None
        time.sleep(0.05)
    return run


def test_it_waits_for_a_run_that_ends_soon(project):
    run = begun(project, seconds=1)
    told = []
    opened = open_project(project.root, told.append)

    found = opened.snapshot(opened.resolve_head(None), Wanted())

    assert run.wait() == 0
    assert found.metrics["metrics.toml"].values == {"acc": 1}
    assert told[0].startswith("Waiting for `dvc repro --quiet` (process ")
    assert "metrics.toml" in told[0]


def test_a_long_one_is_named_with_its_lock(project):
    run = begun(project, seconds=60)
    try:
        with pytest.raises(ProjectError, match=r"is writing metrics\.toml, as \.dvc/tmp/rwlock says") as caught:
            wait_for_writers(project.root, lambda _: None, patience=0.3)
    finally:
        os.killpg(run.pid, 9)
        run.wait()

    assert f"process {run.pid}" in caught.value.message
    assert "--head HEAD" in caught.value.hint
    wait_for_writers(project.root, lambda _: None, patience=0)  # what a killed run left behind holds nobody up


def test_it_waits_between_two_stages_as_well_but_not_for_a_long_push(project, monkeypatch):
    lock = project.root / ".dvc" / "tmp" / "lock"
    lock.parent.mkdir(exist_ok=True)
    naps = []
    monkeypatch.setattr(time, "sleep", naps.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(naps))
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        wait_for_writers(project.root, lambda _: None)
    assert 2 < sum(naps) < 5
    wait_for_writers(project.root, lambda _: None)
    assert sum(naps) < 5


def test_a_stage_may_report_on_the_run_that_it_is_a_part_of(project, monkeypatch):
    lock = project.root / ".dvc" / "tmp" / "rwlock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(
        json.dumps({"write": {str(project.root / "reports"): {"pid": os.getppid(), "cmd": "/bin/dvc repro"}}})
    )
    assert writer_in(project.root).path == "reports"
    monkeypatch.setenv("DVC_STAGE", "report")

    wait_for_writers(project.root, lambda _: None, patience=0)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"write": 3}', '{"write": {"a": {"pid": "x"}}}'])
def test_a_lock_that_says_nothing_holds_nobody_up(project, text):
    lock = project.root / ".dvc" / "tmp" / "rwlock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(text)

    assert writer_in(project.root) is None
