"""A reporter.yaml that no project reads is named: its author believes in gates that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate

from reporter.cli import main
from reporter.collect.project import open_project

GATES = "metrics: [{match: acc, gate: {min: 0.9, required: true}}]\n"


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def said(project: ProjectFactory) -> tuple[str, ...]:
    return open_project(project.root).stray_configurations("reporter.yaml")


@pytest.mark.parametrize("name", ["reporter.yml", ".reporter.yaml", ".reporter.yml"])
def test_another_name_is_named_with_the_right_one(tmp_path: Path, name: str) -> None:
    project = ProjectFactory.new(tmp_path / "project").write({name: GATES})
    assert said(project) == (f"`{name}` is not read: rename it to `reporter.yaml`.",)


def test_the_right_one_is_not_named(tmp_path: Path) -> None:
    assert said(ProjectFactory.new(tmp_path / "project").write({"reporter.yaml": GATES})) == ()


@pytest.mark.parametrize("own", [True, False])
def test_one_at_the_top_of_the_repository_is_read_by_no_project_below(tmp_path: Path, own: bool) -> None:
    project = ProjectFactory.new(tmp_path / "repository", "models/delays")
    (tmp_path / "repository" / "reporter.yaml").write_text(GATES)
    if own:
        project.write({"reporter.yaml": GATES})
    assert said(project) == (
        "`../../reporter.yaml` is not read: move it to `reporter.yaml` beside this project's `.dvc`.",
    )


def test_one_of_a_project_above_is_that_projects(tmp_path: Path) -> None:
    above = ProjectFactory.new(tmp_path / "repository").write({"reporter.yaml": GATES})
    assert said(above.beside("models/delays")) == ()


def test_what_lies_above_the_repository_is_nobodys_affair(tmp_path: Path) -> None:
    (tmp_path / "reporter.yaml").write_text(GATES)
    assert said(ProjectFactory.new(tmp_path / "project")) == ()


def test_one_beside_a_pipeline_below_the_top_of_its_project_is_named(tmp_path: Path) -> None:
    project = ProjectFactory.new(tmp_path / "project")
    project.write(
        {"train/dvc.yaml": "stages: {}\n", "train/reporter.yaml": GATES, "docs/reporter.yaml": GATES}
    ).commit()
    assert said(project) == (
        "`train/reporter.yaml` is not read: a project has one `reporter.yaml`, beside its `.dvc`.",
    )
    project.write({"reporter.yaml": GATES})
    assert said(project) == ()


def test_the_report_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"acc": 0.5}, "reporter.yml": GATES}).commit()
    monkeypatch.chdir(project.root)
    assert main(["report", "--no-images", "--json", "--gate"], {}) == 0
    told = capsys.readouterr()
    assert "`reporter.yml` is not read: rename it to `reporter.yaml`." in json.loads(told.out)["notices"]
    assert "No gate is in force" in told.err
    main(["report", "--no-images", "--json", "--config", "reporter.yml"], {})
    assert json.loads(capsys.readouterr().out)["notices"] == [], "it is read where it is asked for"
