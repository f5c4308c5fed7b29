"""Transfers that may not last: each on a thread that can be left behind, watched for how much arrives and how often it breaks off.

The clients of storages retry, resume and wait each in a way of their own, some for ever. What is the same for all of them
is whether bytes arrive.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Generic, TypeVar

from reporter.collect.sockets import Received, can_count

T = TypeVar("T")
Item = TypeVar("Item")

_LOOK_SECONDS = 1.0
_LOOKS = 20
"""In the time that a storage may be too slow, at least."""


@dataclass(frozen=True, slots=True)
class Patience:
    """With a storage."""

    slowest: int = 1024
    """Bytes a second."""
    seconds: float = 60.0
    """For which it may be slower than that."""
    cuts: int = 3
    """How often one transfer may break off before it is given up."""
    blind_seconds: float = 600.0
    """In place of `seconds` where the system does not tell what arrives, and a client may tell late."""


class StalledError(Exception):
    """A storage is too slow. `received`: bytes that did arrive in the last `seconds`."""

    def __init__(self, received: int, slowest: int, seconds: float) -> None:
        super().__init__("too slow")
        self.received = received
        self.slowest = slowest
        self.seconds = seconds


class CutError(Exception):
    """A storage broke a transfer off, time and again; its cause is the last of the client's errors."""

    def __init__(self, times: int) -> None:
        super().__init__("broken off")
        self.times = times


class Transfer(Generic[T]):
    """One call of a storage's client, begun at once."""

    def __init__(self, work: Callable[[Transfer[T]], T], target: Path | None = None) -> None:
        """`target` is the file that grows by it, for clients that tell nothing themselves."""
        from fsspec.callbacks import Callback  # DVC has loaded it

        self.callback = Callback()
        """For the client to count bytes with."""
        self._target = target
        self._result: Future[T] = Future()
        threading.Thread(target=self._do, args=(work,), name="reporter-transfer", daemon=True).start()

    def _do(self, work: Callable[[Transfer[T]], T]) -> None:
        try:
            self._result.set_result(work(self))
        except BaseException as error:  # noqa: BLE001  raised where the result is asked for
            self._result.set_exception(error)

    @property
    def received(self) -> int:
        """Bytes, as far as the client tells or the file shows."""
        told = int(self.callback.value)
        if told or self._target is None:
            return told
        try:
            return self._target.stat().st_size
        except OSError:
            return 0

    def ends_within(self, seconds: float) -> bool:
        """Wait so many seconds at most for the client to end, be it with an error; whether it has."""
        try:
            self._result.exception(seconds)
        except TimeoutError:
            return False
        return True

    def result(self) -> T:
        """Raises whatever the client raised."""
        return self._result.result()


class Watch:
    """Over all transfers from the storages of a project."""

    def __init__(self, patience: Patience, tell: Callable[[int], None]) -> None:
        """`tell` is told how many bytes have arrived by now, from any thread."""
        self._patience = patience
        self._tell = tell
        self._sockets = Received() if can_count() else None
        self._done = 0
        self._running: set[Transfer[Any]] = set()
        self._lock = threading.Lock()

    def bring(self, work: Callable[[Transfer[T]], T], target: Path | None, check: Callable[[], None]) -> T:
        """Do `work`. Raises what it raises, what `check` raises meanwhile, and StalledError.

        Where it is given up its thread is left to itself: `target` must be a file of its own.
        """
        transfer = Transfer(work, target)
        pace = _Pace(self._patience.slowest, self._seconds, self._received_by_sockets())
        with self._lock:
            self._running.add(transfer)
        try:
            while not transfer.ends_within(min(_LOOK_SECONDS, self._seconds / _LOOKS)):
                check()
                pace.check(transfer.received, self._received_by_sockets(), len(self._running))
                self._tell(self.received)
            return transfer.result()
        finally:
            with self._lock:
                self._running.discard(transfer)
                self._done += transfer.received

    @property
    def received(self) -> int:
        """Bytes, of all transfers."""
        with self._lock:
            told = self._done + sum(transfer.received for transfer in self._running)
        return max(told, self._received_by_sockets())

    @property
    def _seconds(self) -> float:
        return self._patience.blind_seconds if self._sockets is None else self._patience.seconds

    def _received_by_sockets(self) -> int:
        return self._sockets.total() if self._sockets is not None else 0


class _Pace:
    """Of one transfer. What the client keeps to itself shows in what the process receives, of which each transfer has its part."""

    def __init__(self, slowest: int, seconds: float, by_sockets: int) -> None:
        self._slowest = slowest
        self._seconds = seconds
        self._since = monotonic()
        self._then = (0, by_sockets)

    def check(self, told: int, by_sockets: int, transfers: int) -> None:
        """Raises StalledError."""
        enough = self._slowest * self._seconds
        more = told - self._then[0], by_sockets - self._then[1]
        if more[0] >= enough or more[1] >= enough * transfers:
            self._since, self._then = monotonic(), (told, by_sockets)
        elif monotonic() - self._since >= self._seconds:
            raise StalledError(max(more), self._slowest, self._seconds)


def at_once(do: Callable[[Item], None], items: Iterable[Item], threads: int) -> None:
    """`do` with each item, several at a time; unlike those of an executor, no thread keeps the process from ending.

    Raises what the first call raised that failed; the items that are left by then are left.
    """
    waiting = deque(items)
    failures: list[BaseException] = []

    def work() -> None:
        while not failures:
            try:
                do(waiting.popleft())
            except IndexError:
                return
            except BaseException as error:  # noqa: BLE001  raised where it is waited for
                failures.append(error)

    workers = [threading.Thread(target=work, name="reporter-storage", daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
