"""A project that lies in another folder than at the baseline: found there, or said to be lost, never called new."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from project_factories import ProjectFactory, git, isolate

from reporter.collect.git.moves import LostProjectError
from reporter.collect.project import Wanted, open_project
from reporter.compare.comparing import compare
from reporter.model.comparison import MetricOrigin, State
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    outs: [model.bin]
    metrics:
      - metrics.json: {cache: false}
"""


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


def made(project: ProjectFactory, accuracy: float = 0.5) -> ProjectFactory:
    project.write({"dvc.yaml": DVC_YAML, "train.py": f"# {project.root.name}\nprint('train')\n"})
    project.write(
        {
            "metrics.json": {"acc": accuracy},
            "model.bin": f"model of {project.root.name}",
            "reporter.yaml": "base: main\n",
        }
    )
    project.record().commit()
    return project


def moved(project: ProjectFactory, folder: str) -> ProjectFactory:
    """`git mv` of the whole project to a folder, from the top of the repository; what git ignores comes along."""
    target = ProjectFactory(Path(project.git("rev-parse", "--show-toplevel"), folder))
    target.root.mkdir(parents=True, exist_ok=True)
    for path in list(project.root.iterdir()):
        if path.name != ".git" and path != target.root and not target.root.is_relative_to(path):
            shutil.move(path, target.root / path.name)
    git(target.root, "add", "--all", ":/")
    return target


def snapshots(project: ProjectFactory, base: str = "main") -> tuple[Snapshot, Snapshot]:
    opened = open_project(project.root)
    head = opened.resolve_head(None)
    after, before = opened.snapshots([head], opened.resolve_head(base), Wanted())
    return before, after


class TestFound:
    @pytest.mark.parametrize(
        ("before", "after", "origin"),
        [("", "models", ".."), ("models", "", "models"), ("models/churn", "churn", "../models/churn")],
    )
    def test_a_moved_project_is_compared_with_itself(self, tmp_path, before, after, origin):
        project = made(ProjectFactory.new(tmp_path / "repository", before))
        project.git("switch", "--quiet", "--create", "move")
        project = moved(project, after)
        project.write({"metrics.json": {"acc": 0.25}}).record().commit("Move and train")

        old, new = snapshots(project)
        row = compare(old, [new], Rules()).candidates[0].metrics[0]

        assert (row.file, row.base, row.head, row.state) == ("metrics.json", 0.5, 0.25, State.CHANGED)
        assert row.origin == MetricOrigin(f"{origin}/metrics.json", "acc")
        assert "moved" in old.notes[0]
        assert old.data["model.bin"].hash == new.data["model.bin"].hash
        assert old.stages["train"].outdated == new.stages["train"].outdated == ()

    def test_its_configuration_is_read_where_it_was(self, tmp_path):
        project = made(ProjectFactory.new(tmp_path / "repository"))
        project.git("switch", "--quiet", "--create", "move")
        project = moved(project, "models")
        project.write({"reporter.yaml": "base: other\n"}).commit()
        opened = open_project(project.root)

        assert opened.read_text(opened.resolve_head("main"), "reporter.yaml") == "base: main\n"
        assert opened.read_text(opened.resolve_head("HEAD"), "reporter.yaml") == "base: other\n"

    def test_earlier_runs_are_found_there_too(self, tmp_path):
        project = made(ProjectFactory.new(tmp_path / "repository"), accuracy=0.25)
        project.write({"metrics.json": {"acc": 0.5}}).record().commit()
        project.git("switch", "--quiet", "--create", "move")
        project = moved(project, "models")
        project.commit()
        opened = open_project(project.root)

        runs = opened.history(opened.resolve_head("main"), ["metrics.json"])["metrics.json"]

        assert [run.values["acc"] for run in runs] == [0.25, 0.5]

    def test_a_move_that_is_not_committed_or_added_yet_is_found(self, tmp_path):
        project = made(ProjectFactory.new(tmp_path / "repository"))
        project = moved(project, "models")
        project.git("reset", "--quiet")

        before, _ = snapshots(project)

        assert before.metrics["metrics.json"].values == {"acc": 0.5}

    def test_of_two_moved_projects_each_is_compared_with_itself(self, tmp_path):
        churn = made(ProjectFactory.new(tmp_path / "repository", "a/churn"), accuracy=0.5)
        made(churn.beside("a/pricing"), accuracy=0.9)
        churn.git("switch", "--quiet", "--create", "move")
        for name, accuracy in (("churn", 0.5), ("pricing", 0.9)):
            project = moved(ProjectFactory(churn.root.parent / name), f"b/{name}")
            before, _ = snapshots(project)
            assert before.metrics["metrics.json"].values == {"acc": accuracy}

    @pytest.mark.parametrize("left", [".dvc/config", None])
    def test_what_is_left_of_dvcs_own_files_does_not_hide_the_move(self, tmp_path, left):
        old = made(ProjectFactory.new(tmp_path / "repository", "old"))
        if left is None:
            old.git("rm", "--quiet", "--force", ".dvc/config")
            old.commit("A project without a configuration")
        old.git("switch", "--quiet", "--create", "move")
        new = old.beside("new")
        for path in ("dvc.yaml", "dvc.lock", "train.py", "metrics.json", "reporter.yaml"):
            shutil.move(old.root / path, new.root / path)
        new.write({"metrics.json": {"acc": 0.25}}).commit("Move what matters")
        opened = open_project(new.root)

        before, _ = snapshots(new)

        assert before.metrics["metrics.json"].values == {"acc": 0.5}
        assert opened.read_text(opened.resolve_head("main"), "reporter.yaml") == "base: main\n"


class TestNotMoved:
    def test_a_project_beside_the_others_is_new(self, tmp_path):
        other = made(ProjectFactory.new(tmp_path / "repository", "churn")).beside("pricing")
        other.git("switch", "--quiet", "--create", "new")
        made(other)

        before, _ = snapshots(other)

        assert (before.metrics, before.origin, before.lost) == ({}, "", "")
        assert "everything in it is new" in before.notes[0]

    def test_a_project_beside_one_that_moved_elsewhere_is_new(self, tmp_path):
        churn = made(ProjectFactory.new(tmp_path / "repository", "churn"))
        churn.git("switch", "--quiet", "--create", "move")
        moved(churn, "churn_model")
        fraud = churn.beside("fraud")
        fraud.write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"acc": 0.1}}).commit("Move one, add one")

        before, _ = snapshots(fraud)

        assert (before.metrics, before.origin, before.lost) == ({}, "", "")
        assert "everything in it is new" in before.notes[0]

    def test_one_that_a_sparse_checkout_leaves_out_is_not_gone(self, tmp_path):
        churn = made(ProjectFactory.new(tmp_path / "repository", "churn"))
        other = churn.beside("pricing")
        other.git("switch", "--quiet", "--create", "new")
        made(other)
        git(tmp_path / "repository", "sparse-checkout", "set", "--no-cone", "/pricing/")
        assert not (churn.root / "dvc.yaml").exists()
        shutil.rmtree(churn.root, ignore_errors=True)

        before, _ = snapshots(other)

        assert before.metrics == {}


class TestLost:
    def test_a_project_in_place_of_another_one_is_not_called_moved(self, tmp_path):
        churn = made(ProjectFactory.new(tmp_path / "repository", "churn"))
        churn.git("switch", "--quiet", "--create", "rewrite")
        fraud = churn.beside("fraud")
        shutil.rmtree(churn.root)
        fraud.write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"acc": 0.1}}).commit("Delete one, add one")

        before, _ = snapshots(fraud)

        assert before.lost == "main has the project churn, gone since, and nothing tells whether this one was it"

    def test_where_nothing_tells_which_one_it_was_the_baseline_is_not_called_empty(self, tmp_path):
        churn = made(ProjectFactory.new(tmp_path / "repository", "churn"))
        pricing = made(churn.beside("pricing"))
        churn.git("switch", "--quiet", "--create", "rewrite")
        new = churn.beside("both")
        shutil.rmtree(churn.root)
        shutil.rmtree(pricing.root)
        new.write({"dvc.yaml": "metrics: [all.json]\n", "all.json": {"acc": 0.1}}).commit()
        opened = open_project(new.root)

        before, _ = snapshots(new)

        assert "churn, pricing" in before.lost
        with pytest.raises(LostProjectError, match="churn, pricing"):
            opened.read_text(opened.resolve_head("main"), "reporter.yaml")
