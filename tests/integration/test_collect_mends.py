"""What cannot be known of a revision, what is said of it, and that the mend which is said makes the doubt go away."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from types import ModuleType

import pytest
from dvc.fs import LocalFileSystem
from project_factories import ProjectFactory, git, isolate

from reporter.collect.project import Wanted, open_project
from reporter.compare.freshness import doubts, freshness_problems
from reporter.errors import ProjectError
from reporter.model.problem import Problem, ProblemKind
from reporter.model.snapshot import Snapshot

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [{deps}]
    metrics:
      - metrics.json: {{cache: false}}
"""
ON_GENERATED_PARAMS = """\
stages:
  train:
    cmd: python train.py
    params:
      - gen.yaml: [lr]
    metrics:
      - metrics.json: {cache: false}
"""
GENERATING = """\
stages:
  generate:
    cmd: "echo 'lr: 1' > gen.yaml"
    outs: [gen.yaml]
"""
DVC_FILES = ["dvc.lock", "dvc.yaml", "params.yaml", "data.csv.dvc"]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"
ABSENT = POINTER.format(digest="ab12cd34" * 8, size=12345)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def project(tmp_path) -> ProjectFactory:
    return ProjectFactory.new(tmp_path / "project").remote(tmp_path / "storage")


def made(project: ProjectFactory, deps: str = "train.py", **files: object) -> ProjectFactory:
    project.write(
        {"dvc.yaml": DVC_YAML.format(deps=deps), "train.py": "x = 1\n", "metrics.json": {"acc": 0.5}, **files}
    )
    project.record().commit()
    return project


def with_data(project: ProjectFactory) -> ProjectFactory:
    """One that has each kind of DVC file."""
    project.write({"params.yaml": {"lr": 1}, "data.csv": "a,b\n"}).add("data.csv")
    return made(project)


def snapshot(project: ProjectFactory, revision: str = "workspace", *, forgiving: bool = False) -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), Wanted(forgiving=forgiving))


def said(found: Snapshot) -> tuple[Problem, ...]:
    return (*found.problems, *freshness_problems(found))


def assert_certain(found: Snapshot) -> None:
    assert said(found) == ()
    assert doubts(found) == {}


class TestGitLfs:
    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    @pytest.mark.parametrize("place", ["big.csv", "data/big.csv"])
    def test_a_pointer_is_not_called_changed(self, project, tmp_path, revision, place):
        made(project, f"train.py, {place.partition('/')[0]}", **{place: "a,b\n1,2\n"})
        content = (project.root / place).read_bytes()
        digest = "ab12cd34" * 8
        project.write({place: POINTER.format(digest=digest, size=len(content))}).commit("Move it to Git LFS")

        found = snapshot(project, revision)

        assert found.stages["train"].outdated == ()
        assert doubts(found) == {}
        (problem,) = said(found)
        assert problem.kind is ProblemKind.UNVERIFIED
        assert "pointer of Git LFS" in problem.message
        assert "`lfs: true`" in problem.hint
        kept = project.root / ".git" / "lfs" / "objects" / digest[:2] / digest[2:4] / digest
        kept.parent.mkdir(parents=True)
        kept.write_bytes(content)  # what `git lfs fetch` does
        (project.root / place).write_bytes(content)  # and `git lfs pull`
        assert_certain(snapshot(project, revision))

    def test_a_pointer_in_place_of_a_metrics_file_is_no_other_result(self, project):
        made(project)
        project.write({"metrics.json": ABSENT})

        found = snapshot(project)

        assert found.stages["train"].outdated == ()
        (problem,) = said(found)
        assert (problem.path, problem.kind) == ("metrics.json", ProblemKind.MISSING)
        assert "`lfs: true`" in problem.hint
        project.write({"metrics.json": {"acc": 0.5}})
        assert_certain(snapshot(project))

    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    def test_of_a_folder_the_file_is_named_that_is_a_pointer(self, project, revision):
        made(project, "data", **{"data/a.bin": "a", "data/b.bin": "b"})
        project.write({"data/b.bin": ABSENT}).commit()

        (problem,) = said(snapshot(project, revision))

        assert "data/b.bin, which is a pointer of Git LFS" in problem.message

    @pytest.mark.parametrize("file", DVC_FILES)
    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    def test_a_dvc_file_that_is_a_pointer_is_named_and_never_to_be_deleted(self, project, file, revision):
        with_data(project).write({file: ABSENT}).commit()

        with pytest.raises(ProjectError, match=f"{file} cannot be read in {revision}: it is a pointer") as caught:
            snapshot(project, revision)

        assert "`lfs: true`" in caught.value.hint
        assert "delete" not in caught.value.hint
        project.git("checkout", "--quiet", "HEAD~1", "--", file)
        project.commit()
        assert_certain(snapshot(project, revision))

    @pytest.mark.parametrize("file", DVC_FILES)
    def test_a_baseline_with_such_a_dvc_file_is_partial(self, project, file):
        with_data(project).write({file: ABSENT}).commit()

        found = snapshot(project, "HEAD", forgiving=True)

        assert found.is_partial
        problem = next(problem for problem in found.problems if problem.path == file)
        assert "is a pointer of Git LFS" in problem.message
        assert "`lfs: true`" in problem.hint


class TestIgnoredFiles:
    def test_generated_params_that_git_ignores_are_not_called_changed(self, project, tmp_path):
        project.write({"dvc.yaml": ON_GENERATED_PARAMS, "gen.yaml": "lr: 1\n", "metrics.json": {"acc": 0.5}})
        project.write({".gitignore": "/gen.yaml\n"}).record().commit()
        clone = project.clone(tmp_path / "clone")

        for revision in ("HEAD", "workspace"):
            found = snapshot(clone, revision)
            assert found.stages["train"].outdated == ()
            assert doubts(found) == {}
            assert "git ignores it" in "".join(problem.message for problem in said(found))
            assert any("name it under `outs` of the stage that writes it;" in problem.hint for problem in said(found))

        project.write({"dvc.yaml": GENERATING + ON_GENERATED_PARAMS.removeprefix("stages:\n")}).record().push().commit(
            "The mend"
        )
        assert_certain(snapshot(project.clone(tmp_path / "mended"), "HEAD"))

    @pytest.mark.parametrize("place", ["lib", "../lib"])
    def test_files_of_a_folder_that_git_ignores_are_not_called_changed(self, tmp_path, place):
        top = ProjectFactory.new(tmp_path / "top", "project")
        inside = top.root / place
        inside.mkdir()
        (tmp_path / "top" / ".gitignore").write_text("__pycache__/\n")
        (inside / "code.py").write_text("x = 1\n")
        (inside / "__pycache__").mkdir()
        (inside / "__pycache__" / "code.pyc").write_bytes(b"1")
        made(top, place)
        clone = top.clone(tmp_path / "clone")

        assert_certain(snapshot(top))  # where it ran
        for project, revision in ((top, "HEAD"), (clone, "HEAD"), (clone, "workspace")):
            found = snapshot(project, revision)
            assert found.stages["train"].outdated == ()
            assert doubts(found) == {}
            (problem,) = said(found)
            assert problem.message.startswith(
                f"{place} had 2 files when dvc.lock was written; the 1 that git has of it have not changed since: "
            )
        (inside / "__pycache__" / "code.pyc").write_bytes(b"2")  # as another Python writes it
        (problem,) = said(snapshot(top))
        assert problem.message.startswith(f"{place} holds files that git ignores (__pycache__/code.pyc); ")

        if place == "lib":
            assert "name in .dvcignore" in problem.hint.lower()
            top.write({".dvcignore": "__pycache__/\n"})
        else:
            assert "one by one under `deps`" in problem.hint
            top.write({"dvc.yaml": DVC_YAML.format(deps="../lib/code.py")})
        top.record().commit("The mend")
        assert_certain(snapshot(top))
        assert_certain(snapshot(top.clone(tmp_path / "mended"), "HEAD"))

    @pytest.mark.parametrize("change", ["code.py", "new.py"])
    def test_a_change_beside_files_that_git_ignores_is_one(self, project, change):
        project.write({".gitignore": "*.pyc\n", "lib/code.py": "x = 1\n", "lib/code.pyc": "1"})
        made(project, "lib")
        project.write({f"lib/{change}": "y = 1\n"})

        assert snapshot(project, "HEAD").stages["train"].outdated == ()
        assert snapshot(project).stages["train"].outdated == ("deps",)
        project.commit("Change it")
        for revision in ("workspace", "HEAD"):
            found = snapshot(project, revision).stages["train"]
            assert (found.outdated, found.inputs_changed) == (("deps",), ("lib",))

    def test_a_deleted_params_file_is_changed(self, project):
        project.write({"dvc.yaml": ON_GENERATED_PARAMS, "gen.yaml": "lr: 1\n", "metrics.json": {"acc": 0.5}}).record()
        project.commit()
        project.write({"gen.yaml": None})

        assert snapshot(project).stages["train"].outdated == ("params",)


class TestSubmodulesWithinSubmodules:
    @pytest.fixture(autouse=True)
    def _local(self, monkeypatch):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")

    @pytest.fixture
    def clone(self, project, tmp_path) -> ProjectFactory:
        for name in ("inner", "outer"):
            folder = tmp_path / name
            folder.mkdir()
            git(folder, "init", "--quiet", "--initial-branch=main")
            (folder / "code.py").write_text(name)
            if name == "outer":
                git(folder, "submodule", "add", "--quiet", str(tmp_path / "inner"), "inner")
            git(folder, "add", "--all")
            git(folder, "commit", "--quiet", "--message", "Code")
        project.git("submodule", "add", "--quiet", str(tmp_path / "outer"), "lib")
        project.git("submodule", "update", "--init", "--recursive")
        return made(project, "train.py, lib").clone(tmp_path / "clone")

    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    def test_one_that_is_not_checked_out_is_named_with_the_mend_for_it(self, clone, revision):
        assert "the submodule lib" in said(snapshot(clone, revision))[0].message
        clone.git("submodule", "update", "--init")

        found = snapshot(clone, revision)

        assert found.stages["train"].outdated == ()
        (problem,) = said(found)
        assert problem.kind is ProblemKind.UNVERIFIED
        assert "the submodule lib/inner" in problem.message
        assert "`submodules: recursive`" in problem.hint
        clone.git("submodule", "update", "--init", "--recursive")
        assert "`git submodule update --init --recursive`" in problem.hint
        assert_certain(snapshot(clone, revision))


def test_a_submodule_beside_the_project_is_seen_from_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    shared = tmp_path / "shared"
    shared.mkdir()
    git(shared, "init", "--quiet", "--initial-branch=main")
    (shared / "code.py").write_text("x = 1")
    git(shared, "add", "--all")
    git(shared, "commit", "--quiet", "--message", "Code")
    project = ProjectFactory.new(tmp_path / "repository", "model")
    git(tmp_path / "repository", "submodule", "add", "--quiet", str(shared), "shared")
    clone = made(project, "train.py, ../shared").clone(tmp_path / "clone")

    found = snapshot(clone)

    assert found.stages["train"].outdated == ()
    assert "the submodule ../shared" in said(found)[0].message
    git(tmp_path / "clone", "submodule", "update", "--init")
    assert_certain(snapshot(clone))


@pytest.mark.parametrize("revision", ["HEAD", "workspace"])
def test_another_commit_of_an_absent_submodule_puts_metrics_of_the_old_one_in_doubt(
    project, tmp_path, monkeypatch, revision
):
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet", "--initial-branch=main")
    git(library, "commit", "--quiet", "--allow-empty", "--message", "First")
    (library / "code.py").write_text("x = 1")
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "--message", "Code")
    project.git("submodule", "add", "--quiet", str(library), "lib")
    made(project, "train.py, lib").git("tag", "before")
    (project.root / "lib" / "code.py").write_text("x = 2")
    git(project.root / "lib", "commit", "--quiet", "--all", "--message", "Edit")
    git(project.root / "lib", "push", "--quiet", "origin", "HEAD:refs/heads/edited")
    project.commit("Take the edited library without running the stage")
    clone = project.clone(tmp_path / "clone")

    assert doubts(snapshot(clone, "before"), snapshot(clone, "before")) == {}
    found = doubts(snapshot(clone, revision), snapshot(clone, "before"))

    assert "another commit of the submodule at lib" in found["metrics.json"]
    clone.git("submodule", "update", "--init", "--recursive")  # the mend
    known = doubts(snapshot(clone, revision), snapshot(clone, "before"))
    assert known == {
        "metrics.json": "is not of this code: stage train has not run since its dependencies changed (lib)"
    }


class TestSparseCheckouts:
    @pytest.mark.parametrize("left_out", ["/lib/", "/lib/b.py"])
    def test_what_is_left_out_is_not_called_changed(self, project, left_out):
        made(project, "train.py, lib", **{"lib/a.py": "a", "lib/b.py": "b"})
        project.git("sparse-checkout", "set", "--no-cone", "/*", f"!{left_out}")
        assert not (project.root / "lib" / "b.py").exists()

        found = snapshot(project)

        assert found.stages["train"].outdated == ()
        (problem,) = said(found)
        assert "left out of this sparse checkout" in problem.message
        assert "git sparse-checkout" in problem.hint
        project.git("sparse-checkout", "disable")
        assert_certain(snapshot(project))

    def test_a_metrics_file_that_is_left_out_says_so(self, project):
        made(project)
        project.git("sparse-checkout", "set", "--no-cone", "/*", "!/metrics.json")

        problem = snapshot(project).metrics["metrics.json"].problem

        assert "left out of this sparse checkout" in problem.message
        project.git("sparse-checkout", "disable")
        assert_certain(snapshot(project))

    def test_one_that_is_left_out_and_written_anew_is_another_result(self, project):
        made(project)
        project.git("sparse-checkout", "set", "--no-cone", "/*", "!/metrics.json")
        project.write({"metrics.json": {"acc": 0.75}})

        assert snapshot(project).stages["train"].outdated == ("outs",)

    def test_a_folder_of_outputs_that_is_left_out_in_part_is_no_other_result(self, project):
        stage = "stages:\n  train:\n    cmd: x\n    outs:\n      - models: {cache: false}\n"
        project.write({"dvc.yaml": stage, "models/a.txt": "a", "models/b.txt": "b"}).record().commit()
        project.git("sparse-checkout", "set", "--no-cone", "/*", "!/models/b.txt")

        assert snapshot(project).stages["train"].outdated == ()
        project.git("sparse-checkout", "disable")
        project.write({"models/b.txt": "c"})
        assert snapshot(project).stages["train"].outdated == ("outs",)


class TestSparseCheckoutsWithoutDvcFiles:
    """What they define would be taken for removed; the mend that is said is run as it stands."""

    @pytest.fixture
    def sparse(self, project) -> ProjectFactory:
        project.write({"lib/b.json": {"x": 1}}).add("lib/b.json")
        return made(project, **{"src/a.py": "a"})

    def refusal(self, project: ProjectFactory) -> ProjectError:
        with pytest.raises(ProjectError) as caught:
            snapshot(project)
        return caught.value

    def follow(self, project: ProjectFactory, hint: str) -> None:
        project.git(*shlex.split(hint.split("`")[1])[1:])

    @pytest.mark.parametrize("file", ["dvc.yaml", "dvc.lock", "lib/b.json.dvc", ".dvc/config"])
    def test_a_dvc_file_that_is_left_out_is_named_with_its_mend(self, sparse, file):
        sparse.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{file}")
        assert not (sparse.root / file).exists()

        refused = self.refusal(sparse)

        assert refused.message == f"{file} is left out of this sparse checkout"
        assert "`--head HEAD`" in refused.hint
        assert snapshot(sparse, "HEAD").stages
        self.follow(sparse, refused.hint)
        assert_certain(snapshot(sparse))

    def test_folders_are_added_to_a_checkout_of_folders(self, sparse):
        shutil.rmtree(sparse.root / ".dvc" / "tmp")
        shutil.rmtree(sparse.root / ".dvc" / "cache")
        sparse.git("sparse-checkout", "set", "--cone", "src")
        assert not (sparse.root / ".dvc").exists()

        refused = self.refusal(sparse)
        assert refused.message == ".dvc/config is left out of this sparse checkout"
        assert "dvc init" not in refused.hint
        self.follow(sparse, refused.hint)

        refused = self.refusal(sparse)
        assert refused.message == "lib/b.json.dvc is left out of this sparse checkout"
        self.follow(sparse, refused.hint)
        assert (sparse.root / "lib" / "b.json.dvc").exists()
        assert snapshot(sparse).stages["train"].outdated == ()

    def test_a_configuration_that_is_left_out_is_not_taken_for_none(self, sparse):
        sparse.write({"reporter.yaml": "plots: false\n"}).commit()
        sparse.git("sparse-checkout", "set", "--no-cone", "/*", "!/reporter.yaml")
        project = open_project(sparse.root)

        with pytest.raises(ProjectError, match="left out of this sparse checkout") as caught:
            project.read_text(project.resolve_head(None), "reporter.yaml")

        self.follow(sparse, caught.value.hint)
        assert project.read_text(project.resolve_head(None), "reporter.yaml") == "plots: false\n"

    def test_a_project_within_is_not_asked_for(self, tmp_path, sparse):
        ProjectFactory.new(tmp_path / "inner").write({"dvc.yaml": "metrics: [m.json]\n"})
        shutil.copytree(tmp_path / "inner" / ".dvc", sparse.root / "inner" / ".dvc")
        sparse.write({"inner/dvc.yaml": "metrics: [m.json]\n"}).commit()
        sparse.git("sparse-checkout", "set", "--no-cone", "/*", "!/inner/dvc.yaml")
        assert not (sparse.root / "inner" / "dvc.yaml").exists()

        assert_certain(snapshot(sparse))

    def test_from_above_the_way_to_a_project_that_is_left_out_is_said(self, tmp_path):
        top = tmp_path / "top"
        ProjectFactory.new(top, "model")
        git(top, "sparse-checkout", "set", "--no-cone", "/*", "!/model/")

        with pytest.raises(ProjectError, match="not inside a DVC project") as caught:
            open_project(top)

        assert "git sparse-checkout add model/.dvc/config" in caught.value.hint


class TestLineEnds:
    @pytest.mark.parametrize("deps", ["train.py", "lib"])
    def test_a_lock_of_windows_is_of_the_same_code(self, project, deps):
        """Git there checks text out with other line ends, which DVC hashes as they are."""
        made(project, deps, **{"lib/a.py": "a = 1\nb = 2\n", "lib/sub/b.py": "c\n", "train.py": "x = 1\ny = 2\n"})
        for path in ("train.py", "lib/a.py", "lib/sub/b.py"):
            file = project.root / path
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
        project.record()
        project.git("checkout", "--quiet", "--", "train.py", "lib")
        project.commit("The lock of a colleague on Windows")
        assert project.git("diff", "--name-only", "HEAD~1") == "dvc.lock"

        for revision in ("HEAD", "workspace"):
            assert_certain(snapshot(project, revision))
        project.write({"train.py": "x = 3\n", "lib/a.py": "a = 3\n"})
        assert snapshot(project).stages["train"].outdated == ("deps",)


class TestImports:
    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    def test_one_without_its_content_has_no_value_and_says_how_to_get_it(self, project, tmp_path, revision):
        """Its source may have changed since: what it has today is no value of this revision."""
        (tmp_path / "source.json").write_text('{"acc": 0.5}')
        with project.dvc() as repo:
            repo.imp_url(str(tmp_path / "source.json"), "ref.json", no_download=True)
        project.write({"dvc.yaml": "metrics: [ref.json]\n"}).commit()
        (tmp_path / "source.json").write_text('{"acc": 0.25}')

        found = snapshot(project, revision)

        assert found.metrics["ref.json"].values == {}
        (problem,) = said(found)
        assert "imported without its content" in problem.message
        assert "dvc update ref.json.dvc" in problem.hint
        with project.dvc() as repo:
            repo.update(["ref.json.dvc"])
        project.commit()
        mended = snapshot(project, revision)
        assert mended.metrics["ref.json"].values == {"acc": 0.25}
        assert_certain(mended)

    def test_one_of_a_repository_without_its_content_is_read_at_the_commit_that_pins_it(self, project, tmp_path):
        registry = ProjectFactory.new(tmp_path / "registry")
        registry.write({"ref.json": {"acc": 0.8}}).commit()
        project.imported(registry, "ref.json", "--no-download")
        project.write({"dvc.yaml": "metrics: [ref.json]\n"}).commit()
        registry.write({"ref.json": {"acc": 0.1}}).commit()

        assert snapshot(project).metrics["ref.json"].values == {"acc": 0.8}

    def test_a_source_that_is_gone_is_named_and_no_remote_is_asked_for(self, project, tmp_path):
        registry = ProjectFactory.new(tmp_path / "registry")
        registry.write({"ref.json": {"acc": 0.8}}).add("ref.json").commit()
        project.imported(registry, "ref.json")
        project.write({"dvc.yaml": "metrics: [ref.json]\n"}).commit()
        clone = project.clone(tmp_path / "clone")
        shutil.move(registry.root, tmp_path / "elsewhere")

        problem = snapshot(clone).metrics["ref.json"].problem

        assert problem.message.endswith(
            "its source …/registry: ref.json cannot be read: No git repository was found at …/registry"
        )
        assert str(tmp_path) not in repr(snapshot(clone))
        assert "edit `url:` in ref.json.dvc" in problem.hint
        assert "remote" not in problem.message + problem.hint
        file = clone.root / "ref.json.dvc"
        file.write_text(file.read_text().replace(str(registry.root), str(tmp_path / "elsewhere")))  # the mend
        assert snapshot(clone).metrics["ref.json"].values == {"acc": 0.8}

    @pytest.mark.parametrize("has_remote", [True, False])
    def test_one_of_an_address_that_is_neither_cached_nor_pushed_names_its_source(self, tmp_path, has_remote):
        project = ProjectFactory.new(tmp_path / "project")
        if has_remote:
            project.remote(tmp_path / "storage")
        source = tmp_path / "source" / "ref.json"
        source.parent.mkdir()
        source.write_text('{"acc": 0.5}')
        with project.dvc() as repo:
            repo.imp_url(str(source), "ref.json")
        project.write({"dvc.yaml": "metrics: [ref.json]\n"}).commit()
        clone = project.clone(tmp_path / "clone")

        problem = snapshot(clone).metrics["ref.json"].problem

        assert "is imported from …/ref.json, and " in problem.message
        assert ("remote 'storage'" in problem.message) is has_remote
        assert "dvc update ref.json.dvc" in problem.hint
        assert "add a remote" not in problem.hint
        assert ("dvc push" in problem.hint) is has_remote
        with clone.dvc() as repo:
            repo.update(["ref.json.dvc"])
        assert_certain(snapshot(clone))


class TestOutputs:
    def test_one_of_another_branch_is_brought_back_by_checkout(self, project):
        project.write({"dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n    metrics: [metrics.json]\n"})
        project.write({"metrics.json": {"acc": 0.5}}).record().commit()
        project.write({"metrics.json": {"acc": 0.75}})

        (problem,) = said(snapshot(project))

        assert problem.kind is ProblemKind.MISMATCH
        assert "dvc checkout" in problem.hint
        with project.dvc() as repo:
            repo.checkout(force=True)
        assert_certain(snapshot(project))

    def test_a_new_one_is_yet_to_be_made_and_the_metrics_beside_it_are_not_to_blame(self, project):
        stage = "stages:\n  train:\n    cmd: touch z.csv\n    metrics:\n      - metrics.json: {cache: false}\n"
        project.write({"dvc.yaml": stage, "metrics.json": {"acc": 0.5}}).record().commit()
        project.write({"dvc.yaml": stage + "    outs: [z.csv]\n"})

        found = snapshot(project)

        (problem,) = said(found)
        assert (problem.path, problem.message) == ("z.csv", "Stage train has not made z.csv yet")
        assert doubts(found) == {}
        project.write({"z.csv": "a\n"}).record()
        assert_certain(snapshot(project))

    def test_one_that_is_not_pushed_says_so(self, project, tmp_path):
        stage = "stages:\n  train:\n    cmd: python train.py\n    metrics:\n      - metrics.json"
        project.write({"dvc.yaml": stage + ": {push: false}\n", "metrics.json": {"acc": 0.5}}).record().push().commit()

        problem = snapshot(project.clone(tmp_path / "clone")).metrics["metrics.json"].problem

        assert "`push: false`" in problem.message
        assert "add a remote" not in problem.hint
        project.write({"dvc.yaml": stage + "\n"}).record().push().commit()
        assert snapshot(project.clone(tmp_path / "mended")).metrics["metrics.json"].values == {"acc": 0.5}

    def test_where_there_is_no_remote_nothing_is_said_to_be_fetched(self, tmp_path):
        project = ProjectFactory.new(tmp_path / "alone")
        project.write(
            {"dvc.yaml": "stages:\n  train:\n    cmd: x\n    metrics: [metrics.json]\n", "metrics.json": {"acc": 0.5}}
        )
        project.record().commit()
        told: list[str] = []
        opened = open_project(project.clone(tmp_path / "clone").root, told.append)

        problem = opened.snapshot(opened.resolve_head(None), Wanted()).metrics["metrics.json"].problem

        assert told == []
        assert "there is no remote" in problem.message


class TestBrokenFiles:
    def conflict(self, project: ProjectFactory) -> None:
        made(project)
        project.git("switch", "--quiet", "--create", "theirs")
        made(project, **{"train.py": "x = 2\n"})
        project.git("switch", "--quiet", "main")
        made(project, **{"train.py": "x = 3\n"})
        with pytest.raises(AssertionError):
            project.git("merge", "theirs")
        project.git("checkout", "--quiet", "--ours", "train.py")

    def test_a_lock_in_conflict_is_the_file_to_mend(self, project):
        self.conflict(project)

        with pytest.raises(ProjectError, match=r"dvc\.lock is broken in workspace") as caught:
            snapshot(project)

        assert "git checkout --ours dvc.lock" in caught.value.hint
        project.git("checkout", "--ours", "dvc.lock")
        assert_certain(snapshot(project))

    def test_a_lock_of_dvc_1_is_written_anew(self, project):
        made(project)
        lock = (project.root / "dvc.lock").read_text()
        old = "\n".join(
            line.removeprefix("  ") for line in lock.splitlines() if not line.startswith(("schema:", "stages:"))
        )
        project.write({"dvc.lock": old}).commit("As DVC 1 wrote it")

        with pytest.raises(ProjectError, match=r"dvc\.lock is broken in workspace") as caught:
            snapshot(project)

        assert "DVC 1" in caught.value.hint
        project.write({"dvc.lock": None}).record()
        assert_certain(snapshot(project))

    def test_params_that_do_not_parse_are_the_file_to_mend(self, project):
        made(project)
        project.write({"params.yaml": "lr: 0.1\n<<<<<<< HEAD\n"})

        with pytest.raises(ProjectError, match=r"params\.yaml is broken in workspace, line 3"):
            snapshot(project)

        project.write({"params.yaml": "lr: 0.1\n"})
        assert_certain(snapshot(project))

    def test_a_commit_is_mended_by_another_baseline(self, project):
        made(project)
        project.write({"dvc.yaml": "stages: ["}).commit("Break it")

        with pytest.raises(ProjectError, match=r"dvc\.yaml is broken in HEAD") as caught:
            snapshot(project, "HEAD")

        assert "compare with another one" in caught.value.hint

    def test_a_baseline_whose_lock_git_has_lost_is_partial_and_names_it(self, project):
        made(project)
        lost = project.git("rev-parse", "HEAD:dvc.lock")
        (project.root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()

        found = snapshot(project, "HEAD", forgiving=True)

        assert found.is_partial
        assert found.metrics["metrics.json"].values == {"acc": 0.5}
        (problem,) = found.problems
        assert problem.path == "dvc.lock"
        assert "git fsck" in problem.hint
        with pytest.raises(ProjectError, match=r"dvc\.lock cannot be read in HEAD"):
            snapshot(project, "HEAD")
        project.git("hash-object", "-w", "dvc.lock")
        assert_certain(snapshot(project, "HEAD", forgiving=True))


class TestOutsideOfTheRepository:
    @pytest.mark.parametrize("revision", ["HEAD", "workspace"])
    @pytest.mark.parametrize("named", ["{folder}/{name}", "../{name}"])
    def test_what_lies_there_is_not_called_changed_and_taken_in(self, project, tmp_path, revision, named):
        def write(params: str, metrics: str, plot: str) -> None:
            stage = {"cmd": "true", "params": [{params: ["lr"]}], "metrics": [{"own.json": {"cache": False}}]}
            axes = {"x": {plot: "x"}, "y": {plot: "y"}}
            plots = [plot, {"both": axes}]
            project.write({"dvc.yaml": {"stages": {"train": stage}, "metrics": [metrics], "plots": plots}})
            project.write({"own.json": {"acc": 0.5}}).record().commit()

        names = ("p.yaml", "m.json", "p.csv")
        for name, content in zip(names, ("lr: 1\n", "{}", "x,y\n1,2\n"), strict=True):
            (tmp_path / name).write_text(content)
        write(*(named.format(folder=tmp_path, name=name) for name in names))

        found = snapshot(project, revision)

        assert found.stages["train"].outdated == ()
        assert str(tmp_path) not in repr(found).replace(str(project.root), "")
        by_path = {problem.path: problem for problem in said(found)}
        shown = [named.format(folder="…", name=name) for name in names]
        assert {*shown} <= {*by_path}
        assert all("no commit has" in by_path[name].message for name in shown)
        assert all("keep it in the repository" in by_path[name].hint.lower() for name in shown)
        for name in names:
            shutil.copy(tmp_path / name, project.root / name)
        write(*names)
        assert_certain(snapshot(project, revision))

    def test_own_files_by_absolute_paths_are_those_of_one_machine(self, project, tmp_path):
        stage = {"cmd": "true", "deps": ["{root}/train.py"], "params": [{"{root}/params.yaml": ["lr"]}]}
        stage["metrics"] = [{"{root}/metrics.json": {"cache": False}}]
        project.write(
            {"train.py": "x = 1\n", "params.yaml": "lr: 1\n", "metrics.json": {"acc": 0.5}, "p.csv": "a,b\n1,2\n"}
        )
        text = json.dumps({"stages": {"train": stage}, "plots": ["{root}/p.csv"]})
        project.write({"dvc.yaml": text.replace("{root}", str(project.root))}).record().commit()
        clone = project.clone(tmp_path / "clone")

        for revision in ("workspace", "HEAD"):
            here, elsewhere = snapshot(project, revision), snapshot(clone, revision)
            assert_certain(here)
            assert here.metrics["metrics.json"].values == {"acc": 0.5}
            assert [*here.stages["train"].deps] == ["train.py"]
            assert elsewhere.stages["train"].outdated == ()
            assert [*elsewhere.stages["train"].deps] == ["…/train.py"]
            assert {problem.path for problem in said(elsewhere)} == {"…/params.yaml", "…/metrics.json", "…/p.csv"}
            assert all("is named by an absolute path" in problem.message for problem in said(elsewhere))
        project.write({"dvc.yaml": text.replace("{root}/", "")}).record().commit("The mend")
        assert_certain(snapshot(project.clone(tmp_path / "mended"), "HEAD"))

    def test_a_path_that_leads_out_of_a_commit_is_no_file_in_it(self, project):
        """To git's file system `/../params.yaml` is `/params.yaml`."""
        made(project)
        project.write(
            {"params.yaml": {"lr": 1}, "dvc.yaml": DVC_YAML.format(deps="train.py") + "params: [../params.yaml]\n"}
        )
        project.commit("Name another one")

        (problem,) = snapshot(project, "HEAD").problems
        assert problem.message == "lies outside of the repository, so no commit has it"


class TestLinks:
    """On disk DVC hashes what a link leads to, wherever that is; here nothing out of the repository is read."""

    @pytest.mark.parametrize("revision", ["workspace", "HEAD"])
    @pytest.mark.parametrize("link", ["data.csv", "data.csv/a.csv"])
    def test_a_dependency_that_leads_out_is_not_called_changed(self, project, tmp_path, link, revision):
        made(project, "data.csv", **{link: "a,b\n1,2\n"})
        (tmp_path / "elsewhere.csv").write_text("a,b\n3,4\n")
        (project.root / link).unlink()
        (project.root / link).symlink_to(tmp_path / "elsewhere.csv")
        project.commit("Link it")

        found = snapshot(project, revision)

        assert found.stages["train"].outdated == ()
        (problem,) = said(found)
        assert f"needs the link {link}, which leads nowhere, or out of the repository" in problem.message
        assert "keep the file itself in the repository" in problem.hint
        (project.root / link).unlink()
        project.write({link: "a,b\n1,2\n"}).commit("Keep it")
        assert_certain(snapshot(project, revision))

    def test_a_metrics_file_that_leads_out_is_unavailable(self, project, tmp_path):
        made(project)
        (tmp_path / "elsewhere.json").write_text('{"acc": 1}')
        (project.root / "metrics.json").unlink()
        (project.root / "metrics.json").symlink_to(tmp_path / "elsewhere.json")

        found = snapshot(project)

        assert found.metrics["metrics.json"].problem.kind is ProblemKind.ACCESS
        project.git("checkout", "--", "metrics.json")
        assert_certain(snapshot(project))


class TestAbsentDependencies:
    @pytest.mark.parametrize("revision", ["workspace", "HEAD"])
    def test_one_that_was_deleted_is_changed(self, project, revision):
        made(project)
        project.git("rm", "--quiet", "train.py")
        project.commit("Delete it")

        stage = snapshot(project, revision).stages["train"]

        assert (stage.outdated, stage.inputs_changed) == (("deps",), ("train.py",))
        project.git("checkout", "--quiet", "HEAD~1", "--", "train.py")
        project.commit("Bring it back")
        assert_certain(snapshot(project, revision))

    @pytest.mark.parametrize("revision", ["workspace", "HEAD"])
    def test_one_that_nobody_kept_cannot_be_known(self, project, tmp_path, revision):
        project.write({"data.csv": "a,b\n", "dvc.yaml": DVC_YAML.format(deps="data.csv"), "metrics.json": {"acc": 0.5}})
        project.record()
        project.git("add", "dvc.yaml", "dvc.lock", "metrics.json")
        project.git("commit", "--quiet", "--message", "Forget the data")
        clone = project.clone(tmp_path / "clone")

        found = snapshot(clone, revision)

        assert found.stages["train"].outdated == ()
        (problem,) = said(found)
        assert problem.path == "data.csv"
        assert " nor an output of a stage: whether dvc.lock is of this code cannot be known" in problem.message
        project.commit("Keep it")
        assert_certain(snapshot(project.clone(tmp_path / "mended"), revision))

    def test_a_dvc_file_that_is_a_pointer_is_blamed_alone(self, project):
        project.write({"raw.bin": "1"}).add("raw.bin")
        made(project, "raw.bin")
        recorded = (project.root / "raw.bin.dvc").read_text()
        project.write({"raw.bin.dvc": ABSENT}).commit("A pointer")

        found = snapshot(project, "HEAD", forgiving=True)

        (problem,) = said(found)
        assert problem.path == "raw.bin.dvc"
        assert "git lfs pull" in problem.hint
        project.write({"raw.bin.dvc": recorded}).commit("Itself")
        assert_certain(snapshot(project, "HEAD", forgiving=True))


class TestPointersInPlaceOfOtherFiles:
    def test_the_template_of_a_plot(self, project):
        plots = "plots:\n  - p.csv: {template: own, x: a, y: b}\n"
        project.write({".dvc/plots/own.json": ABSENT, "p.csv": "a,b\n1,2\n"})
        made(project)
        project.write({"dvc.yaml": DVC_YAML.format(deps="train.py") + plots}).commit()

        for revision in ("workspace", "HEAD"):
            (problem,) = said(snapshot(project, revision))
            assert problem.path == ".dvc/plots/own.json"
            assert "git lfs pull" in problem.hint
        project.write({".dvc/plots/own.json": "{}"})
        assert_certain(snapshot(project))

    def test_files_that_a_project_is_set_up_by(self, project):
        made(project)
        project.write({"reporter.yaml": ABSENT, ".dvcignore": ABSENT})
        opened = open_project(project.root)
        with pytest.raises(ProjectError, match="it is a pointer of Git LFS"):
            opened.read_text(opened.resolve_head(None), "reporter.yaml")
        with pytest.raises(ProjectError, match=r"\.dvcignore cannot be read in workspace: it is a pointer of Git LFS"):
            snapshot(project)
        project.write({".dvcignore": None})
        snapshot(project)
        config = (project.root / ".dvc" / "config").read_text()
        project.write({".dvc/config": ABSENT})
        with pytest.raises(ProjectError, match=r"\.dvc/config is a pointer of Git LFS") as caught:
            snapshot(project)
        assert "git lfs pull" in caught.value.hint
        project.write({".dvc/config": config})
        assert_certain(snapshot(project))

    def test_a_baseline_s_dvc_yaml_leaves_what_git_has_in_git(self, project):
        made(project)
        project.write({"dvc.yaml": ABSENT}).commit("A pointer")

        found = snapshot(project, "HEAD", forgiving=True)

        assert found.is_partial
        assert found.data == {}


class TestTemplates:
    @pytest.mark.parametrize(
        ("name", "file"),
        [("own", ".dvc/plots/own.json"), ("tpl/own.json", "tpl/own.json"), ("{folder}/own.json", "…/own.json")],
    )
    def test_one_that_is_nowhere_is_named_where_it_belongs(self, project, tmp_path, name, file):
        name = name.format(folder=tmp_path)
        made(project)
        project.write(
            {
                "p.csv": "a,b\n1,2\n",
                "dvc.yaml": DVC_YAML.format(deps="train.py") + f"plots: [p.csv: {{template: {name}}}]\n",
            }
        )

        found = snapshot(project)

        (problem,) = said(found)
        assert problem.hint.startswith(f"commit {file}, or ")
        assert str(tmp_path) not in repr(found).replace(str(project.root), "")


def test_a_submodule_at_another_commit_than_git_pins_is_updated(tmp_path):
    library = ProjectFactory.new(tmp_path / "library")
    library.write({"m.py": "x = 1\n"}).commit()
    project = ProjectFactory.new(tmp_path / "project")
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "lib")
    made(project, "lib/m.py")
    old = library.git("rev-parse", "HEAD")
    library.write({"m.py": "x = 2\n"}).commit()
    git(project.root / "lib", "pull", "--quiet")
    project.record().commit("Take the new one")
    git(project.root / "lib", "checkout", "--quiet", old)  # as `git pull` leaves it

    found = snapshot(project)

    assert found.stages["train"].outdated == ()
    (problem,) = said(found)
    assert "needs the submodule lib, of which the work tree has another commit than git pins" in problem.message
    project.git(*shlex.split(problem.hint.split("`")[1])[1:])
    assert_certain(snapshot(project))


class TestRemotes:
    STAGE = "stages:\n  train:\n    cmd: x\n    metrics: [metrics.json]\n"

    def test_a_missing_plugin_is_installed(self, tmp_path, monkeypatch):
        project = ProjectFactory.new(tmp_path / "project").remote(tmp_path / "storage", "mine")
        project.write({"dvc.yaml": self.STAGE, "metrics.json": {"acc": 0.5}}).record().push()
        config = (project.root / ".dvc" / "config").read_text()
        project.write({".dvc/config": config.replace(f"url = {tmp_path}", "url = gdrive://folder")}).commit()
        clone = project.clone(tmp_path / "clone")

        problem = snapshot(clone).metrics["metrics.json"].problem

        assert problem.message == "remote 'mine' (gdrive://folder/storage) needs dvc-gdrive, which is not installed"
        assert "`pip install dvc-gdrive`" in problem.hint
        plugin = ModuleType("dvc_gdrive")

        class Drive(LocalFileSystem):
            @classmethod
            def _strip_protocol(cls, path: str) -> str:
                return path.replace("gdrive://folder", str(tmp_path))

        plugin.GDriveFileSystem = Drive
        monkeypatch.setitem(sys.modules, "dvc_gdrive", plugin)
        assert snapshot(clone).metrics["metrics.json"].values == {"acc": 0.5}

    def test_several_without_a_default_one_are_named(self, tmp_path):
        project = ProjectFactory.new(tmp_path / "project").remote(tmp_path / "storage", "store")
        project.write({"dvc.yaml": self.STAGE, "metrics.json": {"acc": 0.5}}).record().push()
        with project.dvc() as repo, repo.config.edit() as config:
            config["remote"]["backup"] = {"url": str(tmp_path / "backup")}
            del config["core"]["remote"]
        project.commit()
        clone = project.clone(tmp_path / "clone")
        told: list[str] = []
        opened = open_project(clone.root, told.append)

        problem = opened.snapshot(opened.resolve_head(None), Wanted()).metrics["metrics.json"].problem

        assert told == []
        assert problem.message == "not in the cache, and no default remote is set (store, backup)"
        assert "`dvc remote default store`" in problem.hint
        with clone.dvc() as repo, repo.config.edit() as config:
            config["core"]["remote"] = "store"
        assert snapshot(clone).metrics["metrics.json"].values == {"acc": 0.5}


class TestNamesOfBrokenFiles:
    """DVC says of some which they are in its text alone, or not at all."""

    @pytest.mark.parametrize(
        ("file", "broken", "hint"),
        [
            ("dvc.lock", "ignored", "take dvc.lock out of .gitignore"),
            ("dvc.lock", "folder", "mend dvc.lock"),
            ("dvc.lock", "link", "mend dvc.lock"),
            ("params.yaml", "folder", "mend params.yaml"),
            ("params.yaml", "link", "mend params.yaml"),
        ],
    )
    def test_the_file_itself_is_to_blame(self, project, file, broken, hint):
        made(project, **{"params.yaml": {"lr": 1}})
        content = (project.root / file).read_text()
        match broken:
            case "ignored":
                project.write({".gitignore": f"/{file}\n"})
            case "folder":
                project.write({file: None, f"{file}/x": ""})
            case "link":
                (project.root / file).unlink()
                (project.root / file).symlink_to("nowhere")

        with pytest.raises(ProjectError, match=rf"^{file} ") as caught:
            snapshot(project)

        assert hint in caught.value.hint
        if broken == "ignored":
            project.write({".gitignore": ""})
        else:
            shutil.rmtree(project.root / file) if broken == "folder" else (project.root / file).unlink()
            project.write({file: content})
        assert_certain(snapshot(project))


class TestRepositoryFormats:
    """Git's extensions, of which git knows more than DVC."""

    @pytest.fixture
    def extended(self, project):
        made(project).git("config", "core.repositoryFormatVersion", "1")
        return project

    @pytest.mark.parametrize("extension", ["noop", "partialClone"])
    def test_one_that_dvc_does_not_know_is_taken_away(self, extended, extension):
        extended.git("config", f"extensions.{extension}", "origin")

        with pytest.raises(ProjectError, match=f"does not know git's extension {extension}$") as caught:
            snapshot(extended)

        extended.git(*shlex.split(caught.value.hint.split("`")[1])[1:])
        assert_certain(snapshot(extended))

    def test_one_that_git_does_not_know_is_named(self, extended):
        extended.git("config", "extensions.fromTheFuture", "true")
        with pytest.raises(ProjectError, match=r"extension found: fromthefuture$") as caught:
            open_project(extended.root)
        assert "needs a newer git" in caught.value.hint
        assert "git init" not in caught.value.hint


class TestBaselines:
    """Nobody edits a commit that others have built on."""

    @pytest.mark.parametrize(
        ("files", "blamed"),
        [
            ({"metrics.json": "{"}, "metrics.json"),
            ({"metrics.json": None}, "metrics.json"),
            ({"dvc.yaml": DVC_YAML.format(deps="train.py") + "plots: [p.csv]\n", "p.csv": b"\xff\xfe\xff"}, "p.csv"),
            ({"dvc.yaml": DVC_YAML.format(deps="train.py") + "metrics: [m.json]\n"}, "m.json"),
        ],
    )
    def test_what_only_an_edit_would_mend_is_mended_by_another_one(self, project, files, blamed):
        made(project)
        project.write(files).commit("Break it")

        of_baseline, of_candidate = (
            next(problem for problem in snapshot(project, "HEAD", forgiving=forgiving).problems)
            for forgiving in (True, False)
        )

        assert (of_baseline.path, of_baseline.message) == (blamed, of_candidate.message)
        assert "name another BASE" in of_baseline.hint
        assert "name another BASE" not in of_candidate.hint

    @pytest.mark.parametrize("place", [".dvcignore", "data/.dvcignore"])
    @pytest.mark.parametrize("patterns", [b"\xff\xfe[", b"\\\n"])
    def test_patterns_that_dvc_cannot_read_leave_what_the_baseline_records(self, project, place, patterns):
        made(project)
        project.write({place: patterns, "data/a.txt": "a"}).commit("Break it")

        of_baseline = snapshot(project, "HEAD", forgiving=True)
        assert of_baseline.metrics["metrics.json"].values == {"acc": 0.5}
        (problem,) = of_baseline.problems
        assert problem.path == place
        assert "name another BASE" in problem.hint
        with pytest.raises(ProjectError, match=f"^{place} is broken in HEAD: "):
            snapshot(project, "HEAD")
        with pytest.raises(ProjectError, match=f"^{place} is broken in workspace") as caught:
            snapshot(project)
        assert f"mend {place}" in caught.value.hint
        project.write({place: "*.tmp\n"})
        assert_certain(snapshot(project))

    def test_what_the_storage_lacks_is_pushed_all_the_same(self, project, tmp_path):
        stage = "stages:\n  train:\n    cmd: x\n    metrics: [metrics.json]\n"
        project.write({"dvc.yaml": stage, "metrics.json": {"acc": 0.5}}).record().commit()

        (problem,) = snapshot(project.clone(tmp_path / "clone"), "HEAD", forgiving=True).problems

        assert "dvc push" in problem.hint


class TestTemplatesWithoutTheirValues:
    """`vars` of dvc.yaml, and params.yaml, which DVC reads without being told to."""

    @pytest.fixture(params=["gen.yaml", "params.yaml"])
    def values(self, request) -> str:
        return str(request.param)

    def write(self, project: ProjectFactory, values: str, **files: object) -> ProjectFactory:
        definition = DVC_YAML.format(deps="train.py").replace("train.py\n", "train.py ${seed}\n", 1)
        if values != "params.yaml":
            definition = f"vars: [{values}]\n{definition}"
        project.write({"dvc.yaml": definition, values: "seed: 1\n", "train.py": "x = 1\n", **files})
        project.write({"metrics.json": {"acc": 0.5}}).record().commit()
        return project

    def refusal(self, project: ProjectFactory, revision: str) -> ProjectError:
        with pytest.raises(ProjectError) as caught:
            snapshot(project, revision)
        return caught.value

    def test_a_file_that_git_ignores_is_to_blame_not_dvc_yaml(self, project, tmp_path, values):
        self.write(project, values, **{".gitignore": f"/{values}\n"})
        clone = project.clone(tmp_path / "clone")

        for revision, where in (("HEAD", "the commit"), ("workspace", "the work tree")):
            refused = self.refusal(clone, revision)
            assert refused.message == (
                f"{values} cannot be read in {revision}: it is not in {where}, and git ignores it, although dvc.yaml needs it"
            )
            assert f"`git add --force {values}`" in refused.hint
        (problem,) = snapshot(clone, "HEAD", forgiving=True).problems
        assert problem.path == values
        assert "git ignores it" in problem.message
        assert "version of DVC" not in problem.message

        project.git("add", "--force", values)
        project.commit("The mend")
        mended = project.clone(tmp_path / "mended")
        for revision in ("HEAD", "workspace"):
            assert_certain(snapshot(mended, revision))

    def test_a_file_that_a_sparse_checkout_leaves_out_is_said_to_be(self, project, values):
        self.write(project, values)
        project.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{values}")

        refused = self.refusal(project, "workspace")

        assert refused.message.startswith(
            f"{values} cannot be read in workspace: it is left out of this sparse checkout"
        )
        assert f"git sparse-checkout add {values}" in refused.hint
        project.git("sparse-checkout", "add", values)
        assert_certain(snapshot(project))

    def test_a_pointer_is_said_to_be_one(self, project, values):
        self.write(project, values)
        project.write({values: POINTER.format(digest="ab12cd34" * 8, size=8)})

        refused = self.refusal(project, "workspace")

        assert refused.message.startswith(f"{values} cannot be read in workspace: it is a pointer of Git LFS")
        assert "`git lfs pull`" in refused.hint
        project.write({values: "seed: 1\n"})
        assert_certain(snapshot(project))

    def test_a_name_that_no_file_has_is_an_error_of_dvc_yaml(self, project):
        self.write(project, "params.yaml")
        project.write({"params.yaml": "sead: 1\n"})

        assert "dvc.yaml is broken" in self.refusal(project, "workspace").message


class TestDefinitionsThatDvcRefuses:
    LIVE = "    live:\n      dvclive: {summary: true}\n"

    @pytest.mark.parametrize("cached", [False, True])
    def test_of_a_baseline_what_its_lock_records_is_known(self, project, cached):
        definition = DVC_YAML.format(deps="train.py").replace("cache: false", f"cache: {str(cached).lower()}")
        project.write({"dvc.yaml": definition, "train.py": "x = 1\n", "metrics.json": {"acc": 0.5}}).record()
        project.write({"dvc.yaml": definition + self.LIVE}).commit("As an older DVC wrote it")

        found = snapshot(project, "HEAD", forgiving=True)

        assert found.is_partial
        assert found.metrics["metrics.json"].values == {"acc": 0.5}
        assert set(found.data) == ({"metrics.json"} if cached else set())
        assert found.stages == {}
        (problem,) = found.problems
        assert (problem.path, problem.kind) == ("dvc.yaml", ProblemKind.FORMAT)
        assert "live" in problem.message
        assert "name another BASE" in problem.hint

    def test_of_stages_made_by_foreach_what_git_keeps_is_no_data(self, project):
        definition = """\
stages:
  train:
    foreach: [a, b]
    do:
      cmd: x
      outs: ["model-${item}.bin"]
      metrics:
        - m-${item}.json: {cache: false}
"""
        results = {f"m-{each}.json": {"acc": 0.5} for each in "ab"} | {f"model-{each}.bin": each for each in "ab"}
        project.write({"dvc.yaml": definition, **results}).record()
        project.write({"dvc.yaml": definition + self.LIVE.replace("    ", "      ", 1)}).commit(
            "As an older DVC wrote it"
        )

        found = snapshot(project, "HEAD", forgiving=True)

        assert found.is_partial
        assert set(found.metrics) == {"m-a.json", "m-b.json"}
        assert set(found.data) == {"model-a.bin", "model-b.bin"}

    def test_a_metric_in_a_dvc_file_of_dvc_0_is_known(self, project):
        project.write({"metrics.json": {"acc": 0.5}}).add("metrics.json")
        file = project.root / "metrics.json.dvc"
        file.write_text(
            file.read_text().replace("  path: metrics.json", "  path: metrics.json\n  metric: true\n  colour: red")
        )
        project.commit()

        found = snapshot(project, "HEAD", forgiving=True)

        assert found.metrics["metrics.json"].values == {"acc": 0.5}
        assert [problem.path for problem in found.problems] == ["metrics.json.dvc"]


class TestDvcWithoutGit:
    def test_a_project_that_dvc_keeps_out_of_git_is_read_all_the_same(self, tmp_path):
        root = tmp_path / "plain"
        root.mkdir()
        git(root, "init", "--quiet", "--initial-branch=main")
        from dvc.repo import Repo

        Repo.init(str(root), no_scm=True).close()
        project = ProjectFactory(root).write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"acc": 0.5}})
        project.commit()

        for revision in ("HEAD", "workspace"):
            assert snapshot(project, revision).metrics["m.json"].values == {"acc": 0.5}


@pytest.mark.parametrize("place", ["../outside.py", "{tmp_path}/outside.py"])
def test_no_absolute_path_of_this_machine_is_said(project, tmp_path, place):
    made(project)
    (project.root / "dvc.yaml").write_text(DVC_YAML.format(deps=f"train.py, {place.format(tmp_path=tmp_path)}"))

    found = snapshot(project)

    assert str(tmp_path) not in repr((found.stages, said(found)))
    assert "/outside.py" in repr(found.stages)


def test_metrics_and_params_outside_of_the_repository_are_named_without_their_folders(project, tmp_path):
    (tmp_path / "outside.yaml").write_text("lr: 1\n")
    made(project)
    named = f"vars: [{tmp_path}/outside.yaml]\nparams: [{tmp_path}/outside.yaml]\nmetrics: [{tmp_path}/outside.yaml]\n"
    project.write({"dvc.yaml": named + DVC_YAML.format(deps="train.py").replace("train.py", "train.py ${lr}", 1)})

    found = snapshot(project)

    assert "…/outside.yaml" in found.metrics
    assert "…/outside.yaml" in found.params
    assert str(tmp_path) not in repr((found.metrics, found.params, found.param_names, found.stages, said(found)))


def test_dependencies_of_one_name_in_several_folders_of_the_machine_are_told_apart(project, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.csv").write_text(folder)
    made(project, f"{tmp_path}/a/rows.csv, {tmp_path}/b/rows.csv")

    deps = snapshot(project).stages["train"].deps

    assert set(deps) == {"…/rows.csv", "…/rows.csv (2)"}
    assert len(set(deps.values())) == 2
