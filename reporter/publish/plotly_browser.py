"""One headless browser that draws plotly figures, kept open for all of them. The only importer of kaleido.

The browser lives on an event loop in a thread of its own, so that it starts while other work is done.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import signal
import time
from collections.abc import Collection, Coroutine, Mapping
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from reporter import warden
from reporter.figures.encode import plain
from reporter.model.drawing import PlotlyFigure
from reporter.publish.browser import PLOTLY_JS, START_TIMEOUT, BrowserUnusableError, Drawn

if TYPE_CHECKING:
    from kaleido import Kaleido


_SCALE = 2
"""A picture's pixels for each of the figure's: sharp on dense screens."""
_CLOSE_TIMEOUT = 1.0
"""For an end in order; after it the browser is killed."""
_PAUSE = 0.005
_THREAD_TIMEOUT = 3.0
"""For all that has to be tidied up after that."""
_CHATTY = ("kaleido", "choreographer", "browser_proc", "asyncio")

T = TypeVar("T")


class PlotlyBrowser:
    """Starts when told to, draws any number of figures, and leaves no process and no file behind once closed."""

    def __init__(self, executable: Path, figure_timeout: float = 30.0, start_timeout: float = START_TIMEOUT) -> None:
        """`figure_timeout` is for one figure, `start_timeout` for one of two tries to start; in seconds."""
        self._executable = executable
        self._figure_timeout = figure_timeout
        self._start_timeout = start_timeout
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="plotly-browser", daemon=True)
        self._opening: Future[Kaleido] | None = None
        self._open_one: Kaleido | None = None
        self._work: set[asyncio.Task[Any]] = set()

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

    def close(self, *, at_once: bool = False) -> None:
        """End the browser and its thread, whatever they do; `at_once`, it is killed. Calling it again does nothing."""
        if not self._thread.is_alive():
            return
        atexit.unregister(self.close)
        ending = asyncio.run_coroutine_threadsafe(self._close(at_once=at_once), self._loop)
        try:
            ending.exception(_CLOSE_TIMEOUT + _THREAD_TIMEOUT)
        except TimeoutError:
            logging.getLogger(__name__).debug("The browser's thread hangs")
        except BaseException:  # a signal, while it closes
            if self._open_one is not None:
                self._loop.call_soon_threadsafe(_kill, self._open_one)
            wait({ending}, _CLOSE_TIMEOUT)
            raise
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_THREAD_TIMEOUT)
        if not self._thread.is_alive():
            self._loop.close()

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(self._noted(work), self._loop)

    async def _noted(self, work: Coroutine[Any, Any, T]) -> T:
        """Work that `close` may break off, unlike that of the library, which it still needs."""
        task = asyncio.current_task()
        if task is not None:
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        return await work

    async def _open(self) -> Kaleido:
        _keep_quiet()
        try:
            self._open_one = await self._started()
        except _StartError:
            self._open_one = await self._started()
        return self._open_one

    async def _started(self) -> Kaleido:
        from kaleido import Kaleido, PageGenerator  # 0.2 s, hence here in the background

        from reporter.publish.chrome import Chrome, ChromePipe

        # No MathJax, which kaleido would load from the network.
        page = PageGenerator(plotly=PLOTLY_JS.as_uri(), mathjax=False)
        browser = Kaleido(
            path=self._executable, page_generator=page, timeout=None, browser_cls=Chrome, channel_cls=ChromePipe
        )
        opening = asyncio.ensure_future(browser.open())
        try:
            await asyncio.wait({opening}, timeout=self._start_timeout)
            problem = _reason(opening) if opening.done() else f"it is not up within {self._start_timeout:g} seconds"
        except asyncio.CancelledError:
            await _give_up(browser, opening)
            raise
        if problem:
            await _give_up(browser, opening)
            raise _StartError(problem)
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
            await self._end_browser(at_once=True)
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

    async def _end_browser(self, *, at_once: bool = False) -> None:
        self._opening = None
        if self._open_one is not None:
            await _end(self._open_one, at_once=at_once)
            self._open_one = None

    async def _close(self, *, at_once: bool) -> None:
        await _broken_off(self._work)
        await self._end_browser(at_once=at_once)
        await _broken_off(asyncio.all_tasks() - {asyncio.current_task()})


class _StartError(Exception):
    """One try to start the browser failed; one line."""


def _reason(opening: asyncio.Future[Any]) -> str:
    error = opening.exception()
    return _one_line(error) if error is not None else ""


async def _give_up(browser: Kaleido, opening: asyncio.Future[Any]) -> None:
    """End a browser that is not up. Its process is being started in another thread, and nobody else would know of it."""
    deadline = time.monotonic() + _CLOSE_TIMEOUT
    while not (opening.done() or hasattr(browser, "subprocess")) and time.monotonic() < deadline:  # noqa: ASYNC110  the library tells by no event
        await asyncio.sleep(_PAUSE)
    opening.cancel()
    await _end(browser, at_once=True)


async def _broken_off(tasks: Collection[asyncio.Task[Any] | None]) -> None:
    left = {task for task in tasks if task is not None}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _end(browser: Kaleido, *, at_once: bool = False) -> None:
    """Close the browser, and kill it with all its processes where it does not close: no report may fail for its sake."""
    kill = partial(_kill, browser)
    if at_once or _has_ended(browser):
        kill()
    killing = asyncio.get_running_loop().call_later(_CLOSE_TIMEOUT, kill)
    try:
        await asyncio.wait_for(browser.close(), _CLOSE_TIMEOUT)
    except (TimeoutError, RuntimeError, OSError):
        logging.getLogger(__name__).debug("The browser did not close", exc_info=True)
    finally:
        killing.cancel()
        kill()


def _has_ended(browser: Kaleido) -> bool:
    process = getattr(browser, "subprocess", None)
    return process is None or process.poll() is not None


def _kill(browser: Kaleido) -> None:
    if process := getattr(browser, "subprocess", None):
        warden.signal_group(process.pid, signal.SIGKILL)
        warden.release(process.pid)
        browser._channel.close()  # noqa: SLF001  the library reads on after half a message, for ever


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
