"""No address in a message holds a password or a signature."""

from __future__ import annotations

import pytest

from reporter.collect.problems import Problems, UnreadableError
from reporter.collect.redaction import one_line, without_folders, without_secrets
from reporter.model.problem import ProblemKind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:pa$$w0rd@host/x", "https://host/x"),
        ("fatal: 'https://x-access-token:ghs_abc@github.com/o/r' denied", "fatal: 'https://github.com/o/r' denied"),
        (
            "GET https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Credential=d failed",
            "GET https://b.s3.amazonaws.com/k failed",
        ),
        ("https://host/x?sig=abc", "https://host/x"),
        ("s3://bucket/path", "s3://bucket/path"),
        ("a@b, no address", "a@b, no address"),
        ("ssh://me@host:22/x and https://t@h/y", "ssh://host:22/x and https://h/y"),
    ],
)
def test_addresses_lose_user_password_and_query(text, expected):
    assert without_secrets(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/alice/work/registry", "…/registry"),
        ("/home/alice/work/registry/", "…/registry"),
        ("file:///srv/git/registry", "…/registry"),
        ("~/registry", "…/registry"),
        (r"C:\Users\alice\data.csv", "…/data.csv"),
        ("'/tmp/a b/q' does not exist", "'…/a b/q' does not exist"),
        ("[Errno 2] No such file: '/mnt/d/x.csv', and /mnt/d/y.csv", "[Errno 2] No such file: '…/x.csv', and …/y.csv"),
        ("https://host/a/b: d", "https://host/a/b: d"),
        ("s3://bucket/a/b", "s3://bucket/a/b"),
        ("git@host:team/registry", "git@host:team/registry"),
        ("../registry and ./a/b and a/b", "../registry and ./a/b and a/b"),
        ("km / h, and/or", "km / h, and/or"),
        ("${data}/x.csv and *.d/x", "${data}/x.csv and *.d/x"),
    ],
)
def test_paths_of_a_machine_are_cut_to_their_name(text, expected):
    assert without_folders(text) == expected


def test_one_line_is_the_first_that_says_something():
    assert one_line("\n  \n  first https://u:p@h  \nsecond") == "first https://h"
    assert len(one_line("x" * 1000)) == 300


def unreachable() -> UnreadableError:
    return UnreadableError(ProblemKind.ACCESS, "remote 's' is unreachable", "check the network", remote="remote 's'")


def test_a_storage_that_fails_is_said_once_for_all_of_its_files():
    problems = Problems("main")
    for number in range(5):
        assert problems.add(f"m{number}.json", unreachable()).path == f"m{number}.json"
    problems.add("bad.json", UnreadableError(ProblemKind.CORRUPT, "is not valid JSON"))

    storage, corrupt = problems.all()

    assert storage.message == "remote 's' is unreachable"
    assert (storage.path, storage.files) == ("", ("m0.json", "m1.json", "m2.json", "m3.json", "m4.json"))
    assert (corrupt.path, corrupt.kind) == ("bad.json", ProblemKind.CORRUPT)


def test_one_file_behind_a_failing_storage_is_named_as_any_other():
    problems = Problems("main")
    problems.add("m.json", unreachable())

    (only,) = problems.all()

    assert (only.path, only.message) == ("m.json", "remote 's' is unreachable")
