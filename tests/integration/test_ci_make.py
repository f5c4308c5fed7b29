"""`reporter ci --make` and what comes before and after it: a report is made without a token, and posted with one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate
from report_factories import make_report

from reporter.bundle import Bundle, read_bundle, read_failure, write_bundle
from reporter.cli import main
from reporter.commands.ci import Maker, ci_make
from reporter.commands.task import Task
from reporter.execute.reproduction import reproduce
from reporter.model.ci import Checkout
from reporter.model.rules import CommentRule
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, HURRIED, context_of
from tests.fakes.github_objects import actions_token

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr]
    metrics: [metrics.json: {cache: false}]
"""
TRAIN = """\
import json, os, pathlib
lr = float(pathlib.Path("params.yaml").read_text().split()[1])
def environments():
    process = os.getpid()
    while process:
        try:
            yield pathlib.Path(f"/proc/{process}/environ").read_bytes()
        except PermissionError:
            return
        process = int(pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
seen = sum(b"ghs_verysecret" in each for each in environments())
pathlib.Path("metrics.json").write_text(json.dumps({"acc": lr, "tokens_seen": seen}))
"""
KILL_REPORTER = """\
import os, pathlib
process = os.getpid()
while b"--make" not in pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\\0"):
    process = int(pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
os.kill(process, 9)
"""
GATED = 'metrics: [{match: "metrics.json:acc", direction: higher, gate: {max_drop: 0.01, significant: false}}]\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    """Two commits, the first one trained: `lr`, and so `acc`, is 0.1 and then 0.2."""
    folder = tmp_path_factory.mktemp("make")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        project = ProjectFactory.new(folder / "project")
        files = {"dvc.yaml": DVC_YAML, "train.py": TRAIN, "params.yaml": "lr: 0.1\n", "reporter.yaml": GATED}
        project.write({**files, ".gitignore": "/reports\n"})
        reproduce(project.root, "the baseline", print, push=False)
        project.commit("First")
        project.write({"params.yaml": "lr: 0.2\n"}).commit("Second")
        return project


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    isolate(monkeypatch, tmp_path)
    project = template.copy(tmp_path / "project")
    monkeypatch.chdir(project.root)
    monkeypatch.setattr("reporter.forges.github.forge.Patience", lambda: HURRIED)
    return project


@pytest.fixture
def github(project):
    with FakeGitHub(tokens={"ghs_verysecret": actions_token()}) as github:
        github.open_pull(7, project.git("rev-parse", "HEAD"), base_ref="release")
        yield github
    assert github.violations == []


@pytest.fixture
def job(github, project, tmp_path) -> dict[str, str]:
    """The variables of a job on the push of a branch, without a token."""
    head = project.git("rev-parse", "HEAD")
    (tmp_path / "event.json").write_text(json.dumps({"after": head, "before": "0" * 40}))
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": github.api_url,
        "GITHUB_SERVER_URL": github.server_url,
        "GITHUB_REPOSITORY": github.repository,
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_SHA": head,
        "GITHUB_REF": "refs/heads/try-more-trees",
        "GITHUB_REF_NAME": "try-more-trees",
        "GITHUB_RUN_ID": "42",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }


def with_token(job: dict[str, str]) -> dict[str, str]:
    return {**job, "REPORTER_TOKEN": "ghs_verysecret"}


def outputs(job: dict[str, str]) -> dict[str, str]:
    text = Path(job["GITHUB_OUTPUT"]).read_text()
    return {name: value for name, _, value in re.findall(r"^(\S+)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)}


def pushed(job: dict[str, str], github: FakeGitHub, sha: str) -> None:
    """The event of the job is the push of another commit."""
    Path(job["GITHUB_EVENT_PATH"]).write_text(json.dumps({"after": sha, "before": "0" * 40}))
    for pull in github.pulls.values():
        pull.head_sha = sha


def make(job: dict[str, str], *base: str) -> int:
    return main(["ci", "--make", "--repro", "--no-images", *(base or ["HEAD~1"])], job)


def start(job: dict[str, str]) -> dict[str, str]:
    """Run `ci --start`; the job's variables as its later steps have them."""
    assert main(["ci", "--start"], with_token(job)) == 0
    return {**job, "REPORTER_STARTED": outputs(job)["started"]}


class TestWithoutAToken:
    def test_the_report_is_made_and_told_to_the_job_and_the_forge_is_asked_nothing(self, job, github, capfd):
        assert make(job) == 0
        assert read_bundle(Path("reports")).report.verdict == "pass"
        assert "acc" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()
        assert outputs(job) == {"verdict": "pass", "report": "reports", "comment-url": ""}
        assert github.requests == []
        assert "can read the token" not in capfd.readouterr().err

    def test_it_ends_by_the_gate_of_the_baseline(self, job, github, project, capfd):
        sha = project.write({"params.yaml": "lr: 0.05\n", "reporter.yaml": "fail_on: never\n"}).commit("Third")
        pushed(job, github, sha)
        assert make(job, "HEAD~2") == 1
        assert "The gate failed: " in capfd.readouterr().err
        assert read_bundle(Path("reports")).report.verdict == "fail"

    def test_a_stage_that_fails_leaves_the_reason_in_the_place_of_an_older_report(self, job, project):
        write_bundle(Path("reports"), Bundle(make_report(summary="of yesterday")), "")
        project.write({"train.py": "raise SystemExit(5)\n"})
        assert make(job) == 3
        reason = read_failure(Path("reports"))
        assert reason is not None
        assert reason.message.startswith("`dvc repro` of the candidate failed with exit code")
        assert [each.name for each in Path("reports").iterdir()] == ["failure.txt"]
        assert "No report could be made: `dvc repro`" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()

    def test_a_report_without_a_readable_metric_stays_to_be_posted(self, job, github, project):
        project.write({"train.py": "open('metrics.json', 'w').write('{broken')\n"})
        assert make(job) == 3
        report = read_bundle(Path("reports")).report
        assert (report.verdict.value, len(report.stages)) == ("unknown", 1)
        assert "no metric of" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()

    def test_so_does_a_bug_and_a_job_that_is_ended(self, github, tmp_path):
        write_bundle(tmp_path / "reports", Bundle(make_report(summary="of yesterday")), "")
        for error, told in ((ZeroDivisionError, "reporter has a bug"), (SystemExit, "ended before there was a report")):

            def fail(_tasks, _head, error=error):
                raise error

            maker = Maker(lambda: Checkout(HEAD), fail, trains=False)
            with pytest.raises(error):
                ci_make([Task(context_of(github), CommentRule())], tmp_path / "reports", maker, print)
            assert told in str(read_failure(tmp_path / "reports"))

    def test_a_reason_that_cannot_be_kept_does_not_hide_itself(self, job, project, capfd):
        project.write(
            {"train.py": "import shutil; shutil.rmtree('reports'); open('reports', 'w'); raise SystemExit(5)\n"}
        )
        assert make(job) == 3
        assert "reporter: `dvc repro` of the candidate failed with exit code" in capfd.readouterr().err
        assert "No report could be made: `dvc repro`" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()

    def test_outside_ci_it_is_a_dry_run(self, project, capfd):
        assert make({}) == 0
        assert read_bundle(Path("reports")).report.verdict == "pass"
        assert "[dry run]" not in capfd.readouterr().err


class TestBeforeAndAfterIt:
    @pytest.fixture
    def release(self, project):
        """The target of the pull request, which only the forge can name: the first commit."""
        project.git("branch", "release", "HEAD~1")

    def made(self, job):
        return main(["ci", "--make", "--repro", "--no-images"], job)

    def test_the_start_names_the_pull_request_that_the_report_is_for(self, job, github, release):
        job = start(job)
        assert "Running" in github.comments[0].body
        assert self.made(job) == 0
        assert read_bundle(Path("reports")).report.base.rev == "release"

    def test_two_pull_requests_of_the_branch_have_a_report_each(self, job, github, project, release):
        github.open_pull(9, project.git("rev-parse", "HEAD"), base_ref="next")
        project.git("branch", "next", "HEAD~1")
        job = start(job)
        assert [comment.pull for comment in github.comments] == [7, 9]
        assert self.made(job) == 0
        assert main(["post", "reports", "reports-9"], with_token(job)) == 0
        assert [read_bundle(Path(folder)).report.base.rev for folder in ("reports", "reports-9")] == ["release", "next"]
        assert not any("Running" in comment.body for comment in github.comments)
        assert github.checks[0].body["output"]["title"].count("#9 (next): ") == 1

    def test_where_one_is_trained_in_vain_both_are_told(self, job, github, project, release):
        github.open_pull(9, project.git("rev-parse", "HEAD"), base_ref="next")
        project.write({"train.py": "raise SystemExit(5)\n"})
        job = start(job)
        assert self.made(job) == 3
        assert main(["post", "reports", "reports-9"], with_token(job)) == 0
        assert [(each.pull, "No report could be made" in each.body) for each in github.comments] == [
            (7, True),
            (9, True),
        ]
        assert github.checks[0].body["conclusion"] == "failure"

    def test_a_comment_s_event_whose_head_is_not_checked_out_trains_nothing(self, job, github, project):
        """Only the start could ask for the head: without it the training would begin."""
        Path(job["GITHUB_EVENT_PATH"]).write_text(json.dumps({"issue": {"number": 7, "pull_request": {}}}))
        github.pulls[7].head_sha = "e" * 40
        job = start({**job, "GITHUB_EVENT_NAME": "issue_comment"})
        assert self.made(job) == 3
        assert "this run is about eeeeeee" in str(read_failure(Path("reports")))
        assert main(["post"], with_token(job)) == 0
        assert "No report could be made: this run is about eeeeeee" in github.comments[0].body
        assert [check.body["head_sha"] for check in github.checks] == ["e" * 40]

    def test_the_comment_is_the_one_that_was_chosen_before_a_stage_could_have_a_say(
        self, job, github, project, release
    ):
        rewrite = "import pathlib; pathlib.Path('reporter.yaml').write_text('comment: {key: nightly, title: Mine}')\n"
        sha = project.write({"train.py": rewrite + TRAIN}).commit("Third")
        pushed(job, github, sha)
        job = start(job)
        assert self.made(job) == 0
        assert main(["post"], with_token(job)) == 0
        (comment,), (check,) = github.comments, github.checks
        assert "key=default" in comment.body
        assert "Mine" not in comment.body
        assert check.body["name"] == "reporter (default)"

    @pytest.mark.parametrize("started", ["{", "7", "[7]", '[{"comment": {}}]', '[{"pull_request": {"number": 7}}]'])
    def test_what_the_start_has_not_said_is_refused(self, job, started, capfd):
        assert self.made({**job, "REPORTER_STARTED": started}) == 2
        assert "REPORTER_STARTED is not what `reporter ci --start` says" in capfd.readouterr().err

    def test_without_a_pull_request_it_says_so(self, job, github):
        github.pulls.clear()
        job = start(job)
        assert self.made(job) == 0
        assert main(["post"], with_token(job)) == 0
        assert github.comments == []
        assert len(github.checks) == 1

    def test_the_report_is_posted(self, job, github):
        main(["ci", "--start"], with_token(job))
        make(job)
        assert main(["post"], with_token(job)) == 0
        (comment,), (check,) = github.comments, github.checks
        assert "acc" in comment.body
        assert "Running" not in comment.body
        assert check.body["conclusion"] == "success"

    def test_so_is_the_reason_why_there_is_none(self, job, github, project, capfd):
        project.write({"train.py": "raise SystemExit(5)\n"})
        main(["ci", "--start"], with_token(job))
        make(job)
        assert main(["post"], with_token(job)) == 0
        (comment,), (check,) = github.comments, github.checks
        for text in (comment.body, check.body["output"]["summary"], Path(job["GITHUB_STEP_SUMMARY"]).read_text()):
            assert "`dvc repro` of the candidate failed with exit code" in text
        assert check.body["conclusion"] == "failure"
        assert "Running" not in comment.body
        assert "There is no report in reports: `dvc repro`" in capfd.readouterr().err

    def test_so_is_that_the_training_was_killed(self, job, github, project):
        project.write({"train.py": KILL_REPORTER})
        command = [sys.executable, "-m", "reporter", "ci", "--make", "--repro", "--no-images", "HEAD~1"]
        assert subprocess.run(command, env={**os.environ, **job}, check=False).returncode == -9
        assert main(["post"], with_token(job)) == 0
        assert "the job ended before there was a report" in github.comments[0].body
        assert github.checks[0].body["conclusion"] == "failure"

    def test_it_is_posted_under_the_key_of_the_configuration_that_is_named(self, job, github, project):
        project.write({"nightly.yaml": "comment: {key: nightly}\n", "train.py": "raise SystemExit(5)\n"})
        make(job)
        assert main(["post", "--config", "nightly.yaml"], with_token(job)) == 0
        assert "key=nightly" in github.comments[0].body
        assert github.checks[0].body["name"] == "reporter (nightly)"

    def test_a_reason_that_anybody_may_have_written_is_text(self, job, github, capfd):
        Path("reports").mkdir()
        Path("reports/failure.txt").write_text("@everyone <script>[x](https://evil.example)\x1b[31m\n::error::no")
        assert main(["post"], with_token(job)) == 0
        body = github.comments[0].body
        assert "@everyone" not in body
        assert "<script>" not in body
        assert "](https://evil.example)" not in body
        assert "\x1b" not in capfd.readouterr().err

    def test_where_there_is_no_report_the_gate_says_why(self, job, project, capfd):
        project.write({"train.py": "raise SystemExit(5)\n"})
        make(job)
        assert main(["gate"], {}) == 3
        assert "reporter: There is no report in reports: `dvc repro` of the candidate" in capfd.readouterr().err


class TestWhatAStageFinds:
    """On Linux: a stage reads the environments of the processes that it stems from."""

    def seen(self, *arguments: str, **environ: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "reporter", "ci", "--repro", "--no-images", *arguments]
        known = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))}
        done = subprocess.run(command, env={**known, **environ}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(Path("metrics.json").read_text())["tokens_seen"], done.stderr

    @pytest.mark.usefixtures("project")
    def test_the_token_of_a_reporter_that_trains_itself_which_says_so_once(self):
        seen, said = self.seen("HEAD", GH_TOKEN="ghs_verysecret")
        assert seen == 1, "in reporter's own environment"
        assert said.count("The stages can read the token in GH_TOKEN") == 1
        assert "`ci --make --repro`" in said
        assert "ghs_verysecret" not in said

    @pytest.mark.usefixtures("project")
    def test_nothing_where_there_is_none(self):
        seen, said = self.seen("HEAD", "--make")
        assert seen == 0
        assert "can read the token" not in said

    def test_the_token_that_the_checkout_left_which_is_said_too(self, job, project, capfd):
        project.write({"train.py": "raise SystemExit(5)\n"})
        make(job)
        assert "left in git's configuration" not in capfd.readouterr().err

        project.git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic Z2hzX3ZlcnlzZWNyZXQ=")
        make(job)

        said = capfd.readouterr().err
        assert said.count("left in git's configuration") == 1
        assert "persist-credentials: false" in said
        assert "Z2hz" not in said

    @pytest.mark.usefixtures("project")
    def test_nothing_is_said_where_nothing_is_trained(self, job, capfd):
        main(["ci", "HEAD", "--no-images"], with_token(job))
        assert "can read the token" not in capfd.readouterr().err
