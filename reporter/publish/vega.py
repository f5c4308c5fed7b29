"""Vega-Lite specifications made into PNG and SVG by vl-convert, which needs no browser. Its only importer.

Specifications come from a repository and are not trusted. They are drawn in a process of its own, whose time and memory are
bounded and a crash of which does no harm. Nothing is fetched for them: addresses of data are refused, those of images removed.
"""

from __future__ import annotations

import json
import math
import os
import re
import signal
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from reporter.errors import ReporterError
from reporter.figures.encode import plain
from reporter.process import run

Spec: TypeAlias = Mapping[str, Any]
"""A complete Vega-Lite specification."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What drawing may take."""

    seconds: float = 40.0
    """For one specification: the most rows that are drawn take half of it."""
    seconds_of_all: float = 150.0
    """For all of them together, after which the rest is not drawn."""
    memory: int = 2**30
    """Bytes beyond those that the empty engine takes, a quarter as much. Kept on Linux."""
    pixels: int = 16_000_000
    """Of a picture."""
    svg: int = 20_000_000
    """Characters."""


_SCALE = 2
"""A picture's pixels for each of the drawing's: sharp on dense screens. Fewer, down to one, where they would be too many."""
_START = 20.0
"""Seconds that the engine takes at most to start."""
_MODULE = "reporter.publish.vega"
_IMPORTS = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
"""The process imports from where this one does."""
_ADDRESS = re.compile(r'\s(?:xlink:)?href="(?!#|data:image/(?:png|jpeg|gif|webp)[;,])[^"]*"')
"""Of anything outside an SVG. Rasterising would fetch it."""
_SIZE = re.compile(r'<svg\b[^>]*? width="([0-9.]+)" height="([0-9.]+)"')
_NOTHING = {"data": {"values": []}, "mark": "point"}
"""The smallest specification."""


@dataclass(frozen=True, slots=True)
class VegaPictures:
    png: bytes
    svg: str


@dataclass(frozen=True, slots=True)
class VegaFailure:
    reason: str
    """One line."""


def draw_vega(specs: Sequence[Spec], limits: Limits | None = None) -> list[VegaPictures | VegaFailure]:
    """Draw each specification; one result for each, in order. One that takes too much does not keep the others from being drawn."""
    limits = limits or Limits()
    results: list[VegaPictures | VegaFailure] = []
    deadline = time.monotonic() + limits.seconds_of_all
    while len(results) < len(specs):
        left = deadline - time.monotonic()
        if left <= 0:
            return [*results, *[VegaFailure("the plots before it took too long")] * (len(specs) - len(results))]
        # One process for all that are left, since its start costs more than a drawing.
        results += _drawn(specs[len(results) :], limits, left + _START)
    return results


def _drawn(specs: Sequence[Spec], limits: Limits, timeout: float) -> list[VegaPictures | VegaFailure]:
    """The results of one process: of all specifications, or of those up to the one that ended it."""
    request = {"limits": [limits.seconds, limits.memory, limits.pixels, limits.svg], "specs": [plain(s) for s in specs]}
    with tempfile.TemporaryDirectory(prefix="reporter-vega-") as folder:
        answers = Path(folder, "answers")
        why = _run(answers, json.dumps(request, allow_nan=False).encode(), timeout)
        lines = answers.read_text().splitlines(keepends=True) if answers.exists() else []
    results = [_result(json.loads(line)) for line in lines if line.endswith("\n")]
    return results if len(results) == len(specs) else [*results, VegaFailure(why)]


def _run(answers: Path, request: bytes, timeout: float) -> str:
    """Run the process; what to say of a specification that it did not answer."""
    try:
        done = run(sys.executable, "-P", "-m", _MODULE, answers, stdin=request, timeout=timeout, env=_IMPORTS)
    except ReporterError:
        return "it takes too long"
    if done.returncode == -signal.SIGALRM:
        return "it takes too long"
    if done.returncode < 0:
        return "it takes more memory than a drawing may, or breaks the engine"
    return _last_line(done.stderr)


def _result(answer: Mapping[str, str]) -> VegaPictures | VegaFailure:
    return VegaFailure(answer["error"]) if "error" in answer else VegaPictures(b64decode(answer["png"]), answer["svg"])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "vl-convert ended without a word"


def _answer(spec: Any, limits: Limits) -> dict[str, str]:
    """In the process that draws: one specification's pictures, or what vl-convert has against it."""
    import vl_convert

    try:
        svg = _ADDRESS.sub("", vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
        png = vl_convert.svg_to_png(svg, scale=_scale(svg, limits))
    except ValueError as error:
        told = [line.strip() for line in str(error).splitlines() if line.strip()]
        return {"error": " ".join(told[:2])[:200] or "vl-convert cannot draw it"}
    return {"svg": svg, "png": b64encode(png).decode("ascii")}


def _scale(svg: str, limits: Limits) -> float:
    """How large to draw it. Raises ValueError where it is too large at any scale at which it can be read."""
    size = _SIZE.search(svg[:1000])
    if size is None or len(svg) > limits.svg:
        raise ValueError(f"its SVG has no size, or more than {limits.svg:,} characters")
    width, height = map(float, size.groups())
    pixels = width * height
    if pixels > limits.pixels:
        raise ValueError(f"{width:,.0f} × {height:,.0f} pixels are too many, at most {limits.pixels:,} are drawn")
    return min(_SCALE, math.sqrt(limits.pixels / max(pixels, 1)))


def _main(answers: Path) -> None:
    """Answer each specification of the request on a line of its own. The kernel ends the process where one takes too much: no
    engine can be asked to, and those before it have been answered.
    """
    request = json.load(sys.stdin)
    seconds, memory, pixels, svg = request["limits"]
    limits = Limits(seconds=seconds, memory=memory, pixels=pixels, svg=svg)
    _answer(_NOTHING, limits)  # starts the engine
    _limit_memory(limits.memory)
    with answers.open("w", encoding="ascii") as file:
        for spec in request["specs"]:
            signal.setitimer(signal.ITIMER_REAL, limits.seconds)
            print(json.dumps(_answer(spec, limits)), file=file, flush=True)


def _limit_memory(more: int) -> None:
    """Allow so many bytes more than there are now. Only of data: the engine reserves addresses of many gigabytes that it never uses."""
    if sys.platform == "linux":
        import resource

        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        data = re.search(r"^VmData:\s+(\d+) kB$", status, re.MULTILINE)
        if data:
            most = 1024 * int(data[1]) + more
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
