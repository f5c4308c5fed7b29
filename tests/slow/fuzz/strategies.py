"""How hypothesis makes up projects: small ones, in which any two things may meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from hypothesis import strategies as st
from slow.fuzz.changes import CHANGES, FOLDERS, tracked_names
from slow.fuzz.description import (
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
from slow.fuzz.trees import METRIC_TREES, NUMBERS, PARAM_KEYS, PARAM_TREES, SIMPLE
from slow.fuzz.values import BARE

METRIC_SUFFIXES = (".json", ".yaml", ".toml", ".metrics", "")
PARAMS_SUFFIXES = (".yaml", ".json", ".toml", ".py")
TABLE_SUFFIXES = (".csv", ".tsv", ".json")
STEMS = ("scores", "eval/report", "résultats", "with space", "m.v2", "out/deep/er")
LEFT_OUT_DVC_FILES_ARE_HELD = False
"""A dvc.yaml that a sparse checkout leaves out makes all that it defines look removed; until then no checkout leaves one out."""
FOLDERS_LEFT_OUT = ("", "out", "conf", "plots", *(("sub",) if LEFT_OUT_DVC_FILES_ARE_HELD else ()))
KEPT_BY_STAGES = (Kept.GIT,) * 4 + (Kept.CACHE,) * 5 + (Kept.UNPUSHED, Kept.LFS)


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
        whole_params=tuple(draw(st.lists(st.sampled_from([file.path for file in params]), max_size=1)))
        if params
        else (),
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
        files.append(
            Values(f"{place}p{number}{suffix}", {**known, **draw(PARAM_TREES)}, kept, crlf=draw(st.booleans()))
        )
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
    used = [
        name
        for name in ("v1", "v2.in")
        if is_plain and any(file.path == "vars.yaml" for file in params) and draw(st.booleans())
    ]
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
def metrics_files(draw, mark: str) -> Values:
    path = f"{draw(st.sampled_from(STEMS))}{mark}{draw(st.sampled_from(METRIC_SUFFIXES))}"
    kept = draw(st.sampled_from(KEPT_BY_STAGES))
    tree = {BARE: draw(NUMBERS)} if draw(st.integers(0, 9)) == 9 else draw(METRIC_TREES)
    return Values(path, tree, kept, crlf=draw(st.integers(0, 4)) == 4, empty=draw(st.integers(0, 19)) == 19)


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
    columns = {
        "step": tuple(map(float, range(len(rows)))),
        "loss": tuple(rows),
        "acc": tuple(1 - each for each in rows),
    }
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
    lost = [
        Lost(side, path)
        for side, revision in ((Side.BASE, base), (Side.HEAD, head))
        for path in revision.cached_files()
    ]
    is_clone = view is not View.HERE
    workspace = draw(st.booleans())
    left_out = draw(st.sampled_from(FOLDERS_LEFT_OUT)) if view is View.CLONE else ""
    return Seen(
        view=view,
        workspace=workspace,
        remote=draw(st.integers(0, 4)) > 0,
        pushed=draw(st.integers(0, 4)) > 0,
        committed=is_clone or not workspace or draw(st.integers(0, 3)) > 0,
        by_branch=draw(st.booleans()),
        cache=is_clone or draw(st.integers(0, 3)) > 0,
        lost=tuple(draw(st.lists(st.sampled_from(lost), max_size=2, unique=True))) if lost else (),
        left_out=left_out,
    )
