"""The files of a project's configuration, of the repository and of this machine alone."""

from __future__ import annotations

from pathlib import Path


def share_configuration(root: Path, other: Path, cache: Path) -> None:
    """Give the project in `other` the remotes and the cache of the one in `root`.

    Through DVC, which writes an address that is relative to one configuration file as relative to the other.
    """
    from dvc.config import Config

    present, shared = Config(str(root / ".dvc")), Config(str(other / ".dvc"))
    for level in ("repo", "local"):
        with shared.edit(level, validate=False) as settings:
            settings.clear()
            settings.update(present.load_one(level))
            if level == "local":
                settings["cache"]["dir"] = str(cache)
