"""Which comment a report goes to, its hidden marker, and the state above a report."""

from __future__ import annotations

import pytest

from reporter.forges.comments import Create, Superseded, Update, place_comment
from reporter.forges.interface import OwnComment
from reporter.forges.marker import Marker, read_marker, without_marker
from reporter.forges.state import last_report, with_state
from reporter.model.ci import PullRequest

OLD, MIDDLE, NEW = "a" * 40, "b" * 40, "c" * 40
PULL = PullRequest(7, "main", NEW)


def comment(number, marker, text="report"):
    return OwnComment(number, f"https://forge/{number}", marker.line() + text)


@pytest.mark.parametrize("key", ["default", "a b", "-->", "--!>", "schlüssel", "x\ny", "", "a key=b"])
def test_a_marker_is_read_back_whatever_its_key(key):
    marker = Marker(key, NEW, 42)

    line = marker.line()

    assert read_marker(line + "text") == marker
    assert without_marker(line + "text") == "text"
    assert line.count("-->") == 1
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    "body",
    ["", "hello", "text before <!-- dvc-reporter key=default head= run=0 -->", "\n" + Marker("default", NEW).line()],
)
def test_only_the_very_start_of_a_comment_is_a_marker(body):
    assert read_marker(body) is None
    assert without_marker(body) == body


def test_a_marker_survives_the_line_ends_of_a_browser():
    assert read_marker(Marker("default", NEW).line().replace("\n", "\r\n") + "text") == Marker("default", NEW)


def test_the_first_report_creates_its_comment():
    assert place_comment([], Marker("default", NEW), PULL) == Create()


def test_a_comment_of_another_key_is_left_alone():
    theirs = comment(1, Marker("nightly", NEW))
    assert place_comment([theirs], Marker("default", NEW), PULL) == Create()


def test_the_oldest_of_several_of_one_run_stays_and_the_others_are_named():
    first, second = comment(1, Marker("default", NEW)), comment(2, Marker("default", NEW))
    assert place_comment([first, second], Marker("default", NEW), PULL) == Update(first, (second,))


@pytest.mark.parametrize(
    ("ours", "theirs", "superseded"),
    [
        ((NEW, 1), (OLD, 9), False),  # ours is of the current head: it wins whatever the run
        ((OLD, 9), (NEW, 1), True),  # theirs is of the current head: it stays
        ((OLD, 1), (MIDDLE, 2), True),  # both outdated: the later run's stays
        ((OLD, 3), (MIDDLE, 2), False),
        ((NEW, 1), (NEW, 2), True),  # the same commit: the later run's stays
        ((OLD, 1), (OLD, 2), True),
        ((NEW, 2), (NEW, 1), False),
        ((NEW, 2), (NEW, 2), False),  # of the same run: a later step, or another job of a matrix
        ((NEW, 2, 1), (NEW, 2, 2), True),  # the run has been repeated since
        ((NEW, 2, 2), (NEW, 2, 1), False),
        ((NEW, 1, 2), (NEW, 2, 1), False),  # somebody asked for the earlier run again
        ((NEW, 3, 1), (NEW, 2, 2), False),
        ((NEW, 0), (NEW, 5), False),  # which run ours is, is not known
        ((NEW, 5), (NEW, 0), False),
    ],
)
def test_a_report_never_replaces_one_of_a_newer_commit_or_of_a_later_run(ours, theirs, superseded):
    existing, marker = comment(1, Marker("default", *theirs)), Marker("default", *theirs)

    placement = place_comment([existing], Marker("default", *ours), PULL)

    assert placement == (Superseded(existing, marker) if superseded else Update(existing))


@pytest.mark.parametrize("newest", [(NEW, 3), (NEW, 2, 2)], ids=["a later run", "a repeated run"])
def test_of_several_comments_the_one_with_the_newest_report_stays_wherever_it_stands(newest):
    outdated = comment(1, Marker("default", OLD, 9))
    kept = comment(2, Marker("default", *newest))
    older = comment(3, Marker("default", NEW, 2))

    placement = place_comment([outdated, kept, older], Marker("default", NEW, 1), PULL)

    assert placement == Superseded(kept, Marker("default", *newest), (outdated, older))


def test_a_marker_of_an_older_version_is_a_first_attempt():
    line = f"<!-- dvc-reporter key=default head={NEW} run=42 -->\n"
    assert read_marker(line) == Marker("default", NEW, 42, attempt=1)
    assert Marker("default", NEW, 42).line() == line
    assert read_marker(Marker("default", NEW, 42, attempt=3).line()) == Marker("default", NEW, 42, attempt=3)


def test_a_state_keeps_the_last_report_below_it():
    running = with_state("⏳ Running", "the report\n", 1000)
    failed = with_state("❌ Failed", running, 1000)

    assert running.index("⏳ Running") < running.index("the report")
    assert "⏳" not in failed
    assert last_report(failed) == "the report\n"


def test_a_state_without_a_report_stands_alone():
    first = with_state("⏳ Running", "", 1000)
    assert last_report(first) == ""
    assert last_report(with_state("❌ Failed", first, 1000)) == ""


def test_a_last_report_that_does_not_fit_is_left_out():
    text = with_state("⏳ Running", "x" * 1000, 500)
    assert "⏳ Running" in text
    assert len(text) < 500
