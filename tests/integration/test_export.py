"""Pictures from drawings, by a real browser and by vl-convert."""

import http.server
import json
import os
import signal
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from figure_factories import every_template, losses, make_image_plot, make_plot, make_spec, png
from PIL import Image

from reporter.figures import draw
from reporter.figures.palette import BASE_COLOUR, CANDIDATE_COLOURS
from reporter.model.drawing import PlotlyDrawing, VegaDrawing
from reporter.model.problem import ProblemKind
from reporter.model.rules import PlotsRule
from reporter.publish.browser import PLOTLY_JS, START_TIMEOUT, find_browser
from reporter.publish.export import ExportResult, PictureExporter, picture_name
from reporter.publish.plotly_browser import _CLOSE_TIMEOUT

NO_BROWSER = {"PATH": "/nonexistent", "HOME": "/nonexistent"}

VEGA = {
    "data": {"values": "<DVC_METRIC_DATA>"},
    "mark": "line",
    "encoding": {
        "x": {"field": "<DVC_METRIC_X>", "type": "quantitative"},
        "y": {"field": "<DVC_METRIC_Y>", "type": "quantitative"},
        "color": "<DVC_METRIC_COLOR>",
    },
}


def own_template(plot="own", vega=VEGA):
    spec = make_spec("own", x="step", y=("train",), plot=plot, vega=json.dumps(vega))
    return make_plot(spec, losses(1), losses(2))


def line(plot="loss"):
    return make_plot(make_spec("linear", x="step", y=("train",), plot=plot), losses(1), losses(2))


def drawings(*plots):
    return draw(plots, PlotsRule())


def open_picture(path):
    return Image.open(path).convert("RGB")


def share(image, colour):
    """The part of an image's pixels that are nearly of this colour (#rrggbb)."""
    wanted = np.array([int(colour[index : index + 2], 16) for index in (1, 3, 5)])
    near = np.abs(np.asarray(image, dtype=int) - wanted).max(axis=2) < 24
    return float(near.mean())


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Every template, an image and a template of the project's own: exported once."""
    folder = tmp_path_factory.mktemp("pictures")
    plots = (*every_template().values(), make_image_plot(png(), png(dot=(100, 100))), own_template())
    with PictureExporter(os.environ) as exporter:
        result = exporter.export(drawings(*plots), folder)
    return folder, result


def test_every_drawing_becomes_a_file(everything):
    folder, result = everything
    assert result.problems == ()
    assert result.notice == ""
    assert list(result.files) == [*every_template(), "plots/importance.png", "own"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(result.files.values())


@pytest.mark.parametrize("template", every_template())
def test_no_picture_is_blank_and_both_revisions_are_in_it(everything, template):
    folder, result = everything
    image = open_picture(folder / result.files[template])
    assert 1 - share(image, "#FFFFFF") > 0.01
    if not template.startswith("confusion"):
        assert share(image, BASE_COLOUR) > 0.0005
        assert share(image, CANDIDATE_COLOURS[0]) > 0.0005
    else:
        left, right = image.crop((0, 0, 500, image.height)), image.crop((760, 0, image.width, image.height))
        assert len(left.getcolors(1_000_000)) > 50
        assert len(right.getcolors(1_000_000)) > 50


def test_pictures_have_two_pixels_for_each_of_the_figures(everything):
    folder, result = everything
    assert open_picture(folder / result.files["linear"]).size == (1120, 720)


def test_a_template_of_the_project_becomes_a_picture_and_an_svg(everything):
    folder, result = everything
    image = open_picture(folder / result.files["own"])
    assert share(image, BASE_COLOUR) > 0.0005
    assert result.svgs["own"].startswith("<svg")


def test_without_a_browser_there_is_a_notice_and_what_needs_none_is_drawn(tmp_path):
    with PictureExporter(NO_BROWSER) as exporter:
        result = exporter.export(drawings(line(), make_image_plot(png(), png()), own_template()), tmp_path / "images")
    assert set(result.files) == {"plots/importance.png", "own"}
    assert result.problems == ()
    assert result.notice == (
        "Plots have no pictures, since no browser was found. To get them, "
        "install chromium-headless-shell, Chromium or Chrome, or run `plotly_get_chrome`."
    )


def test_without_a_browser_and_without_need_of_one_nothing_is_said(tmp_path):
    assert PictureExporter(NO_BROWSER).export(drawings(make_image_plot(png(), png())), tmp_path).notice == ""
    assert PictureExporter(NO_BROWSER).export((), tmp_path) == ExportResult()


def test_a_browser_path_that_names_nothing_is_said(tmp_path):
    exporter = PictureExporter({"BROWSER_PATH": "/nonexistent/chrome", "PATH": os.environ["PATH"]})
    assert "BROWSER_PATH names no program" in exporter.export(drawings(line()), tmp_path).notice


def test_a_browser_that_does_not_start_is_said(tmp_path):
    broken = tmp_path / "chrome"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with PictureExporter({"BROWSER_PATH": str(broken)}) as exporter:
        result = exporter.export(drawings(line(), make_image_plot(png(), png())), tmp_path / "images")
    assert set(result.files) == {"plots/importance.png"}
    assert result.notice.startswith("Plots have no pictures: chrome does not start")
    assert "\n" not in result.notice


def fake_browser(folder, script):
    """A program that is no browser; it notes the processes that it becomes in `folder`/pids."""
    path = folder / "chrome"
    path.write_text(f"#!/bin/sh\necho $$ >> {folder}/pids\n{script}\n")
    path.chmod(0o755)
    return path


def pids(folder):
    return [int(line) for line in (folder / "pids").read_text().split()]


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


HANGING = {
    "silent": "sleep 600",
    "deaf to SIGTERM, with children": f"trap '' TERM\n({sys.executable} -c 'import time; time.sleep(600)' & echo $! >> $(dirname $0)/pids)\nwhile :; do sleep 600; done",
    "chatty, but not in the language of browsers": "while echo hello >&4; do sleep 0.1; done",
    "answers with half a sentence": "printf '{' >&4; exec sleep 600",
}


@pytest.mark.parametrize("script", HANGING.values(), ids=HANGING)
def test_a_browser_that_hangs_at_its_start_is_tried_twice_and_costs_no_more_than_that(tmp_path, monkeypatch, script):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    browser = fake_browser(tmp_path, script)
    started = time.monotonic()
    with PictureExporter({"BROWSER_PATH": str(browser)}, start_timeout=0.6) as exporter:
        result = exporter.export(drawings(line(), make_image_plot(png(), png())), tmp_path / "images")
    assert time.monotonic() - started < 10
    assert set(result.files) == {"plots/importance.png"}
    assert result.notice.startswith("Plots have no pictures: chrome does not start: ")
    assert len(pids(tmp_path)) in {2, 4}
    assert not any(is_running(pid) for pid in pids(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"chrome", "pids", "images"}


def test_both_tries_together_take_less_than_twenty_seconds():
    assert 2 * START_TIMEOUT + 2 * _CLOSE_TIMEOUT <= 20


def test_a_browser_that_does_not_close_is_killed_with_all_its_processes(tmp_path):
    exporter = PictureExporter(os.environ)
    exporter.export(drawings(line()), tmp_path / "images")
    process = exporter._browser._opening.result().subprocess
    tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert len(tree) > 2, "a browser is several processes"
    process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    exporter.close()
    assert time.monotonic() - started < 4
    assert not psutil.wait_procs(tree, timeout=5)[1]


def test_a_browser_that_is_killed_takes_its_processes_with_it(tmp_path):
    with PictureExporter(os.environ) as exporter:
        exporter.export(drawings(line()), tmp_path / "images")
        process = exporter._browser._opening.result().subprocess
        tree = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert not psutil.wait_procs(tree, timeout=5)[1]


def test_no_images_means_no_file_and_no_browser_but_svgs_for_the_page(tmp_path):
    with PictureExporter(os.environ, images=False) as exporter:
        result = exporter.export(drawings(line(), own_template()), tmp_path / "images")
    assert (result.files, result.notice) == ({}, "")
    assert set(result.svgs) == {"own"}
    assert not (tmp_path / "images").exists()


def test_a_figure_that_fails_is_a_problem_and_the_others_are_drawn(tmp_path):
    good, worse = drawings(line("good"), line("worse"))
    broken = PlotlyDrawing("broken", "", "", lambda: {"data": "nothing that can be drawn"}, {})
    with PictureExporter(os.environ) as exporter:
        result = exporter.export((good, broken, worse), tmp_path)
    assert set(result.files) == {"good", "worse"}
    (problem,) = result.problems
    assert (problem.path, problem.kind) == ("broken", ProblemKind.PICTURE)
    assert "\n" not in problem.message


def test_a_figure_that_takes_too_long_is_a_problem_and_the_others_are_drawn(tmp_path):
    good, better = drawings(line("good"), line("better"))
    slow = PlotlyDrawing("slow", "", "", endless_figure, {})
    with PictureExporter(os.environ, figure_timeout=4) as exporter:
        result = exporter.export((good, slow, better), tmp_path)
    assert set(result.files) == {"good", "better"}
    assert [problem.message for problem in result.problems] == ["No picture of slow: not drawn within 4 seconds"]


def endless_figure():
    """So many labelled bars are minutes of work for plotly.js."""
    x = np.arange(100_000)
    return {"data": [{"type": "bar", "x": x, "y": x, "text": x, "textposition": "outside"}], "layout": {}}


def test_a_browser_that_dies_is_started_once_more(tmp_path):
    with PictureExporter(os.environ) as exporter:
        exporter.export(drawings(line("first")), tmp_path)
        process = exporter._browser._opening.result().subprocess
        process.kill()
        result = exporter.export(drawings(line("second"), line("third")), tmp_path)
    assert set(result.files) == {"second", "third"}
    assert result.problems == ()


def test_nothing_is_left_behind(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with PictureExporter(os.environ) as exporter:
        exporter.export(drawings(line()), tmp_path / "images")
        process = exporter._browser._opening.result().subprocess
    assert process.poll() is not None
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    assert capfd.readouterr() == ("", "")


def test_an_exporter_that_never_exports_ends_its_browser_too():
    exporter = PictureExporter(os.environ)
    exporter.start()
    exporter.close()
    exporter.close()
    assert not exporter._browser._thread.is_alive()


def test_starting_takes_no_time():
    exporter = PictureExporter(os.environ)
    started = time.perf_counter()
    exporter.start()
    assert time.perf_counter() - started < 0.2
    exporter.close()


def test_the_page_that_draws_loads_nothing_from_a_network():
    from kaleido import PageGenerator

    page = PageGenerator(plotly=PLOTLY_JS.as_uri(), mathjax=False).generate_index()
    assert "http" not in page
    assert PLOTLY_JS.as_uri() in page


def test_the_library_that_draws_pictures_is_of_the_version_plotly_brings():
    import plotly

    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    version = whole.read_text(encoding="utf-8")[:100].splitlines()[1].rsplit(" ", 1)[1]
    assert version in PLOTLY_JS.read_text(encoding="utf-8")[:100]


class Seen(http.server.BaseHTTPRequestHandler):
    """Remembers every path that was asked for."""

    paths: list[str] = []  # noqa: RUF012  one for the class is what is meant

    def do_GET(self):
        self.paths.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'[{"a": 1}]')

    def log_message(self, *_):
        """Nothing on standard error."""


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Seen) as listening:
        Seen.paths.clear()
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_template_can_fetch_neither_data_nor_images_nor_files(tmp_path, server):
    secret = tmp_path / "secret.json"
    secret.write_text('[{"a": "topsecret"}]')
    text = {"mark": "text", "encoding": {"text": {"field": "a"}}}
    specs = {
        "data": text | {"data": {"url": f"{server}/data.json"}},
        "file": text | {"data": {"url": secret.as_uri()}},
        "image": {
            "data": {"values": [{}]},
            "mark": {"type": "image", "url": f"{server}/i.png", "width": 9, "height": 9},
        },
        "href": {"data": {"values": [{}]}, "mark": {"type": "point", "href": f"{server}/link"}},
    }
    result = PictureExporter(NO_BROWSER).export(
        [VegaDrawing(name, name, "", spec) for name, spec in specs.items()], tmp_path / "images"
    )
    assert Seen.paths == []
    assert not any("topsecret" in svg or server in svg for svg in result.svgs.values())
    assert "data" in {problem.path for problem in result.problems}


def test_a_template_that_vega_refuses_is_a_problem_and_the_others_are_drawn(tmp_path):
    bad = VegaDrawing("bad", "bad", "", {"mark": "nothing that there is"})
    result = PictureExporter(NO_BROWSER).export((bad, *drawings(own_template())), tmp_path)
    assert set(result.files) == {"own"}
    (problem,) = result.problems
    assert problem.message.startswith("No picture of bad: the project's template cannot be drawn: ")


def test_a_plot_beyond_the_pictures_is_drawn_for_the_page_alone(tmp_path):
    result = PictureExporter(NO_BROWSER).export((), tmp_path / "images", drawings(own_template()))
    assert set(result.svgs) == {"own"}
    assert result.files == {}
    assert not (tmp_path / "images").exists()


def test_names_are_safe_and_different():
    assert picture_name("plots/roc.csv").startswith("plots-roc-csv-")
    ids = ["a/b", "a-b", "A-B", "../../etc/passwd", "ÄÖ", "", "x" * 500, "sub/dvc.yaml::ROC curve"]
    names = [picture_name(plot) for plot in ids]
    assert len(set(names)) == len(ids)
    assert all(len(name) < 80 and name.isascii() and "/" not in name and not name.startswith(".") for name in names)


def test_a_headless_shell_is_preferred_and_browser_path_rules(tmp_path):
    for name in ("chromium", "chromium-headless-shell", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": str(tmp_path)}
    assert find_browser(path) == tmp_path / "chromium-headless-shell"
    assert find_browser(path | {"BROWSER_PATH": str(tmp_path / "mine")}) == tmp_path / "mine"
    assert find_browser(path | {"BROWSER_PATH": str(tmp_path / "gone")}) is None
    (tmp_path / "chromium-headless-shell").unlink()
    assert find_browser(path) == tmp_path / "chromium"
    assert find_browser({}) is None


def test_the_browser_that_plotly_downloads_is_found(tmp_path):
    chrome = tmp_path / ".local" / "share" / "choreographer" / "deps" / "chrome-linux64" / "chrome"
    chrome.parent.mkdir(parents=True)
    chrome.write_text("#!/bin/sh\n")
    chrome.chmod(0o755)
    assert find_browser({"HOME": str(tmp_path), "PATH": "/nonexistent"}) == chrome


def test_an_image_is_written_as_it_was_drawn(everything):
    folder, result = everything
    (drawing,) = drawings(make_image_plot(png(), png(dot=(100, 100))))
    written = (folder / result.files["plots/importance.png"]).read_bytes()
    assert written == drawing.picture
    assert Image.open(BytesIO(written)).format == "PNG"
