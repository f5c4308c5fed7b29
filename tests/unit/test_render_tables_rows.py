"""What a row of each table says: every cell's words, whose they are, their tone, and what they sort by."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from report_factories import make_report, metric, plot

from reporter.model.comparison import (
    ArtifactRow,
    Cause,
    CauseKind,
    Content,
    DataRow,
    Explanation,
    FlipExample,
    Flips,
    GateRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import Direction
from reporter.render import tables
from reporter.render.escape import LONGEST_NAME
from reporter.render.tables import Cell, Column, Note, Table, WhenShort, Written
from reporter.render.wording import Tone

REPORT = make_report()
NOTHING = Cell("", Written.BY_US)


def name(text: str) -> Cell:
    return Cell(text, Written.AS_NAME)


def own(text: str, tone: Tone = Tone.PLAIN, symbol: str = "", *, is_obvious: bool = False) -> Cell:
    return Cell(text, Written.BY_US, tone=tone, symbol=symbol, is_obvious=is_obvious)


def number(text: str, sort: float | None) -> Cell:
    return Cell(text.replace(" ", "\u00a0"), Written.BY_US, None if sort is None else pytest.approx(sort))


def listed(*names: str, between: str = ", ") -> Cell:
    return Cell(between.join(names), Written.AS_NAME, names=names, between=between)


def cells(table: Table) -> list[tuple[Cell, ...]]:
    return [row.cells for row in table.rows]


def quiet(table: Table) -> list[bool]:
    return [row.is_quiet for row in table.rows]


def code(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_code=True) for heading in headings)


def numbers(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_number=True) for heading in headings)


def revisions(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_number=True, is_revision=True, longest=LONGEST_NAME) for heading in headings)


STATE = Column("State", when_short=WhenShort.UNTITLED)


class TestMetrics:
    ROW = metric("auc", 0.5, 0.55, interval=(0.04, 0.06), p_value=0.001, method="DeLong", note="Runs differ.")
    START = (
        name("auc"),
        number("0.50", 0.5),
        number("0.55", 0.55),
        number("+0.05", 0.05),
        number("+10 %", 0.1),
        number("+0.04 to +0.06", 0.04),
        own("better", Tone.GOOD, "🟢"),
    )
    COLUMNS = (
        *code("Metric"),
        *revisions("main", "deeper-trees"),
        *numbers("Change"),
        Column("Relative", is_number=True, when_short=WhenShort.IN_BRACKETS),
        *numbers("95\u00a0% interval"),
        Column("Outcome", is_outcome=True, when_short=WhenShort.UNTITLED),
    )

    def test_a_headline_has_both_values_the_difference_its_interval_and_what_it_means(self):
        table = tables.headlines([self.ROW], REPORT)
        assert (table.key, table.title, table.is_opening) == ("headline", "Headline metrics", True)
        assert table.columns == self.COLUMNS
        assert cells(table) == [self.START]
        assert table.notes == (Note("Runs differ.", ("auc",)),)

    def test_all_metrics_have_the_wanted_direction_and_the_p_value_as_well(self):
        table = tables.metrics([self.ROW], REPORT)
        assert (table.key, table.title, table.is_opening) == ("metrics", "All metrics", False)
        method = Column("Method", is_wide=True, when_short=WhenShort.LEFT_OUT)
        assert table.columns == (*self.COLUMNS, Column("Better is"), *numbers("p"), method)
        assert cells(table) == [(*self.START, own("higher"), number("0.001", 0.001), Cell(""))]

    def test_one_method_of_all_is_a_note_and_several_stand_in_their_rows(self):
        one = tables.metrics([self.ROW, metric("f1", 1, 2)], REPORT)
        assert one.notes == (Note("Intervals and p: DeLong."), Note("Runs differ.", ("auc",)))
        assert [row[-1] for row in cells(one)] == [Cell(""), Cell("")]
        other = replace(self.ROW, name="f1", method="bootstrap", note="")
        several = tables.metrics([self.ROW, other, metric("x", 1, 2)], REPORT)
        assert several.notes == (Note("Runs differ.", ("auc",)),)
        assert [row[-1] for row in cells(several)] == [Cell("DeLong"), Cell("bootstrap"), Cell("")]

    def test_a_metric_that_tells_nothing_is_quiet_in_both_tables(self):
        rows = [self.ROW, metric("same", 0.5, 0.5)]
        assert quiet(tables.headlines(rows, REPORT)) == quiet(tables.metrics(rows, REPORT)) == [False, True]

    def test_without_a_baseline_its_column_is_empty_and_new_is_obvious(self):
        row = metric("auc", None, 0.55, state=State.ADDED, outcome=Outcome.UNKNOWN)
        table = tables.headlines([row], make_report(base=None))
        assert table.columns[1] == Column("Baseline")
        assert cells(table)[0][1:3] == (NOTHING, number("0.55", 0.55))
        assert cells(table)[0][-1].is_obvious
        assert not cells(tables.headlines([row], REPORT))[0][-1].is_obvious

    def test_what_is_no_finite_number_sorts_where_a_reader_looks_for_it(self):
        shown = [metric("huge", 10**400, -(10**400), direction=Direction.LOWER), metric("lost", math.nan, math.inf)]
        huge, lost = cells(tables.headlines(shown, REPORT))
        assert [cell.sort for cell in huge[1:4]] == [math.inf, -math.inf, -math.inf]
        assert [cell.sort for cell in lost[1:3]] == [None, math.inf]
        assert lost[1].text == "NaN"


def test_params_have_both_values_and_an_obvious_word_where_those_tell_all():
    rows = [
        ParamRow("params.yaml", "depth", 1, 2, State.CHANGED),
        ParamRow("params.yaml", "loss", "mse", "mse", State.UNCHANGED),
        ParamRow("params.yaml", "early", None, True, State.ADDED),
    ]
    table = tables.params(rows, REPORT)
    assert (table.key, table.title) == ("params", "Params")
    assert table.columns == (*code("Param"), *revisions("main", "deeper-trees"), STATE)
    assert cells(table) == [
        (name("depth"), number("1", 1), number("2", 2), own("changed", is_obvious=True)),
        (name("loss"), name("mse"), name("mse"), own("unchanged", is_obvious=True)),
        (name("early"), own("–"), own("true"), own("new")),
    ]
    assert quiet(table) == [False, True, False]


def test_in_a_first_report_no_param_need_be_called_new():
    row = ParamRow("params.yaml", "early", None, True, State.ADDED)
    assert cells(tables.params([row], make_report(base=None))) == [
        (name("early"), NOTHING, own("true"), own("new", is_obvious=True))
    ]


@pytest.mark.parametrize(
    ("content", "shown", "written", "sort"),
    [
        (None, "–", Written.BY_US, None),
        (True, "true", Written.BY_US, None),
        (3, "3", Written.BY_US, 3.0),
        (0.5, "0.5", Written.BY_US, 0.5),
        (3, "3" * 60, Written.BY_US, 3.0),
        (3, "3" * 61, Written.AS_NAME, 3.0),
        ("mse", "mse", Written.AS_NAME, None),
        ("7", "7", Written.AS_NAME, None),
        ((1, 2), "[1, 2]", Written.AS_NAME, None),
    ],
)
def test_a_value_is_the_repositorys_unless_it_is_a_short_number_or_truth(content, shown, written, sort):
    assert tables.value_cell(content, shown) == Cell(shown, written, sort)


def test_a_gate_has_its_limit_its_result_and_the_reason():
    rows = [GateRow("auc", "max_drop 0.01", verdict, "It fell by 0.02.") for verdict in (Verdict.FAIL, Verdict.PASS)]
    table = tables.gates(rows, REPORT)
    assert (table.key, table.title, table.is_opening) == ("gates", "Gates", True)
    result, why = Column("Result", is_outcome=True), Column("Why", is_wide=True)
    assert table.columns == (*code("Gate"), Column("Limit"), result, why)
    said = Cell("max_drop 0.01"), Cell("It fell by 0.02.")
    assert cells(table) == [
        (name("auc"), said[0], own("fail", Tone.BAD, "❌"), said[1]),
        (name("auc"), said[0], own("pass", Tone.GOOD, "✅"), said[1]),
    ]


def test_causes_stand_beside_the_metrics_file_and_nothing_found_comes_last():
    param = Cause(CauseKind.PARAM, "params.yaml:depth", "train", 1, 3, 9)
    raw = Cause(CauseKind.DATA, "data/raw", "prepare", 2)
    files = Explanation("b.json", ()), Explanation("a.json", (param, raw))
    moved = tuple(replace(metric("auc", 1, 2), file=found.file) for found in files)
    depths = (ParamRow("params.yaml", "depth", 3, 9, State.CHANGED),)
    table = tables.causes(make_report(explanations=files, metrics=moved, params=depths))
    assert (table.key, table.title, table.is_opening) == ("causes", "What changed and why", True)
    assert table.columns == (
        *code("Metrics file", "Upstream change"),
        Column("Kind"),
        *code("Before", "After", "Read by stage"),
        *numbers("Stages away"),
    )
    depth, data, unexplained = cells(table)
    of_depth = (name("params.yaml:depth"), own("param"), name("3"), name("9"), name("train"), number("1", 1))
    assert depth == (name("a.json"), *of_depth)
    assert data == (
        *(name("a.json"), name("data/raw"), own("data")),
        *(name(""), name(""), name("prepare"), number("2", 2)),
    )
    assert unexplained == (name("b.json"), own("nothing that DVC tracks"), *[NOTHING] * 5)
    assert table.notes == (Note("Nearest first. Each may be a cause; none is proved."),)


def test_data_has_sizes_that_sort_by_bytes_and_both_names_of_what_was_renamed():
    small, large = Content("a", 1_500, None), Content("b", 2_500_000, None)
    rows = [
        DataRow("raw.csv", State.CHANGED, small, large),
        DataRow("new.csv", State.RENAMED, small, small, renamed_from="old.csv"),
        DataRow("gone.csv", State.REMOVED, small, None),
        DataRow("same.csv", State.UNCHANGED, large, large),
        DataRow("folder", State.CHANGED, small, small, added=1, removed=2, modified=3),
    ]
    table = tables.data(rows, REPORT)
    assert (table.key, table.title) == ("data", "Data")
    assert table.columns == (*code("Path"), STATE, *numbers("Before", "After"), Column("Files"))
    kb, mb = Cell("1.5 kB", Written.BY_US, 1_500.0), Cell("2.5 MB", Written.BY_US, 2_500_000.0)
    assert cells(table) == [
        (listed("raw.csv", between=" → "), own("changed"), kb, mb, NOTHING),
        (listed("old.csv", "new.csv", between=" → "), own("renamed"), kb, kb, NOTHING),
        (listed("gone.csv", between=" → "), own("removed"), kb, own("–"), NOTHING),
        (listed("same.csv", between=" → "), own("unchanged"), mb, mb, NOTHING),
        (listed("folder", between=" → "), own("changed"), kb, kb, own("+1 −2 ~3 files")),
    ]
    assert quiet(table) == [False, False, False, True, False]


def test_a_stage_tells_what_happened_and_doubt_has_a_tone():
    rows = [
        StageRow("train", State.CHANGED, ("cmd", "params"), outdated=False, ran=True, upstream=("prepare", "fetch")),
        StageRow("prepare", State.UNCHANGED, (), outdated=False),
        StageRow("evaluate", State.UNCHANGED, ("deps",), outdated=True),
        StageRow("plot", State.UNAVAILABLE, (), outdated=False),
    ]
    table = tables.stages(rows, REPORT)
    assert (table.key, table.title) == ("pipeline", "Pipeline")
    reads = Column("Reads from", when_short=WhenShort.LEFT_OUT)
    assert table.columns == (*code("Stage"), Column("What happened"), reads)
    train, prepare, evaluate, plotted = cells(table)
    assert train == (name("train"), Cell("cmd and params changed, ran again"), Cell("prepare, fetch"))
    assert prepare == (name("prepare"), Cell("unchanged"), Cell(""))
    assert evaluate[1].tone is plotted[1].tone is Tone.DOUBT
    assert quiet(table) == [False, True, False, False]


def test_an_artifact_has_its_path_and_what_changed_of_it():
    rows = [
        ArtifactRow("net", State.CHANGED, "net.pt", ("desc", "path")),
        ArtifactRow("map", State.UNCHANGED, None),
    ]
    table = tables.artifacts(rows, REPORT)
    assert (table.key, table.title) == ("artifacts", "Artifacts")
    assert table.columns == (*code("Artifact", "Path"), STATE, Column("Changed"))
    assert cells(table) == [
        (name("net"), name("net.pt"), own("changed"), Cell("desc, path")),
        (name("map"), NOTHING, own("unchanged"), Cell("")),
    ]
    assert quiet(table) == [False, True]


def test_a_slice_has_its_own_difference_or_empty_cells():
    known = SliceRow("p.csv", "auc", "carrier", "UA", 1_234, 0.5, 0.45, -0.05, (-0.08, -0.02), 0.004, Outcome.REGRESSED)
    unknown = SliceRow("p.csv", "auc", "carrier", "DL", 3, None, None, None, None, None)
    table = tables.slices([known, unknown], REPORT)
    assert (table.key, table.title) == ("slices", "Slices")
    outcome = Column("Outcome", when_short=WhenShort.UNTITLED)
    measured = numbers("Rows", "Before", "After", "Change", "95\u00a0% interval", "p")
    assert table.columns == (*code("Slice", "Metric"), outcome, *measured)
    assert cells(table) == [
        (
            *(name("carrier = UA"), name("auc"), own("worse", Tone.BAD, "🔴"), number("1,234", 1234)),
            *(number("0.50", 0.5), number("0.45", 0.45), number("−0.05", -0.05)),
            *(number("−0.08 to −0.02", -0.08), number("0.004", 0.004)),
        ),
        (name("carrier = DL"), name("auc"), NOTHING, number("3", 3), own("–"), own("–"), NOTHING, NOTHING, NOTHING),
    ]
    assert [note.names for note in table.notes] == [()]


def test_a_flip_has_what_was_predicted_before_and_after_and_what_became_of_it():
    gained = FlipExample("17", "late", "on time", "late", 0.91234, gained=True)
    lost = FlipExample("18", "early", "early", "on time", None, gained=False)
    table = tables.flips([Flips("p.csv", 100, 2, 1, (gained, lost)), Flips("q.csv", 10, 1, 0, (gained,))], REPORT)
    assert (table.key, table.title) == ("flips", "Flips")
    became = Column("Became", when_short=WhenShort.LEFT_OUT)
    predictions = Column("Predictions", is_code=True, when_short=WhenShort.LEFT_OUT)
    assert table.columns == (*code("Example", "Actual", "Before", "After"), became, *numbers("Confidence"), predictions)
    won = (*map(name, ("17", "late", "on time", "late")), own("right", Tone.GOOD), number("0.912", 0.91234))
    missed = (*map(name, ("18", "early", "early", "on time")), own("wrong", Tone.BAD), NOTHING)
    assert cells(table) == [(*won, name("p.csv")), (*missed, name("p.csv")), (*won, name("q.csv"))]
    assert [note.names for note in table.notes] == [("p.csv",), ("q.csv",)]


def test_a_note_on_a_plot_stands_beside_its_title_or_else_its_id():
    rows = [plot("loss.json", State.UNAVAILABLE, title="Loss", notes=("One.", "Two.")), plot("roc.json", title="")]
    table = tables.plot_notes(rows, REPORT)
    assert (table.key, table.title) == ("plot-notes", "Notes on plots")
    assert table.columns == (*code("Plot"), STATE, Column("Note", is_wide=True))
    assert cells(table) == [
        (name("Loss"), own("unavailable", Tone.DOUBT, "⚠️"), Cell("One. Two.")),
        (name("roc.json"), own("changed"), Cell("")),
    ]


def test_a_problem_has_its_places_the_revisions_and_what_to_do():
    one = Problem("main", "a.csv", ProblemKind.ACCESS, "the storage does not answer", "try again")
    several = Problem("", "", ProblemKind.MISMATCH, "it differs", files=("x", "y"))
    nowhere = Problem("", "", ProblemKind.MISMATCH, "it differs.")
    table = tables.problems([(one, ("main", "topic")), (several, ()), (nowhere, ())], REPORT)
    assert (table.key, table.title) == ("problems", "Problems")
    assert table.columns == (
        Column("Path", is_code=True, longest=LONGEST_NAME),
        Column("Revision", longest=LONGEST_NAME),
        Column("Kind"),
        Column("What is wrong", is_wide=True),
        Column("What to do", is_wide=True),
    )
    told, differs = Cell("the storage does not answer."), (own("mismatch"), Cell("it differs."), Cell(""))
    assert cells(table) == [
        (listed("a.csv"), listed("main", "topic"), own("access"), told, Cell("Try again.")),
        (listed("x", "y"), NOTHING, *differs),
        (NOTHING, NOTHING, *differs),
    ]


class TestWholeReports:
    """Which tables there are, in which order, and which of their rows come first."""

    def test_tables_without_rows_and_columns_without_words_are_left_out(self):
        report = make_report(
            metrics=(metric("auc", 0.5, 0.55, headline=True),), data=(DataRow("a", State.ADDED, None, None),)
        )
        assert [table.key for table in tables.opening_tables(report)] == ["headline"]
        assert [table.key for table in tables.detail_tables(report)] == ["metrics", "data"]
        shown = tables.opening_tables(report)[0]
        assert [column.heading for column in shown.columns] == [
            *("Metric", "main", "deeper-trees", "Change", "Relative", "Outcome")
        ]
        assert [column.heading for column in tables.detail_tables(report)[1].columns] == ["Path", "State"]

    def test_what_differs_comes_first(self):
        rows = [
            ParamRow("params.yaml", "same", 1, 1, State.UNCHANGED),
            ParamRow("params.yaml", "other", 1, 2, State.CHANGED),
        ]
        data = [
            DataRow("same", State.UNCHANGED, Content("a", 1, None), Content("a", 1, None)),
            DataRow("other", State.CHANGED, Content("a", 1, None), Content("b", 1, None)),
        ]
        params, files = tables.detail_tables(make_report(params=tuple(rows), data=tuple(data)))
        assert [row[0].text for row in cells(params)] == ["other", "same"]
        assert [row[0].text for row in cells(files)] == ["other", "same"]
        assert (params.quiet_rows, files.quiet_rows) == (1, 1)

    def test_all_there_can_be_stands_in_the_order_of_the_page(self):
        example = FlipExample("17", "late", "on time", "late", 0.9, gained=True)
        bad = SliceRow("p.csv", "auc", "carrier", "UA", 9, 0.5, 0.4, -0.1, (-0.2, -0.1), 0.01, Outcome.REGRESSED)
        report = make_report(
            metrics=(metric("auc", 0.5, 0.55, headline=True),),
            params=(ParamRow("params.yaml", "depth", 1, 2, State.CHANGED),),
            data=(DataRow("a", State.ADDED, None, Content("a", 1, None)),),
            stages=(StageRow("train", State.CHANGED, ("cmd",), outdated=False),),
            artifacts=(ArtifactRow("net", State.CHANGED, "net.pt"),),
            slices=(bad,),
            flips=(Flips("p.csv", 100, 1, 0, (example,)),),
            problems=(Problem("main", "a", ProblemKind.ACCESS, "it does not answer"),),
            gates=(GateRow("auc", "max_drop 0.01", Verdict.PASS, "It rose."),),
            explanations=(Explanation("evaluation/metrics.json", (Cause(CauseKind.DATA, "a", "train", 1),)),),
        )
        assert [table.key for table in tables.opening_tables(report)] == ["headline", "gates", "causes"]
        assert [table.key for table in tables.detail_tables(report)] == [
            *("metrics", "params", "data", "pipeline", "artifacts", "slices", "flips", "problems")
        ]
