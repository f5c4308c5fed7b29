"""A plot as the page shows it: drawn by plotly in the browser, or a finished picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reporter.model.comparison import State


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands around a chart."""

    plot: str
    """The plot's id."""
    title: str
    alt: str
    """What it shows, in words, for a reader who cannot see it."""
    state: State
    kind: str
    """The template's name, or `image`."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlotlyChart:
    """A plot that the page draws itself."""

    caption: Caption
    figure_json: str
    """A figure as plotly's `to_json` writes it: an object with `data` and `layout`."""


@dataclass(frozen=True, slots=True)
class SvgChart:
    """A plot as a drawing of its own, without scripts."""

    caption: Caption
    svg: str
    """Untrusted: only ever shown as an image, where scripts and links in it are dead."""


@dataclass(frozen=True, slots=True)
class PngChart:
    """A plot as a picture."""

    caption: Caption
    png: bytes


Chart: TypeAlias = PlotlyChart | SvgChart | PngChart
