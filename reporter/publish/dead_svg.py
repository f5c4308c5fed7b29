"""An SVG of a repository made harmless: of a size that can be drawn, and with nothing outside that it could load.

It is not trusted: the library that rasterises would read any file of this machine that an `href` names.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_WIDEST, _TALLEST = 1280, 1800
"""Pixels: twice what a panel of a picture shows."""
_INSIDE = re.compile(r"#|data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
"""How an address begins that leads to the same file or holds a picture itself. An SVG inside could load again."""
_STYLED_ADDRESS = re.compile(r"""@import[^;]*;?|url\(\s*(?!["']?#)[^)]*\)""", re.IGNORECASE)
_STYLED_FONT = re.compile(r"""\bfont(?:-family)?\s*:(?!\s*inherit)[^;}!]*""", re.IGNORECASE)
_ANY_FONT = ", sans-serif"
"""Ends every list of fonts: text in fonts that this machine lacks would be left out without a word."""
_LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|)\s*", re.IGNORECASE)
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_NEVER_DRAWN = frozenset({"script", "foreignObject", "metadata"})


def dead_svg(content: bytes) -> str:
    """The SVG without scripts and without addresses, its text in some font, with a size in pixels of at most 1,280 × 1,800.

    Raises ValueError; its text ends a sentence about the image. Entities expand within the bounds that expat sets.
    """
    try:
        root = ET.fromstring(content)  # noqa: S314  in a process with bounds; expat loads nothing
    except (ET.ParseError, LookupError, ValueError) as error:
        raise ValueError(f"it is no well-formed XML ({error})") from error
    if _local(root.tag) != "svg":
        raise ValueError(f"it is no SVG: its outermost element is `{_local(root.tag)}`")
    for element in root.iter():
        _defuse(element)
    root.attrib.setdefault("font-family", _ANY_FONT.removeprefix(", "))
    _size(root)
    return ET.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _defuse(element: ET.Element) -> None:
    for child in [child for child in element if _local(child.tag) in _NEVER_DRAWN]:
        element.remove(child)
    for name, value in list(element.attrib.items()):
        if _local(name) in {"href", "base"} and not _INSIDE.match(value.strip()):
            del element.attrib[name]
        elif name == "font-family" and value.strip() != "inherit":
            element.attrib[name] = f"{value}{_ANY_FONT}"
        else:
            element.attrib[name] = _style(value) if name == "style" else _STYLED_ADDRESS.sub("", value)
    if element.text and _local(element.tag) == "style":
        element.text = _style(element.text)


def _style(text: str) -> str:
    return _STYLED_FONT.sub(rf"\g<0>{_ANY_FONT}", _STYLED_ADDRESS.sub("", text))


def _size(root: ET.Element) -> None:
    """Set width and height in pixels, as large as the image says and a picture needs."""
    box = _view_box(root)
    width, height = _length(root.get("width")), _length(root.get("height"))
    if box is not None and (width is None or height is None):
        width, height = _completed(width, height, box)
    if width is None or height is None:
        raise ValueError("it states no size: give it a width and a height, or a viewBox")
    if box is None:
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    scale = min(1.0, _WIDEST / width, _TALLEST / height)
    root.set("width", f"{max(1, round(width * scale))}")
    root.set("height", f"{max(1, round(height * scale))}")


def _completed(width: float | None, height: float | None, box: tuple[float, float]) -> tuple[float, float]:
    if width is not None:
        return width, width * box[1] / box[0]
    return (height * box[0] / box[1], height) if height is not None else box


def _view_box(root: ET.Element) -> tuple[float, float] | None:
    """Width and height; None where there is none that could be drawn."""
    lengths = [_length(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip())[2:]]
    match lengths:
        case [float() as width, float() as height]:
            return width, height
        case _:
            return None


def _length(text: str | None) -> float | None:
    """Pixels; None for what is no length or has none of its own, as `100%` has."""
    found = _LENGTH.fullmatch(text or "")
    try:
        pixels = float(found[1]) * _PIXELS[found[2].lower()] if found else 0.0
    except ValueError:
        return None
    return pixels if 0 < pixels < float("inf") else None
