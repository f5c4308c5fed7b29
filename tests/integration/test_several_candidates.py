"""A baseline and several candidates in one report: real git, real DVC, one bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from project_factories import ProjectFactory, isolate

from reporter.cli import main

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr]
    metrics:
      - metrics.json: {cache: false}
plots:
  - loss.csv: {x: step, y: loss}
"""
GATE = "metrics:\n  - {match: acc, direction: higher, gate: {max_drop: 0.1}}\n"

Compare = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def project(tmp_path, monkeypatch) -> ProjectFactory:
    """Main, and the branches `better`, `worse` and `drawn`, which plots a file that main has and does not plot."""
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project")
    files = {"dvc.yaml": DVC_YAML, "train.py": "", "params.yaml": "lr: 0.1\n", "loss.csv": "step,loss\n0,1\n1,0.5\n"}
    project.write({**files, "metrics.json": {"acc": 0.5}, "steps.csv": "step,rate\n0,1\n1,2\n", "reporter.yaml": GATE})
    project.record().commit("First")
    for branch, accuracy in [("better", 0.7), ("worse", 0.3), ("drawn", 0.5)]:
        project.git("checkout", "--quiet", "-b", branch, "main")
        project.write({"metrics.json": {"acc": accuracy}, "params.yaml": f"lr: {accuracy}\n"})
        if branch == "drawn":
            project.write({"dvc.yaml": f"{DVC_YAML}  - steps.csv: {{x: step, y: rate}}\n"})
            project.write({"steps.csv": "step,rate\n0,1\n1,3\n"})
        project.record().commit(branch)
    project.git("checkout", "--quiet", "main")
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def compare(project, capfd) -> Compare:
    """Exit code and report.json of main against these heads."""

    def compare_them(*heads: str, options: tuple[str, ...] = ()) -> tuple[int, dict[str, Any]]:
        named = [word for head in heads for word in ("--head", head)]
        code = main(["report", "main", "--no-images", "--json", *named, *options], {})
        return code, json.loads(capfd.readouterr().out)

    return compare_them


def test_the_first_candidate_is_the_report_and_all_are_listed(compare):
    code, report = compare("better", "worse")
    assert code == 0
    assert report["head"]["label"] == "better"
    assert [each["head"]["label"] for each in report["candidates"]] == ["better", "worse"]
    assert [each["metrics"][0]["delta"] for each in report["candidates"]] == pytest.approx([0.2, -0.2])
    assert [each["verdict"] for each in report["candidates"]] == ["pass", "fail"]
    assert {key: report[key] for key in report["candidates"][0]} == report["candidates"][0]


def test_one_candidate_has_no_list_of_them(compare):
    assert "candidates" not in compare("better")[1]


def test_a_candidate_that_is_named_twice_is_one(compare):
    assert "candidates" not in compare("better", "better")[1]


@pytest.mark.parametrize(("heads", "code"), [(("better", "worse"), 0), (("worse", "better"), 1)])
def test_the_gate_is_that_of_the_first_candidate(compare, heads, code):
    assert compare(*heads, options=("--gate",))[0] == code


def test_a_plot_that_only_a_later_candidate_has_is_drawn_beside_the_data_of_the_baseline(project, compare):
    _, report = compare("better", "drawn")
    first, later = report["candidates"]
    assert [plot["id"] for plot in first["plots"]] == ["loss.csv"]
    assert {plot["id"]: plot["state"] for plot in later["plots"]} == {"loss.csv": "unchanged", "steps.csv": "added"}
    [drawn] = [plot for plot in later["plots"] if plot["id"] == "steps.csv"]
    assert drawn["revisions"] == ["main", "drawn"]
    assert 'data-title="steps.csv"' in (project.root / "reports/report.html").read_text()


def test_a_param_that_only_a_later_candidate_tracks_has_its_past(project, compare):
    project.git("checkout", "--quiet", "-b", "tracking", "main")
    project.write({"dvc.yaml": DVC_YAML.replace("params: [lr]", "params: [lr, other.yaml: [depth]]")})
    project.write({"other.yaml": "depth: 4\n"}).record().commit("tracking")
    project.git("checkout", "--quiet", "main")
    project.write({"other.yaml": "depth: 3\n"}).commit("Depth")
    _, report = compare("better", "tracking", options=("--policy", "tip"))
    rows = {row["name"]: (row["base"], row["head"]) for row in report["candidates"][1]["params"]}
    assert rows["depth"] == (3, 4)


def test_the_workspace_is_a_candidate_beside_others(project, compare):
    project.write({"metrics.json": {"acc": 0.6}})
    _, report = compare("workspace", "better")
    assert [each["head"]["label"] for each in report["candidates"]] == ["workspace", "better"]
    assert report["candidates"][0]["head"]["dirty"] is True


def test_an_unknown_candidate_ends_in_one_line(project, capfd):
    assert main(["report", "main", "--no-images", "--head", "better", "--head", "nowhere"], {}) == 3
    assert "nowhere" in capfd.readouterr().err


def test_terminal_and_markdown_show_all_of_them(project, capfd):
    assert main(["report", "main", "--no-images", "--head", "better", "--head", "worse"], {}) == 0
    out = capfd.readouterr().out
    assert "Gate failed: acc worse by 0.2 (limit 0.1)" in " ".join(out.split())
    text = (project.root / "reports/report.md").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "| `worse` | ❌ fail | 🔴 0.3 (−0.2) |" in text
    assert "<summary><b>worse</b></summary>" in text
