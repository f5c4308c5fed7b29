"""Earlier runs: what the metrics files held on the way to the baseline, along its branch.

Only commits that touched a file are looked at. Of one that git keeps, all versions come from one git process; of one that
DVC keeps, each commit's own dvc.lock or .dvc file tells which object it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress

from reporter.collect.dvc.revision import OpenRevision
from reporter.collect.files import RevisionFiles
from reporter.collect.formats.structured import metric_values
from reporter.collect.git.objects import ObjectReader
from reporter.collect.git.repository import Git
from reporter.collect.long_integers import is_held
from reporter.collect.pipeline import StoredObject
from reporter.collect.pointers import without_pointer
from reporter.collect.problems import UnreadableError
from reporter.collect.storage import Storage
from reporter.errors import ProjectError
from reporter.model.history import PastRun
from reporter.model.revision import Revision
from reporter.model.values import same_value

MOST_RUNS = 20
"""Of one metrics file, the newest."""
_DVC_FILES = (":(glob)**/dvc.lock", ":(glob)**/*.dvc")

Open = Callable[[Revision], AbstractContextManager[OpenRevision]]


def runs_in_git(git: Git, objects: ObjectReader, base: Revision, path: str, path_in_git: str) -> tuple[PastRun, ...]:
    """The versions of a metrics file that git tracks, oldest first; `base`'s own is the last."""
    shas = git.touching(base.sha, [f":(literal){path_in_git}"], MOST_RUNS)
    return _parsed(list(_kept_by_git(objects, shas, path_in_git)), path)


def _kept_by_git(objects: ObjectReader, shas: Iterable[str], path: str) -> Iterator[tuple[str, bytes]]:
    for sha in shas:
        with suppress(OSError, UnreadableError):  # an earlier run less
            found = objects.at(sha, path)
            if found is not None and found.kind == "blob":
                yield sha, found.content


def runs_in_dvc(open_revision: Open, storage: Storage, git: Git, base: Revision, path: str) -> tuple[PastRun, ...]:
    """The versions of a metrics file that DVC keeps, oldest first. What neither cache nor remote has is left out."""
    kept: list[tuple[str, StoredObject]] = []
    for sha in git.touching(base.sha, _DVC_FILES, MOST_RUNS):
        with suppress(ProjectError, UnreadableError), open_revision(Revision(sha, sha, sha[:7])) as opened:
            files = RevisionFiles(opened, opened.pipeline(), storage)
            kept += [(sha, content) for content in files.contents([path])]
    storage.fetch(content for _, content in kept)
    return _parsed(list(_stored(kept, storage)), path)


def _stored(kept: Iterable[tuple[str, StoredObject]], storage: Storage) -> Iterator[tuple[str, bytes]]:
    for sha, content in kept:
        with suppress(UnreadableError):
            yield sha, storage.read(content)


def _parsed(versions: Sequence[tuple[str, bytes]], path: str) -> tuple[PastRun, ...]:
    """Versions, newest first, as runs, oldest first; a commit that left every value as it was is no run of its own."""
    runs: list[PastRun] = []
    for sha, data in reversed(versions):
        with suppress(UnreadableError):
            parsed = metric_values(without_pointer(data), path)
            values = {name: value for name, value in parsed.items() if is_held(value)}
            if not runs or not same_value(values, runs[-1].values):
                runs.append(PastRun(sha, values))
    return tuple(runs)
