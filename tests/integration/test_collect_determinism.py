"""The same two revisions make the same report, byte for byte, whatever order Python gives its sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
DVC_YAML = "stages:\n" + "".join(
    f"""\
  {name}:
    cmd: python {name}.py
    deps: [{name}.py]
    params: [{name}, {name}.yaml: [lr, depth]]
    outs: [out/{name}]
    metrics: [metrics/{name}.json: {{cache: false}}]
    plots: [plots/{name}.csv: {{x: step, cache: false}}]
"""
    for name in NAMES
)


def contents(version: int) -> dict[str, object]:
    found: dict[str, object] = {"params.yaml": "".join(f"{name}: {version}\n" for name in NAMES)}
    for name in NAMES:
        found |= {
            f"{name}.py": f"print({version})\n",
            f"{name}.yaml": f"lr: {version}\ndepth: 2\n",
            f"out/{name}/{version}.bin": f"{name}{version}",
            f"metrics/{name}.json": {"loss": version, "nested": {"acc": version / 2, "auc": [version]}},
            f"plots/{name}.csv": f"step,loss\n0,{version}\n1,{version + 1}\n",
        }
    return found


@pytest.fixture
def project(tmp_path, monkeypatch) -> ProjectFactory:
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project").write({"dvc.yaml": DVC_YAML, **contents(1)})
    project.record().commit("First")
    project.write(contents(2)).record().commit("Second")
    return project.write({"alpha.yaml": "lr: 7\ndepth: 2\n"})


def report(project: ProjectFactory, out: Path, seed: str) -> dict[str, bytes]:
    command = [sys.executable, "-m", "reporter", "report", "HEAD~1", "--no-images", "--out", str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run(command, cwd=project.root, env=environment, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


def test_two_runs_write_the_same_bytes(project, tmp_path):
    first, second = (report(project, tmp_path / seed, seed) for seed in ("1", "4242"))

    assert first.keys() == second.keys() >= {"report.json", "report.md", "report.html"}
    assert first == second
