"""One baseline against each candidate: the rows of every kind, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reporter.compare.artifacts import artifact_rows
from reporter.compare.causes import explanations
from reporter.compare.data import data_rows, hash_problems
from reporter.compare.evaluation_changes import evaluation_changes
from reporter.compare.evaluation_data import changed_evaluation_data
from reporter.compare.freshness import configuration_problems, doubts, freshness_problems, unwritten_problems
from reporter.compare.metrics import metric_rows
from reporter.compare.plots import plot_comparisons
from reporter.compare.stages import stage_rows
from reporter.compare.value_pairs import param_rows
from reporter.model.comparison import Candidate, Comparison
from reporter.model.evidence import Evidence
from reporter.model.problem import Problem
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot


def compare(base: Snapshot | None, candidates: Sequence[Snapshot], rules: Rules) -> Comparison:
    """Hold each candidate against the baseline; without one (a first report) everything is added.

    The result depends on nothing but the arguments: equal snapshots give equal rows in the same order.
    """
    return Comparison(
        base=base.revision if base else None,
        candidates=tuple(_candidate(base, head, rules) for head in candidates),
        plots=plot_comparisons(base, candidates),
        problems=_once(base.problems, freshness_problems(base, is_baseline=True)) if base else (),
    )


def _candidate(base: Snapshot | None, head: Snapshot, rules: Rules) -> Candidate:
    found = _evidence(base, head, rules)
    changed_data = changed_evaluation_data(base, head, found)
    metrics = metric_rows(base, head, rules, found, changed_data, doubts(head, base))
    return Candidate(
        revision=head.revision,
        metrics=metrics,
        params=param_rows(base, head),
        data=data_rows(base, head),
        stages=stage_rows(base, head),
        artifacts=artifact_rows(base, head),
        explanations=explanations(base, head, metrics),
        slices=found.slices,
        flips=found.flips,
        problems=_once(
            head.problems,
            freshness_problems(head),
            unwritten_problems(base, head),
            found.problems,
            configuration_problems(base, head, rules),
            hash_problems(base, head) if base else (),
        ),
        evaluation=evaluation_changes(base, head, metrics, rules, found, changed_data),
    )


def _evidence(base: Snapshot | None, head: Snapshot, rules: Rules) -> Evidence:
    """What predictions and repeated runs tell; a report that asks for nothing does not pay for loading the methods."""
    if base is None or not (rules.predictions or rules.seeds or rules.folds):
        return Evidence()
    from reporter.compare.statistics import evidence

    return evidence(base, head, rules)


def _once(*groups: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problem for group in groups for problem in group))
