"""What the wildcards of a glob stand for in a path that it finds, put into another text."""

from __future__ import annotations

import fnmatch
import re

_WILDCARD = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]")


def count_wildcards(text: str) -> int:
    return len(_WILDCARD.findall(text))


def filled(target: str, pattern: str, path: str) -> str:
    """`target` with each wildcard replaced by what the one of `pattern` in the same place stands for in `path`.

    `seed-*/metrics.json` by `seed-*/predictions.csv` and `seed-3/predictions.csv` is `seed-3/metrics.json`. A wildcard that
    `pattern` has no counterpart of stays.
    """
    match = re.fullmatch(_expression(pattern), path, re.DOTALL)
    stands_for = iter(match.groups() if match else ())
    return _WILDCARD.sub(lambda wildcard: next(stands_for, wildcard[0]), target)


def _expression(pattern: str) -> str:
    """A glob as a regular expression with a group for each wildcard, in the meaning of `fnmatch`."""
    literals, wildcards = _WILDCARD.split(pattern), _WILDCARD.findall(pattern)
    groups = [*(f"({_group(wildcard)})" for wildcard in wildcards), ""]
    return "".join(re.escape(literal) + group for literal, group in zip(literals, groups, strict=True))


def _group(wildcard: str) -> str:
    if wildcard.startswith("*"):
        return ".*?"
    return "." if wildcard == "?" else fnmatch.translate(wildcard).removeprefix("(?s:").removesuffix(r")\Z")
