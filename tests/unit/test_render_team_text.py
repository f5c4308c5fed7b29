"""The team's own Markdown: shown with its structure, without its power."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reporter.model.report import SectionPicture, SectionText
from reporter.render.team_text import LONGEST_SECTION, picture_addresses, team_html, team_markdown


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


def test_a_comment_that_never_ends_is_text():
    assert html_of("a <!-- b --> c <!-- d") == "<div>\n<p>a  c &lt;!-- d</p>\n</div>"
    assert html_of("<!-->") == "<div>\n<p>&lt;!--&gt;</p>\n</div>"


def test_a_table_that_stands_for_more_cells_than_a_section_can_spell_is_text():
    wide = "|a" * 300 + "|\n" + "|-" * 300 + "|\n"
    assert "<table>" in html_of(wide + "|b|\n" * 50)
    assert "<table>" not in html_of(wide + "|b|\n" * 100)
    assert html_of((wide + "|b|\n" * 50 + "\n") * 5).count("<table>") == 1


def test_of_too_many_brackets_none_is_a_link():
    link = "[a](https://example.org) "
    assert html_of(link * 1000).count("<a ") == 1000
    assert "<a " not in html_of(link + "[" * 5000)


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


def test_a_section_is_cut_below_a_paragraph_and_says_so():
    section = SectionText("", "one one one\n\ntwo two two\n\nthree three three\n")
    assert team_markdown(section, {}, 35) == (
        "<div>\n<p>one one one</p>\n<p>two two two</p>\n"
        "<p><em>… and 20 more characters in the full report</em></p>\n</div>"
    )
    assert "<p>one one</p>" in team_markdown(section, {}, 9)


def test_a_folded_piece_that_is_cut_stays_one():
    section = SectionText("", "<details><summary>All</summary>\n\n" + "word " * 100 + "\n\n</details>\n")
    html = team_markdown(section, {}, 200)
    assert html.count("<details>") == html.count("</details>") == 1


def test_tasks_have_boxes():
    html = html_of("- [ ] open\n- [x] **done**\n- [y] neither\n")
    assert "<li>☐ open</li>" in html
    assert "<li>☑ <strong>done</strong></li>" in html
    assert "<li>[y] neither</li>" in html


def test_folded_pieces_stay_folded():
    html = html_of("<details>\n<summary>More <b>now</b></summary>\n\n*text*\n\n</details>\n")
    assert html == (
        "<div>\n<details><summary>More &lt;b&gt;now&lt;/b&gt;</summary>\n<p><em>text</em></p>\n</details>\n</div>"
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "<details>\n\ntext\n",
        "text\n\n</details>\n",
        "<details open>\n\ntext\n\n</details>\n",
        "- <details>\n\ntext\n\n</details>\n",
        "<summary>x</summary>\n\n</summary></details></div>\n",
        "text <details> text </details>\n",
    ],
)
def test_what_would_fold_more_than_its_own_text_is_text(markdown):
    assert not re.search("</?(details|summary)", html_of(markdown))


GRAPH = "flowchart LR\n  a[data] --> b[model]"


def markdown_of(markdown: str) -> str:
    return team_markdown(SectionText("", markdown), {})


def test_a_forge_draws_a_graph_of_the_teams_own():
    assert markdown_of(f"before\n\n```mermaid\n{GRAPH}\n```\n\n*after*\n") == (
        f"<div>\n<p>before</p>\n</div>\n\n```mermaid\n{GRAPH}\n```\n\n<div>\n<p><em>after</em></p>\n</div>"
    )


def test_the_page_shows_a_graph_as_its_text():
    assert "<pre><code>flowchart LR" in html_of(f"```mermaid\n{GRAPH}\n```\n")


@pytest.mark.parametrize(
    "line",
    [
        'click a "https://evil.example"',
        "click a callback",
        "a@{ img: evil.png }",
        "%%{init: {}}%%",
        "classDef x fill:url(evil)",
        "a[<img src=x>]",
        'a["`[x](evil)`"]',
        "a[https://evil.example]",
        "a[\u202egnp]",
        "a[&lt;img&gt;]",
    ],
)
def test_a_graph_that_could_link_or_load_something_is_text(line):
    assert "```" not in markdown_of(f"````mermaid\n{GRAPH}\n  {line}\n````\n")


@pytest.mark.parametrize(
    "markdown",
    [
        "```mermaid\n---\nconfig: {}\n---\nflowchart LR\n```\n",
        f"- x\n\n  ```mermaid\n  {GRAPH}\n  ```\n",
        f"<details>\n\n```mermaid\n{GRAPH}\n```\n\n</details>\n",
        "```mermaid\nsomething new\n```\n",
    ],
)
def test_a_graph_of_an_unknown_kind_or_inside_something_else_is_text(markdown):
    assert "```" not in markdown_of(markdown)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("<>/!-[]()`*_#|\n &\"'=\\"), st.characters()), max_size=60))
def test_around_a_graph_nothing_is_read_as_markdown_by_the_forge(text):
    comment = markdown_of(f"{text}\n\n```mermaid\n{GRAPH}\n```\n\n{text}\n\n</details>\n")
    html = MarkdownIt("commonmark", {"html": True}).render(f"<details>\n\n{comment}\n\n</details>")
    assert html.count("<details>") == html.count("</details>")
    assert "<img" not in html


@pytest.mark.parametrize("before", ["", "```\ncode\n```\n\n", "text\n\n", "- item\n"])
def test_what_raw_html_holds_is_not_read_as_markdown_by_the_forge(before):
    html = html_of(f"{before}<div>\n![x](https://evil.example/p.png) [y](https://evil.example)\n</div>\n")
    comment = MarkdownIt("commonmark", {"html": True}).render(f"<details>\n\n{html}\n\n</details>")
    assert "<img" not in comment
    assert "<a " not in comment


ALLOWED = set(
    "div p br em strong s code pre ul ol li blockquote h4 h5 h6 hr a table thead tbody tr th td details summary".split()  # noqa: SIM905
)


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
