"""What lies at the paths of artifacts and plots: kept by DVC, by git, by nobody, and folders that lack a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate

from reporter.collect.project import Wanted, open_project
from reporter.compare import compare
from reporter.figures import draw
from reporter.model.comparison import ArtifactRow, Comparison
from reporter.model.rules import PlotsRule, Rules

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1\n"
UNKNOWN = "whether its content changed cannot be known"


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> ProjectFactory:
    return ProjectFactory.new(tmp_path / "project")


def compared(project: ProjectFactory, head: str = "HEAD") -> Comparison:
    """The last commit, or the work tree, with the commit before."""
    opened = open_project(project.root)
    head_, base = opened.snapshots([opened.resolve_head(head)], opened.resolve_head("HEAD~1"), Wanted())
    return compare(base, [head_], Rules())


def artifact(project: ProjectFactory, head: str = "HEAD") -> ArtifactRow:
    (row,) = compared(project, head).candidates[0].artifacts
    return row


def declared(path: str) -> dict[str, str]:
    return {"dvc.yaml": f"artifacts:\n  net: {{path: {path}, type: model}}\n"}


class TestArtifacts:
    @pytest.mark.parametrize("head", ["HEAD", "workspace"])
    @pytest.mark.parametrize(("path", "file"), [("net.bin", "net.bin"), ("nets", "nets/deep/net.bin")])
    def test_content_that_git_keeps_is_compared(self, project, head, path, file):
        project.write({**declared(path), file: "one"}).commit()
        project.commit("Nothing")
        assert artifact(project, head).state == "unchanged"
        project.write({file: "two"}).commit()
        assert artifact(project, head).changed == ("content",)

    @pytest.mark.parametrize("path", ["net.bin", "nets/net.bin", "nets"])
    def test_content_that_dvc_keeps_is_compared(self, project, path):
        kept = path.split("/")[0]
        file = path if path.endswith(".bin") else f"{path}/net.bin"
        project.write({**declared(path), file: "one"}).add(kept).commit()
        project.commit("Nothing")
        assert artifact(project).state == "unchanged"
        project.write({file: "two"}).add(kept).commit()
        assert artifact(project).changed == ("content",)

    def test_line_ends_of_a_work_tree_are_no_other_content(self, project):
        project.write({**declared("net.json"), "net.json": "{\n}\n"}).commit()
        project.write({"net.json": b"{\r\n}\r\n"})
        project.git("commit", "--quiet", "--allow-empty", "--message", "Nothing")
        assert artifact(project, "workspace").state == "unchanged"

    @pytest.mark.parametrize("head", ["HEAD", "workspace"])
    def test_what_is_kept_nowhere_is_not_called_unchanged(self, project, head):
        project.write({**declared("net.bin"), ".gitignore": "/net.bin\n", "net.bin": "one"}).commit()
        project.commit("Nothing")
        row = artifact(project, head)
        assert (row.state, row.note) == ("unavailable", f"{UNKNOWN}: neither git nor DVC keeps it")

    def test_a_pointer_of_git_lfs_is_no_content(self, project):
        project.write({**declared("net.bin"), "net.bin": POINTER.format("1" * 64)}).commit()
        project.write({"net.bin": POINTER.format("2" * 64)}).commit()
        row = artifact(project)
        assert (row.state, row.note) == ("unavailable", UNKNOWN)


@pytest.mark.parametrize("definition", ["plots:\n  - plots\n", "plots:\n  - plots: {x: step}\n"])
@pytest.mark.parametrize("name", ["loss.csv", "tree.svg"])
def test_a_folder_of_plots_that_lacks_a_file_does_define_it(project, definition, name):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    project.write({"dvc.yaml": definition, "plots/acc.csv": "step,acc\n1,0.5\n"}).commit()
    project.write({f"plots/{name}": svg if name.endswith("svg") else "step,loss\n1,0.5\n"}).commit()
    new = next(plot for plot in compared(project).plots if plot.id == f"plots/{name}")
    assert new.sides[0].folder == "plots"
    if name.endswith(".csv"):
        (drawing,) = draw([new], PlotsRule())
        assert "HEAD~1: has no such file in `plots`, of which it defines the plots." in drawing.notes
