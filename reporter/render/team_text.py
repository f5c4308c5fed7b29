"""The team's own Markdown as safe HTML: for the page, and for a comment, where forges take HTML as it is.

Raw HTML in it is shown as text (comments vanish, `<br>` stays), links lead to http, https or mail only, and a picture is
shown only where the caller knows it: nothing is loaded from a third party.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reporter.model.report import SectionText
from reporter.render.escape import html_text, visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_HEADINGS = {"h1": "h4", "h2": "h5", "h3": "h6", "h4": "h6", "h5": "h6", "h6": "h6"}
"""Below the report's own headings."""
LONGEST_SECTION = 50_000
"""Characters."""


def picture_addresses(markdown: str) -> list[str]:
    """Addresses of the pictures that a section's Markdown shows, each once, in the order of the text."""
    tokens = _parser().parse(_bounded(markdown))
    inline = [inside for token in tokens for inside in token.children or ()]
    return list(dict.fromkeys(str(token.attrs.get("src", "")) for token in _nested(inline) if token.type == "image"))


def team_html(section: SectionText, pictures: Mapping[str, str]) -> str:
    """HTML of one section: one element without an empty line in it, so that a forge reads no Markdown inside.

    `pictures`: a picture's name in the bundle → its address. A first heading that only repeats the title is left out.
    """
    from markdown_it.renderer import RendererHTML

    shown = {one.address: pictures[one.image] for one in section.pictures if one.image in pictures}

    class SafeRenderer(RendererHTML):
        """Shows what could act as text."""

        def text(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return html_text(tokens[index].content)

        def code_inline(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return f"<code>{html.escape(visible(tokens[index].content))}</code>"

        def code_block(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return _preformatted(tokens[index].content)

        def fence(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return _preformatted(tokens[index].content)

        def html_block(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return _raw_html(tokens[index].content)

        def html_inline(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return _raw_html(tokens[index].content)

        def image(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            token = tokens[index]
            return _picture(str(token.attrs.get("src", "")), token.content, shown)

    parser = _parser()
    tokens = parser.parse(_bounded(section.markdown))
    tokens = tokens[_heading_length(tokens, section.title) :]
    _tame(tokens)
    rendered = str(SafeRenderer(parser).render(tokens, parser.options, {}))
    if len(section.markdown) > LONGEST_SECTION:
        rendered += f"<p><em>… and {len(section.markdown) - LONGEST_SECTION:,} more characters</em></p>"
    lines = [line for line in rendered.splitlines() if line.strip()]
    return "\n".join(["<div>", *lines, "</div>"])


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _bounded(markdown: str) -> str:
    return markdown[:LONGEST_SECTION].replace("\0", "")


def _nested(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _nested(token.children or ())


def _heading_length(tokens: Sequence[Token], title: str) -> int:
    """How many tokens the heading takes that repeats the title: none, or its opening, text and closing."""
    repeats = len(tokens) > 1 and tokens[0].type == "heading_open" and tokens[1].content.strip() == title.strip()
    return 3 if repeats else 0


def _tame(tokens: Sequence[Token]) -> None:
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
        if token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            token.attrs = {"href": address} if re.match(r"(?i)https?://|mailto:", address) else {}
        _tame(token.children or ())


def _preformatted(content: str) -> str:
    lines = [html.escape(visible(line)) for line in content.rstrip("\n").split("\n")]
    return f"<pre><code>{'&#10;'.join(lines)}</code></pre>\n"


def _raw_html(content: str) -> str:
    pieces = _BREAK.split(_COMMENT.sub("", content))
    return "<br>".join(html_text(piece) for piece in pieces)


def _picture(address: str, alt: str, shown: Mapping[str, str]) -> str:
    if address in shown:
        return f'<img src="{html.escape(shown[address])}" alt="{html_text(alt)}">'
    return f"<em>picture: {html_text(alt or address)}</em>"
