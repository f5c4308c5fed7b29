"""What must not get past a gate: each is tried as a change whose author would like to be merged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from project_factories import ProjectFactory, isolate, small_project

from reporter.cli import main

Judged = Callable[..., tuple[int, dict[str, Any]]]

GATE = 'metrics: [{match: "*:acc", gate: {max_drop: 0.005}}]\n'
REQUIRED = 'metrics: [{match: "*:acc", gate: {max_drop: 0.005, required: true}}]\n'
LOOSE = 'fail_on: warn\nmetrics: [{match: "*:acc", gate: {max: 0.0, required: true}}]\n'
"""Rules of the change's own: they would fail, whatever comes."""
BOMB = "a0: &a0 [1, 1]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(40))


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("past_a_gate")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    """On the branch `change`, which starts at main; acc is 0.75."""
    isolate(monkeypatch, tmp_path)
    project = template.copy(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def ci(project, capfd) -> Judged:
    """Commit what main has, then the change, and run `reporter ci` as a job would; outside CI it posts nothing."""

    def judge(main_has: Mapping[str, Any], change: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        project.write(main_has).commit("What main has")
        project.git("checkout", "--quiet", "-b", "change")
        project.write(change).record().commit("The change")
        return _ci(capfd)

    return judge


def _ci(capfd, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["ci", "main", "--no-images", *arguments], {})
    _, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, json.loads(Path("reports/report.json").read_text(encoding="utf-8"))


class TestTheBaselineSConfigurationIsBroken:
    """Only a merge can do that. A change that mends it must not be stopped, and nobody may judge by rules of his own."""

    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ("metrics: [\n", "line 2: not valid YAML"),
            ("base: main\nmetrik: 1\n", "line 2: metrik is an unknown key; did you mean `metrics`?"),
            ("fail_on: [fail]\n", "line 1: fail_on must be one of fail, warn, never"),
            ("metrics:\n  - match: acc\n    gate: {max_drop: -1}\n", "line 3: metrics[0].gate.max_drop must not be"),
            (b"base: caf\xe9\n", "it is not text in UTF-8 (byte 9)"),
            (BOMB, "once its aliases are written out"),
            ("[" * 2000, "it is nested without end"),
            ("base: 2026-99-99\n", "it holds a value that is none"),
            (f"metrics: [{{match: acc, gate: {{min: {'9' * 400}}}}}]\n", "is too large a number"),
            ("base: x\n" + "# \n" * 70_000, "is longer than 200,000 characters"),
        ],
        ids=["syntax", "key", "type", "amount", "encoding", "bomb", "nesting", "date", "integer", "size"],
    )
    def test_the_verdict_is_unknown_and_the_first_line_says_so(self, ci, broken, said):
        code, report = ci({"reporter.yaml": broken}, {"reporter.yaml": LOOSE, "metrics.json": {"acc": 0.1}})
        assert (code, report["verdict"], report["gates"], report["fail_on"]) == (0, "unknown", [], "fail")
        assert report["summary"].startswith("Can't be judged: main's reporter.yaml is broken (")
        assert said in report["summary"]
        assert "); this change may mend it; worse: acc −0.65" in report["summary"]

    def test_a_folder_of_its_name_is_no_missing_file(self, project, capfd):
        project.write({"reporter.yaml/notes.md": "hello"}).commit("What main has")
        project.git("checkout", "--quiet", "-b", "change")
        project.git("rm", "--quiet", "-r", "reporter.yaml")
        project.write({"reporter.yaml": LOOSE}).commit("The change")
        code, report = _ci(capfd)
        assert (code, report["verdict"]) == (0, "unknown")
        assert report["summary"].startswith(
            "Can't be judged: main's reporter.yaml is broken (it cannot be read: it is a directory"
        )

    def test_a_file_whose_content_git_has_lost_is_no_missing_file(self, project, ci, capfd):
        ci({"reporter.yaml": GATE}, {"reporter.yaml": LOOSE, "metrics.json": {"acc": 0.1}})
        blob = project.git("rev-parse", "main:reporter.yaml")
        (project.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
        code, report = _ci(capfd)
        assert (code, report["verdict"], report["gates"]) == (0, "unknown", [])
        assert report["summary"].startswith("Can't be judged: main's reporter.yaml is broken (")

    def test_a_change_that_deletes_it_is_judged_alike(self, ci):
        code, report = ci({"reporter.yaml": "metrics: [\n"}, {"reporter.yaml": None, "metrics.json": {"acc": 0.1}})
        assert (code, report["verdict"]) == (0, "unknown")

    def test_the_report_says_by_what_it_shows_the_metrics(self, ci):
        _, report = ci({"reporter.yaml": "nope: 1\n"}, {"reporter.yaml": LOOSE})
        assert report["notices"] == [
            "No gate is in force until reporter.yaml can be read in main; the metrics are shown by the defaults."
        ]

    def test_on_a_laptop_the_work_tree_s_own_file_judges(self, project, capfd):
        project.write({"reporter.yaml": "metrics: [\n"}).commit("Broken")
        project.write({"reporter.yaml": LOOSE})
        assert main(["report", "HEAD", "--no-images", "--gate"], {}) == 1

    def test_where_the_baseline_has_none_the_change_s_own_are_in_force_and_that_is_said(self, ci):
        code, report = ci({}, {"reporter.yaml": LOOSE})
        assert (code, report["verdict"]) == (1, "fail")
        assert "main has no reporter.yaml: this change's own gates are in force." in report["notices"]


class TestTheBaselineSConfigurationIsNoPlainFile:
    """It is there all the same: it judges where it can be read, and where it cannot nobody does."""

    @pytest.fixture
    def judged(self, project, capfd) -> Callable[[str], tuple[int, dict[str, Any]]]:
        """The change puts a loose configuration of its own, in a real folder, where main has something else."""

        def judge(named: str) -> tuple[int, dict[str, Any]]:
            project.git("checkout", "--quiet", "-b", "change")
            for place in (project.root / named, *(project.root / named).parents):
                if place != project.root and (place.is_symlink() or place.is_file()):
                    place.unlink()
            loose = LOOSE.replace("0.0", "1.0")
            project.write({named: loose, "metrics.json": {"acc": 0.1}}).record()
            project.git("add", "--force", named)
            project.commit("The change")
            return _ci(capfd, "--config", named)

        return judge

    @pytest.mark.parametrize(
        ("named", "target"),
        [
            ("conf/reporter.yaml", "nowhere"),
            ("conf/deep/reporter.yaml", "/nonexistent"),
            ("conf/reporter.yaml", "conf"),
            ("reporter.yaml", "../../outside"),
        ],
    )
    def test_it_is_behind_a_link_that_leads_nowhere_or_out_of_the_repository(self, project, judged, named, target):
        place = named.partition("/")[0]
        (project.root / place).symlink_to(target)
        project.commit("What main has")
        code, report = judged(named)
        assert (code, report["verdict"], report["gates"]) == (0, "unknown", [])
        assert report["summary"].startswith(f"Can't be judged: main's {named} is broken (it cannot be read: ")

    def test_so_it_is_where_the_folder_that_holds_that_link_is_a_link_too(self, project, judged):
        (project.root / "ci").mkdir()
        (project.root / "ci/reporter.yaml").symlink_to("nowhere")
        (project.root / "conf").symlink_to("ci")
        project.commit("What main has")
        code, report = judged("conf/reporter.yaml")
        assert (code, report["verdict"], report["gates"]) == (0, "unknown", [])

    def test_a_file_is_where_its_folder_ought_to_be(self, project, judged):
        project.write({"conf": "text"}).commit("What main has")
        code, report = judged("conf/reporter.yaml")
        assert (code, report["verdict"], report["gates"]) == (0, "unknown", [])
        assert "conf is a file, or a link that leads nowhere" in report["summary"]

    def test_a_real_folder_without_it_has_none(self, project, judged):
        (project.root / "conf").symlink_to("data")
        project.write({"ci/notes.md": "text"}).commit("What main has")
        code, report = judged("ci/reporter.yaml")
        assert (code, report["verdict"]) == (0, "pass")
        assert "main has no ci/reporter.yaml: this change's own gates are in force." in report["notices"]

    def kept_by_dvc(self, project: ProjectFactory, keeper: str) -> str:
        """Main's configuration, of which git knows nothing; returns its path."""
        named = "reporter.yaml" if keeper.endswith("file") else "conf/reporter.yaml"
        project.write({named: GATE})
        if keeper.startswith("a .dvc"):
            project.add(named.partition("/")[0])
        else:
            pipeline = f"  configure:\n    cmd: write it\n    outs: [{named.partition('/')[0]}]\n"
            project.write({"dvc.yaml": (project.root / "dvc.yaml").read_text() + pipeline}).record()
            ignored = (project.root / ".gitignore").read_text()
            project.write({".gitignore": f"{ignored}/{named.partition('/')[0]}\n"})
        project.push().commit("What main has")
        return named

    def released(self, project: ProjectFactory) -> None:
        """Out of DVC's hands, so that git can have it."""
        project.write({"dvc.yaml": (project.root / "dvc.yaml").read_text().partition("  configure:")[0]})
        for name in ("conf.dvc", "reporter.yaml.dvc"):
            (project.root / name).unlink(missing_ok=True)

    KEEPERS = ("a .dvc file", "a .dvc folder", "a stage's file", "a stage's folder")

    @pytest.mark.parametrize("keeper", KEEPERS)
    def test_dvc_keeps_it_and_it_judges(self, project, judged, keeper):
        named = self.kept_by_dvc(project, keeper)
        self.released(project)
        code, report = judged(named)
        assert (code, report["verdict"]) == (1, "fail")
        assert report["summary"].startswith("Gate failed: acc worse by 0.65 (limit 0.005)")

    @pytest.mark.parametrize("keeper", KEEPERS)
    def test_dvc_keeps_it_where_nobody_can_get_it(self, project, judged, keeper, tmp_path):
        named = self.kept_by_dvc(project, keeper)
        project.write({".dvc/config": ""}).empty_cache().commit("Without a remote")
        self.released(project)
        code, report = judged(named)
        assert (code, report["verdict"], report["gates"]) == (0, "unknown", [])
        assert "is broken (DVC keeps it, and it " in report["summary"]


class TestTheChangeMakesALinkOfItsConfiguration:
    """What a path stands for is each revision's own affair: the baseline's file judges, not what the change's link leads to."""

    @pytest.fixture
    def judged(self, project, capfd) -> Callable[[str, Callable[[Path], None]], tuple[int, dict[str, Any]]]:
        """Main has the gate at a path; the change puts a link there, edits what it leads to, and is much worse."""

        def judge(named: str, relink: Callable[[Path], None]) -> tuple[int, dict[str, Any]]:
            project.write({named: GATE}).commit("What main has")
            project.git("checkout", "--quiet", "-b", "change")
            relink(project.root)
            project.write({"metrics.json": {"acc": 0.1}}).record().commit("The change")
            return _ci(capfd, "--config", named)

        return judge

    @pytest.mark.parametrize("named", ["ci/reporter.yaml", "reporter.yaml"])
    def test_of_the_file(self, judged, named):
        def relink(root: Path) -> None:
            (root / named).unlink()
            (root / named).with_name("loose.yaml").write_text(LOOSE.replace("0.0", "1.0"))
            (root / named).symlink_to("loose.yaml")

        code, report = judged(named, relink)
        assert (code, report["verdict"]) == (1, "fail")
        assert report["summary"].startswith("Gate failed: acc worse by 0.65 (limit 0.005)")
        assert f"This change edits how {named} judges; the gates in force are those of main." in report["notices"]

    def test_of_its_folder(self, judged):
        def relink(root: Path) -> None:
            (root / "ci").rename(root / "own")
            (root / "ci").symlink_to("own")
            (root / "own/reporter.yaml").write_text("fail_on: never\n")

        code, report = judged("ci/reporter.yaml", relink)
        assert (code, report["verdict"]) == (1, "fail")

    def test_a_checkout_that_is_reached_by_a_link_has_the_same_paths(self, project, tmp_path, capfd):
        project.write({"ci/reporter.yaml": GATE}).commit("What main has")
        project.git("checkout", "--quiet", "-b", "change")
        project.write({"ci/reporter.yaml": "fail_on: never\n", "metrics.json": {"acc": 0.1}}).record().commit("Loosen")
        (tmp_path / "checkout").symlink_to(project.root)
        code, report = _ci(capfd, "--config", str(tmp_path / "checkout" / "ci" / "reporter.yaml"))
        assert (code, report["verdict"]) == (1, "fail")


class TestAChangeThatLeftItsBranchBeforeThereWereGates:
    @pytest.fixture
    def old(self, project, capfd) -> Judged:
        """Main has a reporter.yaml by now; the change starts at a commit from before, and has rules of its own."""

        def judge(rules: str, first: str, change: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
            project.write({"reporter.yaml": rules}).commit("Gates")
            project.git("checkout", "--quiet", "-b", "change", first)
            project.write({"reporter.yaml": "fail_on: never\n", **change}).record().commit("The change")
            return _ci(capfd)

        return judge

    @pytest.mark.parametrize(("rules", "code", "verdict"), [(GATE, 0, "unknown"), (REQUIRED, 1, "fail")])
    def test_before_there_were_metrics_this_is_no_first_report(self, old, rules, code, verdict):
        left, report = old(rules, "main~3", {"dvc.yaml": "metrics: [metrics.json]\n", "metrics.json": {"acc": 0.1}})
        assert (left, report["verdict"]) == (code, verdict)
        assert "acc cannot be compared: this change left main before there were metrics" in report["summary"]
        assert "first report" not in report["summary"].lower()

    def test_the_gates_are_those_of_main_today(self, old):
        code, report = old(GATE, "main~1", {"metrics.json": {"acc": 0.1}})
        assert (code, report["verdict"]) == (1, "fail")
        assert report["summary"].startswith("Gate failed: acc worse by 0.65 (limit 0.005)")
        assert any("the gates in force are those of main today" in notice for notice in report["notices"])

    def test_and_where_those_are_broken_nothing_can_be_judged(self, old):
        code, report = old("metrics: [\n", "main~1", {"metrics.json": {"acc": 0.1}})
        assert (code, report["verdict"], report["gates"]) == (0, "unknown", [])


class TestTheProjectIsMoved:
    def test_and_a_stub_is_left_in_its_place(self, project, monkeypatch, capfd):
        project.write({"reporter.yaml": GATE}).commit("What main has")
        project.git("checkout", "--quiet", "-b", "change")
        sub = project.root / "sub"
        sub.mkdir()
        for path in list(project.root.iterdir()):
            if path.name not in {".git", "sub"}:
                path.rename(sub / path.name)
        shutil.copytree(sub / ".dvc", project.root / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
        project.write({"dvc.yaml": "stages: {}\n"})
        ProjectFactory(sub).write({"metrics.json": {"acc": 0.1}}).record().commit("The change")
        monkeypatch.chdir(sub)
        code, report = _ci(capfd)
        assert (code, report["verdict"]) == (1, "fail")
        assert report["summary"].startswith("Gate failed: acc worse by 0.65 (limit 0.005)")


class TestAGatedMetricIsGone:
    @pytest.mark.parametrize(("rules", "code", "verdict"), [(GATE, 0, "unknown"), (REQUIRED, 1, "fail")])
    def test_its_key_is_another(self, ci, rules, code, verdict):
        left, report = ci({"reporter.yaml": rules}, {"metrics.json": {"test": {"acc": 0.1}}})
        assert (left, report["verdict"]) == (code, verdict)
        assert "acc is no longer there; new in this change: test.acc" in report["summary"]

    @pytest.mark.parametrize(("rules", "code", "verdict"), [(GATE, 0, "unknown"), (REQUIRED, 1, "fail")])
    def test_its_file_is_another_which_the_same_glob_finds(self, project, ci, rules, code, verdict):
        pipeline = (project.root / "dvc.yaml").read_text().replace("metrics.json", "eval.json")
        left, report = ci(
            {"reporter.yaml": rules}, {"dvc.yaml": pipeline, "metrics.json": None, "eval.json": {"acc": 0.1}}
        )
        assert (left, report["verdict"]) == (code, verdict)
        assert {gate["metric"]: gate["reason"] for gate in report["gates"]}["metrics.json:acc"].startswith(
            "is no longer there; new in this change: eval.json:acc"
        )

    @pytest.mark.parametrize(("rules", "code", "verdict"), [(GATE, 0, "unknown"), (REQUIRED, 1, "fail")])
    def test_there_are_no_metrics_at_all(self, ci, rules, code, verdict):
        stages = "stages: {train: {cmd: python train.py, deps: [train.py]}}\n"
        left, report = ci({"reporter.yaml": rules}, {"dvc.yaml": stages, "metrics.json": None})
        assert (left, report["verdict"]) == (code, verdict)
        assert "acc is no longer there" in report["summary"]


class TestTheStageThatComputedTheMetricsIsGone:
    EVALUATE = (
        "stages: {evaluate: {cmd: python train.py, deps: [train.py], metrics: [{metrics.json: {cache: false}}]}}\n"
    )
    BY_HAND = "stages: {train: {cmd: python train.py, deps: [train.py]}}\nmetrics: [metrics.json]\n"

    @pytest.mark.parametrize(("rules", "code", "verdict"), [(GATE, 0, "unknown"), (REQUIRED, 1, "fail")])
    def test_and_its_number_was_typed(self, project, ci, rules, code, verdict):
        project.write({"dvc.yaml": self.EVALUATE, ".gitignore": "/reports\n"}).record()
        left, report = ci({"reporter.yaml": rules}, {"dvc.yaml": self.BY_HAND, "metrics.json": {"acc": 0.99}})
        assert (left, report["verdict"]) == (code, verdict)
        assert "acc is written by no stage any more" in report["summary"]
        assert "; stage evaluate, which wrote metrics.json, is gone" in report["summary"]

    def test_a_number_that_git_alone_has_always_kept_is_judged(self, project, ci):
        project.write({"dvc.yaml": self.BY_HAND, ".gitignore": "/reports\n"}).record()
        code, report = ci({"reporter.yaml": GATE}, {"metrics.json": {"acc": 0.99}})
        assert (code, report["verdict"]) == (0, "pass")


class TestATrainingThatDiverged:
    """DVCLive writes `"nan"` and `"inf"`: JSON has no such numbers."""

    @pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN", "Infinity"])
    def test_fails_the_gate_whatever_it_asks(self, ci, text):
        code, report = ci(
            {"reporter.yaml": 'metrics: [{match: "*:acc", gate: {min: -9}}]\n'}, {"metrics.json": {"acc": text}}
        )
        assert (code, report["verdict"]) == (1, "fail")
        assert report["summary"].startswith("Gate failed: acc became ")

    def test_warns_without_a_gate(self, ci):
        code, report = ci({}, {"metrics.json": {"acc": "nan"}})
        assert (code, report["verdict"], report["summary"]) == (0, "warn", "Not finite: acc became NaN")

    def test_warns_beside_a_gate_that_holds(self, project, ci):
        project.write({"metrics.json": {"acc": 0.75, "objective": 1.0}}).record()
        rules = "metrics: [{match: acc, gate: {min: 0.5}}, {match: objective, headline: true}]\n"
        code, report = ci({"reporter.yaml": rules}, {"metrics.json": {"acc": 0.75, "objective": "nan"}})
        assert (code, report["verdict"]) == (0, "warn")
        assert report["summary"] == "Not finite: objective became NaN"
