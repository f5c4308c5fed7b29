"""Data of a revision: every file and directory whose content DVC keeps."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.collect.files import RevisionFiles
from reporter.collect.pipeline import Output, Pipeline
from reporter.collect.problems import UnreadableError
from reporter.collect.tree_hashes import TreeHashes
from reporter.model.snapshot import TrackedPath


def tracked_paths(
    pipeline: Pipeline, files: RevisionFiles, hashes: TreeHashes, *, workspace: bool
) -> dict[str, TrackedPath]:
    """Each cached output and target of a .dvc file: as it lies in the work tree, else as it was recorded."""
    return {
        output.path: _tracked(output, files, hashes, workspace=workspace)
        for output in pipeline.outputs
        if output.cached
    }


def _tracked(output: Output, files: RevisionFiles, hashes: TreeHashes, *, workspace: bool) -> TrackedPath:
    present = hashes.of_output(output) if workspace else None
    digest, algorithm = (output.content.hash, output.content.algorithm) if output.content else (None, "md5")
    return TrackedPath(
        path=output.path,
        hash=present.hash if present else digest,
        size=present.size if present else output.size,
        nfiles=present.nfiles if present else output.nfiles,
        source=output.source,
        files=present.files if present else _listing(output, files),
        algorithm=algorithm,
    )


def _listing(output: Output, files: RevisionFiles) -> Mapping[str, str] | None:
    if output.files is None and not (output.content and output.content.is_directory and not output.only_dvc_reads):
        return None
    try:
        return files.listing(output)
    except UnreadableError:
        return None  # the directory's own hash tells whether it changed; a listing only says more
