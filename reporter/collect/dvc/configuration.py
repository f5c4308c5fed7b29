"""What running a project's pipeline needs to know of it, and to set up.

Seen in DVC 3.60 to 3.67: `Config.edit` and `Config.load_one`, `Repo.index.outs`.
"""

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


def has_default_remote(directory: Path) -> bool:
    """Whether the project in `directory` has a remote to pull from; not where DVC cannot read its configuration, which it will say."""
    from dvc.config import Config, ConfigError

    try:
        return bool(Config(str(directory / ".dvc"))["core"].get("remote"))
    except ConfigError:
        return False


def cached_outputs_in_place(directory: Path) -> tuple[Path, ...]:
    """Outputs in the work tree that the cache may hold; none where DVC cannot read the project, which `dvc repro` will say."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(directory)) as repo:
            return tuple(Path(out.fs_path) for out in repo.index.outs if out.use_cache and out.exists)
    except DvcException:
        return ()
