"""The report as one HTML page that works offline: everything it needs is inside, and its policy lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, assert_never

from reporter.model.comparison import State
from reporter.model.problem import Problem
from reporter.model.report import AnyReport, Report, Reports
from reporter.model.revision import Revision
from reporter.render import tables, wording
from reporter.render.escape import safe_url, visible
from reporter.render.html.chart import Caption, Chart, PlotlyChart, PngChart, SvgChart
from reporter.render.html.rows import column_class, note_text, sentence, table_rows
from reporter.render.team_text import team_html

if TYPE_CHECKING:
    from jinja2 import Template

_NOTHING = {"doubts": (), "has_other_problems": False, "charts": (), "tables": (), "sections": (), "pages": ()}
"""Of what the page of several reports lacks, or that of one."""
_SCRIPT_END = re.compile(r"<(?=/script|script|!--)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageChart:
    """A chart as the template shows it: either a figure's JSON or an image's address."""

    caption: Caption
    state: str
    figure_json: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A problem as a box above the numbers: where, what is wrong, and what to do."""

    where: str
    subject: str
    message: str
    hint: str


@cache
def page_template() -> Template:
    """The page's template. Compiling it takes as long as rendering a small report: it can be asked for ahead of time."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reporter.render.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters |= {"sentence": sentence, "note_text": note_text}
    environment.filters |= {"table_rows": table_rows, "column_class": column_class}
    return environment.get_template("page.html")


def render_page(
    report: Report, charts: Sequence[Chart], plotly_js: str | None, pictures: Mapping[str, bytes] | None = None
) -> str:
    """The whole of report.html. `pictures` are the PNGs of the team's own sections, by their names in the bundle.

    `plotly_js` is the text of plotly.min.js, put in once; None where no chart needs it: a plotly chart then says that it
    cannot be drawn. Pictures are inside as `data:` addresses. The scripts in the page are allowed by their hashes alone.
    """
    has_figures = any(isinstance(chart, PlotlyChart) for chart in charts)
    addresses = {name: _data_address("image/png", content) for name, content in (pictures or {}).items()}
    return _render(
        report,
        plotly_js=plotly_js if has_figures else None,
        doubts=[_doubt(problem, revisions) for problem, revisions in wording.once(wording.doubts(report))],
        has_other_problems=len(report.problems) > len(wording.doubts(report)),
        has_metrics=bool(report.metrics),
        opening=tables.opening_tables(report),
        charts=[_page_chart(chart) for chart in charts],
        tables=tables.detail_tables(report),
        sections=[(section.title, team_html(section, addresses)) for section in report.sections],
    )


def render_index(reports: Reports, pages: Mapping[str, str]) -> str:
    """The page of several reports: what became of each. `pages`: a report's project → the address of its own page."""
    in_order = wording.worst_first(reports)
    return _render(
        reports,
        has_metrics=True,
        opening=[tables.reports(in_order)],
        pages=[(each.project, pages[each.project]) for each in in_order if each.project in pages],
    )


def _render(report: AnyReport, *, plotly_js: str | None = None, **content: Any) -> str:
    """The page of a report; its parts that `content` does not name are empty."""
    plotly = script_safe(plotly_js) if plotly_js else ""
    script = script_safe(_resource("page.js"))
    return page_template().render(
        report=report,
        tone=wording.verdict_tone(report),
        base=_side(report.base, report) if report.base else None,
        head=_side(report.head, report),
        log=safe_url(report.run.url),
        policy=_policy([script, plotly] if plotly else [script]),
        style=_resource("page.css"),
        script=script,
        plotly=plotly,
        **(_NOTHING | content),
    )


def script_safe(text: str) -> str:
    """JavaScript that cannot end its own element: `<` of `</script`, `<script` and `<!--` becomes its escape.

    Sound wherever these stand in a string, a template or a regular expression, the only places where minified code has them.
    Line ends are normalised as the HTML parser does, so that the hash in the policy is that of the text it sees.
    """
    return _SCRIPT_END.sub(r"\\x3C", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))


def _policy(scripts: Sequence[str]) -> str:
    hashes = " ".join(f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _page_chart(chart: Chart) -> PageChart:
    state = wording.state_sign(chart.caption.state).word if chart.caption.state is not State.CHANGED else ""
    match chart:
        case PlotlyChart():
            return PageChart(chart.caption, state, figure_json=chart.figure_json.replace("<", "\\u003c"))
        case SvgChart():
            return PageChart(
                chart.caption, state, image=_data_address("image/svg+xml", chart.svg.encode("utf-8", "replace"))
            )
        case PngChart():
            return PageChart(chart.caption, state, image=_data_address("image/png", chart.png))
        case _:
            assert_never(chart)


def _data_address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{_base64(content)}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _side(revision: Revision, report: AnyReport) -> wording.Side:
    side = wording.side(revision, report)
    return replace(side, address=safe_url(side.address))


def _doubt(problem: Problem, revisions: Sequence[str]) -> Doubt:
    message, hint = wording.ended(problem.message), wording.sentence(problem.hint)
    return Doubt(", ".join(revisions), wording.subject(problem), message, hint)


def _resource(name: str) -> str:
    return resources.files("reporter.render.html").joinpath("templates", name).read_text(encoding="utf-8")
