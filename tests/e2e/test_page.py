"""report.html in a real browser, opened from the disk as a reader would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import plotly
import pytest
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from report_factories import better, flight_charts, metric, plot

from reporter.render.html.page import render_page

pytestmark = pytest.mark.xdist_group("page")  # one worker: one browser and one page for all

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
A4_BETWEEN_MARGINS = 717
"""CSS pixels between the margins that a browser leaves."""
PLOTLY_JS = Path(plotly.__file__).parent / "package_data/plotly.min.js"


@dataclass
class Opened:
    """A page with everything that went wrong in it."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"These tests need a browser: install one of {', '.join(BROWSERS)}"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def plotly_js() -> str:
    return PLOTLY_JS.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report_html(tmp_path_factory, plotly_js) -> Path:
    path = tmp_path_factory.mktemp("reports") / "report.html"
    path.write_text(render_page(better(), flight_charts(), plotly_js), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tables_html(tmp_path_factory) -> Path:
    """The same without plots, for what tables do."""
    path = tmp_path_factory.mktemp("tables") / "report.html"
    path.write_text(render_page(better(), (), None), encoding="utf-8")
    return path


@pytest.fixture
def open_page(browser):
    """Opens a file in a window of its own; afterwards nothing may have complained or asked for the network."""
    opened = []

    def open_(path: Path, **window: object) -> Page:
        page = browser.new_page(**window)
        one = Opened(page)
        opened.append(one)
        page.on("console", lambda message: one.complaints.append(message.text))
        page.on("pageerror", lambda error: one.complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith("http") and one.complaints.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_
    for one in opened:
        one.page.close()
        assert one.complaints == []


def column(page: Page, table: str, index: int) -> list[str]:
    cells = page.locator(f"#{table}-table tbody tr:visible > :nth-child({index})")
    return [text.strip() for text in cells.all_inner_texts()]


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def scroll_through(page: Page) -> None:
    for place in page.locator(".plot").all():
        place.scroll_into_view_if_needed()
        place.locator(".main-svg").first.wait_for()


def test_every_plot_is_drawn_when_it_comes_into_view(open_page, report_html):
    page = open_page(report_html)
    scroll_through(page)
    assert page.locator(".plot .main-svg").count() >= len(flight_charts())
    assert page.locator("#plots figcaption").first.inner_text() == "ROC curve"


def test_plots_far_below_wait_until_they_are_needed(open_page, report_html):
    page = open_page(report_html, viewport={"width": 390, "height": 600})
    page.wait_for_timeout(300)
    assert page.locator(".plot .main-svg").count() == 0


def test_a_value_is_told_when_hovered(open_page, report_html):
    page = open_page(report_html)
    place = page.locator("figure", has_text="Confusion matrix").locator(".plot")
    place.scroll_into_view_if_needed()
    place.locator(".main-svg").first.wait_for()
    box = place.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    label = place.locator(".hoverlayer .hovertext").first
    label.wait_for()
    assert "main" in label.text_content()


def test_nothing_of_a_plot_can_be_sent_away(open_page, report_html):
    """plotly.js 4 has a button that uploads a chart to Plotly's cloud, unless it is told not to."""
    page = open_page(report_html)
    left: list[str] = []
    page.context.on("page", lambda popup: left.append(popup.url))
    page.on("framenavigated", lambda frame: left.append(frame.url))
    scroll_through(page)
    titles = page.locator(".modebar [data-title]").evaluate_all("all => all.map((one) => one.dataset.title)")
    assert set(titles) == {"Zoom", "Pan", "Zoom in", "Zoom out", "Autoscale", "Reset axes", "Download plot as a PNG"}
    assert page.locator(".modebar a").count() == 0
    for button in page.locator(".modebar button").all():
        button.dispatch_event("click")
    page.wait_for_timeout(300)
    assert left == []
    assert page.locator("[class*=cloud]").count() == 0
    addresses = "all => all.map((plot) => [plot._context.showSendToCloud, plot._context.plotlyServerURL])"
    assert page.locator(".js-plotly-plot").evaluate_all(addresses) == [[False, ""]] * len(flight_charts())


def test_a_plots_tools_are_one_stop_of_the_tab_key_and_arrows_go_between_them(open_page, report_html):
    page = open_page(report_html, color_scheme="dark")
    scroll_through(page)
    assert page.locator(".plot [tabindex='0']").count() == len(flight_charts())
    tools = page.get_by_role("toolbar", name="Tools of ROC curve").get_by_role("button")
    tools.first.focus()
    page.keyboard.press("ArrowRight")
    assert tools.nth(1).evaluate("button => button === document.activeElement")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert tools.last.evaluate("button => button === document.activeElement")
    assert page.locator(".plot [tabindex='0']").count() == len(flight_charts())


def test_a_plot_is_told_in_words_to_who_cannot_see_it(open_page, report_html):
    page = open_page(report_html)
    scroll_through(page)
    figure = page.get_by_role("figure", name="ROC curve").aria_snapshot()
    assert 'paragraph: "ROC curve: main and deeper-trees, two lines each"' in figure
    assert "0.2" not in figure, "no number of the axes"


def test_a_table_sorts_by_number_both_ways_with_the_keyboard(open_page, tables_html):
    page = open_page(tables_html)
    heading = page.locator("#metrics-table thead th", has_text="main")
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, "metrics", 2) == ["0.4969", "0.5", "0.5975", "0.6186", "0.6675", "800"]
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, "metrics", 2)[0] == "800"


def test_a_third_click_gives_the_first_order_back(open_page, tables_html):
    page = open_page(tables_html)
    as_written = column(page, "metrics", 1)
    heading = page.locator("#metrics-table thead th", has_text="main")
    assert heading.get_attribute("aria-sort") == "none"
    for _ in range(3):
        heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "none"
    assert column(page, "metrics", 1) == as_written


def test_the_arrows_of_sorting_are_neither_read_out_nor_printed(open_page, tables_html):
    page = open_page(tables_html)
    heading = page.locator("#metrics-table thead").get_by_role("button", name="main", exact=True)
    heading.click()
    assert heading.evaluate("it => getComputedStyle(it, '::after').display") != "none"
    page.emulate_media(media="print")
    assert heading.evaluate("it => getComputedStyle(it, '::after').display") == "none"


@pytest.mark.parametrize(("typed", "found"), [("-0.012", ["log_loss"]), ("83214", ["rows"]), ("83,2", ["rows"])])
def test_a_number_is_found_as_it_is_typed(open_page, tmp_path, typed, found):
    report = replace(better(), metrics=(*better().metrics, metric("rows", 83_000, 83_214)))
    (tmp_path / "report.html").write_text(render_page(report, (), None), encoding="utf-8")
    page = open_page(tmp_path / "report.html")
    page.locator("[data-for=metrics-table] input[type=search]").fill(typed)
    assert column(page, "metrics", 1) == found


def test_a_table_is_filtered_by_text_and_says_how_many_are_left(open_page, tables_html):
    page = open_page(tables_html)
    page.locator("[data-for=metrics-table] input[type=search]").fill("ROC")
    assert column(page, "metrics", 1) == ["roc_auc"]
    assert page.locator("[data-for=metrics-table] [role=status]").inner_text() == "1 of 6 rows"


def test_only_differences_can_be_shown(open_page, tables_html):
    page = open_page(tables_html)
    page.get_by_label("only differences").first.check()
    assert column(page, "metrics", 1) == ["roc_auc", "f1", "log_loss", "accuracy"]


def test_it_follows_the_system_into_the_dark_and_the_reader_may_choose(open_page, report_html):
    page = open_page(report_html, color_scheme="dark")
    assert background(page) == "rgb(13, 17, 23)"
    page.locator(".plot").first.scroll_into_view_if_needed()
    tick = page.locator(".plot .xtick text").first
    tick.wait_for()
    assert "rgb(230, 237, 243)" in tick.get_attribute("style")
    page.get_by_role("button", name="Theme").click()
    assert background(page) == "rgb(255, 255, 255)"
    page.wait_for_function(
        "document.querySelector('.plot .xtick text').getAttribute('style').includes('rgb(31, 35, 40)')"
    )


def test_a_phone_never_scrolls_the_page_sideways(open_page, report_html):
    page = open_page(report_html, viewport={"width": 390, "height": 844})
    scroll_through(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_phone_shows_all_of_the_first_tables(open_page, tables_html):
    page = open_page(tables_html, viewport={"width": 390, "height": 844})
    for table in ("headline", "gates", "causes"):
        assert page.locator(f"#{table} .scroll").evaluate("box => box.scrollWidth <= box.clientWidth"), table
    cells = page.locator("#headline-table tbody tr").first.locator("th, td")
    texts = [text.replace("\N{NO-BREAK SPACE}", " ") for text in cells.all_inner_texts()]
    assert texts == ["roc_auc", "0.6186", "0.6454", "+0.027", "+4.3 %", "+0.016 to +0.038", "better"]
    name, outcome = cells.first.bounding_box(), cells.last.bounding_box()
    assert abs(name["y"] - outcome["y"]) < 5, "the outcome stands beside the name"


def test_a_table_that_a_phone_scrolls_keeps_its_first_column(open_page, tables_html):
    page = open_page(tables_html, viewport={"width": 390, "height": 844})
    name = page.locator("#metrics-table tbody th").first
    before = name.bounding_box()["x"]
    page.locator("#metrics .scroll").evaluate("box => { box.scrollLeft = 100; }")
    assert name.bounding_box()["x"] == before


def test_without_scripts_it_is_read_all_the_same_and_says_what_is_missing(open_page, report_html):
    page = open_page(report_html, java_script_enabled=False)
    assert page.locator("noscript p").is_visible()
    assert page.get_by_text("ROC curve: main and deeper-trees, two lines each").is_visible()
    assert column(page, "metrics", 1)[0] == "roc_auc"
    for useless in page.locator(".plot, .tools, #theme").all():
        assert not useless.is_visible()


def test_paper_gets_every_plot_in_the_colours_of_paper(open_page, report_html):
    page = open_page(report_html, viewport={"width": 390, "height": 600}, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(f"document.querySelectorAll('.plot .main-svg').length >= {len(flight_charts())}")
    assert background(page) == "rgb(255, 255, 255)"
    assert "rgb(31, 35, 40)" in page.locator(".plot .xtick text").first.get_attribute("style")


def test_the_widest_table_is_whole_on_paper(open_page, tmp_path):
    first, *others = better().metrics
    report = replace(
        better(), metrics=(replace(first, method="DeLong, n = 83,214"), *others)
    )  # two: a column of methods
    path = tmp_path / "report.html"
    path.write_text(render_page(report, (), None), encoding="utf-8")
    page = open_page(path, viewport={"width": A4_BETWEEN_MARGINS, "height": 1000})
    page.emulate_media(media="print")
    assert page.locator("#metrics-table thead th").last.inner_text() == "Method"
    assert page.evaluate("document.documentElement.scrollWidth") == A4_BETWEEN_MARGINS


def test_the_policy_stops_a_script_that_is_not_the_reports_own(browser, report_html, tmp_path):
    edited = tmp_path / "edited.html"
    text = report_html.read_text(encoding="utf-8").replace("<main", "<script>window.owned = true</script><main", 1)
    edited.write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto(edited.as_uri())
    assert page.evaluate("window.owned") is None
    page.close()


def seconds_used(session: CDPSession) -> float:
    """Processor time of the page's main thread since the session began."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "ThreadTime")


def test_it_opens_within_two_seconds_with_300_metrics_and_20_plots(open_page, tables_html, plotly_js, tmp_path):
    """In seconds of the processor, which depend less than the clock on what else the machine does."""
    rows = tuple(metric(f"class_{index:03d}.recall", 0.5, 0.5 + index % 7 / 100) for index in range(300))
    charts = flight_charts() * 4
    report = replace(better(), metrics=rows, plots=tuple(plot(str(index)) for index in range(len(charts))))
    path = tmp_path / "report.html"
    path.write_text(render_page(report, charts, plotly_js), encoding="utf-8")
    page = open_page(tables_html, viewport={"width": 1280, "height": 900})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    assert 0 < seconds_used(session) < 2, "it can be read"
    page.locator(".plot").first.scroll_into_view_if_needed()
    page.locator(".plot .main-svg").first.wait_for()
    assert seconds_used(session) < 4, "and the first plots are there, on a machine as busy as that of a test"
