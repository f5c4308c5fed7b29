"""Comparison, judgement and drawings → the report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from reporter.model.comparison import Comparison, Judgement
from reporter.model.drawing import Drawing
from reporter.model.problem import Problem
from reporter.model.report import CandidateReport, PlotRow, Report, RunInfo, SectionText
from reporter.model.rules import Rules


def assemble(
    comparison: Comparison,
    judgements: Sequence[Judgement],
    drawings: Sequence[Drawing],
    pictures: Mapping[str, str],
    rules: Rules,
    run: RunInfo,
    *,
    notices: tuple[str, ...] = (),
    problems: tuple[Problem, ...] = (),
    sections: tuple[SectionText, ...] = (),
    project: str = "",
) -> Report:
    """`judgements`: one for each candidate. `pictures` are file names in the bundle's folder of images, by the id of the plot. `notices`, `problems` and `sections` are
    what is said besides, by those who made drawings and read texts.
    """
    first, *others = (
        _candidate_report(comparison, index, judgement, drawings, pictures)
        for index, judgement in enumerate(judgements)
    )
    report = Report(
        **{each.name: getattr(first, each.name) for each in fields(first)},
        run=run,
        level=rules.significance.level,
        comment=rules.comment,
        fail_on=rules.fail_on,
        notices=notices,
        sections=sections,
        project=project,
        others=tuple(others),
    )
    return replace(report, problems=(*report.problems, *problems))


def _candidate_report(
    comparison: Comparison,
    index: int,
    judgement: Judgement,
    drawings: Sequence[Drawing],
    pictures: Mapping[str, str],
) -> CandidateReport:
    candidate = comparison.candidates[index]
    return CandidateReport(
        base=comparison.base,
        head=candidate.revision,
        verdict=judgement.verdict,
        summary=judgement.summary,
        clauses=judgement.clauses,
        metrics=candidate.metrics,
        params=candidate.params,
        plots=_plot_rows(comparison, index, drawings, pictures),
        data=candidate.data,
        stages=candidate.stages,
        gates=judgement.gates,
        problems=(*comparison.problems, *candidate.problems),
        explanations=candidate.explanations,
        slices=candidate.slices,
        flips=candidate.flips,
        artifacts=candidate.artifacts,
        history=candidate.history,
    )


def _plot_rows(
    comparison: Comparison, index: int, drawings: Sequence[Drawing], pictures: Mapping[str, str]
) -> tuple[PlotRow, ...]:
    """A row for each drawn plot that the candidate or the baseline has; one that reporter.yaml excludes is not drawn."""
    drawn = {drawing.plot: drawing for drawing in drawings}
    return tuple(
        PlotRow(
            id=plot.id,
            kind=plot.kind,
            state=state,
            image=f"images/{pictures[plot.id]}" if plot.id in pictures else None,
            revisions=tuple(side.revision.label for side in plot.sides if side.spec is not None),
            title=drawn[plot.id].title,
            alt=drawn[plot.id].alt,
            notes=drawn[plot.id].notes,
        )
        for plot in comparison.plots
        if plot.id in drawn and (state := plot.by_candidate[index]) is not None
    )
