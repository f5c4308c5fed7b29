"""DVC files of a baseline that DVC refuses or nobody can read: what is said of each, and what is known all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate

from reporter.collect.project import Wanted, open_project
from reporter.model.problem import Problem
from reporter.model.snapshot import Snapshot

STAGE = "stages:\n  train:\n    cmd: python train.py\n    metrics: [metrics.json]\n"
CONFLICT = "<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n"
OF_THE_LOCK = (
    "metrics and data are shown as dvc.lock records them; plots, and whether stages are up to date, cannot be known"
)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> ProjectFactory:
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"dvc.yaml": STAGE, "metrics.json": {"acc": 0.5}}).record().commit()
    return project


def baseline(project: ProjectFactory) -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head("HEAD"), Wanted(forgiving=True))


def problem_of(project: ProjectFactory, files: dict[str, object]) -> Problem:
    """The first problem of a baseline with these files."""
    project.write(files).commit("Break it")
    return baseline(project).problems[0]


def test_what_the_schema_of_this_dvc_refuses_is_not_read_by_this_version(project):
    problem = problem_of(project, {"dvc.yaml": f"{STAGE}    live: dvclive\n"})
    assert problem.path == "dvc.yaml"
    assert problem.message.startswith("is not read by this version of DVC (line 3: extra keys not allowed")
    assert problem.message.endswith(f"): {OF_THE_LOCK}")
    assert baseline(project).metrics["metrics.json"].values == {"acc": 0.5}


def test_broken_syntax_is_not_blamed_on_the_version(project):
    problem = problem_of(project, {"dvc.yaml": f"{STAGE}    deps: [a\n"})
    assert problem.message.startswith("does not parse (line ")
    assert problem.message.endswith(f"): {OF_THE_LOCK}")


@pytest.mark.parametrize(("file", "text", "line"), [("dvc.yaml", f"{STAGE}{CONFLICT}", 5), ("dvc.lock", CONFLICT, 1)])
def test_a_merge_that_was_not_finished_is_named_with_its_line(project, file, text, line):
    problem = problem_of(project, {file: text})
    assert problem.path == file
    assert problem.message.startswith(f"has conflict markers (line {line}): ")


def test_of_a_lock_that_does_not_parse_nothing_is_said_to_be_recorded(project):
    assert problem_of(project, {"dvc.lock": CONFLICT}).message.endswith(": what it records is not known")


def test_params_that_do_not_parse_are_named_with_the_line(project):
    problem = problem_of(project, {"dvc.yaml": STAGE.replace("train.py", "train.py ${lr}"), "params.yaml": "lr: [1\n"})
    assert problem.path == "params.yaml"
    assert problem.message.startswith("does not parse (line 2: ")
    assert problem.message.endswith(f"): {OF_THE_LOCK}")


@pytest.mark.parametrize(("patterns", "said"), [(b"\xff\xfe[", "is not UTF-8: "), (b"\\\n", "does not parse (")])
def test_patterns_that_nobody_can_read_hide_nobody_knows_what(project, patterns, said):
    problem = problem_of(project, {".dvcignore": patterns})
    assert problem.path == ".dvcignore"
    assert problem.message.startswith(said)
    assert problem.message.endswith(": which files it hides from DVC is not known")


def test_where_no_commit_has_it_right_another_base_is_not_the_only_advice(project):
    problem = problem_of(
        project, {"dvc.lock": "train:\n  cmd: python train.py\n  outs:\n  - path: metrics.json\n    md5: d\n"}
    )
    assert "name another BASE" in problem.hint
    assert "where there is none" in problem.hint
    assert "metrics and data are shown as it records them" in problem.message
