"""The figure of every DVC template, whole, as JSON.

A figure that changes on purpose: `REPORTER_REGOLD=1 pytest tests/golden/test_golden_figures.py`, then read the diff
of tests/golden/figures/ and look at the pictures before you commit it.
"""

import json
import os
import re
from pathlib import Path

import pytest
from figure_factories import every_template

from reporter.figures import draw, figure_json
from reporter.model.rules import PlotsRule

GOLDEN = Path(__file__).parent / "figures"
PLOTS = every_template()


def pretty(text: str) -> str:
    """One key a line, and a list of plain values on one."""
    rows = json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True)
    return re.sub(r"\[[^\[\]{}]*\]", lambda values: " ".join(values[0].split()), rows) + "\n"


@pytest.mark.parametrize("size", ["picture", "page"])
@pytest.mark.parametrize("template", PLOTS)
def test_figure_is_the_golden_one(template, size):
    (drawing,) = draw([PLOTS[template]], PlotsRule())
    text = pretty(figure_json(getattr(drawing, size)))
    path = GOLDEN / f"{template}.{size}.json"
    if os.environ.get("REPORTER_REGOLD"):
        path.write_text(text, encoding="utf-8")
    assert_same(json.loads(text), json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("size", ["picture", "page"])
@pytest.mark.parametrize("template", PLOTS)
def test_plotly_knows_every_property_of_the_figure(template, size):
    import plotly.graph_objects as go

    (drawing,) = draw([PLOTS[template]], PlotsRule())
    figure = go.Figure(json.loads(figure_json(getattr(drawing, size))))
    assert figure.to_dict()["data"]


def test_there_is_a_golden_figure_for_each_template_that_dvc_has():
    from dvc_render.vega_templates import TEMPLATES

    assert {template.DEFAULT_NAME for template in TEMPLATES} == set(PLOTS)


def assert_same(drawn: object, golden: object, place: str = "figure") -> None:
    """Equal but for the last digits of floats, which another processor's `exp` gives otherwise."""
    assert type(drawn) is type(golden), place
    if isinstance(drawn, dict):
        assert list(drawn) == list(golden), place
        for key, value in drawn.items():
            assert_same(value, golden[key], f"{place}.{key}")
    elif isinstance(drawn, list):
        assert len(drawn) == len(golden), place
        for index, value in enumerate(drawn):
            assert_same(value, golden[index], f"{place}[{index}]")
    elif isinstance(drawn, float):
        assert drawn == pytest.approx(golden, rel=1e-12, abs=1e-14), place
    else:
        assert drawn == golden, place
