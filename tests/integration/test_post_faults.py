"""A post to a GitHub that answers nonsense: bundle, job summary and outputs are there, and one line names what came."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from report_factories import make_report, metric, plot

from reporter.bundle import Bundle, write_bundle
from reporter.cli import main
from reporter.commands.ci import Maker, ci
from reporter.commands.task import find_tasks
from reporter.model.ci import Checkout
from reporter.model.comparison import Verdict
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule
from reporter.wiring import connector, store_opener
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, HURRIED, context_of
from tests.fakes.github_faults import (
    Fault,
    body,
    bomb,
    cut_off,
    drip,
    endless,
    linked,
    page,
    raw,
    redirect,
    refusal,
    reset,
)
from tests.fakes.github_objects import actions_token

TOKEN = "ghs_verysecret"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01"
"""What every PNG begins with, of one pixel."""
REPORT = make_report(
    head=Revision("workspace", HEAD, "workspace"),
    summary="Better",
    metrics=(metric("roc_auc", 0.63, 0.65),),
    plots=(plot("ROC"),),
)

FAULTS = {
    "null": body(b"null"),
    "a list": body(b"[[1]]"),
    "a text": body(b'"ok"'),
    "an object": body(b'{"message": "ok"}'),
    "HTML": page(),
    "empty": body(b""),
    "204": body(b"", 204),
    "truncated JSON": body(b'{"id": 1, "bo'),
    "NaN": body(b"[NaN]"),
    "too deep": body(b"[" * 200_000),
    "no UTF-8": body(b"\xff\xfe"),
    "300 MB": endless(),
    "a bomb": bomb(3_000_000),
    "broken gzip": body(b"{}", Content_Encoding="gzip"),
    "403 HTML": page(403),
    "407 HTML": page(407),
    "422 of nothing": body(b"", 422),
    "502": page(502),
    "503 until next year": body(b"", 503, Retry_After="99999999"),
    "429 for ever": refusal(429, "no", Retry_After="9" * 30),
    "a redirect": redirect(302, "https://example.invalid{path}"),
    "a redirect in circles": redirect(307, "{path}"),
    "no answer": reset,
    "half an answer": cut_off(),
    "no HTTP": raw(b"220 smtp.example ESMTP\r\n"),
}

REQUESTS = [
    ("GET", "/git/ref/"), ("POST", "/git/blobs"), ("POST", "/git/trees"), ("POST", "/git/commits"), ("POST", "/git/refs"),
    ("GET", "/pulls/7"), ("GET", "/user"), ("POST", "/graphql"), ("GET", "/issues/7/comments"),
    ("POST", "/issues/7/comments"), ("GET", "/check-runs"), ("POST", "/check-runs"),
]  # fmt: skip
"""All that a first post sends."""

OFTEN_OPTIONAL = ("/git/", "/check-runs")
"""Pictures and check: a right that is missing is no failure there, but nonsense is."""


@pytest.fixture
def github():
    with FakeGitHub(tokens={TOKEN: actions_token()}) as github:
        github.open_pull(7, HEAD)
        yield github


@pytest.fixture
def environ(github, tmp_path, monkeypatch):
    """The variables of a job on `pull_request`; its folder holds a bundle in reports/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reporter.forges.github.forge.Patience", lambda: replace(HURRIED, retries=1, network_retries=0))
    monkeypatch.setattr("reporter.forges.github.transport.ANSWER_BYTES", 1024 * 1024)
    (tmp_path / "roc.png").write_bytes(PNG)
    write_bundle(tmp_path / "reports", Bundle(REPORT, {"images/roc.png": tmp_path / "roc.png"}), "<!doctype html>")
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
        "GITHUB_TOKEN": TOKEN,
    }


def posted(environ, capfd):
    """The lines of a failed `reporter post`, once everything that needs no forge is seen to be there."""
    code = main(["post", "reports"], environ)
    out, err = capfd.readouterr()
    assert code == 3, err
    assert "Traceback" not in err
    assert TOKEN not in out + err
    assert "Better" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
    assert "verdict<<" in Path(environ["GITHUB_OUTPUT"]).read_text()
    assert len([line for line in err.splitlines() if line.startswith("reporter: ")]) == 1
    return err.splitlines()


@pytest.mark.parametrize("what", FAULTS)
def test_a_forge_that_answers_all_requests_so_gets_nothing_and_breaks_nothing(github, environ, capfd, what):
    github.faults.append(Fault("", "", FAULTS[what]))
    last = [line for line in posted(environ, capfd) if line.startswith("reporter: cannot ")]
    assert last, "what failed first is the last line"


@pytest.mark.parametrize(("method", "path"), REQUESTS, ids=[" ".join(request) for request in REQUESTS])
@pytest.mark.parametrize("what", ["HTML", "null", "half an answer", "502"])
def test_a_part_that_meets_nonsense_takes_no_other_with_it(github, environ, capfd, what, method, path):
    github.faults.append(Fault(method, path, FAULTS[what]))
    lines = posted(environ, capfd)
    assert any(path in line for line in lines if line.startswith("reporter: cannot ")), lines
    assert bool(github.comments) or path in {"/pulls/7", "/graphql", "/issues/7/comments", "/user"}
    assert bool(github.checks) or "/check-runs" in path


def test_what_a_post_sends_is_what_is_tried_here(github, environ):
    main(["post", "reports"], environ)
    for method, path in REQUESTS:
        assert any(path in request.path for request in github.sent(method)), (method, path)
    assert len(github.requests) == len(REQUESTS) + 2, "comments and checks are listed twice"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:8080", "GITHUB_API_URL is not the address of an API"),
        ("api.github.com", "GITHUB_API_URL is not the address of an API"),
        ("ftp://api.github.com", "GITHUB_API_URL is not the address of an API"),
        ("https://", "GITHUB_API_URL is not the address of an API"),
        ("https://host:port", "GITHUB_API_URL is not the address of an API"),
        ("http://[::1", "GITHUB_API_URL is not the address of an API"),
        ("https://api git hub", "GITHUB_API_URL is not the address of an API"),
        ("https://me:hunter2@api.github.com", "GITHUB_API_URL holds a user or a password"),
        ("https://api.github.com/?x=1", "GITHUB_API_URL has more than a host and a path"),
        ("http://127.0.0.1:9", "GitHub cannot be reached (ConnectionError)"),
        ("http://" + "x" * 70 + ".invalid", "GitHub cannot be reached"),
        ("https://{here}", "GitHub cannot be reached (SSLError)"),
        ("http://{here}/api/v9", "GitHub has not found it"),
    ],
)
def test_an_address_of_no_api_is_said_to_be_none(github, environ, capfd, address, said):
    environ["GITHUB_API_URL"] = address.replace("{here}", f"127.0.0.1:{github.port}")
    lines = posted(environ, capfd)
    assert any(said in line for line in lines), lines
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(("name", "value"), [("GITHUB_REPOSITORY", "octo"), ("GITHUB_TOKEN", "ghs very secret")])
def test_so_is_a_repository_or_a_token_that_is_none(environ, capfd, name, value):
    lines = posted({**environ, name: value}, capfd)
    assert any("no repository" in line or "no token of GitHub" in line for line in lines), lines
    assert "very secret" not in "".join(lines)


def test_a_token_pasted_with_its_line_end_is_good(github, environ):
    assert main(["post", "reports"], {**environ, "GITHUB_TOKEN": f"{TOKEN}\n"}) == 0
    assert {request.token for request in github.requests} == {TOKEN}


@pytest.mark.parametrize(
    ("answer", "said"),
    [(page(407), "(407) with HTML"), (page(), "(200) with HTML")],
    ids=["refuses", "wants a sign-in"],
)
def test_a_proxy_in_between_is_told_from_github(github, environ, capfd, monkeypatch, answer, said):
    with FakeGitHub() as proxy:
        proxy.faults.append(Fault("", "", answer))
        monkeypatch.setenv("HTTP_PROXY", proxy.server_url)
        monkeypatch.setenv("http_proxy", proxy.server_url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        lines = posted(environ, capfd)
    assert any(said in line for line in lines), lines
    assert any("look for a proxy or a sign-in page" in line for line in lines)
    assert github.requests == []


class TestCi:
    """`reporter ci` marks the comment, makes the report and posts it: none of it waits for a forge for ever."""

    def run(self, github, environ, tmp_path, report=REPORT):
        said = []
        files = {"summary_path": environ["GITHUB_STEP_SUMMARY"], "output_path": environ["GITHUB_OUTPUT"]}
        context = context_of(github, **files)
        connect = connector(context, environ)
        maker = Maker(lambda: Checkout(HEAD), lambda _tasks, _head: [Bundle(report, {})], trains=False)
        tasks = find_tasks(context, connect, None, lambda _: CommentRule())
        code = ci(tasks, tmp_path, maker, connect, store_opener(tmp_path), said.append)
        return code, said

    def test_the_report_is_made_and_the_job_fails_for_the_post_alone(self, github, environ, tmp_path):
        github.faults.append(Fault("", "", page()))
        code, said = self.run(github, environ, tmp_path)
        assert code == 3
        assert any("with HTML, not a list of pull requests" in line for line in said)
        assert "Better" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()

    def test_a_gate_that_failed_too_wins_and_both_are_said(self, github, environ, tmp_path):
        github.faults.append(Fault("", "", body(b"null")))
        code, said = self.run(github, environ, tmp_path, replace(REPORT, verdict=Verdict.FAIL))
        assert code == 1
        assert any(line.startswith("The report could not be posted: ") for line in said)
        assert any(line.startswith("The gate failed: ") for line in said)

    def test_marking_asking_and_posting_share_one_patience(self, github, environ, tmp_path, monkeypatch):
        patience = replace(HURRIED, network_retries=3, timeout=5, whole_answer=0.2, in_all=0.3)
        monkeypatch.setattr("reporter.forges.github.forge.Patience", lambda: patience)
        github.faults.append(Fault("", "", drip(b"")))
        code, said = self.run(github, environ, tmp_path)
        assert code == 3
        assert any("has kept this job waiting" in line for line in said)
        assert len(github.requests) <= 4

    def test_a_list_that_never_ends_ends(self, github, environ, tmp_path):
        github.add_comment(7, "reviewer", "hello")
        github.faults.append(Fault("GET", "comments", linked('<{url}>; rel="next"')))
        code, said = self.run(github, environ, tmp_path)
        assert code == 3
        assert any("a link to a next page that came before" in line for line in said)
