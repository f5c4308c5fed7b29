"""All evidence about a candidate and its baseline: predictions and repeated runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reporter.compare.statistics.assessment import assess
from reporter.compare.statistics.correction import correct
from reporter.compare.statistics.repeated import repeated_runs
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.slices import worst_and_best
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot


def evidence(base: Snapshot, head: Snapshot, rules: Rules) -> Evidence:
    """Gather what is known of the differences between `base` and `head`, by the metrics' `file:name`.

    - p-values of gated metrics are corrected over all gated metrics (`rules.significance.correction`, Holm by default), those of
      slices over all slices (Benjamini-Hochberg); intervals are of `rules.significance.level`, uncorrected.
    - Repeated runs (`rules.seeds`) of a metric are one test, told at each of its rows.

    Seeded by `rules.significance.seed`: equal input gives equal output. Never raises on what a repository holds.
    """
    significance = rules.significance
    plan = Plan(significance.level, significance.resamples, significance.seed)
    assessed = [assess(base, head, rule, plan) for rule in rules.predictions]
    predicted = {key: metric for assessment in assessed for key, metric in assessment.metrics.items()}
    repeated = {} if rules.seeds is None else repeated_runs(base, head, rules.seeds, plan)
    return Evidence(
        metrics=_corrected(_tests(predicted, repeated), _gated(base, head, rules), significance.correction),
        slices=worst_and_best([each for assessment in assessed for each in assessment.slices]),
        flips=tuple(assessment.flips for assessment in assessed if assessment.flips is not None),
        problems=tuple(problem for assessment in assessed for problem in assessment.problems),
    )


def _tests(
    predicted: Mapping[str, MetricEvidence], repeated: Mapping[tuple[str, ...], MetricEvidence]
) -> dict[tuple[str, ...], MetricEvidence]:
    """Each test once, with the rows it is told at. Predictions come first; repeated runs of the same row join as a note."""
    tests: dict[tuple[str, ...], MetricEvidence] = {(key,): metric for key, metric in predicted.items()}
    for keys, runs in repeated.items():
        for key in predicted.keys() & set(keys):
            known = predicted[key]
            tests[key,] = replace(known, note=" ".join(filter(None, (known.note, runs.note))))
        if rest := tuple(key for key in keys if key not in predicted):
            tests[rest] = runs
    return tests


def _corrected(
    tests: Mapping[tuple[str, ...], MetricEvidence], gated: frozenset[str], method: str
) -> dict[str, MetricEvidence]:
    family = [keys for keys in tests if gated.intersection(keys)]
    p_values = correct([tests[keys].p_value for keys in family], method)
    corrected = {keys: replace(tests[keys], p_value=p) for keys, p in zip(family, p_values, strict=True)}
    return {key: metric for keys, metric in {**tests, **corrected}.items() for key in keys}


def _gated(base: Snapshot, head: Snapshot, rules: Rules) -> frozenset[str]:
    """`file:name` of every metric with a gate; looked up, since paths and names may hold colons."""
    return frozenset(
        f"{path}:{name}"
        for snapshot in (base, head)
        for path, file in snapshot.metrics.items()
        for name in file.values
        if (rule := rules.for_metric(path, name)) is not None and rule.gate is not None
    )
