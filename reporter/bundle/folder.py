"""A bundle's folder: report.json, report.md, report.html and images/*.png, or why there is no report; swapped in whole.

What writes never leaves half a bundle behind, never replaces a folder that is something else, and never writes what `read_bundle` would
refuse. What reads follows no symbolic link and reads only regular files of bounded size.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from reporter.bundle.cutting import Readable, readable, without_pictures
from reporter.codec.bounds import (
    LARGEST_PICTURE,
    MOST_CHARACTERS,
    MOST_PICTURE_BYTES,
    MOST_PICTURES,
    MOST_PIXELS,
)
from reporter.codec.reader import report_from_json
from reporter.errors import BundleError, ReporterError, UsageError
from reporter.model.forms import PICTURE_NAME
from reporter.model.report import AnyReport
from reporter.render.escape import shorten
from reporter.render.markdown.document import render_markdown

REPORT_JSON, REPORT_MD, REPORT_HTML = "report.json", "report.md", "report.html"
FAILURE = "failure.txt"
"""Alone in the folder where no report could be made: a line that says why, and one with the mend."""
IMAGES = "images"

LARGEST_FAILURE = 20_000
"""Bytes."""
LONGEST_REASON = 2_000
"""Characters of each line that says why there is no report."""
_PNG = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">16xII")
"""The first bytes of a PNG: its signature, the beginning of its first chunk, width and height."""
_BYTES_OF_A_CHARACTER = 4
"""At most, in UTF-8."""
_HINT = "Write the bundle again with `reporter report`."


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A report with its pictures: about to be written, or read back and checked."""

    report: AnyReport
    images: Mapping[str, Path] = field(default_factory=dict)
    """`images/….png`, as the report names it → a PNG file."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """`files/…`, as the page names it → a file that it leaves beside it. Nothing reads them back."""


def write_bundle(folder: Path, bundle: Bundle, page: str) -> Bundle:
    """Put a bundle into `folder`, replacing the bundle that is there, and return it as `read_bundle` would.

    `page` is the whole of report.html. What no reader would take is left out, which a notice says. Raises UsageError if the folder holds something that is no
    bundle, or cannot be written; what was there is then untouched.
    """
    try:
        pictures, report = _kept_pictures(bundle)
    except OSError as error:
        raise _unwritable(folder, error) from error
    written = readable(report)
    _replace(folder, lambda fresh: _write_files(fresh, written, replace(bundle, images=pictures), page))
    return Bundle(written.report, {name: folder / name for name in pictures})


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
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"The bundle cannot be written to {folder}: {error.strerror or error}.", "Choose another folder with --out."
    )


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`. Raises BundleError if it is missing, incomplete, or not what this version writes."""
    if os.path.islink(folder) or not os.path.isdir(folder):  # noqa: PTH112,PTH114  Path's own fail on a name that is too long
        raise BundleError(f"There is no bundle in {folder}.", "Write one with `reporter report`, or name its folder.")
    if reason := read_failure(folder):
        raise BundleError(f"There is no report in {folder}: {reason.message}", reason.hint)
    report = report_from_json(_text(folder / REPORT_JSON, MOST_CHARACTERS * _BYTES_OF_A_CHARACTER))
    names = report.images
    if len(names) > MOST_PICTURES:
        raise BundleError(f"The bundle names more than {MOST_PICTURES} pictures.", _HINT)
    found = {name: folder / name for name in sorted(names) if os.path.lexists(folder / name)}
    if sum(map(_checked_size, found.values())) > MOST_PICTURE_BYTES:
        raise BundleError(f"The bundle's pictures have more than {MOST_PICTURE_BYTES:,} bytes together.", _HINT)
    return Bundle(report=report, images=found)


def check_replaceable(folder: Path) -> None:
    """Raise UsageError if `folder` is something else than a bundle or empty: before the work, not after it."""
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"{folder} is not a folder.", "Choose another one with --out.")
        is_ours = any((folder / name).is_file() for name in (REPORT_JSON, FAILURE))
        is_other = folder.is_dir() and any(folder.iterdir()) and not is_ours
    except OSError as error:
        raise UsageError(
            f"The folder {shorten(str(folder))} cannot be looked into: {error.strerror}.",
            "Choose another one with --out.",
        ) from error
    if is_other:
        raise UsageError(
            f"{folder} is not empty and holds no report.json, so it is not replaced.",
            "Choose another folder with --out, or empty this one.",
        )


def _write_files(fresh: Path, written: Readable, bundle: Bundle, page: str) -> None:
    (fresh / IMAGES).mkdir(parents=True)
    _write_text(fresh / REPORT_JSON, written.text)
    beside = {name: name for name in bundle.images}
    _write_text(fresh / REPORT_MD, render_markdown(written.report, beside, whole=REPORT_HTML))
    _write_text(fresh / REPORT_HTML, page)
    for name, picture in bundle.images.items():
        if not PICTURE_NAME.fits(name):
            raise ValueError(f"Not a picture's name in a bundle: {name!r}")
        shutil.copyfile(picture, fresh / name)
    for name, file in bundle.files.items():
        (fresh / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(file, fresh / name)


def _write_reason(fresh: Path, reason: ReporterError) -> None:
    fresh.mkdir()
    _write_text(fresh / FAILURE, f"{_one_line(reason.message)}\n{_one_line(reason.hint)}\n")


def _one_line(text: str) -> str:
    """Of bounded length, and nothing that UTF-8 cannot say: a stage's name may hold anything."""
    return " ".join(text.split())[:LONGEST_REASON].encode("utf-8", "replace").decode("utf-8")


def _write_text(path: Path, text: str) -> None:
    """A name that is no UTF-8 has halves of surrogates where it stands in a figure; nothing else may lack a character for it."""
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _kept_pictures(bundle: Bundle) -> tuple[dict[str, Path], AnyReport]:
    """The pictures that a reader would take, and the report, which says how many are left out."""
    kept: dict[str, Path] = {}
    room = MOST_PICTURE_BYTES
    for name, picture in bundle.images.items():
        size = picture.stat().st_size
        if size <= min(room, LARGEST_PICTURE) and len(kept) < MOST_PICTURES:
            kept[name] = picture
            room -= size
    left_out = bundle.images.keys() - kept.keys()
    report = bundle.report
    if left_out:
        report = replace(without_pictures(report, left_out), notices=(*report.notices, _left_out(len(left_out))))
    return kept, report


def _left_out(pictures: int) -> str:
    return (
        f"{pictures:,} of the pictures are left out: a bundle holds {MOST_PICTURES} of at most {LARGEST_PICTURE:,} bytes, and "
        f"{MOST_PICTURE_BYTES:,} bytes of them together."
    )


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
        with _opened(path, largest) as file:
            return file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{path.name} is not UTF-8.", _HINT) from error


def _checked_size(path: Path) -> int:
    """Bytes of a picture. Nobody here decodes it, so that a broken one harms none; those who see it will."""
    with _opened(path, LARGEST_PICTURE) as file:
        header = file.read(_HEADER.size)
        size = os.fstat(file.fileno()).st_size
    if not header.startswith(_PNG):
        raise BundleError(f"{path.name} is not a PNG picture.", _HINT)
    if len(header) == _HEADER.size:
        width, height = _HEADER.unpack(header)
        if width * height > MOST_PIXELS:
            raise BundleError(f"{path.name} is a picture of more than {MOST_PIXELS:,} pixels.", _HINT)
    return size


@contextmanager
def _opened(path: Path, largest: int) -> Iterator[BinaryIO]:
    """A regular file, neither it nor its folder being a link out of the bundle."""
    if path.parent.is_symlink():
        raise BundleError(f"{path.parent.name} is a symbolic link.", _HINT)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read from the bundle: {error.strerror}.", _HINT) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
            raise BundleError(f"{path.name} is no regular file of at most {largest:,} bytes.", _HINT)
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)
