"""What is said of a DVC that this version was not tested with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from reporter.collect.dvc.versions import NEWEST_TESTED, explain_import_error, notice_of_version

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("version", ["3.60.1", "3.67.1", "3.67.99", "3.67.2.dev4+g1234", "0", ""])
def test_nothing_is_said_of_a_tested_one(version):
    assert notice_of_version(version or None) is None


@pytest.mark.parametrize("version", ["3.68.0", "3.99", "4.0.0a1", "10.0"])
def test_a_newer_one_is_said_in_one_line(version):
    assert notice_of_version(version) == (
        f"DVC {version} is newer than any that this version was tested with ({NEWEST_TESTED})"
    )


def test_the_locked_one_is_tested_and_the_bounds_are_those_of_the_oldest_lock():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    declared = {requirement.name: requirement.specifier for requirement in map(Requirement, wanted)}
    oldest, locked = locked_versions("oldest"), locked_versions("dev")

    assert locked["dvc"].startswith(f"{NEWEST_TESTED}.")
    for name in ("dvc", "numpy", "pandas", "plotly", "rich"):
        lowest = next(bound.version for bound in declared[name] if bound.operator == ">=")
        assert f"{oldest[name]}.".startswith(f"{lowest}."), name


def locked_versions(name: str) -> dict[str, str]:
    """The first version of each package: that for the oldest Python."""
    lines = (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()
    pairs = [line.split()[0].split("==") for line in lines if "==" in line and not line.startswith((" ", "#"))]
    return dict(reversed(pairs))


def test_another_module_that_is_missing_is_a_bug():
    assert explain_import_error(ImportError("No module named 'x'", name="x")) is None
