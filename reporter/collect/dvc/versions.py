"""Which versions of DVC this project was tested with, and what is said of others. `make test-versions` tests them anew."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from reporter.errors import ProjectError

NEWEST_TESTED = "3.67"
"""Its patches too. The oldest one is in pyproject.toml, and pip refuses what is older."""


def notice_of_version(installed: str | None = None) -> str | None:
    """One line where the DVC that is installed is newer than any tested; None else. It is used all the same."""
    found = installed or _installed("dvc")
    if _numbers(found)[:2] <= _numbers(NEWEST_TESTED):
        return None
    return f"DVC {found} is newer than any that this version was tested with ({NEWEST_TESTED})"


def explain_import_error(error: ImportError) -> ProjectError | None:
    """What mends it that DVC cannot load what it needs; None where that is not known.

    DVC 3.60 to 3.65 asks for any pathspec, and takes `_DIR_MARK` from a module that pathspec 1 no longer has it in.
    """
    if not (error.name or "").startswith("pathspec"):
        return None
    return ProjectError(
        f"DVC {_installed('dvc')} cannot be loaded with pathspec {_installed('pathspec')}",
        "run `pip install 'pathspec<1'` where reporter is installed, or take a newer DVC",
    )


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from its sources
        return "0"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])
