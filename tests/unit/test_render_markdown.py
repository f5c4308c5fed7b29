"""The comment: what comes first, what is folded, and what goes when the forge has no room."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_factories import (
    HOSTILE,
    SCENARIOS,
    better,
    gate_failed,
    hostile,
    links,
    make_report,
    metric,
    no_change,
    plot,
)

from reporter.model.comparison import Flips, GateRow, Outcome, ParamRow, SliceRow, StageRow, State, Verdict
from reporter.model.problem import Problem, ProblemKind
from reporter.model.report import SectionText
from reporter.render import wording
from reporter.render.markdown.document import Part, render_markdown

WHOLE = "https://example.org/report.html"


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def monstrous():
    """Larger than any forge takes, in every part."""
    rows = tuple(
        metric(f"{HOSTILE}{index}", 0.1, 0.2, file=HOSTILE, note=HOSTILE, headline=True) for index in range(300)
    )
    problems = tuple(
        Problem("main", f"{index}{HOSTILE}", ProblemKind.STALE, HOSTILE * 20, HOSTILE * 20) for index in range(100)
    )
    return replace(
        hostile(),
        summary=HOSTILE * 1000,
        metrics=rows,
        problems=problems,
        gates=tuple(GateRow(HOSTILE, HOSTILE * 50, Verdict.FAIL, HOSTILE * 50) for _ in range(100)),
        sections=(SectionText(HOSTILE * 50, "text\n\n" * 50_000),),
        notices=(HOSTILE * 50,) * 100,
        plots=tuple(plot(f"plot {index}", alt=HOSTILE * 20) for index in range(300)),
    )


def test_the_verdict_is_the_first_thing_read():
    assert render_markdown(better(), {}).startswith("### 🟢 Better: roc_auc +0.027")


@pytest.mark.parametrize(
    ("verdict", "symbol"), [(Verdict.FAIL, "🔴"), (Verdict.WARN, "🟡"), (Verdict.UNKNOWN, "🟠"), (Verdict.PASS, "⚪")]
)
def test_each_verdict_has_its_own_symbol(verdict, symbol):
    assert render_markdown(make_report(verdict=verdict), {}).startswith(f"### {symbol} ")


def test_no_change_is_one_line_and_the_footer():
    lines = [line for line in render_markdown(no_change(), {}).splitlines() if line]
    assert len(lines) == 2


def test_a_gate_that_fails_is_open_and_those_that_pass_are_folded():
    before_details = render_markdown(gate_failed(), {}).split("<details>", 1)[0]
    assert "❌\u00a0fail" in before_details
    assert "✅\u00a0pass" not in before_details


def test_a_stale_lock_is_said_before_any_number():
    text = render_markdown(SCENARIOS["stale_lock"](), {})
    assert text.index("the values of evaluation/metrics.json are not of this code") < text.index("| Metric")


def test_changed_metrics_come_before_unchanged_ones():
    text = render_markdown(SCENARIOS["worse"](), {})
    every = text[text.index("All metrics") :]
    assert every.index("roc_auc") < every.index("accuracy") < every.index("n_test")


def test_pictures_are_two_a_row_with_a_text_for_those_who_cannot_see_them():
    text = render_markdown(better(), {"images/roc-curve.png": "https://example.org/roc.png"})
    assert '<a href="https://example.org/roc.png"><img src="https://example.org/roc.png" alt="ROC curve: main' in text
    assert 'width="49%"' in text


def captions(*plots):
    report = make_report(plots=plots)
    text = render_markdown(report, {one.image: one.image for one in plots})
    return re.findall(r"<td[^>]*>(?:<b>(.*?)</b><br>)?<img", text)


def test_an_image_plot_has_its_name_above_it_where_everybody_sees_it():
    assert captions(plot("figs/worst case.png", kind="image"), plot("figs/best case.png", kind="image")) == [
        "worst case.png",
        "best case.png",
    ]


def test_files_of_one_name_are_told_apart_by_their_folders():
    same = (plot("a/map.png", kind="image"), plot("b/map.png", kind="image"), plot("b/tree.png", kind="image"))
    assert captions(*same) == ["a/map.png", "b/map.png", "tree.png"]


def test_a_title_is_shown_in_place_of_the_file_and_plots_of_data_have_theirs_inside():
    assert captions(plot("loss"), plot("a/map.png", kind="image", title="Anomalies")) == ["", "Anomalies"]


def test_a_caption_is_text_whatever_the_file_is_called():
    (caption,) = captions(plot("<b><img src=x>@me #1.png", kind="image"))
    assert caption == "&lt;b&gt;&lt;img src=x&gt;@\u2060me #\u20601.png"


def test_a_plot_without_a_picture_is_named():
    report = make_report(plots=(plot("loss", image=None, notes=("No browser.",)),))
    assert "| `loss` | changed | No browser. |" in render_markdown(report, {})


def test_the_footer_links_both_commits_the_log_and_the_whole():
    footer = render_markdown(better(), {}, whole=WHOLE).splitlines()[-1]
    assert f"(https://github.com/octo/flights/commit/{better().head.sha})" in footer
    assert ", 3 commits behind main" in footer
    assert "[GitHub Actions log](https://github.com/octo/flights/actions/runs/42)" in footer
    assert f"[full report]({WHOLE})" in footer
    assert footer.endswith("dvc-reporter 0.1.0")


def test_the_graph_marks_what_changed_and_what_ran_again():
    stages = (
        StageRow("prepare", State.CHANGED, ("deps",), outdated=False, ran=True),
        StageRow("train", State.CHANGED, ("params",), outdated=False, ran=True, upstream=("prepare",)),
        StageRow("evaluate", State.UNCHANGED, (), outdated=False, ran=True, upstream=("prepare", "train")),
    )
    text = render_markdown(make_report(stages=stages), {})
    assert 's0["prepare<br/>deps changed, ran again"]:::changed' in text
    assert 's2["evaluate<br/>ran again"]:::ran' in text
    assert "s1 --> s2" in text


def test_a_pipeline_too_large_to_draw_is_a_table_of_what_happened():
    stages = tuple(StageRow(f"s{index}", State.UNCHANGED, (), outdated=False, ran=index == 3) for index in range(200))
    text = render_markdown(make_report(stages=stages), {})
    assert "mermaid" not in text
    assert "| `s3` | ran again |" in text


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_row_of_a_table_has_as_many_cells_as_its_heading(name):
    report = SCENARIOS[name]()
    width = 0
    for line in render_markdown(report, links(report)).splitlines():
        cells = line.replace("\\|", "").count("|")
        if not line.startswith("|"):
            width = 0
        elif not width:
            width = cells
        else:
            assert cells == width, line


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SCENARIOS)), limit=st.integers(2, 9000))
def test_it_fits_whatever_the_limit(name, limit):
    report = SCENARIOS[name]()
    assert 0 < utf16_length(render_markdown(report, links(report), limit, WHOLE)) <= limit


@pytest.mark.parametrize("limit", [60, 5_000, 65_536])
def test_a_monstrous_report_fits_as_well(limit):
    report = monstrous()
    text = render_markdown(report, links(report), limit, WHOLE)
    assert 0 < utf16_length(text) <= limit


def test_what_is_left_out_is_said_with_where_the_whole_is():
    text = render_markdown(better(), links(better()), 2_600, WHOLE)
    assert "Left out to fit here: artifacts, flips, slices, data" in text
    assert f"The whole report: [full report]({WHOLE})" in text


def test_a_part_that_is_far_too_long_takes_no_other_with_it():
    report = replace(better(), sections=(SectionText("Notes", "word " * 10_000),))
    text = render_markdown(report, links(report), 40_000, WHOLE)
    assert "more characters in the full report" in text
    assert "Left out" not in text
    without = render_markdown(replace(report, sections=()), links(report), whole=WHOLE)
    for kept in ("All metrics", "Params (", "Slices (", "Flips (", "```mermaid"):
        assert text.count(kept) == without.count(kept) > 0


@pytest.mark.parametrize("name", ["better", "three_hundred_metrics"])
def test_a_report_that_is_a_little_too_long_is_shortened_a_little(name):
    report = SCENARIOS[name]()
    whole = utf16_length(render_markdown(report, links(report), whole=WHOLE))
    limit = whole * 97 // 100
    assert limit * 9 // 10 < utf16_length(render_markdown(report, links(report), limit, WHOLE)) <= limit


def test_a_longer_limit_never_loses_the_tables_that_a_shorter_one_has():
    shown = [
        render_markdown(better(), links(better()), limit, WHOLE).count("<details>") for limit in (6_000, 9_000, 12_000)
    ]
    assert shown == sorted(shown)


def test_the_headline_is_the_last_to_go():
    limits = range(400, 6_000, 400)
    texts = [render_markdown(better(), links(better()), limit, WHOLE) for limit in limits]
    assert all("| `roc_auc` |" in text for text in texts if "<details>" in text)


def test_parts_leave_in_the_stated_order():
    order = [part.value for part in Part]
    for limit in range(1_200, 6_000, 300):
        text = render_markdown(better(), links(better()), limit, WHOLE)
        if "Left out to fit here: " in text:
            gone = text.split("Left out to fit here: ")[1].split(". The whole")[0].split(", ")
            assert gone == [name for name in order if name in gone]


def test_long_tables_are_shortened_before_anything_is_left_out():
    report = SCENARIOS["three_hundred_metrics"]()
    text = render_markdown(report, {}, 8_000, WHOLE)
    assert "more rows in the full report" in text
    assert "Left out" not in text


@pytest.mark.parametrize("stages", [7, 8, 9, 40, 41])
def test_a_graph_gives_way_to_its_table(stages):
    rows = tuple(
        StageRow(
            f"stage-{index}",
            State.CHANGED,
            ("deps",),
            outdated=False,
            upstream=tuple(f"stage-{n}" for n in range(index)),
        )
        for index in range(stages)
    )
    whole = utf16_length(render_markdown(make_report(stages=rows), {}, whole=WHOLE))
    for limit in range(whole * 7 // 10, whole, max(whole // 100, 1)):
        text = render_markdown(make_report(stages=rows), {}, limit, WHOLE)
        assert utf16_length(text) <= limit
        assert "mermaid" not in text
        assert "Pipeline (" in text


def test_no_more_rows_are_put_into_words_than_have_room_a_few_times_over(monkeypatch):
    worded = []
    both_values = wording.both_values
    monkeypatch.setattr(wording, "both_values", lambda row: worded.append(row) or both_values(row))
    params = tuple(ParamRow("params.yaml", f"p{index}", 1, 2, State.CHANGED) for index in range(100_000))
    text = render_markdown(make_report(params=params), {}, 65_536, WHOLE)
    shown = text.count("| `p")
    assert shown > 2_000
    assert len(worded) < 6 * shown


def test_the_text_can_be_written_as_utf8_whatever_the_names():
    report = make_report(metrics=(metric("\ud800name", 0.1, 0.2),), summary="\udfff")
    assert render_markdown(report, {}).encode()


@pytest.mark.parametrize(
    ("outcomes", "symbol"),
    [
        ((Outcome.IMPROVED, Outcome.SAME), "🟢"),
        ((Outcome.IMPROVED, Outcome.REGRESSED), "⚪"),
        ((Outcome.INCONCLUSIVE,), "⚪"),
    ],
)
def test_green_is_only_what_is_better_without_being_worse(outcomes, symbol):
    rows = tuple(
        metric(f"m{index}", 0.1, 0.2, outcome=outcome, headline=True) for index, outcome in enumerate(outcomes)
    )
    other = metric("other", 0.1, 0.2, outcome=Outcome.IMPROVED)
    assert render_markdown(make_report(metrics=(*rows, other)), {}).startswith(f"### {symbol} ")


def test_a_pass_whose_numbers_are_in_doubt_is_not_green():
    report = replace(better(), problems=SCENARIOS["stale_lock"]().problems)
    assert render_markdown(report, {}).startswith("### ⚠️ ")


def test_a_file_that_could_not_be_read_goes_by_its_path():
    row = metric("", None, None, file="eval.json", state=State.UNAVAILABLE, outcome=Outcome.UNKNOWN)
    gates = (GateRow("eval.json:", "min 0.5", Verdict.UNKNOWN, "could not be read"),)
    for rows in ((row,), (row, metric("auc", 0.1, 0.2))):
        text = render_markdown(make_report(metrics=rows, gates=gates), {})
        assert "| `eval.json` | unavailable | unavailable |" in text
        assert "| `eval.json` | min 0.5 |" in text


def test_a_note_that_several_metrics_have_is_said_once():
    rows = [metric(name, 0.1, 0.2, note="One run each.", headline=True) for name in ("auc", "f1")]
    assert "- `auc`, `f1`: One run each." in render_markdown(make_report(metrics=tuple(rows)), {})


def test_slices_beyond_the_worst_and_best_are_counted():
    slices = tuple(replace(better().slices[0], value=f"v{index}") for index in range(90))
    text = render_markdown(make_report(slices=slices), {})
    assert text.count("| `carrier = v") == 10
    assert "… and 80 more rows in the full report." in text
    assert "Slices (none better or worse of 90)" in text
    assert "… and 1 more row in the full report." in render_markdown(make_report(slices=slices[:11]), {})


def test_the_slices_of_an_older_report_are_counted_alone():
    slices = tuple(replace(row, outcome=Outcome.UNKNOWN) for row in better().slices)
    assert f"<summary>Slices ({len(slices)})</summary>" in render_markdown(make_report(slices=slices), {})


@pytest.mark.parametrize(
    ("worse", "better_", "shown"), [(1, 20, "w" + "b" * 9), (20, 20, "wwwwwbbbbb"), (20, 2, "w" * 8 + "bb")]
)
def test_a_slice_that_became_worse_is_not_hidden_by_those_that_became_better(worse, better_, shown):
    rows = [SliceRow("p.csv", "auc", "g", "b", 50, 0.6, 0.7, 0.1, (0.05, 0.15), 1e-9, Outcome.IMPROVED)] * better_
    rows += [SliceRow("p.csv", "auc", "g", "w", 50, 0.6, 0.5, -0.1, (-0.2, -0.01), 0.01, Outcome.REGRESSED)] * worse
    text = render_markdown(make_report(slices=tuple(rows)), {})
    assert "".join(re.findall(r"\| `g = (.)` \|", text)) == shown
    assert f"Slices ({worse} worse, {better_} better of {worse + better_})" in text


def test_slices_and_flips_of_identical_predictions_are_not_shown():
    same = SliceRow("p.csv", "auc", "g", "v", 50, 0.6, 0.6, 0.0, (0.0, 0.0), 1.0, Outcome.SAME)
    text = render_markdown(make_report(slices=(same,), flips=(Flips("p.csv", 90, 0, 0, ()),)), {})
    assert "Slices" not in text
    assert "Flips" not in text


def test_methods_stand_below_the_table_with_the_metrics_they_belong_to():
    rows = [metric(name, 0.1, 0.2, interval=(0.05, 0.15), method="bootstrap") for name in ("f1", "loss")]
    of_one = render_markdown(make_report(metrics=tuple(rows)), {})
    assert "\n\nIntervals and p: bootstrap.\n" in of_one
    assert "Method" not in of_one
    of_two = render_markdown(make_report(metrics=(*rows, metric("auc", 0.1, 0.2, method="DeLong"))), {})
    assert "\n\nIntervals and p:\n\n- `f1`, `loss`: bootstrap.\n- `auc`: DeLong.\n" in of_two
    of_some = render_markdown(make_report(metrics=(*rows, metric("auc", 0.1, 0.2))), {})
    assert "\n\nIntervals and p of `f1`, `loss`: bootstrap.\n" in of_some


def test_a_doubt_ends_before_its_mend_begins():
    problem = Problem("workspace", "m.json", ProblemKind.MISMATCH, "m.json reports 0.8", "one of them is wrong")
    text = render_markdown(make_report(metrics=(metric("auc", 0.1, 0.2),), problems=(problem,)), {})
    assert "**m.json reports 0.8.** One of them is wrong." in text


def test_a_difference_that_is_the_same_to_begin_with_has_no_interval():
    rows = (metric("auc", 0.2, 0.2, interval=(0.0, 0.0), headline=True), metric("f1", 0.1, 0.2, headline=True))
    assert "0 to 0" not in render_markdown(make_report(metrics=rows), {})


@pytest.mark.parametrize(
    ("message", "hint", "line"),
    [
        ("auc is 0.7", "one of them is wrong: check", "**auc is 0.7.** One of them is wrong: check."),
        ("It stopped.", "`report.html` has it", "**It stopped.** `report.html` has it."),
        ("gone", "`dvc push` it!", "**gone.** `dvc push` it!"),
    ],
)
def test_what_is_wrong_and_what_to_do_are_two_sentences(message, hint, line):
    problem = Problem("", "eval.json", ProblemKind.MISMATCH, message, hint)
    assert f"> ⚠️ `eval.json`: {line}\n" in render_markdown(make_report(problems=(problem,)), {})


def test_plots_below_none_are_not_more_plots():
    plots = tuple(plot(f"p{index}", State.UNCHANGED) for index in range(4))
    changed = plot("changed")
    report = make_report(metrics=(metric("a", 1, 2),), plots=plots)
    assert "<summary>4 plots</summary>" in render_markdown(report, links(report))
    report = replace(report, plots=(*plots, changed))
    assert "<summary>4 more plots</summary>" in render_markdown(report, links(report))


def test_a_note_that_the_verdict_has_is_not_said_again():
    note = "The test sets differ too much: there are only 0 rows that both test sets share (baseline 2,000, candidate 2,000)."
    text = render_markdown(SCENARIOS["different_test_set"](), {})
    assert text.count("rows that both test sets share") == 1
    row = metric("auc", 0.1, 0.2, outcome=Outcome.INCOMPARABLE, note=note, headline=True)
    assert note in render_markdown(make_report(metrics=(row,)), {})


def test_a_note_that_only_repeats_a_doubt_is_not_said_again():
    text = render_markdown(SCENARIOS["value_in_doubt"](), {})
    assert "No interval: the reported value" not in text
    assert text.index("**evaluation/metrics.json:roc_auc reports 0.7012") < text.index("| Metric")


def test_a_long_name_leaves_room_for_the_numbers_and_is_told_in_full_below():
    name = "a" * 70 + ".b" + "c" * 70
    text = render_markdown(make_report(metrics=(metric(name, 0.1, 0.2, headline=True),)), {})
    assert max(len(line) for line in text.splitlines() if line.startswith("| `")) < 120
    assert text.count(name) == 1
    assert f"Names in full:\n\n- `{name}`" in text


def test_the_page_beside_the_file_is_linked():
    assert "[full report](report.html)" in render_markdown(better(), {}, whole="report.html")
    assert "full report: the job summary" in render_markdown(better(), {}, whole="the job summary")
