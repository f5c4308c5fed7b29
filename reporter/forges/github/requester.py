"""PyGithub's way to the network, replaced: each request is sent within bounds and each answer has its shape.

PyGithub trusts what it is told. Here, beneath it, redirects and page links are followed only within the API, a page that
came before ends a list, and an answer that is not what `github_shapes` says never reaches it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from github import Auth
from github.GithubException import RateLimitExceededExceedsMaxWait
from github.Requester import Requester
from requests.utils import parse_header_links

from reporter.forges.github.addresses import ApiAddress
from reporter.forges.github.answers import (
    AnswerError,
    RawAnswer,
    kept_failing,
    odd_status,
    read_answer,
    read_refusal,
)
from reporter.forges.github.retry import Patience, Waiting, is_rate_limit, wait_asked_for
from reporter.forges.github.shapes import shape_of, subject_of
from reporter.forges.github.transport import Transport

_USER_AGENT = "dvc-reporter"
_PER_PAGE = 100
_MOST_PAGES = 100
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 307, 308)
_DONE, _REFUSED = range(200, 300), 400
_BUSY = (429, *range(500, 1000))
"""Tried again whatever the body says, which is often not GitHub's own."""

_BYTES_PER_SECOND = 100_000
"""What a slow line still sends."""

_USUAL = 1.0
"""Seconds that an answer may take for nothing."""

_HEADER_CHARACTERS = 200
_TOLD = ("x-accepted-github-permissions", "x-ratelimit-reset")
"""Headers of a refusal that its message is made of."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    """As the API's description writes it, with its query."""
    headers: dict[str, str]
    content: bytes | None

    @property
    def asked(self) -> str:
        """What it is called in an error."""
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def writes(self) -> bool:
        return self.method != "GET" and self.path != "/graphql"  # of which we only ask

    @property
    def usual(self) -> float:
        return _USUAL + len(self.content or b"") / _BYTES_PER_SECOND


class PatientRequester(Requester):
    """What PyGithub's objects send their requests with. Each raises `AnswerError` where no usable answer comes, and
    PyGithub's `GithubException` where GitHub itself refuses.
    """

    def __init__(self, api: ApiAddress, token: str, patience: Patience) -> None:
        super().__init__(
            auth=Auth.Token(token),
            base_url=api.base,
            timeout=round(patience.timeout),
            user_agent=_USER_AGENT,
            per_page=_PER_PAGE,
            verify=True,
            retry=None,
            pool_size=None,
            lazy=True,
        )
        self._api, self._token, self._patience = api, token, patience
        self._transport, self._waiting = Transport(patience), Waiting(patience)
        self._last_write = float("-inf")
        self._pages: dict[str, frozenset[str]] = {}
        """Path of a page that another one has named as the next → the paths of all those before it."""

    def requestJsonAndCheck(  # noqa: N802  PyGithub's name
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        input: Any | None = None,  # noqa: A002  PyGithub's name
        follow_302_redirect: bool = False,
    ) -> tuple[dict[str, Any], Any]:
        """Send a request and return the headers and the JSON of its answer."""
        del follow_302_redirect  # within the API any redirect is followed, and none out of it
        path = self.add_parameters_to_url(self._path(url), parameters or {})
        content = None if input is None else json.dumps(input).encode()
        request = _Request(verb, path, self._headers(headers or {}, content), content)
        shape = shape_of(verb, path.partition("?")[0])
        raw = self._answer(request)
        if raw.status >= _REFUSED:
            raise self.createException(raw.status, self._told(raw), {"message": self._reason(request, raw)})
        if raw.status not in _DONE:
            raise odd_status(request.asked, raw)
        return self._links(request, raw), read_answer(request.asked, raw, shape, self._api)

    def _path(self, url: str) -> str:
        """Below the API's address. PyGithub writes addresses in full where an answer or its own base holds them."""
        if url == self.graphql_url:
            return "/graphql"
        path = url if url.startswith("/") else self._api.path_of(url)
        if path is None:
            raise ValueError("an address of another host has passed the shapes of the answers")
        return path

    def _headers(self, wanted: dict[str, str], content: bytes | None) -> dict[str, str]:
        # The token goes into this header and nowhere else.
        headers = {**wanted, "Authorization": f"token {self._token}", "User-Agent": _USER_AGENT}
        return headers if content is None else {**headers, "Content-Type": "application/json"}

    # ------------------------------------------------------------------ one answer, after as many tries as it takes

    def _answer(self, request: _Request) -> RawAnswer:
        for retry in range(self._patience.retries + 1):
            try:
                raw = self._try(request)
            except AnswerError as error:
                wait = self._patience.pause(retry)
                most = min(self._patience.network_retries, self._patience.retries)
                if not error.passing or retry >= most or wait >= self._waiting.left():
                    raise
            else:
                final = retry == self._patience.retries
                if (asked := self._wait_before_retry(request, raw, retry, final=final)) is None:
                    return raw
                wait = asked
            self._waiting.pause(wait)
        raise AssertionError("the last try returns or raises")

    def _wait_before_retry(self, request: _Request, raw: RawAnswer, retry: int, *, final: bool) -> float | None:
        """Seconds; None for an answer that is to be taken as it is."""
        if raw.status < _REFUSED:
            return None
        reason = "" if raw.status in _BUSY else self._reason(request, raw)
        wait = wait_asked_for(raw.status, raw.headers, reason, retry, self._patience)
        if wait is None or not (final or wait >= self._waiting.left()):
            return wait
        if is_rate_limit(raw.status, raw.headers, reason):
            raise RateLimitExceededExceedsMaxWait(raw.status, {"message": reason}, self._told(raw), wait=wait)
        raise kept_failing(request.asked, raw, "after all retries" if final else "and asks for too long a wait")

    def _reason(self, request: _Request, raw: RawAnswer) -> str:
        return read_refusal(request.asked, raw, self._token)

    def _told(self, raw: RawAnswer) -> dict[str, str]:
        told = {name: raw.headers[name].replace(self._token, "***") for name in _TOLD if name in raw.headers}
        return {name: value[:_HEADER_CHARACTERS] for name, value in told.items()}

    def _try(self, request: _Request) -> RawAnswer:
        """Send it once, and again to wherever within the API a renamed repository has gone."""
        path = request.path
        for _ in range(_MOST_REDIRECTS + 1):
            raw = self._send(request, path)
            if raw.status not in _REDIRECTS:
                return raw
            target = self._api.path_of(raw.headers.get("location", ""), path)
            if target is None or subject_of(target) != subject_of(request.path):
                raise AnswerError(
                    f"GitHub answered {request.asked} with a redirect ({raw.status}) to another address, "
                    "where the token does not go",
                    "let GITHUB_API_URL be the API's own address (https, no other host); "
                    "or a proxy or a sign-in page answers in GitHub's place",
                )
            path = target
        raise AnswerError(f"GitHub answered {request.asked} with more than {_MOST_REDIRECTS} redirects")

    def _send(self, request: _Request, path: str) -> RawAnswer:
        if self._waiting.left() <= 0:
            raise AnswerError(
                f"GitHub has kept this job waiting for {self._patience.in_all:.0f} s in all: {request.asked} is not sent",
                "look at https://www.githubstatus.com and run the job again",
            )
        self._keep_writes_apart(request)
        seconds = min(self._patience.whole_answer, self._waiting.left()) + request.usual
        with self._waiting.counted(request.usual):
            try:
                return self._transport.send(
                    request.asked, request.method, self._api.url(path), request.headers, request.content, seconds
                )
            finally:
                if request.writes:
                    self._last_write = time.monotonic()

    def _keep_writes_apart(self, request: _Request) -> None:
        if request.writes:
            time.sleep(max(0.0, self._last_write + self._patience.seconds_between_writes - time.monotonic()))

    # ------------------------------------------------------------------ pages

    def _links(self, request: _Request, raw: RawAnswer) -> dict[str, Any]:
        """The headers of an answer that PyGithub needs: the link to the next page."""
        before = self._pages.pop(_page(request.path), frozenset()) | {_page(request.path)}
        if request.method != "GET" or (address := _next_address(raw)) is None:
            return {}
        following = self._api.path_of(address)
        if following is None or subject_of(following) != subject_of(request.path):
            raise AnswerError(f"GitHub answered {request.asked} with a link to a next page that lies elsewhere")
        if _page(following) in before:
            raise AnswerError(f"GitHub answered {request.asked} with a link to a next page that came before")
        if len(before) >= _MOST_PAGES:
            raise AnswerError(f"GitHub answered {request.asked} with more than {_MOST_PAGES} pages")
        self._pages[_page(following)] = before
        return {"link": f'<{self._api.url(following)}>; rel="next"'}


def _page(path: str) -> str:
    """A page's name, whatever the order of its query and however its repository is written."""
    return f"{subject_of(path)}?{urlencode(sorted(parse_qsl(path.partition('?')[2])))}"


def _next_address(raw: RawAnswer) -> str | None:
    links = parse_header_links(raw.headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next" and link.get("url")), None)
