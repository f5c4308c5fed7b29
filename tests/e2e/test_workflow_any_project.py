"""The action in somebody else's project: a folder of a repository, a remote of its own, one step."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from e2e.workflow_events import FORK, REPOSITORY, pull_request_event, push_event, workflow_run_event
from e2e.workflow_run import (
    TOKEN,
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


TWO_JOBS = f"""
name: Model report
on: [pull_request]
permissions: {{}}
jobs:
  train:
    runs-on: ubuntu-latest
    permissions: {{contents: read}}
    steps:
      - uses: {pinned_action("checkout")}
        with: {{ref: "${{{{ github.event.pull_request.head.sha }}}}", fetch-depth: 0}}
      - uses: {pinned_action("setup-python")}
      - uses: ./
        with: {{working-directory: models/churn, token: ""}}
  post:
    needs: train
    if: ${{{{ !cancelled() }}}}
    runs-on: ubuntu-latest
    permissions: {{contents: write, pull-requests: write, checks: write}}
    steps:
      - uses: {pinned_action("checkout")}
        with: {{ref: "${{{{ github.event.pull_request.base.sha }}}}"}}
      - uses: {pinned_action("setup-python")}
      - uses: {pinned_action("download-artifact")}
        with: {{name: model-report, path: "${{{{ runner.temp }}}}/report"}}
      - uses: ./
        with: {{working-directory: models/churn, bundle: "${{{{ runner.temp }}}}/report"}}
"""

LOOK_AROUND = f"""
import os, pathlib, sys, time

def texts(process):
    for part in ("environ", "cmdline"):
        try:
            yield (process / part).read_bytes()
        except OSError:  # another user's, or it has ended
            continue

def showing(text):
    "How many processes of this machine show a text to this one."
    processes = pathlib.Path("/proc").glob("[0-9]*")
    return sum(any(text.encode() in each for each in texts(process)) for process in processes)

def token_holders():
    return showing({TOKEN!r})

if __name__ == "__main__":  # stays, and goes on looking
    for _ in range(600):
        with open(sys.argv[1], "a") as seen:
            print(token_holders(), file=seen)
        time.sleep(0.1)
"""
"""look_around.py, for a stage that is curious about its neighbours."""


def _repository(
    folder: Path, *, repro: str = "true", artifact: str = "model-report", stage: str = "", workflow: str = WORKFLOW
) -> Repository:
    """`stage` is what the stage does before it trains."""
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
    (project / "look_around.py").write_text(LOOK_AROUND, encoding="utf-8")
    train = project / "train.py"
    train.write_text(textwrap.dedent(stage) + train.read_text(encoding="utf-8"), encoding="utf-8")
    file = clone / ".github" / "workflows" / "report.yml"
    file.write_text(workflow.replace("REPRO", repro).replace("ARTIFACT", artifact), encoding="utf-8")
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
    kept = [file.name for file in (runner.artifacts / "model-report").iterdir()]
    assert kept == ["failure.txt"], "for whoever posts it from another job"
    assert "verdict <>, comment <>, report <>" in run.log
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


def test_a_fork_s_training_that_fails_is_said_by_the_base(tmp_path, github):
    repository = _repository(tmp_path)
    sha = _propose(repository, "plenty", ref="refs/pull/8/head")
    github.open_pull(8, sha, head_ref="other-rate", head_repository=FORK)
    runner = _runner(tmp_path, repository, github)
    event = pull_request_event(repository, 8, sha, head=FORK, branch="other-rate")

    trained = runner.run("report.yml", "pull_request", event, read_only=True)

    assert trained.exit_code == 1, trained.log
    assert "No report could be made" in trained.summary
    assert github.comments == []

    posted = runner.run("post.yml", "workflow_run", workflow_run_event(sha, FORK, branch="other-rate"))

    assert posted.exit_code == 0, posted.log
    (comment,), (check,) = github.comments, github.checks
    assert (comment.pull, "No report could be made" in comment.body) == (8, True)
    assert (check.body["head_sha"], check.body["conclusion"]) == (sha, "failure")


def test_an_input_that_is_no_choice_is_said(tmp_path, github):
    repository = _repository(tmp_path, repro="perhaps")
    sha = _propose(repository, "0.3")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == 1
    assert "The input repro is true or false, not “perhaps”." in run.log
    assert github.comments == []


IN_THE_JOB = "jobs:\n  report:\n"
CARELESS = """jobs:
  report:
    env:
      ANOTHER_NAME: ${{ github.token }}
      GITHUB_TOKEN: ${{ github.token }}
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: of-the-job
"""
"""A workflow that gives the token to each of its steps."""


HAS_A_SAY = {"GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"}
"""What a stage would need to have a say in what later steps do, or to speak for the job."""


def test_no_stage_finds_the_token_in_any_process_of_the_machine(tmp_path, github):
    stage = f"""
        from look_around import os, showing, token_holders
        print(f"of {{showing('--make') > 0}} reporters seen, {{token_holders()}} processes show the token")
        print("has a say by", sorted({HAS_A_SAY} & os.environ.keys()))
        """
    repository = _repository(tmp_path, stage=stage, workflow=WORKFLOW.replace(IN_THE_JOB, CARELESS))
    sha = _propose(repository, "0.3")
    github.open_pull(7, sha, head_ref="other-rate")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == 0, run.log
    assert run.log.count("of True reporters seen, 0 processes show the token") == 2, "candidate and baseline"
    assert run.log.count("has a say by []") == 2
    assert "accuracy" in github.comments[0].body
    assert_ended_whole(run)


def test_what_a_stage_leaves_running_does_not_meet_the_step_that_has_the_token(tmp_path, github):
    seen = tmp_path / "seen"
    stage = f"""
        import subprocess, sys
        subprocess.Popen([sys.executable, "look_around.py", {str(seen)!r}], start_new_session=True, env={{}})
        """
    repository = _repository(tmp_path, stage=stage)
    sha = _propose(repository, "0.3")
    github.open_pull(7, sha, head_ref="other-rate")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == 0, run.log
    assert "Ended what the stages left running: python" in run.log
    assert set(seen.read_text(encoding="utf-8").splitlines()) == {"0"}
    assert "accuracy" in github.comments[0].body


def test_the_targets_of_a_pushed_branch_s_pull_requests_are_known_where_there_is_no_token(tmp_path, github):
    repository = _repository(tmp_path, workflow=WORKFLOW.replace("on: [pull_request]", "on: [push]"))
    _propose(repository, "0.2", ref="refs/heads/release")
    sha = _propose(repository, "0.3")
    github.open_pull(7, sha, head_ref="other-rate", base_ref="release")
    github.open_pull(9, sha, head_ref="other-rate")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "push", push_event(sha, branch="other-rate"))

    assert run.exit_code == 0, run.log
    report = json.loads((runner.artifacts / "model-report" / "report.json").read_text(encoding="utf-8"))
    assert report["base"]["rev"] == "release"
    assert [comment.pull for comment in github.comments] == [7, 9]
    assert not any("Running" in comment.body for comment in github.comments)
    (check,) = github.checks
    assert "#7 (release): " in check.body["output"]["title"]
    assert "#9 (main): " in check.body["output"]["title"]
    assert_ended_whole(run)


@pytest.mark.parametrize(("rate", "code", "said"), [("0.3", 0, "accuracy"), ("plenty", 1, "No report could be made")])
def test_one_job_trains_without_rights_and_another_one_posts(tmp_path, github, rate, code, said):
    stage = "from look_around import token_holders; print(token_holders(), 'processes show the token')\n"
    repository = _repository(tmp_path, stage=stage, workflow=TWO_JOBS)
    sha = _propose(repository, rate)
    github.open_pull(7, sha, head_ref="other-rate")
    runner = _runner(tmp_path, repository, github)

    run = runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))

    assert run.exit_code == code, run.log
    assert "0 processes show the token" in run.log
    (comment,) = github.comments
    assert said in comment.body
    assert run.summary.count(said) >= 2, "each job has its summary"
    (check,) = github.checks
    assert (check.body["head_sha"], check.body["conclusion"]) == (sha, "failure" if code else "success")
    assert_ended_whole(run)
