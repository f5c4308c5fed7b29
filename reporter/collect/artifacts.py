"""Artifacts of a revision whose content git keeps and DVC does not: what it is, so that it can be compared."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.collect.dvc.hashes import digest_of
from reporter.collect.files import RevisionFiles
from reporter.collect.pipeline import Pipeline
from reporter.collect.problems import UnreadableError
from reporter.collect.stages import IsTracked

_TEXT_ALIKE = "md5-dos2unix"
"""Git may write another line end into a work tree than it keeps."""


def artifacts_in_git(pipeline: Pipeline, files: RevisionFiles, is_tracked: IsTracked) -> tuple[str, ...]:
    """Paths of the artifacts that are files or folders of git alone."""
    paths = dict.fromkeys(str(fields["path"]) for fields in pipeline.artifacts.values())
    return tuple(path for path in paths if is_tracked(path) and files.is_of_git_alone(path))


def content_in_git(path: str, files: RevisionFiles) -> dict[str, str] | None:
    """File → hash, one file or all below a folder; None where one of them cannot be read."""
    try:
        return dict(_hashes(path, files))
    except UnreadableError:
        return None


def _hashes(path: str, files: RevisionFiles) -> Iterator[tuple[str, str]]:
    for file in files.expand(path):
        yield file, digest_of(files.read(file), _TEXT_ALIKE)
