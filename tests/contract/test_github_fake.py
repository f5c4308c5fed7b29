"""The fake itself: it refuses what GitHub's description does not allow, and it runs as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD
from tests.fakes.github_shapes import violations_of_answer

ROOT = Path(__file__).parents[2]


def send(github, method, path, body=None, token="ghs_actions"):
    headers = {"Authorization": f"token {token}"}
    return requests.request(
        method, f"{github.api_url}/repos/octo/flights{path}", json=body, headers=headers, timeout=10
    )


@pytest.fixture
def github():
    with FakeGitHub() as github:
        github.open_pull(7, HEAD)
        yield github


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/issues/7/comments", {}, "body: Field required"),
        ("/issues/7/comments", {"body": 7}, "body: Input should be a valid string"),
        ("/issues/7/comments", {"body": "x", "author": "me"}, "unknown field author"),
        ("/git/trees", {"tree": [{"path": "x", "mode": "777", "type": "blob"}]}, "mode"),
        ("/check-runs", {"name": "x", "head_sha": HEAD, "status": "completed"}, "conclusion"),
    ],
)
def test_a_request_that_the_description_does_not_allow_is_refused_and_remembered(github, path, body, said):
    assert send(github, "POST", path, body).status_code == 422
    assert any(said in violation for violation in github.violations)


def test_an_answer_is_judged_as_well():
    assert violations_of_answer("IssueComment", {"id": 1})
    assert violations_of_answer("[IssueComment]", []) == []


def test_what_the_fake_does_not_know_is_not_found(github):
    assert send(github, "GET", "/actions/runs").status_code == 404
    assert send(github, "DELETE", "/issues/comments/1").status_code == 404


def test_pages_hold_30_unless_asked_and_never_more_than_100(github):
    for number in range(120):
        github.add_comment(7, "reviewer", str(number))
    assert len(send(github, "GET", "/issues/7/comments").json()) == 30
    page = send(github, "GET", "/issues/7/comments?per_page=1000")
    assert len(page.json()) == 100
    assert (
        len(requests.get(page.links["next"]["url"], headers={"Authorization": "token ghs_actions"}, timeout=10).json())
        == 20
    )


def test_a_branch_moves_only_forward_unless_forced(github):
    first = github.add_files("x", {"a": b"1"})
    second = github.add_files("x", {"a": b"2"})
    assert (
        send(github, "PATCH", "/git/refs/heads/x", {"sha": first}).json()["message"] == "Update is not a fast forward"
    )
    assert send(github, "PATCH", "/git/refs/heads/x", {"sha": first, "force": True}).ok
    assert send(github, "PATCH", "/git/refs/heads/x", {"sha": second}).ok
    assert send(github, "POST", "/git/refs", {"ref": "refs/heads/x", "sha": first}).status_code == 422


def test_as_a_process_of_its_own_it_can_be_read_back():
    command = [sys.executable, "-m", "tests.fakes.github", "--pull", f"7:{HEAD}", "--token", "ghs_job"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip()
            headers = {"Authorization": "token ghs_job"}
            comments = f"{address}/repos/octo/flights/issues/7/comments"
            assert requests.post(comments, json={"body": "hello"}, headers=headers, timeout=10).status_code == 201
            state = requests.get(f"{address}/_fake/state", timeout=10).json()
        finally:
            process.terminate()
    assert [comment["body"] for comment in state["comments"]] == ["hello"]
    assert state["violations"] == []
