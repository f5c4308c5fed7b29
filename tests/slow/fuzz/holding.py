"""Holds a report against what was built: each check names the promise that it is of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from slow.fuzz.description import Gate, Project
from slow.fuzz.expecting import (
    UNAVAILABLE,
    Rows,
    allowed_exit,
    expected_metrics,
    expected_params,
)
from slow.fuzz.expecting_pipeline import expected_data, expected_plots, expected_stages
from slow.fuzz.running import Ran

_CHANGES = {"changed", "added", "removed", "renamed"}
_BUNDLE = ("report.json", "report.md", "report.html")


def hold_ending(project: Project, ran: Ran) -> None:
    """It ends as it may, and says so in words for a user."""
    assert allowed_exit(project)(ran.code), f"exit code {ran.code}: {ran.said}"
    assert "Traceback" not in ran.said, ran.said


def hold_bundle(ran: Ran, machine: Path) -> None:
    """report.json is what its schema says, and no file tells of the machine. `machine` is the folder that all of it was made in."""
    errors = [error.message for error in _validator().iter_errors(ran.report)]
    assert errors == [], "report.json is not what its schema says"
    for name in _BUNDLE:
        text = ran.text(name)
        assert str(machine) not in text, f"{name} has a path of the machine: {_around(text, str(machine))}"
        assert "Traceback (most recent" not in text, f"{name} has a traceback"


def hold_values(project: Project, report: Mapping[str, Any]) -> None:
    """Each metric and each param has its row, with the values that were written; what cannot be read is unavailable."""
    _hold_rows("metrics", expected_metrics(project), report["metrics"])
    _hold_rows("params", expected_params(project), report["params"])


def _hold_rows(kind: str, expected: Rows, rows: Iterable[Mapping[str, Any]]) -> None:
    found = {(row["file"], row["name"]): row for row in rows}
    assert found.keys() == expected.keys(), f"{kind}: {_difference(found, expected)}"
    for place, row in found.items():
        right = expected[place]
        assert row["state"] in right.states, f"{kind} {place} is {row['state']}, not {sorted(right.states)}"
        if len(right.states) == 1:
            values = (_exactly(row["base"]), _exactly(row["head"]))
            assert values == (_exactly(right.base), _exactly(right.head)), f"{kind} {place} has other values: {values}"
    assert [row["file"] for row in rows] == sorted(row["file"] for row in rows), f"{kind} are not in order"


def hold_data(project: Project, report: Mapping[str, Any]) -> None:
    """What DVC keeps is told by its content."""
    expected = {path: (row.state, row.came_from) for path, row in expected_data(project).items()}
    found = {row["path"]: (row["state"], row["from"]) for row in report["data"]}
    wrong = {
        path: (found.get(path), expected.get(path))
        for path in {**found, **expected}
        if found.get(path) != expected.get(path)
    }
    assert wrong == {}, f"data, as told and as built: {wrong}"


def hold_stages(project: Project, report: Mapping[str, Any]) -> None:
    """No stage is called out of date that ran as it is defined, and one is whose code was edited since."""
    expected = expected_stages(project)
    found = {row["name"]: row for row in report["stages"]}
    assert found.keys() == expected.keys(), f"stages: {_difference(found, expected)}"
    for name, row in found.items():
        right = expected[name]
        assert row["outdated"] is right.outdated, f"stage {name} outdated: {row['outdated']}; {_said(report)}"
        assert right.state in {row["state"], "any"}, (
            f"stage {name} is {row['state']} ({row['changed']}), not {right.state}"
        )
    if not any(stage.outdated for stage in expected.values()):
        doubts = {row["file"]: row["doubt"] for row in report["metrics"] if row["doubt"]}
        assert doubts == {}, "metrics in doubt although every stage ran as it is defined"


def hold_plots(project: Project, report: Mapping[str, Any]) -> None:
    expected = expected_plots(project)
    found = {row["id"]: row["state"] for row in report["plots"]}
    assert found.keys() == expected.keys(), f"plots: {_difference(found, expected)}"
    for name, state in found.items():
        assert state in expected[name], f"plot {name} is {state}, not {sorted(expected[name])}"


def hold_problems(report: Mapping[str, Any]) -> None:
    """What is unavailable has a problem that says what to do about it."""
    hints = {path: problem["hint"] for problem in report["problems"] for path in (*problem["files"], problem["path"])}
    for kind in ("metrics", "params"):
        for row in report[kind]:
            if row["state"] == UNAVAILABLE:
                assert row["file"] in hints, f"nothing says why {row['file']} is unavailable: {_said(report)}"
    for problem in report["problems"]:
        assert problem["hint"], f"no hint: {problem}"


def hold_verdict(project: Project, report: Mapping[str, Any]) -> None:
    """What is required and cannot be read fails; where nothing is gated, a report of which nothing can be read never passes."""
    unavailable = [row for row in report["metrics"] if row["state"] == UNAVAILABLE]
    if unavailable and project.head.gate is not Gate.NONE:
        assert report["verdict"] == "fail", "a required metric that cannot be read does not fail"
    if unavailable and len(unavailable) == len(report["metrics"]):
        assert report["verdict"] != "pass", "the verdict passes where no metric can be read"


def hold_itself(report: Mapping[str, Any]) -> None:
    """A revision held against itself has nothing changed."""
    for kind in ("metrics", "params", "plots", "data", "stages"):
        changed = [row for row in report[kind] if row["state"] in _CHANGES]
        assert changed == [], f"{kind} of a revision changed against itself"


def hold_repetition(first: Ran, second: Ran) -> None:
    """The same input gives the same bundle to the last byte, also where the first run has fetched what the second finds."""
    assert first.code == second.code
    for name in _BUNDLE:
        assert first.text(name) == second.text(name), f"{name} differs between two runs"


def _exactly(value: Any) -> str:
    """Text that two values share where they are of one type and equal."""
    return json.dumps(value, sort_keys=True)


def _difference(found: Iterable[Any], expected: Iterable[Any]) -> str:
    ours, right = set(found), set(expected)
    return f"too many {sorted(ours - right, key=str)}, missing {sorted(right - ours, key=str)}"


def _said(report: Mapping[str, Any]) -> str:
    return "; ".join(f"{problem['path']}: {problem['message']}" for problem in report["problems"])


def _around(text: str, found: str) -> str:
    place = text.index(found)
    return text[max(0, place - 80) : place + len(found) + 80]


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads(files("reporter.schemas").joinpath("report-1.schema.json").read_text())
    return Draft202012Validator(schema)
