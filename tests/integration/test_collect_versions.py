"""A DVC that this version was not tested with: a newer one is allowed and said, one that cannot be loaded is told with its mend."""

from __future__ import annotations

import pytest
from dvc.ignore import DvcIgnorePatterns
from project_factories import ProjectFactory, isolate

from reporter.cli import main
from reporter.collect.project import Wanted, open_project
from reporter.errors import ProjectError


def test_the_report_says_it_and_is_made(monkeypatch, tmp_path, capsys):
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"a": 1}}).commit()
    monkeypatch.chdir(project.root)
    monkeypatch.setattr("reporter.collect.dvc.versions.version", lambda _package: "3.99.0")

    assert main(["report", "HEAD", "--no-images", "--out", str(tmp_path / "out"), "--json"], {}) == 0

    said = capsys.readouterr()
    assert said.err.count("DVC 3.99.0 is newer than any that this version was tested with") == 1
    assert "newer" not in said.out


def test_a_pathspec_too_new_for_dvc_is_told_with_its_mend(monkeypatch, tmp_path):
    """As DVC 3.60 fails beside pathspec 1."""
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project")
    project.write({"dvc.yaml": "metrics: [m.json]\n", "m.json": {"a": 1}}).commit()

    def load(*_: object) -> None:
        raise ImportError("cannot import name '_DIR_MARK'", name="pathspec.patterns.gitwildmatch")

    monkeypatch.setattr(DvcIgnorePatterns, "__init__", load)
    for revision in ("workspace", "HEAD"):
        opened = open_project(project.root)
        with pytest.raises(ProjectError, match=r"cannot be loaded with pathspec \d") as caught:
            opened.snapshot(opened.resolve_head(revision), Wanted())
        assert "pip install 'pathspec<1'" in caught.value.hint
