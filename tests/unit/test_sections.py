"""The team's own sections: which pictures they bring into a bundle, and which they do not."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from PIL import Image

from reporter.commands.sections import LARGEST_PICTURE, MOST_PICTURES, Sections, read_sections
from reporter.model.forms import PICTURE_NAME
from reporter.model.problem import ProblemKind
from reporter.model.rules import Section


def picture(kind: str = "PNG", size: tuple[int, int] = (4, 3)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def sections(files: Mapping[str, bytes | str], file: str = "docs/notes.md") -> Sections:
    stored = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}

    def read(paths):
        return {path: stored[path] for path in paths if path in stored}

    return read_sections([Section("Notes", file)], read, "workspace")


def test_a_picture_is_found_beside_its_section_and_becomes_part_of_the_bundle(tmp_path):
    found = sections({"docs/notes.md": "![map](figures/a%20map.png?raw=true)", "docs/figures/a map.png": picture()})
    (shown,) = found.texts[0].pictures
    assert shown.address == "figures/a%20map.png?raw=true"
    assert PICTURE_NAME.fits(shown.image)
    assert found.write(tmp_path / "pictures")[shown.image].read_bytes() == found.pictures[shown.image]
    assert found.problems == ()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_every_format_becomes_a_png(kind):
    found = sections({"docs/notes.md": "![map](map)", "docs/map": picture(kind)})
    (png,) = found.pictures.values()
    assert Image.open(BytesIO(png)).format == "PNG"


def test_a_large_picture_is_made_smaller():
    found = sections({"docs/notes.md": "![map](map.png)", "docs/map.png": picture(size=(4000, 100))})
    (png,) = found.pictures.values()
    assert Image.open(BytesIO(png)).size == (1600, 40)


@pytest.mark.parametrize(
    ("address", "content", "reason"),
    [
        ("gone.png", None, "it is not there"),
        ("map.png", b"no picture", "corrupt"),
        ("map.svg", b"<svg xmlns='x'/>", "SVG"),
        ("map.png", b"x" * (LARGEST_PICTURE + 1), "larger than 20 MB"),
        ("../../outside.png", picture(), "outside of the project"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_a_problem(address, content, reason):
    path = {"../../outside.png": "../outside.png"}.get(address, f"docs/{address}")
    found = sections({"docs/notes.md": f"![map]({address})"} | ({} if content is None else {path: content}))
    (problem,) = found.problems
    assert (problem.path, problem.kind, problem.revision) == (path, ProblemKind.PICTURE, "workspace")
    assert reason in problem.message
    assert found.texts[0].pictures == ()
    assert found.pictures == {}


@pytest.mark.parametrize(
    "address", ["https://example.org/x.png", "//example.org/x.png", "/etc/x.png", "data:image/png;,"]
)
def test_a_picture_from_elsewhere_is_not_looked_for(address):
    found = sections({"docs/notes.md": f"![x]({address})"})
    assert (found.pictures, found.problems) == ({}, ())


def test_there_is_a_limit_of_pictures():
    names = [f"{index}.png" for index in range(MOST_PICTURES + 1)]
    files = {f"docs/{name}": picture() for name in names}
    found = sections({"docs/notes.md": "".join(f"![x]({name})" for name in names), **files})
    assert len(found.pictures) == MOST_PICTURES
    assert "at most" in found.problems[0].message


def test_a_section_without_its_file_is_a_problem():
    (problem,) = sections({}).problems
    assert (problem.path, problem.kind) == ("docs/notes.md", ProblemKind.CONFIGURATION)
