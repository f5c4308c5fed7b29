"""Our metrics, params, data and plots are DVC's own (`dvc … --json`), except where DVC misleads: those have named tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from project_factories import ProjectFactory, isolated_environment

from reporter.collect.project import Wanted, open_project
from reporter.model.snapshot import PlotSpec, Snapshot, ValueFile

PARAMS_YAML = """\
lr: 1e-3
epochs: 10
seed: 017
name: no
train:
  depth: 4
  layers: [64, 32]
  dropout: {rate: 0.25, on: true}
  empty: {}
"huge": 123456789012345678901234567890
tiny: 4.44e-07
nothing: null
"""
OTHER_YAML = "unused: 1\nfeaturize:\n  ngrams: 2\n  max: 100\n  deep: {a: {b: 1, c: 2}}\n"
DVC_YAML = """\
vars:
  - models: {small: {size: 1}, large: {size: 2}}
  - sub/vars.json
stages:
  featurize:
    cmd: python featurize.py ${featurize.flag}
    deps: [featurize.py, data/raw.csv]
    params:
      - train
      - other.yaml: [featurize.ngrams, featurize.deep.a]
      - conf.toml:
      - consts.py: [RATE, Net.depth]
      - extra.json: [a.b]
    outs: [data/features]
  fit:
    foreach: ${models}
    do:
      cmd: python fit.py ${item.size}
      params: [lr]
      metrics:
        - results/${key}.json: {cache: false}
      plots:
        - results/${key}.csv: {x: step, y: loss, title: "Loss of ${key}", template: smooth}
  grid:
    matrix: {k: [1, 2], mode: [a, b]}
    cmd: echo ${item.k} ${item.mode}
    outs: ["grid/${item.k}-${item.mode}.txt"]
  live:
    cmd: python live.py
    plots:
      - dvclive/plots/metrics: {x: step}
      - dvclive/plots/images
    metrics: [dvclive/metrics.json]
metrics: [summary.yaml, extra/metrics.toml]
params: [top.json]
plots:
  - ROC:
      template: simple
      x: fpr
      y: {plots/roc/train.json: tpr, plots/roc/test.json: tpr}
      title: Receiver operating characteristic
      x_label: false positives
  - two:
      x: {plots/roc/test.json: fpr}
      y: {plots/roc/test.json: [tpr, threshold]}
  - plots/confusion.csv: {template: confusion, x: actual, y: predicted}
  - plots/more
  - plots/more/special.tsv: {template: scatter, y: [a, b]}
  - plots/picture.png
artifacts:
  model: {path: data/features, type: model, labels: [x]}
"""
SUB_DVC_YAML = """\
stages:
  score:
    cmd: python score.py
    deps: [../data/features]
    params: [k, ../params.yaml: [epochs]]
    metrics: [score.json]
metrics: [bonus.json]
plots:
  - Curve: {x: t, y: {curve.json: v}}
  - single.csv
"""
ROC = {"roc": [{"fpr": 0.0, "tpr": 0.0, "threshold": float("inf")}, {"fpr": 0.5, "tpr": 0.75, "threshold": 0.5}]}


def everything(root: Path) -> ProjectFactory:
    """A project that uses every feature of DVC's files, with two commits and a changed work tree."""
    project = ProjectFactory.new(root)
    project.write(
        {
            "dvc.yaml": DVC_YAML,
            "sub/dvc.yaml": SUB_DVC_YAML,
            "sub/vars.json": {"featurize": {"flag": "--fast"}},
            "sub/params.yaml": "k: 5\nother: 6\n",
            "sub/score.json": {"score": 1},
            "sub/bonus.json": {"deep": {"bonus": 2.5}, "text": "fine", "ok": True},
            "sub/curve.json": [{"t": 0, "v": 1.5}, {"t": 1, "v": None}],
            "sub/single.csv": "a,b\n1,x\n2,y\n",
            "params.yaml": PARAMS_YAML,
            "other.yaml": OTHER_YAML,
            "conf.toml": "title = 'x'\n[db]\nport = 5432\nratio = 0.5\n",
            "consts.py": "RATE = 0.5\nOTHER = 3\nclass Net:\n    depth = 4\n    width = 8\nSIZES = (1, 2)\n",
            "extra.json": {"a": {"b": {"x": 1}, "c": 2}},
            "top.json": {"top": [1, {"two": 2}], "neg": -0.0},
            "featurize.py": "print(1)\n",
            "fit.py": "print(2)\n",
            "live.py": "print(3)\n",
            "data/raw.csv": "a\n1\n",
            "data/features/x.bin": b"\x00\x01",
            "data/features/deep/y.bin": b"\x02",
            "extern/one.txt": "1",
            "results/small.json": {"acc": 0.5, "loss": float("nan")},
            "results/large.json": {"acc": 0.6, "loss": float("inf")},
            "results/small.csv": "step,loss\n0,1.0\n1,0.5\n",
            "results/large.csv": "step,loss\n0,1.0\n1,\n",
            "grid/1-a.txt": "1",
            "grid/1-b.txt": "2",
            "grid/2-a.txt": "3",
            "grid/2-b.txt": "4",
            "dvclive/metrics.json": {"train": {"loss": 0.25}, "step": 3},
            "dvclive/plots/metrics/train/loss.tsv": "step\tloss\n0\t1.5\n1\t0.25\n",
            "dvclive/plots/images/confusion.png": b"\x89PNG one",
            "summary.yaml": "f1: 4.44e-07\nsupport: 100\n",
            "extra/metrics.toml": "auc = 0.9\n[per]\nclass = 1\n",
            "plots/roc/train.json": ROC,
            "plots/roc/test.json": ROC,
            "plots/confusion.csv": "actual,predicted\ncat,dog\ncat,cat\n",
            "plots/more/one.csv": "x,y\n1,2\n",
            "plots/more/special.tsv": "a\tb\n1\t2\n",
            "plots/picture.png": b"\x89PNG two",
        }
    )
    project.add("data/raw.csv", "extern")
    project.record()
    project.commit("First results")
    project.write(
        {
            "params.yaml": PARAMS_YAML.replace("1e-3", "2e-3").replace("depth: 4", "depth: 5"),
            "other.yaml": OTHER_YAML.replace("b: 1", "b: 3"),
            "results/small.json": {"acc": 0.75, "loss": 0.1, "new": 1},
            "summary.yaml": "f1: 7.4e-07\nsupport: 100\n",
            "data/features/x.bin": b"\x00\x02",
            "data/features/z.bin": b"\x03",
            "extern/one.txt": "2",
            "results/small.csv": "step,loss\n0,0.9\n1,0.4\n2,0.3\n",
        }
    )
    project.add("extern")
    project.record()
    project.commit("Second results")
    return project


PAIRS = [("HEAD~1", "HEAD"), ("HEAD", "workspace")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two commits, and a work tree that differs from the second."""
    folder = tmp_path_factory.mktemp("differential")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated_environment(folder).items():
            patch.setenv(name, value)
        made = everything(folder / "project")
        made.write(
            {
                "params.yaml": PARAMS_YAML.replace("epochs: 10", "epochs: 12").replace("nothing: null", "something: 1"),
                "results/large.json": {"acc": 0.7},
                "data/features/deep/y.bin": b"changed",
                "sub/score.json": {"score": 2},
                "plots/more/one.csv": "x,y\n1,2\n2,3\n",
            }
        )
        yield made


@pytest.fixture(scope="module")
def snapshots(project) -> dict[str, Snapshot]:
    opened = open_project(project.root)
    return {name: opened.snapshot(opened.resolve_head(name), Wanted()) for name in ("HEAD~1", "HEAD", "workspace")}


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_metrics_are_those_of_dvc_metrics_diff(project, snapshots, old, new):
    theirs = values_of_dvc(project.dvc_json("metrics", "diff", "--all", old, new))

    ours = values_of(snapshots[old].metrics, snapshots[new].metrics)

    assert normal(ours) == normal(theirs)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_params_are_those_of_dvc_params_diff(project, snapshots, old, new):
    theirs = values_of_dvc(project.dvc_json("params", "diff", "--all", old, new))

    ours = values_of(snapshots[old].params, snapshots[new].params)

    assert normal(ours) == normal(theirs)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_changed_data_are_those_of_dvc_diff(project, snapshots, old, new):
    arguments = [old] if new == "workspace" else [old, new]
    theirs = project.dvc_json("diff", *arguments)

    before, after = contents(snapshots[old]), contents(snapshots[new])

    assert {entry["path"] for entry in theirs["added"]} == after.keys() - before.keys()
    assert {entry["path"] for entry in theirs["deleted"]} == before.keys() - after.keys()
    assert {entry["path"] for entry in theirs["modified"]} == {
        path for path in before.keys() & after.keys() if before[path] != after[path]
    }


def test_plots_have_the_ids_and_templates_of_dvc(project, snapshots):
    theirs = project.dvc_json("plots", "diff", "HEAD~1", "HEAD")["data"]

    for revision in ("HEAD~1", "HEAD"):
        assert {plot.id.removeprefix("sub/dvc.yaml::") for plot in snapshots[revision].plots} == theirs.keys()


@pytest.mark.parametrize("revision", ["HEAD~1", "HEAD", "workspace"])
def test_plots_have_the_points_of_dvc(project, snapshots, revision):
    """Each row that DVC would hand to Vega, with the axes that it inferred."""
    from dvc.render.match import match_defs_renderers

    with project.dvc() as repo:
        drawn = match_defs_renderers(repo.plots.show(revs=[revision]))
    theirs = {found.renderer.name: found.renderer for found in drawn}

    snapshot = snapshots[revision]
    for plot in snapshot.plots:
        renderer = theirs[plot.id.removeprefix("sub/dvc.yaml::")]
        if plot.template == "image":
            continue
        assert points(plot, snapshot) == points_of_dvc(renderer, plot), plot.id
        assert renderer.properties.get("template", "linear") == plot.template
        assert renderer.properties.get("title") == (plot.title or renderer.name)


def test_images_are_those_that_dvc_reads(project, snapshots):
    with project.dvc() as repo:
        sources = repo.plots.show(revs=["HEAD"])["HEAD"]["sources"]["data"]

    assert snapshots["HEAD"].images == {path: sources[path]["data"] for path in snapshots["HEAD"].images}
    assert set(snapshots["HEAD"].images) == {"plots/picture.png", "dvclive/plots/images/confusion.png"}


def test_outdated_stages_are_those_of_dvc_status(project, snapshots):
    with project.dvc() as repo:
        changed = set(repo.status()) - {"extern.dvc", "data/raw.csv.dvc"}

    assert {name for name, stage in snapshots["workspace"].stages.items() if stage.outdated} == changed
    assert not any(stage.outdated for stage in snapshots["HEAD"].stages.values())


def test_no_part_of_it_is_a_problem(snapshots):
    assert [snapshot.problems for snapshot in snapshots.values()] == [(), (), ()]


def values_of(old: Mapping[str, ValueFile], new: Mapping[str, ValueFile]) -> dict[str, dict[str, tuple[Any, Any]]]:
    return {
        path: {
            name: (value_in(old, path, name), value_in(new, path, name))
            for name in {**old[path].values, **new[path].values}
        }
        for path in {**old, **new}
    }


def value_in(files: Mapping[str, ValueFile], path: str, name: str) -> Any:
    return files[path].values.get(name) if path in files else None


def values_of_dvc(diff: Mapping[str, Any]) -> dict[str, dict[str, tuple[Any, Any]]]:
    return {
        path: {name: (change.get("old"), change.get("new")) for name, change in values.items()}
        for path, values in diff.items()
    }


def normal(files: Mapping[str, Mapping[str, tuple[Any, Any]]]) -> dict[str, dict[str, str]]:
    """Comparable: NaN equals NaN; DVC prints lists as text, and neither a null nor an empty mapping at all."""
    shown = {
        path: {name: tuple(map(as_dvc_prints, pair)) for name, pair in sorted(values.items())}
        for path, values in sorted(files.items())
    }
    return {
        path: {name: repr(pair) for name, pair in values.items() if pair != (None, None)}
        for path, values in shown.items()
    }


def as_dvc_prints(value: Any) -> Any:
    return str(value) if isinstance(value, list) else None if value == {} else value


def contents(snapshot: Snapshot) -> dict[str, str | None]:
    """Path → hash as `dvc diff` lists them: directories end in a slash and are followed by their files."""
    found: dict[str, str | None] = {}
    for path, tracked in snapshot.data.items():
        found[path if tracked.nfiles is None else f"{path}/"] = tracked.hash
        found.update({f"{path}/{name}": digest for name, digest in (tracked.files or {}).items()})
    return found


def points(plot: PlotSpec, snapshot: Snapshot) -> list[tuple[str, str]]:
    drawn = []
    for number, axis in enumerate(plot.y):
        table = snapshot.tables[axis.path]
        y = table.columns[axis.field or list(table.columns)[-1]]
        x_axis = plot.x[number] if len(plot.x) > 1 else (plot.x[0] if plot.x else None)
        x = snapshot.tables[x_axis.path].columns[x_axis.field] if x_axis else range(table.rows)
        drawn += [(cell(a), cell(b)) for a, b in zip(x, y, strict=True)]
    return sorted(drawn)


def points_of_dvc(renderer: Any, plot: PlotSpec) -> list[tuple[str, str]]:
    x, y = renderer.properties["x"], renderer.properties["y"]
    return sorted((cell(point.get(x)), cell(point.get(y))) for point in renderer.datapoints)


def cell(value: Any) -> str:
    """Numbers by value: DVC leaves those of CSV files as text."""
    try:
        return "" if value is None or value != value or value == "" else repr(float(value))  # noqa: PLR0124  NaN
    except ValueError:
        return str(value)
