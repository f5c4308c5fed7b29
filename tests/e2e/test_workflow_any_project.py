"""The action in somebody else's project: a folder of a repository, a remote of its own, one step."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from e2e.workflow_events import FORK, REPOSITORY, pull_request_event, workflow_run_event
from e2e.workflow_run import (
    Repository,
    Runner,
    assert_ended_whole,
    copy_from_project,
    installed_reporter,
    is_png,
    linked_pictures,
    pinned_action,
    publish,
)

from tests.fakes.github import FakeGitHub

pytestmark = pytest.mark.timeout(600)

PROJECT_FILES = {
    "dvc.yaml": """
        stages:
          train:
            cmd: python train.py
            deps: [train.py]
            params: [rate]
            outs: [model.txt, loss.csv]
            metrics: [metrics.json: {cache: false}]
        plots:
          - loss.csv: {x: step, y: loss}
        """,
    "params.yaml": """
        rate: 0.1
        """,
    "train.py": """
        import json, pathlib
        rate = float(pathlib.Path("params.yaml").read_text().split(":")[1])
        pathlib.Path("model.txt").write_text(str(rate))
        pathlib.Path("loss.csv").write_text("step,loss\\n" + "".join(f"{n},{rate / n}\\n" for n in range(1, 9)))
        pathlib.Path("metrics.json").write_text(json.dumps({"accuracy": 0.5 + rate}))
        """,
    "random.py": """
        raise SystemExit("a module of the project's own, which no tool may take for the standard library's")
        """,
    "reporter.yaml": """
        comment: {key: churn}
        metrics: [{match: accuracy, direction: higher, headline: true, gate: {max_drop: 0.01}}]
        """,
}
WORKFLOW = f"""
name: Model report
on: [pull_request]
permissions: {{}}
jobs:
  report:
    runs-on: ubuntu-latest
    permissions: {{contents: write, pull-requests: write, checks: write}}
    steps:
      - uses: {pinned_action("checkout")}
        with: {{ref: "${{{{ github.event.pull_request.head.sha }}}}", fetch-depth: 0}}
      - uses: {pinned_action("setup-python")}
      - id: report
        uses: ./
        with: {{working-directory: models/churn, artifact: ARTIFACT, repro: "REPRO"}}
      - if: ${{{{ !cancelled() }}}}
        env:
          VERDICT: ${{{{ steps.report.outputs.verdict }}}}
          REPORT: ${{{{ steps.report.outputs.report }}}}
          URL: ${{{{ steps.report.outputs.comment-url }}}}
        run: |
          echo "verdict <$VERDICT>, comment <$URL>, report <$(ls "$REPORT" 2>/dev/null | xargs)>"
"""


def _repository(folder: Path, *, repro: str = "true", artifact: str = "model-report") -> Repository:
    clone = folder / "clone"
    copy_from_project(clone, ["action.yml", ".github/scripts/install-reporter.sh", ".github/workflows/post.yml"])
    project = clone / "models" / "churn"
    (project / ".dvc").mkdir(parents=True)
    (folder / "remote").mkdir()
    (project / ".dvc" / "config").write_text(
        f"[core]\n    remote = team\n    analytics = false\n['remote \"team\"']\n    url = {folder / 'remote'}\n",
        encoding="utf-8",
    )
    (project / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    (project / ".gitignore").write_text("/model.txt\n/loss.csv\n", encoding="utf-8")
    for name, text in PROJECT_FILES.items():
        (project / name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    post = clone / ".github" / "workflows" / "post.yml"
    own_bundle = "          bundle: ${{ runner.temp }}/fork\n"
    assert own_bundle in post.read_text(encoding="utf-8")
    with post.open("a", encoding="utf-8") as file:
        file.write("          working-directory: models/churn\n")
    workflow = clone / ".github" / "workflows" / "report.yml"
    workflow.write_text(WORKFLOW.replace("REPRO", repro).replace("ARTIFACT", artifact), encoding="utf-8")
    return publish(clone)


def _propose(repository: Repository, rate: str, ref: str = "refs/heads/other-rate") -> str:
    return repository.push(ref, {"models/churn/params.yaml": ("rate: 0.1", f"rate: {rate}")})


@pytest.fixture
def github():
    with FakeGitHub(repository=REPOSITORY) as github:
        yield github
    assert github.violations == []


def _runner(folder: Path, repository: Repository, github: FakeGitHub) -> Runner:
    return Runner(repository, github, folder / "runner", {"REPORTER_COMMAND": installed_reporter(folder)})


@pytest.mark.parametrize(("rate", "verdict", "code"), [("0.3", "pass", 0), ("0.05", "fail", 1)])
def test_a_project_in_a_folder_is_trained_reported_and_judged(tmp_path, github, rate, verdict, code):
    repository = _repository(tmp_path, artifact="model-report-churn")
    sha = _propose(repository, rate)
    github.open_pull(7, sha, head_ref="other-rate")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == code, run.log
    (comment,) = github.comments
    shown = f"verdict <{verdict}>, comment <{github.server_url}/{REPOSITORY}/pull/7#issuecomment-{comment.id}>"
    assert f"{shown}, report <images report.html report.json report.md>" in run.log
    report = json.loads((runner.artifacts / "model-report-churn" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == verdict
    assert "key=churn" in comment.body
    (check,) = github.checks
    assert check.body["name"] == "reporter (churn)"
    assert_ended_whole(run)


def test_a_training_that_fails_says_so_in_the_comment(tmp_path, github):
    repository = _repository(tmp_path)
    sha = _propose(repository, "plenty")
    github.open_pull(7, sha, head_ref="other-rate")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == 1
    assert "could not convert string to float" in run.log
    (comment,) = github.comments
    assert "No report could be made" in comment.body
    assert "`dvc repro`" in comment.body
    (check,) = github.checks
    assert (check.body["head_sha"], check.body["conclusion"]) == (sha, "failure")
    assert list(runner.artifacts.iterdir()) == []
    assert_ended_whole(run)


def test_a_fork_trains_without_rights_and_its_report_is_posted_by_the_base(tmp_path, github):
    repository = _repository(tmp_path)
    sha = _propose(repository, "0.3", ref="refs/pull/8/head")
    github.open_pull(8, sha, head_ref="other-rate", head_repository=FORK)
    runner = _runner(tmp_path, repository, github)
    event = pull_request_event(repository, 8, sha, head=FORK, branch="other-rate")

    trained = runner.run("report.yml", "pull_request", event, read_only=True)

    assert trained.exit_code == 0, trained.log
    assert "accuracy" in trained.summary
    assert (github.comments, github.checks, github.git.refs) == ([], [], {}), "its token may only read"
    assert_ended_whole(trained)

    posted = runner.run("post.yml", "workflow_run", workflow_run_event(sha, FORK, branch="other-rate"))

    assert posted.exit_code == 0, posted.log
    (comment,) = github.comments
    assert (comment.pull, "accuracy" in comment.body) == (8, True)
    assert "key=churn" in comment.body, "as the reporter.yaml of main says, not the fork's"
    assert all(is_png(picture) for picture in linked_pictures(github, comment.body))
    assert linked_pictures(github, comment.body)
    (check,) = github.checks
    assert (check.body["head_sha"], check.body["conclusion"]) == (sha, "success")
    assert_ended_whole(posted)


def test_an_input_that_is_no_choice_is_said(tmp_path, github):
    repository = _repository(tmp_path, repro="perhaps")
    sha = _propose(repository, "0.3")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == 1
    assert "The input repro is true or false, not “perhaps”." in run.log
    assert github.comments == []
