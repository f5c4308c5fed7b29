"""All evidence about a candidate and its baseline: predictions and repeated runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reporter.compare.statistics.assessment import Assessment, Tests, assess
from reporter.compare.statistics.correction import holm
from reporter.compare.statistics.folds import cross_validated
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.run_files import repeated_runs
from reporter.compare.statistics.run_predictions import assess_runs
from reporter.compare.statistics.slices import worst_and_best
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.formatting import sentences
from reporter.model.metric_key import MetricKey
from reporter.model.rules import Correction, Rules
from reporter.model.snapshot import Snapshot


def evidence(base: Snapshot, head: Snapshot, rules: Rules) -> Evidence:
    """Gather what is known of the differences between `base` and `head`, by metric.

    - p-values of gated metrics are corrected over all gated metrics (`rules.significance.correction`, Holm by default), those of
      slices over all slices (Benjamini-Hochberg); intervals are of `rules.significance.level`, uncorrected.
    - Repeated runs (`rules.seeds`, and predictions whose `path` is a glob) of a metric are one test, told at each of its rows, and so
      are its folds (`rules.folds`).

    Seeded by `rules.significance.seed`: equal input gives equal output. Never raises on what a repository holds.
    """
    significance = rules.significance
    plan = Plan(significance.level, significance.resamples, significance.seed)
    single = [assess(base, head, rule, plan) for rule in rules.predictions if not rule.is_repeated]
    of_runs = [assess_runs(base, head, rule, plan) for rule in rules.predictions if rule.is_repeated]
    assessed = [*single, *of_runs]
    repeated = Assessment() if rules.seeds is None else Assessment(repeated_runs(base, head, rules.seeds, plan))
    folds = Assessment() if rules.folds is None else Assessment(cross_validated(base, head, rules.folds, plan))
    tests = _joined(single, [*of_runs, folds, repeated])
    return Evidence(
        metrics=_each(
            tests if significance.correction is Correction.NONE else _corrected(tests, _gated(base, head, rules))
        ),
        slices=worst_and_best([each for assessment in assessed for each in assessment.slices], plan.level),
        flips=tuple(assessment.flips for assessment in assessed if assessment.flips is not None),
        problems=tuple(problem for assessment in assessed for problem in assessment.problems),
        test_rows=tuple(dict.fromkeys(filter(None, (assessment.test_rows for assessment in assessed)))),
    )


def _joined(single: Iterable[Assessment], of_runs: Iterable[Assessment]) -> Tests:
    """All tests, each row in one: what one file's predictions say comes first, and repeated runs of the same row join it as a
    note; of repeated runs their predictions come before their metrics files.
    """
    predicted = {keys: test for assessment in single for keys, test in assessment.tests.items()}
    tests = dict(predicted)
    taken = {key for keys in predicted for key in keys}
    for keys, runs in (item for assessment in of_runs for item in assessment.tests.items()):
        for key in keys:
            if (key,) in predicted:
                known = tests[key,]
                tests[key,] = replace(known, note=sentences(known.note, runs.note))
        if rest := tuple(key for key in keys if key not in taken):
            tests[rest] = runs
            taken.update(rest)
    return tests


def _corrected(tests: Tests, gated: frozenset[MetricKey]) -> Tests:
    family = [keys for keys in tests if gated.intersection(keys)]
    p_values = holm([tests[keys].p_value for keys in family])
    corrected = {keys: replace(tests[keys], p_value=p) for keys, p in zip(family, p_values, strict=True)}
    return {**tests, **corrected}


def _each(tests: Tests) -> dict[MetricKey, MetricEvidence]:
    return {key: metric for keys, metric in tests.items() for key in keys}


def _gated(base: Snapshot, head: Snapshot, rules: Rules) -> frozenset[MetricKey]:
    """Every metric with a gate."""
    return frozenset(
        MetricKey(path, name)
        for snapshot in (base, head)
        for path, file in snapshot.metrics.items()
        for name in file.values
        if (rule := rules.for_metric(path, name)) is not None and rule.gate is not None
    )
