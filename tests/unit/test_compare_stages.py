"""Rows of stages: what of each changed, which ran again, which is out of date, and how they hang together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_snapshot, make_stage

from reporter.compare.dag import Dag
from reporter.compare.stages import stage_rows
from reporter.model.comparison import State

TRAIN = make_stage(
    "train",
    deps={"src/train.py": "code", "data/train.csv": "data"},
    params={"params.yaml:lr": 0.1},
    outs={"model.pkl": "model"},
)


def row(before, after, *, base_params=None, head_params=None):
    base = make_snapshot(BASE, stages=[before] if before else [], params=base_params)
    head = make_snapshot(HEAD, stages=[after] if after else [], params=head_params)
    return stage_rows(base, head)[0]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"cmd": "python new.py", "ran_cmd": "python new.py"}, ("cmd",)),
        ({"deps": {"src/train.py": "new", "data/train.csv": "data"}}, ("deps",)),
        ({"deps": {"src/train.py": "code"}}, ("deps",)),
        ({"params": {"params.yaml:lr": 0.2}}, ("params",)),
        ({"params": {"params.yaml:lr": 0.1, "params.yaml:depth": 3}}, ("params",)),
        ({"outs": {"model.pkl": "new"}}, ("outs",)),
        (
            {
                "cmd": "new",
                "ran_cmd": "new",
                "outs": {"model.pkl": "new"},
                "params": {},
                "deps": {"src/train.py": "new"},
            },
            ("cmd", "deps", "params", "outs"),
        ),
    ],
)
def test_what_the_locks_record_differently_has_changed_and_the_stage_ran(change, kinds):
    found = row(TRAIN, replace(TRAIN, **change))
    assert (found.state, found.changed, found.ran) == (State.CHANGED, kinds, True)


def test_a_stage_taken_from_the_cache_of_runs_is_unchanged_and_did_not_run():
    found = row(TRAIN, TRAIN)
    assert (found.state, found.changed, found.ran, found.outdated) == (State.UNCHANGED, (), False, False)


def test_params_are_compared_as_values():
    assert row(TRAIN, replace(TRAIN, params={"params.yaml:lr": 1e-1})).changed == ()
    assert row(replace(TRAIN, params={"p:x": 1}), replace(TRAIN, params={"p:x": True})).changed == ("params",)


class TestOutdated:
    def test_a_command_edited_but_not_run_has_changed_though_the_locks_agree(self):
        found = row(TRAIN, replace(TRAIN, cmd="python new.py", outdated=("cmd",)))
        assert (found.state, found.changed, found.ran, found.outdated) == (State.CHANGED, ("cmd",), False, True)

    @pytest.mark.parametrize("kind", ["deps", "params", "outs"])
    def test_what_changed_on_one_side_since_its_run_differs_between_the_sides(self, kind):
        edited = replace(TRAIN, outdated=(kind,))
        assert row(TRAIN, edited).changed == (kind,)
        assert row(edited, TRAIN).changed == (kind,)

    def test_an_old_staleness_that_both_sides_share_is_no_change(self):
        stale = replace(TRAIN, outdated=("deps",))
        found = row(stale, stale)
        assert (found.changed, found.outdated) == ((), True)

    def test_params_that_are_stale_on_both_sides_are_looked_up_in_their_files(self):
        stale = replace(TRAIN, outdated=("params",))
        files = {"base_params": {"params.yaml": {"lr": 0.2}}, "head_params": {"params.yaml": {"lr": 0.3}}}
        assert row(stale, stale, **files).changed == ("params",)
        assert row(stale, stale, base_params=files["base_params"], head_params=files["base_params"]).changed == ()

    @pytest.mark.parametrize(("edited", "changed"), [("train", ("params",)), ("trainer", ()), ("other", ())])
    def test_of_a_group_of_stale_params_every_member_is_looked_up_and_nothing_else(self, edited, changed):
        stale = replace(TRAIN, params={"params.yaml:train": {"lr": 0.1}}, outdated=("params",))
        values = {group: {"depth": 3, "lr": 0.2} for group in ("train", "trainer", "other")}
        before, after = {"params.yaml": values}, {"params.yaml": values | {edited: {"depth": 3, "lr": 0.3}}}
        assert row(stale, stale, base_params=before, head_params=after).changed == changed


class TestNeverRun:
    NEVER = replace(
        TRAIN,
        deps=dict.fromkeys(TRAIN.deps),
        outs=dict.fromkeys(TRAIN.outs),
        params={},
        ran_cmd=None,
        outdated=("cmd", "deps", "params", "outs"),
    )

    def test_hashes_that_are_not_known_are_no_changes_but_the_outputs_are_gone(self):
        found = row(TRAIN, self.NEVER)
        assert (found.state, found.changed, found.ran, found.outdated) == (State.CHANGED, ("outs",), False, True)

    def test_it_is_known_of_a_row_that_no_run_is_recorded(self):
        assert not row(TRAIN, self.NEVER).ever_ran
        assert not row(None, self.NEVER).ever_ran
        assert not row(self.NEVER, None).ever_ran
        assert row(self.NEVER, TRAIN).ever_ran

    def test_the_first_run_makes_outputs(self):
        found = row(self.NEVER, TRAIN)
        assert (found.changed, found.ran) == (("outs",), True)

    def test_two_that_never_ran_differ_by_their_definitions_only(self):
        assert row(self.NEVER, self.NEVER).changed == ()
        assert row(self.NEVER, replace(self.NEVER, cmd="new")).changed == ("cmd",)


def test_a_new_stage_is_added_and_ran():
    found = row(None, TRAIN)
    assert (found.state, found.changed, found.ran) == (State.ADDED, (), True)


def test_a_stage_that_is_gone_is_removed_and_keeps_its_place():
    base = make_snapshot(BASE, stages=[make_stage("a"), make_stage("b"), make_stage("c")])
    head = make_snapshot(HEAD, stages=[make_stage("a"), make_stage("c")])
    assert [(found.name, found.state) for found in stage_rows(base, head)] == [
        ("a", State.UNCHANGED),
        ("b", State.REMOVED),
        ("c", State.UNCHANGED),
    ]
    assert not any(found.outdated for found in stage_rows(base, head))


def test_on_a_first_report_every_stage_is_added_and_none_ran_again():
    (found,) = stage_rows(None, make_snapshot(HEAD, stages=[TRAIN]))
    assert (found.state, found.ran) == (State.ADDED, False)


class TestEdges:
    def upstream(self, *stages):
        rows = stage_rows(None, make_snapshot(HEAD, stages=stages))
        return {found.name: found.upstream for found in rows}

    def test_a_stage_reads_from_the_stage_that_writes_its_dependency(self):
        found = self.upstream(make_stage("a", outs={"x": "1"}), make_stage("b", deps={"x": "1", "raw": "2"}))
        assert found == {"a": (), "b": ("a",)}

    def test_a_file_inside_a_directory_that_a_stage_writes_counts(self):
        found = self.upstream(make_stage("a", outs={"data": "1"}), make_stage("b", deps={"data/deep/test.csv": "1"}))
        assert found["b"] == ("a",)

    def test_a_directory_into_which_stages_write_counts(self):
        found = self.upstream(
            make_stage("a", outs={"data/a.csv": "1"}),
            make_stage("b", outs={"data/b/c.csv": "1"}),
            make_stage("merge", deps={"data": "1"}),
        )
        assert found["merge"] == ("a", "b")

    def test_a_name_that_only_begins_alike_does_not_count(self):
        found = self.upstream(
            make_stage("a", outs={"data": "1"}), make_stage("b", deps={"data2/x": "1", "database": "1"})
        )
        assert found["b"] == ()

    def test_a_removed_stage_keeps_the_edges_of_the_baseline(self):
        writer, reader = make_stage("a", outs={"x": "1"}), make_stage("b", deps={"x": "1"})
        rows = stage_rows(make_snapshot(BASE, stages=[writer, reader]), make_snapshot(HEAD, stages=[writer]))
        assert rows[1].upstream == ("a",)

    def test_ancestors_are_found_once_at_their_least_distance_even_in_a_cycle(self):
        pipeline = Dag.of(
            {
                stage.name: stage
                for stage in [
                    make_stage("a", deps={"z": "1"}, outs={"x": "1"}),
                    make_stage("b", deps={"x": "1"}, outs={"y": "1"}),
                    make_stage("c", deps={"y": "1", "x": "1"}, outs={"z": "1"}),
                ]
            }
        )
        assert pipeline.ancestors(("c",)) == {"c": 0, "b": 1, "a": 1}
