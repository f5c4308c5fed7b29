"""Plots over all revisions: the same, changed, on one side only, or not readable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_line_plot, make_problem, make_revision, make_snapshot, make_table

from reporter.compare import compare
from reporter.compare.plots import plot_comparisons
from reporter.model.comparison import State
from reporter.model.problem import ProblemKind
from reporter.model.rules import Rules
from reporter.model.snapshot import Axis, PlotSpec

LINE = make_line_plot("loss.csv")
IMAGE = PlotSpec(id="tree.png", template="image", path="tree.png")
NAN = float("nan")


def lines(**columns):
    return {"plots": [LINE], "tables": {"loss.csv": make_table(**(columns or {"step": [1, 2], "loss": [0.5, 0.4]}))}}


def plot(before, after):
    base = None if before is None else make_snapshot(BASE, **before)
    (found,) = plot_comparisons(base, [make_snapshot(HEAD, **after)])
    return found


def test_equal_definition_and_data_are_unchanged():
    found = plot(lines(), lines())
    assert (found.id, found.kind, found.state, found.has_base) == ("loss.csv", "linear", State.UNCHANGED, True)
    assert [side.revision for side in found.sides] == [BASE, HEAD]
    assert list(found.sides[0].tables) == ["loss.csv"]


@pytest.mark.parametrize(
    "columns",
    [
        {"step": [1, 2], "loss": [0.5, 0.3]},
        {"step": [1, 2, 3], "loss": [0.5, 0.4, 0.3]},
        {"step": [1, 2], "val_loss": [0.5, 0.4]},
        {"loss": [0.5, 0.4], "step": [1, 2]},
        {"step": ["1", "2"], "loss": [0.5, 0.4]},
        {"step": [1, 2], "loss": [0.5, NAN]},
    ],
)
def test_other_data_are_a_change(columns):
    assert plot(lines(), lines(**columns)).state is State.CHANGED


def test_nan_and_text_and_empty_cells_are_compared_as_values():
    columns = {"x": [NAN, 1.0], "label": ["a", None]}
    assert plot(lines(**columns), lines(**columns)).state is State.UNCHANGED


def test_another_definition_is_a_change():
    other = {**lines(), "plots": [replace(LINE, title="Loss")]}
    assert plot(lines(), other).state is State.CHANGED


def test_columns_of_files_it_does_not_draw_do_not_matter():
    more = lines()
    more["tables"]["other.csv"] = make_table(x=[1])
    found = plot(lines(), more)
    assert (found.state, list(found.sides[1].tables)) == (State.UNCHANGED, ["loss.csv"])


def test_a_plot_of_one_side_is_added_or_removed():
    assert plot({}, lines()).state is State.ADDED
    assert plot(lines(), {}).state is State.REMOVED
    assert plot(None, lines()).state is State.ADDED
    assert plot(lines(), {}).sides[1].spec is None


@pytest.mark.parametrize(("defined", "folder"), [(("ev",), "ev"), (("ev/run", "ev"), "ev/run"), (("other",), "")])
def test_a_side_that_defines_the_folder_of_a_plot_lacks_the_file_alone(defined, folder):
    drawn = make_snapshot(
        HEAD, plots=[make_line_plot("ev/run/p.csv")], tables={"ev/run/p.csv": make_table(step=[1], loss=[0.5])}
    )
    (found,) = plot_comparisons(replace(make_snapshot(BASE), plot_paths=defined), [drawn])
    assert (found.state, found.sides[0].spec, found.sides[0].folder) == (State.ADDED, None, folder)
    assert found.sides[1].folder == ""


def test_data_that_cannot_be_read_make_it_unavailable_and_the_reason_comes_with_the_side():
    problem = make_problem("loss.csv")
    unread = {"plots": [LINE], "problems": [problem, make_problem("other.csv")]}
    found = plot(unread, lines())
    assert found.state is State.UNAVAILABLE
    assert found.sides[0].problems == (problem,)
    assert plot({}, unread).state is State.UNAVAILABLE


def test_one_of_several_files_that_cannot_be_read_is_enough():
    two = replace(LINE, y=(Axis("loss.csv", "loss"), Axis("val.csv", "loss")))
    half = {"plots": [two], "tables": lines()["tables"]}
    assert plot(half, half).state is State.UNAVAILABLE


def test_a_plot_that_could_not_be_expanded_on_the_other_side_is_not_called_new():
    assert plot({"problems": [make_problem("loss.csv")]}, lines()).state is State.UNAVAILABLE
    warned = {"problems": [make_problem("loss.csv", ProblemKind.PLOT)]}
    assert plot(warned, lines()).state is State.ADDED


@pytest.mark.parametrize("folder", ["ev", "ev/run"])
def test_a_plot_in_a_folder_that_could_not_be_read_on_the_other_side_is_neither_new_nor_gone(folder):
    drawn = {"plots": [make_line_plot("ev/run/p.csv")], "tables": {"ev/run/p.csv": make_table(step=[1], loss=[0.5])}}
    unread = {"problems": [make_problem(folder)]}
    assert plot(unread, drawn).state is State.UNAVAILABLE
    assert plot(drawn, unread).state is State.UNAVAILABLE
    assert [problem.path for problem in plot(unread, drawn).sides[0].problems] == [folder]


def test_what_does_not_keep_a_folder_from_being_read_says_nothing_of_the_plots_in_it():
    drawn = {"plots": [make_line_plot("ev/p.csv")], "tables": {"ev/p.csv": make_table(step=[1], loss=[0.5])}}
    for problem in (make_problem("ev", ProblemKind.STALE), make_problem("evaluation")):
        assert plot({"problems": [problem]}, drawn).state is State.ADDED


def test_images_are_compared_byte_by_byte():
    def image(content):
        return {"plots": [IMAGE], "images": {"tree.png": content}}

    assert plot(image(b"a"), image(b"a")).state is State.UNCHANGED
    found = plot(image(b"a"), image(b"b"))
    assert (found.state, found.kind) == (State.CHANGED, "image")
    assert [side.image for side in found.sides] == [b"a", b"b"]
    assert plot(image(b"a"), {"plots": [IMAGE]}).state is State.UNAVAILABLE


def test_a_side_with_another_definition_has_the_data_of_both():
    moved = replace(LINE, y=(Axis("other.csv", "loss"),), x=())
    tables = {"loss.csv": make_table(step=[1], loss=[2.0]), "other.csv": make_table(loss=[3.0])}
    found = plot({"plots": [LINE], "tables": tables}, {"plots": [moved], "tables": tables})
    base, head = found.sides
    assert (found.state, base.spec, head.spec) == (State.CHANGED, LINE, moved)
    assert (list(base.tables), list(head.tables)) == (["loss.csv", "other.csv"], ["other.csv"])


def test_data_of_the_new_definition_make_no_state_better():
    moved = replace(LINE, y=(Axis("other.csv", "loss"),), x=())
    tables = {"other.csv": make_table(loss=[3.0])}
    assert plot({"plots": [LINE], "tables": tables}, {"plots": [moved], "tables": tables}).state is State.UNAVAILABLE


def test_order_is_the_candidates_with_removed_plots_in_their_place():
    base = make_snapshot(BASE, plots=[make_line_plot(name) for name in ("a", "gone", "b")])
    head = make_snapshot(HEAD, plots=[make_line_plot(name) for name in ("b", "a", "new")])
    assert [found.id for found in plot_comparisons(base, [head])] == ["b", "a", "gone", "new"]


def test_several_candidates_share_one_comparison_of_a_plot():
    other = make_revision("exp-1")
    comparison = compare(make_snapshot(BASE), [make_snapshot(HEAD, **lines()), make_snapshot(other)], Rules())
    assert [candidate.revision for candidate in comparison.candidates] == [HEAD, other]
    (found,) = comparison.plots
    assert [side.revision for side in found.sides] == [BASE, HEAD, other]
