"""One described project, built and held against everything that is known of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from slow.fuzz.building import BEFORE, build
from slow.fuzz.description import Project
from slow.fuzz.holding import (
    hold_bundle,
    hold_data,
    hold_ending,
    hold_itself,
    hold_plots,
    hold_problems,
    hold_repetition,
    hold_stages,
    hold_values,
    hold_verdict,
)
from slow.fuzz.peers import hold_against_dvc
from slow.fuzz.running import report


def check(project: Project, within: Path) -> None:
    """Raises AssertionError where a promise is broken. What is made lies below `within` and is taken away again."""
    folder = Path(tempfile.mkdtemp(dir=within))
    try:
        _check(project, folder)
    finally:
        shutil.rmtree(folder)


def _check(project: Project, folder: Path) -> None:
    built = build(project, folder / "made")
    head = [] if project.seen.workspace else ["--head", "HEAD"]
    base = ["main"] if project.seen.by_branch else [BEFORE, "--policy", "exact"]
    ran = report(built.root, folder / "out" / "one", *base, *head)
    hold_ending(project, ran)
    hold_bundle(ran, folder)
    found = ran.report
    hold_values(project, found)
    hold_data(project, found)
    hold_stages(project, found)
    hold_plots(project, found)
    hold_problems(found)
    hold_verdict(project, found)
    again = report(built.root, folder / "out" / "two", *base, *head)
    hold_repetition(ran, again)
    itself = report(built.root, folder / "out" / "itself", "HEAD", "--policy", "exact", "--head", "HEAD")
    hold_itself(itself.report)
    hold_against_dvc(project, built.root, folder / "out" / "dvc", found)
