"""Images of a repository, decoded without trust: few formats, a limit of pixels, and whatever does not decode is said."""

from __future__ import annotations

import warnings
from io import BytesIO

from PIL import Image, ImageOps

from reporter.figures.palette import PAPER
from reporter.figures.svg import is_svg

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""None of them starts another program, as PostScript would."""
_MOST_PIXELS = 25_000_000
_WIDEST, _TALLEST = 1600, 2400
"""Pixels of a picture in a section: twice what a comment is wide."""


class UndecodableError(Exception):
    """Its text ends a sentence about the image."""


def decoded(content: bytes) -> Image.Image:
    """The image upright, in RGB on paper; of an animation the first frame. Raises UndecodableError."""
    if is_svg(content):
        raise UndecodableError("SVG images are not drawn; write a PNG instead.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about odd but readable files
            return _opened(content)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise UndecodableError("the image is corrupt or in no format that can be drawn.") from error


def as_png(content: bytes) -> bytes:
    """An image as a PNG of at most 1,600 × 2,400 pixels. Raises UndecodableError."""
    image = decoded(content)
    image.thumbnail((_WIDEST, _TALLEST), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=False)
    return buffer.getvalue()


def _opened(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=_FORMATS) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise UndecodableError(f"{image.width:,} × {image.height:,} pixels are too many to draw.")
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    on_paper = Image.new("RGBA", upright.size, PAPER)
    on_paper.alpha_composite(upright)
    return on_paper.convert("RGB")
