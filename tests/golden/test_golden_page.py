"""The page, element by element, in situations that have all of its tables: what a cell says, its colour, what it sorts by.

Of the page only the body is kept, without empty lines; scripts, figures and pictures are left out, and of what a cell sorts
by all digits but the first six, which are not the same on every machine. Written again as the expected Markdown is:

    REPORTER_WRITE_GOLDEN=1 pytest tests/golden/test_golden_page.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from report_factories import better, flight_charts, gate_failed, hostile, merged_reports, three_candidates

from reporter.render.html.chart import Chart
from reporter.render.html.page import render_index, render_page

EXPECTED = Path(__file__).parent / "html"
CHARTS: Mapping[str, Callable[[], tuple[Chart, ...]]] = {"better": flight_charts}
PAGES = (better, gate_failed, three_candidates, hostile)


def readable(page: str) -> str:
    """The body, without what is long and not for a reader."""
    body = page[page.index("<body>") : page.index("</body>")]
    body = re.sub(r"(<script[^>]*>).*?(</script>)", r"\1…\2", body, flags=re.DOTALL)
    body = re.sub(r"(data:[a-z/+]+;base64,)[\w+/=]+", r"\1…", body)
    body = re.sub(r'data-sort="([^"]+)"', lambda found: f'data-sort="{float(found[1]):.6g}"', body)
    return "\n".join(line for line in body.splitlines() if line.strip()) + "\n"


@pytest.mark.parametrize("scenario", PAGES, ids=lambda scenario: scenario.__name__)
def test_the_page_reads_as_agreed(scenario):
    name = scenario.__name__
    text = readable(render_page(scenario(), CHARTS.get(name, tuple)(), "plotly()"))
    expected = EXPECTED / f"{name}.html"
    if os.environ.get("REPORTER_WRITE_GOLDEN"):
        expected.write_text(text, encoding="utf-8", newline="\n")
    assert text == expected.read_text(encoding="utf-8")


def test_the_page_of_several_reports_reads_as_agreed():
    text = readable(render_index(merged_reports(), {"models/early": "files/1.html", "models/late": "files/2.html"}))
    expected = EXPECTED / "merged_reports.html"
    if os.environ.get("REPORTER_WRITE_GOLDEN"):
        expected.write_text(text, encoding="utf-8", newline="\n")
    assert text == expected.read_text(encoding="utf-8")


def test_every_expected_page_belongs_to_a_scenario():
    assert {path.stem for path in EXPECTED.iterdir()} == {"merged_reports", *(scenario.__name__ for scenario in PAGES)}
