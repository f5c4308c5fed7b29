"""The few things taken from inside DVC are what they were when this project was written against them."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project_factories import ProjectFactory, isolate

from reporter.collect.dvc.yaml import TooLargeError, bounded, parse_yaml
from reporter.collect.formats.structured import metric_values, non_finite, param_values
from reporter.collect.plots import IMAGE_EXTENSIONS
from reporter.collect.project import Wanted, open_project
from reporter.figures.draw import DRAWN_BY
from reporter.model.snapshot import Template

KEYS = st.text("abcXYZ_", min_size=1, max_size=3)
SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=8)
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=15
)
FILES = st.dictionaries(KEYS, TREES, min_size=1, max_size=5)


def test_built_in_templates_are_those_of_dvc_and_each_is_drawn():
    from dvc_render.vega_templates import TEMPLATES

    assert {template.DEFAULT_NAME for template in TEMPLATES} == set(Template) == DRAWN_BY.keys()


def test_images_are_those_that_dvc_shows():
    from dvc_render.image import ImageRenderer

    assert set(ImageRenderer.EXTENSIONS) == IMAGE_EXTENSIONS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("values")


@given(tree=FILES, names=st.lists(st.lists(KEYS, min_size=1, max_size=3).map(".".join), max_size=4))
@settings(max_examples=80, deadline=None)
def test_generated_params_are_those_that_dvc_reads(folder, tree, names):
    """Files of every format, whole and by names."""
    from dvc.dependency.param import read_param_file
    from dvc.fs import localfs
    from dvc.utils.serialize import dump_yaml

    (folder / "params.json").write_text(json.dumps(tree))
    dump_yaml(str(folder / "params.yaml"), tree)
    for path in (folder / "params.json", folder / "params.yaml"):
        theirs = leaves(read_param_file(localfs, str(path), names or None))

        ours = param_values(path.read_bytes(), path.name, tuple(names))

        assert {name: repr(value) for name, value in ours.items()} == {
            name: repr(value) for name, value in theirs.items()
        }


@given(tree=FILES)
@settings(max_examples=80, deadline=None)
def test_generated_metrics_are_those_that_dvc_shows_except_lists(folder, tree):
    from dvc.fs import localfs
    from dvc.repo.metrics.show import _read_metric

    path = folder / "metrics.json"
    path.write_text(json.dumps(tree))

    theirs = leaves(_read_metric(localfs, str(path)))
    ours = metric_values(path.read_bytes(), path.name)

    kept = {name: repr(value) for name, value in ours.items() if not isinstance(value, list | dict)}
    assert kept == {name: repr(as_written(value)) for name, value in theirs.items() if value != {}}


def as_written(value):
    """DVC shows the texts in which writers put NaN and infinite numbers as texts."""
    number = non_finite(value) if isinstance(value, str) else None
    return value if number is None else number


def test_numbers_that_are_written_as_texts_are_numbers(folder):
    path = folder / "metrics.json"
    path.write_text('{"a": "INF", "b": "-inf", "c": "infinite"}')
    assert metric_values(path.read_bytes(), path.name) == {"a": math.inf, "b": -math.inf, "c": "infinite"}


def leaves(tree, prefix: str = "") -> dict:
    found = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            found.update(leaves(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found


def test_both_loaders_of_dvc_parse_within_our_bounds_and_as_before_afterwards(monkeypatch, tmp_path):
    from dvc.utils import strictyaml
    from dvc.utils.serialize import _yaml, load_yaml

    isolate(monkeypatch, tmp_path)
    sound, bomb = tmp_path / "sound.yaml", tmp_path / "bomb.yaml"
    sound.write_text("a: [1e-3]  # as YAML 1.2 has it\n")
    levels = (f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    bomb.write_text("l0: &l0 [x]\n" + "".join(levels))
    original = _yaml.parse_yaml

    with bounded():
        assert (
            strictyaml.load(str(sound))[0] == load_yaml(str(sound)) == parse_yaml(sound.read_text()) == {"a": [0.001]}
        )
        for load in (strictyaml.load, load_yaml):
            with pytest.raises(TooLargeError, match=r"bomb\.yaml holds more than 1,000,000 values"):
                load(str(bomb))

    assert strictyaml.parse_yaml is _yaml.parse_yaml is original


def test_the_state_database_of_dvc_spares_hashing_what_did_not_change(monkeypatch, tmp_path):
    """A workspace with large data is described without reading them again."""
    from reporter.collect.project import Wanted, open_project

    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project")
    project.write({f"data/{number}.txt": str(number) for number in range(20)})
    project.add("data")
    project.commit()

    from dvc_data.hashfile import build

    hashed = []
    original = build.hash_file
    monkeypatch.setattr(
        build, "hash_file", lambda path, *rest, **named: hashed.append(path) or original(path, *rest, **named)
    )
    opened = open_project(project.root)
    found = opened.snapshot(opened.resolve_head(None), Wanted())

    assert len(found.data["data"].files) == 20
    assert hashed == []


def test_reading_changes_no_tracked_file_of_an_older_project(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)
    project = ProjectFactory.new(tmp_path / "project").write({".dvc/.gitignore": "/config.local\n/tmp\n"})
    project.commit("As an older DVC made it")

    opened = open_project(project.root)
    opened.snapshot(opened.resolve_head("HEAD"), Wanted())

    assert project.git("status", "--porcelain") == ""
    with project.dvc():
        assert project.git("status", "--porcelain"), "DVC itself adds what a newer one ignores"
