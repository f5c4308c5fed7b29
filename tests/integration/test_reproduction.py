"""`reporter ci --repro`: candidate and baseline trained where they must be, and everything else left as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate

from reporter.cli import main
from reporter.collect.dvc import transfers
from reporter.collect.project import Wanted, open_project
from reporter.errors import ProjectError
from reporter.execute.reproduction import ReproducedBaseline, reproduce
from reporter.forges.registry import hidden_from_stages, token_variables

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr]
    outs: [model.bin]
    metrics: [metrics.json]
"""
TRAIN = """\
import json, os, pathlib
lr = float(pathlib.Path("params.yaml").read_text().split()[1])
hidden = ("TOKEN", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
tokens = sum(name.endswith(hidden) for name in os.environ)
pathlib.Path("model.bin").write_text(str(lr))
pathlib.Path("metrics.json").write_text(json.dumps({"acc": lr, "tokens_seen": tokens}))
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    """Two commits that were never trained: `lr`, and so `acc`, is 0.1 and then 0.2."""
    folder = tmp_path_factory.mktemp("reproduction")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        project = ProjectFactory.new(folder / "project")
        project.write({"dvc.yaml": DVC_YAML, "train.py": TRAIN, "params.yaml": "lr: 0.1\n"}).commit("First")
        project.write({"params.yaml": "lr: 0.2\n"}).commit("Second")
        return project


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    isolate(monkeypatch, tmp_path)
    project = template.copy(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return project


def trained(project: ProjectFactory, said: list[str] | None = None, *, push: bool = True) -> ReproducedBaseline:
    say = (said if said is not None else []).append
    return ReproducedBaseline(open_project(project.root), say, hidden_from_stages(), push=push)


def baseline(source: ReproducedBaseline):
    opened = open_project(source.root)
    return list(source.snapshots([opened.resolve_head(None)], opened.resolve_head("HEAD~1"), Wanted()))[1]


def accuracy(snapshot) -> float:
    return snapshot.metrics["metrics.json"].values["acc"]


def objects(storage: Path) -> int:
    return sum(path.is_file() for path in (storage / "files").rglob("*"))


def test_both_sides_are_trained_and_a_dry_run_pushes_neither(project, tmp_path, capfd):
    project.remote(tmp_path / "storage").commit("Remote")
    assert main(["ci", "HEAD~2", "--repro", "--no-images"], {}) == 0

    report = json.loads((project.root / "reports" / "report.json").read_text())
    [row] = [row for row in report["metrics"] if row["name"] == "acc"]
    assert (row["base"], row["head"]) == (0.1, 0.2)
    assert "HEAD~2 was reproduced for this comparison: its dvc.lock is not of its code." in report["notices"]
    assert "[dry run]" in capfd.readouterr().err
    assert list((tmp_path / "storage").iterdir()) == []


def test_a_baseline_that_is_complete_is_not_trained(project, tmp_path):
    project.remote(tmp_path / "storage")
    reproduce(project.root, "the candidate", print)
    project.commit("Trained")
    project.write({"params.yaml": "lr: 0.3\n"}).commit("Third")
    said: list[str] = []
    assert accuracy(baseline(trained(project, said))) == 0.2
    assert said == []


def test_a_baseline_whose_outputs_are_nowhere_is_trained_and_pushed(project, tmp_path):
    reproduce(project.root, "the candidate", print, push=False)
    project.remote(tmp_path / "storage").commit("Trained")
    project.write({"params.yaml": "lr: 0.3\n"}).commit("Third")
    project.empty_cache()
    shutil.rmtree(project.root / ".dvc" / "cache", ignore_errors=True)

    found = baseline(trained(project))

    assert accuracy(found) == 0.2
    assert found.notes == (
        "HEAD~1 was reproduced for this comparison: some of its outputs are in no cache and no remote.",
    )
    assert objects(tmp_path / "storage") == 2


@pytest.mark.parametrize("level", ["config", "config.local"])
def test_a_remote_beside_the_project_is_found_from_the_worktree_too(project, tmp_path, level):
    project.write({f".dvc/{level}": "[core]\n    remote = s\n['remote \"s\"']\n    url = ../../storage\n"})
    assert accuracy(baseline(trained(project))) == 0.1
    assert objects(tmp_path / "storage") == 2


def test_metrics_that_were_committed_from_another_run_are_named(project):
    kept_by_git = DVC_YAML.replace("[metrics.json]", "[{metrics.json: {cache: false}}]")
    project.write({"dvc.yaml": kept_by_git}).commit("Keep the metrics in git")
    reproduce(project.root, "the candidate", print, push=False)
    project.commit("Trained")
    project.write({"params.yaml": "lr: 0.3\n"}).commit("Change the rate without training")
    reproduce(project.root, "the candidate", print, push=False)

    source = trained(project, push=False)
    (candidate,) = source.snapshots([open_project(project.root).resolve_head(None)], None, Wanted())

    assert accuracy(candidate) == 0.3
    assert candidate.notes == (
        "metrics.json is not committed as this code produces it; the report shows what was reproduced.",
    )

    project.commit("Trained again")
    (candidate,) = source.snapshots([open_project(project.root).resolve_head(None)], None, Wanted())
    assert candidate.notes == ()


def test_a_push_that_fails_is_a_note_and_the_report_is_made(project, tmp_path, capfd):
    project.remote(tmp_path / "storage").commit("Remote")
    shutil.rmtree(tmp_path / "storage")
    (tmp_path / "storage").write_text("a file where the storage's folder should be")

    notes = reproduce(project.root, "the candidate", [].append)

    assert notes[-1] == (
        "The outputs of the candidate could not be pushed, so the next run trains again; the log says why."
    )
    assert "ERROR: " in capfd.readouterr().err


def test_a_push_of_what_git_keeps_that_breaks_off_is_said(project, tmp_path, monkeypatch, capfd):
    from dvc.data_cloud import DataCloud
    from dvc.exceptions import DvcException

    def refuse(*_, **__) -> None:
        raise DvcException("the bucket is full")

    kept_by_git = DVC_YAML.replace("[metrics.json]", "[{metrics.json: {cache: false}}]")
    project.write({"dvc.yaml": kept_by_git}).remote(tmp_path / "storage").commit("Keep the metrics in git")
    reproduce(project.root, "the candidate", [].append)
    monkeypatch.setattr(DataCloud, "push", refuse)

    assert not transfers.push_uncached_outputs()

    assert capfd.readouterr().err.endswith("reporter: the bucket is full\n")


def test_nothing_of_the_project_is_touched(project, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    local = "[core]\n    autostage = true\n"
    project.write({".dvc/config.local": local, "params.yaml": "lr: 0.5 # being edited\n"})
    project.write({".git/hooks/post-checkout": "#!/bin/sh\nexit 1\n"})
    (project.root / ".git/hooks/post-checkout").chmod(0o755)
    before = (project.git("status", "--porcelain"), project.git("for-each-ref"))

    assert accuracy(baseline(trained(project))) == 0.1

    assert (project.git("status", "--porcelain"), project.git("for-each-ref")) == before
    assert len(project.git("worktree", "list").splitlines()) == 1
    assert (project.root / ".dvc" / "config.local").read_text() == local
    assert (project.root / "params.yaml").read_text() == "lr: 0.5 # being edited\n"
    assert list(tmp_path.glob("reporter-*")) == []


def test_a_push_that_is_refused_is_a_note(project, tmp_path):
    (tmp_path / "storage").write_text("a file where the remote's folder should be")
    project.write({".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = {tmp_path / 'storage'}\n"})
    found = baseline(trained(project))
    assert accuracy(found) == 0.1
    assert "The outputs of HEAD~1 could not be pushed, so the next run trains again; the log says why." in found.notes


def test_without_a_remote_it_is_said_and_stages_of_neither_side_see_the_token(project, monkeypatch):
    for name in (*token_variables(), "INPUT_TOKEN"):  # the same secret under a name that nobody told us
        monkeypatch.setenv(name, "ghs_secret")
    for name in ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, "what a step of GitHub is given")
    notes = reproduce(project.root, "the candidate", print, hidden_from_stages())
    assert notes == (
        "The outputs of the candidate could not be pushed, so the next run trains again; the log says why.",
    )
    assert json.loads((project.root / "metrics.json").read_text())["tokens_seen"] == 0
    assert baseline(trained(project)).metrics["metrics.json"].values["tokens_seen"] == 0


@pytest.mark.parametrize("remotes", [(), ("a", "b")])
def test_without_a_default_remote_what_is_missing_is_made_anew(project, tmp_path, remotes):
    addresses = "".join(f"['remote \"{name}\"']\n    url = {tmp_path / name}\n" for name in remotes)
    reproduce(project.root, "the candidate", print, push=False)
    project.write({".dvc/config": addresses}).commit("Trained")
    project.empty_cache()
    (project.root / "model.bin").unlink(missing_ok=True)

    reproduce(project.root, "the candidate", print, push=False)

    assert (project.root / "model.bin").read_text() == "0.2"


def test_a_remote_that_does_not_answer_does_not_keep_a_stage_from_running(project, tmp_path):
    reproduce(project.root, "the candidate", print, push=False)
    (tmp_path / "storage").write_text("a file where the storage's folder should be")
    project.write({".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = {tmp_path / 'storage'}/deep\n"})
    project.commit("Trained")
    project.empty_cache()
    (project.root / "model.bin").unlink(missing_ok=True)

    reproduce(project.root, "the candidate", print, push=False)

    assert (project.root / "model.bin").read_text() == "0.2"


def test_a_stage_that_fails_deletes_no_output_that_the_cache_has(project):
    reproduce(project.root, "the candidate", print, push=False)
    project.write({"train.py": "raise SystemExit(5)\n"})

    with pytest.raises(ProjectError):
        reproduce(project.root, "the candidate", print, push=False)

    assert (project.root / "model.bin").read_text() == "0.2"
    assert (project.root / "metrics.json").exists()


def test_a_candidate_s_stage_that_fails_ends_the_command(project, capfd):
    project.write({"train.py": "raise SystemExit(5)\n"})
    assert main(["ci", "HEAD", "--repro", "--no-images"], {}) == 3
    out, err = capfd.readouterr()
    assert "reporter: `dvc repro` of the candidate failed with exit code" in err
    assert "failed to reproduce 'train'" in err
    assert out == ""
    assert not (project.root / "reports").exists()


def test_a_baseline_s_stage_that_fails_leaves_the_baseline_as_its_commit_has_it(project):
    project.write({"train.py": "raise SystemExit(5)\n"}).commit("Broken")
    project.write({"train.py": TRAIN}).commit("Mended")
    found = baseline(trained(project))
    [note] = found.notes
    assert note.startswith(
        "HEAD~1 is shown as its commit has it: its dvc.lock is not of its code, and `dvc repro` of HEAD~1"
    )
    assert len(project.git("worktree", "list").splitlines()) == 1
