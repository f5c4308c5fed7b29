"""Files that are not what they seem: links, pointers of Git LFS, names in any script, folders younger than a commit."""

from __future__ import annotations

import json
import shutil

import pytest
from project_factories import ProjectFactory, git, isolate

from reporter.cli import main
from reporter.collect.project import Wanted, open_project
from reporter.compare.comparing import compare
from reporter.errors import ProjectError
from reporter.model.comparison import State
from reporter.model.problem import ProblemKind
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [raw.csv]
    outs: [model.bin]
    metrics: [metrics.json]
"""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d7a2146" * 8 + "\nsize 12345\n"


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


def made(project: ProjectFactory, **files: object) -> ProjectFactory:
    """One stage that ran, committed."""
    project.write({"dvc.yaml": DVC_YAML, "raw.csv": "a\n1\n", "model.bin": "m", "metrics.json": {"acc": 0.5}, **files})
    project.record().commit()
    return project


@pytest.fixture
def project(tmp_path) -> ProjectFactory:
    return made(ProjectFactory.new(tmp_path / "project"))


def snapshot(project: ProjectFactory, revision: str = "workspace") -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), Wanted())


class TestLinks:
    @pytest.mark.parametrize("kind", ["symlink", "hardlink"])
    def test_outputs_linked_to_a_cache_elsewhere_are_read(self, tmp_path, kind):
        project = ProjectFactory.new(tmp_path / "linked")
        project.write({".dvc/config": f"[cache]\n    type = {kind}\n    dir = {tmp_path / 'shared'}\n"})
        made(project)
        with project.dvc() as repo:
            repo.checkout(relink=True)

        assert (project.root / "metrics.json").is_symlink() is (kind == "symlink")
        found = snapshot(project)

        assert found.metrics["metrics.json"].values == {"acc": 0.5}
        assert found.stages["train"].outdated == ()
        assert found.problems == ()

    def test_links_into_an_emptied_cache_are_outputs_that_are_absent(self, tmp_path):
        project = ProjectFactory.new(tmp_path / "linked")
        project.write({".dvc/config": "[cache]\n    type = symlink\n"})
        made(project)
        with project.dvc() as repo:
            repo.checkout(relink=True)
        shutil.rmtree(project.root / ".dvc" / "cache")

        found = snapshot(project)

        assert found.metrics["metrics.json"].problem.kind is ProblemKind.MISSING
        assert found.data["model.bin"].hash == snapshot(project, "HEAD").data["model.bin"].hash
        assert found.stages["train"].outdated == ()

    def test_a_link_that_git_keeps_is_the_file_it_leads_to(self, project):
        project.write({"dvc.yaml": DVC_YAML + "metrics: [latest.json]\n", "runs/2/metrics.json": {"f1": 0.25}})
        (project.root / "latest.json").symlink_to("runs/2/metrics.json")
        project.commit()

        for revision in ("HEAD", "workspace"):
            assert snapshot(project, revision).metrics["latest.json"].values == {"f1": 0.25}

    def test_a_circle_of_links_ends(self, project):
        project.write({"dvc.yaml": DVC_YAML + "metrics: [a.json]\n"})
        (project.root / "a.json").symlink_to("b.json")
        (project.root / "b.json").symlink_to("a.json")
        project.commit()

        for revision in ("HEAD", "workspace"):
            assert snapshot(project, revision).metrics["a.json"].problem.kind is ProblemKind.CORRUPT

    @pytest.mark.parametrize("way", ["by a link", "by its path"])
    def test_nothing_out_of_the_repository_is_shown(self, project, tmp_path, way):
        (tmp_path / "secret.yaml").write_text("password: hunter2\n")
        name = "innocent.yaml" if way == "by a link" else "../secret.yaml"
        if way == "by a link":
            (project.root / name).symlink_to(tmp_path / "secret.yaml")
        project.write({"dvc.yaml": DVC_YAML + f"params: [{name}]\n"})
        project.commit()

        for revision in ("HEAD", "workspace"):
            found = snapshot(project, revision)

            assert "hunter2" not in repr(found)
            assert found.params[name].problem is not None

    def test_a_dependency_that_leads_nowhere_makes_its_stage_out_of_date(self, project):
        (project.root / "gone").symlink_to("nowhere")
        project.write({"dvc.yaml": DVC_YAML.replace("[raw.csv]", "[raw.csv, gone]")})

        assert snapshot(project).stages["train"].outdated == ("deps",)


class TestGitLfs:
    @pytest.mark.parametrize("name", ["big.json", "big.yaml"])
    def test_a_pointer_is_no_metrics_file(self, project, name):
        project.write({"dvc.yaml": DVC_YAML + f"metrics: [{name}]\n", name: POINTER}).commit()

        for revision in ("HEAD", "workspace"):
            problem = snapshot(project, revision).metrics[name].problem

            assert problem.kind is ProblemKind.MISSING
            assert "Git LFS" in problem.message
            assert "git lfs" in problem.hint

    def test_a_pointer_is_no_table(self, project):
        project.write({"dvc.yaml": DVC_YAML + "plots:\n- loss.csv: {x: step, y: loss}\n", "loss.csv": POINTER})

        found = snapshot(project)

        assert found.tables == {}
        assert [(problem.path, problem.kind) for problem in found.problems] == [("loss.csv", ProblemKind.MISSING)]


class TestNames:
    def test_spaces_and_other_scripts_are_kept_in_every_revision(self, project):
        project.write(
            {
                "dvc.yaml": DVC_YAML.replace("model.bin", "das Modell ü.bin") + 'metrics: ["Güte/übrig 1.json"]\n',
                "das Modell ü.bin": "m",
                "Güte/übrig 1.json": {"F1 größer.5": 1, "指標": {"精度": 0.5}},
            }
        )
        project.record().commit()

        for revision in ("HEAD", "workspace"):
            found = snapshot(project, revision)

            assert found.metrics["Güte/übrig 1.json"].values == {"F1 größer\\.5": 1, "指標.精度": 0.5}
            assert "das Modell ü.bin" in found.data
            assert found.problems == ()

    def test_a_name_that_two_experiments_have_is_asked_about(self, project):
        first = project.git("rev-parse", "HEAD")
        second = project.commit("Second")
        for sha in (first, second):
            project.git("update-ref", f"refs/exps/{sha[:2]}/{sha[2:]}/calm-bee", sha)

        with pytest.raises(ProjectError, match="2 experiments are called 'calm-bee'") as caught:
            open_project(project.root).resolve_head("calm-bee")

        assert first[:7] in str(caught.value)
        assert "SHA" in caught.value.hint


def test_a_project_in_a_folder_that_the_baseline_lacks_is_all_new(tmp_path):
    top = tmp_path / "mono"
    top.mkdir()
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "commit", "--quiet", "--allow-empty", "--message", "Before")
    from dvc.repo import Repo

    (top / "churn").mkdir()
    Repo.init(str(top / "churn"), subdir=True).close()
    project = made(ProjectFactory(top / "churn"))

    base, head = snapshot(project, "HEAD~1"), snapshot(project, "HEAD")

    assert base.problems == ()
    assert base.notes == ("HEAD~1 has no folder churn: everything in it is new.",)
    (row,) = compare(base, [head], Rules()).candidates[0].metrics
    assert row.state is State.ADDED
    opened = open_project(project.root)
    assert opened.read_files(opened.resolve_head("HEAD~1"), ["metrics.json"]) == {}


def test_a_metrics_file_that_git_ignores_is_missing_in_the_commit_and_read_from_the_work_tree(project):
    project.write({"dvc.yaml": DVC_YAML + "metrics: [late.json]\n", ".gitignore": "/late.json\n/model.bin\n"}).commit()
    project.write({"late.json": {"f1": 1}})

    committed, present = snapshot(project, "HEAD"), snapshot(project)

    assert committed.metrics["late.json"].problem.kind is ProblemKind.MISSING
    assert "git ignores it" in committed.metrics["late.json"].problem.message
    assert "name it under `outs` of the stage that writes it" in committed.metrics["late.json"].problem.hint
    assert present.metrics["late.json"].values == {"f1": 1}
    rows = compare(committed, [present], Rules()).candidates[0].metrics
    assert [row.state for row in rows if row.file == "late.json"] == [State.UNAVAILABLE]


class TestLongIntegers:
    """JSON, YAML and Python know integers without end; a counter, a product or a hash ends up among the metrics."""

    @pytest.fixture(autouse=True)
    def _in_the_project(self, project, monkeypatch):
        monkeypatch.chdir(project.root)

    def reported(self, project: ProjectFactory, base: object, head: object) -> dict:
        """The row of the metric `n`, which is one value in the baseline and another in the work tree."""
        project.write({"dvc.yaml": DVC_YAML + "metrics: [more.json]\n", "more.json": {"n": base, "acc": 0.5}}).commit()
        project.write({"more.json": {"n": head, "acc": 0.5}})
        assert main(["report", "HEAD", "--no-images"], {}) == 0
        report = json.loads((project.root / "reports" / "report.json").read_text())
        rows = {row["name"]: row for row in report["metrics"] if row["file"] == "more.json"}
        assert rows["acc"]["state"] == "unchanged"
        return rows["n"]

    @pytest.mark.parametrize(
        ("base", "head", "delta"),
        [
            (10**400, 10**400 - 10**399, -(10**399)),
            (10**400, 10**400, 0),
            (1, int("9" * 4300), int("9" * 4300) - 1),
            (0.5, 10**309, 10**309),
        ],
    )
    def test_are_compared_exactly(self, project, base, head, delta):
        row = self.reported(project, base, head)

        assert (row["base"], row["head"], row["delta"]) == (base, head, delta)

    def test_are_held_against_a_gate(self, project):
        gate = "metrics:\n- {match: n, direction: higher, gate: {max_relative_drop: 2%, min: 5}}\n"
        project.write({"reporter.yaml": gate})

        self.reported(project, 10**400, 10**400 - 10**399)

        page = (project.root / "reports" / "report.md").read_text()
        assert "worse by 10 % (limit 2 %)" in page
        assert "| `n` | 1.0e+400 | 9e+399 | −1e+399 (−10\u00a0%) | 🔴\u00a0worse |" in page

    def test_that_are_too_long_are_unavailable_and_say_why(self, project):
        project.write({"dvc.yaml": DVC_YAML + "metrics: [more.json]\n", "more.json": {"n": 1, "acc": 0.5}}).commit()
        project.write({"more.json": f'{{"n": {"9" * 5000}, "acc": 0.5}}'})
        found = compare(snapshot(project, "HEAD"), [snapshot(project)], Rules()).candidates[0].metrics

        (n,) = [row for row in found if row.name == "n"]
        assert (n.base, n.head, n.state) == (1, None, State.UNAVAILABLE)
        (problem,) = snapshot(project).problems
        assert problem.message == "`n` cannot be compared: an integer of more than 4,300 digits"

    def test_that_are_too_long_are_no_obstacle_in_what_dvc_reads_itself(self, project):
        train = DVC_YAML.replace("train.py", "train.py ${rate}").replace("deps:", "params: [rate]\n    deps:")
        project.write({"dvc.yaml": train, "params.yaml": "rate: 1\nseed: 1\n"}).record().commit()
        project.write({"params.yaml": f"rate: 2\nseed: {'9' * 5000}\n"})

        found = {
            row.name: row
            for row in compare(snapshot(project, "HEAD"), [snapshot(project)], Rules()).candidates[0].params
        }

        assert (found["rate"].base, found["rate"].head) == (1, 2)
        assert found["seed"].state is State.UNAVAILABLE


class TestNestedWithoutEnd:
    """All that is read of a revision is gone through level by level later; what has hundreds of them is said, and the rest compared."""

    DEEP = "[" * 900 + "1" + "]" * 900

    def test_metrics_params_and_data_of_plots(self, project, monkeypatch):
        template = {"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "point"}
        for _ in range(300):
            template = {"layer": [template]}
        project.write({".dvc/plots/deep.json": json.dumps(template)})
        project.write(
            {"m.json": f'{{"acc": {self.DEEP}}}', "p.json": self.DEEP, "data.json": f'[{{"x": {self.DEEP}}}]'}
        )
        project.write({"a.csv": "x,y\n1,2\n2,3\n"})
        plots = "plots:\n  - data.json: {x: x, y: x}\n  - a.csv: {x: x, y: y, template: deep}\n"
        project.write({"dvc.yaml": f"{DVC_YAML}metrics: [m.json]\nparams: [p.json]\n{plots}"}).commit()
        monkeypatch.chdir(project.root)

        assert main(["report", "HEAD~1", "--no-images"], {}) == 0

        report = json.loads((project.root / "reports/report.json").read_text())
        said = {problem["path"]: problem["message"] for problem in report["problems"]}
        assert said == dict.fromkeys(["m.json", "p.json", "data.json"], "is nested more than 100 levels deep")
        assert ("metrics.json", "acc", 0.5) in [(row["file"], row["name"], row["head"]) for row in report["metrics"]]
        page = (project.root / "reports/report.html").read_text()
        assert "The plot&#39;s template is nested more than 100 levels deep." in page

    @pytest.mark.parametrize("file", ["dvc.yaml", "params.yaml"])
    def test_a_file_without_which_nothing_can_be_known(self, project, monkeypatch, capfd, file):
        deep = f"    meta: {self.DEEP}\n" if file == "dvc.yaml" else f"x: {self.DEEP}\n"
        text = (project.root / file).read_text() if (project.root / file).exists() else ""
        project.write({file: text + deep}).commit()
        monkeypatch.chdir(project.root)

        assert main(["report", "HEAD~1", "--no-images"], {}) == 3

        assert f"{file} is nested more than 100 levels deep" in capfd.readouterr().err
