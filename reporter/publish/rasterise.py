"""Image plots that are SVGs, made into PNGs before they are drawn: compared and shown like any other image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from reporter.figures.svg import is_svg
from reporter.model.comparison import PlotComparison, PlotSide
from reporter.model.problem import Problem, ProblemKind
from reporter.publish.vega import VegaFailure, rasterise

_MOST = 60
"""SVGs of one report."""
_TOO_MANY = VegaFailure(f"only {_MOST} SVGs are drawn in one report")


def rasterised(plots: Sequence[PlotComparison]) -> tuple[PlotComparison, ...]:
    """The same plots with each SVG as a PNG. One that cannot be drawn is no image, and a problem of its side says why."""
    svgs = dict.fromkeys(side.image for plot in plots for side in plot.sides if side.image and is_svg(side.image))
    if not svgs:
        return tuple(plots)
    drawn = list(islice(svgs, _MOST))
    pngs = dict(zip(drawn, rasterise(drawn), strict=True))
    return tuple(replace(plot, sides=tuple(map(partial(_side, pngs), plot.sides))) for plot in plots)


def _side(pngs: Mapping[bytes, bytes | VegaFailure], side: PlotSide) -> PlotSide:
    if side.image is None or not is_svg(side.image):
        return side
    png = pngs.get(side.image, _TOO_MANY)
    if not isinstance(png, VegaFailure):
        return replace(side, image=png)
    path = side.spec.path if side.spec else ""
    problem = Problem(side.revision.label, path, ProblemKind.FORMAT, f"is an SVG that cannot be drawn: {png.reason}")
    return replace(side, image=None, problems=(*side.problems, problem))
