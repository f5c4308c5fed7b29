"""A bug of ours, or a change of DVC, ends a report as what it is, and is said of no file of the user."""

from __future__ import annotations

import pytest
from dvc.repo.index import Index
from project_factories import ProjectFactory, isolate

from reporter.cli import BUG, main
from reporter.collect.dvc.commit_files import CommitFiles
from reporter.collect.project import Wanted, open_project
from reporter.errors import ProjectError


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def project(tmp_path) -> ProjectFactory:
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"a": 1}}).commit()
    return project


def test_a_name_error_below_dvc_breaks_no_file_of_the_user(project, monkeypatch):
    monkeypatch.setattr("reporter.collect.dvc.yaml.parse_yaml", broken_loader)
    opened = open_project(project.root)

    with pytest.raises(NameError):
        opened.snapshot(opened.resolve_head("workspace"), Wanted())


def test_a_dvc_that_asks_for_more_breaks_no_file_of_the_user(project, monkeypatch):
    def from_another_dvc(*_arguments, **_named):
        CommitFiles.__new__(CommitFiles).open(("a",), "rb", "utf-8")

    monkeypatch.setattr(Index, "from_repo", from_another_dvc)
    opened = open_project(project.root)

    with pytest.raises(TypeError):
        opened.snapshot(opened.resolve_head("workspace"), Wanted())


def test_it_ends_with_70_and_a_log(project, monkeypatch, capsys, tmp_path):
    def from_another_dvc(_repo):
        """Without `onerror`."""

    monkeypatch.setattr(Index, "from_repo", from_another_dvc)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(project.root)

    assert main(["report", "HEAD", "--no-images", "--out", str(tmp_path / "out")], {}) == BUG

    said = capsys.readouterr().err
    assert "a bug in reporter" in said
    assert "onerror" in said
    assert "broken" not in said
    assert "onerror" in next(tmp_path.glob("reporter-*.log")).read_text()


def test_what_dvc_cannot_use_is_still_said_of_the_file(project):
    project.write({"dvc.yaml": "stages:\n  a:\n    cmd: x\n    matrix: {x: [1], y: '${none}'}\n"})
    opened = open_project(project.root)

    with pytest.raises(ProjectError, match=r"dvc\.yaml"):
        opened.snapshot(opened.resolve_head("workspace"), Wanted())


def broken_loader(_text: str):
    return no_such_name  # noqa: F821
