"""Holds a report against what `dvc … --json` prints of the same input, where DVC can answer and is right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from slow.fuzz.building import BEFORE
from slow.fuzz.description import Kept, Project, Values, View
from slow.fuzz.expecting import UNAVAILABLE, shown_names
from slow.fuzz.running import dvc_json
from slow.fuzz.values import BARE

DEVIATIONS = {
    "a file that cannot be read": "DVC leaves out its values, so that they look new or removed (dvc#5039)",
    "a list": "DVC drops it from metrics and prints it as text among params",
    "a null, an empty mapping": "DVC prints neither",
    "a metric that is the text `nan` or `inf`": "DVC leaves DVCLive's texts as they are",
    "a dot or a backslash in a key": "DVC joins keys with dots and does not say which of them were there",
    "a params file that is a pointer of Git LFS": "`dvc status` fails, where the pointer is no Python or TOML",
    "a link that git keeps": "DVC takes its target's name for the content of a commit's file",
    "a second dot in a file's name": "DVC does not know its format by the last one (`m.v2.toml`), and reads it as YAML",
    "a params file above the DVC project": "`dvc params diff` leaves it out, `dvc status` does not",
    "a file that is the number 0": "DVC takes it for an empty one",
    "a file that is one number in one revision alone": "DVC leaves it out, or says `unable to parse` of the other's names",
    "an empty file under another name": "DVC calls it renamed: it is like any other empty file",
    "a param that one revision tracks": "DVC calls it new or removed, although the file has it in both",
    "equal commits": "DVC answers `{}`, whatever they hold",
    "a project that was moved": "DVC looks for the old revision in the new folder",
    "a clone without history or blobs": "DVC knows none of the commits, or waits for ever",
    "a pointer of Git LFS, a file left out of a sparse checkout": "DVC takes it for the content, or for deleted",
    "an output that lies in no work tree": "DVC's work tree calls it deleted",
}
"""Where DVC is known to mislead (docs/compatibility.md, tests/contract/test_dvc_misleads.py). What is held against DVC leaves these out."""


def hold_against_dvc(project: Project, root: Path, scratch: Path, report: Mapping[str, Any]) -> None:
    if not _can_answer(project):
        return
    seen = project.seen
    revisions = [BEFORE] if seen.workspace else [BEFORE, "HEAD"]
    for kind in ("metrics", "params"):
        theirs = dvc_json(root, scratch, kind, "diff", "--all", *revisions)
        _hold_rows(kind, theirs, report[kind], misread=_misread(project))
    if seen.view is View.HERE and seen.workspace and not _stops_status(project):
        _hold_status(dvc_json(root, scratch, "status"), report)
    if seen.view is View.HERE or not seen.workspace:
        _hold_data(dvc_json(root, scratch, "diff", *revisions), report)


def _stops_status(project: Project) -> bool:
    return any(file.kept is Kept.LFS for file in project.head.params)


def _can_answer(project: Project) -> bool:
    return (
        project.seen.view in {View.HERE, View.CLONE}
        and project.base.folder == project.head.folder
        and not project.seen.left_out
    )


def _misread(project: Project) -> set[str]:
    """Files of which DVC answers something else than what they hold."""
    revisions = (project.base, project.head)
    files = [file for each in revisions for file in (*each.every_metrics_file().values(), *each.params)]
    base, head = (shown_names(each) for each in revisions)
    once_bare = {file.path for file in files if BARE in file.tree} if revisions[0] != revisions[1] else set()
    tracked_once = {path for path in {**base, **head} if _named(base, path) != _named(head, path)}
    return tracked_once | once_bare | {file.path for file in files if _is_misread(file)}


def _named(names: Mapping[str, list[str] | None], path: str) -> set[str] | None:
    """None: the whole file."""
    own = names.get(path, [])
    return None if own is None else set(own)


def _is_misread(file: Values) -> bool:
    return (
        file.tree == {BARE: 0}
        or file.kept is Kept.LINK
        or file.path.startswith("../")
        or PurePosixPath(file.path).name.count(".") > 1
    )


def _hold_rows(kind: str, theirs: Mapping[str, Any], rows: list[Mapping[str, Any]], misread: set[str]) -> None:
    """Every row that can be read is DVC's, and DVC has none that the report lacks."""
    unread = misread | {row["file"] for row in rows if row["state"] == UNAVAILABLE}
    ours = {
        (row["file"], _as_dvc_joins(row["name"])): (
            _as_dvc_prints(row["base"], kind),
            _as_dvc_prints(row["head"], kind),
        )
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
        pair = ours.get(place, (None, None)), dvcs.get(place, (None, None))
        assert pair[0] == pair[1], f"{kind} {place}: {pair[0]}, and by DVC {pair[1]}"


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
    said = {
        entry["path"].rstrip("/"): kind for kind in ("added", "deleted", "modified") for entry in theirs.get(kind, ())
    }
    renamed = {path.rstrip("/") for entry in theirs.get("renamed", ()) for path in entry["path"].values()}
    words = {"added": "added", "removed": "deleted", "changed": "modified", "unchanged": None}
    for row in report["data"]:
        if row["state"] in words and row["path"] not in renamed:
            assert said.get(row["path"]) == words[row["state"]], (
                f"data {row['path']} is {row['state']}, and by DVC {said.get(row['path'])}"
            )
