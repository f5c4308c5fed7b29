"""Other programs: their exit codes are answers, their absence and their slowness are errors a user can mend."""

from __future__ import annotations

import sys

import pytest

from reporter.process import ProcessError, run


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
