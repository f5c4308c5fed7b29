"""The team's own Markdown: shown with its structure, without its power."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reporter.model.report import SectionPicture, SectionText
from reporter.render.team_text import LONGEST_SECTION, picture_addresses, team_html


def html_of(markdown: str, title: str = "", pictures: Mapping[str, str] | None = None) -> str:
    """The section's HTML; `pictures`: an address in its text → the address to show."""
    known = pictures or {}
    section = SectionText(title, markdown, tuple(SectionPicture(address, f"images/{address}") for address in known))
    return team_html(section, {f"images/{address}": shown for address, shown in known.items()})


def test_structure_is_kept():
    html = html_of("*a* **b** `c`\n\n- d\n\n1. e\n\n> f\n\n| g |\n|---|\n| h |\n")
    for element in (
        "<em>a</em>",
        "<strong>b</strong>",
        "<code>c</code>",
        "<li>d</li>",
        "<ol>",
        "<blockquote>",
        "<td>h</td>",
    ):
        assert element in html


def test_headings_stand_below_the_reports_own():
    assert html_of("# Title\n\n## Below") == "<div>\n<h4>Title</h4>\n<h5>Below</h5>\n</div>"


def test_a_heading_that_repeats_the_title_is_left_out():
    assert html_of("# Notes\n\ntext", "Notes") == "<div>\n<p>text</p>\n</div>"
    assert html_of("# Other\n\ntext", "Notes").splitlines()[1:3] == ["<h4>Other</h4>", "<p>text</p>"]


def test_raw_html_is_text_but_comments_vanish_and_breaks_stay():
    html = html_of("a<br>b <!-- secret --> <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n")
    assert "a<br>b" in html
    assert "secret" not in html
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "other.md", "//x"]
)
def test_a_link_leads_to_the_web_or_nowhere(address):
    assert "href" not in html_of(f"[x]({address})")


def test_a_web_link_is_kept():
    assert '<a href="https://example.org/">x</a>' in html_of("[x](https://example.org/)")


def test_a_picture_is_shown_only_if_it_is_known():
    assert "<img" not in html_of("![map](https://evil.example/pixel.png)")
    known = html_of("![map](plots/map.png)", pictures={"plots/map.png": "images/map-1.png"})
    assert '<img src="images/map-1.png" alt="map">' in known


def test_a_picture_that_could_not_be_published_is_named():
    section = SectionText("", "![map](map.png)", (SectionPicture("map.png", "images/map.png"),))
    assert "<em>picture: map</em>" in team_html(section, {})


def test_the_pictures_of_a_section_are_found_wherever_they_stand():
    markdown = (
        "![a](a.png) [![b](b%20c.png)](https://example.org)\n\n| ![d][d] |\n|---|\n\n`![no](no.png)`\n\n[d]: ../d.png\n"
    )
    assert picture_addresses(markdown) == ["a.png", "b%20c.png", "../d.png"]


def test_nobody_is_mentioned():
    assert "@octocat" not in html_of("thanks @octocat, see #12")


def test_no_empty_line_can_end_the_block_in_a_comment():
    html = html_of("```\na\n\n\nb\n```\n\n- x\n\n  y\n")
    assert "\n\n" not in html
    assert "a&#10;&#10;&#10;b" in html


def test_a_section_of_megabytes_is_cut():
    assert "more characters" in html_of("x " * LONGEST_SECTION)


@pytest.mark.parametrize("before", ["", "```\ncode\n```\n\n", "text\n\n", "- item\n"])
def test_what_raw_html_holds_is_not_read_as_markdown_by_the_forge(before):
    html = html_of(f"{before}<div>\n![x](https://evil.example/p.png) [y](https://evil.example)\n</div>\n")
    comment = MarkdownIt("commonmark", {"html": True}).render(f"<details>\n\n{html}\n\n</details>")
    assert "<img" not in comment
    assert "<a " not in comment


ALLOWED = set("div p br em strong s code pre ul ol li blockquote h4 h5 h6 hr a table thead tbody tr th td".split())  # noqa: SIM905


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("<>/!-[]()`*_#|\n &\"'=scriptimg:"), st.characters()), max_size=60))
def test_only_harmless_elements_come_out(markdown):
    names = []

    class Names(HTMLParser):
        def handle_starttag(self, tag, attrs):
            names.append(tag)
            assert all(name in {"href", "start", "style"} for name, _ in attrs)

        def handle_comment(self, data):
            raise AssertionError(data)

    Names().feed(html_of(markdown))
    assert set(names) <= ALLOWED
