"""The command line: help, usage errors, and how every kind of error leaves the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from report_factories import make_report

from reporter import __version__, cli, wiring
from reporter.bundle import Bundle, write_bundle
from reporter.commands.gate import what_is_not_gated
from reporter.errors import ForgeError, ProjectError, ReporterError, UsageError
from reporter.model.comparison import GateRow, Verdict
from reporter.model.report import Reports

GATES = (GateRow("m.json:acc", "min 0.5", Verdict.PASS, "within the limit"),)


def run_raising(monkeypatch: pytest.MonkeyPatch, error: BaseException, environ: dict[str, str] | None = None) -> int:
    """Run `reporter gate` with a command that raises."""

    def fail(_options, _environ) -> int:
        raise error

    monkeypatch.setattr(cli, "_run_gate", fail)
    return cli.main(["gate"], environ or {})


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([], {}) == 0
    assert "COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["report", "post", "ci", "gate"])
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"], {})
    assert left.value.code == 0
    assert f"reporter {command}" in capsys.readouterr().out.partition("examples:")[2]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"], {})
    assert capsys.readouterr().out == f"reporter {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--print-completion", shell], {})
    assert "--no-images" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["reprot"], ["report", "--polic"], ["report", "--policy", "none"], ["ci", "--start", "--make"]]
)
def test_wrong_usage_exits_2_and_leaves_standard_output_empty(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments, {})
    shown = capsys.readouterr()
    assert left.value.code == 2
    assert shown.out == ""
    assert shown.err.startswith("reporter: ")
    assert "--help" in shown.err


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError("u", "h"), 2), (ProjectError("p", "h"), 3), (ForgeError("f", "h"), 3), (ReporterError("r", "h"), 3)],
)
def test_an_error_is_one_line_and_its_mend(
    error: ReporterError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_raising(monkeypatch, error) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"reporter: {error.message}\n          h\n"


def test_a_bug_is_one_line_with_its_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_raising(monkeypatch, ZeroDivisionError("oops")) == 70
    shown = capsys.readouterr().err
    (log,) = tmp_path.glob("reporter-*.log")
    assert shown.count("\n") == 1
    assert "ZeroDivisionError: oops" in shown
    assert str(log) in shown
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_the_token_is_in_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"CI": "true", "GITHUB_TOKEN": "ghs_secret"}
    assert run_raising(monkeypatch, RuntimeError("refused ghs_secret"), environ) == 70
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "ghs_secret" not in shown


def test_an_interrupt_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_raising(monkeypatch, KeyboardInterrupt()) == 130


def test_no_secret_of_the_environment_is_in_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"CI": "true", "GH_TOKEN": "gho_second", "AWS_SECRET_ACCESS_KEY": "wJalrX", "HOME": "/home/me"}
    assert run_raising(monkeypatch, RuntimeError("wJalrX and gho_second at /home/me"), environ) == 70
    assert "*** and *** at /home/me" in capsys.readouterr().err


def test_a_message_is_one_line_and_steers_neither_terminal_nor_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_raising(monkeypatch, ProjectError("there is no revision 'a\n::error::b\x1b[31m'"))
    assert capsys.readouterr().err == "reporter: there is no revision 'a ↵ ::error::b\ufffd[31m'\n"


def test_a_reader_that_has_heard_enough_is_no_bug(tmp_path: Path) -> None:
    write_bundle(tmp_path / "reports", Bundle(make_report(gates=GATES)), "")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "reporter", "gate", str(tmp_path / "reports")]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_are_no_bug_and_nobody_else_s_file_takes_their_place(closed: str, tmp_path: Path) -> None:
    write_bundle(tmp_path / "reports", Bundle(make_report(gates=GATES)), "")
    command = f"exec {sys.executable} -m reporter gate {tmp_path}/reports {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert done.stderr == ""


def test_the_gate_quotes_a_stranger_s_bundle_on_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_bundle(tmp_path / "reports", Bundle(make_report(summary="new: a\n::error::b\x1b[31m")), "")
    assert cli.main(["gate", str(tmp_path / "reports")], {}) == 0
    assert capsys.readouterr().out == "pass: new: a ↵ ::error::b\ufffd[31m\n"


def test_where_nothing_is_gated_the_gate_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, gates in (("gated", GATES), ("ungated", ())):
        write_bundle(tmp_path / folder, Bundle(make_report(gates=gates)), "")
        assert cli.main(["gate", str(tmp_path / folder)], {}) == 0
        said = capsys.readouterr().err
        assert said.startswith("No gate is in force, and without one no verdict is `fail`: ") is (folder == "ungated")
        assert bool(said) is (folder == "ungated")


def test_one_gated_report_of_several_is_enough() -> None:
    reports = (make_report(project="a"), make_report(project="b", gates=GATES))
    assert what_is_not_gated(Reports(Verdict.PASS, "", reports=reports)) == ""
    assert what_is_not_gated(Reports(Verdict.PASS, "", reports=reports[:1]))


@pytest.mark.parametrize("terminal", [True, False])
def test_a_revision_s_name_in_the_progress_is_no_markup(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    with wiring.progress({}) as say:
        say("Reading :/[/fix]")
    assert terminal or capsys.readouterr().err == "Reading :/[/fix]\n"
