"""What random projects (tests/slow/fuzz) brought to light, each in the smallest project of its kind."""

from __future__ import annotations

import pytest
from project_factories import ProjectFactory, isolate

from reporter.collect.project import Wanted, open_project
from reporter.compare.freshness import doubts
from reporter.model.snapshot import Snapshot

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    metrics:
      - metrics.json: {cache: false}
    plots:
      - loss.csv: {cache: false}
"""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d7a2146" * 8 + "\nsize 12345\n"


@pytest.fixture
def project(tmp_path, monkeypatch) -> ProjectFactory:
    """A stage that ran, whose outputs git keeps."""
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"dvc.yaml": DVC_YAML, "train.py": "x = 1\n", "metrics.json": '{\n"acc": 0.5\n}\n'})
    project.write({"loss.csv": "step,loss\n0,1.5\n"}).record().commit()
    return project


def snapshot(project: ProjectFactory, revision: str = "workspace") -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), Wanted())


@pytest.mark.parametrize("revision", ["HEAD", "workspace"])
def test_a_stage_whose_output_is_a_pointer_of_git_lfs_is_not_called_outdated(project, revision):
    project.write({"loss.csv": POINTER}).commit()

    found = snapshot(project, revision)

    assert found.stages["train"].outdated == ()
    assert doubts(found) == {}
    assert [(problem.path, "Git LFS" in problem.message) for problem in found.problems] == [("loss.csv", True)]


@pytest.mark.parametrize("file", ["params.yaml", "params.py"])
def test_a_params_file_that_is_tracked_whole_and_holds_none_is_up_to_date(project, file):
    """dvc.lock records `{}` of it, which is a record."""
    project.write({file: "# nothing yet\n"})
    project.write(
        {"dvc.yaml": DVC_YAML.replace("    metrics:", f"    params: [{{{file}: null}}]\n    metrics:")}
    ).record()
    project.commit()

    assert project.dvc_json("status") == {}
    for revision in ("HEAD", "workspace"):
        assert snapshot(project, revision).stages["train"].outdated == ()

    project.write({file: "lr = 1\n" if file.endswith(".py") else "lr: 1\n"})
    assert snapshot(project).stages["train"].outdated == ("params",)


def test_outputs_that_git_writes_with_the_line_ends_of_windows_are_those_of_the_last_run(project, tmp_path):
    clone = project.clone(tmp_path / "clone", "--config=core.autocrlf=true")
    assert b"\r\n" in (clone.root / "metrics.json").read_bytes()

    assert snapshot(clone).stages["train"].outdated == ()
    assert doubts(snapshot(clone)) == {}

    clone.write({"metrics.json": b'{\r\n"acc": 0.75\r\n}\r\n'})
    assert snapshot(clone).stages["train"].outdated == ("outs",)


def test_an_output_of_the_cache_has_the_line_ends_that_it_was_written_with(project):
    """What git does not keep it does not convert: other line ends are an edit."""
    project.git("rm", "--quiet", "--cached", "metrics.json")
    project.write({"dvc.yaml": DVC_YAML.replace("metrics.json: {cache: false}", "metrics.json")}).record().commit()

    project.write({"metrics.json": b'{\r\n"acc": 0.5\r\n}\r\n'})

    assert snapshot(project).stages["train"].outdated == ("outs",)
