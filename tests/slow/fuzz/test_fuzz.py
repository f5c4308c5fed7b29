"""Random projects: whatever DVC and git can make of a project, its report says what was built, or that it cannot be known.

`REPORTER_FUZZ_PROJECTS` is how many; `REPORTER_FUZZ_SEED` chooses others than those of every run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, reject, seed, settings
from project_factories import isolate
from slow.fuzz.building import UnbuildableError
from slow.fuzz.cases import CASES
from slow.fuzz.checking import check
from slow.fuzz.description import Project
from slow.fuzz.pasting import as_code
from slow.fuzz.running import load
from slow.fuzz.strategies import projects

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PROJECTS = int(os.environ.get("REPORTER_FUZZ_PROJECTS", "200"))
SEED = int(os.environ.get("REPORTER_FUZZ_SEED", "0"))
A_ROUND = 10
"""Hypothesis makes as many anew, all of them different; then it makes variations of one."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, made)
        load()
        yield made


@pytest.mark.parametrize("name", CASES)
def test_what_random_projects_brought_to_light_is_mended(folder: Path, name: str) -> None:
    check(CASES[name], folder)


@pytest.mark.parametrize("round_", range(-(-PROJECTS // A_ROUND)))
def test_a_report_says_what_was_built(folder: Path, round_: int) -> None:
    hold_random_projects(folder, seed_of(round_))


def seed_of(round_: int) -> int:
    return SEED * 10_000 + round_


def hold_random_projects(folder: Path, number: int) -> None:
    @settings(
        max_examples=A_ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @seed(number)
    @given(project=projects())
    def hold(project: Project) -> None:
        note(f"Of REPORTER_FUZZ_SEED={SEED}; for tests/slow/fuzz/cases.py:\n{as_code(project)}")
        try:
            check(project, folder)
        except UnbuildableError:
            reject()

    hold()
