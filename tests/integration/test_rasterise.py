"""SVG image plots: drawn by the real library, in a process of their own, and compared like any other image."""

from __future__ import annotations

from io import BytesIO

import pytest
from figure_factories import make_image_plot, png
from PIL import Image

from reporter.figures import draw
from reporter.model.comparison import State
from reporter.model.drawing import ImageDrawing
from reporter.model.rules import PlotsRule
from reporter.publish import rasterise as rasterising
from reporter.publish.rasterise import rasterised
from reporter.publish.vega import VegaFailure, rasterise


def svg(inside: str = "", colour: str = "#0000ff") -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40">'
        f'<rect width="80" height="40" fill="{colour}"/>{inside}</svg>'
    ).encode()


def pixel(picture: bytes) -> tuple[int, ...]:
    image = Image.open(BytesIO(picture)).convert("RGB")
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


def drawn(base: bytes | None, head: bytes | None) -> ImageDrawing:
    (drawing,) = draw(rasterised([make_image_plot(base, head, "tree.svg")]), PlotsRule())
    assert isinstance(drawing, ImageDrawing)
    return drawing


def test_both_sides_are_drawn_and_their_pixels_compared():
    drawing = drawn(svg(), svg(colour="#ffff00"))
    assert drawing.alt == "tree.svg: main and workspace side by side; difference: 100.00% of pixels."
    assert (drawing.notes, drawing.is_empty) == ((), False)


def test_an_svg_that_became_a_png_is_compared_with_it():
    assert drawn(svg(), png("#0000ff", (80, 40))).alt.endswith("no difference.")


def test_what_cannot_be_drawn_is_said_and_the_others_are_drawn():
    plots = [make_image_plot(svg(), b"<svg", "a.svg"), make_image_plot(None, svg(), "b.svg")]
    first, second = rasterised(plots)
    assert first.sides[1].image is None
    drawing, _ = draw([first, second], PlotsRule())
    assert drawing.notes == (
        "workspace: is an SVG that cannot be drawn: it is no well-formed XML (unclosed token: line 1, column 0).",
    )
    assert pixel(second.sides[1].image) == (0, 0, 255)


def test_the_state_of_a_plot_and_its_other_images_are_left_alone():
    plots = [make_image_plot(png(), png("#ff0000"))]
    assert rasterised(plots) == tuple(plots)
    (changed,) = rasterised([make_image_plot(svg(), svg())])
    assert changed.state is State.CHANGED


def test_no_file_of_this_machine_gets_into_a_picture(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(png("#ff0000", (80, 40)))
    for address in (secret, secret.as_uri()):
        for attribute in (f'href="{address}"', f"href='{address}'", f'xlink:href = "{address}"'):
            inside = f'<image xmlns:xlink="http://www.w3.org/1999/xlink" {attribute} width="80" height="40"/>'
            (picture,) = rasterise([svg(inside)])
            assert isinstance(picture, bytes)
            assert pixel(picture) == (0, 0, 255)


def test_text_in_a_font_that_is_not_here_is_drawn_all_the_same():
    text = '<text x="2" y="30" font-size="30" font-family="No Such Font" fill="#ffffff">MMMMM</text>'
    (plain,) = rasterise([svg()])
    (written,) = rasterise([svg(text)])
    assert isinstance(plain, bytes)
    assert isinstance(written, bytes)
    assert Image.open(BytesIO(plain)).getcolors() != Image.open(BytesIO(written)).getcolors()


def test_one_that_takes_too_long_costs_no_other_its_picture(monkeypatch):
    """The process is given too little time for all together: then each is drawn alone."""
    from reporter.publish import vega

    answers = vega._answers
    monkeypatch.setattr(
        vega, "_answers", lambda requests, timeout: answers(requests, 0.001 if len(requests) > 1 else timeout)
    )
    first, second = rasterise([b"<svg", svg()])
    assert isinstance(first, VegaFailure)
    assert isinstance(second, bytes)


def test_without_time_nothing_is_drawn_and_that_is_said():
    assert rasterise([svg(), svg(colour="#ff0000")], timeout=0.001) == [
        VegaFailure("it takes too long"),
        VegaFailure("others took too long"),
    ]


@pytest.fixture
def two_at_most(monkeypatch):
    monkeypatch.setattr(rasterising, "_MOST", 2)


@pytest.mark.usefixtures("two_at_most")
def test_there_is_a_limit_of_svgs_and_equal_ones_count_once():
    plots = [make_image_plot(svg(), svg(), "same.svg"), make_image_plot(svg("<g/>"), svg("<a/>"), "other.svg")]
    same, other = rasterised(plots)
    assert None not in {side.image for side in same.sides}
    assert [side.image is None for side in other.sides] == [False, True]
