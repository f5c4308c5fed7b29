"""Chrome as kaleido's browser library starts it, but in one piece: one session of processes, which the warden knows.

The library starts a program of its own between itself and the browser. Where that one is killed, the browser stays.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from choreographer.browsers import Chromium
from choreographer.channels import Pipe

from reporter import warden

_LAUNCHER = Path(__file__).with_name("chrome_launcher.py")
_LIBRARYS_OWN = 2
"""Words of the library's command line before the browser's: an interpreter and its program."""
_ENDS = ("_read_from_browser", "_write_from_browser", "_read_to_browser", "_write_to_browser")
_CLOSED = -1


class Chrome(Chromium):
    """The process that is started becomes the browser itself."""

    def get_cli(self) -> Sequence[str]:
        """The library's command line with our launcher in front of the browser's words, in the place of its own."""
        ear = warden.ear()
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), "" if ear is None else str(ear)]
        return [*launcher, *super().get_cli()[_LIBRARYS_OWN:]]

    def get_popen_args(self) -> Mapping[str, Any]:
        """The library's, and the browser's process gets the descriptor through which the warden hears of it."""
        ear = warden.ear()
        return {**super().get_popen_args(), "pass_fds": () if ear is None else (ear,)}


class ChromePipe(Pipe):
    """Ends where the browser does: this process lets go of the ends that are the browser's."""

    def open(self) -> None:
        """Called once the browser has been started."""
        super().open()
        os.close(self._write_from_browser)
        os.close(self._read_to_browser)
        self._write_from_browser = self._read_to_browser = _CLOSED

    def close(self) -> None:
        """A thread of the library that still reads must not meet another file under the same number."""
        super().close()
        for end in _ENDS:
            setattr(self, end, _CLOSED)
