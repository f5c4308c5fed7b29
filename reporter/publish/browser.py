"""Finds the browser that draws pictures: the fastest one there is, and none that the user did not install."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

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
