"""Vega-Lite specifications made into PNG and SVG, and SVGs into PNG, by vl-convert, which needs no browser. Its only importer.

Specifications and SVGs come from a repository and are not trusted. They are drawn in a process of its own, which has a time limit
and a crash of which does no harm. Nothing is fetched for them: addresses of data are refused, those of images removed.
"""

from __future__ import annotations

import json
import os
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

from reporter.errors import ReporterError
from reporter.figures.encode import plain
from reporter.process import run

Spec: TypeAlias = Mapping[str, Any]
"""A complete Vega-Lite specification."""

_TIMEOUT = 60.0
"""Seconds for one specification, or for all SVGs."""
_ALONE = 10.0
"""Seconds for one SVG where one of several is the reason that none was drawn."""
_SCALE = 2
_MODULE = "reporter.publish.vega"
_IMPORTS = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
"""The process imports from where this one does."""
_ADDRESS = re.compile(r'\s(?:xlink:)?href="(?!#|data:image/(?:png|jpeg|gif|webp)[;,])[^"]*"')
"""Of anything outside an SVG. Rasterising would fetch it."""


@dataclass(frozen=True, slots=True)
class VegaPictures:
    png: bytes
    svg: str


@dataclass(frozen=True, slots=True)
class VegaFailure:
    reason: str
    """One line."""


def draw_vega(specs: Sequence[Spec], timeout: float = _TIMEOUT) -> list[VegaPictures | VegaFailure]:
    """Draw each specification, in at most `timeout` seconds each; one result for each, in order."""
    if not specs:
        return []
    try:
        # One process for all, since its start costs more than a drawing.
        return _drawn(specs, timeout * len(specs))
    except _ProcessLostError as lost:
        if len(specs) == 1:
            return [VegaFailure(str(lost))]
        return [result for spec in specs for result in draw_vega([spec], timeout)]


def rasterise(svgs: Sequence[bytes], timeout: float = _TIMEOUT) -> list[bytes | VegaFailure]:
    """A PNG of each SVG, in at most about twice `timeout` seconds for all; one result for each, in order."""
    texts = [b64encode(svg).decode("ascii") for svg in svgs]
    try:
        return [_png(answer) for answer in _answers(texts, timeout)]
    except _ProcessLostError:
        until = monotonic() + timeout
        return [_rasterised_alone(text, until - monotonic()) for text in texts]


def _rasterised_alone(text: str, left: float) -> bytes | VegaFailure:
    if left <= 0:
        return VegaFailure("others took too long")
    try:
        return _png(_answers([text], min(left, _ALONE))[0])
    except _ProcessLostError as lost:
        return VegaFailure(str(lost))


def _png(answer: Mapping[str, str]) -> bytes | VegaFailure:
    return VegaFailure(answer["error"]) if "error" in answer else b64decode(answer["png"])


class _ProcessLostError(Exception):
    """It did not end by itself, or not well: any of its specifications may be the reason."""


def _drawn(specs: Sequence[Spec], timeout: float) -> list[VegaPictures | VegaFailure]:
    return [
        VegaFailure(answer["error"]) if "error" in answer else VegaPictures(b64decode(answer["png"]), answer["svg"])
        for answer in _answers([plain(spec) for spec in specs], timeout)
    ]


def _answers(requests: Sequence[Any], timeout: float) -> list[dict[str, str]]:
    """What the process says to each request: a specification, or an SVG in base64."""
    request = json.dumps(requests, allow_nan=False).encode()
    try:
        done = run(sys.executable, "-P", "-m", _MODULE, stdin=request, timeout=timeout, env=_IMPORTS)
    except ReporterError as error:
        raise _ProcessLostError("it takes too long") from error
    if not done.ok:
        raise _ProcessLostError(_last_line(done.stderr))
    answers: list[dict[str, str]] = json.loads(done.stdout)
    return answers


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "vl-convert ended without a word"


def _answer(request: dict[str, Any] | str) -> dict[str, str]:
    """In the process that draws: the pictures of a specification or an SVG, or what vl-convert has against it."""
    return _answer_to_svg(b64decode(request)) if isinstance(request, str) else _answer_to_spec(request)


def _answer_to_svg(content: bytes) -> dict[str, str]:
    import vl_convert

    from reporter.publish.dead_svg import dead_svg

    try:
        png = vl_convert.svg_to_png(dead_svg(content), scale=1)
    except (ValueError, RuntimeError) as error:
        return {"error": next(filter(None, str(error).splitlines()), "vl-convert cannot draw it")[:200]}
    return {"png": b64encode(png).decode("ascii")}


def _answer_to_spec(spec: dict[str, Any]) -> dict[str, str]:
    import vl_convert

    try:
        svg = _ADDRESS.sub("", vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
        png = vl_convert.svg_to_png(svg, scale=_SCALE)
    except ValueError as error:
        told = [line.strip() for line in str(error).splitlines() if line.strip()]
        return {"error": " ".join(told[:2])[:200] or "vl-convert cannot draw it"}
    return {"svg": svg, "png": b64encode(png).decode("ascii")}


if __name__ == "__main__":
    json.dump([_answer(request) for request in json.load(sys.stdin)], sys.stdout)
