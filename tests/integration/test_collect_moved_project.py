"""A project that lies in another folder than at the baseline: found there, or said to be lost, never called new."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from project_factories import ProjectFactory, git, isolate

from reporter.collect.moves import LostProjectError
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
        [
            ("", "models", ".."),
            ("models", "", "models"),
            ("models/churn", "churn", "../models/churn"),
            (".models", ".kept/churn", "../../.models"),
        ],
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


STUB = {"dvc.yaml": "stages: {}\n"}
TWO_STAGES = (
    DVC_YAML
    + """\
  price:
    cmd: python price.py
    deps: [price.py]
    metrics:
      - price.json: {cache: false}
"""
)


class TestSomethingIsLeftWhereItWas:
    """What a change leaves at the old place, so that there is a project still, does not make a new one of what it took away."""

    @pytest.fixture
    def project(self, tmp_path) -> ProjectFactory:
        return made(ProjectFactory.new(tmp_path / "repository"))

    @pytest.mark.parametrize(
        "stub",
        [
            STUB,
            {**STUB, "dvc.lock": "schema: '2.0'\nstages: {}\n"},
            {**STUB, "reporter.yaml": "base: main\n"},
            {"dvc.yaml": DVC_YAML},
            {"dvc.yaml": DVC_YAML, "reporter.yaml": "base: main\n", "train.py": "print('another')\n"},
            {"dvc.yaml": ": no [yaml"},
        ],
        ids=["pipeline", "lock", "rules", "full pipeline", "more of it", "broken"],
    )
    def test_a_stub_of_it(self, project, stub):
        project.git("switch", "--quiet", "--create", "move")
        old, project = project, moved(project, "sub")
        shutil.copytree(project.root / ".dvc", old.root / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
        project.write({"metrics.json": {"acc": 0.25}})
        old.write(stub).commit("Move and train")

        before, _ = snapshots(project)

        assert before.metrics["metrics.json"].values == {"acc": 0.5}
        opened = open_project(project.root)
        assert opened.read_text(opened.resolve_head("main"), "reporter.yaml") == "base: main\n"

    def test_a_link_to_it(self, tmp_path):
        project = made(ProjectFactory.new(tmp_path / "repository", "old"))
        project.git("switch", "--quiet", "--create", "move")
        old = project.root
        project = moved(project, "new")
        shutil.rmtree(old)
        old.symlink_to("new")
        project.write({"metrics.json": {"acc": 0.25}}).commit("Move and train")

        before, _ = snapshots(ProjectFactory(old))

        assert before.metrics["metrics.json"].values == {"acc": 0.5}

    def split(self, project: ProjectFactory, names: list[str], files: dict[str, object]) -> ProjectFactory:
        """`dvc init --subdir` in a folder to which one of two stages goes, while the other stays."""
        project.write({"dvc.yaml": TWO_STAGES, "price.py": "print('price')\n", "price.json": {"mae": 2}})
        project.record().commit("Two stages")
        project.git("switch", "--quiet", "--create", "split")
        part = project.beside("part")
        for name in names:
            shutil.move(project.root / name, part.root / name)
        project.write({"dvc.yaml": "stages:\n" + TWO_STAGES[len(DVC_YAML) :]})
        part.write({"dvc.yaml": DVC_YAML, "model.bin": "m", **files}).record().commit("Split")
        return part

    def test_a_stage_of_two(self, project):
        part = self.split(
            project, ["train.py", "metrics.json", "reporter.yaml"], {"metrics.json": {"acc": 0.25}, "notes": "text"}
        )

        before, _ = snapshots(part)

        assert before.metrics["metrics.json"].values == {"acc": 0.5}
        assert open_project(part.root).read_text(before.revision, "reporter.yaml") == "base: main\n"

    def test_a_stage_of_two_of_which_git_recognises_nothing(self, project):
        part = self.split(project, [], {"train.py": "another()\n", "metrics.json": {"acc": 0.25}})
        project.write({"metrics.json": None}).commit("Nothing there")

        before, _ = snapshots(part)

        assert before.lost == (
            "main has the project ., a part of it gone since, and nothing tells whether this one is that part"
        )


class TestNotMoved:
    def test_a_copy_of_a_sibling_that_stays_as_it_was_is_new(self, tmp_path):
        other = made(ProjectFactory.new(tmp_path / "repository", "churn")).beside("pricing")
        other.git("switch", "--quiet", "--create", "new")
        shutil.copytree(tmp_path / "repository" / "churn", other.root, dirs_exist_ok=True)
        other.write({"metrics.json": {"acc": 0.25}}).record().commit("Copy")

        before, _ = snapshots(other)

        assert (before.metrics, before.origin, before.lost) == ({}, "", "")

    def test_one_to_which_a_sibling_gave_a_file_is_new(self, tmp_path):
        churn = made(ProjectFactory.new(tmp_path / "repository", "churn"))
        churn.write({"common.py": "def shared():\n    return 1\n" * 10}).commit()
        churn.git("switch", "--quiet", "--create", "new")
        other = made(churn.beside("pricing"))
        shutil.move(churn.root / "common.py", other.root / "common.py")
        other.commit("Hand over")

        before, _ = snapshots(other)

        assert (before.metrics, before.origin, before.lost) == ({}, "", "")

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
