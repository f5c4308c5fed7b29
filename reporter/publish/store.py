"""What every place for pictures must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Published:
    """Where the pictures of one report can be seen."""

    links: Mapping[str, str] = field(default_factory=dict)
    """Name of a picture → the address that a comment embeds."""
    place: str = ""
    """What a reader of the log is told: `branch reporter-assets, 2 of 6 pictures new`."""


class ImageStore(Protocol):
    """A place that pictures are sent to."""

    @property
    def place(self) -> str:
        """`branch reporter-assets`."""
        ...

    def publish(self, images: Mapping[str, bytes]) -> Published:
        """Send PNG pictures, by name, and say where each can be seen.

        Raises `PermissionMissingError` if the token may not write there, `ForgeError` if it cannot be done.
        """
        ...
