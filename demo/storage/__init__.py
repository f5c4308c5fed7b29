"""The embedded storage: an S3 server on loopback that holds the raw data and takes the DVC cache.

It needs no account: `rclone serve s3` serves a folder, with credentials drawn anew at each start. A real bucket takes
its place by another address in `.dvc/config`; nothing else in the project knows which of the two it talks to.

    python -m demo.storage                    until Ctrl-C
    python -m demo.storage run dvc pull       while a command runs
    python -m demo.storage start | stop       in the background, for the steps of a CI job
"""

from __future__ import annotations

from demo.storage.connection import connected
from demo.storage.errors import StorageStartError
from demo.storage.seed import BUCKET, RAW_FILES
from demo.storage.server import PORT, ROOT, Storage, embedded_storage, exit_on_signal

__all__ = [
    "BUCKET",
    "PORT",
    "RAW_FILES",
    "ROOT",
    "Storage",
    "StorageStartError",
    "connected",
    "embedded_storage",
    "exit_on_signal",
]
