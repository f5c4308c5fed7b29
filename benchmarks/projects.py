"""Generated DVC projects to measure on: a branch with changed metrics, params, plots and data against main."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IDENTITY = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Size:
    """How much a generated project holds."""

    name: str
    metrics: int
    params: int
    series: tuple[int, ...]
    """Steps of each plotted series; every one is a CSV file with two columns of numbers."""
    predictions: int
    """Rows of the predictions file, drawn as a confusion matrix."""
    files: int
    commits: int


SMALL = Size("small", metrics=20, params=30, series=(1000, 500, 200, 100), predictions=500, files=20, commits=10)
LARGE = Size("large", metrics=300, params=500, series=(100_000, 100_000), predictions=20_000, files=2000, commits=1000)


def make_project(folder: Path, size: Size) -> Path:
    """Create the project with its branch `change` checked out, one commit ahead of `main`, everything in the cache."""
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _dvc(folder, "init", "--quiet")
    _dvc(folder, "config", "core.analytics", "false")
    _add_history(folder, size.commits)
    (folder / "dvc.yaml").write_text(_pipeline(size), encoding="utf-8")
    (folder / "train.py").write_text("# the outputs are committed as they are\n", encoding="utf-8")
    _write_revision(folder, size, seed=0)
    _commit(folder, "Train the baseline")
    _git(folder, "checkout", "--quiet", "-b", "change")
    _write_revision(folder, size, seed=1)
    _commit(folder, "Change the learning rate")
    return folder


def _add_history(folder: Path, commits: int) -> None:
    stream = "".join(
        f"commit refs/heads/main\ncommitter Bench <bench@example.org> {1_700_000_000 + number} +0000\n"
        f"data 4\nwork\nM 644 inline notes.txt\ndata {len(str(number))}\n{number}\n\n"
        for number in range(commits - 2)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream, text=True, check=True)
    _git(folder, "reset", "--quiet", "--mixed")
    _git(folder, "checkout", "--quiet", "--", ".")


def _pipeline(size: Size) -> str:
    outs = "".join(f"      - plots/series{number}.csv\n" for number in range(len(size.series)))
    plots = "".join(
        f"  - Series {number}:\n      x: step\n      y: {{plots/series{number}.csv: [train, test]}}\n"
        for number in range(len(size.series))
    )
    return (
        "stages:\n  train:\n    cmd: python train.py\n    deps: [data, train.py]\n    params: [model]\n"
        f"    outs:\n      - predictions.csv\n{outs}    metrics:\n      - metrics.json: {{cache: false}}\n"
        f"plots:\n{plots}"
        "  - Confusion:\n      template: confusion\n      x: actual\n      y: {predictions.csv: predicted}\n"
    )


def _write_revision(folder: Path, size: Size, seed: int) -> None:
    draw = np.random.default_rng(seed)
    values = draw.random(size.metrics)
    metrics = {f"group{i // 10}": {} for i in range(size.metrics)}
    for i, value in enumerate(values):
        metrics[f"group{i // 10}"][f"metric{i}"] = round(float(value), 6)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    params = [f"  param{i}: {round(float(value), 4)}\n" for i, value in enumerate(draw.random(size.params))]
    (folder / "params.yaml").write_text("model:\n" + "".join(params), encoding="utf-8")
    (folder / "plots").mkdir(exist_ok=True)
    for number, steps in enumerate(size.series):
        _write_series(folder / "plots" / f"series{number}.csv", steps, draw)
    labels = draw.integers(0, 2, (size.predictions, 2))
    np.savetxt(folder / "predictions.csv", labels, fmt="%d", delimiter=",", header="actual,predicted", comments="")
    (folder / "data").mkdir(exist_ok=True)
    for number in range(size.files if seed == 0 else size.files // 10):
        (folder / "data" / f"file{number:05}.txt").write_text(f"{seed} {number}\n", encoding="utf-8")


def _write_series(path: Path, steps: int, draw: np.random.Generator) -> None:
    walk = np.cumsum(draw.normal(size=(steps, 2)), axis=0)
    rows = np.column_stack([np.arange(steps), walk])
    np.savetxt(path, rows, fmt=["%d", "%.6f", "%.6f"], delimiter=",", header="step,train,test", comments="")


def _commit(folder: Path, message: str) -> None:
    _dvc(folder, "commit", "--quiet", "--force") if (folder / "dvc.lock").exists() else _first_lock(folder)
    _git(folder, "add", "--all")
    _git(folder, *IDENTITY, "commit", "--quiet", "--message", message)


def _first_lock(folder: Path) -> None:
    _dvc(folder, "add", "--quiet", "data")
    _dvc(folder, "commit", "--quiet", "--force")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def _dvc(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
