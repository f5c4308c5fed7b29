"""Whatever comes back instead of GitHub's answer, to any request that we make: one error that names what came.

Each fault is tried at each endpoint. None may end in anything but a `ForgeError`.
"""

from __future__ import annotations

import itertools
import json
import re

import pytest

from reporter.errors import ForgeError
from reporter.forges.github.addresses import ApiAddress
from reporter.forges.github.shapes import read_shape, shape_of
from tests.fakes.github import FakeGitHub
from tests.fakes.github_calls import COMMENTS, ENDPOINTS, NEW_COMMENT, TOKEN, VIEWER, as_new, outcome
from tests.fakes.github_client import forge_of
from tests.fakes.github_faults import (
    HTML,
    body,
    bomb,
    changed,
    compressed,
    cut_off,
    endless,
    page,
    raw,
    redirect,
    refusal,
    reset,
)

DEEP = b"[" * 200_000 + b"]" * 200_000
FAULTS = {
    "null": (body(b"null"), "null, not "),
    "true": (body(b"true"), "true or false, not "),
    "a number": (body(b"7"), "a number, not "),
    "a text": (body(b'"ok"'), "a text, not "),
    "an empty list's list": (body(b"[[]]"), "a list, not |in which `.0.` is a list, not "),
    "a list of null": (body(b"[null]"), "a list, not |in which `.0.` is null, not "),
    "a message": (body(b'{"message": "ok"}'), "an object, not |is missing"),
    "empty": (body(b""), r"\(200\) with nothing, not "),
    "blank": (body(b" \r\n\t "), "with nothing, not "),
    "204": (body(b"", 204), r"\(204\) with nothing, not "),
    "202": (body(b"", 202), r"\(202\) with nothing, not "),
    "304": (body(b"", 304), r"\(304\) with nothing"),
    "303": (redirect(303, "{path}"), r"\(303\) with an object"),
    "300 without an address": (body(b"{}", 300), r"\(300\) with an object"),
    "HTML": (page(), r"\(200\) with HTML, not "),
    "HTML that calls itself JSON": (body(HTML), r"\(200\) with HTML, not "),
    "XML": (body(b"<?xml version='1.0'?><Error/>"), "with XML, not "),
    "plain text": (body(b"It works!"), "a text that is no JSON, not "),
    "truncated JSON": (body(b'{"id": 1, "bo'), "broken JSON, not "),
    "two answers in one": (body(b"{}{}"), "broken JSON, not "),
    "NaN": (body(b'{"id": NaN}'), "broken JSON, not "),
    "Infinity": (body(b"-Infinity"), "a text that is no JSON, not "),
    "nested too deep": (body(DEEP), "broken JSON, not "),
    "5,000 digits": (body(b'{"id": ' + b"9" * 5_000 + b"}"), "broken JSON, not "),
    "no UTF-8": (body(b'\xff\xfe"\x00x\x00"\x00'), "bytes that are no text, not "),
    "latin-1": (body('{"body": "ü"}'.encode("latin-1"), content_type="application/json; charset=latin-1"), "broken JSON"),
    "an image": (body(b"\x89PNG\r\n\x1a\n", content_type="image/png"), "bytes that are no text, not "),
    "300 MB": (endless(), "with more than 1 MiB"),
    "a decompression bomb": (bomb(5_000_000), "with more than 1 MiB"),
    "a bomb with an error": (body(b" " * 3_000_000, 502), "with more than 1 MiB"),
    "gzip that is none": (body(b"{}", Content_Encoding="gzip"), "with broken gzip"),
    "gzip that is cut": (body(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03", Content_Encoding="gzip"), "was cut off"),
    "another encoding": (compressed(b"{}", "br"), "an encoding that was not asked for"),
    "401 HTML": (page(401), r"\(401\) with HTML"),
    "403 HTML": (page(403), r"\(403\) with HTML"),
    "404 HTML": (page(404), r"\(404\) with HTML"),
    "407 HTML": (page(407), r"\(407\) with HTML"),
    "418 empty": (body(b"", 418), r"\(418\) with nothing"),
    "422 list": (body(b'["no"]', 422), r"\(422\) with a list"),
    "422 without a reason": (refusal(422, None), r"\(422\) with an object"),
    "403 with a number for a reason": (refusal(403, 7), r"\(403\) with an object"),
    "500": (body(b"null", 500), "kept failing, after all retries: .* was 500 with null"),
    "502 of a proxy": (page(502), "kept failing, after all retries: .* was 502 with HTML"),
    "503 for ever": (page(503), "kept failing"),
    "503 until next year": (body(b"", 503, Retry_After="99999999"), "kept failing, and asks for too long a wait"),
    "599 nonsense": (body(b"\x00", 599, Retry_After="-5"), "kept failing"),
    "999": (page(999), "kept failing"),
    "429 for 10^9 s": (refusal(429, "no", Retry_After="1000000000"), "rate limit for this token is used up until"),
    "429 for 10^20 s": (refusal(429, "no", Retry_After="9" * 20), "rate limit for this token is used up"),
    "429 until a date": (body(HTML, 429, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"), "used up until"),
    "403 limit that resets never": (
        refusal(403, "API rate limit exceeded", X_RateLimit_Reset="9" * 5_000), "rate limit for this token is used up",
    ),
    "403 limit that resets in 100,000 years": (
        refusal(403, "API rate limit exceeded", X_RateLimit_Reset="9" * 12), "rate limit for this token is used up",
    ),
    "a redirect round in circles": (redirect(307, "{path}"), "more than 3 redirects"),
    "a redirect to nowhere": (redirect(301, ""), r"a redirect \(301\) to another address"),
    "a redirect to another endpoint": (redirect(302, "/repos/octo/flights/hooks"), "a redirect .* to another address"),
    "a redirect to a script": (redirect(302, "javascript:alert(1)"), "a redirect .* to another address"),
    "a redirect upwards": (redirect(301, "/repos/../../x"), "a redirect .* to another address"),
    "a redirect to nonsense": (redirect(308, "http://[::1"), "a redirect .* to another address"),
    "no answer": (reset, "cannot be reached|was cut off"),
    "half an answer": (cut_off(), "was cut off"),
    "half a chunk": (cut_off(chunked=True), "was cut off"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "cannot be reached"),
    "endless headers": (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n{}"), "cannot be reached"),
    "a header without end": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000), "cannot be reached"),
    "a length that is none": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\nConnection: close\r\n\r\n"), "nothing, not|cannot be|cut off",
    ),
    "a chunk that is none": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "was cut off",
    ),
}  # fmt: skip


NOTHING = {"empty", "blank", "204", "202", "a length that is none", "half an answer"}
"""No fault where nothing is asked for."""


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


@pytest.mark.parametrize("at", ENDPOINTS)
def test_each_fault_at_each_endpoint_is_one_error_that_names_what_came(server, small, at):
    faults = {what: fault for what, fault in FAULTS.items() if not (ENDPOINTS[at].asks_for_nothing and what in NOTHING)}
    wrong = {what: found for what, (spoil, said) in faults.items() if (found := _wrong(server, at, spoil, said))}
    assert wrong == {}


def _wrong(server, at, spoil, said):
    """What is wrong with the error that a fault leads to; nothing if it is as it should be."""
    github, endpoint = as_new(server), ENDPOINTS[at]
    endpoint.prepare(github)
    github.faults.append(endpoint.fault(spoil))
    error = outcome(github, endpoint)
    if type(error) is not ForgeError:  # nor a missing right, which on a fork is a normal path
        return f"no ForgeError: {error!r}"
    names_it = re.search(f"{endpoint.method} {endpoint.pattern[1:]}", error.message)
    if not (names_it or "cannot be reached" in error.message or "rate limit" in error.message):
        return f"names no endpoint: {error.message}"
    as_it_should = (
        re.search(said, error.message)
        and error.message.startswith("cannot ")
        and error.hint
        and TOKEN not in error.message + error.hint
        and len(error.message) < 400
    )
    return None if as_it_should else error.message


def paths_in(value, at=()):
    """Where in an answer something stands."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*at, key)
        yield from paths_in(value[key], (*at, key))


def with_instead(answer, path, value):
    """The answer with this value at this path; without the path where there is no value."""
    place = answer
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return answer


ONE_OF_EACH_SHAPE = [
    "the pull request", "the user", "the viewer", "comments", "check runs", "a status", "a branch", "its commit",
    "its tree", "a new blob",
]  # fmt: skip
STRANGE = (..., None, True, -1, 2**70, "", "7", "http://[\ud800", [None], {"id": {}})


@pytest.mark.parametrize("at", ONE_OF_EACH_SHAPE)
def test_whatever_stands_in_a_field_there_is_a_result_or_an_error_that_names_the_field(server, at):
    endpoint, found = ENDPOINTS[at], []
    for path, value in itertools.product(_fields(server, endpoint), STRANGE):
        github = as_new(server)
        endpoint.prepare(github)
        github.faults.append(
            endpoint.fault(changed(lambda answer, path=path, value=value: with_instead(answer, path, value)))
        )
        error = outcome(github, endpoint)  # anything but a ForgeError is raised here
        if isinstance(error, ForgeError):
            found.append(error)
            named = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
            assert f"`{named}" in error.message or "not a list" in error.message, (path, value, error.message)
    assert found, "something in it must be as we use it"


def _fields(server, endpoint):
    """Where in the true answer to this request something stands that its shape names."""
    answers, github = [], as_new(server)
    endpoint.prepare(github)
    github.faults.append(endpoint.fault(changed(lambda answer: answers.append(answer) or answer)))
    assert not isinstance(outcome(github, endpoint), ForgeError)
    api = ApiAddress.read(github.api_url)
    path = github.sent(endpoint.method, endpoint.pattern)[-1].path
    return list(paths_in(read_shape(answers[-1], shape_of(endpoint.method, path), api)))


class TestHarmlessOddities:
    @pytest.mark.parametrize("at", ENDPOINTS)
    def test_what_we_do_not_use_may_be_anything(self, github, at):
        def crowd(answer):
            for each in answer if isinstance(answer, list) else answer.get("check_runs", [answer]):
                each |= {"created_at": "yesterday", "_links": None, "performed_via_github_app": 7, "labels": {"x": 1}}
                each |= {"pull_requests": "none", "assignee": [], "verification": "?", "parents": None, "mode": 1}
            return answer

        endpoint = ENDPOINTS[at]
        endpoint.prepare(github)
        github.faults.append(endpoint.fault(changed(crowd)))
        assert not isinstance(outcome(github, endpoint), ForgeError)

    def test_a_comment_of_nobody_s_and_one_without_a_text_are_read(self, github):
        github.add_comment(7, "", "from a ghost")
        mine = github.add_comment(7, "github-actions[bot]", "mine")
        github.faults.append(COMMENTS.fault(changed(lambda answer: [answer[0], {**answer[1], "body": None}])))
        [own] = forge_of(github, TOKEN).own_comments(7)
        assert (own.id, own.body) == (mine.id, "")

    def test_half_a_character_becomes_a_whole_one(self, github):
        github.add_comment(7, "github-actions[bot]", "mine")
        github.faults.append(COMMENTS.fault(changed(lambda answer: [{**answer[0], "body": "x\ud800y 😀"}])))
        assert [own.body for own in forge_of(github, TOKEN).own_comments(7)] == ["x\ufffdy 😀"]

    @pytest.mark.parametrize("content", [b"\xef\xbb\xbf[]", b" \n[] ", b"[]"], ids=["BOM", "blanks", "plain"])
    @pytest.mark.parametrize("form", [body, compressed], ids=["as it is", "compressed"])
    def test_an_answer_may_come_in_any_sound_form(self, github, content, form):
        github.faults.append(COMMENTS.fault(form(content)))
        assert forge_of(github, TOKEN).own_comments(7) == []

    @pytest.mark.parametrize("size", [65_534, 65_535, 65_536, 65_537, 131_072, 1_000_000])
    def test_a_compressed_one_of_any_size_comes_whole(self, github, size):
        text = "ab" * (size // 2) + "c" * (size % 2)
        for at_the_end in range(4):
            content = json.dumps({"data": {"viewer": {"login": "me[bot]"}}, "x": text + "d" * at_the_end}).encode()
            github.faults[:] = [VIEWER.fault(compressed(content))]
            assert forge_of(github, TOKEN).own_comments(7) == []

    def test_of_two_equal_keys_the_last_counts(self, github):
        github.faults.append(VIEWER.fault(body(b'{"data": 1, "data": {"viewer": {"login": "a", "login": "b[bot]"}}}')))
        mine = github.add_comment(7, "b[bot]", "mine")
        assert [own.id for own in forge_of(github, TOKEN).own_comments(7)] == [mine.id]

    @pytest.mark.parametrize(
        "answer",
        [{"errors": []}, {"errors": [{"message": "no"}], "data": None}, {"errors": [{"type": "NOT_FOUND"}]}],
        ids=["no errors", "an error", "not found"],
    )
    def test_where_graphql_refuses_the_token_is_taken_for_that_of_actions(self, github, answer):
        github.faults.append(VIEWER.fault(body(json.dumps(answer).encode())))
        mine = github.add_comment(7, "github-actions[bot]", "mine")
        assert [own.id for own in forge_of(github, TOKEN).own_comments(7)] == [mine.id]

    def test_the_reasons_that_a_refusal_lists_are_told(self, github):
        github.faults.append(
            NEW_COMMENT.fault(refusal(422, "Validation Failed", ["body is silly", {"message": "so is x"}]))
        )
        error = outcome(github, NEW_COMMENT)
        assert "GitHub answered 422: Validation Failed (body is silly) (so is x)" in error.message
