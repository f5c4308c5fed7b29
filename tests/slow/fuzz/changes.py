"""How hypothesis makes up what happens to a project between two revisions. Each takes a revision and gives the next one."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import strategies as st
from slow.fuzz import changing
from slow.fuzz.description import Kept, Revision, Values
from slow.fuzz.trees import LEAVES, NUMBERS, PARAM_KEYS, SIMPLE
from slow.fuzz.values import BARE

FOLDERS = ("", "models/churn", "ml")
"""Of DVC projects, from the top of the repository."""


@st.composite
def tracked_names(draw, file: Values) -> tuple[str, ...]:
    names = [key for key in PARAM_KEYS if key in file.tree]
    if not names:
        return ()
    return tuple(draw(st.lists(st.sampled_from(names), max_size=3, unique=True)))


def _measures(revision: Revision) -> list[Values]:
    return [*(file for stage in revision.stages for file in stage.metrics), *revision.metrics, *revision.params]


def _other_values(draw, revision: Revision) -> Revision:
    files = [file for file in _measures(revision) if file.tree and file.path != "vars.yaml"]
    if not files:
        return revision
    file = draw(st.sampled_from(files))
    key = draw(st.sampled_from(list(file.tree)))
    value = draw(SIMPLE if key in PARAM_KEYS else NUMBERS if key == BARE else LEAVES)
    return changing.with_values(revision, file.path, changing.with_key(file.tree, key, value))


def _more_values(draw, revision: Revision) -> Revision:
    files = [file for file in _measures(revision) if file.path != "vars.yaml"]
    if not files:
        return revision
    file = draw(st.sampled_from(files))
    return changing.with_values(revision, file.path, {**changing.without_key(file.tree, BARE), "new": draw(LEAVES)})


def _fewer_values(draw, revision: Revision) -> Revision:
    files = [file for file in _measures(revision) if file.tree and file.path != "vars.yaml"]
    if not files:
        return revision
    file = draw(st.sampled_from(files))
    return changing.with_values(
        revision, file.path, changing.without_key(file.tree, draw(st.sampled_from(list(file.tree))))
    )


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
    return (
        changing.renamed_stage(revision, draw(st.sampled_from(revision.stages)).name) if revision.stages else revision
    )


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
