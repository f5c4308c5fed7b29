"""The command line: help, usage errors, and how every kind of error leaves the process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
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


def test_the_help_lists_the_commands_by_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([], {})
    shown = capsys.readouterr().out
    places = [shown.index(f"\n  {group}\n") for group in cli.GROUPS]
    assert places == sorted(places)
    for group, commands in cli.GROUPS.items():
        listed = shown[shown.index(f"\n  {group}\n") :]
        for name, summary in commands.items():
            assert f"\n    {name:<20}{summary}\n" in listed


def test_a_command_s_help_begins_with_its_usage_and_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["gate", "--help"], {})
    shown = capsys.readouterr().out
    assert shown.startswith("usage: reporter gate [-h] [DIR]\n\nExit code from a bundle's verdict.\n")
    assert shown.endswith("examples:\n  reporter gate reports            exit 1 if the bundle's verdict fails\n")


COMPARED = {"base": None, "policy": "merge-base", "out": Path("reports"), "config": None, "images": True}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("report", COMPARED | {"head": None, "json": False, "gate": False}),
        ("report main --gate", COMPARED | {"base": "main", "gate": True}),
        ("report v1 --head v2 --head v3 --json", COMPARED | {"base": "v1", "head": ["v2", "v3"], "json": True}),
        ("report --policy tip", COMPARED | {"policy": "tip"}),
        ("report --policy exact", COMPARED | {"policy": "exact"}),
        (
            "report --out here --config team.yaml --no-images",
            COMPARED | {"out": Path("here"), "config": Path("team.yaml"), "images": False},
        ),
        ("ci", COMPARED | {"start": False, "make": False, "repro": False}),
        ("ci main --start", COMPARED | {"base": "main", "start": True, "make": False}),
        ("ci --make --repro", COMPARED | {"start": False, "make": True, "repro": True}),
        ("post", {"bundles": [Path("reports")], "config": None, "dry_run": False}),
        ("post a b --dry-run --config c", {"bundles": [Path("a"), Path("b")], "config": Path("c"), "dry_run": True}),
        ("gate", {"bundle": Path("reports")}),
        ("gate here", {"bundle": Path("here")}),
    ],
)
def test_what_a_command_line_asks_for(line: str, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    command, *_ = arguments = line.split()
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(cli, f"_run_{command}", lambda options, _environ: asked.append(vars(options)) or 5)
    assert cli.main(arguments, {}) == 5, "its exit code is the process's"
    assert {name: asked[0][name] for name in expected} == expected


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


def test_an_interrupt_is_no_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_raising(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "reporter: interrupted\n"


def test_an_error_without_a_mend_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_raising(monkeypatch, ProjectError("p", ""))
    assert capsys.readouterr().err == "reporter: p\n"


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


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.FAIL, 1), (Verdict.UNKNOWN, 0), (Verdict.PASS, 0)])
def test_the_gate_s_exit_code_is_the_verdict_s(
    verdict: Verdict, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_bundle(
        tmp_path / "reports",
        Bundle(make_report(verdict=verdict, summary="auc fell", gates=(replace(GATES[0], result=verdict),))),
        "",
    )
    assert cli.main(["gate", str(tmp_path / "reports")], {}) == code
    assert capsys.readouterr() == (f"{verdict.value}: auc fell\n", "")


def test_outside_ci_nothing_is_posted_and_the_dry_run_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_bundle(tmp_path / "reports", Bundle(make_report()), "")
    assert cli.main(["post"], {}) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "reporter: There is nothing to post to outside a CI job\n"
        "          See what a job would post with `reporter post --dry-run`.\n"
    )


def test_outside_ci_there_is_no_comment_to_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["ci", "--start", "--repro"], {}) == 0
    assert capsys.readouterr() == ("", "[dry run] Outside CI there is no comment to mark as running\n")


def test_a_folder_that_is_gone_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert cli.main(["report"], {}) == 2
    assert capsys.readouterr().err == (
        "reporter: The current folder is no longer there\n          Change into the project's folder.\n"
    )


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
