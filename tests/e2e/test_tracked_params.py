"""What one revision tracks of a params file is shown of the other revision too: a value is new only where the file did not have it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest
from project_factories import ProjectFactory, isolate

from reporter.cli import main

Rows: TypeAlias = dict[tuple[str, str], tuple[Any, Any, str]]
"""(file, name) → base, head, state."""

CONF = "lr: 0.1\nnet: {depth: 3, width: 8}\n"
LFS_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"


def tracking(*params: str) -> str:
    """A pipeline of one stage that tracks these entries of `params`."""
    return f"stages:\n  train:\n    cmd: echo\n    params: [{', '.join(params)}]\n"


@pytest.fixture
def project(tmp_path, monkeypatch) -> ProjectFactory:
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def report(project, capfd) -> Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]:
    """Commit one state of the project, then another, and give report.json of the two."""

    def made(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
        project.write(before).commit("Before")
        project.write(after).commit("After")
        assert main(["report", "--no-images", "--json", "HEAD~1", "--head", "HEAD"], {}) == 0
        read: dict[str, Any] = json.loads(capfd.readouterr().out)
        return read

    return made


def params(report: dict[str, Any]) -> Rows:
    return {(row["file"], row["name"]): (row["base"], row["head"], row["state"]) for row in report["params"]}


def unread(report: dict[str, Any]) -> list[str]:
    """Files that could not be read; that the stage never ran is another matter."""
    return [problem["path"] for problem in report["problems"] if problem["path"] != "train"]


def test_a_newly_tracked_param_has_its_old_value(report):
    found = report(
        {"dvc.yaml": tracking("conf.yaml: [lr]"), "conf.yaml": CONF},
        {
            "dvc.yaml": tracking("conf.yaml: [lr, net.depth]"),
            "conf.yaml": CONF.replace("3", "5"),
        },
    )
    assert params(found) == {
        ("conf.yaml", "lr"): (0.1, 0.1, "unchanged"),
        ("conf.yaml", "net.depth"): (3, 5, "changed"),
    }


def test_dvc_calls_it_new(project, report):
    report(
        {"dvc.yaml": tracking("conf.yaml: [lr]"), "conf.yaml": CONF},
        {"dvc.yaml": tracking("conf.yaml: [net.depth]"), "conf.yaml": CONF.replace("3", "5")},
    )
    printed = project.dvc_json("params", "diff", "--all", "HEAD~1", "HEAD")
    assert printed["conf.yaml"]["net.depth"]["old"] is None
    assert printed["conf.yaml"]["lr"]["new"] is None


def test_a_param_that_is_no_longer_tracked_has_its_new_value(report):
    found = report(
        {"dvc.yaml": tracking("conf.yaml: [lr, net]"), "conf.yaml": CONF},
        {"dvc.yaml": tracking("conf.yaml: [net.depth]"), "conf.yaml": CONF.replace("0.1", "0.2")},
    )
    assert params(found) == {
        ("conf.yaml", "lr"): (0.1, 0.2, "changed"),
        ("conf.yaml", "net.depth"): (3, 3, "unchanged"),
        ("conf.yaml", "net.width"): (8, 8, "unchanged"),
    }


def test_what_is_gone_from_below_a_newly_tracked_name_is_removed(report):
    found = report(
        {"dvc.yaml": tracking("conf.yaml: [lr]"), "conf.yaml": CONF},
        {"dvc.yaml": tracking("{conf.yaml: null}"), "conf.yaml": "lr: 0.1\nnet: {depth: 3, units: 9}\n"},
    )
    assert params(found)["conf.yaml", "net.width"] == (8, None, "removed")
    assert params(found)["conf.yaml", "net.units"] == (None, 9, "added")


def test_names_with_wildcards_select_in_both_revisions(report):
    found = report(
        {"dvc.yaml": tracking("conf.yaml: [lr]"), "conf.yaml": CONF},
        {"dvc.yaml": tracking("conf.yaml: [net.*]"), "conf.yaml": CONF},
    )
    assert {state for _, _, state in params(found).values()} == {"unchanged"}
    assert len(params(found)) == 3


@pytest.mark.parametrize("by", ["base", "head"])
def test_a_file_that_only_one_revision_names_is_read_in_both(report, by):
    named, unnamed = tracking("conf.yaml: [lr]"), tracking("other.yaml: [x]")
    old, new = (named, unnamed) if by == "base" else (unnamed, named)
    found = report(
        {"dvc.yaml": old, "conf.yaml": CONF, "other.yaml": "x: 1\n"},
        {"dvc.yaml": new, "conf.yaml": CONF.replace("0.1", "0.2"), "other.yaml": "x: 1\n"},
    )
    assert params(found) == {
        ("conf.yaml", "lr"): (0.1, 0.2, "changed"),
        ("other.yaml", "x"): (1, 1, "unchanged"),
    }
    assert unread(found) == []


def test_a_file_that_dvc_keeps_is_read_where_no_stage_tracks_it_yet(project, report):
    project.write({"conf.yaml": CONF}).add("conf.yaml")
    found = report(
        {"dvc.yaml": tracking("lr"), "params.yaml": "lr: 1\n"},
        {"dvc.yaml": tracking("lr", "conf.yaml: [net.depth]"), "params.yaml": "lr: 1\n"},
    )
    assert params(found)["conf.yaml", "net.depth"] == (3, 3, "unchanged")


def test_a_new_file_has_new_values_and_a_file_that_is_gone_removed_ones(report):
    found = report(
        {"dvc.yaml": tracking("old.yaml: [lr]"), "old.yaml": CONF},
        {"dvc.yaml": tracking("new.yaml: [lr]"), "new.yaml": CONF, "old.yaml": None},
    )
    assert params(found) == {("new.yaml", "lr"): (None, 0.1, "added"), ("old.yaml", "lr"): (0.1, None, "removed")}


@pytest.mark.parametrize("unreadable", ["a: [", LFS_POINTER, b"\xff\xfe"], ids=["broken", "pointer", "no text"])
@pytest.mark.parametrize("by", ["base", "head"])
def test_a_file_that_cannot_be_read_where_it_is_not_tracked_is_unavailable_and_never_new(report, by, unreadable):
    named, unnamed = tracking("conf.yaml: [lr]"), tracking("other.yaml: [x]")
    good, bad = {"dvc.yaml": named, "conf.yaml": CONF}, {"dvc.yaml": unnamed, "conf.yaml": unreadable}
    before, after = (good, bad) if by == "base" else (bad, good)
    found = report({"other.yaml": "x: 1\n", **before}, after)
    base, head, state = params(found)["conf.yaml", "lr"]
    assert state == "unavailable"
    assert {base, head} == {0.1, None}
    assert unread(found) == ["conf.yaml"]


def test_a_file_that_is_broken_in_both_revisions_is_said_once_for_each(report):
    found = report(
        {"dvc.yaml": tracking("conf.yaml: [lr]"), "conf.yaml": "a: ["},
        {"dvc.yaml": tracking("conf.yaml: [net]"), "conf.yaml": "b: ["},
    )
    assert unread(found) == ["conf.yaml", "conf.yaml"]


def test_a_metrics_file_that_is_newly_declared_has_its_old_values_and_passes_no_gate_for_being_new(project, capfd):
    project.write({"dvc.yaml": "stages: {}\n", "scores.json": {"acc": 0.9}}).commit("Before")
    project.write({"dvc.yaml": "metrics: [scores.json]\n", "scores.json": {"acc": 0.3}}).commit("After")
    project.write({"reporter.yaml": "metrics:\n  - {match: acc, gate: {max_drop: 0.01}}\n"})

    code = main(["report", "--no-images", "--json", "--gate", "HEAD~1", "--head", "HEAD"], {})

    (row,) = json.loads(capfd.readouterr().out)["metrics"]
    assert (code, row["base"], row["head"], row["state"]) == (1, 0.9, 0.3, "changed")
