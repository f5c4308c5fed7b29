"""Random projects: whatever DVC and git can make of a project, its report says what was built, or that it cannot be known.

`REPORTER_FUZZ_PROJECTS` is how many; `REPORTER_FUZZ_SEED` chooses others than those of every run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from project_factories import isolate

from slow.fuzz.checking import check
from slow.fuzz.description import Project, as_code
from slow.fuzz.running import load
from slow.fuzz.strategies import projects

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PROJECTS = int(os.environ.get("REPORTER_FUZZ_PROJECTS", "200"))
SEED = os.environ.get("REPORTER_FUZZ_SEED", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, made)
        load()
        yield made


@settings(
    max_examples=PROJECTS,
    derandomize=not SEED,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
@seed(int(SEED or "0"))
@given(project=projects())
def test_a_report_says_what_was_built(folder: Path, project: Project) -> None:
    note(f"A case for tests/slow/fuzz/cases.py:\n{as_code(project)}")
    check(project, folder)
