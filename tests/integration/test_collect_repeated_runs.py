"""Predictions of repeated runs: a glob in reporter.yaml over the outputs of a stage for each seed."""

from __future__ import annotations

import json

import pytest
from project_factories import ProjectFactory, isolate

from reporter.cli import main
from reporter.collect.project import Wanted, open_project
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Snapshot

SEEDS = (1, 2, 3)
PATTERN = "eval/seed-*/predictions.csv"
DVC_YAML = """\
stages:
  evaluate:
    matrix:
      seed: [1, 2, 3]
    cmd: python evaluate.py ${item.seed}
    deps: [evaluate.py]
    outs: ["eval/seed-${item.seed}/predictions.csv"]
    metrics:
      - "eval/seed-${item.seed}/metrics.json": {cache: false}
"""
REPORTER_YAML = f"""\
metrics: [{{match: "eval/seed-1/metrics.json:accuracy", headline: true}}]
predictions:
  - path: {PATTERN}
    task: binary
    actual: late
    predicted: predicted
    positive: 1
    metrics: {{accuracy: "eval/seed-*/metrics.json:accuracy"}}
"""


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


def write_runs(project: ProjectFactory, wrong: tuple[int, ...]) -> None:
    """100 examples for each seed, so many of which are predicted wrongly."""
    for seed, count in zip(SEEDS, wrong, strict=True):
        rows = [(number % 2, (number + (number < count)) % 2) for number in range(100)]
        text = "late,predicted\n" + "".join(f"{late},{predicted}\n" for late, predicted in rows)
        project.write(
            {
                f"eval/seed-{seed}/predictions.csv": text,
                f"eval/seed-{seed}/metrics.json": {"accuracy": 1 - count / 100},
            }
        )


@pytest.fixture
def project(tmp_path) -> ProjectFactory:
    """Accuracies 0.70, 0.72, 0.71 at HEAD~1 and 0.80, 0.83, 0.80 at HEAD; everything pushed."""
    project = ProjectFactory.new(tmp_path / "project").remote(tmp_path / "remote")
    project.write({"dvc.yaml": DVC_YAML, "evaluate.py": "", "reporter.yaml": REPORTER_YAML})
    for wrong in ((30, 28, 29), (20, 17, 20)):
        write_runs(project, wrong)
        project.record().push().commit()
    return project


def predictions(project: ProjectFactory, revision: str, pattern: str = PATTERN) -> Snapshot:
    opened = open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), Wanted(predictions=(pattern,)))


@pytest.mark.parametrize("revision", ["workspace", "HEAD", "HEAD~1"])
def test_a_glob_finds_the_outputs_of_each_seed(project, revision):
    found = predictions(project, revision)

    assert list(found.predictions) == [f"eval/seed-{seed}/predictions.csv" for seed in SEEDS]
    assert {table.rows for table in found.predictions.values()} == {100}


def test_what_the_cache_lacks_comes_from_the_remote(project):
    project.empty_cache()

    assert len(predictions(project, "HEAD~1").predictions) == 3


def test_a_run_that_is_nowhere_is_a_problem_and_the_others_are_read(project, tmp_path):
    digest = project.git("show", "HEAD~1:dvc.lock").split("eval/seed-2/predictions.csv")[1].split("md5: ")[1].split()[0]
    for folder in (project.root / ".dvc/cache", tmp_path / "remote"):
        (folder / "files/md5" / digest[:2] / digest[2:]).unlink()

    found = predictions(project, "HEAD~1")

    assert len(found.predictions) == 2
    assert [(problem.kind, problem.paths) for problem in found.problems] == [
        (ProblemKind.MISSING, ("eval/seed-2/predictions.csv",))
    ]


def test_files_inside_a_tracked_directory_are_found(tmp_path):
    project = ProjectFactory.new(tmp_path / "folders").remote(tmp_path / "remote")
    project.write({f"runs/{seed}/predictions.csv": f"late\n{seed}\n" for seed in SEEDS} | {"runs/notes.txt": "x"})
    project.add("runs").push().commit()
    project.empty_cache()

    for revision in ("workspace", "HEAD"):
        found = predictions(project, revision, "runs/*/predictions.csv")
        assert list(found.predictions) == [f"runs/{seed}/predictions.csv" for seed in SEEDS]


def test_a_directory_that_cannot_be_listed_is_a_problem(tmp_path):
    project = ProjectFactory.new(tmp_path / "folders")
    project.write({f"runs/{seed}/predictions.csv": f"late\n{seed}\n" for seed in SEEDS}).add("runs").commit()
    project.empty_cache()

    found = predictions(project, "HEAD", "runs/*/predictions.csv")

    assert found.predictions == {}
    assert any("runs/*/predictions.csv" in problem.paths for problem in found.problems)


def test_the_report_tells_how_often_the_candidate_wins(project, monkeypatch, capfd):
    monkeypatch.chdir(project.root)

    assert main(["report", "HEAD~1", "--no-images", "--json"], {}) == 0

    report = json.loads(capfd.readouterr().out)
    of_all, *single = report["metrics"]
    assert (of_all["file"], of_all["name"], of_all["runs"]) == ("eval/seed-*/metrics.json", "accuracy", 3)
    low, high = of_all["interval"]
    assert 0 < low < 0.1 < high
    assert of_all["note"].startswith("Means of 3 paired runs. P(candidate > baseline) = 1.00")
    assert of_all["method"].startswith("paired t of the mean difference, 3 paired runs")
    assert [row["file"] for row in single] == [f"eval/seed-{seed}/metrics.json" for seed in SEEDS]
    assert {(row["run_of"], row["interval"], row["headline"]) for row in single} == {
        ("eval/seed-*/metrics.json:accuracy", None, False)
    }
    assert report["summary"].startswith("Better: accuracy +0.1 (95 % CI +0.08 to +0.12)")


def test_groups_of_many_runs_are_refused(project, monkeypatch, capfd):
    project.write({"reporter.yaml": REPORTER_YAML + "    groups: [late]\n"})
    monkeypatch.chdir(project.root)

    assert main(["report", "HEAD~1", "--no-images"], {}) == 2

    assert "`path` is a glob over repeated runs" in capfd.readouterr().err
