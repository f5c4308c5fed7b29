"""Vega-Lite specifications made into PNG and SVG, and SVGs into PNG, by vl-convert, which needs no browser. Its only importer.

Specifications and SVGs come from a repository and are not trusted. They are drawn in a process of its own, whose time and memory are
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
_Request: TypeAlias = Mapping[str, Any] | str
"""A specification, or an SVG in base64."""
_Answer: TypeAlias = Mapping[str, str]
"""`png` and `svg`, or `error`."""


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
    """A drawn specification: PNG for a comment, SVG for the page."""

    png: bytes
    svg: str


@dataclass(frozen=True, slots=True)
class VegaFailure:
    """Why one could not be drawn."""

    reason: str
    """One line."""


_ALL_SVGS = Limits(seconds=10.0, seconds_of_all=60.0)


def draw_vega(specs: Sequence[Spec], limits: Limits | None = None) -> list[VegaPictures | VegaFailure]:
    """Draw each specification; one result for each, in order. One that takes too much does not keep the others from being drawn."""
    return [_pictures(answer) for answer in _answers([plain(spec) for spec in specs], limits or Limits())]


def rasterise(svgs: Sequence[bytes], limits: Limits = _ALL_SVGS) -> list[bytes | VegaFailure]:
    """A PNG of each SVG; one result for each, in order, as of `draw_vega`."""
    answers = _answers([b64encode(svg).decode("ascii") for svg in svgs], limits)
    return [VegaFailure(answer["error"]) if "error" in answer else b64decode(answer["png"]) for answer in answers]


def _pictures(answer: _Answer) -> VegaPictures | VegaFailure:
    return VegaFailure(answer["error"]) if "error" in answer else VegaPictures(b64decode(answer["png"]), answer["svg"])


def _answers(requests: Sequence[_Request], limits: Limits) -> list[_Answer]:
    answers: list[_Answer] = []
    deadline = time.monotonic() + limits.seconds_of_all
    while len(answers) < len(requests):
        left = deadline - time.monotonic()
        if left <= 0:
            return [*answers, *[{"error": "the plots before it took too long"}] * (len(requests) - len(answers))]
        # One process for all that are left, since its start costs more than a drawing.
        answers += _drawn(requests[len(answers) :], limits, left + _START)
    return answers


def _drawn(requests: Sequence[_Request], limits: Limits, timeout: float) -> list[_Answer]:
    """The answers of one process: to all requests, or to those up to the one that ended it."""
    request = {"limits": [limits.seconds, limits.memory, limits.pixels, limits.svg], "requests": requests}
    with tempfile.TemporaryDirectory(prefix="reporter-vega-") as folder:
        file = Path(folder, "answers")
        why = _run(file, json.dumps(request, allow_nan=False).encode(), timeout)
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    answers: list[_Answer] = [json.loads(line) for line in lines if line.endswith("\n")]
    return answers if len(answers) == len(requests) else [*answers, {"error": why}]


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


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "vl-convert ended without a word"


def _answer(request: Any, limits: Limits) -> dict[str, str]:
    """In the process that draws: the pictures of a specification or an SVG, or what vl-convert has against it."""
    try:
        return _of_svg(b64decode(request)) if isinstance(request, str) else _of_specification(request, limits)
    except (ValueError, RuntimeError) as error:
        told = [line.strip() for line in str(error).splitlines() if line.strip()]
        return {"error": " ".join(told[:2])[:200] or "vl-convert cannot draw it"}


def _of_specification(spec: Any, limits: Limits) -> dict[str, str]:
    import vl_convert

    svg = _ADDRESS.sub("", vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
    png = vl_convert.svg_to_png(svg, scale=_scale(svg, limits))
    return {"svg": svg, "png": b64encode(png).decode("ascii")}


def _of_svg(content: bytes) -> dict[str, str]:
    import vl_convert

    from reporter.publish.dead_svg import dead_svg  # which bounds its size

    return {"png": b64encode(vl_convert.svg_to_png(dead_svg(content), scale=1)).decode("ascii")}


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
    """Answer each request on a line of its own. The kernel ends the process where one takes too much: no
    engine can be asked to, and those before it have been answered.
    """
    request = json.load(sys.stdin)
    seconds, memory, pixels, svg = request["limits"]
    limits = Limits(seconds=seconds, memory=memory, pixels=pixels, svg=svg)
    _answer(_NOTHING, limits)  # starts the engine
    _limit_memory(limits.memory)
    with answers.open("w", encoding="ascii") as file:
        for each in request["requests"]:
            signal.setitimer(signal.ITIMER_REAL, limits.seconds)
            print(json.dumps(_answer(each, limits)), file=file, flush=True)


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
