"""What may come back instead of GitHub's answer: from a proxy, a sign-in page, a broken line, or somebody malicious.

    github.faults.append(Fault("GET", r"issues/7/comments", body(b"null")))

The request is carried out all the same; only its answer is replaced.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
JSON_TYPE = "application/json; charset=utf-8"

Spoil = Callable[[BaseHTTPRequestHandler, int, dict[str, str], Any], None]
"""Answers a request in its own way, given the true answer's status, headers and JSON."""


@dataclass
class Fault:
    method: str
    path: str
    """A pattern found anywhere in the path."""
    spoil: Spoil
    times: int = 1_000_000

    def hits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and re.search(self.path, path) is not None


def body(content: bytes, status: int = 200, content_type: str = JSON_TYPE, **headers: str) -> Spoil:
    """A body instead. Headers as `Retry_After="soon"`."""

    def spoil(handler: BaseHTTPRequestHandler, *_: object) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        _send(handler, status, {"Content-Type": content_type, **named}, content)

    return spoil


def page(status: int = 200) -> Spoil:
    return body(HTML, status, "text/html; charset=utf-8")


def refusal(status: int, message: object, errors: object = None, **headers: str) -> Spoil:
    return body(json.dumps({"message": message, "errors": errors}).encode(), status, **headers)


def redirect(status: int, to: str) -> Spoil:
    """`{path}` stands for the path that was asked for, `{tail}` for what follows the repository in it."""

    def spoil(handler: BaseHTTPRequestHandler, *_: object) -> None:
        tail = handler.path.split("/", 4)[-1]
        location = to.replace("{path}", handler.path).replace("{tail}", tail)
        _send(handler, status, {"Location": location}, b'{"message": "Moved"}')

    return spoil


def linked(link: str, instead: Any = None) -> Spoil:
    """The true answer, or another one, with this `Link` header. `{url}` stands for the address that was asked for,
    `{base}` for the same without its query, `{n}` for a number that grows.
    """
    numbers = iter(range(2, 1_000_000))

    def spoil(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: Any) -> None:
        url = f"http://{handler.headers['Host']}{handler.path}"
        value = link.replace("{url}", url).replace("{base}", url.partition("?")[0]).replace("{n}", str(next(numbers)))
        content = json.dumps(instead or content).encode()
        _send(handler, status, {**headers, "Content-Type": JSON_TYPE, "Link": value}, content)

    return spoil


def changed(change: Callable[[Any], Any], status: int | None = None) -> Spoil:
    """The true answer, with this done to its JSON."""

    def spoil(handler: BaseHTTPRequestHandler, true_status: int, headers: dict[str, str], content: Any) -> None:
        content = json.dumps(change(json.loads(json.dumps(content)))).encode()
        _send(handler, status or true_status, {**headers, "Content-Type": JSON_TYPE}, content)

    return spoil


def compressed(content: bytes, encoding: str = "gzip") -> Spoil:
    return body(gzip.compress(content) if encoding == "gzip" else content, Content_Encoding=encoding)


def bomb(size: int) -> Spoil:
    """A small body that inflates to this many bytes."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [deflater.compress(b" " * 1_000_000) for _ in range(size // 1_000_000)]
    return body(b"".join([*pieces, deflater.flush()]), Content_Encoding="gzip")


def endless(sent: list[int] | None = None) -> Spoil:
    """300 MB of JSON, or as much of it as is read."""

    def spoil(handler: BaseHTTPRequestHandler, *_: object) -> None:
        _head(handler, 200, {"Content-Type": JSON_TYPE, "Content-Length": str(300_000_000)})
        with suppress(OSError):
            for _ in range(300):
                handler.wfile.write(b"[" + b" " * 999_999)
                if sent is not None:
                    sent.append(1_000_000)
        handler.close_connection = True

    return spoil


def cut_off(*, chunked: bool = False) -> Spoil:
    """The first half of the true answer, and then nothing: the connection is closed."""

    def spoil(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: Any) -> None:
        whole = json.dumps(content).encode()
        length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(whole) + 1)}
        _head(handler, status, {**headers, "Content-Type": JSON_TYPE, **length})
        handler.wfile.write(f"{len(whole) + 1:x}\r\n".encode() if chunked else b"")
        handler.wfile.write(whole[: len(whole) // 2])
        handler.close_connection = True

    return spoil


def reset(handler: BaseHTTPRequestHandler, *_: object) -> None:
    """No answer: the connection is torn down."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def raw(content: bytes) -> Spoil:
    """These bytes, whatever HTTP says."""

    def spoil(handler: BaseHTTPRequestHandler, *_: object) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return spoil


def drip(start: bytes, pieces: Iterator[bytes] | None = None, seconds: float = 0.02) -> Spoil:
    """These bytes at once, and then one after the other for as long as somebody listens."""

    def spoil(handler: BaseHTTPRequestHandler, *_: object) -> None:
        handler.close_connection = True
        with suppress(OSError, ValueError):
            handler.wfile.write(start)
            for _ in range(5_000):
                handler.wfile.write(next(pieces) if pieces else b" ")
                handler.wfile.flush()
                time.sleep(seconds)

    return spoil


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def _send(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes) -> None:
    empty = status in (204, 304)
    _head(handler, status, headers if empty else {**headers, "Content-Length": str(len(content))})
    handler.wfile.write(b"" if empty else content)
