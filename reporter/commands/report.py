"""`reporter report`: read two revisions, compare, judge, draw, and put it all into a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, assert_never

from reporter.assemble import assemble
from reporter.bundle import Bundle
from reporter.collect.snapshots import ReadParams, Wanted
from reporter.commands.rules_in_force import RulesInForce, rules_in_force
from reporter.commands.sections import read_sections
from reporter.compare import compare, untested, with_history
from reporter.errors import UnreadableCandidateError
from reporter.figures import draw, select_pictures
from reporter.figures.encode import figure_json
from reporter.judge import has_earlier_metrics, judge
from reporter.model.ci import CiContext
from reporter.model.comparison import Comparison
from reporter.model.drawing import Drawing, ImageDrawing, PlotlyDrawing, VegaDrawing
from reporter.model.history import PastRun
from reporter.model.problem import ProblemKind
from reporter.model.report import PlotRow, RunInfo
from reporter.model.revision import WORKSPACE, Policy, Revision
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot
from reporter.publish.export import ExportResult
from reporter.publish.rasterise import rasterised
from reporter.render.html.chart import Caption, Chart, PlotlyChart, PngChart, SvgChart
from reporter.render.html.page import render_page
from reporter.settings import CONFIG_NAME

Say = Callable[[str], None]
"""Tells the user what is going on, on standard error."""


class Source(Protocol):
    """Where revisions come from: a DVC project."""

    @property
    def folder(self) -> str:
        """POSIX path of the project from the top of the repository; empty for the top."""
        ...

    def resolve_head(self, head: str | None) -> Revision:
        """The candidate; None and `workspace` are the work tree. Raises ProjectError for an unknown name."""
        ...

    def resolve_base(
        self, base: str | None, head: Revision, policy: Policy, ci: CiContext | None, default: str | None
    ) -> Revision | None:
        """What `head` is compared with; None where nothing comes before it. `default` is reporter.yaml's `base`. Raises ProjectError."""
        ...

    def snapshots(self, candidates: Sequence[Revision], base: Revision | None, wanted: Wanted) -> Iterator[Snapshot]:
        """One for each candidate, in their order, then the baseline's, each when it has been read. What the candidates' plots are drawn
        from is read in the baseline too.
        """
        ...

    def params(self, revision: Revision, names: Mapping[str, tuple[str, ...]]) -> ReadParams:
        """Params of files that the revision has, whether or not it tracks them; by file the dotted names, none for all."""
        ...

    def history(self, base: Revision, files: Sequence[str]) -> Mapping[str, Sequence[PastRun]]:
        """Earlier runs of metrics files on the way to `base`, by path, oldest first; `base`'s own is the last."""
        ...

    def read_text(self, revision: Revision, path: str) -> str | None:
        """Text of a file of the revision, by its POSIX path from the project's root; None where there is none. Raises ProjectError."""
        ...

    def read_files(self, revision: Revision, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Content of files of the revision by path, whether git has them or DVC; those that it lacks are left out."""
        ...


class Exporter(Protocol):
    """Turns drawings into picture files."""

    def export(self, drawings: Sequence[Drawing], folder: Path, page_only: Sequence[Drawing] = ()) -> ExportResult:
        """Write a PNG of each drawing into `folder`; of `page_only` make just the SVGs that the page shows.

        What cannot be drawn is a problem of the result. Raises OSError where the folder cannot be written.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What the user asked for."""

    base: str | None = None
    heads: tuple[str, ...] = (WORKSPACE,)
    """The candidates; the first one's verdict is the report's."""
    policy: Policy = Policy.MERGE_BASE
    config: str = CONFIG_NAME
    """The configuration's path from the project's root."""
    judged_by_base: bool = False
    """Take the gates from the baseline's reporter.yaml: the change must not loosen its own."""
    notices: tuple[str, ...] = ()
    """What the report says before its other notices."""


@dataclass(frozen=True, slots=True, eq=False)
class MadeReport:
    """A report, complete and in memory but for its pictures' files."""

    bundle: Bundle
    page: str
    """report.html."""
    failure: UnreadableCandidateError | None = None
    """Why it does not do what was asked, once it is written: no metric of the candidate can be read."""


def make_report(
    request: ReportRequest,
    source: Source,
    exporter: Exporter,
    rules: Rules,
    context: CiContext | None,
    run: RunInfo,
    pictures: Path,
    plotly_js: str,
    say: Say,
) -> MadeReport:
    """Make the whole report. Picture files are written into the folder `pictures`; nothing else is written.

    `plotly_js` is the text of the library that draws the page's plots.

    Raises ReporterError where git, DVC or the storage cannot give what a report needs at least.
    """
    heads = tuple(dict.fromkeys(map(source.resolve_head, request.heads)))
    head = heads[0]
    base = source.resolve_base(request.base, head, request.policy, context, rules.base)
    in_force = _rules_in_force(request, source, base, head, context, rules)
    rules = in_force.rules
    baseline, snapshots = _collect(source, base, heads, rules, say)
    notices = (
        *request.notices,
        *in_force.notices,
        *_with_itself(base, head),
        *(baseline.notes if baseline else ()),
        *dict.fromkeys(note for snapshot in snapshots for note in snapshot.notes),
    )
    comparison = _in_history(compare(baseline, snapshots, rules), source, rules)
    judgements = [
        judge(
            candidate,
            rules,
            has_base=has_earlier_metrics(baseline, snapshot),
            problems=comparison.problems,
            obstacle=in_force.obstacle,
            lost=in_force.lost or (baseline.lost if baseline else ""),
        )
        for candidate, snapshot in zip(comparison.candidates, snapshots, strict=True)
    ]
    drawings = draw(rasterised(comparison.plots), rules.plots)
    chosen = select_pictures(drawings, comparison.plots, rules.plots.max_images)
    say(f"Drawing {len(drawings)} {'plot' if len(drawings) == 1 else 'plots'}")
    exported = exporter.export(chosen, pictures, [drawing for drawing in drawings if drawing not in chosen])
    sections = read_sections(rules.sections, partial(source.read_files, head), head.label)
    report = assemble(
        comparison,
        judgements,
        drawings,
        exported.files,
        rules,
        run,
        notices=notices,
        problems=(*exported.problems, *sections.problems),
        sections=sections.texts,
        project=source.folder,
    )
    files = {f"images/{name}": pictures / name for name in exported.files.values()} | sections.write(pictures)
    charts = _charts(drawings, report.every_plot, exported)
    page = render_page(report, charts, plotly_js, sections.pictures)
    is_cut = len(chosen) < sum(not drawing.is_empty for drawing in drawings)
    report = replace(report, notices=(*notices, *_missing_pictures(exported, len(drawings), is_cut=is_cut)))
    return MadeReport(Bundle(report=report, images=files), page, _nothing_is_known(snapshots[0]))


def _with_itself(base: Revision | None, head: Revision) -> tuple[str, ...]:
    """That a candidate which the branch already contains meets itself at the merge-base."""
    if base is None or not base.behind or base.sha != head.sha or head.dirty:
        return ()
    return (
        f"{base.label} contains {head.label}, which is so compared with itself; `--policy tip` takes its newest commit.",
    )


def _missing_pictures(exported: ExportResult, drawings: int, *, is_cut: bool) -> tuple[str, ...]:
    """A notice of what report.md lacks. It comes after the page, which needs no pictures: it has the plots themselves."""
    if exported.notice:
        return (exported.notice,)
    if is_cut:
        return (f"{len(exported.files)} of {drawings} plots have a picture; report.html has them all.",)
    return ()


def _collect(
    source: Source, base: Revision | None, heads: Sequence[Revision], rules: Rules, say: Say
) -> tuple[Snapshot | None, Sequence[Snapshot]]:
    wanted = Wanted(
        plots_exclude=rules.plots.exclude,
        predictions=tuple(dict.fromkeys(rule.path for rule in rules.predictions)),
    )
    reading = source.snapshots(heads, base, wanted)
    snapshots: list[Snapshot] = []
    for head in heads:
        say(f"Reading {head.label}")
        snapshots.append(next(reading))
    if base is None:
        return None, snapshots
    say(f"Reading {base.label}")
    baseline = next(reading)
    return baseline, [_with_params_of(baseline, snapshot, source) for snapshot in snapshots]


def _with_params_of(baseline: Snapshot, candidate: Snapshot, source: Source) -> Snapshot:
    """The candidate with the params that the baseline shows and it no longer tracks: they may well have their values still."""
    unread = {path for path, file in candidate.params.items() if file.problem}
    more = {
        path: names
        for path, names in baseline.param_names.items()
        if candidate.param_names.get(path) != names and path not in unread
    }
    if not more:
        return candidate
    params, problems = source.params(candidate.revision, more)
    return replace(candidate, params={**candidate.params, **params}, problems=(*candidate.problems, *problems))


def _in_history(comparison: Comparison, source: Source, rules: Rules) -> Comparison:
    """Where no test exists, what the base branch has seen before is read, and nothing where one does."""
    base, candidates = comparison.base, comparison.candidates
    files = tuple(dict.fromkeys(row.file for candidate in candidates for row in untested(candidate, rules)))
    if base is None or not files:
        return comparison
    runs = source.history(base, files)
    told = (with_history(candidate, rules, runs, base.label) for candidate in candidates)
    return replace(comparison, candidates=tuple(told))


def _nothing_is_known(candidate: Snapshot) -> UnreadableCandidateError | None:
    """Why no metric of a candidate that has some can be read: its report holds params, data and stages, but not what was asked.

    Metrics that nobody has yet (never run, never pulled) are no error; one file of several is `unavailable` in the report.
    """
    problems = [file.problem for file in candidate.metrics.values()]
    kinds = {problem.kind if problem else None for problem in problems}
    if not problems or not kinds <= {ProblemKind.ACCESS, ProblemKind.CORRUPT, ProblemKind.FORMAT}:
        return None
    first = next(problem for problem in problems if problem)
    message = f"no metric of {candidate.revision.label} can be read: {first.path}: {first.message}"
    return UnreadableCandidateError(message, first.hint)


def _rules_in_force(
    request: ReportRequest,
    source: Source,
    base: Revision | None,
    head: Revision,
    context: CiContext | None,
    rules: Rules,
) -> RulesInForce:
    if not request.judged_by_base or base is None:
        return RulesInForce(rules)

    def read(revision: Revision) -> str | None:
        return source.read_text(revision, request.config)

    def tip() -> Revision | None:
        return source.resolve_base(request.base, head, Policy.TIP, context, rules.base)

    return rules_in_force(rules, base, request.config, read, tip)


def _charts(drawings: Sequence[Drawing], rows: Sequence[PlotRow], exported: ExportResult) -> tuple[Chart, ...]:
    """The page's plots, in the order of the report's rows."""
    drawn = {drawing.plot: drawing for drawing in drawings}
    charts = (_chart(drawn[row.id], row, exported) for row in rows)
    return tuple(chart for chart in charts if chart is not None)


def _chart(drawing: Drawing, row: PlotRow, exported: ExportResult) -> Chart | None:
    """None where a template of the project's own could not be drawn: the report's problems say why."""
    caption = Caption(row.id, row.title, row.alt, row.state, row.kind, row.notes)
    match drawing:
        case PlotlyDrawing():
            return PlotlyChart(caption, figure_json(drawing.page))
        case ImageDrawing():
            return PngChart(caption, drawing.picture)
        case VegaDrawing():
            svg = exported.svgs.get(drawing.plot)
            return SvgChart(caption, svg) if svg is not None else None
        case _:
            assert_never(drawing)
