"""The project's workflows, run as GitHub runs them: from a push to a comment with pictures, a check and a job summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e.workflow_events import FORK, REPOSITORY, pull_request_event, push_event, workflow_run_event
from e2e.workflow_run import (
    TOKEN,
    Repository,
    Runner,
    assert_ended_whole,
    installed_reporter,
    is_png,
    linked_pictures,
    make_repository,
)

from tests.fakes.github import FakeGitHub

QUICK = ("iterations: 120", "iterations: 10")
"""What main trains here: training is not what these tests are about."""
FEWER_TREES = ("iterations: 10 ", "iterations: 1 ")
"""A change that costs more than the 0.005 of ROC AUC that reporter.yaml allows."""
OTHER_THRESHOLD = ("threshold: 0.25", "threshold: 0.26")
"""One that costs none."""
WITH_A_CURIOUS_STAGE = (
    "stages:\n",
    "stages:\n  curious:\n    cmd: env > environment.txt\n    deps: [params.yaml]\n    outs: [environment.txt]\n\n",
)


# Minutes, where other tests share the machine; seconds of its own.
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def repository(tmp_path) -> Repository:
    return make_repository(tmp_path, {"params.yaml": QUICK})


@pytest.fixture
def github():
    with FakeGitHub(repository=REPOSITORY) as github:
        yield github
    assert github.violations == []


@pytest.fixture
def runner(tmp_path, repository, github) -> Runner:
    """A self-hosted machine, as docs/actions.md describes it: reporter is installed, nothing is fetched."""
    return Runner(repository, github, tmp_path / "runner", {"REPORTER_COMMAND": installed_reporter(tmp_path)})


def _verdict(artifact: Path) -> str:
    return json.loads((artifact / "report.json").read_text(encoding="utf-8"))["verdict"]


def test_a_gate_that_fails_is_reported_with_pictures_and_costs_no_second_training(repository, github, runner):
    changes = {"params.yaml": FEWER_TREES, "dvc.yaml": WITH_A_CURIOUS_STAGE}
    sha = repository.push("refs/heads/fewer-trees", changes)
    github.open_pull(7, sha, head_ref="fewer-trees")

    first = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha))

    # The job fails by its gate, after it has kept all that it made.
    assert first.exit_code == 1, first.log
    assert first.steps["Train, compare and report"] == "failure"
    assert first.steps["Keep the embedded storage"] == "success"
    assert "Running stage 'train'" in first.log
    assert_ended_whole(first)
    artifact = runner.artifacts / "model-report"
    assert _verdict(artifact) == "fail"
    assert (artifact / "report.html").exists()

    # One comment: the verdict first, then pictures, each of them on the branch that shares nothing with the project.
    (comment,) = github.comments
    report = json.loads((artifact / "report.json").read_text(encoding="utf-8"))
    assert "roc_auc" in report["summary"]
    assert report["summary"] in comment.body.replace("\\", "")
    pictures = linked_pictures(github, comment.body)
    assert len(pictures) >= 6
    assert all(is_png(picture) for picture in pictures)
    assert github.git.history("refs/heads/reporter-assets")[-1].parents == ()

    # One check, on the commit that was pushed: GitHub shows none on the merge that GITHUB_SHA names.
    (check,) = github.checks
    assert (check.body["head_sha"], check.body["conclusion"]) == (sha, "failure")
    assert report["summary"] in first.summary.replace("\\", "")

    # A stage sees the job's environment, but not the token.
    dumped = [file.read_bytes() for file in runner.caches.rglob("*") if file.is_file()]
    assert any(b"GITHUB_WORKSPACE=" in content for content in dumped)
    assert not any(TOKEN.encode() in content for content in dumped)

    sent = len(github.sent("POST", "/git/blobs"))
    second = runner.run("report.yml", "push", push_event(sha))

    # The same commit again, on an empty machine: nothing is trained, no picture is sent, and the comment is the same.
    assert second.exit_code == 1, second.log
    assert "Running stage" not in second.log
    assert len(github.sent("POST", "/git/blobs")) == sent
    assert [each.id for each in github.comments] == [comment.id]
    assert github.comments[0].body.count("<!--") == 1
    assert linked_pictures(github, github.comments[0].body) == pictures
    assert_ended_whole(second)


@pytest.mark.slow
def test_a_fork_trains_without_rights_and_its_report_is_posted_by_the_base(repository, github, runner):
    sha = repository.push("refs/pull/8/head", {"params.yaml": OTHER_THRESHOLD})
    github.open_pull(8, sha, head_ref="fewer-trees", head_repository=FORK)

    trained = runner.run(
        "report.yml", "pull_request", pull_request_event(repository, 8, sha, head=FORK), read_only=True
    )

    assert trained.exit_code == 0, trained.log
    assert "roc_auc" in trained.summary
    assert _verdict(runner.artifacts / "model-report") == "pass"
    assert (github.comments, github.checks, github.git.refs) == ([], [], {}), "its token may only read"
    assert_ended_whole(trained)

    posted = runner.run("post.yml", "workflow_run", workflow_run_event(sha, FORK))

    assert posted.exit_code == 0, posted.log
    (comment,) = github.comments
    assert (comment.pull, "roc_auc" in comment.body) == (8, True)
    pictures = linked_pictures(github, comment.body)
    assert pictures
    assert all(is_png(picture) for picture in pictures)
    (check,) = github.checks
    assert (check.body["head_sha"], check.body["conclusion"]) == (sha, "success")
    assert_ended_whole(posted)


@pytest.mark.slow
def test_the_action_installs_reporter_by_itself(tmp_path, repository, github):
    sha = repository.push("refs/heads/fewer-trees", {"params.yaml": OTHER_THRESHOLD})
    github.open_pull(7, sha, head_ref="fewer-trees")
    runner = Runner(repository, github, tmp_path / "runner", {"UV_CACHE_DIR": str(Path.home() / ".cache" / "uv")})

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha))

    assert run.exit_code == 0, run.log
    assert "Installing reporter" in run.log
    assert linked_pictures(github, github.comments[0].body)
    assert_ended_whole(run)
