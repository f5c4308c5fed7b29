"""Holds a report against what `dvc … --json` prints of the same input, where DVC can answer and is right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slow.fuzz.building import BEFORE
from slow.fuzz.description import Project, View
from slow.fuzz.expecting import UNAVAILABLE
from slow.fuzz.running import NoAnswerError, dvc_json

DEVIATIONS = {
    "a file that cannot be read": "DVC leaves out its values, so that they look new or removed (dvc#5039)",
    "a list": "DVC drops it from metrics and prints it as text among params",
    "a null, an empty mapping": "DVC prints neither",
    "a metric that is the text `nan` or `inf`": "DVC leaves DVCLive's texts as they are",
    "a dot or a backslash in a key": "DVC joins keys with dots and does not say which of them were there",
    "equal commits": "DVC answers `{}`, whatever they hold",
    "a project that was moved": "DVC looks for the old revision in the new folder",
    "a clone without history or blobs": "DVC knows none of the commits, or waits for ever",
    "a pointer of Git LFS, a file left out of a sparse checkout": "DVC takes it for the content, or for deleted",
    "an output that lies in no work tree": "DVC's work tree calls it deleted",
}
"""Where DVC is known to mislead (docs/compatibility.md, tests/contract/test_dvc_misleads.py). `_comparable` takes these away."""


def hold_against_dvc(project: Project, root: Path, scratch: Path, report: Mapping[str, Any]) -> list[str]:
    """Returns what DVC could not answer."""
    if not _can_answer(project):
        return ["everything"]
    revisions = [BEFORE] if project.seen.workspace else [BEFORE, "HEAD"]
    unanswered = []
    for kind in ("metrics", "params"):
        try:
            theirs = dvc_json(root, scratch, kind, "diff", "--all", *revisions)
        except NoAnswerError:
            unanswered.append(kind)
            continue
        _hold_rows(kind, theirs, report[kind])
    try:
        _hold_status(dvc_json(root, scratch, "status"), report) if project.seen.workspace else None
    except NoAnswerError:
        unanswered.append("status")
    try:
        _hold_data(dvc_json(root, scratch, "diff", *revisions), report)
    except NoAnswerError:
        unanswered.append("diff")
    return unanswered


def _can_answer(project: Project) -> bool:
    return project.seen.view is View.HERE and project.base.folder == project.head.folder and not project.seen.left_out


def _hold_rows(kind: str, theirs: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> None:
    """Every row that can be read is DVC's, and DVC has none that the report lacks."""
    unread = {row["file"] for row in rows if row["state"] == UNAVAILABLE}
    ours = {
        (row["file"], _as_dvc_joins(row["name"])): (_as_dvc_prints(row["base"], kind), _as_dvc_prints(row["head"], kind))
        for row in rows
        if row["file"] not in unread and not _is_special(row)
    }
    dvcs = {
        (file, name): (_as_dvc_prints(change.get("old"), kind), _as_dvc_prints(change.get("new"), kind))
        for file, changes in theirs.items()
        for name, change in changes.items()
        if file not in unread
    }
    special = {(row["file"], _as_dvc_joins(row["name"])) for row in rows if _is_special(row)}
    for place in {**ours, **dvcs}:
        if place in special:
            continue
        assert ours.get(place, (None, None)) == dvcs.get(place, (None, None)), f"{kind} {place}: ours, then DVC's"


def _is_special(row: Mapping[str, Any]) -> bool:
    r"""Names that DVC writes like others (`a\.b` like `a.b`)."""
    return "\\" in row["name"]


def _as_dvc_joins(name: str) -> str:
    return name.replace("\\.", ".").replace("\\\\", "\\")


def _as_dvc_prints(value: Any, kind: str) -> str | None:
    match value:
        case None | {}:
            return None
        case list():
            return None if kind == "metrics" else "a list"
        case str() if kind == "params" and value.startswith("["):
            return "a list"
        case float() if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  NaN
            return "not finite"
        case "NaN" | "nan" | "Infinity" | "inf" | "-Infinity" | "-inf":
            return "not finite"
        case _:
            return repr(value)


def _hold_status(theirs: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    outdated = {row["name"] for row in report["stages"] if row["outdated"]}
    assert outdated <= theirs.keys(), f"outdated, where `dvc status` says up to date: {outdated - theirs.keys()}"


def _hold_data(theirs: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    """Of each path the report's own state: DVC lists the files of a folder too."""
    said = {entry["path"].rstrip("/"): kind for kind in ("added", "deleted", "modified") for entry in theirs[kind]}
    said |= {entry["path"]["new"].rstrip("/"): "renamed" for entry in theirs["renamed"]}
    words = {"added": "added", "removed": "deleted", "changed": "modified", "unchanged": None}
    for row in report["data"]:
        if row["state"] in words and said.get(row["path"]) != "renamed":
            assert said.get(row["path"]) == words[row["state"]], f"data {row['path']} is {row['state']}"
