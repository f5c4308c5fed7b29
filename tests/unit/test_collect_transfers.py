"""What counts as too slow, and what is left behind."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from reporter.collect.sockets import Received, can_count
from reporter.collect.transfers import Patience, StalledError, Transfer, Watch, at_once

PATIENCE = Patience(slowest=1000, seconds=0.5)


def watch(patience: Patience = PATIENCE) -> Watch:
    return Watch(patience, lambda _: None)


def unchecked() -> None:
    """Nothing else is wrong."""


def counting(bytes_each: int, times: int):
    """Work whose client counts `bytes_each` bytes every 0.1 s."""

    def work(transfer: Transfer[str]) -> str:
        for _ in range(times):
            time.sleep(0.1)
            transfer.callback.relative_update(bytes_each)
        return "done"

    return work


def test_what_comes_in_time_is_given_back():
    assert watch().bring(lambda _: "done", None, unchecked) == "done"


def test_what_the_client_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        watch().bring(lambda _: 1 / 0, None, unchecked)


def test_a_client_that_counts_enough_may_take_its_time():
    assert watch().bring(counting(150, 15), None, unchecked) == "done"


def test_one_that_counts_too_little_is_given_up():
    with pytest.raises(StalledError) as caught:
        watch().bring(counting(50, 100), None, unchecked)
    assert 0 < caught.value.received < 500


def test_a_file_that_grows_counts_where_the_client_does_not(tmp_path):
    target = tmp_path / "object"

    def work(_: Transfer[str]) -> str:
        with target.open("wb", buffering=0) as file:
            for _ in range(15):
                time.sleep(0.1)
                file.write(bytes(150))
        return "done"

    assert watch().bring(work, target, unchecked) == "done"


@pytest.mark.skipif(not can_count(), reason="only Linux tells what arrives")
def test_bytes_that_the_client_keeps_to_itself_count():
    """As s3fs keeps parts of 50 MB."""
    received = b""

    def work(_: Transfer[str]) -> str:
        nonlocal received
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            here, _ = server.accept()
            with here:
                for _ in range(15):
                    time.sleep(0.1)
                    here.sendall(bytes(150))
                    received += client.recv(150)
        return "done"

    assert watch().bring(work, None, unchecked) == "done"
    assert len(received) == 15 * 150


@pytest.mark.skipif(not can_count(), reason="only Linux tells what arrives")
def test_what_came_over_a_connection_that_is_closed_by_now_stays_counted():
    received = Received()
    before = received.total()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        here, _ = server.accept()
        with here:
            here.sendall(bytes(5000))
            client.recv(5000, socket.MSG_WAITALL)
            time.sleep(0.6)
            assert received.total() >= before + 5000
    time.sleep(0.6)
    assert received.total() >= before + 5000


def test_a_call_that_never_returns_is_left_behind():
    forever = threading.Event()
    started = time.monotonic()
    with pytest.raises(StalledError):
        watch().bring(lambda _: forever.wait(), None, unchecked)
    assert time.monotonic() - started < 5
    left = [thread for thread in threading.enumerate() if thread.name == "reporter-transfer"]
    assert left
    assert all(thread.daemon for thread in left), "the process may end without it"
    forever.set()


def test_another_transfer_s_end_is_this_one_s_too():
    """A storage that was given up is not waited for by those that are under way."""

    def check() -> None:
        raise KeyError("given up")

    forever = threading.Event()
    with pytest.raises(KeyError):
        watch().bring(lambda _: forever.wait(), None, check)
    forever.set()


def test_it_is_told_what_has_arrived():
    told: list[int] = []
    Watch(PATIENCE, told.append).bring(counting(150, 5), None, unchecked)
    assert max(told) >= 450


def test_several_at_once_are_no_more_than_asked_for():
    running, most, done = [], [], []

    def work(item: int) -> None:
        running.append(item)
        most.append(len(running))
        time.sleep(0.02)
        running.remove(item)
        done.append(item)

    at_once(work, range(20), 4)
    assert sorted(done) == list(range(20))
    assert 1 < max(most) <= 4


def test_a_bug_in_one_of_several_is_raised():
    with pytest.raises(ZeroDivisionError):
        at_once(lambda item: 1 / item, [1, 2, 0, 3], 2)
