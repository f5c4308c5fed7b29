"""The report: what report.json holds, whole. It can be read back from a bundle; Markdown and terminal need nothing else.

The fields, their order, types and texts are the description of report.json: `reporter.codec` reads, writes and documents by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Annotated, TypeAlias

from reporter.model.comparison import (
    ArtifactRow,
    DataRow,
    Explanation,
    Flips,
    GateRow,
    MetricRow,
    ParamRow,
    SliceRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.forms import UNWRITTEN, Between, Only, PictureName, WebAddress
from reporter.model.history import MetricHistory
from reporter.model.problem import Problem
from reporter.model.reasons import Clause
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule, FailOn

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlotRow:
    """A plot as the report knows it: its picture and words, not its data."""

    id: str
    kind: str
    """The template's name, or `image`."""
    state: State
    image: PictureName | None
    """`images/….png`, relative to the bundle; None where there is no picture."""
    revisions: tuple[str, ...]
    """Labels of the revisions drawn, the baseline first."""
    title: str = ""
    alt: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionPicture:
    """A picture that a section shows."""

    address: str
    """As the section's Markdown has it, relative to the section's file."""
    image: PictureName
    """`images/….png`, relative to the bundle."""


@dataclass(frozen=True, slots=True)
class SectionText:
    """A piece of Markdown of the team's own, as the repository has it: untrusted."""

    title: str
    markdown: str
    pictures: tuple[SectionPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Where and by what the report was made."""

    version: str
    """Of this package."""
    runner: str = ""
    """`GitHub Actions`, …; empty on a laptop."""
    url: WebAddress | None = None
    """The log of the run."""
    repository_url: WebAddress | None = None
    """Of the project on the forge, without a trailing slash: `/commit/SHA` lies below it."""


@dataclass(frozen=True, slots=True)
class CandidateReport:
    """What one candidate does to a model."""

    base: Annotated[Revision, Only(("rev", "sha", "label", "behind"))] | None
    """None on a first report."""
    head: Annotated[Revision, Only(("rev", "sha", "dirty", "label"))]
    verdict: Verdict
    """The worst gate, pass < warn < unknown < fail."""
    summary: str
    """One sentence."""
    metrics: tuple[MetricRow, ...]
    """Every metric, changed or not, by file, then in the order of the file."""
    params: tuple[ParamRow, ...]
    plots: tuple[PlotRow, ...]
    """Those that the baseline or the candidate has. A picture shows every candidate."""
    data: tuple[DataRow, ...]
    stages: tuple[StageRow, ...]
    gates: tuple[GateRow, ...]
    problems: tuple[Problem, ...]
    """Each thing that could not be read, drawn or trusted."""
    explanations: tuple[Explanation, ...] = ()
    slices: tuple[SliceRow, ...] = ()
    flips: tuple[Flips, ...] = ()
    history: tuple[MetricHistory, ...] = ()
    """Earlier values of the metrics that no test exists for."""
    artifacts: tuple[ArtifactRow, ...] = ()
    clauses: tuple[Clause, ...] = ()
    """What `summary` says, in its order; none in a report of an earlier version."""


@dataclass(frozen=True, slots=True)
class Report(CandidateReport):
    """What a change does to a model, as `reporter report` writes it: the first candidate itself, and `others` where there are several.
    Readers ignore fields they do not know. NaN and ±Infinity are the strings "NaN", "Infinity" and "-Infinity".
    """

    sections: tuple[SectionText, ...] = ()
    notices: tuple[str, ...] = ()
    """What a reader should know of the report itself, one line each: no browser, a first report, …"""
    level: Annotated[float, Between(0, 1)] | None = None
    """Of every interval: 0.95 is 95 %. None: not known."""
    run: RunInfo = RunInfo(version="")
    comment: Annotated[CommentRule, Only(("title", "key"), complete=True)] = CommentRule()
    fail_on: FailOn = FailOn.FAIL
    """Which verdict makes `reporter gate` exit 1."""
    project: str = ""
    """POSIX path of the DVC project from the top of its repository, or what tells it from the other reports of a bundle; empty for a
    project at the top.
    """
    others: tuple[CandidateReport, ...] = field(default=(), metadata=UNWRITTEN)
    """Further candidates, held against the same baseline. report.json has all of them as `candidates`, the first included."""

    @property
    def candidates(self) -> tuple[CandidateReport, ...]:
        """All of them, the first first."""
        return (self, *self.others)

    def of(self, candidate: CandidateReport) -> Report:
        """The report as if there were just this one of its candidates."""
        own = {each.name: getattr(candidate, each.name) for each in fields(CandidateReport)}
        return replace(self, **own, others=())

    @property
    def every_plot(self) -> tuple[PlotRow, ...]:
        """Each plot of any candidate once; as the first of those says it that differ from the baseline."""
        rows: dict[str, PlotRow] = {}
        for row in (row for candidate in self.candidates for row in candidate.plots):
            if row.id not in rows or rows[row.id].state is State.UNCHANGED:
                rows[row.id] = row
        return tuple(rows.values())

    @property
    def images(self) -> tuple[str, ...]:
        """`images/….png` of every picture it shows, each once."""
        of_plots = (plot.image for candidate in self.candidates for plot in candidate.plots if plot.image)
        of_sections = (picture.image for section in self.sections for picture in section.pictures)
        return tuple(dict.fromkeys((*of_plots, *of_sections)))


@dataclass(frozen=True, slots=True)
class Reports:
    """Several reports on one commit, as `reporter merge` puts them together: one verdict, one comment."""

    verdict: Verdict
    """The worst of theirs."""
    summary: str
    """One sentence."""
    notices: tuple[str, ...] = ()
    """What a reader should know of all of them, one line each."""
    reports: tuple[Report, ...] = field(default=(), metadata=UNWRITTEN)
    """At least one; each has a `project` of its own. report.json has them whole."""

    @property
    def base(self) -> Revision | None:
        """The first report's baseline."""
        return self.reports[0].base

    @property
    def head(self) -> Revision:
        """What all of them are about."""
        return self.reports[0].head

    @property
    def comment(self) -> CommentRule:
        """Where they go: as the first one says."""
        return self.reports[0].comment

    @property
    def run(self) -> RunInfo:
        """Where and by what the first one was made."""
        return self.reports[0].run

    @property
    def images(self) -> tuple[str, ...]:
        """`images/….png` of every picture of any of them."""
        return tuple(dict.fromkeys(image for report in self.reports for image in report.images))


AnyReport: TypeAlias = Report | Reports
"""What a bundle holds."""
