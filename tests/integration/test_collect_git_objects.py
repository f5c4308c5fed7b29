"""Commits read through git: objects that are missing, damaged or still at the remote, submodules, links, odd names."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from project_factories import ProjectFactory, git, isolate

from reporter.collect.git.objects import ObjectReader
from reporter.collect.git.repository import Git
from reporter.collect.problems import UnreadableError
from reporter.collect.project import Wanted, open_project
from reporter.errors import ProjectError
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Snapshot

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [{deps}]
    metrics:
      - metrics.json: {{cache: false}}
"""


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def project(tmp_path) -> ProjectFactory:
    return made(ProjectFactory.new(tmp_path / "project"))


def made(project: ProjectFactory, deps: str = "train.py") -> ProjectFactory:
    """A stage that ran, committed, and then committed once more with a better metric."""
    project.write({"dvc.yaml": DVC_YAML.format(deps=deps), "train.py": "x = 1\n", "metrics.json": {"acc": 0.5}})
    project.record().commit("First")
    project.write({"train.py": "x = 2\n", "metrics.json": {"acc": 0.75}})
    project.record().commit("Second")
    return project


def snapshot(project: ProjectFactory, revision: str = "HEAD") -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), Wanted())


def loose_object(project: ProjectFactory, name: str) -> Path:
    oid = project.git("rev-parse", name)
    path = project.root / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(stat.S_IWUSR | stat.S_IRUSR)
    return path


class TestDamagedObjects:
    @pytest.mark.parametrize("damage", ["gone", "garbled", "emptied"])
    def test_a_metrics_file_that_git_cannot_give_is_unavailable(self, project, damage):
        path = loose_object(project, "HEAD:metrics.json")
        path.unlink() if damage == "gone" else path.write_bytes(b"garbage" if damage == "garbled" else b"")

        problem = snapshot(project).metrics["metrics.json"].problem

        assert problem.kind is ProblemKind.CORRUPT
        assert "missing or damaged" in problem.message
        assert "git fsck" in problem.hint

    def test_the_others_are_read_all_the_same(self, project):
        loose_object(project, "HEAD:train.py").unlink()

        found = snapshot(project)

        assert found.metrics["metrics.json"].values == {"acc": 0.75}
        assert found.stages["train"].outdated == ()  # what cannot be read is not called changed

    def test_a_dvc_file_that_git_cannot_give_is_named_as_unreadable(self, project):
        loose_object(project, "HEAD:dvc.yaml").write_bytes(b"garbage")

        with pytest.raises(ProjectError, match="cannot be read") as caught:
            snapshot(project)

        assert "git fsck" in caught.value.hint

    def test_a_damaged_tree_is_said_with_its_mend(self, project):
        loose_object(project, "HEAD^{tree}").write_bytes(b"garbage")

        with pytest.raises(ProjectError, match="cannot list the files") as caught:
            snapshot(project)

        assert "git fsck" in caught.value.hint

    def test_a_configuration_that_git_cannot_give_is_not_taken_for_absent(self, project):
        project.write({"reporter.yaml": "base: main\n"}).commit()
        loose_object(project, "HEAD:reporter.yaml").unlink()
        opened = open_project(project.root)

        with pytest.raises(ProjectError, match="it cannot be read: it is git object"):
            opened.read_text(opened.resolve_head("HEAD"), "reporter.yaml")

    def test_history_leaves_out_what_git_cannot_give(self, project):
        loose_object(project, "HEAD~1:metrics.json").unlink()
        opened = open_project(project.root)

        runs = opened.history(opened.resolve_head("HEAD"), ["metrics.json"])["metrics.json"]

        assert [dict(run.values) for run in runs] == [{"acc": 0.75}]


class TestPartialClones:
    @pytest.fixture
    def served(self, project) -> ProjectFactory:
        project.git("config", "uploadpack.allowFilter", "true")
        project.git("config", "uploadpack.allowAnySHA1InWant", "true")
        return project

    @pytest.mark.parametrize("options", [["blob:none"], ["tree:0"], ["blob:none", "--depth=1"]])
    def test_what_was_not_fetched_yet_is_fetched(self, served, tmp_path, options):
        kind, *more = options
        clone = served.clone(tmp_path / "clone", f"--filter={kind}", *more)

        assert snapshot(clone).metrics["metrics.json"].values == {"acc": 0.75}
        if not more:
            before = snapshot(clone, "HEAD~1")
            assert before.metrics["metrics.json"].values == {"acc": 0.5}
            assert before.stages["train"].outdated == ()
            assert before.problems == ()

    def test_the_files_of_a_commit_come_in_few_requests(self, served, tmp_path, monkeypatch):
        served.write({f"data/{number}.txt": str(number) for number in range(30)})
        served.write({"dvc.yaml": DVC_YAML.format(deps="train.py, data")}).record().commit()
        served.write({"data/0.txt": "new"}).record().commit()
        clone = served.clone(tmp_path / "clone", "--filter=blob:none")
        trace = tmp_path / "trace"
        monkeypatch.setenv("GIT_TRACE", str(trace))

        assert snapshot(clone, "HEAD~2").metrics["metrics.json"].values == {"acc": 0.75}
        assert snapshot(clone, "HEAD~1").stages["train"].outdated == ()

        assert trace.read_text().count("built-in: git fetch") < 12  # not one for each of 40 files

    def test_a_remote_that_is_gone_makes_them_unavailable_with_the_words_of_git(self, served, tmp_path):
        clone = served.clone(tmp_path / "clone", "--filter=blob:none")
        snapshot(clone, "HEAD~1")
        served.write({"metrics.json": {"acc": 0.875}}).record().commit()
        clone.git("fetch", "--quiet")
        clone.git("cat-file", "blob", "origin/main:dvc.yaml")
        clone.git("cat-file", "blob", "origin/main:dvc.lock")
        shutil.rmtree(served.root)

        problem = snapshot(clone, "origin/main").metrics["metrics.json"].problem

        assert problem.kind is ProblemKind.CORRUPT
        assert "cannot be read by git" in problem.message


class TestSubmodules:
    @pytest.fixture
    def library(self, tmp_path) -> Path:
        folder = tmp_path / "library"
        folder.mkdir()
        git(folder, "init", "--quiet")
        (folder / "lib.py").write_text("x = 1\n")
        (folder / "scores.json").write_text('{"acc": 1}')
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "A library")
        return folder

    @pytest.mark.parametrize("place", ["vendored", "libs/vendored"])
    def test_a_stage_that_reads_one_is_not_called_outdated(self, tmp_path, library, place):
        project = ProjectFactory.new(tmp_path / "project")
        project.git("submodule", "add", "--quiet", str(library), place)
        made(project, deps=f"train.py, {place.partition('/')[0]}")

        for revision in ("HEAD~1", "HEAD", "workspace"):
            found = snapshot(project, revision)

            assert found.metrics["metrics.json"].values == {"acc": 0.5 if revision == "HEAD~1" else 0.75}
            assert found.stages["train"].outdated == ()
            assert found.problems == ()

    def test_an_edit_within_one_that_was_not_run_is_told(self, tmp_path, library):
        """Of the commit that the baseline pins, whatever the work tree has checked out by now."""
        project = ProjectFactory.new(tmp_path / "project")
        project.git("submodule", "add", "--quiet", str(library), "vendored")
        made(project, deps="train.py, vendored")
        git(project.root / "vendored", "commit", "--quiet", "--allow-empty", "--message", "Nothing")
        (project.root / "vendored" / "lib.py").write_text("x = 2\n")
        git(project.root / "vendored", "commit", "--quiet", "--all", "--message", "Edit")
        project.commit("Take the edited library without running the stage")

        assert snapshot(project).stages["train"].outdated == ("deps",)
        assert snapshot(project, "HEAD~1").stages["train"].outdated == ()

    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    def test_in_a_clone_without_submodules_it_cannot_be_known_and_the_mend_is_said(self, tmp_path, library, revision):
        project = ProjectFactory.new(tmp_path / "project")
        project.git("submodule", "add", "--quiet", str(library), "libs/vendored")
        made(project, deps="train.py, libs")
        clone = project.clone(tmp_path / "clone")

        stage = snapshot(clone, revision).stages["train"]

        assert stage.outdated == ()
        assert [unknown.path for unknown in stage.unknown] == ["libs"]
        assert "submodule libs/vendored" in stage.unknown[0].reason
        assert "submodules: recursive" in stage.unknown[0].hint
        clone.git("submodule", "update", "--init")  # the mend
        assert snapshot(clone, revision).stages["train"].unknown == ()
        assert snapshot(clone, revision).stages["train"].outdated == ()

    def test_a_file_inside_one_is_read_where_this_clone_has_it(self, tmp_path, library):
        project = ProjectFactory.new(tmp_path / "project")
        project.git("submodule", "add", "--quiet", str(library), "vendored")
        project.write({"dvc.yaml": "metrics: [vendored/scores.json]\n"}).commit()
        clone = project.clone(tmp_path / "clone")

        for revision in ("HEAD", "workspace"):
            assert snapshot(project, revision).metrics["vendored/scores.json"].values == {"acc": 1}
            problem = snapshot(clone, revision).metrics["vendored/scores.json"].problem
            assert problem.kind is ProblemKind.MISSING
            assert "needs the submodule vendored, which is not in this clone" in problem.message
            assert "git submodule update --init" in problem.hint


class TestLinks:
    def test_they_are_followed_through_folders_as_a_work_tree_would(self, project):
        project.write({"runs/2/metrics.json": {"f1": 0.25}, "dvc.yaml": "metrics: [latest/metrics.json]\n"})
        (project.root / "latest").symlink_to("runs/2")
        project.commit()

        for revision in ("HEAD", "workspace"):
            assert snapshot(project, revision).metrics["latest/metrics.json"].values == {"f1": 0.25}

    @pytest.mark.parametrize("kind", ["dvc.yaml", "dvc.lock", "params.yaml"])
    def test_dvcs_own_files_may_be_links(self, project, kind):
        project.write({"params.yaml": "lr: 0.1\n"}).commit()
        (project.root / "shared").mkdir()
        (project.root / kind).rename(project.root / "shared" / kind)
        (project.root / kind).symlink_to(f"shared/{kind}")
        project.commit()

        found = snapshot(project)

        assert found.metrics["metrics.json"].values == {"acc": 0.75}
        assert found.params["params.yaml"].values == {"lr": 0.1}
        assert found.stages["train"].outdated == ()

    def test_a_folder_with_a_link_out_of_the_repository_is_not_known(self, tmp_path, project):
        (tmp_path / "outside.txt").write_text("data")
        project.write({"data/a.txt": "a"})
        (project.root / "data" / "b.txt").symlink_to(tmp_path / "outside.txt")
        project.write({"dvc.yaml": DVC_YAML.format(deps="train.py, data")}).record().commit()

        assert snapshot(project).stages["train"].outdated == ()

    def test_a_configuration_that_is_a_link_is_the_file_it_leads_to(self, project):
        project.write({"config/reporter.yaml": "base: release\n"})
        (project.root / "reporter.yaml").symlink_to("config/reporter.yaml")
        project.commit()
        opened = open_project(project.root)

        for revision in ("HEAD", "workspace"):
            assert opened.read_text(opened.resolve_head(revision), "reporter.yaml") == "base: release\n"

    def test_one_that_leads_into_a_submodule_is_followed_where_this_clone_has_it(self, project, tmp_path):
        library = tmp_path / "library"
        library.mkdir()
        git(library, "init", "--quiet")
        (library / "strict.yaml").write_text("base: strict\n")
        git(library, "add", "--all")
        git(library, "commit", "--quiet", "--message", "Rules of all teams")
        project.git("submodule", "add", "--quiet", str(library), "rules")
        (project.root / "reporter.yaml").symlink_to("rules/strict.yaml")
        project.commit()
        clone = project.clone(tmp_path / "clone")
        opened, without = open_project(project.root), open_project(clone.root)

        for revision in ("HEAD", "workspace"):
            assert opened.read_text(opened.resolve_head(revision), "reporter.yaml") == "base: strict\n"
            with pytest.raises(ProjectError, match="it cannot be read"):
                without.read_text(without.resolve_head(revision), "reporter.yaml")

    def test_a_configuration_that_dvc_keeps_is_not_taken_for_absent(self, project):
        project.write({"reporter.yaml": "base: release\n"}).add("reporter.yaml").commit()
        opened = open_project(project.root)
        head = opened.resolve_head("HEAD")

        assert opened.read_text(head, "reporter.yaml") == "base: release\n"
        project.empty_cache()
        with pytest.raises(ProjectError, match="DVC keeps it"):
            open_project(project.root).read_text(head, "reporter.yaml")

    @pytest.mark.parametrize("target", ["nowhere.yaml", "../outside.yaml", "reporter.yaml", "data"])
    def test_one_that_leads_to_no_file_of_the_repository_is_not_taken_for_absent(self, project, tmp_path, target):
        (tmp_path / "outside.yaml").write_text("base: stolen\n")
        project.write({"data/a.txt": "a"})
        (project.root / "reporter.yaml").symlink_to(target)
        project.commit()
        opened = open_project(project.root)

        for revision in ("HEAD", "workspace"):
            with pytest.raises(ProjectError, match="it cannot be read: "):
                opened.read_text(opened.resolve_head(revision), "reporter.yaml")


class TestNames:
    @pytest.mark.parametrize(
        "name", ["two\nlines.json", "a space.json", "überall.json", ' "quoted".json', "tab\there.json"]
    )
    def test_any_name_is_read(self, project, name):
        project.write({name: {"acc": 1}}).commit()
        opened = open_project(project.root)

        assert opened.read_text(opened.resolve_head("HEAD"), name) == '{"acc": 1}'


class TestGitLfs:
    def test_content_that_this_clone_has_is_read_through_its_pointer(self, project):
        digest = "4d7a2146" * 8
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12\n"
        project.write({"dvc.yaml": "metrics: [big.json]\n", "big.json": pointer}).commit()
        kept = project.root / ".git" / "lfs" / "objects" / digest[:2] / digest[2:4]
        kept.mkdir(parents=True)
        (kept / digest).write_text('{"acc": 0.9}')

        assert snapshot(project).metrics["big.json"].values == {"acc": 0.9}


class TestSilence:
    def test_a_git_that_says_nothing_is_ended_and_fetches_nothing_more(self, project, tmp_path, monkeypatch):
        """As a fetch from a server that accepts the connection and never answers."""
        marks = tmp_path / "marks"
        silent = tmp_path / "bin" / "git"
        silent.parent.mkdir()
        silent.write_text(f'#!/bin/sh\necho "$$ $GIT_ALLOW_PROTOCOL" >> {marks}\nsleep 600\n')
        silent.chmod(0o755)
        monkeypatch.setenv("PATH", f"{silent.parent}{os.pathsep}{os.environ['PATH']}")
        reader = ObjectReader(project.root, {}, patience=0.3)

        for _ in range(2):
            with pytest.raises(UnreadableError, match=r"did not come from git within 0\.3 seconds"):
                reader.read("0" * 40)

        (first, *_), (second, *allowed) = (line.split() for line in marks.read_text().splitlines())
        assert allowed == ["none"]
        assert not any(Path("/proc", pid).exists() for pid in (first, second))

    def test_a_forked_process_asks_a_git_of_its_own(self, project):
        reader = Git(project.root).objects()
        oid = project.git("rev-parse", "HEAD:metrics.json")
        assert reader.read(oid) == b'{"acc": 0.75}'

        child = os.fork()
        if child == 0:
            os._exit(0 if reader.read(oid) == b'{"acc": 0.75}' else 1)

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert reader.read(oid) == b'{"acc": 0.75}'
