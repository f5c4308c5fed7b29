"""Rows of data: what was added, removed, changed or renamed, by the hashes that DVC keeps."""

from __future__ import annotations

from dataclasses import replace

from factories import BASE, HEAD, make_problem, make_snapshot, make_tracked
from hypothesis import given
from hypothesis import strategies as st

from reporter.compare.data import data_rows, hash_problems
from reporter.model.comparison import Content, State
from reporter.model.problem import Problem

PATHS = st.sampled_from([f"data/{name}" for name in "abcdef"])
CONTENTS = st.none() | st.sampled_from(["x", "y", "z"])
TRACKED = st.dictionaries(PATHS, CONTENTS).map(lambda found: [make_tracked(path, text) for path, text in found.items()])


def rows(base, head, *, base_problems=(), head_problems=()):
    """Rows by path; `base` None for a first report."""
    before = None if base is None else make_snapshot(BASE, data=base, problems=base_problems)
    found = data_rows(before, make_snapshot(HEAD, data=head, problems=head_problems))
    return {row.path: row for row in found}


def states(base, head, **problems):
    return {path: row.state for path, row in rows(base, head, **problems).items()}


def test_each_path_has_a_row_sorted_by_path():
    base = [make_tracked("b", "1"), make_tracked("a", "1"), make_tracked("d", "2")]
    head = [make_tracked("c", "3"), make_tracked("b", "4"), make_tracked("a", "1")]
    assert list(states(base, head).items()) == [
        ("a", State.UNCHANGED),
        ("b", State.CHANGED),
        ("c", State.ADDED),
        ("d", State.REMOVED),
    ]


def test_a_row_holds_hash_size_and_count_of_both_sides():
    row = rows([make_tracked("d", size=1)], [make_tracked("d", size=2, files={"x": "1", "y": "2"})])["d"]
    assert row.base == Content(make_tracked("d").hash, 1, None)
    assert (row.head.size, row.head.nfiles) == (2, 2)


def test_on_a_first_report_everything_is_added():
    assert states(None, [make_tracked("a"), make_tracked("b")]) == {"a": State.ADDED, "b": State.ADDED}


class TestUnavailable:
    def test_an_unknown_hash_is_neither_a_change_nor_none(self):
        assert states([make_tracked("a", None)], [make_tracked("a")]) == {"a": State.UNAVAILABLE}
        assert states([make_tracked("a", None)], [make_tracked("a", None)]) == {"a": State.UNAVAILABLE}

    def test_an_unknown_hash_of_a_path_of_one_side_is_not_called_new(self):
        assert states([], [make_tracked("a", None)]) == {"a": State.UNAVAILABLE}

    def test_a_path_that_the_other_side_could_not_read_is_not_called_new_or_gone(self):
        problem = [make_problem("a")]
        assert states([], [make_tracked("a")], base_problems=problem) == {"a": State.UNAVAILABLE}
        assert states([make_tracked("a")], [], head_problems=problem) == {"a": State.UNAVAILABLE}

    def test_a_problem_of_the_side_that_has_the_path_changes_nothing(self):
        assert states([], [make_tracked("a")], head_problems=[make_problem("a")]) == {"a": State.ADDED}


class TestAlgorithms:
    """DVC 2 and DVC 3 give text with Windows' line ends two hashes."""

    def compared(self, content: str, size: int = 100) -> tuple[State, tuple[Problem, ...]]:
        old = replace(make_tracked("raw.csv", "a"), algorithm="md5-dos2unix")
        base, head = (
            make_snapshot(BASE, data=[old]),
            make_snapshot(HEAD, data=[make_tracked("raw.csv", content, size=size)]),
        )
        (row,) = data_rows(base, head)
        return row.state, hash_problems(base, head)

    def test_equal_hashes_are_equal_content(self):
        assert self.compared("a") == (State.UNCHANGED, ())

    def test_another_size_is_other_content(self):
        assert self.compared("b", size=101) == (State.CHANGED, ())

    def test_other_hashes_of_one_size_cannot_be_compared_and_say_why(self):
        state, (problem,) = self.compared("b")

        assert state is State.UNAVAILABLE
        assert problem.paths == ("raw.csv",)
        assert problem.path == "raw.csv"
        assert problem.message == (
            f"recorded by another version of DVC than in {HEAD.label}: the hashes cannot be compared"
        )
        assert problem.hint == "run `dvc cache migrate --dvc-files` on the older branch and commit, to record it anew"


class TestRenames:
    def test_the_same_content_under_another_name_is_renamed(self):
        found = rows([make_tracked("old", "x")], [make_tracked("new", "x")])
        assert list(found) == ["new"]
        assert (found["new"].state, found["new"].renamed_from) == (State.RENAMED, "old")
        assert found["new"].base == found["new"].head

    def test_a_directory_can_be_renamed(self):
        files = {"1.png": "a", "2.png": "b"}
        assert states([make_tracked("old", files=files)], [make_tracked("new", files=files)]) == {"new": State.RENAMED}

    def test_a_copy_is_added_not_renamed(self):
        assert states([make_tracked("a", "x")], [make_tracked("a", "x"), make_tracked("b", "x")]) == {
            "a": State.UNCHANGED,
            "b": State.ADDED,
        }

    def test_where_two_names_are_possible_none_is_guessed(self):
        found = states([make_tracked("old", "x")], [make_tracked("new1", "x"), make_tracked("new2", "x")])
        assert found == {"old": State.REMOVED, "new1": State.ADDED, "new2": State.ADDED}

    def test_empty_files_are_alike_without_being_the_same(self):
        found = states([make_tracked("old", "", size=0)], [make_tracked("new", "", size=0)])
        assert found == {"old": State.REMOVED, "new": State.ADDED}


class TestDirectories:
    def test_files_inside_are_counted(self):
        before = make_tracked("d", files={"same": "1", "edited": "1", "gone": "1", "gone2": "1"})
        after = make_tracked("d", files={"same": "1", "edited": "2", "new": "1"})
        row = rows([before], [after])["d"]
        assert (row.added, row.removed, row.modified) == (1, 2, 1)

    def test_without_a_listing_no_number_is_made_up(self):
        row = rows([make_tracked("d", "1")], [make_tracked("d", files={"a": "1"})])["d"]
        assert (row.state, row.added, row.removed, row.modified) == (State.CHANGED, None, None, None)


@given(TRACKED, TRACKED)
def test_no_path_is_left_out(base, head):
    found = rows(base, head)
    named = {*found, *(row.renamed_from for row in found.values() if row.renamed_from)}
    assert named == {tracked.path for tracked in [*base, *head]}


@given(TRACKED, TRACKED)
def test_the_other_way_round_each_state_is_mirrored(base, head):
    mirrored = {State.ADDED: State.REMOVED, State.REMOVED: State.ADDED}
    there, back = rows(base, head), rows(head, base)
    for path, row in there.items():
        assert back[row.renamed_from or path].state is mirrored.get(row.state, row.state)
