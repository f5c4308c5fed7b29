"""What this process has received through its TCP connections, as Linux counts it.

A storage's client may keep what it receives to itself until a part is complete, of which s3fs has ten of 50 MB each.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

_RECEIVED = struct.Struct("=Q")
_OFFSET = 128
"""Of `tcpi_bytes_received` in `struct tcp_info` of linux/tcp.h, since Linux 4.1."""
_FRESH_SECONDS = 0.5


class Received:
    """Bytes received so far, over connections that are closed by now too, as far as they were seen."""

    def __init__(self) -> None:
        self._of_connection: dict[str, int] = {}
        self._seen = 0.0
        self._lock = threading.Lock()

    def total(self) -> int:
        with self._lock:
            if monotonic() - self._seen >= _FRESH_SECONDS:
                self._of_connection |= dict(_connections())
                self._seen = monotonic()
            return sum(self._of_connection.values())


def can_count() -> bool:
    """Whether this system tells."""
    if sys.platform != "linux":
        return False
    with socket.socket() as unconnected:
        return _received(unconnected) is not None


def _connections() -> Iterator[tuple[str, int]]:
    """An open TCP connection's name in the kernel, which is never used again, and what was received through it."""
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208  as many as there are files open, twice a second
        with suppress(OSError):  # closed meanwhile, or no socket
            name = os.readlink(f"/proc/self/fd/{entry}")  # noqa: PTH115  the same
            if name.startswith("socket:"):
                with socket.socket(fileno=os.dup(int(entry))) as connection:
                    received = _received(connection)
                    if received is not None:
                        yield name, received


def _received(connection: socket.socket) -> int | None:
    with suppress(OSError):
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _OFFSET + _RECEIVED.size)
        if len(info) >= _OFFSET + _RECEIVED.size:
            return int(_RECEIVED.unpack_from(info, _OFFSET)[0])
    return None
