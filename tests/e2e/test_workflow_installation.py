"""What the action's first step does: reporter gets an environment of its own, and the runner's stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / ".github" / "scripts" / "install-reporter.sh"


def _install(venv: Path, project: Path, path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash, "bash is what GitHub's runners run steps with; install it"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("REPORTER_", "RUNNER_"))}
    return subprocess.run(
        [bash, str(SCRIPT), str(venv), str(project)],
        env=inherited | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _programs(folder: Path, **scripts: str) -> str:
    """A PATH with nothing but some programs and what the script takes for granted."""
    folder.mkdir()
    for name in ("dirname", "bash", "grep"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return str(folder)


def test_a_runner_may_bring_reporter_and_then_nothing_is_installed(tmp_path):
    path = _programs(tmp_path / "bin", reporter="exit 0")

    done = _install(tmp_path / "venv", tmp_path, path, REPORTER_COMMAND="reporter")

    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/bin/reporter\n"), done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_command_that_is_not_there_is_said_with_its_mend(tmp_path):
    done = _install(tmp_path / "venv", tmp_path, _programs(tmp_path / "bin"), REPORTER_COMMAND="/opt/reporter")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("::error title=reporter::REPORTER_COMMAND names /opt/reporter, which cannot be run.")


@pytest.mark.parametrize("scripts", [{}, {"python3": "exit 1", "python": "exit 1"}], ids=["none", "too old"])
def test_a_runner_without_a_usable_python_is_said_with_its_mend(tmp_path, scripts):
    done = _install(tmp_path / "venv", tmp_path, _programs(tmp_path / "bin", **scripts))

    assert (done.returncode, done.stdout) == (1, "")
    assert "Python 3.11 or newer" in done.stderr
    assert "actions/setup-python" in done.stderr


def test_windows_is_said_not_to_work(tmp_path):
    done = _install(tmp_path / "venv", tmp_path, _programs(tmp_path / "bin"), RUNNER_OS="Windows")

    assert (done.returncode, done.stdout) == (1, "")
    assert "not on Windows" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_projects_remote_decides_the_plugin_and_the_runners_python_stays_as_it_is(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--quiet", "--no-scm"], cwd=project, check=True)
    subprocess.run([*dvc, "remote", "add", "--quiet", "team", "ssh://example.org/models"], cwd=project, check=True)
    # A Python as actions/setup-python leaves it: with pip, without uv.
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "python")], check=True)
    path = os.pathsep.join([str(tmp_path / "python" / "bin"), "/usr/bin", "/bin"])
    before = _packages(tmp_path / "python")

    first = _install(tmp_path / "reporter", project, path)
    second = _install(tmp_path / "reporter", project, path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout == f"{tmp_path}/reporter/bin/reporter\n"
    assert "Installing reporter" not in second.stderr
    assert "dvc-ssh" in first.stderr
    version = subprocess.run([first.stdout.strip(), "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("reporter ")
    installed = _packages(tmp_path / "reporter")
    assert any(name.startswith("dvc_ssh-") for name in installed)
    assert any(name.startswith("pyarrow-") for name in installed), "predictions may be Parquet"
    assert _packages(tmp_path / "python") == before


def _packages(venv: Path) -> set[str]:
    return {folder.name for folder in venv.glob("lib/python3*/site-packages/*.dist-info")}
