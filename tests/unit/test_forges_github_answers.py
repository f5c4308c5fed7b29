"""What is taken for the API's own address, when a request is sent again, and how an answer is cut down to its shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reporter.errors import ForgeError
from reporter.forges.github.addresses import ApiAddress, read_web_address
from reporter.forges.github.answers import AnswerError, RawAnswer, read_answer, read_refusal
from reporter.forges.github.retry import Patience, limit_resets, wait_asked_for
from reporter.forges.github.shapes import shape_of

GITHUB = ApiAddress.read("https://api.github.com")
SERVER = ApiAddress.read("https://ghe.example.com:8443/api/v3/")


class TestTheAddressOfTheApi:
    @pytest.mark.parametrize(
        ("text", "base"),
        [
            ("https://api.github.com", "https://api.github.com"),
            ("https://api.github.com:443/", "https://api.github.com"),
            ("HTTPS://API.GitHub.com", "https://api.github.com"),
            ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080/api/v3"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    def test_is_read(self, text, base):
        assert ApiAddress.read(text).base == base

    @pytest.mark.parametrize(
        "text",
        ["", "x", "api.github.com", "//host", "https://", "https:host", "https://h:0x1", "https://h:99999", "https://[::1",
         "https://h ost", "https://h\n.com", "https://h\\@evil", "javascript:1", "https://ü.example", "https://h/../x",
         "https://h/%2e%2e/x", "https://h?x", "https://h#x", "https://u@h", "https://u:p@h"],
    )  # fmt: skip
    def test_that_is_none_is_refused_without_being_repeated(self, text):
        with pytest.raises(ForgeError, match="GITHUB_API_URL") as caught:
            ApiAddress.read(text)
        assert caught.value.hint

    def test_graphql_lies_beside_the_rest(self):
        assert GITHUB.url("/graphql") == "https://api.github.com/graphql"
        assert SERVER.url("/graphql") == "https://ghe.example.com:8443/api/graphql"
        assert SERVER.url("/user") == "https://ghe.example.com:8443/api/v3/user"

    @pytest.mark.parametrize(
        ("address", "path"),
        [
            ("https://api.github.com/user", "/user"),
            ("https://api.github.com:443/user?page=2", "/user?page=2"),
            ("https://API.github.com/user", "/user"),
            ("/user", "/user"),
            ("http://api.github.com/user", None),
            ("https://api.github.com:444/user", None),
            ("https://github.com/user", None),
            ("https://evil.api.github.com/user", None),
            ("https://api.github.com.evil.example/user", None),
            ("https://api.github.com@evil.example/user", None),
            ("https://api.github.com\\@evil.example/user", None),
            ("//evil.example/user", None),
            ("https://api.github.com/a/../user", None),
            ("https://api.github.com/a/%2E%2e/user", None),
            ("https://[", None),
            ("", None),
            ("user\n", None),
        ],
    )
    def test_an_address_is_its_own_by_scheme_host_and_port(self, address, path):
        assert GITHUB.path_of(address) == path

    def test_and_by_the_beginning_of_its_path(self):
        assert SERVER.path_of("https://ghe.example.com:8443/api/v3/user") == "/user"
        assert SERVER.path_of("https://ghe.example.com:8443/api/v33/user") is None
        assert SERVER.path_of("https://ghe.example.com:8443/login") is None

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("https://ghe.example.com/", "https://ghe.example.com"),
            ("ghe.example.com", "https://ghe.example.com"),
            ("https://me:hunter2@ghe.example.com", "https://ghe.example.com"),
            ("https://ghe.example.com/?token=x", "https://ghe.example.com"),
            ("", "https://github.com"),
            ("javascript:alert(1)", "https://github.com"),
            ("https://[", "https://github.com"),
            ("ftp://ghe.example.com", "https://github.com"),
        ],
    )
    def test_links_are_made_from_an_address_that_holds_no_secret(self, text, address):
        assert read_web_address(text, otherwise="https://github.com") == address


NOW = datetime.now(UTC)
LIMITED, SECONDARY = "API rate limit exceeded for x", "You have exceeded a secondary rate limit"
PATIENCE = Patience(backoff=1, secondary_rate_wait=60)


class TestWaiting:
    @pytest.mark.parametrize(
        ("status", "headers", "reason", "seconds"),
        [
            (404, {"retry-after": "5"}, "", None),
            (403, {}, "no right", None),
            (403, {"retry-after": "soon"}, "no right", None),
            (403, {"retry-after": "5"}, "no right", 5),
            (403, {}, SECONDARY, 60),
            (403, {}, LIMITED, 4),
            (403, {"x-ratelimit-reset": str(int(NOW.timestamp()) - 5)}, LIMITED, 4),
            (403, {"x-ratelimit-reset": "soon"}, LIMITED, 4),
            (403, {"x-ratelimit-reset": "9" * 5_000}, LIMITED, 4),
            (403, {"x-ratelimit-reset": "٣"}, LIMITED, 4),
            (429, {}, "", 4),
            (429, {"retry-after": "0"}, "", 0),
            (429, {"retry-after": "-7"}, "", 4),
            (429, {"retry-after": "1.5"}, "", 4),
            (429, {"retry-after": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, "", 0),
            (429, {"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, "", 4),
            (429, {"retry-after": "1000000000"}, "", 1e9),
            (502, {}, "", 4),
            (503, {"retry-after": "9"}, "", 9),
            (503, {"retry-after": "1"}, "", 4),
        ],
    )
    def test_as_long_as_github_asks_in_words_that_mean_something(self, status, headers, reason, seconds):
        assert wait_asked_for(status, headers, reason, 2, PATIENCE) == seconds

    def test_until_the_limit_ends(self):
        reset = str(int(datetime.now(UTC).timestamp()) + 100)
        assert 99 <= wait_asked_for(403, {"x-ratelimit-reset": reset}, LIMITED, 0, PATIENCE) <= 101
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
        assert 98 <= wait_asked_for(429, {"retry-after": date}, "", 0, PATIENCE) <= 100

    def test_the_first_retry_comes_at_once_and_later_ones_ever_later(self):
        assert [Patience().pause(retry) for retry in range(9)] == [0, 1, 2, 4, 8, 16, 30, 30, 30]

    @pytest.mark.parametrize("text", ["", "-1", "1e9", "9" * 11, "٣", " 5"])
    def test_a_time_that_is_none_is_none(self, text):
        assert limit_resets({"x-ratelimit-reset": text}) is None


COMMENT = {
    "id": 5, "url": "https://api.github.com/repos/o/r/issues/comments/5", "body": "hello", "node_id": "x",
    "html_url": "https://github.com/o/r/pull/7#issuecomment-5", "user": {"login": "me", "id": 7},
}  # fmt: skip


def answer(body, status=200):
    path = "/repos/o/r/issues/comments/5"
    raw = RawAnswer(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())
    return read_answer(f"PATCH {path}", raw, shape_of("PATCH", path), GITHUB)


class TestShapes:
    def test_an_answer_is_cut_down_to_what_is_used(self):
        assert answer(COMMENT) == {
            **{key: COMMENT[key] for key in COMMENT if key != "node_id"},
            "user": {"login": "me"},
        }

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"id": "5"}, "in which `id` is a text, not a number"),
            ({"id": True}, "in which `id` is true or false, not a number"),
            ({"user": {"login": 7}}, "in which `user.login` is a number, not a name"),
            ({"user": {}}, "in which `user.login` is missing"),
            ({"html_url": "javascript:alert(1)"}, "in which `html_url` is a text, not a web address"),
            ({"html_url": "https://x/) [y](z"}, "in which `html_url` is a text, not a web address"),
            (
                {"url": "https://api.github.com/repos/o/r/hooks/5"},
                "in which `url` is a text, not an address of this API",
            ),
            ({"url": None}, "in which `url` is null, not an address of this API"),
        ],
    )
    def test_what_is_wrong_with_one_is_named(self, wrong, said):
        with pytest.raises(AnswerError) as caught:
            answer(COMMENT | wrong)
        assert caught.value.message == f"GitHub answered PATCH /repos/o/r/issues/comments/5 (200) with a comment {said}"

    @pytest.mark.parametrize(
        "branch", ["", "-x", "--upload-pack=x", "a b", "a\0b", "a\nb", "a..b:c", "x~1", "*", "\\x", ".x"]
    )
    def test_a_branch_has_a_name_that_git_takes(self, branch):
        pull = {"number": 7, "state": "open", "url": "https://api.github.com/repos/o/r/pulls/7"}
        head = {"ref": "größer/x-1", "sha": "a" * 40, "repo": None}
        shape = shape_of("GET", "/repos/o/r/pulls/7")
        good = {**pull, "head": head, "base": {"ref": "main"}}
        assert read_answer("GET x", RawAnswer(200, {}, json.dumps(good).encode()), shape, GITHUB) == good
        bad = {**good, "base": {"ref": branch}}
        with pytest.raises(AnswerError, match=r"`base\.ref` is a text, not the name of a branch"):
            read_answer("GET x", RawAnswer(200, {}, json.dumps(bad).encode()), shape, GITHUB)

    def test_a_request_without_a_shape_is_a_bug(self):
        with pytest.raises(LookupError, match="no shape is known for the answer to GET /repos/o/r/hooks"):
            shape_of("GET", "/repos/o/r/hooks")

    def test_an_answer_of_nothing_is_nothing(self):
        path = "/repos/o/r/issues/comments/5"
        assert read_answer("DELETE", RawAnswer(204, {}, b""), shape_of("DELETE", path), GITHUB) is None
        with pytest.raises(AnswerError, match=r"\(200\) with an object, not nothing \(204\)"):
            read_answer(f"DELETE {path}", RawAnswer(200, {}, b"{}"), shape_of("DELETE", path), GITHUB)

    def test_a_reason_is_one_short_line_without_the_token(self):
        raw = RawAnswer(422, {}, b'{"message": "no: ghs_x", "errors": ["a", {"message": "b"}, 7, {"message": []}]}')
        assert read_refusal("GET /user", raw, "ghs_x") == "no: *** (a) (b)"
        assert len(read_refusal("GET /user", RawAnswer(422, {}, b'{"message": "' + b"x" * 9_999 + b'"}'), "t")) == 300
