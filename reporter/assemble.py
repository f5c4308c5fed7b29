"""Comparison, judgement and drawings → the report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reporter.model.comparison import Candidate, Comparison, Judgement
from reporter.model.drawing import Drawing
from reporter.model.problem import Problem
from reporter.model.report import PlotRow, Report, RunInfo, SectionText
from reporter.model.rules import Rules


def assemble(
    comparison: Comparison,
    candidate: Candidate,
    judgement: Judgement,
    drawings: Sequence[Drawing],
    pictures: Mapping[str, str],
    rules: Rules,
    run: RunInfo,
    *,
    notices: tuple[str, ...] = (),
    problems: tuple[Problem, ...] = (),
    sections: tuple[SectionText, ...] = (),
) -> Report:
    """`pictures` are file names in the bundle's folder of images, by the id of the plot. `notices`, `problems` and `sections` are
    what is said besides, by those who made drawings and read texts.
    """
    return Report(
        base=comparison.base,
        head=candidate.revision,
        verdict=judgement.verdict,
        summary=judgement.summary,
        clauses=judgement.clauses,
        metrics=candidate.metrics,
        params=candidate.params,
        plots=_plot_rows(comparison, drawings, pictures),
        data=candidate.data,
        stages=candidate.stages,
        gates=judgement.gates,
        problems=(*comparison.problems, *candidate.problems, *problems),
        run=run,
        explanations=candidate.explanations,
        slices=candidate.slices,
        flips=candidate.flips,
        artifacts=candidate.artifacts,
        history=candidate.history,
        level=rules.significance.level,
        comment=rules.comment,
        fail_on=rules.fail_on,
        notices=notices,
        sections=sections,
    )


def _plot_rows(comparison: Comparison, drawings: Sequence[Drawing], pictures: Mapping[str, str]) -> tuple[PlotRow, ...]:
    """A row for each plot that is drawn; one that reporter.yaml excludes has none."""
    drawn = {drawing.plot: drawing for drawing in drawings}
    return tuple(
        PlotRow(
            id=plot.id,
            kind=plot.kind,
            state=plot.state,
            image=f"images/{pictures[plot.id]}" if plot.id in pictures else None,
            revisions=tuple(side.revision.label for side in plot.sides if side.spec is not None),
            title=drawn[plot.id].title,
            alt=drawn[plot.id].alt,
            notes=drawn[plot.id].notes,
        )
        for plot in comparison.plots
        if plot.id in drawn
    )
