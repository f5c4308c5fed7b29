"""An SVG of a repository loads nothing, is of a size that can be drawn, and loses no text to a font that is not here."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from reporter.publish.dead_svg import dead_svg

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
PNG = "data:image/png;base64,iVBORw0KGgo="


def svg(inside: str, size: str = 'width="100" height="50"', before: str = "") -> bytes:
    return f"{before}<svg {NAMESPACES} {size}>{inside}</svg>".encode()


@pytest.mark.parametrize(
    "address",
    [
        "/etc/passwd",
        "secret.png",
        "file:///etc/passwd",
        "http://example.org/secret",
        "//example.org/secret",
        "data:image/svg+xml,secret",
        "data:text/plain,secret",
        " \n/etc/passwd",
    ],
)
@pytest.mark.parametrize("attribute", ["href", "xlink:href", "xml:base"])
def test_no_address_of_anything_outside_is_left(address, attribute):
    for quote in "'\"":
        dead = dead_svg(svg(f"<image {attribute} = {quote}{address}{quote} width='9' height='9'/>"))
        assert "secret" not in dead
        assert "passwd" not in dead


def test_an_address_hidden_in_an_entity_is_found():
    doctype = '<!DOCTYPE svg [<!ENTITY where "/etc/passwd">]>'
    assert "passwd" not in dead_svg(svg('<image href="&where;"/>', before=doctype))


@pytest.mark.parametrize("address", ["#arrow", PNG])
def test_what_is_inside_stays(address):
    assert address in dead_svg(svg(f'<use xlink:href="{address}"/>'))


@pytest.mark.parametrize(
    "style",
    [
        "<style>@import url(http://example.org/secret.css); rect {fill: url('http://example.org/secret#a')}</style>",
        "<rect style='fill: url(secret.svg#a)'/>",
        "<rect fill='url( \"secret.svg#a\" )'/>",
        "<script>secret()</script>",
        "<foreignObject><p>secret</p></foreignObject>",
    ],
)
def test_styles_and_scripts_lead_nowhere(style):
    assert "secret" not in dead_svg(svg(style))


def test_a_colour_of_the_same_file_stays():
    assert "url(#shade)" in dead_svg(svg("<rect fill='url(#shade)'/>"))


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ('width="300" height="200"', (300, 200)),
        ('width="72pt" height="36pt"', (96, 48)),
        ('width="1in" height="25.4mm"', (96, 96)),
        ('viewBox="0 0 30 60"', (30, 60)),
        ('width="100%" height="100%" viewBox="0,0,30,60"', (30, 60)),
        ('width="60" viewBox="0 0 30 60"', (60, 120)),
        ('height="60" viewBox="0 0 30 60"', (30, 60)),
        ('width="1000000" height="500000"', (1280, 640)),
        ('width="1e30" height="1"', (1280, 1)),
        ('width="10" height="1000000"', (1, 1800)),
    ],
)
def test_the_size_is_its_own_as_far_as_a_picture_has_room(size, drawn):
    root = ET.fromstring(dead_svg(svg("<rect/>", size)))
    assert (root.get("width"), root.get("height")) == tuple(map(str, drawn))
    assert root.get("viewBox")


@pytest.mark.parametrize("size", ["", 'width="0" height="0"', 'width="1e999" height="1"', 'viewBox="0 0 x y"'])
def test_without_a_size_it_is_refused(size):
    with pytest.raises(ValueError, match="states no size"):
        dead_svg(svg("", size))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<text font-family='Arial'>a</text>", 'font-family="Arial, sans-serif"'),
        ("<text style='font: 10px Times; fill: red'>a</text>", "font: 10px Times, sans-serif; fill: red"),
        ("<style>text{font-family:Arial}</style>", "text{font-family:Arial, sans-serif}"),
        ("<text font-family='inherit'>a</text>", 'font-family="inherit"'),
        ("<text>a</text>", 'font-family="sans-serif"'),
    ],
)
def test_text_is_drawn_in_some_font(text, kept):
    assert kept in dead_svg(svg(text))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg", "it is no well-formed XML"),
        (b"<!doctype html><p>text", "it is no well-formed XML"),
        (b"<html/>", "it is no SVG: its outermost element is `html`"),
        (b"<?xml version='1.0' encoding='nothing'?><svg/>", "it is no well-formed XML"),
    ],
)
def test_what_is_no_svg_is_said(content, reason):
    with pytest.raises(ValueError, match=reason):
        dead_svg(content)


def test_entities_within_entities_are_bounded():
    names = [f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 12)]
    doctype = f'<!DOCTYPE svg [<!ENTITY a0 "ha">{"".join(names)}]>'
    with pytest.raises(ValueError, match="it is no well-formed XML"):
        dead_svg(svg("<text>&a11;</text>", before=doctype))
