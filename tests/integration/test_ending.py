"""However and whenever the command is ended, it is gone within two seconds, says nothing odd, and leaves no process behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from project_factories import ProjectFactory, isolated_environment, small_project
from report_factories import make_report

from reporter.bundle import Bundle, write_bundle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests look for processes in /proc")

SLACK = 3.0
"""For a machine that has other things to do: the two seconds are what a user sees on one that has not."""
MARK = "REPORTER_TEST_MARK"
REPORT = ("report", "HEAD~1")
FOREVER = "sum(range(10**15))"
"""Inside C, with the interpreter's lock, deaf to every signal but SIGKILL."""

HALT = """
def halt(*_, **__):
    import os, pathlib
    pathlib.Path(os.environ["REACHED"]).touch()
    {forever}
"""
SLEEP = "import time; time.sleep(600)"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("ending")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated_environment(folder).items():
            patch.setenv(name, value)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture
def project(template, tmp_path) -> ProjectFactory:
    return template.copy(tmp_path / "project")


class Run:
    """The command as a real process, and everything that it starts, known by a variable of the environment."""

    def __init__(
        self, folder: Path, arguments: tuple[str, ...], before: str = "", environ: Mapping[str, str] | None = None
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.reached = folder / "reached"
        self.errors = folder / "errors"
        (folder / "tmp").mkdir()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GITHUB_", "AWS_")) and name != "CI"
        }
        code = f"import sys; sys.argv[1:] = {list(arguments)!r}\n{before}\nfrom reporter.__main__ import main; main()"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=folder / "project",
                env={
                    **inherited,
                    **isolated_environment(folder),
                    MARK: self.mark,
                    "REACHED": str(self.reached),
                    "TMPDIR": str(folder / "tmp"),
                    "PYTHONPATH": str(folder),
                    **(environ or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def wait_until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not reached():
            assert self.process.poll() is None, self.errors.read_text()
            assert time.monotonic() < deadline, self.errors.read_text()
            time.sleep(0.02)

    def end_by(self, *signals: int) -> float:
        """Send signals, 0.2 s apart; returns how long everything took to be gone since the first."""
        sent = time.monotonic()
        for number in signals:
            self.process.send_signal(number)
            with_pause(self.process)
        self.process.wait(30)
        while self.left() and time.monotonic() - sent < 30:
            time.sleep(0.02)
        return time.monotonic() - sent

    def left(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if is_ours(process, self.mark)]

    def kill_all(self) -> None:
        for process in self.left():
            process.kill()
        self.process.wait(10)


def with_pause(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return


def is_ours(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except psutil.Error:
        return False


@contextmanager
def silent_server() -> Iterator[str]:
    """Accepts connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def running(folder: Path, *arguments: str, before: str = "", environ: Mapping[str, str] | None = None) -> Iterator[Run]:
    run = Run(folder, arguments or REPORT, before, environ)
    try:
        yield run
    finally:
        run.kill_all()


def halting(place: str, forever: str = FOREVER) -> str:
    """Code that makes one function of the program wait for ever."""
    module, _, name = place.rpartition(":")
    owner, _, attribute = name.rpartition(".")
    target = f"halted.{owner}" if owner else "halted"
    return f"{HALT.format(forever=forever)}\nimport {module} as halted\n{target}.{attribute} = halt\n"


@contextmanager
def loading(folder: Path) -> Iterator[Run]:
    with running(folder, before=halting("reporter.collect.project:Project.load")) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def reading(folder: Path) -> Iterator[Run]:
    """In a library that hears nothing, as libgit2 may be."""
    with running(folder, before=halting("reporter.collect.project:Project.snapshot")) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def waiting_in_a_thread(folder: Path) -> Iterator[Run]:
    """For a thread that never ends and that Python would wait for."""
    before = halting(
        "reporter.collect.project:Project.snapshot",
        "import threading; t = threading.Thread(target=lambda: __import__('time').sleep(600)); t.start(); t.join()",
    )
    with running(folder, before=before) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def history(folder: Path) -> Iterator[Run]:
    with running(folder, before=halting("reporter.collect.project:Project.history", SLEEP)) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def comparing(folder: Path) -> Iterator[Run]:
    """The process itself is the deaf one."""
    with running(folder, before=halting("reporter.cli:_report_request")) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def asking_git(folder: Path) -> Iterator[Run]:
    """A git that has started something of its own, and neither obeys SIGTERM."""
    fake = folder / "bin" / "git"
    fake.parent.mkdir()
    script = (
        "#!/bin/sh\ntrap '' TERM INT\n(while :; do sleep 600; done) &\ntouch $REACHED\nwhile :; do sleep 600; done\n"
    )
    fake.write_text(script)
    fake.chmod(0o755)
    with running(folder, environ={"PATH": f"{fake.parent}:{os.environ['PATH']}"}) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def downloading(folder: Path) -> Iterator[Run]:
    project = ProjectFactory(folder / "project")
    shutil.rmtree(project.root / ".dvc" / "cache")
    for name in ("metrics.json", "loss.csv", "images/roc.png"):
        (project.root / name).unlink()
    with silent_server() as address:
        project.write(
            {
                ".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = s3://bucket\n    endpointurl = {address}\n"
            }
        )
        keys = {
            "AWS_ACCESS_KEY_ID": "A",
            "AWS_SECRET_ACCESS_KEY": "B",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "*",
        }
        with running(folder, environ=keys) as run:
            run.wait_until(lambda: "Fetching" in run.errors.read_text())
            time.sleep(1)
            yield run


@contextmanager
def browser_starting(folder: Path) -> Iterator[Run]:
    browser = folder / "chrome"
    browser.write_text("#!/bin/sh\ntrap '' TERM INT\nsleep 600 &\ntouch $REACHED\nwhile :; do sleep 600; done\n")
    browser.chmod(0o755)
    with running(folder, environ={"BROWSER_PATH": str(browser)}) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def browser_drawing(folder: Path) -> Iterator[Run]:
    """So many labelled bars are minutes of work for plotly.js."""
    before = """
import reporter.publish.plotly_browser as drawing
def endless(_):
    import os, pathlib
    pathlib.Path(os.environ["REACHED"]).touch()
    x = list(range(100_000))
    return {"data": [{"type": "bar", "x": x, "y": x, "text": x, "textposition": "outside"}], "layout": {}}
drawing.plain = endless
"""
    with running(folder, before=before) as run:
        run.wait_until(run.reached.exists)
        time.sleep(1)
        yield run


@contextmanager
def browser_closing(folder: Path) -> Iterator[Run]:
    """The browser is stopped, and hears nothing of being closed."""
    before = """
import reporter.publish.plotly_browser as drawing
end = drawing._end
async def halted(browser, **options):
    import os, pathlib, signal
    os.kill(browser.subprocess.pid, signal.SIGSTOP)
    pathlib.Path(os.environ["REACHED"]).touch()
    await end(browser, **options)
drawing._end = halted
"""
    with running(folder, before=before) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def drawing_a_template(folder: Path) -> Iterator[Run]:
    """vl-convert's process."""
    (folder / "sleeper.py").write_text(f"import os, pathlib; pathlib.Path(os.environ['REACHED']).touch(); {FOREVER}")
    template = {"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "line"}
    project = ProjectFactory(folder / "project")
    project.write(
        {
            ".dvc/plots/own.json": template,
            "dvc.yaml": f"{(project.root / 'dvc.yaml').read_text()}plots:\n  - loss.csv: {{x: step, y: loss, template: own}}\n",
        }
    )
    before = "import reporter.publish.vega as vega; vega._MODULE = 'sleeper'"
    with running(folder, *REPORT, "--no-images", before=before) as run:
        run.wait_until(run.reached.exists)
        yield run


@contextmanager
def reproducing(folder: Path) -> Iterator[Run]:
    """A stage that starts another process, and neither obeys SIGTERM."""
    script = "import os, signal, subprocess, sys, time, pathlib\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nif sys.argv[1:] != ['again']:\n    subprocess.Popen([sys.executable, __file__, 'again'])\n    pathlib.Path(os.environ['REACHED']).touch()\ntime.sleep(600)\n"
    ProjectFactory(folder / "project").write({"train.py": script})
    with running(folder, "ci", "HEAD", "--repro", "--no-images") as run:
        run.wait_until(run.reached.exists)
        time.sleep(0.5)
        yield run


@contextmanager
def posting(folder: Path) -> Iterator[Run]:
    """To a forge that does not answer."""
    report = make_report()
    write_bundle(folder / "project" / "reports", Bundle(report), "")
    event = folder / "event.json"
    event.write_text(json.dumps({"number": 7, "pull_request": {"number": 7}, "repository": {"default_branch": "main"}}))
    with silent_server() as address:
        environ = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": address,
            "GITHUB_SERVER_URL": address,
            "GITHUB_REPOSITORY": "octo/models",
            "GITHUB_EVENT_NAME": "workflow_dispatch",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": report.head.sha,
            "GITHUB_REF": "refs/heads/topic",
            "GITHUB_RUN_ID": "1",
            "GITHUB_TOKEN": "ghs_secret",
            "NO_PROXY": "*",
        }
        with running(folder, "post", environ=environ) as run:
            time.sleep(2)
            assert run.process.poll() is None, run.errors.read_text()
            yield run


STATES = [
    loading,
    reading,
    waiting_in_a_thread,
    history,
    comparing,
    asking_git,
    downloading,
    browser_starting,
    browser_drawing,
    browser_closing,
    drawing_a_template,
    reproducing,
    posting,
]


def name(state: Callable[..., object]) -> str:
    return state.__name__.replace("_", " ")


@pytest.mark.parametrize("state", STATES, ids=name)
def test_a_cancelled_job_leaves_nothing_after_two_seconds(project, tmp_path, state):
    with state(tmp_path) as run:
        assert run.left()
        seconds = run.end_by(signal.SIGTERM)

        assert run.left() == []
        assert seconds < 2 + SLACK
        assert run.process.returncode == (-signal.SIGKILL if state is comparing else 143)
        assert "Traceback" not in run.errors.read_text()
        assert list((tmp_path / "tmp").iterdir()) == [] or state is comparing


@pytest.mark.parametrize("state", [reading, browser_drawing, reproducing, posting], ids=name)
def test_an_impatient_user_sees_one_line_and_the_prompt(project, tmp_path, state):
    with state(tmp_path) as run:
        seconds = run.end_by(signal.SIGINT, signal.SIGINT, signal.SIGINT)
        said = run.errors.read_text()

        assert run.left() == []
        assert seconds < 2 + SLACK
        assert run.process.returncode == 130
        assert said.splitlines()[-1] == "reporter: interrupted"
        assert "Traceback" not in said


@pytest.mark.parametrize("state", STATES, ids=name)
def test_a_process_that_is_killed_takes_all_that_it_started_with_it(project, tmp_path, state):
    with state(tmp_path) as run:
        seconds = run.end_by(signal.SIGKILL)

        assert run.left() == []
        assert seconds < 2 + SLACK


@pytest.mark.parametrize("delay", [0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3])
def test_an_interrupt_at_the_very_start_shows_no_traceback(project, tmp_path, delay):
    before = "from reporter import __main__; import os, pathlib; pathlib.Path(os.environ['REACHED']).touch()"
    with running(tmp_path, before=before) as run:
        run.wait_until(run.reached.exists)
        time.sleep(delay)
        run.end_by(signal.SIGINT)

        assert run.left() == []
        assert run.process.returncode in {130, -signal.SIGINT}
        assert run.errors.read_text().splitlines()[-1:] in ([], ["reporter: interrupted"])


def test_a_run_that_nobody_disturbs_leaves_nothing_either(project, tmp_path):
    with running(tmp_path) as run:
        assert run.process.wait(60) == 0
        assert run.left() == []
        assert list((tmp_path / "tmp").iterdir()) == []
