"""What can go wrong before the storage answers."""

from __future__ import annotations


class StorageStartError(Exception):
    """The embedded storage could not be started. The message is one line."""
