"""The team's own Markdown as safe HTML: for the page, and for a comment, where forges take HTML as it is.

Raw HTML in it is shown as text (comments vanish, `<br>` stays), links lead to http, https or mail only, and a picture is
shown only where the caller knows it: nothing is loaded from a third party.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reporter.render.escape import html_text, visible

if TYPE_CHECKING:
    from markdown_it.token import Token

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_HEADINGS = {"h1": "h4", "h2": "h5", "h3": "h6", "h4": "h6", "h5": "h6", "h6": "h6"}
"""Below the report's own headings."""
LONGEST_SECTION = 50_000
"""Characters."""


def team_html(markdown: str, pictures: Mapping[str, str], title: str = "") -> str:
    """HTML of one section: one element without an empty line in it, so that a forge reads no Markdown inside.

    `pictures`: a picture's address in the text → the one to show. A first heading that only repeats `title` is left out.
    """
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML

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
            return _picture(str(token.attrs.get("src", "")), token.content, pictures)

    parser = MarkdownIt("commonmark", {"html": True}, renderer_cls=SafeRenderer).enable(["table", "strikethrough"])
    tokens = parser.parse(markdown[:LONGEST_SECTION].replace("\0", ""))
    tokens = tokens[_heading_length(tokens, title) :]
    _tame(tokens)
    rendered = str(parser.renderer.render(tokens, parser.options, {}))
    if len(markdown) > LONGEST_SECTION:
        rendered += f"<p><em>… and {len(markdown) - LONGEST_SECTION:,} more characters</em></p>"
    lines = [line for line in rendered.splitlines() if line.strip()]
    return "\n".join(["<div>", *lines, "</div>"])


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


def _picture(address: str, alt: str, pictures: Mapping[str, str]) -> str:
    if address in pictures:
        return f'<img src="{html.escape(pictures[address])}" alt="{html_text(alt)}" width="400">'
    return f"<em>picture: {html_text(alt or address)}</em>"
