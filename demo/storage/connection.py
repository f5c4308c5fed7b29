"""Between a DVC project and a running storage: address and credentials in `.dvc/config.local`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.config import Config

from demo.storage.server import KEY_PREFIX, Storage

REMOTE = "storage"
"""The remote's name in `.dvc/config`."""


@contextmanager
def connected(storage: Storage, project: Path) -> Iterator[None]:
    """Point a DVC project's remote at `storage` through `.dvc/config.local`, which git ignores; undo it afterwards."""
    path = project / ".dvc" / "config.local"
    config = Config(str(project / ".dvc"))
    before = _local_configuration(path, config)
    with config.edit("local", validate=False) as local:
        remote = local["remote"].setdefault(REMOTE, {})
        remote["endpointurl"] = storage.endpoint
        remote["access_key_id"] = storage.access_key
        remote["secret_access_key"] = storage.secret_key
    path.chmod(0o600)
    try:
        yield
    finally:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)


def _local_configuration(path: Path, config: Config) -> bytes | None:
    """Return what the user has in config.local, without what a killed run left behind.

    Left there, it would hide the credentials in the environment from a real bucket.
    """
    if path.exists() and KEY_PREFIX in path.read_text(encoding="utf-8"):
        with config.edit("local", validate=False) as local:
            del local["remote"][REMOTE]
    return path.read_bytes() if path.exists() else None
