"""Where DVC's own commands mislead: what they do, and what a snapshot says instead."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project_factories import SMALL_DVC_YAML, ProjectFactory, isolate, isolated_environment, small_project

from reporter.collect.project import Project, Wanted, open_project
from reporter.compare.comparing import compare
from reporter.figures import draw
from reporter.model.comparison import State
from reporter.model.problem import ProblemKind
from reporter.model.rules import PlotsRule, Rules
from reporter.model.snapshot import Snapshot


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("misleads")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        made = small_project(folder / "project", folder / "remote")
    (folder / "remote").rename(folder / "remote-template")
    return made


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    isolate(monkeypatch, tmp_path)
    folder = template.root.parent
    shutil.copytree(folder / "remote-template", tmp_path / "remote")
    (folder / "remote").unlink(missing_ok=True)
    (folder / "remote").symlink_to(tmp_path / "remote")  # all revisions name this address
    return template.copy(tmp_path / "project")


def snapshot(project: ProjectFactory | Project, revision: str = "HEAD") -> Snapshot:
    opened = project if isinstance(project, Project) else open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), Wanted())


def object_path(root: Path, digest: str) -> Path:
    return root / "files" / "md5" / digest[:2] / digest[2:]


def forget(project: ProjectFactory, digest: str) -> None:
    """Remove an object from cache and remote."""
    for store in (project.root / ".dvc" / "cache", project.root.parent / "remote"):
        path = object_path(store, digest)
        path.chmod(0o644)
        path.unlink()


def test_a_lost_baseline_prints_like_a_new_metric_but_is_unavailable(project):
    lost = snapshot(project, "HEAD~1").data["metrics.json"].hash
    forget(project, lost)

    printed = project.dvc_json("metrics", "diff", "HEAD~1", "HEAD")
    base = snapshot(project, "HEAD~1")

    assert printed["metrics.json"]["acc"]["old"] is None
    assert "diff" not in printed["metrics.json"]["acc"]
    assert base.metrics["metrics.json"].values == {}
    assert base.metrics["metrics.json"].problem.kind is ProblemKind.MISSING
    assert [problem.path for problem in base.problems] == ["metrics.json"]
    assert base.tables["loss.csv"].columns["loss"].tolist() == [1.0, 0.5]


def test_a_metric_lost_on_both_sides_vanishes_from_the_table_but_is_unavailable_twice(project):
    for revision in ("HEAD~1", "HEAD"):
        forget(project, snapshot(project, revision).data["metrics.json"].hash)

    assert project.dvc_json("metrics", "diff", "--all", "HEAD~1", "HEAD") == {}
    for revision in ("HEAD~1", "HEAD"):
        assert snapshot(project, revision).metrics["metrics.json"].problem.kind is ProblemKind.MISSING


def test_a_corrupt_file_prints_like_a_removed_metric_but_is_corrupt(project):
    project.write({"metrics.json": '{"acc": '})

    printed = project.dvc_json("metrics", "diff", "HEAD")
    found = snapshot(project, "workspace").metrics["metrics.json"]

    assert printed["metrics.json"]["acc"]["new"] is None
    assert found.problem.kind is ProblemKind.CORRUPT
    assert "line 1" in found.problem.message


@pytest.mark.parametrize("change", ["renamed", "moved", "added later"])
def test_an_old_revision_is_read_with_todays_remotes(project, change, tmp_path):
    """DVC reads it with the configuration of that revision, and silently loses it."""
    first = project.git("rev-parse", "HEAD~1")
    moved = (tmp_path / "remote").rename(tmp_path / "moved")
    name = "archive" if change == "renamed" else "storage"
    if change == "added later":
        project.git("rm", "--quiet", "--cached", ".dvc/config")
        project.write({".dvc/config": ""})
        project.commit("No remote")
    project.remote(moved, name)
    project.commit("Today's remote")
    project.empty_cache()

    printed = project.dvc_json("metrics", "diff", "--all", first, "HEAD")
    found = snapshot(project, first)

    assert printed["metrics.json"]["acc"].get("old") is None
    assert found.metrics["metrics.json"].values == {"acc": 0.5}
    assert found.problems == ()


def test_two_names_of_one_commit_have_no_metrics_at_all_but_two_equal_snapshots(project):
    assert project.dvc_json("metrics", "diff", "--all", "HEAD", "main") == {}

    opened = open_project(project.root)
    first, second = snapshot(opened, "HEAD"), snapshot(opened, "main")

    assert first.metrics == second.metrics
    assert first.metrics["metrics.json"].values == {"acc": 0.75}


def test_an_output_that_was_not_pulled_looks_deleted_but_is_read_by_its_hash(project, tmp_path):
    clone = project.clone(tmp_path / "clone")

    with clone.dvc() as repo:
        deleted = {entry["path"] for entry in repo.diff("HEAD")["deleted"]}
    found = snapshot(clone, "workspace")

    assert "metrics.json" in deleted
    assert found.metrics["metrics.json"].values == {"acc": 0.75}
    assert found.data == snapshot(clone, "HEAD").data
    assert found.tables["loss.csv"].columns["loss"].tolist() == [0.9, 0.4]
    assert found.images == {"images/roc.png": b"\x89PNG"}
    assert found.problems == ()


def test_lists_and_nulls_are_dropped_but_kept_here(project):
    project.write({"metrics.json": {"acc": 1, "per_class": [0.5, 0.25], "none": None}})

    printed = project.dvc_json("metrics", "show")

    assert printed[""]["data"]["metrics.json"]["data"] == {"acc": 1}
    assert snapshot(project, "workspace").metrics["metrics.json"].values == {
        "acc": 1,
        "per_class": [0.5, 0.25],
        "none": None,
    }


def test_dates_in_params_break_the_json_but_are_text_here(project):
    project.write({"days.yaml": "day: 2026-01-31\n", "dvc.yaml": SMALL_DVC_YAML + "params: [days.yaml]\n"})

    failed = subprocess.run(
        [sys.executable, "-m", "dvc", "params", "diff", "--all", "--json"],
        cwd=project.root,
        capture_output=True,
        check=False,
        env={**os.environ, **isolated_environment(project.root.parent)},
    )

    assert failed.returncode != 0
    assert snapshot(project, "workspace").params["days.yaml"].values == {"day": "2026-01-31"}


def test_one_unknown_revision_fails_all_plots_but_is_one_message_here(project):
    from reporter.errors import ProjectError

    with pytest.raises(ProjectError, match="there is no revision 'nowhere'"):
        open_project(project.root).resolve_head("nowhere")


def test_text_that_dvc_2_recorded_looks_modified_but_cannot_be_compared_by_its_hash(project):
    """DVC 2 hashed text as if it had no Windows line ends, so that DVC 3 gives the same bytes another hash."""
    project.write({"table.csv": b"a,b\r\n1,2\r\n"}).add("table.csv").commit("With DVC 3")
    written = (project.root / "table.csv.dvc").read_text()
    digest = hashlib.md5(b"a,b\n1,2\n").hexdigest()
    by_dvc_2 = re.sub("md5: .*", f"md5: {digest}", written.replace("  hash: md5\n", ""))
    project.write({"table.csv.dvc": by_dvc_2}).commit("As DVC 2 had it")

    assert project.dvc_json("diff", "HEAD~1", "HEAD")["modified"] == [{"path": "table.csv"}]

    base, head = snapshot(project, "HEAD~1"), snapshot(project)
    candidate = compare(base, [head], Rules()).candidates[0]
    assert [row.state for row in candidate.data if row.path == "table.csv"] == [State.UNAVAILABLE]
    assert [problem.path for problem in candidate.problems] == ["table.csv"]
    assert snapshot(project, "workspace").stages["train"].outdated == ()


def test_a_new_plot_lacks_the_baseline_in_dvc_but_is_drawn_from_its_data_here(project):
    project.write({"dvc.yaml": SMALL_DVC_YAML + "plots:\n- Loss: {x: step, y: {loss.csv: loss}}\n"}).commit("Plot it")

    printed = project.dvc_json("plots", "diff", "HEAD~1", "HEAD")
    assert "HEAD~1" not in {row["revisions"][0] for row in printed["data"]["Loss"]}
    assert not printed.get("errors")

    opened = open_project(project.root)
    head, base = opened.snapshots([opened.resolve_head("HEAD")], opened.resolve_head("HEAD~1"), Wanted())
    (plot,) = [plot for plot in compare(base, [head], Rules()).plots if plot.id == "Loss"]
    (drawing,) = draw([plot], PlotsRule())
    assert plot.state is State.ADDED
    assert [trace["name"] for trace in drawing.page["data"]] == ["HEAD~1", "HEAD"]
    assert drawing.notes == ()


def test_a_new_plot_of_a_new_file_has_no_past(project):
    project.write({"dvc.yaml": SMALL_DVC_YAML + "plots:\n- fresh.csv\n", "fresh.csv": "a,b\n1,2\n2,3\n"}).commit(
        "Plot it"
    )

    opened = open_project(project.root)
    head, base = opened.snapshots([opened.resolve_head("HEAD")], opened.resolve_head("HEAD~1"), Wanted())
    (plot,) = [plot for plot in compare(base, [head], Rules()).plots if plot.id == "fresh.csv"]
    assert plot.state is State.ADDED
    assert plot.sides[0].spec is None
    assert base.problems == ()


def test_a_metrics_file_that_is_the_number_0_is_no_empty_one(project):
    """`dvc metrics show` and `dvc metrics diff` take it for `{}`."""
    project.write({"dvc.yaml": "metrics: [zero.json, one.json]\n", "zero.json": "0", "one.json": "1"}).commit()

    shown = project.dvc_json("metrics", "show")
    assert shown[""]["data"] == {"one.json": {"data": 1}, "zero.json": {"data": {}}}
    assert snapshot(project).metrics["zero.json"].values == {"": 0}
