"""Runs a pipeline with DVC's own commands: the candidate's in place, a baseline's in a temporary worktree."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reporter.collect.dvc.configuration import cached_outputs_in_place, has_default_remote, share_configuration
from reporter.collect.project import Project, Wanted, open_project
from reporter.collect.transfers import Patience
from reporter.errors import ProjectError, ReporterError
from reporter.model.problem import ProblemKind
from reporter.model.revision import Revision
from reporter.model.snapshot import Snapshot
from reporter.process import run, run_aloud

Say = Callable[[str], None]

_NO_DAEMON = {"DVC_NO_ANALYTICS": "1"}
"""It would be sent by a process that outlives the command, of a command that nobody typed."""

_OURS = Path(__file__).resolve().parents[2]
"""Where this package lies, for a process of our own."""


def reproduce(
    directory: Path, label: str, say: Say, hidden: Collection[str] = (), *, push: bool = True
) -> tuple[str, ...]:
    """`dvc pull`, `dvc repro` and, with `push`, `dvc push` of the project in `directory`; returns notes for the report.

    A pull or push that fails is a note: a first run has nothing to pull, and a fork may not push. `hidden` names the
    environment variables that the project's own code must not see. Raises ProjectError where a stage fails; what DVC deleted
    to run it is then checked out again, as far as the cache has it.
    """
    notes = []
    has_remote = has_default_remote(directory)
    say(f"Pulling what the remote has of {label}")
    if (
        pulled := _transfer(directory, hidden, "pull", "--allow-missing", *(["--run-cache"] if has_remote else []))
    ) != 0:
        notes.append(f"Not everything of {label} could be pulled from the remote; the log says why.")
    say(f"Reproducing {label}")
    # Where a pull cannot work, `dvc repro --pull` fails, or waits for ever, at the first thing that is missing.
    pulling = ["--pull"] if has_remote and pulled == 0 else []
    there = cached_outputs_in_place(directory)
    if (code := _dvc(directory, hidden, "repro", "--all-pipelines", *pulling)) != 0:
        _check_out_deleted(directory, hidden, there)
        raise ProjectError(
            f"`dvc repro` of {label} failed with exit code {code}", "The log above says which stage and why."
        )
    if not push:
        return tuple(notes)
    say(f"Pushing the outputs of {label}")
    if _transfer(directory, hidden, "push", "--run-cache") != 0:
        notes.append(f"The outputs of {label} could not be pushed, so the next run trains again; the log says why.")
    return tuple(notes)


def _check_out_deleted(directory: Path, hidden: Collection[str], there: Collection[Path]) -> None:
    """DVC deletes a stage's outputs before it runs the stage: those that it has not written again come back."""
    if deleted := [path for path in there if not path.exists()]:
        _dvc(directory, hidden, "checkout", "--quiet", "--allow-missing", *deleted)


class ReproducedBaseline:
    """A project whose baseline is trained again, once, where its outputs are nowhere or are not of its code."""

    def __init__(
        self,
        project: Project,
        say: Say,
        hidden: Collection[str] = (),
        workspace_notes: tuple[str, ...] = (),
        *,
        push: bool = True,
    ) -> None:
        """`workspace_notes` are what the reproduction of the workspace had to say."""
        self._project = project
        self._workspace_notes = workspace_notes
        self._say = say
        self._hidden = hidden
        self._push = push
        self.root = project.root
        self.folder = project.folder
        self.resolve_head = project.resolve_head
        self.resolve_base = project.resolve_base
        self.read_text = project.read_text
        self.read_files = project.read_files
        self.params = project.params
        self.history = project.history

    def snapshots(self, candidates: Sequence[Revision], base: Revision | None, wanted: Wanted) -> Iterator[Snapshot]:
        """See `Project.snapshots`: the candidates' first, then the baseline's or, where its outputs lack, that of its
        reproduction.
        """
        shown = [self._project.snapshot(revision, wanted) for revision in candidates]
        for found in shown:
            is_made = found.revision.is_workspace
            notes = (*self._workspace_notes, *self._not_as_committed(found)) if is_made else ()
            yield replace(found, notes=(*found.notes, *notes))
        if base is not None:
            yield self._baseline(base, wanted.beside(shown))

    def _not_as_committed(self, candidate: Snapshot) -> tuple[str, ...]:
        """Metrics that git has from another run than the one just made: what is committed is not of this code."""
        commit = replace(candidate.revision, rev=candidate.revision.sha, dirty=False)
        committed = {path: self._project.read_tracked(commit, path) for path in candidate.metrics}
        other = [
            path
            for path, data in committed.items()
            if data is not None and data != self._project.read_tracked(candidate.revision, path)
        ]
        if not other:
            return ()
        verb = "is" if len(other) == 1 else "are"
        return (
            f"{', '.join(other)} {verb} not committed as this code produces it; the report shows what was reproduced.",
        )

    def _baseline(self, revision: Revision, wanted: Wanted) -> Snapshot:
        found = self._project.snapshot(revision, wanted)
        reason = _reason_to_reproduce(found)
        if reason is None:
            return found
        self._say(f"{revision.label}: {reason}")
        try:
            reproduced = self._reproduced(revision, wanted)
        except ReporterError as error:
            note = f"{revision.label} is shown as its commit has it: {reason}, and {error.message}."
            return replace(found, notes=(*found.notes, note))
        note = f"{revision.label} was reproduced for this comparison: {reason}."
        return replace(reproduced, revision=revision, origin=found.origin, notes=(*reproduced.notes, note))

    def _reproduced(self, revision: Revision, wanted: Wanted) -> Snapshot:
        with _worktree(self._project, revision) as directory:
            notes = reproduce(directory, revision.label, self._say, self._hidden, push=self._push)
            project = open_project(directory)
            return replace(project.snapshot(project.resolve_head(None), wanted), notes=notes)


def _reason_to_reproduce(snapshot: Snapshot) -> str | None:
    if any(stage.outdated for stage in snapshot.stages.values()):
        return "its dvc.lock is not of its code"
    if any(problem.kind is ProblemKind.MISSING for problem in snapshot.problems):
        return "some of its outputs are in no cache and no remote"
    return None


@contextmanager
def _worktree(project: Project, revision: Revision) -> Iterator[Path]:
    """The revision, checked out apart, sharing the project's cache and its present remotes."""
    with tempfile.TemporaryDirectory(prefix="reporter-baseline-") as folder:
        tree = Path(folder, "worktree")
        add = ("worktree", "add", "--quiet", "--detach", tree, revision.sha)
        made = run("git", "-c", f"core.hooksPath={os.devnull}", *add, cwd=project.git_root)
        if not made.ok:
            raise ProjectError(f"{revision.label} cannot be checked out apart: {made.stderr.strip()}")
        try:
            directory = tree / (project.folder_in(revision) or "")
            share_configuration(project.root, directory, project.cache_folder)
            yield directory
        finally:
            run("git", "worktree", "remove", "--force", tree, cwd=project.git_root)


def _command(*arguments: str | Path) -> tuple[str | Path, ...]:
    return (sys.executable, "-P", "-m", "dvc", *arguments)  # -P: no module of the project may stand in for one of DVC's


def _transfer(directory: Path, hidden: Collection[str], *arguments: str) -> int:
    """A pull or push, which ends where the storage is too slow for it."""
    seconds = str(Patience().seconds)
    program = (sys.executable, "-P", "-m", "reporter.collect.dvc.transfers", seconds)
    imports = os.pathsep.join(filter(None, (str(_OURS), os.environ.get("PYTHONPATH"))))
    return run_aloud(*program, *arguments, cwd=directory, hidden=hidden, env=_NO_DAEMON | {"PYTHONPATH": imports})


def _dvc(directory: Path, hidden: Collection[str], *arguments: str | Path) -> int:
    return run_aloud(*_command(*arguments), cwd=directory, hidden=hidden, env=_NO_DAEMON)
