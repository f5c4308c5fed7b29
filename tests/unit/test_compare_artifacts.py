"""Artifacts of dvc.yaml over two revisions: their fields, and what lies at their paths."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import BASE, HEAD, make_snapshot, make_stage, make_tracked

from reporter.compare.artifacts import artifact_rows
from reporter.model.comparison import ArtifactRow, State

NET = {"net": {"path": "models/net.pt", "type": "model"}}
UNKNOWN = "whether its content changed cannot be known"


def row(base, head):
    """Of the one artifact of two revisions, each with what it is made of."""
    (found,) = artifact_rows(
        make_snapshot(BASE, artifacts=NET, **base), make_snapshot(HEAD, **{"artifacts": NET} | head)
    )
    return found


def of_stage(content):
    return {"stages": [make_stage("train", outs={"models/net.pt": content})]}


def of_file(content):
    return {"data": [make_tracked("models/net.pt", content)]}


def of_folder(content):
    return {"data": [make_tracked("models", files={"net.pt": content, "log.txt": content})]}


class TestDefinitions:
    def rows(self, base, head):
        before = None if base is None else make_snapshot(BASE, artifacts=base)
        return {found.name: found for found in artifact_rows(before, make_snapshot(HEAD, artifacts=head))}

    def test_changed_fields_are_named(self):
        before = {"net": {"path": "a.pt", "type": "model", "labels": ["x"]}}
        after = {"net": {"path": "b.pt", "type": "model", "desc": "new", "labels": ["x"]}}
        found = self.rows(before, after)["net"]
        assert (found.state, found.path, found.changed) == (State.CHANGED, "b.pt", ("path", "desc"))

    def test_what_one_side_defines_is_added_or_removed(self):
        rows = self.rows({"gone": {"path": "g"}}, {"new": {}})
        assert {name: found.state for name, found in rows.items()} == {"gone": State.REMOVED, "new": State.ADDED}

    def test_on_a_first_report_all_are_new(self):
        assert self.rows(None, {"net": {"path": "a"}})["net"].state is State.ADDED

    def test_what_a_baseline_that_is_known_in_part_seems_to_lack_is_not_called_new(self):
        base = replace(make_snapshot(BASE), is_partial=True)
        (found,) = artifact_rows(base, make_snapshot(HEAD, artifacts=NET))
        assert found.state is State.UNAVAILABLE


class TestContent:
    @pytest.mark.parametrize("kept", [of_stage, of_file, of_folder])
    def test_equal_content_is_unchanged_and_other_content_has_changed(self, kept):
        assert row(kept("one"), kept("one")) == ArtifactRow("net", State.UNCHANGED, "models/net.pt")
        assert row(kept("one"), kept("two")) == ArtifactRow("net", State.CHANGED, "models/net.pt", ("content",))

    def test_it_is_named_beside_the_fields_that_changed(self):
        described = {"artifacts": {"net": {**NET["net"], "desc": "deeper"}}}
        assert row(of_file("one"), of_file("two") | described).changed == ("desc", "content")

    def test_what_else_lies_in_its_folder_does_not_matter(self):
        before = {"data": [make_tracked("models", files={"net.pt": "same", "log.txt": "one"})]}
        after = {"data": [make_tracked("models", files={"net.pt": "same", "log.txt": "two"})]}
        assert row(before, after).state is State.UNCHANGED

    def test_a_folder_changes_with_any_file_below_it(self):
        folder = {"artifacts": {"net": {"path": "models", "type": "model"}}}
        before, after = of_file("one") | folder, of_file("two") | folder
        (found,) = artifact_rows(make_snapshot(BASE, **before), make_snapshot(HEAD, **after))
        assert found.changed == ("content",)

    def test_moving_it_changes_its_path_alone(self):
        moved = {"artifacts": {"net": {"path": "net.pt", "type": "model"}}, "data": [make_tracked("net.pt", "one")]}
        assert row(of_file("one"), moved).changed == ("path",)

    def test_files_that_git_keeps_are_compared_as_well(self):
        base, head = make_snapshot(BASE, artifacts=NET), make_snapshot(HEAD, artifacts=NET)
        before, after = ({"models/net.pt": {"models/net.pt": digest}} for digest in ("1", "2"))
        (found,) = artifact_rows(replace(base, artifacts_in_git=before), replace(head, artifacts_in_git=after))
        assert found.changed == ("content",)
        (same,) = artifact_rows(replace(base, artifacts_in_git=before), replace(head, artifacts_in_git=before))
        assert same.state is State.UNCHANGED


class TestUnknownContent:
    def test_what_is_kept_nowhere_is_not_called_unchanged(self):
        found = row({}, {})
        assert (found.state, found.changed) == (State.UNAVAILABLE, ())
        assert found.note == f"{UNKNOWN}: neither git nor DVC keeps it"

    def test_the_revision_that_does_not_keep_it_is_named(self):
        assert row(of_file("one"), {}).note == f"{UNKNOWN}: neither git nor DVC keeps it in workspace"

    def test_fields_that_changed_are_said_all_the_same(self):
        found = row({}, {"artifacts": {"net": {**NET["net"], "desc": "deeper"}}})
        assert (found.state, found.changed) == (State.CHANGED, ("desc",))
        assert found.note

    def test_what_no_run_has_made_is_not_known(self):
        assert row(of_stage(None), of_stage("one")).note == UNKNOWN

    def test_hashes_that_are_made_in_two_ways_cannot_be_compared(self):
        old = {"data": [replace(make_tracked("models/net.pt", "one"), algorithm="md5-dos2unix")]}
        assert row(old, of_file("two")).note == UNKNOWN

    def test_equal_hashes_are_of_equal_content_however_they_were_made(self):
        old = {"data": [replace(make_tracked("models/net.pt", "one"), algorithm="md5-dos2unix")]}
        assert row(old, of_file("one")).state is State.UNCHANGED

    def test_a_pointer_in_git_is_not_the_content(self):
        unread = replace(make_snapshot(HEAD, artifacts=NET), artifacts_in_git={"models/net.pt": None})
        (found,) = artifact_rows(make_snapshot(BASE, artifacts=NET, **of_file("one")), unread)
        assert (found.state, found.note) == (State.UNAVAILABLE, UNKNOWN)
