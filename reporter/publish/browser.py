"""The browser that draws pictures: the fastest one there is, none that the user did not install, and what it answers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PLOTLY_JS = Path(__file__).parent / "plotly_js" / "plotly-cartesian.min.js"
"""plotly.js' bundle of the traces that have an x and a y axis: the whole library takes 2 s more to load.

From npm's plotly.js-cartesian-dist-min, in the version that the plotly package brings whole (a test compares them).
"""

START_TIMEOUT = 8.0
"""Seconds for one of the two tries to start it: it takes one, and on a busy machine a few."""

HOW_TO_GET_ONE = "install chromium-headless-shell, Chromium or Chrome, or run `plotly_get_chrome`"

_HEADLESS_SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
"""They start in a third of a full browser's time."""
_BROWSERS = (
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
    "brave-browser",
)
_MAC_BROWSERS = ("Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser")


class BrowserUnusableError(Exception):
    """The browser does not start. The text is one line for the user."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of each figure: its key is in one of the two."""

    pngs: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """One line each: why it is not drawn."""


def find_browser(environ: Mapping[str, str]) -> Path | None:
    """An executable browser: `BROWSER_PATH`, else a headless shell, else Chrome or a relative of it; None without one.

    A `BROWSER_PATH` that names no executable file is an answer too: None.
    """
    named = environ.get("BROWSER_PATH")
    if named:
        return _executable(named, environ)
    candidates = (_executable(name, environ) for name in _candidates(environ))
    return next((path for path in candidates if path is not None), None)


def _executable(name: str, environ: Mapping[str, str]) -> Path | None:
    found = shutil.which(name, path=environ.get("PATH", ""))
    return Path(found).absolute() if found else None


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    yield from _HEADLESS_SHELLS
    yield from (str(path) for path in _downloaded(environ))
    yield from _BROWSERS
    if sys.platform == "darwin":
        yield from (f"/Applications/{name}.app/Contents/MacOS/{name}" for name in _MAC_BROWSERS)


def _downloaded(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where `plotly_get_chrome` puts Chrome."""
    home = Path(environ.get("HOME", "/nonexistent"))
    if sys.platform == "darwin":
        deps = home / "Library" / "Application Support" / "choreographer" / "deps"
        yield from deps.glob("chrome-mac-*/*.app/Contents/MacOS/Google Chrome for Testing")
        return
    data = environ.get("XDG_DATA_HOME") or home / ".local" / "share"
    yield Path(data) / "choreographer" / "deps" / "chrome-linux64" / "chrome"
