"""The words of all forms: what differs, what is not known, what is in doubt, and what happened to stages and params."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_factories import make_report, metric

from reporter.model.comparison import (
    ArtifactRow,
    Cause,
    CauseKind,
    Content,
    DataRow,
    Explanation,
    ParamRow,
    StageRow,
    State,
)
from reporter.model.problem import Problem, ProblemKind
from reporter.render import wording
from reporter.render.html.page import render_page
from reporter.render.markdown.document import render_markdown

DOUBT = "is not of this code: stage train has not run since its params changed"
UNKNOWN = "whether its content changed cannot be known: neither git nor DVC keeps it"


def lost(name: str) -> ParamRow:
    return ParamRow("params.yaml", name, None, None, State.UNAVAILABLE)


def shown(problem: Problem) -> str:
    """The line above the numbers."""
    text = render_markdown(make_report(problems=(problem,), metrics=(metric("a", 1, 2),)), {})
    return next(line for line in text.splitlines() if line.startswith("> "))


class TestHowManyDiffer:
    def test_what_is_not_available_does_not_differ(self):
        kept = ParamRow("params.yaml", "kept", 1, 1, State.UNCHANGED)
        changed = ParamRow("params.yaml", "changed", 1, 2, State.CHANGED)
        assert wording.how_many_differ([kept, changed], make_report()) == "1 of 2 differ"
        assert wording.how_many_differ([lost("a"), kept], make_report()) == "0 of 2 differ, 1 unavailable"
        assert wording.how_many_differ([lost("a"), kept], make_report(base=None)) == "2, 1 unavailable"

    def test_is_said_alike_of_each_table(self):
        row = metric("auc", None, 0.5, state=State.UNAVAILABLE)
        data = DataRow("d", State.UNAVAILABLE, Content(None, None, None), Content("1", 1, None))
        artifact = ArtifactRow("net", State.UNAVAILABLE, "net.pt", note=UNKNOWN)
        report = make_report(metrics=(row,), params=(lost("a"),), data=(data,), artifacts=(artifact,))
        text = render_markdown(report, {})
        for title in ("All metrics", "Params", "Data", "Artifacts"):
            assert f"{title} (0 of 1 differ, 1 unavailable)" in text

    def test_values_in_doubt_are_counted(self):
        rows = [metric("a", 1, 1, doubt=DOUBT), metric("b", 1, 2, doubt=DOUBT), metric("c", 1, 1)]
        assert wording.how_many_differ(rows, make_report()) == "1 of 3 differ, 2 in doubt"


class TestInDoubt:
    @pytest.mark.parametrize("row", [metric("a", 1, 1), metric("a", 1, 2), metric("a", None, 2, state=State.ADDED)])
    def test_whatever_the_value_is_it_is_not_called_the_same(self, row):
        assert wording.outcome_sign(replace(row, doubt=DOUBT)).word == "in doubt"

    def test_one_is_not_folded_away_with_the_unchanged(self):
        rows = (metric("a", 1, 1, doubt=DOUBT), *(metric(f"b{index}", 1, 1) for index in range(20)))
        before, _, folded = render_markdown(make_report(metrics=rows), {}).partition("20 unchanged metrics")
        assert "in doubt |" in before
        assert "`a`" not in folded

    def test_the_page_shows_it_in_the_colour_of_doubts(self):
        page = render_page(make_report(metrics=(metric("a", 1, 1, doubt=DOUBT, headline=True),)), (), None)
        assert page.count('<span class="tag doubt">in doubt</span>') == 2


class TestStages:
    @pytest.mark.parametrize(
        ("stage", "note"),
        [
            (StageRow("s", State.UNCHANGED, (), outdated=False), ""),
            (StageRow("s", State.CHANGED, ("deps",), outdated=False, ran=True), "deps changed, ran again"),
            (StageRow("s", State.CHANGED, ("params",), outdated=True), "params changed, but not run again"),
            (
                StageRow("s", State.CHANGED, ("deps",), outdated=True, ran=True),
                "deps changed, ran again, out of date",
            ),
            (StageRow("s", State.UNCHANGED, (), outdated=True), "out of date"),
            (StageRow("s", State.ADDED, (), outdated=True, ever_ran=False), "new, never run"),
            (StageRow("s", State.CHANGED, ("cmd",), outdated=True, ever_ran=False), "cmd changed, never run"),
            (StageRow("s", State.ADDED, (), outdated=False, ran=True), "new"),
            (StageRow("s", State.UNAVAILABLE, (), outdated=True), "unavailable in the baseline, out of date"),
            (StageRow("s", State.REMOVED, (), outdated=False, ever_ran=False), "removed"),
        ],
    )
    def test_only_what_is_so_is_said(self, stage, note):
        assert wording.stage_note(stage) == note

    def test_the_heading_counts_what_is_so(self):
        unknown = StageRow("a", State.UNAVAILABLE, (), outdated=False)
        stale = StageRow("b", State.UNCHANGED, (), outdated=True)
        new = StageRow("c", State.ADDED, (), outdated=False)
        assert wording.what_happened_to_stages(make_report(stages=(unknown, stale, new))) == (
            "1 of 3 stages changed or ran again, 1 out of date, 1 unavailable in the baseline"
        )
        assert wording.what_happened_to_stages(make_report(stages=(new,), base=None)) == "1 stage"

    def test_one_that_is_unavailable_is_not_drawn_as_changed(self):
        text = render_markdown(make_report(stages=(StageRow("a", State.UNAVAILABLE, (), outdated=False),)), {})
        assert 's0["a<br/>unavailable in the baseline"]:::unavailable' in text


class TestParamsOfCauses:
    CAUSE = Cause(CauseKind.PARAM, "params.yaml:lr", "train", 0, base=0.1, head=0.2)

    def report(self, *params: ParamRow):
        row = metric("auc", 0.5, 0.6)
        return make_report(metrics=(row,), params=params, explanations=(Explanation(row.file, (self.CAUSE,)),))

    def test_what_the_params_file_does_not_tell_is_shown_from_the_lock(self):
        report = self.report(ParamRow("params.yaml", "lr", None, 0.3, State.UNAVAILABLE))
        assert "param `params.yaml:lr` 0.1 (dvc.lock) → 0.3" in render_markdown(report, {})
        assert "0.1 (dvc.lock)" in render_page(report, (), None)

    def test_one_of_which_no_file_tells_is_shown_all_the_same(self):
        assert "`params.yaml:lr` 0.1 (dvc.lock) → 0.2 (dvc.lock)" in render_markdown(self.report(), {})

    def test_what_the_files_tell_is_shown_as_they_have_it(self):
        report = self.report(ParamRow("params.yaml", "lr", 0.1, 0.3, State.CHANGED))
        assert "`params.yaml:lr` 0.1 → 0.3" in render_markdown(report, {})


class TestArtifacts:
    def test_what_of_it_is_not_known_is_said(self):
        row = ArtifactRow("net", State.CHANGED, "net.pt", ("desc",), UNKNOWN)
        assert wording.artifact_changes(row) == f"desc; {UNKNOWN}"
        assert f"| unavailable | {UNKNOWN} |" in render_markdown(
            make_report(artifacts=(replace(row, state=State.UNAVAILABLE, changed=()),)), {}
        ).replace("⚠️\u00a0", "")


class TestSubjects:
    @pytest.mark.parametrize(
        ("path", "names_path", "subject"), [("m.json", False, "m.json"), ("train", True, ""), ("", False, "")]
    )
    def test_a_message_has_one_and_only_one(self, path, names_path, subject):
        message = "Stage train was run on m.json"
        assert wording.subject(Problem("HEAD", path, ProblemKind.STALE, message, names_path=names_path)) == subject

    def test_it_stands_before_the_message(self):
        message = "is imported, and its source /srv/reg: m.json cannot be read"
        assert "`m.json`: **is imported" in shown(Problem("HEAD", "m.json", ProblemKind.STALE, message))


class TestSentencesOfProblems:
    PROBLEM = Problem("HEAD", "train", ProblemKind.STALE, "Stage train has never run", "run `dvc repro`")

    def test_both_tables_make_sentences_of_clauses(self):
        report = make_report(problems=(self.PROBLEM,), metrics=(metric("a", 1, 2),))
        assert "| Stage train has never run. | Run `dvc repro`. |" in render_markdown(report, {})
        assert '<td class="wide">Run <code>dvc repro</code>.</td>' in render_page(report, (), None)

    def test_a_box_of_the_page_has_subject_message_and_hint_with_their_stops(self):
        page = render_page(make_report(problems=(replace(self.PROBLEM, message="was edited"),)), (), None)
        assert "HEAD: <code>train</code>: <strong>was edited.</strong> Run <code>dvc repro</code>.</p>" in page

    def test_notices_that_are_not_shown_are_counted(self):
        report = make_report(notices=tuple(f"Note {index}." for index in range(7)), metrics=(metric("a", 1, 2),))
        assert "> ℹ️ … and 2 more notes in the full report." in render_markdown(report, {})
