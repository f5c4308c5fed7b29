"""All evidence about a candidate and its baseline: predictions, repeated runs, and where there is neither, that there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reporter.compare.statistics.assessment import assess
from reporter.compare.statistics.correction import correct
from reporter.compare.statistics.repeated import repeated_runs
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.seeds import significance_unknown
from reporter.compare.statistics.slices import worst_and_best
from reporter.model.evidence import Evidence, MetricEvidence
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot
from reporter.model.values import is_number, same_value


def evidence(base: Snapshot, head: Snapshot, rules: Rules) -> Evidence:
    """Gather what is known of the differences between `base` and `head`, by the metrics' `file:name`.

    - p-values of gated metrics are corrected over all gated metrics (`rules.significance.correction`, Holm by default), those of
      slices over all slices (Benjamini-Hochberg); intervals are of `rules.significance.level`, uncorrected.
    - Repeated runs (`rules.seeds`) of a metric are one test, told at each of its rows.
    - A changed headline or gated metric that nothing else is known of has a note on how many runs would tell.

    Seeded by `rules.significance.seed`: equal input gives equal output. Never raises on what a repository holds.
    """
    significance = rules.significance
    plan = Plan(significance.level, significance.resamples, significance.seed)
    assessed = [assess(base, head, rule, plan) for rule in rules.predictions]
    predicted = {key: metric for assessment in assessed for key, metric in assessment.metrics.items()}
    repeated = {} if rules.seeds is None else repeated_runs(base, head, rules.seeds, plan)
    metrics = _corrected(_tests(predicted, repeated), _gated(base, head, rules), significance.correction)
    return Evidence(
        metrics=metrics | _unknown(base, head, rules, metrics),
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


def _unknown(
    base: Snapshot, head: Snapshot, rules: Rules, known: Mapping[str, MetricEvidence]
) -> dict[str, MetricEvidence]:
    """Of single runs there is nothing to test: say so where it matters, at changed headline and gated metrics."""
    found: dict[str, MetricEvidence] = {}
    for path, file in head.metrics.items():
        for name, value in file.values.items():
            rule = rules.for_metric(path, name)
            before = base.metrics[path].values.get(name) if path in base.metrics else None
            if rule is None or not (rule.headline or rule.gate) or f"{path}:{name}" in known:
                continue
            if is_number(value) and is_number(before) and not same_value(value, before):
                found[f"{path}:{name}"] = MetricEvidence(note=significance_unknown(value - before))
    return found
