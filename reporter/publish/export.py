"""From drawings to picture files. What gets no picture is told as a problem or in one notice, never by an exception."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, assert_never

from reporter.model.drawing import Drawing, ImageDrawing, PlotlyDrawing, VegaDrawing
from reporter.model.problem import Problem, ProblemKind
from reporter.publish.browser import HOW_TO_GET_ONE, START_TIMEOUT, BrowserUnusableError, Drawn, find_browser
from reporter.publish.vega import VegaFailure, VegaPictures, draw_vega

if TYPE_CHECKING:
    from concurrent.futures import Future

    from reporter.publish.plotly_browser import PlotlyBrowser

_SLUG_LENGTH = 48


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What became of the drawings."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Plot id → name of its PNG in the folder."""
    svgs: Mapping[str, str] = field(default_factory=dict)
    """Plot id → SVG of a drawing with the project's own Vega-Lite template, for the page. Untrusted."""
    problems: tuple[Problem, ...] = ()
    notice: str = ""
    """How to get the pictures that are missing for want of a browser; empty where none is."""


class PictureExporter:
    """Writes pictures with one browser, which starts in the background before it is needed.

    `images` False: no file is written and no browser started; SVGs for the page are made all the same.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        images: bool = True,
        figure_timeout: float = 30.0,
        start_timeout: float = START_TIMEOUT,
    ) -> None:
        """`figure_timeout` is for drawing one figure, `start_timeout` for one of two tries to start the browser; seconds."""
        self._images = images
        executable = find_browser(environ) if images else None
        self._browser = _plotly_browser(executable, figure_timeout, start_timeout) if executable else None
        self._notice = "" if self._browser or not images else _no_browser(environ)
        self._started = False

    def start(self) -> None:
        """Begin to start the browser; returns at once."""
        if self._browser is not None and not self._started:
            self._browser.start()
            self._started = True

    def close(self, *, at_once: bool = False) -> None:
        """End the browser, in order or `at_once`. Calling it again does nothing."""
        if self._browser is not None and self._started:
            self._browser.close(at_once=at_once)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def export(self, drawings: Sequence[Drawing], folder: Path, page_only: Sequence[Drawing] = ()) -> ExportResult:
        """Write `folder`/<name>.png for each drawing, in their order; makes the folder where there is a picture.

        `page_only` are drawings beyond the pictures that were asked for: they get no file, and an SVG where the page needs
        one. Raises OSError where the folder cannot be written.
        """
        drawing_plotly = self._begin_plotly(drawings)
        pngs, svgs, failures = _draw_the_rest([*drawings, *page_only])
        notice = self._notice if any(isinstance(one, PlotlyDrawing) for one in drawings) else ""
        try:
            drawn = drawing_plotly.result() if drawing_plotly else Drawn()
        except BrowserUnusableError as error:
            drawn, notice = Drawn(), f"Plots have no pictures: {error}. To get them, {HOW_TO_GET_ONE}."
        pngs |= drawn.pngs
        failures |= drawn.failures
        return ExportResult(
            files=_write(pngs, drawings, folder) if self._images else {},
            svgs=svgs,
            problems=tuple(
                _problem(one, failures[one.plot]) for one in [*drawings, *page_only] if one.plot in failures
            ),
            notice=notice,
        )

    def _begin_plotly(self, drawings: Sequence[Drawing]) -> Future[Drawn] | None:
        figures = {drawing.plot: drawing.picture for drawing in drawings if isinstance(drawing, PlotlyDrawing)}
        if self._browser is None or not figures:
            return None
        self.start()
        return self._browser.draw(figures)


def _plotly_browser(executable: Path, figure_timeout: float, start_timeout: float) -> PlotlyBrowser:
    from reporter.publish.plotly_browser import PlotlyBrowser  # with the event loop that no other report needs

    return PlotlyBrowser(executable, figure_timeout, start_timeout)


def _draw_the_rest(drawings: Sequence[Drawing]) -> tuple[dict[str, bytes], dict[str, str], dict[str, str]]:
    """PNGs, SVGs and failures of what needs no browser, by plot id."""
    pngs = {drawing.plot: drawing.picture for drawing in drawings if isinstance(drawing, ImageDrawing)}
    svgs: dict[str, str] = {}
    failures: dict[str, str] = {}
    own = [drawing for drawing in drawings if isinstance(drawing, VegaDrawing)]
    for drawing, result in zip(own, draw_vega([drawing.spec for drawing in own]), strict=True):
        match result:
            case VegaPictures(png, svg):
                pngs[drawing.plot], svgs[drawing.plot] = png, svg
            case VegaFailure(reason):
                failures[drawing.plot] = f"the project's template cannot be drawn: {reason}"
            case _:
                assert_never(result)
    return pngs, svgs, failures


def _write(pngs: Mapping[str, bytes], drawings: Sequence[Drawing], folder: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for drawing in drawings:
        if drawing.plot in pngs:
            folder.mkdir(parents=True, exist_ok=True)
            names[drawing.plot] = picture_name(drawing.plot)
            (folder / names[drawing.plot]).write_bytes(pngs[drawing.plot])
    return names


def picture_name(plot: str) -> str:
    """A file name that is safe everywhere and different for different plot ids: `plots-roc-csv-3f9a1c2b.png`."""
    slug = re.sub(r"[^a-z0-9]+", "-", plot.lower()).strip("-")[:_SLUG_LENGTH].rstrip("-")
    return f"{slug or 'plot'}-{hashlib.sha256(plot.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}.png"


def _problem(drawing: Drawing, reason: str) -> Problem:
    is_template = isinstance(drawing, VegaDrawing)
    return Problem(
        revision="",
        path=drawing.plot,
        kind=ProblemKind.PICTURE,
        message=f"No picture of {drawing.plot}: {reason}",
        hint="try the template with `dvc plots show`" if is_template else "`report.html` shows the plot without it",
        names_path=True,
    )


def _no_browser(environ: Mapping[str, str]) -> str:
    if environ.get("BROWSER_PATH"):
        return "Plots have no pictures: BROWSER_PATH names no program that can be run. Correct it, or unset it."
    return f"Plots have no pictures, since no browser was found. To get them, {HOW_TO_GET_ONE}."
