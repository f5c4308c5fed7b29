"""Other programs: their exit codes are answers, their absence and their slowness are errors a user can mend."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import psutil
import pytest

from reporter.process import ProcessError, run, run_aloud


def test_an_exit_code_is_an_answer():
    done = run(sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")

    assert (done.ok, done.returncode, done.text, done.stderr) == (False, 3, "out", "err\n")


def test_bytes_that_are_no_text_survive():
    done = run(sys.executable, "-c", "import sys; sys.stdout.buffer.write(bytes([255]))")

    assert done.text.encode("utf-8", "surrogateescape") == b"\xff"


def test_the_environment_is_laid_over_ours_and_input_is_given(monkeypatch):
    monkeypatch.setenv("KEPT", "1")

    done = run(
        sys.executable,
        "-c",
        "import os, sys; print(os.environ['KEPT'], os.environ['NEW'], sys.stdin.read())",
        env={"NEW": "2"},
        stdin=b"3",
    )

    assert done.text == "1 2 3"


def test_a_program_that_is_not_installed_says_so():
    with pytest.raises(ProcessError, match="no-such-program is not installed"):
        run("no-such-program", "--token=secret")


def test_a_folder_that_does_not_exist_is_not_a_missing_program(tmp_path):
    with pytest.raises(ProcessError, match="does not exist"):
        run(sys.executable, "-c", "", cwd=tmp_path / "nowhere")


def test_one_that_does_not_end_is_stopped_and_its_arguments_stay_out_of_the_message():
    with pytest.raises(ProcessError, match="did not end within") as caught:
        run(sys.executable, "-c", "import time; time.sleep(30)", "secret", timeout=0.2)

    assert "secret" not in f"{caught.value} {caught.value.hint}"


STUBBORN = """
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, "-c", sys.argv[0], sys.argv[1], "child"])
with open(sys.argv[1], "a") as pids:
    pids.write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def stubborn(pids) -> tuple[str, ...]:
    """A program that starts another one; neither obeys SIGTERM."""
    return (sys.executable, "-c", "import sys; sys.argv[0] = sys.argv.pop(1); exec(sys.argv[0])", STUBBORN, str(pids))


def are_gone(pids: list[int], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def started(pids) -> list[int]:
    return [int(pid) for pid in pids.read_text().split()] if pids.exists() else []


def test_one_that_takes_too_long_is_ended_with_all_that_it_has_started(tmp_path):
    pids = tmp_path / "pids"

    with pytest.raises(ProcessError):
        run(*stubborn(pids), timeout=2)

    assert len(started(pids)) == 2
    assert are_gone(started(pids))


def test_an_interrupt_ends_what_runs_aloud_with_all_that_it_has_started(tmp_path):
    pids = tmp_path / "pids"

    def interrupt() -> None:
        while len(started(pids)) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run_aloud(*stubborn(pids), cwd=tmp_path)

    assert are_gone(started(pids))


def test_one_that_is_asked_to_end_may_tidy_up_first(tmp_path):
    lock = tmp_path / "index.lock"
    script = f"trap 'rm {lock}; exit' TERM; touch {lock}; while :; do sleep 0.05; done"

    with pytest.raises(ProcessError):
        run("sh", "-c", script, timeout=0.3)

    assert not lock.exists()


def test_a_program_cannot_wait_for_the_user():
    script = "import os; print(os.getsid(0) == os.getpid())"
    assert run(sys.executable, "-c", script).text == "True"
