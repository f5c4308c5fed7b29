"""A plot that two revisions define differently: what differs, in words, and whether one picture can hold both definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reporter.figures.text import listed, shortened
from reporter.model.comparison import PlotSide
from reporter.model.snapshot import IMAGE, Axis, PlotSpec, Template

_MATRICES = frozenset({Template.CONFUSION, Template.CONFUSION_NORMALIZED})
_BARS = frozenset({Template.BAR_HORIZONTAL, Template.BAR_HORIZONTAL_SORTED})
_MOST_AXES = 4
_LONGEST = 60
"""Characters of a name in a note."""


def difference(own: PlotSpec, latest: PlotSpec) -> str:
    """What a reader has to know of `own`, in a few words: "x `step` → `epoch`, template `linear` → `smooth`"."""
    return ", ".join(_differences(own, latest)) or "another order of its parts"


def why_absent(side: PlotSide) -> str:
    """Of a revision that does not define the plot, or defines it as one of the files of a folder that it lacks."""
    if side.folder:
        return f"has no such file in `{shortened(side.folder, _LONGEST)}`, of which it defines the plots."
    return "does not define this plot."


def can_share_axes(own: PlotSpec, latest: PlotSpec) -> bool:
    """Whether both are drawn by the same means: lines beside points, but not beside a matrix, bars or an image."""
    return _means(own) == _means(latest)


def _means(spec: PlotSpec) -> str:
    if spec.vega is not None:
        return f"template {spec.template}"
    if spec.template in _MATRICES:
        return "matrix"
    if spec.template in _BARS:
        return "bars"
    return IMAGE if spec.template == IMAGE else "plane"


def _differences(own: PlotSpec, latest: PlotSpec) -> Iterator[str]:
    if IMAGE in {own.template, latest.template} and own.template != latest.template:
        yield "an image → data" if own.template == IMAGE else "data → an image"
        return
    if own.template != latest.template:
        yield _change("template", own.template, latest.template)
    elif own.vega != latest.vega:
        yield f"the text of template `{shortened(own.template, _LONGEST)}`"
    has_other_files = _paths(own.y) != _paths(latest.y)
    x = [_axes(spec.x, with_paths=not _paths(spec.x) <= _paths(spec.y)) or "the row number" for spec in (own, latest)]
    y = [_axes(spec.y, with_paths=has_other_files) or "nothing" for spec in (own, latest)]
    for name, (before, after) in (("x", x), ("y", y)):
        if before != after:
            yield f"{name} {before} → {after}"
    for name, old, new in (
        ("title", own.title, latest.title),
        ("x label", own.x_label, latest.x_label),
        ("y label", own.y_label, latest.y_label),
    ):
        if old != new:
            yield _change(name, old, new)


def _change(name: str, old: str | None, new: str | None) -> str:
    before, after = (f"`{shortened(text, _LONGEST)}`" if text else "none" for text in (old, new))
    return f"{name} {before} → {after}"


def _paths(axes: Sequence[Axis]) -> set[str]:
    return {axis.path for axis in axes}


def _axes(axes: Sequence[Axis], *, with_paths: bool) -> str:
    names = [_axis(axis, with_path=with_paths) for axis in axes]
    return listed(list(dict.fromkeys(names)), _MOST_AXES)


def _axis(axis: Axis, *, with_path: bool) -> str:
    path = f"{shortened(axis.path, _LONGEST)}:" if with_path else ""
    if axis.field is None:
        return f"the last column of `{path[:-1]}`" if path else "the last column"
    return f"`{path}{shortened(axis.field, _LONGEST)}`"
