"""The report: what report.json holds, whole. It can be read back from a bundle; Markdown and terminal need nothing else."""

from __future__ import annotations

from dataclasses import dataclass

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
from reporter.model.history import MetricHistory
from reporter.model.problem import Problem
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule, FailOn

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlotRow:
    """A plot as the report knows it: its picture and words, not its data."""

    id: str
    kind: str
    state: State
    image: str | None
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
    image: str
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
    url: str | None = None
    """The log of the run."""
    repository_url: str | None = None
    """Of the project on the forge, without a trailing slash: `/commit/SHA` lies below it."""


@dataclass(frozen=True, slots=True)
class Report:
    """One candidate held against its baseline and judged: all that comment, check, terminal and gate are made of."""

    base: Revision | None
    head: Revision
    verdict: Verdict
    summary: str
    metrics: tuple[MetricRow, ...]
    params: tuple[ParamRow, ...]
    plots: tuple[PlotRow, ...]
    data: tuple[DataRow, ...]
    stages: tuple[StageRow, ...]
    gates: tuple[GateRow, ...]
    problems: tuple[Problem, ...]
    run: RunInfo
    explanations: tuple[Explanation, ...] = ()
    slices: tuple[SliceRow, ...] = ()
    flips: tuple[Flips, ...] = ()
    artifacts: tuple[ArtifactRow, ...] = ()
    history: tuple[MetricHistory, ...] = ()
    """Earlier values of the metrics that no test exists for."""
    sections: tuple[SectionText, ...] = ()
    notices: tuple[str, ...] = ()
    """What a reader should know of the report itself, one line each: no browser, a first report, …"""
    level: float | None = None
    """Of every interval: 0.95 is 95 %. None: not known."""
    comment: CommentRule = CommentRule()
    fail_on: FailOn = FailOn.FAIL

    @property
    def images(self) -> tuple[str, ...]:
        """`images/….png` of every picture it shows, each once."""
        of_plots = (plot.image for plot in self.plots if plot.image)
        of_sections = (picture.image for section in self.sections for picture in section.pictures)
        return tuple(dict.fromkeys((*of_plots, *of_sections)))
