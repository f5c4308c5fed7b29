"""A GitHub in memory that answers PyGithub's real client over HTTP on loopback.

It keeps state (pull requests, comments, git objects, branches, checks), judges every request and answer by GitHub's own
description of its API, and refuses as GitHub does: rights of the token, 65,536 characters in a comment, page sizes,
branches that exist or have moved. What breaks the description is kept in `violations`, which tests assert to be empty.

    with FakeGitHub() as github:
        github.open_pull(7, head_sha="…")
        … client at github.api_url with the token github.token …
        assert github.comments[0].body == "…"

As a process of its own: `python -m tests.fakes.github --port 8080 --pull 7:SHA`; tests read its state from /_fake/state.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.github_endpoints import Endpoints
from tests.fakes.github_faults import Fault
from tests.fakes.github_objects import (
    CheckRun,
    Comment,
    CommitStatus,
    Entry,
    GitStore,
    Pull,
    Token,
    actions_token,
)
from tests.fakes.github_routes import Answer, Refusal, Route, find_route
from tests.fakes.github_shapes import violations_of_answer, violations_of_request


class Request(NamedTuple):
    method: str
    path: str
    token: str | None
    body: Any
    at: float
    """Seconds, monotonic."""


@dataclass
class Trouble:
    """An answer that GitHub gives instead of doing what it is asked."""

    method: str
    path: re.Pattern[str]
    status: int
    times: int
    message: str
    headers: dict[str, str]
    after: bool = False
    """Do it all the same, and answer badly only then."""


@dataclass
class FakeGitHub:
    repository: str = "octo/flights"
    prefix: str = ""
    """`/api/v3` makes it a GitHub Enterprise Server."""
    private: bool = False
    tokens: dict[str, Token] = field(default_factory=lambda: {"ghs_actions": actions_token()})
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    git: GitStore = field(default_factory=GitStore)
    checks: list[CheckRun] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    protected_refs: set[str] = field(default_factory=set)
    tree_listing: int = 100_000
    """Entries of a recursive listing before it is cut off."""
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """Answers that nothing of GitHub's has written."""
    before: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)
    """(method, part of a path) → what happens just before the next such request, once."""
    viewer: str = ""
    """Whom GraphQL calls the viewer, if not the token's login."""
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._ids = iter(range(1001, 10**9))

    # ------------------------------------------------------------------ running it

    def __enter__(self) -> Self:
        fake = self

        class Handler(_Handler):
            github = fake

        self._server = _Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def server_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return self.server_url + self.prefix

    @property
    def token(self) -> str:
        """The first of its tokens."""
        return next(iter(self.tokens))

    # ------------------------------------------------------------------ what tests set up and read back

    def open_pull(self, number: int, head_sha: str, **details: Any) -> Pull:
        self.pulls[number] = Pull(number, head_sha, **details)
        return self.pulls[number]

    def add_comment(self, pull: int, login: str, body: str) -> Comment:
        comment = Comment(next(self._ids), pull, login, body)
        self.comments.append(comment)
        return comment

    def add_files(self, branch: str, files: dict[str, bytes], message: str = "by someone else") -> str:
        """A commit on a branch, as another client would make it."""
        ref = f"refs/heads/{branch}"
        parents = (self.git.refs[ref],) if ref in self.git.refs else ()
        present = self.git.files(self.git.commits[parents[0]].tree) if parents else {}
        present |= {path: Entry("100644", "blob", self.git.add_blob(content)) for path, content in files.items()}
        self.git.refs[ref] = self.git.add_commit(self.git.add_tree(present), parents, message).sha
        return self.git.refs[ref]

    def fail(
        self,
        status: int,
        message: str,
        *,
        times: int = 1,
        method: str = "",
        path: str = "",
        after: bool = False,
        **headers: str,
    ) -> None:
        """Answer the next requests of this method, whose path matches, with this status. Headers as `Retry_After="1"`."""
        self.troubles.append(Trouble(method, re.compile(path), status, times, message, headers, after))

    def picture(self, address: str) -> bytes | None:
        """What a signed-in reader's browser shows for the address of a picture in a comment."""
        pattern = re.escape(f"{self.server_url}/{self.repository}/blob/") + r"([^/]+)/(.+)\?raw=true"
        match = re.fullmatch(pattern, address)
        return self.git.read(match[1], unquote(match[2])) if match else None

    def sent(self, method: str, path: str = "") -> list[Request]:
        """Requests so far."""
        return [each for each in self.requests if each.method == method and re.search(path, each.path)]

    def state(self) -> dict[str, Any]:
        """All of it, for a test in another process."""
        return {
            "comments": [vars(comment) for comment in self.comments],
            "checks": [check.body for check in self.checks],
            "statuses": [{"sha": status.sha, **status.body} for status in self.statuses],
            "branches": {
                ref.removeprefix("refs/heads/"): sorted(self.git.files(self.git.commits[sha].tree))
                for ref, sha in self.git.refs.items()
            },
            "violations": self.violations,
        }

    # ------------------------------------------------------------------ one request

    def handle(
        self, method: str, target: str, authorization: str | None, raw: bytes
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body of the answer to one request."""
        parts = urlsplit(target)
        if parts.path == "/_fake/state":
            return 200, {}, self.state()
        path = unquote(parts.path).removeprefix(self.prefix)
        if path == "/api/graphql" or (self.prefix and parts.path == "/api/graphql"):
            path = "/graphql"
        secret = (authorization or "").removeprefix("token ").removeprefix("Bearer ") or None
        with self._lock:
            try:
                return self._answered(method, path, parse_qs(parts.query), secret, raw)
            except Refusal as refusal:
                shape = "ValidationError" if refusal.status == 422 else "BasicError"
                self._note(f"{method} {path} → {refusal.status}", violations_of_answer(shape, refusal.body))
                return refusal.status, refusal.headers, refusal.body
            except Exception:  # noqa: BLE001  a mistake in the fake must show in the test, not as a closed connection
                self.violations.append(traceback.format_exc())
                return 400, {}, {"message": "the fake is broken; see its violations"}

    def _answered(
        self, method: str, path: str, query: dict[str, list[str]], secret: str | None, raw: bytes
    ) -> tuple[int, dict[str, str], Any]:
        body = json.loads(raw) if raw else None
        self.requests.append(Request(method, path, secret, body, time.monotonic()))
        self._happen_before(method, path)
        trouble = self._trouble(method, path)
        if trouble and not trouble.after:
            raise Refusal(trouble.status, trouble.message, **trouble.headers)
        if secret not in self.tokens:
            raise Refusal(401, "Bad credentials")
        route, arguments = find_route(method, path)
        if f"{arguments.pop('owner', '')}/{arguments.pop('name', '')}" not in ("/", self.repository):
            raise Refusal(404, "Not Found")
        if route.request:
            self._check_request(route, body)
        call = Endpoints(self, self.tokens[secret], path, body, query)
        found = getattr(call, route.handler)(**arguments)
        found = found if isinstance(found, Answer) else Answer(found)
        if trouble:
            raise Refusal(trouble.status, trouble.message, **trouble.headers)
        if route.answer:
            self._note(f"{method} {path} answers", violations_of_answer(route.answer, found.body))
        return route.status, found.headers, found.body

    def _happen_before(self, method: str, path: str) -> None:
        for key in [key for key in self.before if key[0] == method and key[1] in path]:
            self.before.pop(key)()

    def _trouble(self, method: str, path: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.times and trouble.method in ("", method) and trouble.path.search(path):
                trouble.times -= 1
                return trouble
        return None

    def fault(self, method: str, path: str) -> Fault | None:
        """The first one that hits the request; it is used up by that."""
        with self._lock:
            found = next((each for each in self.faults if each.hits(method, path)), None)
            if found:
                found.times -= 1
            return found

    def _check_request(self, route: Route, body: Any) -> None:
        if found := violations_of_request(route.request, body):
            self._note(f"{route.method} {route.path.pattern} was sent", found)
            raise Refusal(422, f"Invalid request: {found[0]}")

    def _note(self, where: str, found: list[str]) -> None:
        self.violations.extend(f"{where}: {each}" for each in found)

    def next_id(self) -> int:
        return next(self._ids)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up on a fault, or a fault that hangs up on it, is no error of the server's."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    github: FakeGitHub
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: in two, the second waits for the first one's acknowledgement
    disable_nagle_algorithm = True

    def _respond(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = self.github.handle(self.command, self.path, self.headers.get("Authorization"), raw)
        if fault := self.github.fault(self.command, self.path):
            fault.spoil(self, status, headers, body)
            return
        content = b"" if status == HTTPStatus.NO_CONTENT else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _respond  # noqa: N815  names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is its own."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A GitHub in memory, on loopback, until it is interrupted.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one, printed as the first line")
    parser.add_argument("--repository", default="octo/flights")
    parser.add_argument("--token", default="ghs_actions", help="what the workflow's GITHUB_TOKEN is")
    parser.add_argument("--pull", metavar="NUMBER:SHA", action="append", default=[], help="an open pull request")
    options = parser.parse_args(arguments)
    with FakeGitHub(
        repository=options.repository, port=options.port, tokens={options.token: actions_token()}
    ) as github:
        for pull in options.pull:
            number, _, sha = pull.partition(":")
            github.open_pull(int(number), sha)
        print(github.api_url, flush=True)  # noqa: T201  what this program is asked for
        threading.Event().wait()


if __name__ == "__main__":
    main()
