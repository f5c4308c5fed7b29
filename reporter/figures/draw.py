"""Chooses how each plot of a comparison is drawn, and which of them get a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

from reporter.figures.bars import draw_bars
from reporter.figures.confusion import draw_confusion
from reporter.figures.lines import draw_lines
from reporter.figures.scatters import draw_scatter, draw_scatter_jitter
from reporter.figures.series import Data, read
from reporter.figures.vega import TemplateError, draw_vega
from reporter.model.comparison import PlotComparison, State
from reporter.model.drawing import Drawing, PlotlyDrawing
from reporter.model.rules import PlotsRule
from reporter.model.snapshot import IMAGE, Template

DRAWN_BY: Mapping[str, Callable[[PlotComparison, Data], PlotlyDrawing]] = {
    Template.LINEAR: draw_lines,
    Template.SIMPLE: draw_lines,
    Template.SMOOTH: partial(draw_lines, smooth=True),
    Template.SCATTER: draw_scatter,
    Template.SCATTER_JITTER: draw_scatter_jitter,
    Template.CONFUSION: draw_confusion,
    Template.CONFUSION_NORMALIZED: partial(draw_confusion, normalized=True),
    Template.BAR_HORIZONTAL: draw_bars,
    Template.BAR_HORIZONTAL_SORTED: partial(draw_bars, by_value=True),
}


def draw(plots: Sequence[PlotComparison], rules: PlotsRule) -> tuple[Drawing, ...]:
    """Draw each plot that `rules` does not exclude, in their order. What cannot be drawn is said in a drawing's notes."""
    return tuple(_draw(plot) for plot in plots if not any(fnmatchcase(plot.id, pattern) for pattern in rules.exclude))


def select_pictures(
    drawings: Sequence[Drawing], plots: Sequence[PlotComparison], max_images: int
) -> tuple[Drawing, ...]:
    """The drawings that get a picture: those whose plot changed first, at most `max_images`, in their own order.

    One without anything to draw gets none and takes no place: an empty frame says less than the report's problems do.
    """
    unchanged = {plot.id for plot in plots if plot.state is State.UNCHANGED}
    drawable = [drawing for drawing in drawings if not drawing.is_empty]
    chosen = sorted(drawable, key=lambda drawing: drawing.plot in unchanged)[: max(0, max_images)]
    kept = {drawing.plot for drawing in chosen}
    return tuple(drawing for drawing in drawings if drawing.plot in kept)


def _draw(plot: PlotComparison) -> Drawing:
    specs = [side.spec for side in plot.sides if side.spec is not None]
    if plot.kind == IMAGE or not specs or specs[-1].template == IMAGE:
        from reporter.figures.images import draw_image  # Pillow takes 50 ms to load, and most projects plot numbers

        return draw_image(plot)
    data = read(plot)
    if data.spec.vega is not None:
        return _own_template(plot, data)
    if data.spec.template not in DRAWN_BY:
        return _as_lines(plot, data, f"There is no template `{data.spec.template}`; lines are drawn instead.")
    return DRAWN_BY[data.spec.template](plot, data)


def _own_template(plot: PlotComparison, data: Data) -> Drawing:
    try:
        return draw_vega(plot, data)
    except TemplateError as error:
        return _as_lines(plot, data, f"{error} Lines are drawn instead.")


def _as_lines(plot: PlotComparison, data: Data, note: str) -> PlotlyDrawing:
    drawing = draw_lines(plot, data)
    return replace(drawing, notes=(note, *drawing.notes))
