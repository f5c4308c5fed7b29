"""Untrusted text, made harmless: names, values and messages come from a repository and are shown as text, never obeyed.

In a comment that means more than HTML: `@name` must notify nobody, `#1` must link nowhere, `$x$` is no formula and a
right-to-left override must not turn a sentence round. Forges ignore all of these inside `<code>`, so names are code;
sentences are escaped character by character.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from reporter.model.formatting import the_first

WORD_JOINER = "\u2060"
"""Shown as nothing, and enough to keep `@` from a name and `#` from a number."""

LONGEST_NAME = 160
"""Characters: a longer name or value loses its middle."""
LONGEST_IN_TABLE = 60
"""Of a name in a table: a longer one would push the numbers out of sight."""
LONGEST_SENTENCE = 500

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]"
)
_LINE_BREAK = re.compile(r"\r\n|[\r\n\u2028\u2029]")
_PLAIN_CODE = re.compile(r"[\w…./:@ ,;=+(){}\[\]!?%^&*#<>~'\"$\\-]+")
_PUNCTUATION = re.compile(r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]""")
_REFERENCE = re.compile(r"(?<![A-Za-z0-9])(GH-|[@#!~%$&^])(?=[\w\"])|(?<=\w)([@#!])(?=\w)")
_EMOJI = re.compile(r":(?=[\w+-]+:)")
_ADDRESS = re.compile(r"(?i)\b(www)(?=\.)|(?<=[a-z]):(?=//)")
_LINKED = re.compile(r"@|(?i:\bwww)(?=\.)|:(?=//)")
_MARKUP = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BLOCK_START = re.compile(r"^(?:[#+=-]|\d+[.)](?=\s|$))")
QUOTED = re.compile(r"`([^`]+)`")
"""Splits a sentence into plain text and, at odd places, the commands and names that it quotes."""


def visible(text: str) -> str:
    """The text on one line, each invisible or direction-changing character replaced by `�` and each line break by `↵`."""
    return _INVISIBLE.sub("\ufffd", _on_one_line(text.strip("\r\n"))).replace("\t", " ")


def _on_one_line(text: str) -> str:
    first, *others = _LINE_BREAK.split(text)
    if not others:
        return text
    *between, last = others
    return " ↵ ".join([first.rstrip(" \t"), *(line.strip(" \t") for line in between), last.lstrip(" \t")])


def shorten(text: str, longest: int = LONGEST_NAME) -> str:
    """The text without its middle where it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    kept = longest - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def code(text: str, longest: int = LONGEST_NAME) -> str:
    """A name or value in Markdown, as code: good in a paragraph, a table's cell and a list."""
    shown = _seen(text, longest)
    if _PLAIN_CODE.fullmatch(shown) and shown == shown.strip():
        return f"`{shown}`"
    return f"<code>{_as_entities(_unlinked(shown)) or '&#34;&#34;'}</code>"


def codes(names: Sequence[str], most: int, longest: int = LONGEST_NAME, between: str = ", ") -> str:
    """The first names as code, and how many more there are."""
    shown = [code(name, longest) for name in names[:most]]
    return the_first(shown, most, more=max(len(names) - most, 0), between=between)


def prose(text: str) -> str:
    """A sentence in Markdown: no markup of it works but `code`, it mentions nobody and links nowhere."""
    pieces = QUOTED.split(_seen(text, LONGEST_SENTENCE))
    shown = [code(piece) if index % 2 else _plain(piece) for index, piece in enumerate(pieces)]
    return _BLOCK_START.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", "".join(shown))


def html_text(text: str) -> str:
    """A sentence inside an HTML element of a comment, or of an attribute there."""
    return html.escape(_defused(visible(text)))


def safe_url(url: str | None) -> str | None:
    """The address if it may be linked: http or https, without anything that could end a Markdown link."""
    if url and re.fullmatch(r"https?://[^\s<>\"'`()\[\]\\{}|^\x00-\x20]+", url):
        return url
    return None


def link(text: str, url: str | None) -> str:
    """A Markdown link around text that is Markdown already; only the text where the address may not be linked."""
    address = safe_url(url)
    return f"[{text}]({address})" if address else text


def _seen(text: str, longest: int) -> str:
    """Shortened first as well, so that a text of megabytes costs nothing."""
    return shorten(visible(shorten(text, 2 * longest)), longest)


def _defused(text: str) -> str:
    text = _REFERENCE.sub(rf"\g<0>{WORD_JOINER}", text)
    text = _EMOJI.sub(rf":{WORD_JOINER}", text)
    return _ADDRESS.sub(rf"\g<0>{WORD_JOINER}", text)


def _unlinked(text: str) -> str:
    """Forges look for addresses in the text of an HTML element, of `<code>` as well."""
    return _LINKED.sub(rf"\g<0>{WORD_JOINER}", text)


def _as_entities(text: str) -> str:
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", text)


def _plain(text: str) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", html.escape(_defused(text), quote=False))
    return escaped.replace("\\$", "&#36;").replace("\\`", "&#96;")
