"""A bundle is written whole or not at all, and read without trust."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from figure_factories import png
from report_factories import better, links, make_report, no_change, plot

from reporter.bundle import Bundle, read_bundle, read_failure, write_bundle, write_failure
from reporter.bundle import folder as bundle_folder
from reporter.codec.writer import report_to_json
from reporter.errors import BundleError, ReporterError, UsageError
from reporter.render.markdown.document import render_markdown

REPORT = make_report(plots=(plot("loss"), plot("roc", image=None)))


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "drawn.png"
    path.write_bytes(png())
    return path


@pytest.fixture
def bundle(picture):
    return Bundle(REPORT, {"images/loss.png": picture})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_holds_the_report_in_all_its_forms(tmp_path, bundle, picture):
    write_bundle(tmp_path / "reports", bundle, "<html>")
    assert contents(tmp_path / "reports") == {
        "report.json": report_to_json(REPORT).encode(),
        "report.md": render_markdown(REPORT, links(REPORT), whole="report.html").encode(),
        "report.html": b"<html>",
        "images/loss.png": picture.read_bytes(),
    }


def test_what_was_written_is_read_back(tmp_path, bundle):
    write_bundle(tmp_path / "deep/reports", bundle, "")
    read = read_bundle(tmp_path / "deep/reports")
    assert read.report == REPORT
    assert read.images == {"images/loss.png": tmp_path / "deep/reports/images/loss.png"}


def test_nothing_else_is_left_beside_the_bundle(tmp_path, bundle):
    write_bundle(tmp_path / "out/reports", bundle, "")
    write_bundle(tmp_path / "out/reports", bundle, "")
    assert os.listdir(tmp_path / "out") == ["reports"]  # noqa: PTH208  hidden files too


def test_an_older_bundle_is_replaced_whole(tmp_path, bundle):
    write_bundle(tmp_path / "reports", bundle, "old")
    write_bundle(tmp_path / "reports", Bundle(no_change()), "new")
    assert "images/loss.png" not in contents(tmp_path / "reports")
    assert read_bundle(tmp_path / "reports").report == no_change()


def test_the_empty_folder_one_stands_in_may_become_the_bundle(tmp_path, bundle, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_bundle(Path(), bundle, "")
    assert read_bundle(tmp_path / "here").report == REPORT


def test_a_picture_that_cannot_be_copied_leaves_the_old_bundle_as_it_was(tmp_path, bundle):
    write_bundle(tmp_path / "reports", bundle, "old")
    before = contents(tmp_path / "reports")
    with pytest.raises(UsageError, match="cannot be written"):
        write_bundle(tmp_path / "reports", Bundle(REPORT, {"images/loss.png": tmp_path / "gone.png"}), "new")
    assert contents(tmp_path / "reports") == before


def test_an_interrupted_swap_puts_the_old_bundle_back(tmp_path, bundle, monkeypatch):
    write_bundle(tmp_path / "reports", bundle, "old")
    rename = Path.rename

    def failing_for_the_fresh_one(self, target):
        if self.name == "fresh":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(bundle_folder.Path, "rename", failing_for_the_fresh_one)
    with pytest.raises(UsageError, match="No space left on device"):
        write_bundle(tmp_path / "reports", bundle, "new")
    assert (tmp_path / "reports/report.html").read_text() == "old"


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path, bundle):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"holds no report\.json") as caught:
        write_bundle(tmp_path / "thesis", bundle, "")
    assert "--out" in caught.value.hint
    assert contents(tmp_path / "thesis") == {"chapter.tex": b"years of work"}


def test_a_link_to_somewhere_else_is_not_replaced(tmp_path, bundle):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "reports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not a folder"):
        write_bundle(tmp_path / "reports", bundle, "")


def test_a_name_that_no_file_system_takes_is_not_written_to(tmp_path, bundle):
    with pytest.raises(UsageError, match="cannot be"):
        write_bundle(tmp_path / ("x" * 300), bundle, "")


def test_no_bundle_at_all_is_one_clear_line(tmp_path):
    with pytest.raises(BundleError, match="There is no bundle") as caught:
        read_bundle(tmp_path / "reports")
    assert "reporter report" in caught.value.hint


def test_a_folder_without_its_report_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match=r"report\.json cannot be read"):
        read_bundle(tmp_path)


def test_a_report_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "report.json").write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match="not UTF-8"):
        read_bundle(tmp_path)


class TestAReasonInThePlaceOfAReport:
    REASON = ReporterError("the stage “a\nb\udc80” failed", "The log says why.")

    def test_is_read_back_as_two_lines(self, tmp_path):
        write_failure(tmp_path / "reports", self.REASON)
        assert contents(tmp_path / "reports") == {
            "failure.txt": "the stage “a b?” failed\nThe log says why.\n".encode()
        }
        read = read_failure(tmp_path / "reports")
        assert (read.message, read.hint) == ("the stage “a b?” failed", "The log says why.")

    def test_and_a_report_take_each_other_s_place(self, tmp_path, bundle):
        write_bundle(tmp_path / "reports", bundle, "")
        write_failure(tmp_path / "reports", self.REASON)
        assert contents(tmp_path / "reports").keys() == {"failure.txt"}
        write_bundle(tmp_path / "reports", bundle, "")
        assert read_failure(tmp_path / "reports") is None
        assert read_bundle(tmp_path / "reports").report == REPORT

    def test_takes_the_place_of_nothing_else(self, tmp_path):
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis/chapter.tex").write_text("years of work")
        with pytest.raises(UsageError, match=r"holds no report\.json"):
            write_failure(tmp_path / "thesis", self.REASON)

    def test_is_what_reading_the_report_says(self, tmp_path):
        write_failure(tmp_path, self.REASON)
        with pytest.raises(BundleError, match=r"There is no report in .*: the stage") as caught:
            read_bundle(tmp_path)
        assert caught.value.hint == "The log says why."

    @pytest.mark.parametrize("content", [b"\xff", b"x" * 20_001], ids=["no text", "long"])
    def test_of_a_stranger_is_bounded_text(self, tmp_path, content):
        (tmp_path / "failure.txt").write_bytes(content)
        with pytest.raises(BundleError, match=r"failure\.txt"):
            read_failure(tmp_path)

    def test_of_a_stranger_is_no_link_and_its_lines_are_bounded(self, tmp_path):
        (tmp_path / "secret").write_text("s3cret")
        (tmp_path / "failure.txt").symlink_to(tmp_path / "secret")
        with pytest.raises(BundleError, match=r"failure\.txt"):
            read_failure(tmp_path)
        (tmp_path / "failure.txt").unlink()
        (tmp_path / "failure.txt").write_text("x" * 5_000)
        assert len(read_failure(tmp_path).message) == 2_000


class TestAStrangersBundle:
    @pytest.fixture
    def folder(self, tmp_path, bundle):
        write_bundle(tmp_path / "reports", bundle, "")
        return tmp_path / "reports"

    def test_a_missing_picture_is_absent(self, folder):
        (folder / "images/loss.png").unlink()
        assert read_bundle(folder).images == {}

    def test_a_picture_nobody_names_is_ignored(self, folder):
        (folder / "images/extra.png").write_bytes(b"anything")
        assert set(read_bundle(folder).images) == {"images/loss.png"}

    def test_a_picture_that_is_a_link_is_refused(self, folder, tmp_path):
        (tmp_path / "secret.png").write_bytes(png())
        (folder / "images/loss.png").unlink()
        (folder / "images/loss.png").symlink_to(tmp_path / "secret.png")
        with pytest.raises(BundleError, match=r"loss\.png cannot be read"):
            read_bundle(folder)

    def test_a_folder_of_pictures_that_is_a_link_is_refused(self, folder, tmp_path):
        (folder / "images").rename(tmp_path / "images")
        (folder / "images").symlink_to(tmp_path / "images")
        with pytest.raises(BundleError, match="images is a symbolic link"):
            read_bundle(folder)

    def test_a_report_that_is_a_link_is_refused(self, folder, tmp_path):
        (folder / "report.json").rename(tmp_path / "report.json")
        (folder / "report.json").symlink_to(tmp_path / "report.json")
        with pytest.raises(BundleError, match=r"report\.json cannot be read"):
            read_bundle(folder)

    def test_a_pipe_does_not_keep_anybody_waiting(self, folder):
        (folder / "images/loss.png").unlink()
        os.mkfifo(folder / "images/loss.png")
        with pytest.raises(BundleError, match="no regular file"):
            read_bundle(folder)

    def test_what_is_called_a_picture_must_be_one(self, folder):
        (folder / "images/loss.png").write_text("<svg onload=alert(1)>")
        with pytest.raises(BundleError, match="not a PNG picture"):
            read_bundle(folder)

    def test_a_picture_of_gigabytes_is_not_read(self, folder):
        with (folder / "images/loss.png").open("r+b") as file:
            file.truncate(3_000_000_000)
        with pytest.raises(BundleError, match="at most 20,000,000 bytes"):
            read_bundle(folder)

    def test_more_pictures_than_any_report_has_are_refused(self, folder):
        document = json.loads((folder / "report.json").read_text())
        document["plots"] = [{**document["plots"][0], "image": f"images/{index}.png"} for index in range(201)]
        (folder / "report.json").write_text(json.dumps(document))
        with pytest.raises(BundleError, match="more than 200 pictures"):
            read_bundle(folder)


def test_a_real_report_goes_through(tmp_path):
    write_bundle(tmp_path / "reports", Bundle(better()), "")
    assert read_bundle(tmp_path / "reports").report == better()
