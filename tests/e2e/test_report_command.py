"""`reporter report` as a user has it: normal paths that are easily taken for errors, and what goes to which stream."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from project_factories import SMALL_DVC_YAML, ProjectFactory, isolate, small_project

from reporter.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("report_command")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    """Acc is 0.5 at HEAD~1 and 0.75 at HEAD."""
    isolate(monkeypatch, tmp_path)
    project = template.copy(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def run(capfd) -> Run:
    """Run `reporter report --no-images`: exit code, standard output, standard error."""

    def run_it(*arguments: str) -> tuple[int, str, str]:
        code = main(["report", "--no-images", *arguments], {})
        return code, *capfd.readouterr()

    return run_it


def test_json_and_nothing_else_is_on_standard_output(project, run):
    code, out, err = run("HEAD~1", "--json")
    assert code == 0
    assert out == (project.root / "reports" / "report.json").read_text()
    assert json.loads(out)["verdict"] == "pass"
    assert "The whole report: reports/report.html" in err


def test_a_folder_that_is_no_bundle_is_refused_before_anything_is_read(project, run):
    code, out, err = run("HEAD~1", "--out", str(project.root))
    assert (code, out) == (2, "")
    assert "Reading" not in err


def test_equal_revisions_are_one_line(project, run):
    code, out, _ = run("HEAD", "--head", "HEAD")
    assert code == 0
    assert "Nothing changed" in out.splitlines()[0]


def test_a_candidate_that_the_branch_contains_is_said_to_be_compared_with_itself(project, run):
    _, out, _ = run("main", "--head", "main~1")
    assert "main contains main~1, which is so compared with itself; `--policy tip`" in " ".join(out.split())
    _, out, _ = run("main", "--head", "main~1", "--policy", "tip")
    assert "itself" not in out


def test_the_first_commit_is_a_first_report(project, run):
    project.git("checkout", "--quiet", "--orphan", "fresh")
    project.commit("Only")
    project.git("branch", "--quiet", "-D", "main")
    project.git("branch", "--quiet", "-m", "main")
    code, out, _ = run()
    assert code == 0
    assert "First report" in out.splitlines()[0]
    assert json.loads(Path("reports/report.json").read_text())["base"] is None


def test_without_base_the_default_branch_itself_is_compared_with_its_previous_commit(project, run):
    for base in ([], [""]):  # an unset variable in a script: reporter report "$BASE"
        code, out, _ = run(*base, "--json")
        assert code == 0
        assert json.loads(out)["base"]["sha"] == project.git("rev-parse", "HEAD~1")


def test_single_runs_are_placed_among_those_that_the_base_branch_has_seen(project, run):
    for accuracy in (0.7, 0.76, 0.74):
        project.write({"metrics.json": {"acc": accuracy}}).record().commit()
    project.git("switch", "--quiet", "--create", "change")
    project.write({"metrics.json": {"acc": 0.8}}).record().commit()
    code, out, _ = run("main")
    assert code == 0
    assert out.splitlines()[0] == "PASS  Better: acc +0.06; significance unknown"
    assert "above all of the last 5 values up to main (0.50 to 0.76); 2 of the 4 steps" in " ".join(out.split())
    (history,) = json.loads(Path("reports/report.json").read_text())["history"]
    assert [point["value"] for point in history["points"]] == [0.5, 0.75, 0.7, 0.76, 0.74]
    assert history["points"][-1]["sha"] == project.git("rev-parse", "main")


def test_the_gate_decides_only_where_it_is_asked(project, run):
    project.write({"reporter.yaml": 'metrics: [{match: "*:acc", gate: {min: 0.99}}]\n'})
    assert run("HEAD~1")[0] == 0
    assert run("HEAD~1", "--gate")[0] == 1
    assert main(["gate"], {}) == 1
    project.write({"reporter.yaml": 'fail_on: never\nmetrics: [{match: "*:acc", gate: {min: 0.99}}]\n'})
    assert run("HEAD~1", "--gate")[0] == 0


@pytest.mark.parametrize(("policy", "acc"), [("merge-base", 0.5), ("tip", 0.75)])
def test_the_policy_says_where_on_a_branch_the_baseline_is(project, run, policy, acc):
    project.git("checkout", "--quiet", "-b", "try", "HEAD~1")
    code, out, _ = run("main", "--policy", policy, "--head", "try", "--json")
    assert code == 0
    assert [row["base"] for row in json.loads(out)["metrics"]] == [acc]


def test_a_folder_below_the_project_reports_the_same(project, run, monkeypatch):
    _, above, _ = run("HEAD~1", "--json")
    monkeypatch.chdir(project.root / "data")
    _, below, _ = run("HEAD~1", "--json", "--out", "../reports")
    assert json.loads(below)["metrics"] == json.loads(above)["metrics"]


def test_another_revision_is_compared_without_touching_the_work_tree(project, run):
    project.write({"params.yaml": "lr: 0.9\n", "notes.txt": "mine"})
    before = project.git("status", "--porcelain"), project.git("worktree", "list")
    code, out, _ = run("HEAD~1", "--head", "HEAD", "--json", "--out", "../elsewhere")
    assert code == 0
    assert [row["head"] for row in json.loads(out)["params"]] == [0.2]
    assert (project.git("status", "--porcelain"), project.git("worktree", "list")) == before


def test_without_a_browser_the_report_is_written_and_says_how_to_get_pictures(project, capfd):
    assert main(["report", "HEAD~1"], {"BROWSER_PATH": "/nonexistent/browser"}) == 0
    out, _ = capfd.readouterr()
    [note] = [line for line in out.splitlines() if line.startswith("note: ")]
    assert "BROWSER_PATH" in note
    page = Path("reports/report.html").read_text()
    assert len(page) > 100_000
    assert "BROWSER_PATH" not in page, "where plots are drawn, no picture is missing"


def test_how_many_plots_have_a_picture_is_said_where_pictures_are(project, run):
    project.write({"reporter.yaml": "plots: {max_images: 0}\n"})
    run("HEAD~1")
    notice = "0 of 2 plots have a picture; report.html has them all."
    assert notice in json.loads(Path("reports/report.json").read_text())["notices"]
    assert notice in Path("reports/report.md").read_text()
    assert notice not in Path("reports/report.html").read_text()


def test_svg_images_are_compared_as_pictures_and_one_that_is_broken_is_said(project, run):
    rect = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="{}"/></svg>'
    plots = f"{SMALL_DVC_YAML}plots:\n  - tree.svg\n  - broken.svg\n"
    project.write({"dvc.yaml": plots, "tree.svg": rect.format(40), "broken.svg": "<svg"}).commit("Draw a tree")
    project.write({"tree.svg": rect.format(20), "broken.svg": "<svg x"}).commit("Cut the tree")
    _, out, _ = run("HEAD~1", "--head", "HEAD", "--json")
    told = {plot["id"]: (plot["state"], plot["alt"]) for plot in json.loads(out)["plots"]}
    assert told["tree.svg"] == ("changed", "tree.svg: HEAD~1 and HEAD side by side; difference: 50.00% of pixels.")
    assert told["broken.svg"] == ("changed", "broken.svg: no image of HEAD~1 and HEAD.")


def test_a_cancelled_run_leaves_no_process_and_no_folder(project, tmp_path):
    command = [sys.executable, "-m", "reporter", "report", "HEAD~1", "--no-images"]
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stderr.readline().startswith(b"Reading")
        process.terminate()
        process.communicate(timeout=20)  # ends only when the last process that holds the stream has ended
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.glob("reporter-*")) == []
    assert not (project.root / "reports").exists()
