"""Globs that stand for repeated runs, and the rows that they explain."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.compare.statistics.wildcards import count_wildcards, filled


@pytest.mark.parametrize(
    ("target", "pattern", "path", "expected"),
    [
        ("seed-*/m.json:auc", "seed-*/p.csv", "seed-3/p.csv", "seed-3/m.json:auc"),
        ("m.json:seed_*.auc", "p-*.csv", "p-17.csv", "m.json:seed_17.auc"),
        ("*/fold*/m.json:auc", "*/fold*/p.csv", "a/fold2/p.csv", "a/fold2/m.json:auc"),
        ("*/m.json:auc", "*/fold*/p.csv", "a/fold2/p.csv", "a/m.json:auc"),
        ("m?.json:auc", "p?.csv", "p7.csv", "m7.json:auc"),
        ("m[0-9].json:auc", "p[0-9].csv", "p7.csv", "m7.json:auc"),
        ("m[)].json:auc", "p[)]?.csv", "p)7.csv", "m).json:auc"),
        ("m*.json:auc", "p[!ab].csv", "pc.csv", "mc.json:auc"),
        ("m.json:auc", "p-*.csv", "p-1.csv", "m.json:auc"),
        ("m*-*.json:auc", "p*.csv", "p1.csv", "m1-*.json:auc"),
        ("m*.json:a.c+", "p(*).csv", "p(1).csv", "m1.json:a.c+"),
    ],
)
def test_each_wildcard_stands_for_the_one_in_the_same_place(target, pattern, path, expected):
    assert fnmatchcase(path, pattern)
    assert filled(target, pattern, path) == expected


def test_many_stars_take_no_longer_than_one():
    path = "a" * 3000
    assert filled("*", "*a" * 40, path) == ""
    assert filled("*", "*b" * 3 + "*" + "*a" * 40 + "c", path) == "*", "no match, and soon told"


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_what_fnmatch_finds_is_taken_apart_whole(pattern, path):
    if fnmatchcase(path, pattern):
        assert filled(pattern, pattern, path) == path


def test_wildcards_are_counted_as_fnmatch_reads_them():
    assert [count_wildcards(text) for text in ("a", "a*", "**/a?", "[ab]c[!d]*", "a]b")] == [0, 1, 2, 3, 0]
