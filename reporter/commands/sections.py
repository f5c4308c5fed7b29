"""The team's own sections: their Markdown and the pictures that it shows, which become pictures of the bundle."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reporter.model.problem import Problem, ProblemKind
from reporter.model.report import SectionPicture, SectionText
from reporter.model.rules import Section
from reporter.publish.export import picture_name
from reporter.render.team_text import picture_addresses
from reporter.settings import CONFIG_NAME

ReadFiles = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Content of the candidate's files by path from the project's root; those that are not there are left out."""

MOST_PICTURES = 40
"""Of all sections together."""
LARGEST_PICTURE = 20_000_000
"""Bytes of the file in the repository."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The team's sections as the report takes them, with what was missing in them."""

    texts: tuple[SectionText, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """`images/….png` → PNG."""
    problems: tuple[Problem, ...] = ()

    def write(self, folder: Path) -> dict[str, Path]:
        """Write the pictures into `folder`; returns their files by their names in the bundle. Raises OSError."""
        if self.pictures:
            folder.mkdir(parents=True, exist_ok=True)
        files = {name: folder / posixpath.basename(name) for name in self.pictures}
        for name, file in files.items():
            file.write_bytes(self.pictures[name])
        return files


def read_sections(sections: Sequence[Section], read: ReadFiles, revision: str) -> Sections:
    """Read the sections that reporter.yaml names. What is missing or no picture is a problem of `revision`."""
    if not sections:
        return Sections()
    texts = {path: data.decode("utf-8", "replace") for path, data in read([one.file for one in sections]).items()}
    found = [section for section in sections if section.file in texts]
    wanted = {section.file: _relative_paths(section, texts[section.file]) for section in found}
    paths = list(dict.fromkeys(path for addresses in wanted.values() for path in addresses.values()))
    inside = [path for path in paths[:MOST_PICTURES] if not _is_outside(path)]
    contents = read(inside) if inside else {}
    pngs, failures = _converted(paths, contents) if paths else ({}, {})
    return Sections(
        texts=tuple(_text(section, texts[section.file], wanted[section.file], pngs) for section in found),
        pictures={_image(path): png for path, png in pngs.items()},
        problems=(
            *(_missing_section(section, revision) for section in sections if section.file not in texts),
            *(_missing_picture(path, why, revision) for path, why in failures.items()),
        ),
    )


def _relative_paths(section: Section, markdown: str) -> dict[str, str]:
    """Addresses in the Markdown that are relative → their paths from the project's root."""
    parts = {address: urlsplit(address) for address in picture_addresses(markdown) if _is_parsable(address)}
    folder = posixpath.dirname(section.file)
    return {
        address: posixpath.normpath(posixpath.join(folder, unquote(part.path)))
        for address, part in parts.items()
        if part.path and not (part.scheme or part.netloc or part.path.startswith("/"))
    }


def _is_parsable(address: str) -> bool:
    try:
        urlsplit(address)
    except ValueError:
        return False
    return True


def _is_outside(path: str) -> bool:
    return path.split("/", 1)[0] == ".."


def _converted(paths: Sequence[str], contents: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
    """PNGs by path, and why the others have none."""
    from reporter.figures.decoding import UndecodableError, as_png

    pngs: dict[str, bytes] = {}
    failures: dict[str, str] = {}
    for index, path in enumerate(paths):
        if _is_outside(path):
            failures[path] = "it is outside of the project."
        elif index >= MOST_PICTURES:
            failures[path] = f"sections show at most {MOST_PICTURES} pictures."
        elif path not in contents:
            failures[path] = "it is not there."
        elif len(contents[path]) > LARGEST_PICTURE:
            failures[path] = f"it is larger than {LARGEST_PICTURE / 1e6:.0f} MB."
        else:
            try:
                pngs[path] = as_png(contents[path])
            except UndecodableError as error:
                failures[path] = str(error)
    return pngs, failures


def _text(section: Section, markdown: str, wanted: Mapping[str, str], pngs: Mapping[str, bytes]) -> SectionText:
    pictures = (SectionPicture(address, _image(path)) for address, path in wanted.items() if path in pngs)
    return SectionText(section.title, markdown, tuple(pictures))


def _image(path: str) -> str:
    """Its name in the bundle, which no plot of the same path has."""
    return f"images/{picture_name(f'section {path}')}"


def _missing_section(section: Section, revision: str) -> Problem:
    return Problem(
        revision=revision,
        path=section.file,
        kind=ProblemKind.CONFIGURATION,
        message=f"{CONFIG_NAME} names the section “{section.title}”, but its file is not there",
        hint=f"add the file, or take the section out of {CONFIG_NAME}",
    )


def _missing_picture(path: str, why: str, revision: str) -> Problem:
    return Problem(
        revision=revision,
        path=path,
        kind=ProblemKind.PICTURE,
        message=f"A section's picture is not shown: {why.rstrip('.')}",
        hint="its path is relative to the section's file; git or DVC must track it",
    )
