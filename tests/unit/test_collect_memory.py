"""What was parsed is kept up to so many bytes, however many or large the files are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from reporter.collect.memory import remembering_up_to


class Parser:
    def __init__(self, size: int) -> None:
        self.parsed: list[str] = []
        self.parse = remembering_up_to(size)(self._parse)

    def _parse(self, text: str, kind: str = "") -> list[str]:
        self.parsed.append(text)
        if text == "broken":
            raise ValueError(text)
        return [text, kind]


def test_a_text_is_parsed_once_for_each_kind():
    parser = Parser(100)

    assert parser.parse("a", "json") is parser.parse("a", "json")
    assert parser.parse("a", "yaml") == ["a", "yaml"]
    assert parser.parsed == ["a", "a"]


def test_a_text_beyond_the_bound_is_not_kept_and_pushes_nothing_out():
    parser = Parser(100)
    for text in ("small", "x" * 100, "x" * 100, "small"):
        parser.parse(text)

    assert parser.parsed == ["small", "x" * 100, "x" * 100]


def test_the_texts_last_met_stay():
    parser = Parser(3 * 11)
    for text in ("a" * 10, "b" * 10, "c" * 10, "a" * 10, "d" * 10):
        parser.parse(text)
    parser.parsed.clear()

    for text in ("a" * 10, "c" * 10, "d" * 10, "b" * 10):
        parser.parse(text)

    assert parser.parsed == ["b" * 10]


def test_what_is_raised_is_raised_each_time():
    parser = Parser(100)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            parser.parse("broken")

    assert parser.parsed == ["broken", "broken"]


def test_threads_share_it():
    parser = Parser(500)
    texts = [str(number % 90) * 10 for number in range(5000)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(parser.parse, texts))

    assert found == [[text, ""] for text in texts]
