"""Opening a project and reading its revisions: what is not a project, broken files, subfolders, stages out of date."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from project_factories import SMALL_DVC_YAML, ProjectFactory, git, isolate, small_project

from reporter.collect.project import Wanted, open_project
from reporter.errors import ProjectError
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Snapshot

ALIAS_BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)
"""A trillion values in half a kilobyte."""


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def project(template, tmp_path) -> ProjectFactory:
    return template.copy(tmp_path / "project")


def snapshot(project: ProjectFactory, revision: str = "workspace", wanted: Wanted | None = None) -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), wanted or Wanted())


class TestOpening:
    def test_a_folder_without_git_says_so(self, tmp_path):
        (tmp_path / "plain").mkdir()

        with pytest.raises(ProjectError, match="is not inside a git repository") as caught:
            open_project(tmp_path / "plain")

        assert "git init" in caught.value.hint

    def test_a_repository_without_a_work_tree_says_so(self, tmp_path):
        git(tmp_path, "init", "--quiet", "--bare", "bare")
        with pytest.raises(ProjectError, match="without a work tree") as caught:
            open_project(tmp_path / "bare")
        assert "git worktree add" in caught.value.hint

    def test_another_owner_s_repository_is_trusted_by_its_top(self, tmp_path, monkeypatch):
        top = tmp_path / "repository"
        (top / "below").mkdir(parents=True)
        git(top, "init", "--quiet")
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        with pytest.raises(ProjectError, match="does not trust the owner") as caught:
            open_project(top / "below")
        assert caught.value.hint == f"run `git config --global --add safe.directory {top}`"

    def test_the_project_beside_is_named_from_here(self, tmp_path):
        project = ProjectFactory.new(tmp_path / "repository", "churn")
        (tmp_path / "repository" / "beside").mkdir()
        with pytest.raises(ProjectError) as caught:
            open_project(tmp_path / "repository" / "beside")
        assert caught.value.hint == "change into ../churn"
        assert project.root.is_dir()

    def test_a_folder_that_does_not_exist_says_so(self, tmp_path):
        with pytest.raises(Exception, match="does not exist"):
            open_project(tmp_path / "nowhere")

    def test_a_repository_without_dvc_says_so(self, tmp_path):
        (tmp_path / "repository").mkdir()
        git(tmp_path / "repository", "init", "--quiet")

        with pytest.raises(ProjectError, match="is not inside a DVC project") as caught:
            open_project(tmp_path / "repository")

        assert "dvc init" in caught.value.hint

    def test_a_repository_with_projects_below_names_them(self, tmp_path):
        ProjectFactory.new(tmp_path / "mono", "models/churn")

        with pytest.raises(ProjectError) as caught:
            open_project(tmp_path / "mono")

        assert "models/churn" in caught.value.hint

    def test_any_folder_inside_will_do(self, project):
        opened = open_project(project.root / "data")

        assert opened.root == project.root.resolve()
        assert opened.git_root == opened.root

    def test_a_broken_configuration_says_so(self, project):
        project.write({".dvc/config": "[core\n"})

        with pytest.raises(ProjectError, match="DVC cannot open the project"):
            snapshot(project)


class TestCode:
    def test_a_folder_that_holds_tracked_data_is_no_code(self, tmp_path):
        """What git has beside the data, `data/.gitignore` and `data/raw.csv.dvc`, makes no source code of it."""
        project = ProjectFactory.new(tmp_path / "usual")
        project.write({"dvc.yaml": SMALL_DVC_YAML, "params.yaml": "lr: 1\n", "train.py": "", "data/raw.csv": "a\n"})
        project.add("data/raw.csv").commit()

        for revision in ("workspace", "HEAD"):
            assert snapshot(project, revision).stages["train"].code == ("train.py",)


class TestBrokenFiles:
    @pytest.mark.parametrize("revision", ["workspace", "HEAD"])
    @pytest.mark.parametrize(
        ("files", "says"),
        [
            ({"dvc.yaml": "stages:\n  train:\n    cmd: [\n"}, "dvc.yaml is broken in {}, line"),
            (
                {"dvc.yaml": "stages:\n  train:\n    cmd: x\n    colour: red\n"},
                "dvc.yaml is broken in {}, line 3: extra keys not allowed",
            ),
            (
                {"dvc.yaml": "stages:\n  train:\n    cmd: python ${nowhere}\n"},
                "dvc.yaml is broken in {}: failed to parse",
            ),
            ({"dvc.yaml": "<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> x\n"}, "merge conflict markers?"),
            ({"dvc.lock": "schema: '2.0'\nstages: [\n"}, "is broken in {}"),
            ({"data.dvc": "outs:\n- path: x\n  hue: 1\n"}, "data.dvc is broken in {}, line 2"),
            ({"params.yaml": "lr: 0.1\nday: 2026-01-31\n"}, "is broken in {}"),
            ({"params.yaml": ALIAS_BOMB}, "in {}: params.yaml holds more than 1,000,000 values"),
        ],
    )
    def test_are_named_with_revision_and_line(self, project, files, says, revision):
        project.write(files)
        if revision == "HEAD":
            project.commit("Break it")
            project.write(dict.fromkeys(files, ""))

        with pytest.raises(ProjectError) as caught:
            snapshot(project, revision)

        assert says.format(revision) in caught.value.message
        assert "\n" not in caught.value.message
        assert caught.value.exit_code == 3

    def test_in_one_revision_leave_the_other_readable(self, project):
        project.write({"dvc.yaml": "stages: ["})

        assert snapshot(project, "HEAD").metrics["metrics.json"].values == {"acc": 0.75}

    @pytest.mark.parametrize("content", [b"\x00\x01", "not json", "just prose, no numbers"])
    def test_a_metrics_file_of_another_format_is_unavailable_and_the_rest_complete(self, project, content):
        project.write({"metrics.json": content})

        found = snapshot(project)

        assert found.metrics["metrics.json"].values == {}
        assert found.metrics["metrics.json"].problem.kind in {ProblemKind.CORRUPT, ProblemKind.FORMAT}
        assert found.tables.keys() == {"loss.csv"}

    def test_a_params_file_that_is_gone_is_missing(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML + "params: [more.yaml]\n"})

        found = snapshot(project)

        assert found.params["more.yaml"].problem.kind is ProblemKind.MISSING
        assert found.params["params.yaml"].values == {"lr": 0.2}


class TestSubfolders:
    @pytest.mark.parametrize("revision", ["workspace", "HEAD"])
    def test_a_project_below_the_top_has_paths_from_its_own_root(self, tmp_path, revision):
        project = ProjectFactory.new(tmp_path / "mono", "models/churn")
        project.write(
            {
                "dvc.yaml": SMALL_DVC_YAML,
                "params.yaml": "lr: 0.1\n",
                "train.py": "",
                "data/a.txt": "a",
                "model.bin": "m",
                "metrics.json": {"acc": 1},
                "loss.csv": "step,loss\n0,1\n",
                "images/a.png": b"png",
                "sub/dvc.yaml": "stages:\n  more:\n    cmd: x\n    metrics: [m.json]\n",
                "sub/m.json": {"f1": 2},
            }
        )
        project.add("data").record()
        project.commit()

        found = snapshot(project, revision)

        assert {path: dict(file.values) for path, file in found.metrics.items()} == {
            "metrics.json": {"acc": 1},
            "sub/m.json": {"f1": 2},
        }
        assert found.stages.keys() == {"train", "sub/dvc.yaml:more"}
        assert found.stages["train"].code == ("train.py",)
        assert not any(stage.outdated for stage in found.stages.values())
        assert found.images == {"images/a.png": b"png"}
        assert open_project(project.root).read_text(found.revision, "params.yaml") == "lr: 0.1\n"

    def test_the_current_folder_does_not_matter(self, project, monkeypatch, tmp_path):
        expected = snapshot(project, "HEAD")
        for folder in (project.root / "data", tmp_path):
            monkeypatch.chdir(folder)

            for revision in ("HEAD", "workspace"):
                found = snapshot(project, revision)
                assert (found.metrics, found.params, found.plots, found.stages) == (
                    expected.metrics,
                    expected.params,
                    expected.plots,
                    expected.stages,
                )


class TestStagesOutOfDate:
    def outdated(self, project: ProjectFactory, revision: str = "workspace") -> tuple[str, ...]:
        return snapshot(project, revision).stages["train"].outdated

    def test_a_stage_that_ran_as_it_is_is_up_to_date(self, project):
        assert self.outdated(project) == ()
        assert self.outdated(project, "HEAD~1") == ()

    @pytest.mark.parametrize("revision", ["workspace", "HEAD"])
    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            ({"train.py": "print('other')\n"}, ("deps",)),
            ({"params.yaml": "lr: 0.3\n"}, ("params",)),
            ({"params.yaml": "lr: 0.2\nother: 1\n"}, ()),
            ({"dvc.yaml": SMALL_DVC_YAML.replace("python train.py", "python train.py --fast")}, ("cmd",)),
            ({"dvc.yaml": SMALL_DVC_YAML.replace("[train.py, data]", "[train.py, data, params.yaml]")}, ("deps",)),
            (
                {"dvc.yaml": SMALL_DVC_YAML.replace("[lr]", "[lr, depth]"), "params.yaml": "lr: 0.2\ndepth: 1\n"},
                ("params",),
            ),
            ({"dvc.lock": None}, ("cmd", "deps", "params", "outs")),
        ],
    )
    def test_each_reason_is_named(self, project, files, expected, revision):
        project.write(files)
        if revision == "HEAD":
            project.commit()

        assert self.outdated(project, revision) == expected

    def test_an_edited_output_is_named_and_described_as_it_is(self, project):
        project.write({"metrics.json": {"acc": 0.99}})

        found = snapshot(project)

        assert found.stages["train"].outdated == ("outs",)
        assert found.data["metrics.json"].hash != found.stages["train"].outs["metrics.json"]
        assert found.metrics["metrics.json"].values == {"acc": 0.99}

    def test_changed_data_of_a_dvc_file_make_the_stage_out_of_date(self, project):
        project.write({"data/a.txt": "changed"})

        assert self.outdated(project) == ("deps",)

    def test_data_that_were_not_pulled_are_compared_by_their_hash(self, project, tmp_path):
        clone = project.clone(tmp_path / "clone")
        assert self.outdated(clone) == ()

        recorded = (clone.root / "data.dvc").read_text()
        digest = next(line.split()[-1] for line in recorded.splitlines() if "md5: " in line)
        clone.write({"data.dvc": recorded.replace(digest, f"{'0' * 32}.dir")})
        assert self.outdated(clone) == ("deps",)

    def test_params_tracked_by_a_wildcard_are_those_that_dvc_recorded(self, project):
        project.write(
            {"dvc.yaml": SMALL_DVC_YAML.replace("[lr]", "['*.depth']"), "params.yaml": "net: {depth: 2, width: 3}\n"}
        )
        project.record()
        assert self.outdated(project) == ()

        project.write({"params.yaml": "net: {depth: 2, width: 4}\n"})
        assert self.outdated(project) == ()
        project.write({"params.yaml": "net: {depth: 3, width: 4}\n"})
        assert self.outdated(project) == ("params",)

    def test_a_frozen_stage_is_never_out_of_date(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML + "    frozen: true\n", "train.py": "changed"})

        assert self.outdated(project) == ()

    def test_a_stage_that_never_ran_has_no_command_on_record(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML + "  later:\n    cmd: echo later\n    metrics: [later.json]\n"})

        found = snapshot(project)

        assert found.stages["later"].ran_cmd is None
        assert found.stages["later"].outdated == ("cmd", "outs")
        assert found.metrics["later.json"].problem.kind is ProblemKind.MISSING

    def test_uncommitted_metrics_differ_from_the_committed_lock(self, project):
        """Metrics in git that are not those that the stage wrote."""
        project.write({"dvc.yaml": SMALL_DVC_YAML.replace("[metrics.json]", "\n      - metrics.json: {cache: false}")})
        project.git("rm", "--quiet", "--cached", "--ignore-unmatch", "metrics.json")
        (project.root / ".gitignore").write_text("")
        project.record()
        project.commit()
        assert self.outdated(project, "HEAD") == ()

        project.write({"metrics.json": {"acc": 1.0}})
        project.commit()
        assert self.outdated(project, "HEAD") == ("outs",)


class TestPlots:
    def test_a_projects_own_template_comes_from_the_revision_else_from_the_work_tree(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML.replace("y: loss}", "y: loss, template: mine}")})
        project.commit()
        project.write({".dvc/plots/mine.json": '{"old": 1}'})
        project.git("add", "--force", ".dvc/plots/mine.json")
        project.commit()
        project.write({".dvc/plots/mine.json": '{"new": 2}'})

        found = {revision: snapshot(project, revision).plots[0] for revision in ("HEAD~1", "HEAD", "workspace")}

        assert {plot.template for plot in found.values()} == {"mine"}
        assert [plot.vega for plot in found.values()] == ['{"new": 2}', '{"old": 1}', '{"new": 2}']

    def test_an_unknown_template_is_drawn_as_lines_and_said(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML.replace("y: loss}", "y: loss, template: nowhere}")})

        found = snapshot(project)

        assert (found.plots[0].template, found.plots[0].vega) == ("linear", None)
        assert [problem.kind for problem in found.problems] == [ProblemKind.PLOT]
        assert "nowhere" in found.problems[0].message

    def test_excluded_plots_are_not_read(self, project):
        found = snapshot(project, wanted=Wanted(plots_exclude=("images/*",)))

        assert ([plot.id for plot in found.plots], found.images) == (["loss.csv"], {})

    def test_a_plot_defined_twice_has_dvcs_two_ids(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML + "plots:\n  - loss.csv: {template: scatter}\n"})

        assert {plot.id: plot.template for plot in snapshot(project).plots} == {
            "dvc.yaml::loss.csv": "scatter",
            "loss.csv": "linear",
            "images/roc.png": "image",
        }

    def test_a_missing_data_file_leaves_the_others(self, project):
        project.write({"dvc.yaml": SMALL_DVC_YAML + "plots:\n  - Gone: {x: a, y: {gone.csv: b}}\n"})

        found = snapshot(project)

        assert found.tables.keys() == {"loss.csv"}
        assert [(problem.path, problem.kind) for problem in found.problems] == [("gone.csv", ProblemKind.MISSING)]


class TestData:
    def test_an_import_names_its_source_without_credentials(self, project, tmp_path):
        (tmp_path / "raw.csv").write_text("a\n1\n")
        with project.dvc() as repo:
            repo.imp_url(str(tmp_path / "raw.csv"), "raw.csv")
        imported = (project.root / "raw.csv.dvc").read_text()
        project.write({"raw.csv.dvc": imported.replace(str(tmp_path), "https://me:hunter2@example.org")})

        found = snapshot(project)

        assert found.data["raw.csv"].source == "https://example.org/raw.csv"

    def test_an_import_that_was_never_made_is_said(self, project, tmp_path):
        (tmp_path / "raw.csv").write_text("a\n1\n")
        with project.dvc() as repo:
            repo.imp_url(str(tmp_path / "raw.csv"), "raw.csv", no_exec=True)
        project.commit()

        for revision in ("HEAD", "workspace"):
            found = snapshot(project, revision)

            assert found.data["raw.csv"].hash is None
            (problem,) = found.problems
            assert (problem.path, problem.kind) == ("raw.csv", ProblemKind.MISSING)
            assert problem.hint == "run `dvc update raw.csv.dvc` and commit it"

    def test_a_directory_lists_its_files_in_every_revision(self, project):
        project.write({"data/c.txt": "c"})

        before, after = snapshot(project, "HEAD").data["data"], snapshot(project).data["data"]

        assert list(before.files) == ["a.txt", "b.txt"]
        assert list(after.files) == ["a.txt", "b.txt", "c.txt"]
        assert (before.nfiles, after.nfiles) == (2, 3)
        assert before.hash != after.hash


class TestReadText:
    def test_a_file_is_read_as_the_revision_has_it(self, project):
        opened = open_project(project.root)
        project.write({"reporter.yaml": "base: main\n"})

        assert opened.read_text(opened.resolve_head(None), "reporter.yaml") == "base: main\n"
        assert opened.read_text(opened.resolve_head("HEAD"), "reporter.yaml") is None
        assert opened.read_text(opened.resolve_head("HEAD~1"), "params.yaml") == "lr: 0.1\n"

    @pytest.mark.parametrize("path", ["../outside.txt", "link.txt", "data", "nowhere"])
    def test_nothing_outside_the_repository_is_read(self, project, path):
        (project.root.parent / "outside.txt").write_text("private")
        (project.root / "link.txt").symlink_to(project.root.parent / "outside.txt")
        opened = open_project(project.root)

        assert opened.read_tracked(opened.resolve_head(None), path) is None
        assert opened.read_tracked(opened.resolve_head("HEAD"), path) is None


class TestReadFiles:
    def test_git_and_dvc_are_both_asked(self, project):
        (project.root / "images/roc.png").unlink()
        opened = open_project(project.root)

        for revision in ("workspace", "HEAD"):
            found = opened.read_files(opened.resolve_head(revision), ["params.yaml", "images/roc.png", "nowhere"])

            assert found.keys() == {"params.yaml", "images/roc.png"}
            assert found["images/roc.png"]

    @pytest.mark.parametrize("path", ["../outside.txt", "link.txt", "data", "nowhere"])
    def test_nothing_outside_the_repository_is_read(self, project, path):
        (project.root.parent / "outside.txt").write_text("private")
        (project.root / "link.txt").symlink_to(project.root.parent / "outside.txt")
        opened = open_project(project.root)

        for revision in ("workspace", "HEAD"):
            assert opened.read_files(opened.resolve_head(revision), [path]) == {}


def test_an_experiment_is_a_revision(project):
    sha = project.git("rev-parse", "HEAD~1")
    project.git("update-ref", f"refs/exps/{sha[:2]}/{sha[2:]}/calm-bee", sha)

    assert snapshot(project, "calm-bee").metrics["metrics.json"].values == {"acc": 0.5}


def test_nothing_in_the_work_tree_changes(project):
    def state() -> dict[Path, bytes]:
        skipped = {".git", "tmp", "cache"}
        return {
            path: path.read_bytes()
            for path in project.root.rglob("*")
            if path.is_file() and not skipped & set(path.relative_to(project.root).parts)
        }

    before = state()
    for revision in ("HEAD~1", "HEAD", "workspace"):
        snapshot(project, revision)

    assert state() == before
    assert project.git("status", "--porcelain") == ""


def test_metrics_directories_and_dvclives_layout_are_read(project):
    shutil.rmtree(project.root / "images")
    project.write(
        {
            "dvc.yaml": "metrics: [results, dvclive/metrics.json]\nplots: [dvclive/plots/metrics: {x: step}, dvclive/plots/images]\n",
            "dvc.lock": None,
            "results/a.json": {"x": 1},
            "results/deep/b.yaml": "y: 2\n",
            "results/.gitignore": "/tmp\n",
            "dvclive/metrics.json": {"step": 3, "train": {"loss": 0.5}},
            "dvclive/plots/metrics/train/loss.tsv": "step\tloss\n0\t1.0\n",
            "dvclive/plots/images/cm.png": b"png",
        }
    )

    found = snapshot(project)

    assert {path: dict(file.values) for path, file in found.metrics.items()} == {
        "results/a.json": {"x": 1},
        "results/deep/b.yaml": {"y": 2},
        "dvclive/metrics.json": {"step": 3, "train.loss": 0.5},
    }
    assert [plot.id for plot in found.plots] == ["dvclive/plots/metrics/train/loss.tsv", "dvclive/plots/images/cm.png"]
    assert found.problems == ()
