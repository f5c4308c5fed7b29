"""How revisions are told apart: by colour, by lightness (in grey print), and by dash, symbol or hatching.

The colours are Okabe and Ito's (Color Universal Design, 2008), which people with any common colour vision tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from reporter.model.comparison import PlotComparison

INK = "#1F2328"
"""Titles and labels."""
FAINT_INK = "#59636E"
"""Tick labels."""
GRID = "#E6E9ED"
FRAME = "#C4CAD1"
PAPER = "#FFFFFF"

BASE_COLOUR = "#E69F00"
CANDIDATE_COLOURS = ("#0072B2", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")

BLUES = ((0.0, "#F4F8FC"), (0.25, "#C3DBEE"), (0.5, "#7FB3DA"), (0.75, "#2F81BB"), (1.0, "#004C7A"))
"""From nothing to the largest count: lighter is less, in print too."""
LESS_TO_MORE = ((0.0, "#B37400"), (0.25, "#E9BF6A"), (0.5, "#F7F7F7"), (0.75, "#79B3D9"), (1.0, "#005F96"))
"""Baseline's hue where the candidate has less, candidate's where it has more."""


@dataclass(frozen=True, slots=True)
class Style:
    """The look of one revision."""

    colour: str
    width: float
    """Of a line, in pixels."""
    dash: str
    symbol: str
    hatch: str
    """Pattern of a bar; empty: none."""


_BASE = Style(BASE_COLOUR, 3.0, "6px,3px", "diamond-open", "/")
_CANDIDATES = tuple(
    Style(colour, 1.8, dash, symbol, hatch)
    for colour, dash, symbol, hatch in zip(
        CANDIDATE_COLOURS,
        ("solid", "dot", "dashdot", "longdash", "longdashdot", "dash"),
        ("circle", "square", "triangle-up", "cross", "triangle-down", "x"),
        ("", ".", "x", "-", "|", "+"),
        strict=True,
    )
)

SERIES_DASHES = ("solid", "6px,3px", "2px,2px", "8px,3px,2px,3px", "12px,4px")
"""Several series of one revision share its colour and differ by dash."""
SERIES_SYMBOLS = ("circle", "square", "triangle-up", "diamond", "cross")


def style_of(plot: PlotComparison, side: int) -> Style:
    """The look of a side: the same for the baseline, and for the first candidate, in every plot of every report."""
    if plot.has_base and side == 0:
        return _BASE
    return _CANDIDATES[(side - plot.has_base) % len(_CANDIDATES)]
