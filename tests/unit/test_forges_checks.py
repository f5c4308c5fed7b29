"""What the reports of several pull requests make of the one check that their common head has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reporter.forges.check_parts import CheckPart, merge_parts, read_parts
from reporter.forges.interface import Conclusion

MAIN = CheckPart(7, "main", Conclusion.SUCCESS, "Better", "https://forge/7", run=42)
DEV = CheckPart(9, "dev", Conclusion.FAILURE, "Worse", "https://forge/9", run=43)
NONE = CheckPart(None, "trunk", Conclusion.FAILURE, "Worse", None, run=41)


@pytest.mark.parametrize(
    "part",
    [MAIN, NONE, replace(MAIN, baseline="a b", title="--> <b> é\n", attempt=3), replace(MAIN, baseline="", title="")],
)
def test_a_part_is_read_back_whatever_its_texts(part):
    line = part.line()
    assert read_parts(line + DEV.line() + "# Report") == [part, DEV]
    assert (line.count("-->"), line.count("\n")) == (1, 1)


@pytest.mark.parametrize("text", ["", "# Report\n", "# Report\n" + MAIN.line(), "\n" + MAIN.line()])
def test_only_the_start_of_a_text_holds_parts(text):
    assert read_parts(text) == []


@pytest.mark.parametrize(
    ("present", "ours", "merged"),
    [
        ([], [MAIN], [MAIN]),
        ([MAIN], [DEV], [DEV, MAIN]),  # the worst first
        ([DEV], [MAIN], [DEV, MAIN]),
        ([replace(MAIN, run=41)], [MAIN], [MAIN]),
        ([replace(MAIN, run=50)], [MAIN], [replace(MAIN, run=50)]),  # a later run's stays
        ([replace(MAIN, run=50)], [replace(MAIN, attempt=2)], [replace(MAIN, attempt=2)]),  # repeated since
        ([NONE], [MAIN], [MAIN]),  # found before there was a pull request
        ([MAIN], [NONE], [NONE, MAIN]),
        ([MAIN, DEV], [replace(DEV, run=44, conclusion=Conclusion.SUCCESS)], None),
    ],
)
def test_the_latest_part_of_each_pull_request_counts(present, ours, merged):
    merged = merged or [MAIN, *ours]
    assert merge_parts(present, ours) == tuple(merged)


def test_the_worst_comes_first_whatever_the_numbers():
    parts = [replace(MAIN, pull_request=number, conclusion=each) for number, each in enumerate(Conclusion)]
    assert [part.conclusion for part in merge_parts([], parts)] == ["failure", "running", "neutral", "success"]
