"""The page: one file that loads nothing and runs only its own scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from figure_factories import png
from report_factories import SCENARIOS, better, hostile, make_report, team_sections

from reporter.model.comparison import State
from reporter.render.html.chart import Caption, PlotlyChart, PngChart, SvgChart
from reporter.render.html.page import render_page, script_safe

PLOTLY = "/* plotly */ window.Plotly = {};"
CAPTION = Caption("loss", "Loss", "Loss of two revisions", State.CHANGED, "linear", ("Two rows are missing.",))
FIGURE = PlotlyChart(CAPTION, '{"data": [], "layout": {"title": {"text": "</script><script>alert(1)</script>"}}}')
SVG = SvgChart(CAPTION, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')


class Page(HTMLParser):
    """The elements of a page, each with its attributes and the text directly inside."""

    VOID = frozenset({"meta", "img", "br", "input", "link", "hr"})

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(html)
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))
        if tag not in self.VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag):
        opened = self.elements[self._open.pop()][0]
        assert opened == tag

    def handle_data(self, data):
        if self._open:
            self.elements[self._open[-1]][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attrs, "".join(texts)) for name, attrs, texts in self.elements if name == tag]


def policy(page: Page) -> str:
    return next(
        attrs["content"] for attrs, _ in page.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy"
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_situation_is_a_well_formed_page_that_loads_nothing(name):
    page = Page(render_page(SCENARIOS[name](), [FIGURE, SVG], PLOTLY))
    for tag, attrs, _ in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        assert not any(attribute.startswith("on") for attribute in attrs)
        assert (attrs.get("src") or "data:").startswith("data:")
        assert re.match(r"https?://|mailto:|#", attrs.get("href") or "#")


def test_the_policy_allows_exactly_the_scripts_that_are_in_the_page():
    page = Page(render_page(better(), [FIGURE], PLOTLY))
    texts = [text for attrs, text in page.all("script") if attrs.get("type") != "application/json"]
    allowed = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts}
    assert set(re.search(r"script-src ([^;]*)", policy(page))[1].split()) == allowed
    assert policy(page).startswith("default-src 'none'; ")
    assert "unsafe-eval" not in policy(page)


def test_plotly_is_in_the_page_once_and_only_if_a_chart_needs_it():
    assert render_page(better(), [FIGURE, FIGURE], PLOTLY).count("/* plotly */") == 1
    assert "/* plotly */" not in render_page(better(), [SVG], PLOTLY)
    assert "needs plotly.js" in render_page(better(), [FIGURE], None)


def test_neither_a_library_nor_a_figure_can_end_its_own_script():
    page = Page(render_page(better(), [FIGURE], 'x = "</script><script>alert(1)<!--"'))
    assert len(page.all("script")) == 3


@pytest.mark.parametrize("text", ['"</script>"', '"</SCRIPT >"', '"<!--"', "/<\\/script/", '"<script>"', "a<b"])
def test_a_script_keeps_its_meaning(text):
    assert not re.search(r"(?i)</?script|<!--", script_safe(text))
    assert script_safe(text).replace("\\x3C", "<") == text


def test_an_svg_from_a_repository_is_only_ever_an_image():
    page = Page(render_page(better(), [SVG], PLOTLY))
    assert [attrs["alt"] for attrs, _ in page.all("img")] == ["Loss of two revisions"]
    assert not page.all("svg")


def test_a_picture_is_inside_the_page():
    page = Page(render_page(better(), [PngChart(CAPTION, png())], None))
    source = page.all("img")[0][0]["src"]
    assert base64.b64decode(source.removeprefix("data:image/png;base64,")) == png()


def test_what_could_not_be_drawn_is_said_below_the_chart():
    assert "Two rows are missing." in render_page(better(), [SVG], None)


def test_hostile_names_are_text():
    page = Page(render_page(hostile(), [], None))
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert "\u202e" not in render_page(hostile(), [], None)


def test_the_teams_section_is_in_the_page():
    html = render_page(team_sections(), [], None)
    assert "<strong>deeper trees</strong>" in html
    assert "<script>alert" not in html


def test_a_table_is_announced_and_its_numbers_know_how_to_sort():
    page = Page(render_page(better(), [], None))
    assert "All metrics" in [text for _, text in page.all("caption")]
    assert {attrs["scope"] for attrs, _ in page.all("th")} == {"col", "row"}
    assert "0.6186" in [attrs.get("data-sort") for attrs, _ in page.all("td")]


def test_every_section_is_in_the_navigation():
    page = Page(render_page(better(), [FIGURE], PLOTLY))
    links = [attrs["href"] for attrs, _ in page.all("a") if (attrs.get("href") or "").startswith("#")]
    assert links == ["#main", *(f"#{attrs['id']}" for attrs, _ in page.all("section"))]


def test_no_two_landmarks_have_one_name():
    page = Page(render_page(better(), [FIGURE], PLOTLY))
    roles = [attrs["role"] for _, attrs, _ in page.elements if "role" in attrs]
    assert "region" not in roles, "a section with a heading is one already"


@pytest.mark.parametrize(("charts", "missing"), [([FIGURE], "plots are not drawn, only described, and "), ([SVG], "")])
def test_what_needs_scripts_waits_for_them(charts, missing):
    page = Page(render_page(better(), charts, PLOTLY))
    needing = [attrs for _, attrs, _ in page.elements if attrs.get("class") in {"plot", "tools"}]
    assert needing
    assert all("hidden" in attrs for attrs in needing)
    html = render_page(better(), charts, PLOTLY)
    assert f"Without JavaScript {missing}tables cannot be sorted or filtered." in html


def test_a_difference_that_nothing_explains_is_said():
    assert "nothing that DVC tracks" in render_page(SCENARIOS["nothing_explains"](), [], None)


def test_commands_in_our_own_hints_are_code():
    assert "Run <code>dvc repro</code> and commit dvc.lock." in render_page(SCENARIOS["stale_lock"](), [], None)


def test_a_report_of_nothing_is_still_a_page():
    assert "No metrics are tracked" in render_page(make_report(), [], None)
