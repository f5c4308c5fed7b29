"""The team's own Markdown as safe HTML: for the page, and for a comment, where forges take HTML as it is.

Raw HTML in it is shown as text but for `<br>` and folded pieces (`<details>`, `<summary>`), comments vanish, links lead to
http, https or mail only, and a picture is shown only where the caller knows it: nothing is loaded from a third party.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reporter.model.report import SectionText
from reporter.render.escape import html_text, visible
from reporter.render.markdown.markup import paragraphs
from reporter.render.mermaid import is_harmless
from reporter.render.table_limit import limit_tables

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_FOLD = re.compile(r"(</?(?:details|summary)>)", re.IGNORECASE)
"""Splits raw HTML into text and, at odd places, the tags of a folded piece; one with an attribute is text."""
_FOLDS = "folds"
"""In a token's `meta`: the places of its pieces that are such tags."""
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_HEADINGS = {"h1": "h4", "h2": "h5", "h3": "h6", "h4": "h6", "h5": "h6", "h6": "h6"}
"""Below the report's own headings."""
LONGEST_SECTION = 50_000
"""Characters."""
_MOST_BRACKETS = 5000


def picture_addresses(markdown: str) -> list[str]:
    """Addresses of the pictures that a section's Markdown shows, each once, in the order of the text."""
    tokens = _parsed(_beginning(markdown, LONGEST_SECTION))
    inline = [inside for token in tokens for inside in token.children or ()]
    return list(dict.fromkeys(str(token.attrs.get("src", "")) for token in _nested(inline) if token.type == "image"))


def team_html(section: SectionText, pictures: Mapping[str, str]) -> str:
    """HTML of one section: one element without an empty line in it.

    `pictures`: a picture's name in the bundle → its address. A first heading that only repeats the title is left out.
    """
    shown = _beginning(section.markdown, LONGEST_SECTION)
    return _element(_tokens(section, shown), _addresses(section, pictures), _rest(section, shown))


def team_markdown(section: SectionText, pictures: Mapping[str, str], longest: int = LONGEST_SECTION) -> str:
    """The section for a comment: HTML without an empty line in it, so that a forge reads no Markdown inside, and between such
    elements the Mermaid graphs that the forge draws. `longest`: most characters of the section's text, at least one.
    """
    return _team_markdown(section, tuple(_addresses(section, pictures).items()), longest)


@lru_cache(maxsize=512)
def _team_markdown(section: SectionText, pictures: Sequence[tuple[str, str]], longest: int) -> str:
    """Comment, check and job summary have the same section, and parsing takes longer than all else."""
    shown = _beginning(section.markdown, longest)
    rest = _rest(section, shown, " in the full report" if longest < LONGEST_SECTION else "")
    known = dict(pictures)
    pieces: list[str] = []
    waiting: list[Token] = []
    folds = 0
    for token in _tokens(section, shown):
        folds += _folds(token)
        if _is_graph(token) and not folds:
            pieces += [_element(waiting, known) if waiting else "", f"```mermaid\n{token.content.rstrip()}\n```"]
            waiting = []
        else:
            waiting.append(token)
    return paragraphs(*pieces, _element(waiting, known, rest) if waiting or rest or not pieces else "")


def _element(tokens: Sequence[Token], pictures: Mapping[str, str], rest: str = "") -> str:
    """One HTML element; `rest` is its last line."""
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
            return _raw_block(tokens[index])

        def html_inline(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            return _raw_text(tokens[index].content)

        def image(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
            token = tokens[index]
            return _picture(str(token.attrs.get("src", "")), token.content, pictures)

    parser = _parser()
    rendered = str(SafeRenderer(parser).render(tokens, parser.options, {})) + rest
    lines = [line for line in rendered.splitlines() if line.strip()]
    return "\n".join(["<div>", *lines, "</div>"])


def _addresses(section: SectionText, pictures: Mapping[str, str]) -> dict[str, str]:
    return {one.address: pictures[one.image] for one in section.pictures if one.image in pictures}


def _tokens(section: SectionText, shown: str) -> list[Token]:
    tokens = _parsed(shown)
    tokens = tokens[_heading_length(tokens, section.title) :]
    _tame(tokens)
    _tick(tokens)
    open_folds = _allow_folds(tokens)
    return [*tokens, *_closing(open_folds)] if _rest(section, shown) else tokens


def _parsed(markdown: str) -> list[Token]:
    """Its tokens. Where brackets are too many to be links, none is one: the parser looks for the end of each."""
    parser = _parser()
    if markdown.count("[") > _MOST_BRACKETS:
        parser.disable(["link", "image"])
    return parser.parse(markdown)


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    limit_tables(parser)
    return parser


def _beginning(markdown: str, longest: int) -> str:
    """As much of it as is shown: cut below a paragraph, else below a line or behind a word, if that is not too early."""
    if len(markdown) <= longest:
        return markdown.replace("\0", "")
    cut = markdown[:longest]
    border = next((place for mark in ("\n\n", "\n", " ") if (place := cut.rfind(mark)) > longest // 2), longest)
    return cut[:border].replace("\0", "")


def _rest(section: SectionText, shown: str, where: str = "") -> str:
    """The line that says what is missing; empty where nothing is."""
    missing = len(section.markdown.replace("\0", "")) - len(shown)
    return f"<p><em>… and {missing:,} more characters{where}</em></p>" if missing else ""


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


def _tick(tokens: Sequence[Token]) -> None:
    """Boxes of a list of tasks."""
    for before, token in zip(tokens, tokens[2:], strict=False):
        first = token.children[0] if token.children else None
        if before.type == "list_item_open" and first is not None and first.type == "text":
            first.content = _TASK.sub(lambda found: "☐" if found[1] == " " else "☑", first.content, count=1)


def _pieces(token: Token) -> list[str]:
    """Raw HTML as text and, at odd places, tags of folded pieces."""
    return _FOLD.split(_without_comments(token.content))


def _without_comments(content: str) -> str:
    """One that is not closed is text. A search from each `<!--` to the end would take a text of them the square of its length."""
    kept, start = [], 0
    while (opening := content.find("<!--", start)) >= 0 and (end := content.find("-->", opening + 4)) >= 0:
        kept.append(content[start:opening])
        start = end + 3
    return "".join([*kept, content[start:]])


@dataclass(frozen=True, slots=True)
class _Fold:
    """A tag that opens a folded piece, or its summary."""

    name: str
    home: object
    """What must hold the closing tag too: a list's item, a quote, …; None is the section itself."""
    token: Token
    place: int
    inside: list[_Fold] = field(default_factory=list)
    """Tags of its summary."""

    def allow(self) -> None:
        self.token.meta.setdefault(_FOLDS, set()).add(self.place)
        for fold in self.inside:
            fold.allow()


def _allow_folds(tokens: Sequence[Token]) -> list[_Fold]:
    """Mark the tags of folded pieces that are closed where they were opened, as tags; those that stay open are given back."""
    opened: list[_Fold] = []
    parents: list[object] = [None]
    for token in tokens:
        if token.nesting < 0:
            parents.pop()
        elif token.nesting > 0:
            parents.append(token)
        if token.type != "html_block":
            continue
        for place, tag in list(enumerate(_pieces(token)))[1::2]:
            name = tag.strip("</>").lower()
            # A summary is one line of its own; what is folded may go on over paragraphs, but not out of its list or quote.
            fold = _Fold(name, token if name == "summary" else parents[-1], token, place)
            if not tag.startswith("</"):
                opened.append(fold)
            elif opened and opened[-1].name == name and opened[-1].home is fold.home:
                _close(opened, fold)
    return opened


def _close(opened: list[_Fold], end: _Fold) -> None:
    start = opened.pop()
    if start.name == "details":
        start.allow()
        end.allow()
    elif opened and opened[-1].name == "details":
        opened[-1].inside.extend((start, end))


def _closing(folds: Sequence[_Fold]) -> Iterator[Token]:
    """What closes the folded pieces that the end of the text shown has cut."""
    from markdown_it.token import Token

    for fold in folds:
        if fold.name == "details" and fold.home is None:
            fold.allow()
            yield Token("html_block", "", 0, content="</details>", meta={_FOLDS: {1}})


def _folds(token: Token) -> int:
    """How many folded pieces a token opens, less those that it closes."""
    if _FOLDS not in token.meta:
        return 0
    pieces = _pieces(token)
    tags = [pieces[place].lower() for place in token.meta[_FOLDS]]
    return tags.count("<details>") - tags.count("</details>")


def _is_graph(token: Token) -> bool:
    """A Mermaid graph that stands by itself and that a forge may draw."""
    is_mermaid = token.type == "fence" and token.level == 0 and token.info.strip().lower() == "mermaid"
    return is_mermaid and is_harmless(token.content)


def _raw_block(token: Token) -> str:
    shown, text = "", ""
    for place, piece in enumerate(_pieces(token)):
        if place not in token.meta.get(_FOLDS, ()):
            text += piece
            continue
        tag = piece.lower()
        shown += (_raw_text(text) if tag == "</summary>" else _raw_paragraph(text)) + tag
        text = ""
    return f"{shown}{_raw_paragraph(text)}\n"


def _raw_paragraph(content: str) -> str:
    text = _raw_text(content)
    return f"<p>{text}</p>" if text else ""


def _raw_text(content: str) -> str:
    pieces = _BREAK.split(_without_comments(content).strip("\n"))
    return "<br>".join(html_text(line) for piece in pieces for line in piece.split("\n"))


def _picture(address: str, alt: str, shown: Mapping[str, str]) -> str:
    if address in shown:
        return f'<img src="{html.escape(shown[address])}" alt="{html_text(alt)}">'
    return f"<em>picture: {html_text(alt or address)}</em>"
