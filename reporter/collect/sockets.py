"""What this process has received and sent through its TCP connections, as Linux counts it.

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

_COUNTS = struct.Struct("=QQ")
_OFFSET = 120
"""Of `tcpi_bytes_acked`, with `tcpi_bytes_received` behind it, in `struct tcp_info` of linux/tcp.h, since Linux 4.1."""
_FRESH_SECONDS = 0.5


class Received:
    """Bytes received so far, over connections that are closed by now too, as far as they were seen."""

    def __init__(self) -> None:
        self._of_connection: dict[str, int] = {}
        self._seen = 0.0
        self._lock = threading.Lock()

    def total(self) -> int:
        """Bytes by now; the connections are looked at no more than twice a second."""
        with self._lock:
            if monotonic() - self._seen >= _FRESH_SECONDS:
                self._of_connection |= {name: received for name, (_, received) in _connections()}
                self._seen = monotonic()
            return sum(self._of_connection.values())


class Traffic:
    """Bytes in both directions; of those sent, the ones that have arrived."""

    def __init__(self) -> None:
        self._of_connection: dict[str, int] = {}
        self.is_open = False
        """Whether there was any connection when it was last counted."""

    def total(self) -> int:
        """Bytes by now. Sets `is_open` anew."""
        found = {name: sum(counts) for name, counts in _connections()}
        self.is_open = bool(found)
        self._of_connection |= found
        return sum(self._of_connection.values())


def can_count() -> bool:
    """Whether this system tells."""
    if sys.platform != "linux":
        return False
    with socket.socket() as unconnected:
        return _counts(unconnected) is not None


def _connections() -> Iterator[tuple[str, tuple[int, int]]]:
    """An open TCP connection's name in the kernel, and what was sent and received through it."""
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208  as many as there are files open, twice a second
        with suppress(OSError):  # closed meanwhile, or no socket
            name = os.readlink(f"/proc/self/fd/{entry}")  # noqa: PTH115  the same
            if name.startswith("socket:"):
                with socket.socket(fileno=os.dup(int(entry))) as connection:
                    counts = _counts(connection)
                    if counts is not None:
                        yield name, counts


def _counts(connection: socket.socket) -> tuple[int, int] | None:
    """Bytes sent and received; None where the kernel does not tell, or it is no TCP connection."""
    with suppress(OSError):
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _OFFSET + _COUNTS.size)
        if len(info) >= _OFFSET + _COUNTS.size:
            sent, received = _COUNTS.unpack_from(info, _OFFSET)
            return sent, received
    return None
