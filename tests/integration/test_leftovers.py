"""What a stage leaves running is ended, and nothing else is. Linux: elsewhere nothing can be adopted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from project_factories import git

from reporter.collect.git.repository import Git
from reporter.collect.leftovers import no_leftovers
from reporter.collect.problems import UnreadableError

SLEEP = "import time; time.sleep(60)"
DAEMON = f"""
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], env={{}}, start_new_session=True)
    open(sys.argv[1], "w").write(f"{{os.getpid()}} {{child.pid}}")
    child.wait()
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def read_soon(file: Path) -> str:
    for _ in range(500):
        if file.exists() and (text := file.read_text()):
            return text
        time.sleep(0.02)
    raise AssertionError("the daemon has not started")


def test_a_daemon_and_its_child_in_sessions_of_their_own_are_ended_and_named(tmp_path):
    said: list[str] = []
    with no_leftovers(said.append):
        subprocess.run([sys.executable, "-c", DAEMON, str(tmp_path / "pids")], check=True)
        daemon, child = map(int, read_soon(tmp_path / "pids").split())
        assert runs(daemon)
        assert runs(child)
    assert not runs(daemon)
    assert not runs(child)
    (line,) = said
    assert line.startswith("Ended what the stages left running: python")


def test_one_that_is_deaf_is_ended_too():
    with no_leftovers(print):
        left = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE)
        assert left.stdout
        left.stdout.readline()
    assert not runs(left.pid)
    left.communicate()


def test_they_are_ended_when_the_training_fails():
    left: list[subprocess.Popen[bytes]] = []

    def train() -> None:
        with no_leftovers(print):
            left.append(subprocess.Popen([sys.executable, "-c", SLEEP]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    assert not runs(left[0].pid)
    left[0].wait()


def test_what_ran_before_goes_on_and_a_clean_block_says_nothing():
    said: list[str] = []
    ours = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        with no_leftovers(said.append):
            subprocess.run([sys.executable, "-c", ""], check=True)
        assert runs(ours.pid)
        assert said == []
    finally:
        os.kill(ours.pid, signal.SIGKILL)
        ours.wait()


def test_a_program_that_this_one_talks_with_is_no_leftover(tmp_path):
    git(tmp_path, "init", "--quiet")
    reader = Git(tmp_path).objects()
    said = []
    with no_leftovers(said.append), pytest.raises(UnreadableError):
        reader.read("0" * 40)

    assert said == []
