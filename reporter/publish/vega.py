"""Vega-Lite specifications made into PNG and SVG by vl-convert, which needs no browser. Its only importer.

A specification comes from a repository. It is drawn in a process of its own, which has a time limit and a crash of which
does no harm, and which may fetch nothing: data addresses in the specification are refused.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reporter.errors import ReporterError
from reporter.figures.encode import plain
from reporter.process import run

_TIMEOUT = 60.0
"""Seconds for one specification."""
_SCALE = 2


class VegaError(Exception):
    """A specification cannot be drawn. The text is one line."""


@dataclass(frozen=True, slots=True)
class VegaPictures:
    png: bytes
    svg: str


def draw_vega(spec: Mapping[str, Any]) -> VegaPictures:
    """Draw a complete Vega-Lite specification. Raises VegaError where that fails or takes over a minute."""
    request = json.dumps(plain(spec), allow_nan=False).encode()
    try:
        done = run(sys.executable, "-I", "-m", __name__, stdin=request, timeout=_TIMEOUT)
    except ReporterError as error:
        raise VegaError("it takes too long") from error
    if not done.ok:
        raise VegaError(_last_line(done.stderr))
    answer = json.loads(done.stdout)
    return VegaPictures(b64decode(answer["png"]), answer["svg"])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "vl-convert ended without a word"


def _main() -> None:
    import vl_convert

    spec = json.load(sys.stdin)
    png = vl_convert.vegalite_to_png(spec, scale=_SCALE, allowed_base_urls=[])
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    json.dump({"png": b64encode(png).decode("ascii"), "svg": svg}, sys.stdout)


if __name__ == "__main__":
    _main()
