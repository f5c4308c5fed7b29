"""What a table says before any form lays it out, and what it gives up where room is short."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_factories import make_report, metric

from reporter.model.comparison import ArtifactRow, FlipExample, Flips, Outcome, ParamRow, SliceRow, State
from reporter.model.problem import Problem, ProblemKind
from reporter.model.reasons import Clause, ClauseId
from reporter.model.revision import Revision
from reporter.render import tables, wording
from reporter.render.html.page import render_page
from reporter.render.markdown.document import render_markdown
from reporter.render.tables import Table, Written
from reporter.render.wording import Tone


def headings(table: Table) -> list[str]:
    return [column.heading for column in table.columns]


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


class TestShort:
    def test_the_relative_change_stands_in_brackets_or_not_at_all(self):
        whole = tables.headlines([metric("auc", 0.5, 0.55)], make_report())
        assert texts(whole)[0][3:5] == ["+0.05", "+10\u00a0%"]
        assert texts(tables.short(whole))[0][3] == "+0.05 (+10\u00a0%)"
        assert texts(tables.short(whole, with_brackets=False))[0][3] == "+0.05"

    def test_a_cell_that_takes_another_in_still_sorts_by_its_own_number(self):
        rows = [metric("auc", 0.5, 0.55), metric("same", 0.5, 0.5), metric("new", 0.0, 0.5)]
        whole = tables.headlines(rows, make_report())
        short = tables.short(whole)
        assert [row.cells[3].sort for row in short.rows] == [row.cells[3].sort for row in whole.rows]
        assert {row.cells[3].written for row in short.rows} == {Written.BY_US}
        assert [row.is_quiet for row in short.rows] == [row.is_quiet for row in whole.rows] == [False, True, False]
        assert texts(short)[2][3] == "+0.5", "of zero there is no share"

    def test_columns_that_can_be_spared_and_those_that_become_empty_are_gone(self):
        example = FlipExample("17", "late", "on time", "late", None, gained=True)
        whole = tables.flips([Flips("p.csv", 3, 1, 0, (example,))], make_report())
        assert headings(tables.short(whole)) == ["Example", "Actual", "Before", "After"]
        assert texts(tables.short(whole)) == [["17", "late", "on time", "late"]]
        assert (tables.short(whole).title, tables.short(whole).notes) == (whole.title, whole.notes)

    def test_a_word_that_speaks_for_itself_needs_no_heading(self):
        assert headings(tables.short(tables.headlines([metric("auc", 0.5, 0.55)], make_report())))[-1] == ""

    def test_that_a_changed_param_changed_is_obvious_and_that_another_is_lost_is_not(self):
        rows = [
            ParamRow("p.yaml", "depth", 1, 2, State.CHANGED),
            ParamRow("p.yaml", "lr", None, 1, State.UNAVAILABLE),
        ]
        whole = tables.params(rows, make_report())
        assert [row[-1] for row in texts(whole)] == ["changed", "unavailable"]
        assert [row[-1] for row in texts(tables.short(whole))] == ["", "unavailable"]

    def test_in_a_first_report_new_is_obvious_and_doubt_is_not(self):
        row = metric("auc", None, 0.5, state=State.ADDED, outcome=Outcome.UNKNOWN)
        doubted = metric("f1", None, 0.5, state=State.ADDED, outcome=Outcome.UNKNOWN, doubt="is not of this code")
        short = tables.short(tables.headlines([row, doubted], make_report(base=None)))
        assert texts(short) == [["auc", "0.5", ""], ["f1", "0.5", "in doubt"]]

    def test_every_text_of_a_repository_is_told_from_our_own(self):
        whole = tables.params([ParamRow("p.yaml", "loss", "mse", 10**70, State.CHANGED)], make_report())
        assert [cell.written for cell in whole.rows[0].cells[:2]] == [Written.AS_NAME] * 2
        assert tables.value_cell("9" * 70, "9" * 70).written is Written.AS_NAME
        assert tables.value_cell(0.5, "0.5").written is Written.BY_US
        assert tables.Cell("whatever").written is Written.AS_SENTENCE


@pytest.mark.parametrize(("gained", "word", "tone"), [(True, "right", Tone.GOOD), (False, "wrong", Tone.BAD)])
def test_what_a_prediction_became(gained, word, tone):
    example = FlipExample("1", "late", "on time", "late", 0.9, gained=gained)
    row = tables.flips([Flips("p.csv", 3, 1, 1, (example,))], make_report()).rows[0]
    assert (row.cells[4].text, row.cells[4].tone) == (word, tone)


def test_a_slice_of_which_nothing_is_known_has_no_empty_mark():
    rows = tuple(
        SliceRow("p.csv", "carrier", value, "auc", 3, 0.1, 0.2, 0.1, None, None, outcome)
        for value, outcome in (("UA", Outcome.UNKNOWN), ("DL", Outcome.REGRESSED))
    )
    page = render_page(make_report(slices=rows), (), None)
    assert '<span class="tag bad">worse</span>' in page
    assert '<span class="tag doubt"></span>' not in page


def test_an_artifact_without_a_path_has_an_empty_cell():
    rows = (ArtifactRow("net", State.CHANGED, None, ("desc",)), ArtifactRow("map", State.CHANGED, "m.png", ("path",)))
    assert "| `net` |  | changed | desc |" in render_markdown(make_report(artifacts=rows), {})


def test_files_beyond_the_third_are_counted_in_a_comment_and_listed_on_the_page():
    problem = Problem("", "", ProblemKind.ACCESS, "the storage does not answer", files=("a", "b", "c", "d"))
    report = make_report(problems=(problem,))
    assert "| `a`, `b`, `c` and 1 more |" in render_markdown(report, {})
    assert "<code>a, b, c, d</code>" in render_page(report, (), None)


def test_a_revision_that_is_named_by_its_commit_needs_no_other_name():
    sha = "1a2b3c4" + "0" * 33
    report = make_report()
    of_commit = wording.side(Revision("1a2b3c4", sha, "1a2b3c4"), report)
    of_branch = wording.side(Revision("main", sha, "main", behind=2), report)
    assert (of_commit.name, of_commit.commit, of_commit.further) == ("", "1a2b3c4", "")
    assert (of_branch.name, of_branch.commit, of_branch.further) == ("main", "1a2b3c4", "2 commits behind main")
    assert of_branch.address == f"{report.run.repository_url}/commit/{sha}"


class TestNotes:
    NOTE = "The test sets differ too much."
    ROW = metric("auc", 0.1, 0.2, outcome=Outcome.INCOMPARABLE, comparable=False, note=NOTE, headline=True)
    NAMED = Clause(ClauseId.INCOMPARABLE, "not comparable: auc", (str(ROW.key),))
    TOLD = Clause(ClauseId.OTHER_ROWS, "the test sets differ too much", (str(ROW.key),))

    def is_shown(self, *clauses: Clause, summary: str = "Not comparable: auc") -> bool:
        report = make_report(metrics=(self.ROW,), clauses=clauses, summary=summary)
        return f"`auc`: {self.NOTE}" in render_markdown(report, {})

    def test_what_the_verdict_tells_of_a_metric_that_cannot_be_compared_is_no_note_again(self):
        assert not self.is_shown(self.NAMED, self.TOLD)

    def test_a_verdict_that_only_names_the_metric_does_not_tell_why(self):
        assert self.is_shown(self.NAMED)

    def test_nor_does_one_that_tells_it_of_another_metric(self):
        assert self.is_shown(self.NAMED, replace(self.TOLD, metrics=("metrics.json:f1",)))

    def test_a_verdict_that_is_cut_may_not_have_it(self):
        assert self.is_shown(self.NAMED, self.TOLD, summary="long " * 200)

    def test_a_doubt_among_too_many_to_be_shown_keeps_its_note(self):
        doubts = tuple(Problem("main", f"m{index}", ProblemKind.MISMATCH, "differs") for index in range(7))
        row = metric("auc", 0.1, 0.2, doubt="is in doubt", note=self.NOTE, headline=True)
        assert self.NOTE in render_markdown(make_report(metrics=(row,), problems=doubts), {})
        assert self.NOTE not in render_markdown(make_report(metrics=(row,), problems=doubts[:5]), {})
