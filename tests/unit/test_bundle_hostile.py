"""Bundles that nobody would write by accident: refused in one line, or read and put into words in bounded time."""

from __future__ import annotations

import copy
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import pytest
from figure_factories import png
from report_factories import better, make_report, metric, plot, valid_document

from reporter.bundle import Bundle, cutting, read_bundle, report_from_json, write_bundle
from reporter.codec import strict_json
from reporter.codec.bounds import MOST_PICTURES, MOST_ROWS, MOST_SECTIONS
from reporter.errors import BundleError
from reporter.model.comparison import ParamRow, State, Verdict
from reporter.model.problem import Problem, ProblemKind
from reporter.model.report import CandidateReport, Report, SectionText
from reporter.render.markdown.document import render_markdown

LIMITS = (65_000, 65_535, 262_144)
"""Characters of a comment, a check and a job summary."""
MOST_SECONDS = 10.0


@contextmanager
def in_bounded_time() -> Iterator[None]:
    """Of this process, so that a busy machine fails no test."""
    start = time.process_time()
    yield
    assert time.process_time() - start < MOST_SECONDS


def document(**fields: object) -> str:
    return json.dumps({**copy.deepcopy(valid_document()), **fields})


def alone(**other: object) -> dict[str, object]:
    """The same report as one of several candidates."""
    return {each.name: valid_document()[each.name] for each in fields(CandidateReport)} | other


def without_rows(content: Mapping[str, object]) -> dict[str, object]:
    return {name: [] if isinstance(value, list) else value for name, value in content.items()}


def many(kind: str, number: int, **fields: object) -> list[dict[str, object]]:
    return [{**valid_document()[kind][0], **fields} for _ in range(number)]


@pytest.fixture
def folder(tmp_path) -> Path:
    picture = tmp_path / "loss.png"
    picture.write_bytes(png())
    write_bundle(tmp_path / "reports", Bundle(make_report(plots=(plot("loss"),)), {"images/loss.png": picture}), "")
    return tmp_path / "reports"


def refused(folder: Path) -> str:
    with in_bounded_time(), pytest.raises(BundleError) as caught:
        read_bundle(folder)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value.message


class TestWhatStandsInPlaceOfAFile:
    @pytest.fixture(params=["report.json", "images/loss.png"])
    def path(self, folder, request) -> Path:
        path = folder / request.param
        path.unlink()
        return path

    def test_a_folder_is_refused(self, folder, path):
        path.mkdir()
        assert "no regular file" in refused(folder)

    def test_a_pipe_is_refused_and_keeps_nobody_waiting(self, folder, path):
        os.mkfifo(path)
        assert "no regular file" in refused(folder)

    def test_a_socket_is_refused(self, folder, path, monkeypatch):
        monkeypatch.chdir(path.parent)  # its address must be short
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
            assert path.name in refused(folder)

    def test_a_link_to_a_device_is_refused(self, folder, path):
        path.symlink_to("/dev/zero")
        assert "cannot be read" in refused(folder)

    def test_no_file_is_left_open(self, folder, path):
        path.mkdir()
        before = os.listdir("/proc/self/fd")  # noqa: PTH208
        refused(folder)
        assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


def test_a_folder_s_name_that_no_file_system_takes_is_no_bundle():
    assert "There is no bundle" in refused(Path("x" * 5000))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not strictly valid JSON"),
        (b"\xef\xbb\xbf{}", "not strictly valid JSON"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"\0" * 100, "not strictly valid JSON"),
        (b'{"schema_version": ' + b"9" * 5000 + b"}", "a number has more than 4,300 digits"),
        (b'{"a": [' + (b"9" * 4300 + b",") * 4_000 + b"NaN]}", "NaN stands without quotes"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b"[" * 3_000_000, "more than 2,000,000 values"),
        (b'{"a": "' + b"," * 3_000_000 + b'"}', "more than 2,000,000 values"),
        (b'{"a": [' + b"{}," * 300_000 + b"{}]}", "more than 200,000 objects"),
        (b'{"a": "' + b"x" * 41_000_000 + b'"}', "longer than 40,000,000 characters"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_a_report_that_is_none_is_refused(folder, content, said):
    (folder / "report.json").write_bytes(content)
    assert said in refused(folder)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"metrics": many("metrics", 100_000)}, "longer than 40,000,000 characters"),
        ({"params": many("params", MOST_ROWS + 1)}, "more than 50,000 rows"),
        (
            {"params": many("params", MOST_ROWS // 2), "stages": many("stages", MOST_ROWS // 2 + 1)},
            "more than 50,000 rows",
        ),
        ({"sections": [{"title": "", "markdown": "", "pictures": []}] * 400}, "at most 100 sections"),
        ({"candidates": [alone(summary="Better"), alone()]}, "candidates[0] must be the report's own candidate"),
        ({"candidates": [alone(), alone(verdict="fail")]}, "candidates[1].verdict must be pass"),
        ({"candidates": [alone(), alone(params=many("params", MOST_ROWS))]}, "more than 50,000 rows"),
        ({"candidates": [alone(), {"base": None}]}, "candidates[1].head must be an object"),
        ({"summary": "\ud800"}, "summary must be a text of whole characters"),
        ({"params": many("params", 1, head={"\udcff": 1})}, "params[0].head must be a text of whole characters"),
        ({"params": many("params", 1, head=["x" * 2_000_000])}, "params[0].head must be a text of at most"),
        ({"flips": many("flips", 1, rows=10**400)}, "flips[0].rows must be a whole number from 0 to 9,223,372"),
        ({"data": many("data", 1, base={"size": 2**63})}, "data[0].base.size must be a whole number from 0 to"),
    ],
    ids=lambda value: value if isinstance(value, str) else ", ".join(value),
)
def test_what_is_beyond_a_bound_is_refused(fields, said):
    text = document(**fields)
    with in_bounded_time(), pytest.raises(BundleError) as caught:
        report_from_json(text)
    assert said in caught.value.message


def test_longer_numbers_are_refused_also_where_python_is_told_to_read_them(monkeypatch):
    monkeypatch.setattr(
        "reporter.codec.strict_json.json.loads", lambda text, **_: {**valid_document(), "level": 10**5000}
    )
    with pytest.raises(BundleError, match=r"level must be a number of at most 4,300 digits"):
        report_from_json("{}")


@pytest.mark.parametrize("limit", LIMITS)
def test_thousands_of_candidates_are_put_into_words_in_bounded_time(limit):
    other = {**without_rows(alone()), "summary": "x" * 500}
    with in_bounded_time():
        report = report_from_json(document(candidates=[alone(), *[other] * 15_000]))
        text = render_markdown(report, {}, limit=limit)
    assert len(text) <= limit
    assert len(report.others) == 15_000


@pytest.mark.parametrize("limit", LIMITS)
def test_thousands_of_reports_are_put_into_words_in_bounded_time(limit):
    one = {**without_rows(valid_document()), "summary": "x" * 500}
    several = {"schema_version": 1, "verdict": "pass", "summary": "All pass", "reports": [one] * 2_000}
    with in_bounded_time():
        text = render_markdown(report_from_json(json.dumps(several)), {}, limit=limit)
    assert len(text) <= limit


def sections(markdown: str, number: int = 1) -> dict[str, object]:
    return {"sections": [{"title": "Notes", "markdown": markdown, "pictures": []}] * number}


def problems(number: int) -> dict[str, object]:
    problem = {"kind": "stale", "message": "m", "hint": "h"}
    return {"problems": [{**problem, "revision": f"r{index}", "path": f"p{index % 7}"} for index in range(number)]}


def causes(number: int) -> dict[str, object]:
    rows = [{"kind": "param", "name": f"p.yaml:{index}", "stage": "s", "distance": 1} for index in range(number)]
    return {
        "explanations": [{"file": valid_document()["metrics"][0]["file"], "causes": rows}],
        "params": many("params", number, state="changed"),
    }


HOSTILE: dict[str, Callable[[], dict[str, object]]] = {
    "breaks": lambda: sections("<br>" * 50_000),
    "brackets": lambda: sections("[" * 50_000),
    "brackets of pictures": lambda: sections("![" * 50_000),
    "as many brackets as may be links": lambda: sections("![" * 4_990),
    "400 sections' worth of breaks": lambda: sections("<br>" * 12_500, MOST_SECTIONS),
    "paragraphs": lambda: sections("a\n\n" * 16_666, 5),
    "comments that never end": lambda: sections("<!--" * 50_000),
    "folded pieces in one line": lambda: sections("<details>" * 5_500),
    "folded pieces and summaries": lambda: sections("<details><summary>" * 1_300 + "</summary></details>" * 1_300),
    "rows that stand for thousands of cells": lambda: sections(
        "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|\n" * 48_000
    ),
    "many such tables": lambda: sections(("|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|\n" * 200 + "\n") * 30),
    "tables that run into each other": lambda: sections("|a|\n|-|\n# a\n" * 4_000),
    "emphasis": lambda: sections("***a** b* " * 5_000),
    "code of spaces": lambda: sections(" " * 49_000 + "a"),
    "tabs": lambda: sections("\t" * 49_000 + "a"),
    "quotes in quotes": lambda: sections("> " * 25_000 + "a"),
    "definitions": lambda: sections("".join(f"[a{index}]: x\n" for index in range(4_900))),
    "metrics": lambda: {"metrics": many("metrics", 20_000)},
    "keys of 65,000 characters": lambda: {"metrics": many("metrics", 100, name="k" * 65_000)},
    "numbers of 4,300 digits": lambda: {"metrics": many("metrics", 500, base=1, head=10**4299, delta=10**4299 - 1)},
    "texts that begin like numbers": lambda: {"metrics": many("metrics", 5, base="2", head="1" * 900_000 + "x")},
    "lists": lambda: {"params": many("params", 8, base=[1] * 100_000, head=[2.5] * 100_000)},
    "problems": lambda: problems(20_000),
    "causes": lambda: causes(20_000),
    "stages that read each other": lambda: {
        "stages": [
            {
                **valid_document()["stages"][0],
                "name": f"s{index}",
                "upstream": [f"s{index % 60}" for index in range(20_000)],
            }
            for index in range(60)
        ]
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_accepted_is_put_into_words_in_bounded_time(name):
    text = document(**HOSTILE[name]())
    with in_bounded_time():
        report = report_from_json(text)
        for limit in LIMITS:
            shown = render_markdown(report, {}, limit, "https://example.org/run")
            assert len(shown.encode("utf-16-le")) // 2 <= limit


class TestPictures:
    def header(self, width: int, height: int) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"

    def test_one_that_is_a_few_bytes_and_gigabytes_when_decoded_is_refused(self, folder):
        (folder / "images/loss.png").write_bytes(self.header(50_000, 50_000))
        assert refused(folder) == "loss.png is a picture of more than 40,000,000 pixels."

    def test_more_of_them_than_can_be_sent_are_refused_unread(self, folder):
        plots = [{**valid_document()["plots"][0], "image": f"images/{index}.png"} for index in range(200)]
        (folder / "report.json").write_text(document(plots=plots))
        for index in range(200):
            with (folder / f"images/{index}.png").open("wb") as file:
                file.write(self.header(10, 10))
                file.truncate(5_000_000)
        assert refused(folder) == "The bundle's pictures have more than 200,000,000 bytes together."


class TestNothingIsWrittenThatWouldBeRefused:
    """What a real project is larger in is left out, and the report says so."""

    def written(self, tmp_path: Path, report: Report, images: dict[str, Path] | None = None) -> Report:
        returned = write_bundle(tmp_path / "reports", Bundle(report, images or {}), "page")
        read = read_bundle(tmp_path / "reports")
        assert (read.report, read.images) == (returned.report, returned.images)
        return read.report

    def test_a_large_report_is_written_whole(self, tmp_path):
        metrics = tuple(metric(f"group.{'long' * 40}.{index}", index / 7, index / 9) for index in range(5_000))
        plots = tuple(
            plot(f"plots/{index}", image=f"images/{index}.png" if index < 200 else None) for index in range(1_000)
        )
        report = make_report(metrics=metrics, plots=plots)
        images = {}
        for index in range(200):
            images[f"images/{index}.png"] = tmp_path / f"{index}.png"
            images[f"images/{index}.png"].write_bytes(png(size=(8, 8)))
        assert self.written(tmp_path, report, images) == report

    @pytest.fixture
    def room(self, monkeypatch) -> int:
        """For rows: a hundredth of what there is."""
        monkeypatch.setattr(strict_json, "MOST_ROWS", MOST_ROWS // 100)
        monkeypatch.setattr(cutting, "_CUTS", tuple(replace(cut, rows=cut.rows // 100) for cut in cutting._CUTS))
        return MOST_ROWS // 100

    def test_unchanged_rows_go_first(self, tmp_path, room):
        quiet = tuple(ParamRow("params.yaml", f"q{index}", 1, 1, State.UNCHANGED) for index in range(room))
        changed = tuple(ParamRow("params.yaml", f"c{index}", 1, 2, State.CHANGED) for index in range(10))
        read = self.written(tmp_path, replace(better(), params=(*quiet, *changed)))
        assert read.params[-10:] == changed
        assert read.metrics == better().metrics
        left_out = f"{room + 10 - len(read.params)} rows are left out of all but report.html"
        assert left_out in read.notices[-1]
        assert left_out in (tmp_path / "reports/report.md").read_text()

    def test_the_longest_list_gives_way_to_the_others(self, tmp_path, room):
        rows = tuple(ParamRow("params.yaml", f"c{index}", 1, 2, State.CHANGED) for index in range(2 * room))
        read = self.written(tmp_path, replace(better(), params=rows))
        assert room // 2 < len(read.params) < room
        assert read.params == rows[: len(read.params)]
        assert (read.metrics, read.gates, read.verdict) == (better().metrics, better().gates, better().verdict)

    def test_values_that_are_too_many_together_are_cut(self, tmp_path, monkeypatch):
        monkeypatch.setattr(strict_json, "MOST_VALUES", 50_000)
        rows = tuple(metric(f"m{index}", 1, [0.5] * 1_000) for index in range(60))
        read = self.written(tmp_path, make_report(metrics=rows))
        assert [len(row.head) for row in read.metrics] == [100] * 60

    @pytest.mark.parametrize(
        "value",
        ["x" * 2_000_000, [0.5] * 300_000, {str(index): 1 for index in range(210_000)}],
        ids=["text", "list", "mapping"],
    )
    def test_a_value_that_is_too_long_is_cut(self, tmp_path, value):
        read = self.written(tmp_path, make_report(metrics=(metric("blob", 1, value), metric("acc", 0.5, 0.75))))
        assert read.metrics[1].delta == 0.25
        assert read.notices == (
            "The report is larger than a bundle may be: long texts, lists and sections are cut in all but report.html.",
        )

    def test_a_value_that_is_nested_too_deeply_is_cut(self, tmp_path):
        value: object = 1
        for _ in range(60):
            value = [value]
        read = self.written(tmp_path, make_report(metrics=(metric("nested", 1, value),)))
        assert "…" in str(read.metrics[0].head)

    def test_sections_beyond_the_last_are_left_out(self, tmp_path):
        read = self.written(tmp_path, make_report(sections=tuple(SectionText(str(n), "text") for n in range(150))))
        assert len(read.sections) == MOST_SECTIONS
        assert "sections are cut" in read.notices[0]

    def test_pictures_beyond_the_last_are_left_out(self, tmp_path):
        names = [f"images/{index}.png" for index in range(MOST_PICTURES + 10)]
        picture = tmp_path / "one.png"
        picture.write_bytes(png())
        report = make_report(plots=tuple(plot(name, image=name) for name in names))
        read = self.written(tmp_path, report, dict.fromkeys(names, picture))
        assert [row.image for row in read.plots] == [*names[:MOST_PICTURES], *[None] * 10]
        assert read.notices[0].startswith(
            "10 of the pictures are left out: a bundle holds 200 of at most 20,000,000 bytes"
        )

    def test_pictures_that_are_too_large_are_left_out(self, tmp_path):
        small, large = tmp_path / "small.png", tmp_path / "large.png"
        small.write_bytes(png())
        large.write_bytes(png())
        os.truncate(large, 21_000_000)
        report = make_report(plots=(plot("large"), plot("small")))
        read = self.written(tmp_path, report, {"images/large.png": large, "images/small.png": small})
        assert read.images == ("images/small.png",)

    def test_names_that_are_no_text_are_written_out(self, tmp_path):
        report = make_report(
            summary="acc of caf\udce9.json",
            metrics=(metric("k\ud800", 1, "v\udcff", file="caf\udce9.json"),),
            problems=(Problem("f\udce9", "caf\udce9", ProblemKind.MISSING, "m\udce9"),),
            verdict=Verdict.PASS,
        )
        read = self.written(tmp_path, report)
        assert (read.metrics[0].file, read.metrics[0].name, read.metrics[0].head) == (
            r"caf\xe9.json",
            r"k\ud800",
            r"v\xff",
        )
        assert r"caf\\xe9.json" in (tmp_path / "reports/report.md").read_text(encoding="utf-8")
