"""Plots of every template with small, telling data, as the comparison hands them to the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TypeAlias

import numpy as np
from factories import make_revision
from PIL import Image, ImageDraw

from reporter.model.comparison import PlotComparison, PlotSide, State
from reporter.model.revision import Revision
from reporter.model.snapshot import Axis, Column, PlotSpec, Table

BASE = make_revision("main")
HEAD = make_revision()
CANDIDATES = (make_revision("exp-brown"), make_revision("exp-ivory"), make_revision("exp-teal"))

Columns: TypeAlias = "Mapping[str, Sequence[object] | Column]"


def make_columns(columns: Columns) -> Table:
    """Columns as the collector makes them: numbers typed, text as objects."""
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return Table({name: array if array.dtype.kind in "bif" else array.astype(object) for name, array in arrays.items()})


def make_spec(
    template: str,
    *,
    x: str | None = "x",
    y: Sequence[str] = ("y",),
    path: str = "plots/data.csv",
    plot: str | None = None,
    title: str | None = None,
    vega: str | None = None,
) -> PlotSpec:
    """A definition over one data file; x None: over the row number."""
    return PlotSpec(
        id=plot or template,
        template=template,
        x=() if x is None else (Axis(path, x),),
        y=tuple(Axis(path, field) for field in y),
        title=title,
        vega=vega,
    )


def make_side(
    spec: PlotSpec | None, columns: Columns | None, revision: Revision = HEAD, *, image: bytes | None = None
) -> PlotSide:
    tables = {} if columns is None or spec is None else {axis.path: make_columns(columns) for axis in spec.y}
    return PlotSide(revision, spec, tables, image=image)


def make_plot(
    spec: PlotSpec, base: Columns | None, head: Columns | None, *, state: State = State.CHANGED
) -> PlotComparison:
    """The same definition in the baseline and in one candidate."""
    sides = (make_side(spec, base, BASE), make_side(spec, head, HEAD))
    return PlotComparison(spec.id, spec.template, state, sides)


def make_image_plot(base: bytes | None, head: bytes | None, plot: str = "plots/importance.png") -> PlotComparison:
    spec = PlotSpec(id=plot, template="image", path=plot)
    sides = (PlotSide(BASE, spec, image=base), PlotSide(HEAD, spec, image=head))
    return PlotComparison(plot, "image", State.CHANGED, sides)


def png(colour: str = "#336699", size: tuple[int, int] = (320, 200), *, dot: tuple[int, int] | None = None) -> bytes:
    """A plain picture, with a white dot where asked."""
    image = Image.new("RGB", size, colour)
    if dot:
        ImageDraw.Draw(image).ellipse((dot[0] - 20, dot[1] - 20, dot[0] + 20, dot[1] + 20), fill="white")
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def roc(skill: float) -> dict[str, Column]:
    fpr = np.linspace(0, 1, 60)
    return {"fpr": fpr, "tpr": fpr ** (1 / skill), "threshold": 1 - fpr}


def losses(speed: float, steps: int = 40, seed: int = 0) -> dict[str, Column]:
    noise = np.random.default_rng(seed).normal(0, 0.012, (2, steps))
    step = np.arange(steps)
    train = 0.35 + 0.4 * np.exp(-speed * step / 10) + noise[0]
    validation = 0.42 + 0.33 * np.exp(-speed * step / 10) + noise[1]
    return {"step": step, "train": train.round(4), "validation": validation.round(4)}


def predictions(accuracy: float, classes: Sequence[str] = ("cat", "dog", "fox"), rows: int = 900) -> dict[str, Column]:
    random = np.random.default_rng(7)
    actual = random.integers(0, len(classes), rows)
    wrong = random.random(rows) > accuracy
    predicted = np.where(wrong, random.integers(0, len(classes), rows), actual)
    names = np.array(classes, dtype=object)
    return {"actual": names[actual], "predicted": names[predicted]}


FEATURES = ("carrier", "departure hour", "distance", "month", "origin", "temperature", "visibility", "wind gust")


def importances(first: float) -> dict[str, object]:
    values = np.array([0.11, first, 0.07, 0.05, 0.03, 0.16, 0.02, 0.012])
    return {"importance": values, "feature": list(FEATURES)}


def clouds(shift: float, rows: int = 120) -> dict[str, Column]:
    random = np.random.default_rng(3)
    x = random.normal(20, 5, rows)
    return {"x": x.round(3), "y": (0.6 * x + shift + random.normal(0, 2, rows)).round(3)}


def grades(shift: int, rows: int = 150) -> dict[str, Column]:
    random = np.random.default_rng(5)
    actual = random.integers(1, 6, rows)
    return {"actual": actual, "predicted": np.clip(actual + random.integers(-1, 2, rows) + shift, 1, 5)}


def every_template() -> dict[str, PlotComparison]:
    """One comparison for each of DVC's templates."""
    matrix = {"x": "actual", "y": ("predicted",)}
    bars = {"x": "importance", "y": ("feature",)}
    return {
        "linear": make_plot(make_spec("linear", x="step", y=("train",), title="Loss"), losses(1), losses(2, seed=1)),
        "simple": make_plot(make_spec("simple", x="fpr", y=("tpr",), title="ROC curve"), roc(2.2), roc(3.4)),
        "smooth": make_plot(
            make_spec("smooth", x="step", y=("validation",), title="Validation loss"),
            losses(1, 300),
            losses(2, 300, seed=1),
        ),
        "scatter": make_plot(make_spec("scatter", title="Residuals"), clouds(0), clouds(3)),
        "scatter_jitter": make_plot(make_spec("scatter_jitter", x="actual", y=("predicted",)), grades(0), grades(1)),
        "confusion": make_plot(make_spec("confusion", **matrix), predictions(0.7), predictions(0.85)),
        "confusion_normalized": make_plot(
            make_spec("confusion_normalized", **matrix), predictions(0.7), predictions(0.85)
        ),
        "bar_horizontal": make_plot(make_spec("bar_horizontal", **bars), importances(0.21), importances(0.27)),
        "bar_horizontal_sorted": make_plot(
            make_spec("bar_horizontal_sorted", **bars), importances(0.21), importances(0.27)
        ),
    }
