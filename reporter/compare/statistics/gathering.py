"""All evidence about a candidate and its baseline: predictions and repeated runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from reporter.compare.statistics.assessment import assess
from reporter.compare.statistics.correction import holm
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.run_files import repeated_runs
from reporter.compare.statistics.run_predictions import assess_runs
from reporter.compare.statistics.slices import worst_and_best
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.metric_key import MetricKey
from reporter.model.rules import Correction, Rules
from reporter.model.snapshot import Snapshot

_Tests: TypeAlias = Mapping[tuple[MetricKey, ...], MetricEvidence]
"""Each test once, with the metrics that it is told at."""


def evidence(base: Snapshot, head: Snapshot, rules: Rules) -> Evidence:
    """Gather what is known of the differences between `base` and `head`, by metric.

    - p-values of gated metrics are corrected over all gated metrics (`rules.significance.correction`, Holm by default), those of
      slices over all slices (Benjamini-Hochberg); intervals are of `rules.significance.level`, uncorrected.
    - Repeated runs (`rules.seeds`, and predictions whose `path` is a glob) of a metric are one test, told at each of its rows.

    Seeded by `rules.significance.seed`: equal input gives equal output. Never raises on what a repository holds.
    """
    significance = rules.significance
    plan = Plan(significance.level, significance.resamples, significance.seed)
    assessed = [assess(base, head, rule, plan) for rule in rules.predictions if not rule.is_repeated]
    of_runs = [assess_runs(base, head, rule, plan) for rule in rules.predictions if rule.is_repeated]
    predicted: _Tests = {(key,): metric for assessment in assessed for key, metric in assessment.metrics.items()}
    repeated: _Tests = {} if rules.seeds is None else repeated_runs(base, head, rules.seeds, plan)
    tests = _joined(predicted, [*(assessment.tests for assessment in of_runs), repeated])
    said = (*(assessment.test_rows for assessment in assessed), *(assessment.test_rows for assessment in of_runs))
    return Evidence(
        metrics=_corrected(tests, _gated(base, head, rules), significance.correction),
        slices=worst_and_best([each for assessment in assessed for each in assessment.slices], plan.level),
        flips=tuple(assessment.flips for assessment in assessed if assessment.flips is not None),
        problems=(
            *(problem for assessment in assessed for problem in assessment.problems),
            *(problem for assessment in of_runs for problem in assessment.problems),
        ),
        test_rows=tuple(dict.fromkeys(filter(None, said))),
    )


def _joined(predicted: _Tests, of_runs: Sequence[_Tests]) -> _Tests:
    """All tests, each row in one: what one file's predictions say comes first, and repeated runs of the same row join it as a
    note; of repeated runs their predictions come before their metrics files.
    """
    tests = dict(predicted)
    taken = {key for keys in predicted for key in keys}
    for keys, runs in (item for group in of_runs for item in group.items()):
        for key in keys:
            if (key,) in predicted:
                known = tests[key,]
                tests[key,] = replace(known, note=" ".join(filter(None, (known.note, runs.note))))
        if rest := tuple(key for key in keys if key not in taken):
            tests[rest] = runs
            taken.update(rest)
    return tests


def _corrected(tests: _Tests, gated: frozenset[MetricKey], method: Correction) -> dict[MetricKey, MetricEvidence]:
    family = [keys for keys in tests if gated.intersection(keys)] if method is Correction.HOLM else []
    p_values = holm([tests[keys].p_value for keys in family])
    corrected = {keys: replace(tests[keys], p_value=p) for keys, p in zip(family, p_values, strict=True)}
    return {key: metric for keys, metric in {**tests, **corrected}.items() for key in keys}


def _gated(base: Snapshot, head: Snapshot, rules: Rules) -> frozenset[MetricKey]:
    """Every metric with a gate."""
    return frozenset(
        MetricKey(path, name)
        for snapshot in (base, head)
        for path, file in snapshot.metrics.items()
        for name in file.values
        if (rule := rules.for_metric(path, name)) is not None and rule.gate is not None
    )
