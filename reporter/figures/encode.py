"""Figures as JSON: strict, deterministic, and compact for long columns (plotly.js's typed arrays)."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from reporter.model.drawing import PlotlyFigure

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, or a byte of a name that is no UTF-8."""
_INLINE = 200
"""Arrays of at most this many values are written as plain lists: legible, and no larger."""
_TYPED = {"float64": "f8", "float32": "f4", "int32": "i4", "int16": "i2", "int8": "i1"}
"""numpy's names of the types that plotly.js decodes from `bdata`, and plotly's own."""


def figure_json(figure: PlotlyFigure) -> str:
    """The figure as strict JSON, the same for the same figure. Not safe inside a script element without escaping `<`.

    NaN and ±Infinity become null in short arrays; long ones are base64 of their bytes, where plotly.js reads NaN as a gap.
    """
    return json.dumps(plain(figure), allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """`value` with nothing but what JSON knows, its text such as can be sent to a browser."""
    match value:
        case str():
            return _text(value)
        case Mapping():
            return {_text(str(key)): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case np.ndarray():
            return _array(value)
        case np.generic():
            return plain(value.item())
        case _:
            return None if isinstance(value, float) and not np.isfinite(value) else value


def _text(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _array(array: npt.NDArray[Any]) -> Any:
    if array.ndim == 1 and array.size > _INLINE:
        compact = _compact(array)
        if compact.dtype.name in _TYPED:
            little = compact.astype(compact.dtype.newbyteorder("<"))
            return {"dtype": _TYPED[compact.dtype.name], "bdata": b64encode(little.tobytes()).decode("ascii")}
    return plain(array.tolist())


def _compact(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whole numbers in the fewest bytes that hold them; anything else as it is."""
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.trunc(array)).all()):
        return array
    if array.dtype.kind not in "fiu":
        return array
    least, most = array.min(), array.max()
    for small in (np.int8, np.int16, np.int32):
        if np.iinfo(small).min <= least and most <= np.iinfo(small).max:
            return array.astype(small)
    return array.astype(np.float64)
