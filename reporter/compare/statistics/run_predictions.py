"""Repeated runs of both revisions by their predictions: one file for each seed, found by a glob.

Each run's metrics are computed from its own predictions, and the runs are compared as those of metrics files are
(`reporter.compare.statistics.run_files`). Beyond these, the test rows are known: whether both revisions were judged on the
same ones, and whether what is reported is what the predictions give.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TypeAlias, assert_never

from reporter.compare.sample_size import FEWEST_RUNS
from reporter.compare.statistics.assessment import (
    UNUSABLE,
    absent_predictions,
    configuration_problem,
    disagreeing,
    lacking_columns,
    metrics_of,
    usable_metrics,
)
from reporter.compare.statistics.examples import Examples, UnusablePredictionsError, read
from reporter.compare.statistics.metrics import Metric, evaluate
from reporter.compare.statistics.pairing import Incomparable, pair
from reporter.compare.statistics.reported_values import Disagreement, disagreement, metric_key
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.run_files import compare_runs
from reporter.compare.statistics.wildcards import count_wildcards, filled
from reporter.model.evidence import MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Snapshot, Table


@dataclass(frozen=True, slots=True, eq=False)
class RunsAssessment:
    """What came of the predictions of repeated runs."""

    tests: Mapping[tuple[MetricKey, ...], MetricEvidence] = field(default_factory=dict)
    """By the metrics that a test is told at; p-values are uncorrected."""
    problems: tuple[Problem, ...] = ()
    test_rows: str = ""
    """As in `Evidence`, of these runs."""


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One file of predictions of one revision."""

    snapshot: Snapshot
    rule: PredictionsRule
    """Of this file alone: its path, and the rows that its metrics explain."""
    examples: Examples
    """All of them."""
    shared: Examples
    """Those that both revisions' file of this path has; all of them where the runs are not paired."""


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    base: tuple[_Run, ...]
    head: tuple[_Run, ...]
    note: str = ""
    """What must be known of the test sets."""

    def each(self) -> Iterator[_Run]:
        yield from self.base
        yield from self.head


_NAME_EACH_RUN = "name a row for each run by a wildcard, or report the mean over all of them"

_Reading: TypeAlias = _Runs | Incomparable | Problem


def assess_runs(base: Snapshot, head: Snapshot, rule: PredictionsRule, plan: Plan) -> RunsAssessment:
    """Compare the runs of two revisions. Whatever is wrong with their predictions is a problem, never an exception.

    Runs are paired where both revisions have the same files: then the path names the seed.
    """
    metrics, problems = metrics_of(rule)
    if unfillable := [
        target for target in rule.metrics.values() if count_wildcards(target) > count_wildcards(rule.path)
    ]:
        hint = "give `path` as many wildcards: each in `metrics` stands for the one of `path` in the same place"
        message = f"{unfillable[0]} has more wildcards than the path of the predictions"
        return RunsAssessment(problems=(*problems, configuration_problem(rule, message, hint)))
    tables = _matching(base, rule), _matching(head, rule)
    if not all(tables):
        there = {"base_is_there": bool(tables[0]), "head_is_there": bool(tables[1])}
        note, absent = absent_predictions(base, head, rule, **there)
        return RunsAssessment(_without(rule, tables, (base, head), note), (*problems, *absent))
    reading = _read(base, head, rule, tables)
    match reading:
        case Problem():
            return RunsAssessment(_without(rule, tables, (base, head), UNUSABLE), (*problems, reading))
        case Incomparable(reason):
            return RunsAssessment(_without(rule, tables, (base, head), reason, incomparable=True), problems, reason)
        case _Runs():
            compared = _compare(reading, rule, (base, head), metrics, plan)
            return replace(compared, problems=(*problems, *compared.problems), test_rows=reading.note)
        case _:
            assert_never(reading)


_Tables: TypeAlias = Mapping[str, Table]


def _matching(snapshot: Snapshot, rule: PredictionsRule) -> _Tables:
    return {path: table for path, table in snapshot.predictions.items() if fnmatchcase(path, rule.path)}


def _without(
    rule: PredictionsRule,
    tables: tuple[_Tables, _Tables],
    snapshots: tuple[Snapshot, Snapshot],
    note: str,
    *,
    incomparable: bool = False,
) -> dict[tuple[MetricKey, ...], MetricEvidence]:
    paths = dict.fromkeys([*tables[1], *tables[0]])
    evidence = MetricEvidence(note=note, incomparable=incomparable)
    return {_keys(target, rule, paths, snapshots): evidence for target in rule.metrics.values()} if paths else {}


def _read(base: Snapshot, head: Snapshot, rule: PredictionsRule, tables: tuple[_Tables, _Tables]) -> _Reading:
    before, after = tables
    shared = [path for path in after if path in before]
    if len(shared) >= FEWEST_RUNS or before.keys() == after.keys():
        return _read_paired(base, head, rule, tables, shared)
    apart = [
        _read_alone(snapshot, _of_file(rule, path), table)
        for snapshot, found in ((base, before), (head, after))
        for path, table in found.items()
    ]
    if broken := next((run for run in apart if isinstance(run, Problem)), None):
        return broken
    runs = [run for run in apart if isinstance(run, _Run)]
    others = _other_test_set(base, head, rule, tables)
    return _Runs(tuple(runs[: len(before)]), tuple(runs[len(before) :])) if others is None else others


def _other_test_set(
    base: Snapshot, head: Snapshot, rule: PredictionsRule, tables: tuple[_Tables, _Tables]
) -> Incomparable | Problem | None:
    """What keeps runs of other seeds from being compared: each must have been judged on the very same examples."""
    first = next(iter(tables[0].values()))
    for snapshot, path, table in (
        *((base, path, table) for path, table in tables[0].items()),
        *((head, path, table) for path, table in tables[1].items()),
    ):
        try:
            pairing = pair(first, table, read(first, table, rule), rule)
        except UnusablePredictionsError as error:
            return _unusable(snapshot, _of_file(rule, path), error)
        if isinstance(pairing, Incomparable):
            return Incomparable(f"{path}: {pairing.reason}")
        if pairing.note:
            return Incomparable(f"{path}: runs of different seeds were not judged on the same examples.")
    return None


def _read_paired(
    base: Snapshot, head: Snapshot, rule: PredictionsRule, tables: tuple[_Tables, _Tables], paths: Sequence[str]
) -> _Reading:
    before: list[_Run] = []
    after: list[_Run] = []
    notes: dict[str, None] = {}
    for path in paths:
        own, sides = _of_file(rule, path), (tables[0][path], tables[1][path])
        try:
            examples = read(*sides, own)
            pairing = pair(*sides, examples, own)
        except UnusablePredictionsError as error:
            return _unusable(base if error.base else head, own, error)
        if isinstance(pairing, Incomparable):
            return Incomparable(f"{path}: {pairing.reason}")
        notes[pairing.note] = None
        before.append(_Run(base, own, examples[0], examples[0].take(pairing.base)))
        after.append(_Run(head, own, examples[1], examples[1].take(pairing.head)))
    return _Runs(tuple(before), tuple(after), next(filter(None, notes), ""))


def _read_alone(snapshot: Snapshot, rule: PredictionsRule, table: Table) -> _Run | Problem:
    try:
        examples, _ = read(table, table, rule)
    except UnusablePredictionsError as error:
        return _unusable(snapshot, rule, error)
    return _Run(snapshot, rule, examples, examples)


def _unusable(snapshot: Snapshot, rule: PredictionsRule, error: UnusablePredictionsError) -> Problem:
    return Problem(snapshot.revision.label, rule.path, error.kind, error.message, error.hint)


def _compare(
    runs: _Runs, rule: PredictionsRule, snapshots: tuple[Snapshot, Snapshot], metrics: list[Metric], plan: Plan
) -> RunsAssessment:
    usable, lacking = usable_metrics(metrics, (run.examples for run in runs.each()))
    paths = [run.rule.path for run in runs.head]
    tests = {
        _keys(rule.metrics[name], rule, paths, snapshots): MetricEvidence(note=f"No interval: {why}.")
        for name, why in lacking.items()
    }
    problems = [*lacking_columns(rule, lacking)]
    for metric in usable:
        wrong = list(_disagreements(runs, rule, metric))
        before, after = _values(runs.base, metric), _values(runs.head, metric)
        if len(before) < len(runs.base) or len(after) < len(runs.head):
            problems.append(_undefined(rule, metric))
        tests[_keys(rule.metrics[metric.name], rule, paths, snapshots)] = (
            disagreeing(wrong) if wrong else _compared(before, after, runs.note, plan)
        )
        problems += [each.problem for each in wrong]
    return RunsAssessment(tests, tuple(problems))


def _compared(before: Mapping[str, float], after: Mapping[str, float], note: str, plan: Plan) -> MetricEvidence:
    found = compare_runs(before, after, plan)
    return replace(found, note=" ".join(filter(None, (note, found.note))), same_examples=True)


def _undefined(rule: PredictionsRule, metric: Metric) -> Problem:
    message = f"{metric.name} is not defined in some runs, which are left out of it"
    return configuration_problem(rule, message, "evaluate on examples of every class")


def _values(runs: Sequence[_Run], metric: Metric) -> dict[str, float]:
    """Path → the metric of that run on the shared examples, where it is defined."""
    values = {run.rule.path: evaluate(metric, run.shared) for run in runs}
    return {path: value for path, value in values.items() if math.isfinite(value)}


def _disagreements(runs: _Runs, rule: PredictionsRule, metric: Metric) -> Iterator[Disagreement]:
    """Hold what each run reports against its predictions; of one row for all runs, against their mean."""
    target = rule.metrics[metric.name]
    for side in (runs.base, runs.head):
        recomputed = [evaluate(metric, run.examples) for run in side]
        if count_wildcards(target):
            found = [_disagreement(run, metric, value) for run, value in zip(side, recomputed, strict=True)]
        else:
            mean, what = math.fsum(recomputed) / len(recomputed), f"the mean {metric.name} of the runs"
            found = [disagreement(side[0].snapshot, target, what, mean, side[0].examples, _NAME_EACH_RUN)]
        yield from filter(None, found)


def _disagreement(run: _Run, metric: Metric, value: float) -> Disagreement | None:
    target, what = run.rule.metrics[metric.name], f"{metric.name} of {run.rule.path}"
    return disagreement(run.snapshot, target, what, value, run.examples)


def _of_file(rule: PredictionsRule, path: str) -> PredictionsRule:
    """The rule for one run: its path, and the rows that its metrics explain."""
    metrics = {name: filled(target, rule.path, path) for name, target in rule.metrics.items()}
    return replace(rule, path=path, metrics=metrics)


def _keys(
    target: str, rule: PredictionsRule, paths: Iterable[str], snapshots: tuple[Snapshot, Snapshot]
) -> tuple[MetricKey, ...]:
    texts = dict.fromkeys(filled(target, rule.path, path) for path in paths)
    return tuple(metric_key(text, snapshots) for text in texts)
