"""Image plots: the revisions next to each other and, where two of them have one size, what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import sqrt

from PIL import Image, ImageChops, ImageDraw, ImageFont

from reporter.figures.decoding import UndecodableError, decoded
from reporter.figures.definitions import difference, why_absent
from reporter.figures.palette import FAINT_INK, FRAME, INK, PAPER
from reporter.figures.text import listed, sentence, shortened
from reporter.model.comparison import PlotComparison, PlotSide
from reporter.model.drawing import ImageDrawing

_PANEL_WIDTH = 640
"""Pixels that an image is shown with at most; smaller ones are not enlarged."""
_PANEL_HEIGHT = 900
_GAP = 24
_LABEL_HEIGHT = 44
_LABEL_SIZE = 22
_FEWEST_PIXELS = 240
"""Width of a panel at least, so that its label fits."""
_CHANGED = "#D55E00"
"""Of a changed pixel: vermilion."""


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    label: str
    image: Image.Image | None
    """None: not to be had."""


def draw_image(plot: PlotComparison) -> ImageDrawing:
    """One PNG with all sides. A side without an image has an empty frame; `notes` say why, and where a definition differs."""
    last = next(side for side in reversed(plot.sides) if side.spec is not None)
    panels: list[_Panel] = []
    notes: list[str] = []
    for side in plot.sides:
        label = side.revision.label
        try:
            panels.append(_Panel(shortened(label, 40), _decoded(side)))
        except UndecodableError as problem:
            panels.append(_Panel(shortened(label, 40), None))
            notes.append(f"{label}: {problem}")
        if side.spec and last.spec and side.spec != last.spec:
            notes.append(f"{label}: its definition differs ({difference(side.spec, last.spec)}).")
    alt, is_empty = _shown_sides(panels), not any(panel.image for panel in panels)
    if plot.has_base:
        differences, said, how = _differences(panels)
        panels, notes = [*panels, *differences], [*notes, *said]
        alt += how
    title = next((side.spec.title for side in reversed(plot.sides) if side.spec and side.spec.title), plot.id)
    return ImageDrawing(
        plot=plot.id,
        title=title,
        alt=f"{plot.id}: {alt}.",
        picture=_png(_composed(panels)),
        notes=tuple(notes),
        is_empty=is_empty,
    )


def _shown_sides(panels: Sequence[_Panel]) -> str:
    """`main and workspace side by side`; what has no image is said to have none."""
    there = [panel.label for panel in panels if panel.image]
    lacking = [panel.label for panel in panels if not panel.image]
    shown = f"{listed(there)} side by side" if len(there) > 1 else listed(there)
    return ", ".join(filter(None, [shown, f"no image of {listed(lacking)}" if lacking else ""]))


def _decoded(side: PlotSide) -> Image.Image:
    if side.image is None:
        problems = " ".join(sentence(problem.message) for problem in side.problems)
        raise UndecodableError(problems or ("is missing." if side.spec else why_absent(side)))
    return decoded(side.image)


def _differences(panels: Sequence[_Panel]) -> tuple[list[_Panel], list[str], str]:
    """For a baseline and one candidate: a panel with what changed, notes, and an end for the alternative text."""
    match panels:
        case [_Panel(image=Image.Image() as base), _Panel(image=Image.Image() as head)]:
            pass
        case _:
            return [], [], ""
    if base.size != head.size:
        sizes = f"{base.width} × {base.height} and {head.width} × {head.height} pixels"
        return [], [f"The images differ in size ({sizes}), so no difference is drawn."], ", of different sizes"
    changed = _changed(base, head)
    share = 1 - changed.histogram()[0] / (changed.width * changed.height)
    how = "no difference" if share == 0 else f"difference: {share:.2%} of pixels"
    return [_Panel(how, _highlighted(head, changed))], [], f"; {how}"


def _changed(base: Image.Image, head: Image.Image) -> Image.Image:
    """How much each pixel differs, in the colour that differs most: 8 bits of grey."""
    red, green, blue = ImageChops.difference(base, head).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _highlighted(head: Image.Image, changed: Image.Image) -> Image.Image:
    """The candidate, pale and grey, with changed pixels in colour: the more they differ, the stronger (square root)."""
    pale = _fitted(head).convert("L").point([round(255 - (255 - grey) * 0.25) for grey in range(256)])
    strength = _fitted(changed).point([0] + [round(255 * (0.25 + 0.75 * sqrt(by / 255))) for by in range(1, 256)])
    colour = Image.new("RGB", pale.size, _CHANGED)
    return Image.composite(colour, pale.convert("RGB"), strength)


def _composed(panels: Sequence[_Panel]) -> Image.Image:
    size = next((panel.image.size for panel in panels if panel.image), (360, 240))
    fitted = [_fitted(panel.image or _empty(size)) for panel in panels]
    width = max(_FEWEST_PIXELS, *(image.width for image in fitted))
    height = max(image.height for image in fitted)
    sheet = Image.new("RGB", (len(panels) * (width + _GAP) + _GAP, height + _LABEL_HEIGHT + _GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_LABEL_SIZE)
    for index, (panel, image) in enumerate(zip(panels, fitted, strict=True)):
        left = _GAP + index * (width + _GAP)
        label = _cut(panel.label, width, font)
        draw.text((left, 10), label, fill=INK if panel.image else FAINT_INK, font=font)
        sheet.paste(image, (left, _LABEL_HEIGHT))
        draw.rectangle((left - 1, _LABEL_HEIGHT - 1, left + image.width, _LABEL_HEIGHT + image.height), outline=FRAME)
    return sheet


def _cut(label: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    cut = label
    while len(cut) > 1 and font.getlength(cut) > width:
        cut = f"{cut[:-2]}…"
    return cut


def _fitted(image: Image.Image) -> Image.Image:
    scale = min(1.0, _PANEL_WIDTH / image.width, _PANEL_HEIGHT / image.height)
    if scale == 1.0:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _empty(size: tuple[int, int]) -> Image.Image:
    panel = Image.new("RGB", size, "#F6F8FA")
    font = ImageFont.load_default(_LABEL_SIZE)
    middle = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(panel).text(middle, "no image", fill=FAINT_INK, font=font, anchor="mm")
    return panel


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=False)
    return buffer.getvalue()
