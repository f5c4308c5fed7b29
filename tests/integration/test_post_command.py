"""The command itself, with nothing but a bundle, an environment and an event file, as a job of GitHub Actions has them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_factories import PNG, write_small
from report_factories import make_report, metric, plot

from reporter.bundle import Bundle, read_bundle, write_bundle
from reporter.cli import main
from reporter.model.comparison import Verdict
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule
from reporter.wiring import comment_rule
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, HURRIED
from tests.fakes.github_objects import READ_ALL, actions_token


@pytest.fixture
def github():
    with FakeGitHub(tokens={"ghs_verysecret": actions_token()}) as github:
        github.open_pull(7, HEAD)
        yield github
    assert github.violations == []


@pytest.fixture
def environ(github, tmp_path, monkeypatch):
    """The variables of a job on `pull_request`; its folder holds a bundle in reports/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reporter.forges.github.forge.Patience", lambda: HURRIED)
    picture = tmp_path / "roc.png"
    picture.write_bytes(PNG)
    report = make_report(
        head=Revision("workspace", HEAD, "workspace"),
        summary="Better",
        metrics=(metric("roc_auc", 0.63, 0.65),),
        plots=(plot("ROC"),),
    )
    write_bundle(tmp_path / "reports", Bundle(report, {"images/roc.png": picture}), "<!doctype html>")
    head = {"sha": HEAD, "ref": "try-more-trees", "repo": {"full_name": github.repository}}
    event = {"number": 7, "pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": github.api_url,
        "GITHUB_SERVER_URL": github.server_url,
        "GITHUB_REPOSITORY": github.repository,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_SHA": "c" * 40,
        "GITHUB_RUN_ID": "42",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_TOKEN": "ghs_verysecret",
    }


def test_a_job_posts_its_bundle(github, environ, capfd):
    assert main(["post", "reports"], environ) == 0

    [comment], [check] = github.comments, github.checks
    assert "Better" in comment.body
    assert "blob/" in comment.body
    assert check.body["head_sha"] == HEAD
    assert "Better" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
    assert "comment-url<<" in Path(environ["GITHUB_OUTPUT"]).read_text()
    out, err = capfd.readouterr()
    assert "Comment created: " in err
    assert "ghs_verysecret" not in out + err


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, "there is no token for octo/flights"),
        ("ghs_wrong", "GitHub does not accept the token"),
        ("ghs_readonly", "the token lacks `pull-requests: write`"),
    ],
    ids=["none", "invalid", "read-only"],
)
def test_a_token_that_will_not_do_ends_in_one_clear_line_and_exit_3(github, environ, capfd, token, said):
    github.tokens["ghs_readonly"] = actions_token(READ_ALL)
    environ = {**environ, "GITHUB_TOKEN": token} if token else {k: v for k, v in environ.items() if k != "GITHUB_TOKEN"}

    assert main(["post", "reports"], environ) == 3

    _, err = capfd.readouterr()
    [line] = [line for line in err.splitlines() if line.startswith("reporter: ")]
    assert said in line
    assert "Traceback" not in err
    assert "Better" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()


def test_a_fork_s_read_only_token_exits_0(github, environ, tmp_path, capfd):
    github.tokens = {"ghs_verysecret": actions_token(READ_ALL)}
    event = json.loads((tmp_path / "event.json").read_text())
    event["pull_request"]["head"]["repo"]["full_name"] = "guest/flights"
    (tmp_path / "event.json").write_text(json.dumps(event))

    assert main(["post", "reports"], environ) == 0

    assert "read-only" in capfd.readouterr().err
    assert "Better" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()


def test_a_pull_request_that_does_not_exist_exits_3(github, environ, capfd):
    github.pulls.clear()
    assert main(["post", "reports"], environ) == 3
    assert "cannot find pull request #7 in octo/flights" in capfd.readouterr().err


def test_a_broken_event_exits_3_before_anything_is_sent(github, environ, tmp_path, capfd):
    (tmp_path / "event.json").write_text("{")
    assert main(["post", "reports"], environ) == 3
    assert "is not JSON" in capfd.readouterr().err
    assert github.requests == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"summary": None}, "summary must be a text"),
        ({"params": [{}] * 60_000}, "holds more than 50,000 rows"),
        ({"sections": [{"title": "", "markdown": "<br>" * 50_000, "pictures": []}] * 400}, "longer than 40,000,000"),
        ({"plots": [{"image": "images/roc.png"}]}, "plots[0].id must be a text"),
    ],
    ids=["field", "rows", "text", "plot"],
)
@pytest.mark.parametrize("command", [["post", "reports"], ["post", "reports", "--dry-run"], ["gate", "reports"]])
def test_a_bundle_that_is_refused_is_one_line_exit_3_and_nothing_sent(github, environ, capfd, command, fields, said):
    path = Path("reports/report.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    assert main(command, environ) == 3

    out, err = capfd.readouterr()
    [line] = [line for line in err.splitlines() if line.startswith("reporter: ")]
    assert said in line
    assert "Traceback" not in out + err
    assert github.requests == []
    assert not Path(environ["GITHUB_STEP_SUMMARY"]).exists()


def test_pictures_that_are_too_many_bytes_are_refused_before_anything_is_sent(github, environ, capfd):
    path = Path("reports/report.json")
    report = json.loads(path.read_text())
    report["plots"] = [{**report["plots"][0], "image": f"images/{index}.png"} for index in range(200)]
    path.write_text(json.dumps(report))
    for index in range(200):
        with Path(f"reports/images/{index}.png").open("wb") as file:
            file.write(PNG)
            file.truncate(5_000_000)

    assert main(["post", "reports"], environ) == 3

    assert "more than 200,000,000 bytes together" in capfd.readouterr().err
    assert github.requests == []


def test_a_dry_run_prints_the_comment_and_sends_nothing(github, environ, capfd):
    assert main(["post", "reports", "--dry-run"], environ) == 0
    out, err = capfd.readouterr()
    assert "Better" in out
    assert "[dry run] Check reporter (default)" in err
    assert github.comments == github.checks == []


def test_a_post_can_be_started_from_a_comment_on_the_pull_request(github, environ, tmp_path):
    (tmp_path / "event.json").write_text(json.dumps({"issue": {"number": 7, "pull_request": {}}}))
    assert main(["ci", "--start"], {**environ, "GITHUB_EVENT_NAME": "issue_comment"}) == 0
    assert f"head={HEAD}" in github.comments[0].body
    assert "Running" in github.comments[0].body


class TestWhichCommentABundleGoesTo:
    """A fork has made it, in a workflow and with a reporter.yaml of its own."""

    @pytest.fixture
    def nightly(self, environ, tmp_path):
        report = replace(read_bundle(tmp_path / "reports").report, comment=CommentRule("Mine", "nightly"), plots=())
        shutil.rmtree(tmp_path / "reports")
        write_bundle(tmp_path / "reports", Bundle(report), "<!doctype html>")

    def post(self, github, environ, capfd):
        assert main(["post", "reports"], environ) == 0
        [comment], [check] = github.comments, github.checks
        return comment.body, check.body["name"], capfd.readouterr().err

    def test_without_a_trusted_reporter_yaml_the_default_one(self, github, environ, nightly, capfd):
        body, check, said = self.post(github, environ, capfd)
        assert body.startswith("<!-- dvc-reporter key=default ")
        assert "Mine" not in body
        assert check == "reporter (default)"
        assert "asks for the comment “nightly” and goes to “default”" in said

    def test_the_trusted_one(self, github, environ, nightly, tmp_path, capfd):
        (tmp_path / "reporter.yaml").write_text("comment: {key: churn, title: Churn}\n")
        body, check, _ = self.post(github, environ, capfd)
        assert body.startswith("<!-- dvc-reporter key=churn ")
        assert "**Churn**" in body
        assert check == "reporter (churn)"

    def test_another_one_that_the_trusted_reporter_yaml_allows(self, github, environ, nightly, tmp_path, capfd):
        (tmp_path / "reporter.yaml").write_text("comment: {allow: [{key: nightly, title: Nightly model}]}\n")
        body, check, said = self.post(github, environ, capfd)
        assert body.startswith("<!-- dvc-reporter key=nightly ")
        assert "**Nightly model**" in body
        assert "Mine" not in body
        assert check == "reporter (nightly)"
        assert "asks for" not in said


def test_a_bundle_of_another_commit_exits_3_and_names_both(github, environ, tmp_path, capfd):
    """Made by a job that had checked out the merge commit, for example."""
    report = replace(read_bundle(tmp_path / "reports").report, head=Revision("workspace", "c" * 40, "workspace"))
    shutil.rmtree(tmp_path / "reports")
    write_bundle(tmp_path / "reports", Bundle(replace(report, plots=())), "<!doctype html>")

    assert main(["post", "reports"], environ) == 3

    assert (
        "reporter: nothing is posted: the report is about ccccccc, and this run about aaaaaaa" in capfd.readouterr().err
    )
    assert (github.comments, github.checks, github.git.refs) == ([], [], {})


def test_pictures_go_where_the_configuration_that_is_named_says(github, environ, tmp_path):
    (tmp_path / "quiet.yaml").write_text("images: {store: none}\n")
    assert main(["post", "reports", "--config", "quiet.yaml"], environ) == 0
    assert "Better" in github.comments[0].body
    assert github.git.refs == {}


def test_the_configuration_of_a_repository_around_this_one_is_not_read(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "reporter.yaml").write_text("comment: {title: Another}\n")
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "below").mkdir()

    assert comment_rule(inner / "below", None) == CommentRule()
    (inner / ".dvc").mkdir()
    (inner / "reporter.yaml").write_text("comment: {title: Ours}\n")
    assert comment_rule(inner / "below", None).title == "Ours"


def test_a_job_posts_one_comment_and_one_check(github, environ, capfd):
    write_small(Path("a"), "models/early")
    write_small(Path("b"), "models/late", Verdict.FAIL)
    main(["merge", "a", "b"], {})

    assert main(["post", "reports"], environ) == 0

    [comment], [check] = github.comments, github.checks
    assert comment.body.count("blob/") >= 2
    assert "Of 2 reports 1 fails and 1 passes" in comment.body
    assert "<summary>🔴 <b>models/late</b></summary>" in comment.body
    assert check.body["conclusion"] == "failure"


def test_many_reports_fit_into_a_comment(github, environ):
    rows = tuple(metric(f"metric_{place}", place, place + 1) for place in range(2_000))
    for place in range(30):
        write_small(Path(f"in{place}"), f"models/{place}", metrics=rows)
    main(["merge", *(f"in{place}" for place in range(30))], {})

    assert main(["post", "reports"], environ) == 0

    [comment] = github.comments
    assert len(comment.body) <= 65_536
    assert "models/29" in comment.body
