"""The bounds of what an answer can make us do: where the token goes, which pages are read, how long is waited."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest

from reporter.errors import ForgeError
from reporter.forges.github.retry import Waiting
from tests.fakes.github import FakeGitHub
from tests.fakes.github_calls import (
    CHECK,
    COMMENTS,
    ENDPOINTS,
    NEW_COMMENT,
    ONE_TRY,
    TOKEN,
    as_new,
    by_branch,
    by_number,
    outcome,
)
from tests.fakes.github_client import HURRIED, forge_of
from tests.fakes.github_faults import Fault, changed, drip, endless, linked, page, redirect, refusal


@pytest.fixture(scope="module")
def server():
    with FakeGitHub(tokens={TOKEN: None}) as github:
        yield github


@pytest.fixture
def github(server):
    return as_new(server)


@pytest.fixture
def small(monkeypatch):
    """Answers are too large from 1 MiB."""
    monkeypatch.setattr("reporter.forges.github.transport.ANSWER_BYTES", 1024 * 1024)


@pytest.fixture(scope="module")
def other_server():
    with FakeGitHub() as other:
        yield other


@pytest.fixture
def elsewhere(other_server):
    """Another server on another port, to which nothing must ever be sent."""
    yield other_server
    assert other_server.requests == []


class TestTheTokenStaysWithTheApi:
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    @pytest.mark.parametrize("at", ENDPOINTS)
    def test_no_redirect_to_another_host_is_followed(self, github, elsewhere, at, status):
        endpoint = ENDPOINTS[at]
        endpoint.prepare(github)
        github.faults.append(endpoint.fault(redirect(status, f"{elsewhere.api_url}{{path}}")))
        error = outcome(github, endpoint)
        assert re.search(rf"a redirect \({status}\) to another address, where the token does not go", error.message)

    @pytest.mark.parametrize(
        "to",
        [
            "//{host}{path}",
            "http://localhost:{port}{path}",
            "https://127.0.0.1:{here}{path}",
            "http://127.0.0.1:{here}@{host}{path}",
            "http://127.0.0.1:{here}\\@{host}{path}",
            "http://{host}#@127.0.0.1:{here}{path}",
            "http:{host}{path}",
            "http://0x7f.1:{here}{path}",
        ],
    )
    def test_however_its_address_is_written(self, github, elsewhere, to):
        host = f"127.0.0.1:{elsewhere.port}"
        to = to.replace("{host}", host).replace("{port}", str(elsewhere.port)).replace("{here}", str(github.port))
        github.faults.append(NEW_COMMENT.fault(redirect(307, to)))
        error = outcome(github, NEW_COMMENT)
        assert "to another address" in error.message or "more than 3 redirects" in error.message, error.message

    @pytest.mark.parametrize("at", [at for at, endpoint in ENDPOINTS.items() if endpoint.lists])
    def test_nor_is_a_link_to_a_next_page_there(self, github, elsewhere, at):
        endpoint = ENDPOINTS[at]
        endpoint.prepare(github)
        github.faults.append(endpoint.fault(linked(f'<{elsewhere.api_url}/repos/octo/flights/{{n}}>; rel="next"')))
        assert "a link to a next page that lies elsewhere" in outcome(github, endpoint).message

    @pytest.mark.parametrize("at", ["check runs", "a branch that moves"])
    def test_nor_is_an_object_changed_at_an_address_there(self, github, elsewhere, at):
        def led_away(answer):
            return json.loads(json.dumps(answer).replace(github.api_url, elsewhere.api_url))

        endpoint = ENDPOINTS[at]
        endpoint.prepare(github)
        github.faults.append(Fault("GET", "check-runs|git/ref/", changed(led_away)))
        assert re.search("url` is a text, not an address of this API", outcome(github, endpoint).message)

    def test_a_proxy_s_page_that_repeats_the_request_is_not_repeated(self, github):
        github.faults.append(COMMENTS.fault(refusal(403, f"denied: Authorization: token {TOKEN}")))
        error = outcome(github, COMMENTS)
        assert "denied: Authorization: token ***" in error.message


class TestARenamedRepository:
    """GitHub redirects its old name to its number, within the API."""

    @pytest.fixture(autouse=True)
    def renamed(self, github):
        new = "/repos/octo/flights"
        github.repository = "octo/new-name"
        github.faults.append(Fault("", f"^{new}/", redirect(307, "/repos/octo/new-name/{tail}")))

    @pytest.mark.parametrize("at", ["the pull request", "comments", "a new comment", "a new check run", "a status"])
    def test_is_followed_for_reading_and_for_writing(self, github, at):
        forge = forge_of(github, TOKEN, repository="octo/flights")
        ENDPOINTS[at].prepare(github)
        ENDPOINTS[at].act(forge, github)
        assert github.violations == []


class TestPages:
    """Of comments; the other lists go the same way."""

    def listed(self, github, link):
        github.add_comment(7, "github-actions[bot]", "mine")
        github.faults.append(COMMENTS.fault(linked(link)))
        return outcome(github, COMMENTS)

    @pytest.mark.parametrize(
        "link",
        [
            '<{url}>; rel="next"',
            '<{base}?page=1&per_page=100>; rel="next", <{base}?page=9>; rel="last"',
            '<{base}?per_page=100&page=1>; rel="next"',
        ],
        ids=["itself", "the first", "the same in other words"],
    )
    def test_one_that_comes_again_ends_the_list_with_an_error(self, github, link):
        error = self.listed(github, link)
        assert "GET /repos/octo/flights/issues/7/comments with a link to a next page that came before" in error.message
        assert len(github.sent("GET", "comments")) <= 2

    def test_ever_new_ones_have_an_end(self, github):
        comment = {"id": 1, "html_url": "http://x", "url": f"{github.api_url}/repos/octo/flights/issues/comments/1"}
        github.faults.append(COMMENTS.fault(linked('<{base}?page={n}>; rel="next"', [comment])))
        assert "with more than 100 pages" in outcome(github, COMMENTS).message
        assert len(github.sent("GET", "comments")) == 100

    @pytest.mark.parametrize(
        "link",
        [
            '<{base}/../8/comments?page=2>; rel="next"',
            '<{base}s?page=2>; rel="next"',
            '<http://[/>; rel="next"',
            '</repos/octo/flights/issues/8/comments?page=2>; rel="next"',
            '<javascript:alert(1)>; rel="next"',
        ],
    )
    def test_no_page_of_anything_else_is_read(self, github, link):
        assert "a link to a next page that lies elsewhere" in self.listed(github, link).message

    @pytest.mark.parametrize(
        "link", ["", ";;,,", "<>", 'rel="next"', '<x>; rel="prev"', "x" * 60_000, '<>; rel="next"']
    )
    def test_a_link_that_is_none_is_none(self, github, link):
        assert [own.body for own in self.listed(github, link)] == ["mine"]

    def test_github_names_the_repository_by_its_number_in_them(self, github):
        for number in range(150):
            github.add_comment(7, "github-actions[bot]", str(number))
        numbered = f"<{github.api_url}/repositories/42/issues/7/comments?per_page=100&page=2>"
        github.faults.append(replace(COMMENTS.fault(linked(f'{numbered}; rel="next"')), times=1))
        error = outcome(github, COMMENTS)
        assert "GET /repositories/42/issues/7/comments" not in error.message
        assert github.requests[-1].path == "/repositories/42/issues/7/comments", "it is asked for"


class TestTime:
    HURRY = replace(ONE_TRY, timeout=5, whole_answer=-0.7, network_retries=0)
    """A small answer has 0.3 s; a piece of it would have 5."""

    @pytest.mark.parametrize(
        "start",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nX: ",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + b"HTTP/1.1 200 OK\r\nX: ",
            b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n[",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 300000\r\n\r\n<",
        ],
        ids=["silence", "a header", "after going on", "a body", "a chunk's length", "an error"],
    )
    def test_an_answer_that_comes_byte_by_byte_is_given_up(self, github, start):
        github.faults.append(COMMENTS.fault(drip(start)))
        began = time.monotonic()
        error = outcome(github, COMMENTS, self.HURRY)
        assert "GitHub has not finished its answer to GET /repos/octo/flights/issues/7/comments" in error.message
        assert time.monotonic() - began < 3

    def test_the_patience_of_a_job_is_one_for_all_its_requests(self, github):
        forge = forge_of(github, TOKEN, replace(HURRIED, in_all=0.5, backoff=0.2))
        github.faults.append(Fault("", "", page(502)))
        errors = []
        for act in (by_number, by_branch, lambda forge, _: forge.set_check(CHECK)) * 2:
            with pytest.raises(ForgeError) as caught:
                act(forge, github)
            errors.append(caught.value.message)
        assert "kept failing" in errors[0]
        assert len(github.requests) <= 13, "two retries, then none that waits"

    def test_once_it_is_spent_nothing_more_is_sent(self, github):
        patience = replace(self.HURRY, in_all=0.01, whole_answer=0)
        forge = forge_of(github, TOKEN, patience)
        github.faults.append(Fault("", "", drip(b"")))
        with pytest.raises(ForgeError, match="has not finished its answer"):
            by_number(forge, github)
        forge._requester._waiting.pause(0.05)
        sent = len(github.requests)
        with pytest.raises(ForgeError, match=r"has kept this job waiting .* is not sent"):
            by_branch(forge, github)
        assert len(github.requests) == sent

    def test_after_a_long_pause_it_is_whole_again(self):
        waiting = Waiting(replace(HURRIED, in_all=0.1))
        waiting.pause(0.2)
        assert waiting.left() < 0
        time.sleep(0.15)
        assert waiting.left() == 0.1

    def test_as_much_as_is_read_of_a_huge_answer_is_sent(self, github, small):
        sent = []
        github.faults.append(COMMENTS.fault(endless(sent)))
        outcome(github, COMMENTS)
        assert sum(sent) < 50_000_000
