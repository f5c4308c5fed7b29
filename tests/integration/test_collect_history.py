"""Earlier runs of metrics on the way to the baseline: what git keeps, what DVC keeps, and what is gone."""

from __future__ import annotations

import json

import pytest
from project_factories import ProjectFactory, isolate

from reporter.collect.history import MOST_RUNS
from reporter.collect.project import open_project
from reporter.model.history import PastRun
from reporter.model.revision import Revision


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


def revision(project: ProjectFactory, name: str) -> Revision:
    return Revision(name, project.git("rev-parse", name), name)


def history(project: ProjectFactory, path: str = "metrics.json", base: str = "main") -> tuple[PastRun, ...]:
    return open_project(project.root).history(revision(project, base), [path])[path]


def accuracies(runs: tuple[PastRun, ...]) -> list[object]:
    return [run.values.get("acc") for run in runs]


class TestInGit:
    @pytest.fixture
    def project(self, tmp_path) -> ProjectFactory:
        project = ProjectFactory.new(tmp_path / "project")
        for number, accuracy in enumerate((0.5, 0.6, 0.55)):
            project.write({"metrics.json": {"acc": accuracy}}).commit()
            project.write({"notes.txt": str(number)}).commit("Work on something else")
        return project

    def test_each_commit_that_changed_the_file_is_a_run_oldest_first(self, project):
        runs = history(project)

        assert accuracies(runs) == [0.5, 0.6, 0.55]
        assert runs[-1].sha == project.git("rev-parse", "main~1")

    def test_it_ends_at_the_baseline(self, project):
        assert accuracies(history(project, base="main~2")) == [0.5, 0.6]

    def test_another_spelling_of_the_same_values_is_no_run(self, project):
        project.write({"metrics.json": json.dumps({"acc": 0.55}, indent=8)}).commit()

        assert accuracies(history(project)) == [0.5, 0.6, 0.55]

    def test_a_merged_branch_counts_as_its_merge(self, project):
        project.git("switch", "--quiet", "--create", "topic")
        for accuracy in (0.1, 0.2, 0.7):
            project.write({"metrics.json": {"acc": accuracy}}).commit()
        project.git("switch", "--quiet", "main")
        project.git("merge", "--quiet", "--no-ff", "topic")

        assert accuracies(history(project)) == [0.5, 0.6, 0.55, 0.7]

    def test_a_version_that_is_broken_or_deleted_is_left_out(self, project):
        project.write({"metrics.json": "{"}).commit()
        project.write({"metrics.json": None}).commit()
        project.write({"metrics.json": {"acc": 0.8}}).commit()

        assert accuracies(history(project)) == [0.5, 0.6, 0.55, 0.8]

    def test_only_the_newest_are_read(self, project):
        for number in range(MOST_RUNS):
            project.write({"metrics.json": {"acc": number}}).commit()

        assert accuracies(history(project)) == list(range(MOST_RUNS))

    def test_a_shallow_clone_has_as_much_history_as_it_has(self, project, tmp_path):
        clone = project.clone(tmp_path / "clone", "--depth=3")

        assert accuracies(history(clone)) == [0.6, 0.55]

    def test_a_project_below_the_top_of_the_repository(self, tmp_path):
        project = ProjectFactory.new(tmp_path / "mono", subfolder="models/late *")
        for accuracy in (0.5, 0.6):
            project.write({"odd [1].json": {"acc": accuracy}}).commit()

        assert accuracies(history(project, "odd [1].json")) == [0.5, 0.6]


class TestInDvc:
    @pytest.fixture
    def project(self, tmp_path) -> ProjectFactory:
        project = ProjectFactory.new(tmp_path / "project").remote(tmp_path / "remote")
        project.write(
            {
                "dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    metrics: [metrics.json]\n",
                "train.py": "",
            }
        )
        for accuracy in (0.5, 0.6, 0.55):
            project.write({"metrics.json": {"acc": accuracy}}).record().push()
            project.commit()
            project.write({"notes.txt": str(accuracy)}).commit("Work on something else")
        return project

    def test_each_object_that_a_lock_recorded_is_a_run(self, project):
        runs = history(project)

        assert accuracies(runs) == [0.5, 0.6, 0.55]
        assert runs[0].sha == project.git("rev-parse", "main~5")

    def test_what_the_cache_lacks_comes_from_the_remote(self, project, tmp_path):
        project.empty_cache()

        assert accuracies(history(project)) == [0.5, 0.6, 0.55]

    def test_what_is_nowhere_is_left_out(self, project, tmp_path):
        digest = project.git("show", "main~5:dvc.lock").split("path: metrics.json")[1].split("md5: ")[1].split()[0]
        for folder in (project.root / ".dvc/cache", tmp_path / "remote"):
            (folder / "files/md5" / digest[:2] / digest[2:]).unlink()

        assert accuracies(history(project)) == [0.6, 0.55]

    def test_a_file_inside_a_tracked_directory(self, tmp_path):
        project = ProjectFactory.new(tmp_path / "live")
        for accuracy in (0.5, 0.6):
            project.write({"live/metrics.json": {"acc": accuracy}}).add("live").commit()

        assert accuracies(history(project, "live/metrics.json")) == [0.5, 0.6]

    def test_a_commit_whose_dvc_yaml_is_broken_is_left_out(self, project):
        text = (project.root / "dvc.yaml").read_text()
        project.write({"dvc.yaml": "stages: [", "dvc.lock": ""}).commit()
        project.git("checkout", "--quiet", "main~1", "--", "dvc.lock")
        project.write({"dvc.yaml": text}).commit()

        assert accuracies(history(project)) == [0.5, 0.6, 0.55]


def test_a_file_that_nobody_keeps_has_no_history(tmp_path):
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"metrics.json": {"acc": 1}})

    assert history(project) == ()
