"""The action in somebody else's project: a folder of a repository, a remote of its own, one step."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from e2e.workflow_events import REPOSITORY, pull_request_event
from e2e.workflow_run import Repository, Runner, copy_from_project, installed_reporter, pinned_action, publish

from tests.fakes.github import FakeGitHub

pytestmark = pytest.mark.timeout(600)

PROJECT_FILES = {
    "dvc.yaml": """
        stages:
          train:
            cmd: python train.py
            deps: [train.py]
            params: [rate]
            outs: [model.txt]
            metrics: [metrics.json: {cache: false}]
        """,
    "params.yaml": """
        rate: 0.1
        """,
    "train.py": """
        import json, pathlib
        rate = float(pathlib.Path("params.yaml").read_text().split(":")[1])
        pathlib.Path("model.txt").write_text(str(rate))
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
        with: {{working-directory: models/churn, artifact: model-report-churn, repro: "REPRO"}}
      - if: ${{{{ !cancelled() }}}}
        env:
          VERDICT: ${{{{ steps.report.outputs.verdict }}}}
          REPORT: ${{{{ steps.report.outputs.report }}}}
          URL: ${{{{ steps.report.outputs.comment-url }}}}
        run: |
          echo "verdict <$VERDICT>, comment <$URL>, report <$(ls "$REPORT" 2>/dev/null | xargs)>"
"""


def _repository(folder: Path, *, repro: str) -> Repository:
    clone = folder / "clone"
    copy_from_project(clone, ["action.yml", ".github/scripts/install-reporter.sh"])
    project = clone / "models" / "churn"
    (project / ".dvc").mkdir(parents=True)
    (folder / "remote").mkdir()
    (project / ".dvc" / "config").write_text(
        f"[core]\n    remote = team\n    analytics = false\n['remote \"team\"']\n    url = {folder / 'remote'}\n",
        encoding="utf-8",
    )
    (project / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    (project / ".gitignore").write_text("/model.txt\n", encoding="utf-8")
    for name, text in PROJECT_FILES.items():
        (project / name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    workflow = clone / ".github" / "workflows" / "report.yml"
    workflow.parent.mkdir()
    workflow.write_text(WORKFLOW.replace("REPRO", repro), encoding="utf-8")
    return publish(clone)


def _run(folder: Path, github: FakeGitHub, *, rate: str, repro: str = "true"):
    repository = _repository(folder, repro=repro)
    sha = repository.push("refs/heads/other-rate", {"models/churn/params.yaml": ("rate: 0.1", f"rate: {rate}")})
    github.open_pull(7, sha, head_ref="other-rate")
    runner = Runner(repository, github, folder / "runner", {"REPORTER_COMMAND": installed_reporter(folder)})
    return runner, runner.run("report.yml", "pull_request", pull_request_event(repository, 7, sha, branch="other-rate"))


@pytest.fixture
def github():
    with FakeGitHub(repository=REPOSITORY) as github:
        yield github
    assert github.violations == []


@pytest.mark.parametrize(("rate", "verdict", "code"), [("0.3", "pass", 0), ("0.05", "fail", 1)])
def test_a_project_in_a_folder_is_trained_reported_and_judged(tmp_path, github, rate, verdict, code):
    runner, run = _run(tmp_path, github, rate=rate)

    assert run.exit_code == code, run.log
    (comment,) = github.comments
    shown = f"verdict <{verdict}>, comment <{github.server_url}/{REPOSITORY}/pull/7#issuecomment-{comment.id}>"
    assert f"{shown}, report <images report.html report.json report.md>" in run.log
    report = json.loads((runner.artifacts / "model-report-churn" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == verdict
    assert "key=churn" in comment.body
    (check,) = github.checks
    assert check.body["name"] == "reporter (churn)"
    assert run.left_behind == ()


def test_an_input_that_is_no_choice_is_said(tmp_path, github):
    _, run = _run(tmp_path, github, rate="0.3", repro="perhaps")

    assert run.exit_code == 1
    assert "The input repro is true or false, not “perhaps”." in run.log
    assert github.comments == []
