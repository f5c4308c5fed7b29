"""How hypothesis makes up projects: small ones, in which any two things may meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeAlias

from hypothesis import strategies as st

from slow.fuzz import changing
from slow.fuzz.description import (
    IN_CACHE,
    Content,
    Gate,
    Kept,
    Lost,
    Over,
    Plot,
    Project,
    Repeat,
    Revision,
    Seen,
    Side,
    Stage,
    Table,
    Tracked,
    Values,
    View,
)
from slow.fuzz.values import Tree, Value

Draw: TypeAlias = Callable[..., object]

KEYS = ("acc", "loss", "f1", "sub", "ключ", "two words", "v1.0", "back\\slash", "0", "a|b", "<b>", "null")
PARAM_KEYS = ("lr", "depth", "net", "seed", "dropout")
TEXTS = ("", "adam", "0.5", "true", "ünïcode", "a|b", "<img src=x>", "`code`", "two\nlines", "null", "@someone")
WORDS_FOR_NUMBERS = ("nan", "inf", "-inf")
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), 2**53 + 1, -(10**40), 1e-300, 4.44e-07, -0.0, 0.1 + 0.2]),
)
LEAVES: st.SearchStrategy[Value] = st.one_of(NUMBERS, NUMBERS, st.booleans(), st.none(), st.sampled_from(TEXTS))
SIMPLE: st.SearchStrategy[Value] = st.one_of(st.integers(0, 9), st.floats(0, 1, width=16), st.sampled_from(("adam", "sgd")))
LISTS: st.SearchStrategy[Value] = st.lists(LEAVES, max_size=3)
METRIC_SUFFIXES = (".json", ".yaml", ".toml", ".metrics", "")
PARAMS_SUFFIXES = (".yaml", ".json", ".toml", ".py")
TABLE_SUFFIXES = (".csv", ".tsv", ".json")
STEMS = ("scores", "eval/report", "résultats", "with space", "m.v2", "out/deep/er")
KEPT_BY_STAGES = (Kept.GIT,) * 4 + (Kept.CACHE,) * 5 + (Kept.UNPUSHED, Kept.LFS)
FOLDERS = ("", "models/churn", "ml")


def trees(keys: tuple[str, ...], leaves: st.SearchStrategy[Value]) -> st.SearchStrategy[Tree]:
    inner = st.dictionaries(st.sampled_from(keys), st.one_of(leaves, LISTS), max_size=2)
    deeper = st.dictionaries(st.sampled_from(keys), st.one_of(leaves, inner), max_size=2)
    return st.dictionaries(st.sampled_from(keys), st.one_of(leaves, leaves, LISTS, inner, deeper), min_size=1, max_size=4)


METRIC_TREES = trees(KEYS, st.one_of(LEAVES, st.sampled_from(WORDS_FOR_NUMBERS)))
PARAM_TREES = trees(KEYS, LEAVES)


@st.composite
def projects(draw) -> Project:
    base = draw(revisions())
    head = base
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=8)):
        head = change(draw, head)
    return Project(base, head, draw(views(base, head)))


@st.composite
def revisions(draw) -> Revision:
    folder = draw(st.sampled_from(FOLDERS))
    params = draw(params_files(folder))
    submodule = draw(st.sampled_from(("", "", "", "", "vendored")))
    code = (Content("train.py", "x = 1\n", kept=draw(st.sampled_from((*(Kept.GIT,) * 7, Kept.LFS)))),)
    if folder and draw(st.booleans()):
        code += (Content(f"{_up(folder)}shared/lib.py", "y = 1\n", kept=Kept.GIT),)
    data = tuple(draw(st.lists(data_files(), max_size=2, unique_by=lambda content: content.path)))
    readable = [content.path for content in (*code, *data)] + ([submodule] if submodule else [])
    stages: tuple[Stage, ...] = ()
    for number in range(draw(st.sampled_from((1, 2, 3, 2, 1, 3, 0)))):
        stage = draw(stages_of(number, params, readable))
        stages += (stage,)
        if stage.repeat is None:
            readable += [content.path for content in stage.writes]
    tables, plots = draw(top_level_plots())
    return Revision(
        folder=folder,
        stages=stages,
        metrics=draw(top_level_metrics()),
        params=params,
        whole_params=tuple(draw(st.lists(st.sampled_from([file.path for file in params]), max_size=1))) if params else (),
        variables=tuple(file.path for file in params if file.path.startswith("vars")),
        tables=tables,
        plots=plots,
        data=data,
        code=code,
        submodule=submodule,
        gate=draw(st.sampled_from(Gate)),
    )


def _up(folder: str) -> str:
    """From a project's folder to the top of the repository."""
    return "../" * len(PurePosixPath(folder).parts)


@st.composite
def params_files(draw, folder: str) -> tuple[Values, ...]:
    files = []
    if draw(st.booleans()):
        known = {key: draw(SIMPLE) for key in draw(st.lists(st.sampled_from(PARAM_KEYS), unique=True))}
        files.append(Values("params.yaml", {**known, **draw(PARAM_TREES)}, crlf=draw(st.booleans())))
    if draw(st.booleans()):
        files.append(Values("vars.yaml", {"v1": draw(SIMPLE), "v2": {"in": draw(SIMPLE)}}))
    for number in range(draw(st.integers(0, 2))):
        suffix = draw(st.sampled_from(PARAMS_SUFFIXES))
        place = draw(st.sampled_from(["", "conf/", *([f"{_up(folder)}shared/"] if folder else [])]))
        known = {key: draw(SIMPLE) for key in draw(st.lists(st.sampled_from(PARAM_KEYS), unique=True))}
        kept = draw(st.sampled_from((*(Kept.GIT,) * 6, Kept.LFS, Kept.LINK, Kept.IGNORED)))
        if place.startswith("../"):
            kept = Kept.GIT
        files.append(Values(f"{place}p{number}{suffix}", {**known, **draw(PARAM_TREES)}, kept, crlf=draw(st.booleans())))
    return tuple(files)


@st.composite
def data_files(draw) -> Content:
    name = draw(st.sampled_from(("data", "raw/x.csv", "imágenes", "two words.bin")))
    if PurePosixPath(name).suffix:
        return Content(name, draw(st.sampled_from(("a", "b", ""))))
    return Content(name, inside=draw(st.sampled_from(({"a.txt": "a"}, {"a.txt": "", "deep/b.txt": "b"}))))


@st.composite
def stages_of(draw, number: int, params: tuple[Values, ...], readable: list[str]) -> Stage:
    """A stage's outputs are called by its number, so that no two stages write one file."""
    folder = draw(st.sampled_from(("", "", "sub")))
    wdir = draw(st.sampled_from(("", "", "work")))
    repeat = draw(st.none() | st.builds(Repeat, st.sampled_from(Over), st.sampled_from((("a",), ("a", "b")))))
    mark = f"{number}-{{key}}" if repeat else str(number)
    tracked = [file for file in params if draw(st.booleans())]
    is_plain = not folder and not wdir and repeat is None
    used = [name for name in ("v1", "v2.in") if is_plain and any(file.path == "vars.yaml" for file in params) and draw(st.booleans())]
    return Stage(
        name=("train", "évaluer", "fit-all")[number],
        folder=folder,
        wdir=wdir,
        repeat=repeat,
        reads=tuple(path for path in readable if draw(st.booleans())),
        tracks=tuple(Tracked(file.path, draw(tracked_names(file))) for file in tracked),
        uses=tuple(used),
        writes=(Content(f"out/model{mark}", draw(st.sampled_from(("m", "n")))),) if draw(st.booleans()) else (),
        metrics=tuple(draw(st.lists(metrics_files(mark), min_size=1, max_size=2, unique_by=lambda file: file.path))),
        plots=tuple(draw(st.lists(tables(mark), max_size=1))),
        frozen=draw(st.integers(0, 9)) == 9,
    )


@st.composite
def tracked_names(draw, file: Values) -> tuple[str, ...]:
    names = [key for key in PARAM_KEYS if key in file.tree]
    if not names:
        return ()
    return tuple(draw(st.lists(st.sampled_from(names), max_size=3, unique=True)))


@st.composite
def metrics_files(draw, mark: str) -> Values:
    path = f"{draw(st.sampled_from(STEMS))}{mark}{draw(st.sampled_from(METRIC_SUFFIXES))}"
    kept = draw(st.sampled_from(KEPT_BY_STAGES))
    return Values(path, draw(METRIC_TREES), kept, crlf=draw(st.integers(0, 4)) == 4)


@st.composite
def top_level_metrics(draw) -> tuple[Values, ...]:
    kept = st.sampled_from((Kept.GIT, Kept.GIT, Kept.GIT, Kept.GIT, Kept.LFS, Kept.LINK))
    return tuple(
        Values(f"top{number}{draw(st.sampled_from(METRIC_SUFFIXES))}", draw(METRIC_TREES), draw(kept))
        for number in range(draw(st.integers(0, 2)))
    )


@st.composite
def tables(draw, mark: str) -> Table:
    points = st.lists(st.floats(-10, 10, width=16), min_size=2, max_size=3)
    rows = draw(points)
    columns = {"step": tuple(map(float, range(len(rows)))), "loss": tuple(rows), "acc": tuple(1 - each for each in rows)}
    kept = draw(st.sampled_from(KEPT_BY_STAGES))
    return Table(f"plots/p{mark}{draw(st.sampled_from(TABLE_SUFFIXES))}", columns, kept)


@st.composite
def top_level_plots(draw) -> tuple[tuple[Table, ...], tuple[Plot, ...]]:
    if draw(st.booleans()):
        return (), ()
    table = replace(draw(tables("-top")), kept=draw(st.sampled_from((Kept.GIT, Kept.LFS))))
    return (table,), (Plot("curve", table.path, "step", draw(st.sampled_from(("loss", "acc")))),)


@st.composite
def views(draw, base: Revision, head: Revision) -> Seen:
    view = draw(st.sampled_from((View.HERE, View.HERE, View.HERE, *View)))
    lost = [Lost(side, path) for side, revision in ((Side.BASE, base), (Side.HEAD, head)) for path in revision.cached_files()]
    is_clone = view is not View.HERE
    left_out = draw(st.sampled_from(("", "out", "conf"))) if view is View.CLONE else ""
    return Seen(
        view=view,
        workspace=draw(st.booleans()),
        remote=draw(st.integers(0, 3)) > 0,
        cache=is_clone or draw(st.integers(0, 3)) > 0,
        lost=tuple(draw(st.lists(st.sampled_from(lost), max_size=2, unique=True))) if lost else (),
        left_out=left_out,
    )


def _measures(revision: Revision) -> list[Values]:
    return [*(file for stage in revision.stages for file in stage.metrics), *revision.metrics, *revision.params]


def _other_values(draw, revision: Revision) -> Revision:
    files = [file for file in _measures(revision) if file.tree and file.path != "vars.yaml"]
    if not files:
        return revision
    file = draw(st.sampled_from(files))
    key = draw(st.sampled_from(list(file.tree)))
    value = draw(SIMPLE if key in PARAM_KEYS else LEAVES)
    return changing.with_values(revision, file.path, changing.with_key(file.tree, key, value))


def _more_values(draw, revision: Revision) -> Revision:
    files = [file for file in _measures(revision) if file.path != "vars.yaml"]
    if not files:
        return revision
    file = draw(st.sampled_from(files))
    return changing.with_values(revision, file.path, {**file.tree, "new": draw(LEAVES)})


def _fewer_values(draw, revision: Revision) -> Revision:
    files = [file for file in _measures(revision) if file.tree and file.path != "vars.yaml"]
    if not files:
        return revision
    file = draw(st.sampled_from(files))
    return changing.with_values(revision, file.path, changing.without_key(file.tree, draw(st.sampled_from(list(file.tree)))))


def _other_variable(draw, revision: Revision) -> Revision:
    return changing.with_values(revision, "vars.yaml", {"v1": draw(SIMPLE), "v2": {"in": draw(SIMPLE)}})


def _other_format(draw, revision: Revision) -> Revision:
    files = [file for stage in revision.stages for file in stage.metrics]
    files += revision.metrics
    if not files:
        return revision
    suffix = draw(st.sampled_from((".json", ".yaml", ".toml", ".new.json")))
    path = draw(st.sampled_from(files)).path
    taken = {file.path for file in files}
    if str(PurePosixPath(path).with_suffix(suffix)) in taken:
        return revision
    return changing.renamed_metrics(revision, path, suffix)


def _kept_otherwise(draw, revision: Revision) -> Revision:
    files = [file for stage in revision.stages for file in stage.metrics]
    if not files:
        return revision
    kept = draw(st.sampled_from((Kept.GIT, Kept.CACHE, Kept.UNPUSHED, Kept.LFS)))
    return changing.kept_otherwise(revision, draw(st.sampled_from(files)).path, kept)


def _cut_off(draw, revision: Revision) -> Revision:
    files = [file for stage in revision.stages for file in stage.metrics]
    files = [file for file in [*files, *revision.metrics] if file.path.endswith((".json", ".yaml", ".toml"))]
    return changing.cut_off(revision, draw(st.sampled_from(files)).path) if files else revision


def _renamed_stage(draw, revision: Revision) -> Revision:
    return changing.renamed_stage(revision, draw(st.sampled_from(revision.stages)).name) if revision.stages else revision


def _without_stage(draw, revision: Revision) -> Revision:
    if not revision.stages:
        return revision
    stage = draw(st.sampled_from(revision.stages))
    written = {content.path for content in stage.writes}
    if any(written & set(other.reads) for other in revision.stages):
        return revision
    return changing.without_stage(revision, stage.name)


def _tracking(draw, revision: Revision) -> Revision:
    tracking = [(stage, tracked) for stage in revision.stages for tracked in stage.tracks]
    if not tracking:
        return revision
    stage, tracked = draw(st.sampled_from(tracking))
    file = revision.params_at(tracked.path)
    assert file is not None
    return changing.tracking(revision, stage.name, tracked.path, draw(tracked_names(file)))


def _other_points(draw, revision: Revision) -> Revision:
    tables_there = [*(table for stage in revision.stages for table in stage.plots), *revision.tables]
    if not tables_there:
        return revision
    return changing.with_points(revision, draw(st.sampled_from(tables_there)).path, "loss", 99.0)


def _redefined(draw, revision: Revision) -> Revision:
    if not revision.plots:
        return revision
    return changing.redefined(revision, "curve", draw(st.sampled_from(("loss", "acc"))))


def _other_data(draw, revision: Revision) -> Revision:
    contents = [*revision.data, *(content for stage in revision.stages for content in stage.writes)]
    return changing.with_data(revision, draw(st.sampled_from(contents)).path, "c") if contents else revision


def _renamed_data(draw, revision: Revision) -> Revision:
    return changing.renamed_data(revision, draw(st.sampled_from(revision.data)).path) if revision.data else revision


def _other_code(draw, revision: Revision) -> Revision:
    return changing.with_code(revision, draw(st.sampled_from(revision.code)).path, "x = 2\n")


def _edited(draw, revision: Revision) -> Revision:
    code = [each for each in revision.code if each.kept is Kept.GIT]
    return changing.edited(revision, draw(st.sampled_from(code)).path, "x = 3\n") if code else revision


def _moved(draw, revision: Revision) -> Revision:
    """A submodule stays where it is, and so do files above the project: their paths would be others."""
    files = [file.path for file in (*revision.params, *revision.code)]
    if revision.submodule or any(path.startswith("../") for path in files):
        return revision
    return changing.moved(revision, draw(st.sampled_from(FOLDERS)))


CHANGES = (
    _other_values,
    _other_values,
    _other_values,
    _other_values,
    _more_values,
    _fewer_values,
    _other_variable,
    _other_format,
    _kept_otherwise,
    _cut_off,
    _renamed_stage,
    _without_stage,
    _tracking,
    _other_points,
    _redefined,
    _other_data,
    _renamed_data,
    _other_code,
    _edited,
    _moved,
)
