"""What the wildcards of a glob stand for in a path that it finds, put into another text."""

from __future__ import annotations

import fnmatch
import re

_WILDCARD = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]")


def count_wildcards(text: str) -> int:
    """How many wildcards of `fnmatch` a text holds; several stars in a row are one."""
    return len(_WILDCARD.findall(text))


def filled(target: str, pattern: str, path: str) -> str:
    """`target` with each wildcard replaced by what the one of `pattern` in the same place stands for in `path`.

    `seed-*/metrics.json` by `seed-*/predictions.csv` and `seed-3/predictions.csv` is `seed-3/metrics.json`. A wildcard that
    `pattern` has no counterpart of stays.
    """
    stands_for = iter(stand_for(pattern, path))
    return _WILDCARD.sub(lambda wildcard: next(stands_for, wildcard[0]), target)


def stand_for(pattern: str, path: str) -> tuple[str, ...]:
    """What each wildcard of `pattern` stands for in `path`, in their order; nothing where it does not match."""
    match = re.fullmatch(_expression(pattern), path, re.DOTALL)
    return match.groups() if match else ()


def _expression(pattern: str) -> str:
    """A glob as a regular expression with a group for each wildcard, in the meaning of `fnmatch`.

    What follows a star is found where it first occurs, for good (`(?>…)`): many stars take no longer than one.
    """
    pieces = list(zip(_WILDCARD.split(pattern), [*_WILDCARD.findall(pattern), ""], strict=True))
    expression, tail = "", ""
    for literal, wildcard in reversed(pieces):
        if wildcard.startswith("*"):
            expression = f"(?>(.*?){tail}){expression}" if expression else f"(.*){tail}"
            tail = re.escape(literal)
        else:
            tail = re.escape(literal) + _group(wildcard) + tail
    return tail + expression


def _group(wildcard: str) -> str:
    if not wildcard:
        return ""
    # `(?s:…)\Z`, and since Python 3.14 `(?s:…)\z`
    single = fnmatch.translate(wildcard).removeprefix("(?s:").rpartition(")")[0]
    return f"({single})"
