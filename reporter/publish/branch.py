"""Keeps pictures on an orphan branch of the repository: they are as private as the repository and need no other service.

The branch shares no commit with the project, so a clone of one branch does not fetch it, and it may be deleted at any
time: later reports start it anew, earlier ones lose their pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from reporter.forges.interface import Forge
from reporter.model.formatting import counted
from reporter.publish.store import Published

_NO_WORKFLOW = "[skip ci]"
"""The push of a personal token starts workflows, unlike that of GITHUB_TOKEN."""

_DIGITS = 32
"""Of a picture's SHA-256: enough that two pictures never meet."""


@dataclass(frozen=True, slots=True)
class BranchStore:
    """Implements `reporter.publish.store.ImageStore`."""

    forge: Forge
    branch: str

    @property
    def place(self) -> str:
        """`branch reporter-assets`."""
        return f"branch {self.branch}"

    def publish(self, images: Mapping[str, bytes]) -> Published:
        """Add the pictures that the branch has not got, in one commit."""
        paths = {name: content_path(content) for name, content in images.items()}
        files = {paths[name]: content for name, content in images.items()}
        stored = self.forge.add_files(self.branch, files, f"Add pictures of a report {_NO_WORKFLOW}")
        links = {name: self.forge.file_url(stored.commit, path) for name, path in paths.items()}
        return Published(links, f"{self.place}, {stored.sent} of {counted(len(files), 'picture')} new")


def content_path(content: bytes) -> str:
    """Where a picture lies, by its content: an unchanged one is never sent again. Folders keep each listing short."""
    digest = hashlib.sha256(content).hexdigest()[:_DIGITS]
    return f"images/{digest[:2]}/{digest}.png"
