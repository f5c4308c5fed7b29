"""Remote storages: what DVC's configuration says of them, and their objects.

Seen in DVC 3.60 to 3.67 (dvc-objects 5.2): `DataCloud.get_remote`, its `odb` and `legacy_odb`, and `fs_args` of its file system.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.collect.problems import UnreadableError

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ATTEMPTS = 3
"""Of a request to an endpoint that is not there; AWS's client asks it for some ten seconds otherwise."""
_CLIENTS_TRIES = {"s3": 5, "gs": 6}
"""Of s3fs and gcsfs; each resumes where it was."""
_LEGACY_ALGORITHM = "md5-dos2unix"
_REMOTES_WITH_TIMEOUTS = ("http://", "https://", "s3://")


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """A remote storage as a reader knows it."""

    name: str
    address: str
    """Without credentials and without folders of this machine; empty for one that is not configured."""


@dataclass(frozen=True, slots=True)
class RemoteObjects:
    """The objects of one remote storage that were hashed with one algorithm."""

    _store: Any
    """None with cloud versioning: the remote holds files under their own names, not objects under their hashes."""
    tries: int = 1
    """How often its client itself asks for an object before it says that it failed."""

    def download(self, digest: str, target: Path, callback: Any) -> None:
        """Write the object to `target`, telling fsspec's `callback` of its bytes; raises whatever the storage's client raises."""
        if self._store is None:
            raise FileNotFoundError(digest)
        self._store.fs.get_file(self._store.oid_to_path(digest), str(target), callback=callback)


def remote_objects(repo: Any, name: str | None, algorithm: str) -> RemoteObjects:
    """The objects of a remote, not yet connected; raises DVC's own error where there is none of this name, or no default one."""
    remote = repo.cloud.get_remote(name)
    if remote.fs.version_aware or remote.worktree:
        return RemoteObjects(None)
    if remote.fs.protocol == "s3" and "AWS_MAX_ATTEMPTS" not in os.environ:
        remote.fs.fs_args.setdefault("config_kwargs", {}).setdefault("retries", {"total_max_attempts": _ATTEMPTS})
    store = remote.legacy_odb if algorithm == _LEGACY_ALGORITHM else remote.odb
    return RemoteObjects(store, _CLIENTS_TRIES.get(remote.fs.protocol, 1))


def with_current_remotes(repo: Any, current: Any) -> Any:
    """The revision's configuration with today's remotes and cache: a remote renamed since must not lose a baseline."""
    from dvc.config import ConfigError

    try:
        config = repo.config
    except (ConfigError, UnreadableError):
        return current
    config["remote"] = {**config["remote"], **current["remote"]}
    config["cache"] = current["cache"]
    if name := current["core"].get("remote"):
        config["core"]["remote"] = name
    shorten_timeouts(config)
    return config


def shorten_timeouts(config: Any) -> None:
    """A storage that does not answer must not hold a report up for minutes; a team's own timeouts stand."""
    for remote in config["remote"].values():
        if str(remote.get("url", "")).startswith(_REMOTES_WITH_TIMEOUTS):
            remote.setdefault("connect_timeout", _CONNECT_SECONDS)
            remote.setdefault("read_timeout", _READ_SECONDS)
