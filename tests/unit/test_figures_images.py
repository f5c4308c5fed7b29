"""Image plots side by side, from files that may be anything."""

import dataclasses
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from figure_factories import make_image_plot, png
from PIL import Image

from reporter.figures import draw
from reporter.model.drawing import ImageDrawing
from reporter.model.rules import PlotsRule

CHANGED = (213, 94, 0)
"""The colour of a pixel that differs entirely."""


def draw_one(base, head):
    (drawing,) = draw([make_image_plot(base, head)], PlotsRule())
    assert isinstance(drawing, ImageDrawing)
    return drawing


def pixels(drawing):
    return np.asarray(Image.open(BytesIO(drawing.picture)).convert("RGB"))


def holds(drawing, colour):
    return (pixels(drawing) == colour).all(axis=2).any()


def encoded(image, kind, **options):
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_both_sides_and_what_differs_stand_next_to_each_other():
    drawing = draw_one(png("#0000ff"), png("#ffff00"))
    assert holds(drawing, (0, 0, 255))
    assert holds(drawing, (255, 255, 0))
    assert holds(drawing, CHANGED)
    assert drawing.alt == "plots/importance.png: main and workspace side by side; difference: 100.00% of pixels."
    assert drawing.notes == ()


def test_equal_images_are_said_to_be_equal():
    drawing = draw_one(png(), png())
    assert drawing.alt.endswith("no difference.")
    assert not holds(drawing, CHANGED)


def test_a_small_difference_is_counted_in_pixels():
    assert "difference: " in draw_one(png(dot=(60, 60)), png(dot=(60, 80))).alt


def test_images_of_different_sizes_are_shown_without_a_difference():
    drawing = draw_one(png(size=(320, 200)), png(size=(300, 200)))
    assert drawing.notes == ("The images differ in size (320 × 200 and 300 × 200 pixels), so no difference is drawn.",)


def test_a_missing_side_has_an_empty_frame():
    drawing = draw_one(None, png())
    assert drawing.notes == ("main: is missing.",)
    assert pixels(drawing).shape[1] > 2 * 320


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        (None, png(), "workspace, no image of main"),
        (png(), None, "main, no image of workspace"),
        (None, None, "no image of main and workspace"),
    ],
)
def test_only_what_is_there_is_said_to_be_side_by_side(base, head, said):
    assert draw_one(base, head).alt == f"plots/importance.png: {said}."


def test_a_first_report_has_one_image_and_nothing_beside_it():
    plot = make_image_plot(None, png())
    first = dataclasses.replace(plot, sides=plot.sides[1:], has_base=False)
    (drawing,) = draw([first], PlotsRule())
    assert drawing.alt == "plots/importance.png: workspace."


def test_large_images_are_made_smaller_and_small_ones_kept():
    assert pixels(draw_one(png(size=(1_600, 1_200)), png(size=(1_600, 1_200)))).shape[1] < 2_100
    assert pixels(draw_one(png(size=(100, 80)), None)).shape[0] < 200


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP", "BMP"])
def test_other_formats_are_read(kind):
    drawing = draw_one(encoded(Image.new("RGB", (50, 40), "#0000ff"), kind), None)
    assert len(drawing.notes) == 1


def test_transparency_is_shown_on_white():
    drawing = draw_one(encoded(Image.new("RGBA", (50, 40), (0, 0, 0, 0)), "PNG"), None)
    assert not holds(drawing, (0, 0, 0))


@pytest.mark.parametrize("content", [b"", b"no image", png()[:200], b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_does_not_decode_is_said(content):
    drawing = draw_one(png(), content)
    assert drawing.notes == ("workspace: the image is corrupt or in no format that can be drawn.",)


def test_an_svg_is_named_for_what_it_is():
    drawing = draw_one(png(), b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert drawing.notes == ("workspace: SVG images are not drawn; write a PNG instead.",)


def promised(width, height):
    """The beginning of a PNG that says how large it is; what is too large is refused before more is read."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_decompression_bomb_is_not_decoded():
    large, larger = promised(9_000, 9_000), promised(20_000, 20_000)
    assert draw_one(png(), large).notes == ("workspace: 9,000 × 9,000 pixels are too many to draw.",)
    assert draw_one(png(), larger).notes == ("workspace: the image is corrupt or in no format that can be drawn.",)
