"""A plot, drawn: what a picture is exported from and what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

PlotlyFigure: TypeAlias = Mapping[str, Any]
"""A figure as plotly's `Figure.to_dict()` gives it; arrays may be numpy's."""


@dataclass(frozen=True, slots=True, eq=False)
class PlotlyDrawing:
    """A plot as a plotly figure in two sizes, as all of DVC's own templates are drawn."""

    plot: str
    """The plot's id."""
    title: str
    alt: str
    """What the picture shows, in words, for a reader who cannot see it."""
    draw_picture: Callable[[], PlotlyFigure]
    """Gives the figure sized and downsampled for a static picture, which not every drawing gets."""
    page: PlotlyFigure
    """For the interactive page: more points, no fixed width."""
    notes: tuple[str, ...] = ()
    """What could not be drawn, one sentence each."""
    is_empty: bool = False
    """Nothing could be drawn: its picture would be an empty frame."""

    @property
    def picture(self) -> PlotlyFigure:
        """What `draw_picture` gives, drawn anew each time it is asked for."""
        return self.draw_picture()


@dataclass(frozen=True, slots=True, eq=False)
class VegaDrawing:
    """A plot with the project's own Vega-Lite template."""

    plot: str
    title: str
    alt: str
    spec: Mapping[str, Any]
    """A complete Vega-Lite specification with its data inside. From a repository: untrusted."""
    notes: tuple[str, ...] = ()
    is_empty: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ImageDrawing:
    """An image plot: its sides next to each other."""

    plot: str
    title: str
    alt: str
    picture: bytes
    """PNG: the sides with their labels and, where their sizes agree, the difference."""
    notes: tuple[str, ...] = ()
    is_empty: bool = False


Drawing: TypeAlias = PlotlyDrawing | VegaDrawing | ImageDrawing
