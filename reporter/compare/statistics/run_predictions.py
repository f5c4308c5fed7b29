"""Repeated runs of both revisions by their predictions: one file for each seed, found by a glob.

Each run's metrics are computed from its own predictions, and the runs are compared as those of metrics files are
(`reporter.compare.statistics.run_files`). Beyond these, the test rows are known: whether both revisions were judged on the
same ones, and whether what is reported is what the predictions give.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TypeAlias, assert_never

from reporter.compare.sample_size import FEWEST_RUNS
from reporter.compare.statistics.assessment import (
    Assessment,
    absent_predictions,
    configuration_problem,
    disagreeing,
    incomparable,
    lacking_columns,
    metrics_of,
    unusable,
    usable_metrics,
    without_interval,
)
from reporter.compare.statistics.examples import Examples, UnusablePredictionsError, read
from reporter.compare.statistics.metrics import Metric, evaluate
from reporter.compare.statistics.pairing import Incomparable, Paired, pair
from reporter.compare.statistics.reported_values import Disagreement, disagreement, hint_of, metric_key
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.run_files import compare_runs
from reporter.compare.statistics.score_rounding import possible_values
from reporter.compare.statistics.wildcards import count_wildcards, filled
from reporter.model.evidence import MetricEvidence
from reporter.model.formatting import sentences
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem
from reporter.model.reasons import ClauseId, EvaluationChange
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Snapshot, Table


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
    shared: Paired | None = None
    """The pairing of the first file of which not all rows are compared."""

    @property
    def change(self) -> EvaluationChange | None:
        """How the test rows differ."""
        return self.shared.shared if self.shared else None

    def each(self) -> Iterator[_Run]:
        yield from self.base
        yield from self.head


_NAME_EACH_RUN = "name a row for each run by a wildcard, or report the mean over all of them"


@dataclass(frozen=True, slots=True, eq=False)
class _Broken:
    """Predictions of one run that cannot be used."""

    snapshot: Snapshot
    rule: PredictionsRule
    """Of this file alone."""
    error: UnusablePredictionsError


_Reading: TypeAlias = _Runs | Incomparable | _Broken


def assess_runs(base: Snapshot, head: Snapshot, rule: PredictionsRule, plan: Plan) -> Assessment:
    """Compare the runs of two revisions. Whatever is wrong with their predictions is a problem, never an exception.

    Runs are paired where both revisions have the same files: then the path names the seed.
    """
    assessment = _assessed(base, head, rule, plan)
    of_target = {
        _keys(target, rule, _paths(base, head, rule), (base, head)): metric_key(target, ())
        for target in rule.metrics.values()
        if count_wildcards(target)
    }
    return replace(
        assessment,
        tests={keys: replace(test, runs_of=of_target.get(keys)) for keys, test in assessment.tests.items()},
    )


def _paths(base: Snapshot, head: Snapshot, rule: PredictionsRule) -> list[str]:
    """Of all runs, the candidate's first."""
    return list(dict.fromkeys([*_matching(head, rule), *_matching(base, rule)]))


def _assessed(base: Snapshot, head: Snapshot, rule: PredictionsRule, plan: Plan) -> Assessment:
    metrics, problems = metrics_of(rule)
    if unfillable := [
        target for target in rule.metrics.values() if count_wildcards(target) > count_wildcards(rule.path)
    ]:
        hint = "give `path` as many wildcards: each in `metrics` stands for the one of `path` in the same place"
        message = f"{unfillable[0]} has more wildcards than the path of the predictions"
        return Assessment(problems=(*problems, configuration_problem(rule, message, hint)))
    tables = _matching(base, rule), _matching(head, rule)
    paths = _paths(base, head, rule)
    told_at = [_keys(target, rule, paths, (base, head)) for target in rule.metrics.values() if paths]
    if not all(tables):
        return absent_predictions(base, head, rule, told_at, problems, head_is_there=bool(tables[1]))
    reading = _read(base, head, rule, tables)
    match reading:
        case _Broken(snapshot, own, error):
            return unusable(told_at, snapshot, own, error, problems)
        case Incomparable(reason):
            return incomparable(told_at, reason, problems)
        case _Runs():
            compared = _compare(reading, rule, (base, head), metrics, plan)
            return replace(compared, problems=(*problems, *compared.problems), test_rows=reading.change)
        case _:
            assert_never(reading)


_Tables: TypeAlias = Mapping[str, Table]


def _matching(snapshot: Snapshot, rule: PredictionsRule) -> _Tables:
    return {path: table for path, table in snapshot.predictions.items() if fnmatchcase(path, rule.path)}


def _read(base: Snapshot, head: Snapshot, rule: PredictionsRule, tables: tuple[_Tables, _Tables]) -> _Reading:
    before, after = tables
    shared = [path for path in after if path in before]
    if len(shared) >= FEWEST_RUNS or before.keys() == after.keys():
        return _read_paired(base, head, rule, tables, shared)
    apart = [
        _read_alone(snapshot, _of_file(rule, path), table, is_base=is_base)
        for snapshot, found, is_base in ((base, before, True), (head, after, False))
        for path, table in found.items()
    ]
    if broken := next((run for run in apart if isinstance(run, _Broken)), None):
        return broken
    runs = [run for run in apart if isinstance(run, _Run)]
    others = _other_test_set(base, head, rule, tables)
    return _Runs(tuple(runs[: len(before)]), tuple(runs[len(before) :])) if others is None else others


def _other_test_set(
    base: Snapshot, head: Snapshot, rule: PredictionsRule, tables: tuple[_Tables, _Tables]
) -> Incomparable | _Broken | None:
    """What keeps runs of other seeds from being compared: each must have been judged on the very same examples."""
    first = next(iter(tables[0].values()))
    for snapshot, path, table in (
        *((base, path, table) for path, table in tables[0].items()),
        *((head, path, table) for path, table in tables[1].items()),
    ):
        try:
            pairing = pair(first, table, read(first, table, rule), rule)
        except UnusablePredictionsError as error:
            return _Broken(snapshot, _of_file(rule, path), _of_side(error, is_base=snapshot is base))
        if isinstance(pairing, Incomparable):
            return _of_run(path, pairing)
        if pairing.shared:
            clause = "runs of different seeds were not judged on the same examples"
            return Incomparable(EvaluationChange(ClauseId.OTHER_ROWS, clause, path))
    return None


def _of_run(path: str, found: Incomparable) -> Incomparable:
    return Incomparable(replace(found.reason, file=path))


def _read_paired(
    base: Snapshot, head: Snapshot, rule: PredictionsRule, tables: tuple[_Tables, _Tables], paths: Sequence[str]
) -> _Reading:
    before: list[_Run] = []
    after: list[_Run] = []
    shared: list[Paired] = []
    for path in paths:
        own, sides = _of_file(rule, path), (tables[0][path], tables[1][path])
        try:
            examples = read(*sides, own)
            pairing = pair(*sides, examples, own)
        except UnusablePredictionsError as error:
            return _Broken(base if error.base else head, own, error)
        if isinstance(pairing, Incomparable):
            return _of_run(path, pairing)
        shared += [pairing] if pairing.shared else []
        before.append(_Run(base, own, examples[0], examples[0].take(pairing.base)))
        after.append(_Run(head, own, examples[1], examples[1].take(pairing.head)))
    return _Runs(tuple(before), tuple(after), shared[0] if shared else None)


def _read_alone(snapshot: Snapshot, rule: PredictionsRule, table: Table, *, is_base: bool) -> _Run | _Broken:
    try:
        examples, _ = read(table, table, rule)
    except UnusablePredictionsError as error:
        return _Broken(snapshot, rule, _of_side(error, is_base=is_base))
    return _Run(snapshot, rule, examples, examples)


def _of_side(error: UnusablePredictionsError, *, is_base: bool) -> UnusablePredictionsError:
    """A file that was held against another of its own side is wrong on that side."""
    return UnusablePredictionsError(error.message, error.hint, error.kind, base=is_base)


def _compare(
    runs: _Runs, rule: PredictionsRule, snapshots: tuple[Snapshot, Snapshot], metrics: list[Metric], plan: Plan
) -> Assessment:
    usable, lacking = usable_metrics(metrics, (run.examples for run in runs.each()))
    paths = _paths(*snapshots, rule)
    tests = {_keys(rule.metrics[name], rule, paths, snapshots): without_interval(why) for name, why in lacking.items()}
    problems = [*lacking_columns(rule, lacking)]
    for metric in usable:
        wrong = list(_disagreements(runs, rule, metric))
        before, after = _values(runs.base, metric), _values(runs.head, metric)
        if len(before) < len(runs.base) or len(after) < len(runs.head):
            problems.append(_undefined(rule, metric))
        tests[_keys(rule.metrics[metric.name], rule, paths, snapshots)] = (
            disagreeing(wrong) if wrong else _compared(before, after, runs, plan)
        )
        problems += [each.problem for each in wrong]
    return Assessment(tests, problems=tuple(problems))


def _compared(before: Mapping[str, float], after: Mapping[str, float], runs: _Runs, plan: Plan) -> MetricEvidence:
    found = compare_runs(before, after, plan)
    if runs.shared is None or runs.change is None:
        return replace(found, same_examples=True)
    note, rows = sentences(runs.change.sentence, found.note), len(runs.shared.base)
    return replace(found, note=note, rows=rows, gone=runs.shared.gone, same_examples=True)


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
            possible = partial(_possible_means, metric, side)
            found = [disagreement(side[0].snapshot, target, what, mean, possible, _NAME_EACH_RUN)]
        yield from filter(None, found)


def _disagreement(run: _Run, metric: Metric, value: float) -> Disagreement | None:
    target, what = run.rule.metrics[metric.name], f"{metric.name} of {run.rule.path}"
    possible = partial(possible_values, metric, run.examples)
    return disagreement(run.snapshot, target, what, value, possible, hint_of(metric.name, run.examples))


def _possible_means(metric: Metric, runs: Sequence[_Run]) -> tuple[float, float]:
    lows, highs = zip(*(possible_values(metric, run.examples) for run in runs), strict=True)
    return math.fsum(lows) / len(runs), math.fsum(highs) / len(runs)


def _of_file(rule: PredictionsRule, path: str) -> PredictionsRule:
    """The rule for one run: its path, and the rows that its metrics explain."""
    metrics = {name: filled(target, rule.path, path) for name, target in rule.metrics.items()}
    return replace(rule, path=path, metrics=metrics)


def _keys(
    target: str, rule: PredictionsRule, paths: Iterable[str], snapshots: tuple[Snapshot, Snapshot]
) -> tuple[MetricKey, ...]:
    texts = dict.fromkeys(filled(target, rule.path, path) for path in paths)
    return tuple(metric_key(text, snapshots) for text in texts)
