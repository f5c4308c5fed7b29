"""A bundle's folder: report.json, report.md, report.html and images/*.png, or why there is no report; swapped in whole.

What writes never leaves half a bundle behind and never replaces a folder that is something else. What reads follows no
symbolic link and reads only regular files of bounded size.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reporter.bundle.json_node import MOST_CHARACTERS
from reporter.bundle.report_json import PICTURE_NAME, report_from_json
from reporter.errors import BundleError, ReporterError, UsageError
from reporter.model.report import Report
from reporter.render.markdown import render_markdown
from reporter.render.report_json import report_to_json

REPORT_JSON, REPORT_MD, REPORT_HTML = "report.json", "report.md", "report.html"
FAILURE = "failure.txt"
"""Alone in the folder where no report could be made: a line that says why, and one with the mend."""
IMAGES = "images"

LARGEST_PICTURE = 20_000_000
"""Bytes."""
LARGEST_FAILURE = 20_000
"""Bytes."""
LONGEST_REASON = 2_000
"""Characters of each line that says why there is no report."""
MOST_PICTURES = 200

_PNG = b"\x89PNG\r\n\x1a\n"
_HINT = "Write the bundle again with `reporter report`."


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A report with its pictures: about to be written, or read back and checked."""

    report: Report
    images: Mapping[str, Path] = field(default_factory=dict)
    """`images/….png`, as the report names it → a PNG file."""


def write_bundle(folder: Path, bundle: Bundle, page: str) -> None:
    """Put a bundle into `folder`, replacing the bundle that is there. `page` is the whole of report.html.

    Raises UsageError if the folder holds something that is no bundle, or cannot be written; what was there is then untouched.
    """
    _replace(folder, lambda fresh: _write_files(fresh, bundle, page))


def write_failure(folder: Path, reason: ReporterError) -> None:
    """Put the reason why there is no report into `folder`, in the place of the bundle that is there: `post` tells it.

    Raises as `write_bundle` does.
    """
    _replace(folder, lambda fresh: _write_reason(fresh, reason))


def read_failure(folder: Path) -> ReporterError | None:
    """Why no report could be made, in anybody's words; None where `folder` says nothing of it.

    Raises BundleError where it is no text of at most `LARGEST_FAILURE` bytes.
    """
    if folder.is_symlink() or not os.path.lexists(folder / FAILURE):
        return None
    message, _, hint = _text(folder / FAILURE, LARGEST_FAILURE).partition("\n")
    return ReporterError(_one_line(message) or "no reason is given", _one_line(hint))


def _replace(folder: Path, write: Callable[[Path], None]) -> None:
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow a link that is to be refused
    check_replaceable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as workspace:
            fresh = Path(workspace, "fresh")
            write(fresh)
            _swap(fresh, folder, aside=Path(workspace, "previous"))
    except OSError as error:
        raise UsageError(
            f"The bundle cannot be written to {folder}: {error.strerror or error}.", "Choose another folder with --out."
        ) from error


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`. Raises BundleError if it is missing, incomplete, or not what this version writes."""
    if folder.is_symlink() or not folder.is_dir():
        raise BundleError(f"There is no bundle in {folder}.", "Write one with `reporter report`, or name its folder.")
    if reason := read_failure(folder):
        raise BundleError(f"There is no report in {folder}: {reason.message}", reason.hint)
    report = report_from_json(_text(folder / REPORT_JSON, MOST_CHARACTERS))
    names = report.images
    if len(names) > MOST_PICTURES:
        raise BundleError(f"The bundle names more than {MOST_PICTURES} pictures.", _HINT)
    found = {name: folder / name for name in sorted(names) if os.path.lexists(folder / name)}
    for picture in found.values():
        _check_picture(picture)
    return Bundle(report=report, images=found)


def check_replaceable(folder: Path) -> None:
    """Raise UsageError if `folder` is something else than a bundle or empty: before the work, not after it."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is not a folder.", "Choose another one with --out.")
    if (
        folder.is_dir()
        and any(folder.iterdir())
        and not any((folder / name).is_file() for name in (REPORT_JSON, FAILURE))
    ):
        raise UsageError(
            f"{folder} is not empty and holds no report.json, so it is not replaced.",
            "Choose another folder with --out, or empty this one.",
        )


def _write_files(fresh: Path, bundle: Bundle, page: str) -> None:
    report = bundle.report
    (fresh / IMAGES).mkdir(parents=True)
    _write_text(fresh / REPORT_JSON, report_to_json(report))
    pictures = {name: name for name in bundle.images}
    _write_text(fresh / REPORT_MD, render_markdown(report, pictures, whole=REPORT_HTML))
    _write_text(fresh / REPORT_HTML, page)
    for name, picture in bundle.images.items():
        if not PICTURE_NAME.fullmatch(name):
            raise ValueError(f"Not a picture's name in a bundle: {name!r}")
        shutil.copyfile(picture, fresh / name)


def _write_reason(fresh: Path, reason: ReporterError) -> None:
    fresh.mkdir()
    _write_text(fresh / FAILURE, f"{_one_line(reason.message)}\n{_one_line(reason.hint)}\n")


def _one_line(text: str) -> str:
    """Of bounded length, and nothing that UTF-8 cannot say: a stage's name may hold anything."""
    return " ".join(text.split())[:LONGEST_REASON].encode("utf-8", "replace").decode("utf-8")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _swap(fresh: Path, folder: Path, aside: Path) -> None:
    """Two renames on one file system; should the second fail, the first is undone."""
    had_one = folder.exists()
    if had_one:
        folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        if had_one:
            aside.rename(folder)
        raise


def _text(path: Path, largest: int) -> str:
    try:
        return _content(path, largest).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{path.name} is not UTF-8.", _HINT) from error


def _check_picture(path: Path) -> None:
    if not _content(path, LARGEST_PICTURE).startswith(_PNG):
        raise BundleError(f"{path.name} is not a PNG picture.", _HINT)


def _content(path: Path, largest: int) -> bytes:
    """The bytes of a regular file, neither it nor its folder being a link out of the bundle."""
    if path.parent.is_symlink():
        raise BundleError(f"{path.parent.name} is a symbolic link.", _HINT)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read from the bundle: {error.strerror}.", _HINT) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
            raise BundleError(f"{path.name} is no regular file of at most {largest:,} bytes.", _HINT)
        return file.read(largest + 1)
