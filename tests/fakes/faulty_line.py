"""A TCP line between a client and a server on loopback that misbehaves: slow, cut, or dead."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 4096
_PORTION_SECONDS = 0.05


class FaultyLine:
    """Faults concern what the server sends. Each connection that it is asked for is counted."""

    def __init__(self, server: int) -> None:
        self._server = server
        self.bytes_per_second: float | None = None
        self.cut_after: int | None = None
        """Bytes of a connection, after which both of its ends are reset."""
        self.cuts_left: int | None = None
        """How often; None: every time."""
        self.silent = False
        """Connections are accepted, and that is all."""
        self.connections = 0
        self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._open: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                self._open.append(client)
                if not self.silent:
                    server = socket.create_connection(("127.0.0.1", self._server))
                    self._open.append(server)
                    self._in_thread(self._pass_on, client, server)
                    self._in_thread(self._misbehave, server, client)

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for each in (self._listening, *self._open):
            each.close()

    @staticmethod
    def _in_thread(work, *ends: socket.socket) -> None:
        threading.Thread(target=work, args=ends, daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def _misbehave(self, server: socket.socket, client: socket.socket) -> None:
        sent = 0
        with suppress(OSError):
            while data := server.recv(self._portion()):
                if self._cuts_now(sent + len(data)):
                    client.sendall(data[: (self.cut_after or 0) - sent])
                    self._reset(client, server)
                    return
                client.sendall(data)
                sent += len(data)
                if self.bytes_per_second:
                    time.sleep(len(data) / self.bytes_per_second)
            client.shutdown(socket.SHUT_WR)

    def _portion(self) -> int:
        return max(1, int(self.bytes_per_second * _PORTION_SECONDS)) if self.bytes_per_second else _CHUNK

    def _cuts_now(self, total: int) -> bool:
        if self.cut_after is None or total <= self.cut_after or self.cuts_left == 0:
            return False
        self.cuts += 1
        if self.cuts_left is not None:
            self.cuts_left -= 1
        return True

    @staticmethod
    def _reset(*ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def faulty_line(server: int) -> Iterator[FaultyLine]:
    """A line to the port `server`, without a fault until one is set."""
    line = FaultyLine(server)
    thread = threading.Thread(target=line.serve, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join(5)
