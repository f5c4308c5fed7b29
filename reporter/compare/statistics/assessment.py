"""What one predictions file says about the metrics it explains.

What any predictions may lack, those of repeated runs too (`reporter.compare.statistics.run_predictions`), is said here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from reporter.compare.statistics.columns import MISSING, encode
from reporter.compare.statistics.estimates import Estimate, estimates
from reporter.compare.statistics.examples import (
    Classified,
    Examples,
    UnusablePredictionsError,
    column,
    read,
    require_all,
)
from reporter.compare.statistics.flips import flips
from reporter.compare.statistics.metrics import Metric, choices, evaluate, find, lacks
from reporter.compare.statistics.pairing import Incomparable, Paired, pair
from reporter.compare.statistics.reported_values import (
    Disagreement,
    disagreement,
    find_reported,
    hint_of,
    metric_key,
)
from reporter.compare.statistics.resampling import Pair, Plan
from reporter.compare.statistics.score_rounding import possible_values
from reporter.compare.statistics.series import steps_of_time
from reporter.compare.statistics.slices import Slice, slices
from reporter.model.comparison import Flips
from reporter.model.evidence import MetricEvidence
from reporter.model.formatting import sentences
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem, ProblemKind
from reporter.model.reasons import EvaluationChange
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Snapshot, Table

UNUSABLE = "No interval: the predictions could not be used (see the problems)."


Tests: TypeAlias = Mapping[tuple[MetricKey, ...], MetricEvidence]
"""Each test once, by the metrics that it is told at; p-values are uncorrected."""


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What came of the predictions of one rule."""

    tests: Tests = field(default_factory=dict)
    slices: tuple[Slice, ...] = ()
    flips: Flips | None = None
    problems: tuple[Problem, ...] = ()
    test_rows: EvaluationChange | None = None
    """How the test rows differ."""


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """Both sides of a predictions file that could be read."""

    rule: PredictionsRule
    snapshots: tuple[Snapshot, Snapshot]
    tables: tuple[Table, Table]
    examples: tuple[Examples, Examples]
    keys: Mapping[str, MetricKey]
    """Name of a recomputed metric → the reported one that it explains."""


def assess(base: Snapshot, head: Snapshot, rule: PredictionsRule, plan: Plan) -> Assessment:
    """Compare the two revisions' predictions. Whatever is wrong with them is a problem, never an exception."""
    metrics, unknown = metrics_of(rule)
    keys = {name: metric_key(text, (base, head)) for name, text in rule.metrics.items()}
    told_at = [(key,) for key in keys.values()]
    before, after = base.predictions.get(rule.path), head.predictions.get(rule.path)
    if before is None or after is None:
        return absent_predictions(base, head, rule, told_at, unknown, head_is_there=after is not None)
    try:
        examples = read(before, after, rule)
        subject = _Subject(rule, (base, head), (before, after), examples, keys)
        pairing = pair(*subject.tables, examples, rule)
        # Before anything is tested: a difference between two test sets is none between two models.
        if isinstance(pairing, Incomparable):
            return incomparable(told_at, pairing.reason, (*unknown, *_each_alone(subject, metrics)))
        return _assess_paired(subject, pairing, metrics, unknown, plan)
    except UnusablePredictionsError as error:
        return unusable(told_at, base if error.base else head, rule, error, unknown)


def metrics_of(rule: PredictionsRule) -> tuple[list[Metric], tuple[Problem, ...]]:
    """The metrics that a rule names, and a problem for each name that is none, or that there is no name at all."""
    if not rule.metrics:
        hint = 'add `metrics:`, such as {roc_auc: "metrics.json:roc_auc"}, to have differences tested'
        return [], (configuration_problem(rule, "no metric is named that these predictions explain", hint),)
    found = {name: find(name, rule) for name in rule.metrics}
    names = ", ".join(choices(rule))
    unknown = tuple(
        configuration_problem(rule, f"{name!r} is no metric of {rule.kind}", f"use one of {names}")
        for name, metric in found.items()
        if metric is None
    )
    return [metric for metric in found.values() if metric is not None], unknown


def configuration_problem(rule: PredictionsRule, message: str, hint: str) -> Problem:
    """A problem of what reporter.yaml says of these predictions: it is of no revision."""
    return Problem("", rule.path, ProblemKind.CONFIGURATION, message, hint)


def absent_predictions(
    base: Snapshot,
    head: Snapshot,
    rule: PredictionsRule,
    told_at: Iterable[tuple[MetricKey, ...]],
    problems: tuple[Problem, ...],
    *,
    head_is_there: bool,
) -> Assessment:
    """What to tell at each metric where a side's predictions are not there, and the problem of it.

    The collector has said why a file cannot be read. What the baseline does not have yet is no problem of anybody's; what the
    candidate does not have, though reporter.yaml names it, is one, and nothing that the predictions should prove is believed then.
    """
    is_said = any(rule.path in problem.paths for problem in (*base.problems, *head.problems))
    if head_is_there:
        note = UNUSABLE if is_said else f"No interval: {base.revision.label} has no {rule.path} yet."
        lacking = "cannot be read" if is_said else "is not there yet"
        evidence = MetricEvidence(
            note=note, unusable=f"cannot be tested: {rule.path} of {base.revision.label} {lacking}"
        )
    else:
        evidence = MetricEvidence(
            note=UNUSABLE, doubt=f"cannot be judged: {rule.path} of {head.revision.label} is missing"
        )
    if not (is_said or head_is_there):
        message, hint = "there are no predictions to compare", "track the file with DVC"
        problems = (*problems, Problem(head.revision.label, rule.path, ProblemKind.MISSING, message, hint))
    return Assessment(dict.fromkeys(told_at, evidence), problems=problems)


def unusable(
    told_at: Iterable[tuple[MetricKey, ...]],
    snapshot: Snapshot,
    rule: PredictionsRule,
    error: UnusablePredictionsError,
    problems: tuple[Problem, ...],
) -> Assessment:
    """That the predictions of one side, `snapshot`, are there and cannot be used."""
    label = snapshot.revision.label
    why = f"{rule.path} of {label}: {error.message}"
    broken = MetricEvidence(note=UNUSABLE)
    told = (
        replace(broken, unusable=f"cannot be tested: {why}")
        if error.base
        else replace(broken, doubt=f"cannot be judged: {why}")
    )
    problem = Problem(label, rule.path, error.kind, error.message, error.hint)
    return Assessment(dict.fromkeys(told_at, told), problems=(*problems, problem))


def incomparable(
    told_at: Iterable[tuple[MetricKey, ...]], why: EvaluationChange, problems: tuple[Problem, ...]
) -> Assessment:
    """That there is no test, since the test sets differ."""
    evidence = MetricEvidence(note=why.sentence, incomparable=why)
    return Assessment(dict.fromkeys(told_at, evidence), problems=problems, test_rows=why)


def _each_alone(subject: _Subject, metrics: list[Metric]) -> list[Problem]:
    """Test sets that cannot be held against each other can still be held against the values reported of them."""
    usable, lacking = usable_metrics(metrics, subject.examples)
    wrong = (each for metric in usable for each in _disagreements(subject, metric, _recomputed(subject, metric)))
    return [*lacking_columns(subject.rule, lacking), *(each.problem for each in wrong)]


def _assess_paired(
    subject: _Subject, pairing: Paired, metrics: list[Metric], unknown: tuple[Problem, ...], plan: Plan
) -> Assessment:
    usable, lacking = usable_metrics(metrics, subject.examples)
    examples = _paired_examples(subject, pairing)
    evidence, of_metrics = _evidence(subject, pairing, usable, estimates(examples, usable, plan))
    without = {(subject.keys[name],): without_interval(why) for name, why in lacking.items()}
    no_metrics = set(subject.keys) - {metric.name for metric in metrics}
    without |= {(subject.keys[name],): without_interval(f"{name!r} is no metric") for name in sorted(no_metrics)}
    found, of_slices = _slices(subject, pairing, examples, usable, plan)
    return Assessment(
        tests=evidence | without,
        slices=found,
        flips=_flips(subject, pairing, examples),
        problems=(*unknown, *lacking_columns(subject.rule, lacking), *of_metrics, *of_slices),
        test_rows=pairing.shared,
    )


def without_interval(why: str) -> MetricEvidence:
    """Of a metric that the predictions cannot give, for a reason that `usable_metrics` has."""
    return MetricEvidence(note=f"No interval: {why}.", unusable=f"cannot be tested: {why}")


def lacking_columns(rule: PredictionsRule, lacking: Mapping[str, str]) -> Iterator[Problem]:
    """A problem for each metric that `usable_metrics` has left out."""
    for why in lacking.values():
        yield configuration_problem(rule, why, "name the column in reporter.yaml, or leave the metric out")


def usable_metrics(metrics: list[Metric], sides: Iterable[Examples]) -> tuple[list[Metric], dict[str, str]]:
    """The metrics that every side can give, and for each other one why not, by its name."""
    every = list(sides)
    reasons = ((metric.name, lacks(metric, examples)) for metric in metrics for examples in every)
    lacking = {name: why for name, why in reasons if why}
    return [metric for metric in metrics if metric.name not in lacking], lacking


def _paired_examples(subject: _Subject, pairing: Paired) -> Pair:
    base, head = subject.examples
    rule, clusters = subject.rule, None
    # Named by the candidate's file alone, as groups are: which examples belong together does not depend on the model.
    if subject.rule.cluster is not None:
        clusters = encode([column(subject.tables[1], subject.rule.cluster, base=False)[pairing.head]]).codes[0]
        require_all(clusters != MISSING, subject.rule.cluster, "nothing", base=False)
    if rule.order is not None:
        clusters = steps_of_time(column(subject.tables[1], rule.order, base=False)[pairing.head], rule.order)
    if not pairing.whole:
        base, head = base.take(pairing.base), head.take(pairing.head)
    return Pair(base, head, clusters, ordered=rule.order is not None)


def _evidence(
    subject: _Subject, pairing: Paired, metrics: list[Metric], found: Mapping[str, Estimate]
) -> tuple[dict[tuple[MetricKey, ...], MetricEvidence], list[Problem]]:
    evidence: dict[tuple[MetricKey, ...], MetricEvidence] = {}
    problems: list[Problem] = []
    for metric in metrics:
        estimate, key = found[metric.name], subject.keys[metric.name]
        # Of a whole test set the estimate is already at hand; each side's own rows may be more than the shared ones.
        recomputed = (estimate.base, estimate.head) if pairing.whole else _recomputed(subject, metric)
        wrong = list(_disagreements(subject, metric, recomputed))
        problems += [each.problem for each in wrong]
        evidence[key,] = disagreeing(wrong) if wrong else _agreeing(metric, estimate, pairing)
        if all(find_reported(snapshot.metrics, key) is None for snapshot in subject.snapshots):
            message = f"{metric.name} explains {key}, which no metrics file holds"
            problems.append(configuration_problem(subject.rule, message, "correct its name in reporter.yaml"))
        if not math.isfinite(estimate.delta):
            message = f"{metric.name} is not defined on these examples (all of one class, or too large a number)"
            problems.append(
                configuration_problem(
                    subject.rule, message, "evaluate on examples of every class, with numbers of a sane size"
                )
            )
    return evidence, problems


def _recomputed(subject: _Subject, metric: Metric) -> tuple[float, float]:
    base, head = subject.examples
    return evaluate(metric, base), evaluate(metric, head)


def _disagreements(subject: _Subject, metric: Metric, recomputed: tuple[float, float]) -> Iterator[Disagreement]:
    """Hold each side's reported value against the one that all its rows give."""
    for snapshot, examples, value in zip(subject.snapshots, subject.examples, recomputed, strict=True):
        target, what = subject.rule.metrics[metric.name], f"{metric.name} of {subject.rule.path}"
        possible = partial(possible_values, metric, examples)
        found = disagreement(snapshot, target, what, value, possible, hint_of(metric.name, examples))
        if found is not None:
            yield found


def _agreeing(metric: Metric, estimate: Estimate, pairing: Paired) -> MetricEvidence:
    """The estimate as evidence: its difference is exact, where reported values may be rounded or of more rows than both share."""
    is_defined = math.isfinite(estimate.delta)
    undefined = f"cannot be tested: {metric.name} is not defined on the rows that are compared"
    return MetricEvidence(
        estimate.interval,
        estimate.p_value,
        estimate.method,
        note=sentences(
            pairing.shared.sentence if pairing.shared else "",
            "Rows are paired by position." if pairing.by_position else "",
            estimate.note,
        ),
        tested_delta=estimate.delta if is_defined else None,
        unusable="" if is_defined else undefined,
        rows=len(pairing.base) if pairing.shared else 0,
        gone=pairing.gone,
        same_examples=True,
    )


def disagreeing(found: Sequence[Disagreement]) -> MetricEvidence:
    """An interval of another quantity than the reported one must not stand beside it."""
    said = "; ".join(f"{each.problem.revision}: {each.problem.message}" for each in found)
    doubt = f"is in doubt: {found[0].clause}"
    return MetricEvidence(
        note=f"No interval: the reported value is not what the predictions give ({said}).", doubt=doubt
    )


def _slices(
    subject: _Subject, pairing: Paired, examples: Pair, metrics: list[Metric], plan: Plan
) -> tuple[tuple[Slice, ...], list[Problem]]:
    """Slices of every group whose column is there, and a problem for each that is not or was cut short."""
    rule, columns = subject.rule, subject.tables[1].columns
    groups = {group: columns[group][pairing.head] for group in rule.groups if group in columns}
    found = slices(examples, rule.path, metrics, groups, plan)
    absent = [group for group in rule.groups if group not in columns]
    problems = [
        configuration_problem(rule, f"there is no column {group!r} to group by", "correct `groups`") for group in absent
    ]
    problems += [configuration_problem(rule, note, "group by a coarser column to see all") for note in found.left_out]
    return found.found, problems


def _flips(subject: _Subject, pairing: Paired, examples: Pair) -> Flips | None:
    base, head = examples.base, examples.head
    if isinstance(base, Classified) and isinstance(head, Classified):
        return flips(base, head, subject.tables[1], pairing.head, subject.rule)
    return None
