"""One headless browser that draws plotly figures, kept open for all of them. The only importer of kaleido.

The browser lives on an event loop in a thread of its own, so that it starts while other work is done.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from reporter.figures.encode import plain
from reporter.model.drawing import PlotlyFigure
from reporter.publish.browser import PLOTLY_JS, BrowserUnusableError, Drawn

if TYPE_CHECKING:
    from kaleido import Kaleido


_SCALE = 2
"""A picture's pixels for each of the figure's: sharp on dense screens."""
_START_TIMEOUT = 60.0
_CLOSE_TIMEOUT = 15.0
_CHATTY = ("kaleido", "choreographer", "browser_proc", "asyncio")

T = TypeVar("T")


class PlotlyBrowser:
    """Starts when told to, draws any number of figures, and leaves no process and no file behind once closed."""

    def __init__(self, executable: Path, figure_timeout: float = 30.0) -> None:
        self._executable = executable
        self._figure_timeout = figure_timeout
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="plotly-browser", daemon=True)
        self._opening: Future[Kaleido] | None = None

    def start(self) -> None:
        """Begin to start the browser; returns at once. One that does not start is reported by `draw`."""
        self._thread.start()
        self._opening = self._submit(self._open())
        atexit.register(self.close)

    def draw(self, figures: Mapping[str, PlotlyFigure]) -> Future[Drawn]:
        """Begin to draw the figures, by any key.

        A figure that fails does not keep the others from being drawn, and a browser that dies is started once more.
        The future raises BrowserUnusableError where no browser can be started.
        """
        return self._submit(self._draw(figures))

    def close(self) -> None:
        """End the browser and its thread. Calling it again does nothing."""
        if not self._thread.is_alive():
            return
        atexit.unregister(self.close)
        try:
            self._submit(self._close()).result(_START_TIMEOUT + _CLOSE_TIMEOUT)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_CLOSE_TIMEOUT)
            self._loop.close()

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _open(self) -> Kaleido:
        _keep_quiet()
        from kaleido import Kaleido, PageGenerator  # 0.2 s, hence here in the background

        # No MathJax, which kaleido would load from the network.
        page = PageGenerator(plotly=PLOTLY_JS.as_uri(), mathjax=False)
        browser = Kaleido(path=self._executable, page_generator=page, timeout=None)
        try:
            await asyncio.wait_for(browser.open(), _START_TIMEOUT)
        except BaseException:
            await _end(browser)
            raise
        return browser

    async def _opened(self) -> Kaleido:
        if self._opening is None:
            self._opening = self._submit(self._open())
        try:
            return await asyncio.wrap_future(self._opening)
        except Exception as error:
            raise BrowserUnusableError(f"{self._executable.name} does not start: {_one_line(error)}") from error

    async def _draw(self, figures: Mapping[str, PlotlyFigure]) -> Drawn:
        drawn = Drawn()
        waiting = list(figures)
        for _ in range(2):
            waiting = await self._draw_in_one_browser(figures, waiting, drawn)
            if not waiting:
                return drawn
            await self._end_browser()
        drawn.failures.update(dict.fromkeys(waiting, "the browser ended while drawing"))
        return drawn

    async def _draw_in_one_browser(
        self, figures: Mapping[str, PlotlyFigure], waiting: list[str], drawn: Drawn
    ) -> list[str]:
        """Draw one after another; what is left where the browser died or hung, the figure it died of last."""
        browser = await self._opened()
        for done, key in enumerate(waiting):
            task = asyncio.ensure_future(browser.calc_fig(plain(figures[key]), {"format": "png", "scale": _SCALE}))
            await asyncio.wait({task}, timeout=self._figure_timeout)
            if not task.done():
                task.cancel()
                drawn.failures[key] = f"not drawn within {self._figure_timeout:g} seconds"
                return waiting[done + 1 :]
            if task.cancelled() or _browser_died(task.exception()):
                return [*waiting[done + 1 :], key]
            error = task.exception()
            if error is None:
                drawn.pngs[key] = task.result()
            else:
                drawn.failures[key] = f"plotly.js cannot draw it: {_one_line(error)}"
        return []

    async def _end_browser(self) -> None:
        opening, self._opening = self._opening, None
        if opening is None:
            return
        try:
            browser = await asyncio.wrap_future(opening)
        except Exception:
            logging.getLogger(__name__).debug("The browser never started", exc_info=True)
            return
        await _end(browser)

    async def _close(self) -> None:
        await self._end_browser()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _end(browser: Kaleido) -> None:
    """Close the browser, by force where it does not close: no report may fail for its sake."""
    try:
        await asyncio.wait_for(browser.close(), _CLOSE_TIMEOUT)
    except (TimeoutError, RuntimeError, OSError):
        logging.getLogger(__name__).debug("The browser did not close", exc_info=True)
        browser.subprocess.kill()


def _browser_died(error: BaseException | None) -> bool:
    """True where the connection is gone; anything else is a complaint about one figure."""
    from choreographer.errors import BrowserClosedError, BrowserFailedError, ChannelClosedError

    return isinstance(error, BrowserClosedError | BrowserFailedError | ChannelClosedError)


def _one_line(error: BaseException) -> str:
    told = str(error.args[0]).strip() if error.args else ""
    return (told or type(error).__name__).splitlines()[0][:200].rstrip(".")


def _keep_quiet() -> None:
    """Keep kaleido's and the browser's chatter off standard error; logging in detail still has it.

    kaleido's logging library gives the root logger a handler for standard error unless it has one.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    if root.level > logging.DEBUG:
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
