"""A bug of ours, or a change of DVC, is told from what DVC meets in a user's file."""

from __future__ import annotations

import json

import pytest

from reporter.collect.bugs import is_bug
from reporter.collect.dvc.commit_files import CommitFiles
from reporter.collect.dvc.yaml import TooLargeError, parse_yaml
from reporter.collect.long_integers import MOST_DIGITS_PARSED

BILLIONS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + below] * 10)}]\n" for below, name in zip("abcdef", "bcdefg", strict=True)
)


def raised(call) -> Exception:
    try:
        call()
    except Exception as error:  # noqa: BLE001  whatever it is
        return error
    pytest.fail("nothing was raised")


class AsDvcCallsIt:
    """Calls that a frame outside of the project makes, as DVC's is."""

    files = CommitFiles.__new__(CommitFiles)


@pytest.mark.parametrize(
    "call",
    [
        lambda: AsDvcCallsIt.files.ls(detail=True),  # what our file system is not asked for today
        lambda: AsDvcCallsIt.files.ls(key=(), detail=True),
        lambda: AsDvcCallsIt.files.walk(()),
        lambda: CommitFiles.open(None, ("a",)),  # our own frame
    ],
)
def test_a_bug_of_ours(call):
    assert is_bug(raised(call))


@pytest.mark.parametrize(
    "call",
    [
        lambda: json.loads("{"),
        lambda: {}["key"],
        lambda: None.name,
        lambda: len(3),
        lambda: parse_yaml("a: [1"),
        lambda: parse_yaml("day: 2026-13-45"),
        lambda: parse_yaml(BILLIONS),
        lambda: parse_yaml(f"a: {'1' * (MOST_DIGITS_PARSED + 1)}"),
    ],
)
def test_a_value_that_cannot_be_used(call):
    assert not is_bug(raised(call))


def test_a_few_lines_of_aliases_are_refused_by_intent():
    assert isinstance(raised(lambda: parse_yaml(BILLIONS)), TooLargeError)
