"""What all figures share: size, fonts, axes, legend and margins, so that nothing overlaps and a page of plots looks like one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from reporter.figures.palette import FAINT_INK, FRAME, GRID, INK, PAPER
from reporter.figures.text import shown, width

Json: TypeAlias = dict[str, Any]
"""A part of a figure, as plotly.js describes it."""

WIDTH = 560
HEIGHT = 360
"""Logical pixels of a picture, two of which stand side by side in a comment."""

FONT = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
TITLE_SIZE = 15
LABEL_SIZE = 12.5
TICK_SIZE = 11.5
LEGEND_SIZE = 12
MARGIN_LEFT = 64
MARGIN_RIGHT = 20
MARGIN_BOTTOM = 52

_PAGE_EXTRA = 40
"""Pixels of height that a figure has more in the page."""
_TITLE_ROW = 40
_LEGEND_ROW = 20
_LEGEND_SYMBOL = 36
"""Pixels of a legend's entry beside its text."""
_BOLD = 1.1
"""Bold letters are so much wider."""
LABEL_LIMIT = 56
_SEPARATED = (10_000, 10_000_000)
"""Ticks of this size are written out, with thousands separators."""
_WHOLE_STEPS = 10
"""An axis at least so long has ticks at whole numbers."""
ENTRY_LIMIT = 34


class Size(Enum):
    """The static picture, and the interactive page; with the points that each may hold."""

    PICTURE = (2_000, 2_000)
    PAGE = (20_000, 10_000)

    @property
    def line_points(self) -> int:
        """Of one line."""
        return self.value[0]

    @property
    def cloud_points(self) -> int:
        """Of one series of a scatter plot."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a figure is laid out around."""

    title: str
    entries: Sequence[str]
    """Of the legend, as shown; empty: no legend."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = MARGIN_LEFT
    """Pixels that the labels of the y axis take, as far as they can be foreseen."""

    @property
    def top(self) -> int:
        """Pixels above the plot: the title and as many rows as the legend needs."""
        return _TITLE_ROW + _LEGEND_ROW * self._legend_rows + (2 if self.entries else 0)

    @property
    def full_height(self) -> int:
        """`height`, and more where a legend of many rows would take it from the plot."""
        return self.height + _LEGEND_ROW * max(0, self._legend_rows - 2)

    @property
    def _legend_rows(self) -> int:
        """All entries stand in one row if they fit: else plotly puts them into columns as wide as the widest entry."""
        widths = [width(entry, LEGEND_SIZE) + _LEGEND_SYMBOL for entry in self.entries]
        if sum(widths) <= self._room:
            return 1 if self.entries else 0
        return -(-len(widths) // max(1, int(self._room // max(widths))))

    @property
    def _room(self) -> int:
        return self.width - self.left - MARGIN_RIGHT

    @property
    def title_limit(self) -> int:
        """Characters of the title that fit above the plot."""
        return max(12, int(self._room / width("n", TITLE_SIZE) / _BOLD))


def layout_around(frame: Frame, size: Size) -> Json:
    """The layout without axes; the interactive page is as wide as its reader lets it be."""
    is_picture = size is Size.PICTURE
    layout: Json = {
        "title": {
            "text": f"<b>{shown(frame.title, frame.title_limit)}</b>",
            "font": {"family": FONT, "size": TITLE_SIZE, "color": INK},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 12},
        },
        "font": {"family": FONT, "size": TICK_SIZE, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "separators": ".,",
        "showlegend": bool(frame.entries),
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.01,
            "yanchor": "bottom",
            "font": {"family": FONT, "size": LEGEND_SIZE, "color": INK},
            "bgcolor": "rgba(255,255,255,0)",
            "itemsizing": "trace",
            "tracegroupgap": 0,
        },
        **({"width": frame.width} if is_picture else {"autosize": True}),
        "height": frame.full_height + (0 if is_picture else _PAGE_EXTRA),
        "margin": {"l": MARGIN_LEFT, "r": MARGIN_RIGHT, "t": frame.top, "b": MARGIN_BOTTOM, "pad": 0},
    }
    hover: Json = {"hoverlabel": {"namelength": 40, "font": {"family": FONT, "size": TICK_SIZE}}}
    return layout if is_picture else layout | hover


def axis(title: str, **extra: Any) -> Json:
    """An axis with a light grid and thousands separators; `extra` has the last word."""
    return {
        "title": {
            "text": shown(title, LABEL_LIMIT),
            "font": {"family": FONT, "size": LABEL_SIZE, "color": INK},
            "standoff": 8,
        },
        "tickfont": {"family": FONT, "size": TICK_SIZE, "color": FAINT_INK},
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "rgba(0,0,0,0)",
        "gridcolor": GRID,
        "linecolor": FRAME,
        "showline": True,
        "zeroline": False,
        "automargin": True,
        "nticks": 8,
        **extra,
    }


def number_format(low: float, high: float) -> Json:
    """How ticks from `low` to `high` are written: 12,500 with separators; far larger or smaller ones as 3×10⁹."""
    if _SEPARATED[0] <= max(abs(low), abs(high)) < _SEPARATED[1] and high - low >= _WHOLE_STEPS:
        return {"tickformat": ",d"}
    return {"exponentformat": "power"}


def nothing_to_draw(x_label: str, y_label: str) -> Json:
    """What takes the place of axes and legend in a figure without any value."""
    bare: Json = {"range": [0, 1], "showgrid": False, "showticklabels": False}
    text: Json = {
        "text": "No data to draw",
        "showarrow": False,
        "x": 0.5,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "font": {"family": FONT, "size": LABEL_SIZE, "color": FAINT_INK},
    }
    return {
        "xaxis": axis(x_label, **bare),
        "yaxis": axis(y_label, **bare),
        "annotations": [text],
        "showlegend": False,
    }
