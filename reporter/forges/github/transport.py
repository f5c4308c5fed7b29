"""Sends one request and brings back its answer whole, within bounds of time and size that no server can move.

PyGithub's own connections read bodies of any size, inflate whatever is compressed, and wait for as long as one byte comes
before each time-out.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any, TypeVar

import requests
from urllib3.exceptions import HTTPError

from reporter.forges.github.answers import AnswerError, RawAnswer
from reporter.forges.github.retry import Patience

ANSWER_BYTES = 16 * 1024 * 1024
"""100 comments of 65,536 characters, and as much again."""

_PIECE = 64 * 1024
_GZIP = 31
"""zlib's word for a stream with a gzip header."""

_LOOK_AT_THE_NETWORK = "check the network of this machine and, on GitHub Enterprise, GITHUB_API_URL"

T = TypeVar("T")


class _TooLongError(Exception):
    """Something goes on for longer than anybody waits for it."""


class Transport:
    """One connection to GitHub, kept open between requests."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._session: requests.Session | None = None

    def send(
        self, asked: str, method: str, url: str, headers: dict[str, str], content: bytes | None, seconds: float
    ) -> RawAnswer:
        """One request, tried once; redirects are answers. `asked` names it in an `AnswerError`."""
        session = self._session = self._session or requests.Session()
        headers = {**headers, "Accept-Encoding": "gzip"}

        def work() -> RawAnswer:
            with self._exchange(session, method, url, headers, content) as response:
                body = b"".join(_bounded(asked, _inflated(asked, response, _pieces(asked, response))))
                return RawAnswer(response.status_code, response.headers, body)

        try:
            return _within(seconds, work)
        except _TooLongError:
            self._session = None  # whatever still waits for it shares nothing with later requests
            raise AnswerError(
                f"GitHub has not finished its answer to {asked} after {seconds:.0f} s",
                _LOOK_AT_THE_NETWORK,
                passing=True,
            ) from None
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            raise _unreachable(error) from None  # its request holds the token

    def _exchange(
        self, session: requests.Session, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> requests.Response:
        """The head of an answer, its body still to be read.

        Not by the session itself: even where it follows no redirect it reads the whole body of one.
        """
        # With an `auth` of ours no .netrc puts its own password into the request.
        request = requests.Request(method, url, headers=headers, data=content, auth=_as_it_is)
        settings: Any = session.merge_environment_settings(url, {}, True, None, None)
        adapter = session.get_adapter(url)
        return adapter.send(session.prepare_request(request), timeout=self._patience.timeout, **settings)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Do it in a thread of its own, which is left behind if it takes longer.

    No time-out of a socket ends all that can take for ever: names that do not resolve, headers that come byte by byte.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001  raised again below, where somebody waits for it
            outcome.set_exception(error)

    thread = Thread(target=run, name="reporter-request", daemon=True)
    thread.start()
    if not wait({outcome}, max(0.0, seconds)).done:
        raise _TooLongError
    thread.join()  # the reader of a project may fork only where no other thread runs
    return outcome.result()


def _pieces(asked: str, response: requests.Response) -> Iterator[bytes]:
    try:
        while piece := response.raw.read(_PIECE, decode_content=False):
            yield piece
    except HTTPError as error:
        raise _cut_off(asked, type(error).__name__) from None


def _cut_off(asked: str, kind: str) -> AnswerError:
    return AnswerError(f"GitHub's answer to {asked} was cut off ({kind})", _LOOK_AT_THE_NETWORK, passing=True)


def _inflated(asked: str, response: requests.Response, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The body as it was before it was compressed, in pieces of a bounded size."""
    encoding = response.headers.get("content-encoding", "").strip().lower() or "identity"
    if encoding == "identity":
        yield from pieces
        return
    if encoding not in ("gzip", "x-gzip"):
        raise AnswerError(f"GitHub answered {asked} in an encoding that was not asked for")
    inflater, came = zlib.decompressobj(_GZIP), False
    try:
        for piece in pieces:
            rest, came = piece, True
            while rest and not inflater.eof:
                yield inflater.decompress(rest, _PIECE)
                rest = inflater.unconsumed_tail
        yield inflater.flush()  # what a full piece had no room for
    except zlib.error:
        raise AnswerError(f"GitHub answered {asked} with broken gzip") from None
    if came and not inflater.eof:
        raise _cut_off(asked, "gzip")


def _bounded(asked: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > ANSWER_BYTES:
            raise AnswerError(f"GitHub answered {asked} with more than {ANSWER_BYTES // 1024 // 1024} MiB")
        yield piece


def _unreachable(error: Exception) -> AnswerError:
    kind = type(error).__name__
    match error:
        case requests.exceptions.SSLError():
            hint = "the certificate that came is not one this machine trusts: let REQUESTS_CA_BUNDLE name its authority"
            return AnswerError(f"GitHub cannot be reached ({kind})", hint)
        case requests.exceptions.ProxyError():
            hint = "the proxy of this machine (HTTPS_PROXY, HTTP_PROXY) refuses or cannot be reached"
            return AnswerError(f"GitHub cannot be reached ({kind})", hint, passing=True)
        case requests.ConnectionError() | requests.Timeout():
            return AnswerError(f"GitHub cannot be reached ({kind})", _LOOK_AT_THE_NETWORK, passing=True)
        case _:
            return AnswerError(f"GitHub cannot be reached ({kind})", _LOOK_AT_THE_NETWORK)
