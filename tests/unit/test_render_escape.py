"""Text from a repository is shown as text: in a paragraph, a list, a table's cell and an HTML element of a comment."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_factories import HOSTILE

from reporter.render.escape import WORD_JOINER, code, html_text, link, prose, safe_url, shorten, visible
from reporter.render.markdown.markup import LEFT, bullets, table

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
MARKDOWN_CHARACTERS = st.text(
    alphabet=st.one_of(st.sampled_from("`|\\*_[]()<>&!#@~$:-+=1a. \n\r\t\u202e\u2028\u0000"), st.characters()),
    max_size=40,
)


class Elements(HTMLParser):
    """The names of all elements of a piece of HTML, and its text."""

    def __init__(self, html: str):
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        assert not attrs or tag in {"td", "th"}

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)


def elements(markdown: str) -> Elements:
    return Elements(MARKDOWN.render(markdown))


def as_read(text: str) -> str:
    """What a reader sees: spaces run together, word joiners show nothing."""
    return re.sub(r"\s+", " ", text.replace(WORD_JOINER, "")).strip()


@pytest.mark.parametrize("escape", [code, prose])
@given(text=MARKDOWN_CHARACTERS)
def test_any_text_in_a_cell_stays_one_cell_of_text(escape, text):
    page = elements(table([("a", LEFT), ("b", LEFT)], [[escape(text) or "x", "end"]]))
    assert set(page.names) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.names.count("td") == 2


@pytest.mark.parametrize("escape", [code, prose])
@given(text=MARKDOWN_CHARACTERS)
def test_any_text_in_a_list_stays_one_item_of_text(escape, text):
    page = elements(bullets([f"x {escape(text)}"]))
    assert set(page.names) <= {"ul", "li", "code"}


@given(text=MARKDOWN_CHARACTERS)
def test_a_sentence_at_the_start_of_a_line_is_a_paragraph(text):
    assert set(elements(prose(text)).names) <= {"p", "code"}


@given(text=MARKDOWN_CHARACTERS.filter(str.strip))
def test_code_shows_the_text_itself(text):
    shown = elements(f"x {code(text)}").text
    assert as_read(shown) == as_read(f"x {shorten(visible(text))}")


@given(text=MARKDOWN_CHARACTERS)
def test_inside_html_markdown_is_not_read_and_html_is_text(text):
    page = Elements(MARKDOWN.render(f"<details><summary>{html_text(text)}</summary>\n\nbody\n\n</details>"))
    assert set(page.names) <= {"details", "summary", "p"}


def test_a_hostile_text_mentions_nobody_and_links_nowhere():
    shown = prose(HOSTILE)
    for reference in ("@octocat", "#1", "GH-2", "flights#3", "www.evil", "https://", "mail@evil", ":tada:", "$x"):
        assert reference not in shown
    assert elements(shown).names == ["p", "code"]


def test_a_mention_is_still_readable():
    assert as_read(elements(prose("ask @octocat about #12")).text) == "ask @octocat about #12"


def test_ordinary_sentences_are_not_disfigured():
    sentence = "roc_auc +0.012 (95 % CI +0.008 to +0.016); 3.5 of 4 - done!"
    assert prose(sentence) == sentence


def test_commands_in_our_own_hints_are_code():
    assert prose("Run `dvc push` where it was made.") == "Run `dvc push` where it was made."


def test_an_ordinary_name_is_plain_code():
    assert code("evaluation/metrics.json:roc_auc") == "`evaluation/metrics.json:roc_auc`"


def test_a_name_with_a_pipe_does_not_end_its_cell():
    assert code("a|b") == "<code>a&#124;b</code>"


@pytest.mark.parametrize("name", ["m|e`t@x.json", "a|www.evil.example", "a|https://evil.example", "`mail@evil.example"])
def test_a_name_in_html_links_nowhere(name):
    shown = Elements(code(name)).text
    assert as_read(shown) == name
    assert not re.search(r"[\w.]@[\w]|://|www\.", shown)


def test_an_empty_name_can_be_seen():
    assert elements(code("")).text.strip() == '""'


def test_a_direction_override_and_a_line_break_become_visible():
    assert visible("a\u202eb\nc\u200bd") == "a\ufffdb ↵ c\ufffdd"


def test_a_long_name_loses_its_middle():
    assert shorten("a" * 100 + "b" * 100, 11) == "aaaaa…bbbbb"


def test_half_a_surrogate_pair_can_be_written_as_utf8():
    assert code("\ud83d").encode() == "`\ufffd`".encode() or "\ufffd" in code("\ud83d")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x/ y", "https://x/)", "data:text/html,x", "//x", "", None, 'https://x/"']
)
def test_only_plain_web_addresses_are_linked(url):
    assert safe_url(url) is None
    assert link("text", url) == "text"
