"""Repeated runs of both revisions: metrics files that a glob finds, one for each seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from reporter.compare.difference import as_float
from reporter.compare.sample_size import FEWEST_RUNS
from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.seeds import mean_difference, superiority
from reporter.model.evidence import MetricEvidence
from reporter.model.formatting import counted, level, sentences
from reporter.model.metric_key import MetricKey
from reporter.model.snapshot import Snapshot
from reporter.model.values import is_number


def repeated_runs(
    base: Snapshot, head: Snapshot, pattern: str, plan: Plan
) -> dict[tuple[MetricKey, ...], MetricEvidence]:
    """Compare each metric over the runs in files that match `pattern`; by the metrics of the candidate's runs.

    Runs are paired where both revisions have the same files: then the path names the seed.
    """
    before, after = values_of_runs(base, pattern), values_of_runs(head, pattern)
    return {
        tuple(MetricKey(path, name) for path in runs): replace(
            compare_runs(before.get(name, {}), runs, plan), runs_of=MetricKey(pattern, name)
        )
        for name, runs in after.items()
    }


def values_of_runs(snapshot: Snapshot, pattern: str) -> dict[str, dict[str, float]]:
    """Metric name → file that matches `pattern` → its finite value."""
    found: dict[str, dict[str, float]] = {}
    for path, file in snapshot.metrics.items():
        if fnmatchcase(path, pattern):
            for name, value in file.values.items():
                if is_number(value) and math.isfinite(number := as_float(value)):
                    found.setdefault(name, {})[path] = number
    return found


def compare_runs(before: Mapping[str, float], after: Mapping[str, float], plan: Plan) -> MetricEvidence:
    """Compare one metric over the runs of both revisions, by their paths; runs of equal paths are pairs, where there are enough."""
    shared = [path for path in after if path in before]
    paired = len(shared) >= FEWEST_RUNS
    left_out = len(before) + len(after) - 2 * len(shared) if paired else 0
    runs_of_base = len(before)
    if paired:
        before, after = {path: before[path] for path in shared}, {path: after[path] for path in shared}
    if min(len(before), len(after)) < FEWEST_RUNS:
        counts = f"{len(before)} and {len(after)} runs are too few"
        lost = f"cannot be tested: {counts}" if max(len(before), len(after)) >= FEWEST_RUNS else ""
        note = f"Significance unknown: {counts}, {FEWEST_RUNS} of each are the least."
        return MetricEvidence(note=note, unusable=lost)
    found = _compared(np.array(list(before.values())), np.array(list(after.values())), plan, paired=paired)
    if not left_out:
        return found
    runs_gone = runs_of_base - len(shared)
    gone = counted(runs_gone, "run of the baseline is gone", "runs of the baseline are gone")
    note = sentences(found.note, f"{left_out} that only one revision has left out.")
    return replace(found, note=note, unusable=f"cannot be tested: {gone}" if runs_gone else "")


def _compared(base: FloatArray, head: FloatArray, plan: Plan, *, paired: bool) -> MetricEvidence:
    runs = f"{len(head)} paired runs" if paired else f"{len(base)} and {len(head)} runs"
    if np.array_equal(base, head):
        same = f"P(candidate > baseline) = 0.50 over {runs}, which are identical."
        return MetricEvidence((0.0, 0.0), 1.0, f"identical runs, {runs}", note=same, tested_delta=0.0)
    found = superiority(base, head, paired=paired, level=plan.level, resamples=plan.resamples, seed=plan.seed)
    low, high = found.interval
    wins = f"P(candidate > baseline) = {found.probability:.2f} ({level(plan.level)} CI {low:.2f} to {high:.2f})"
    mean = mean_difference(base, head, paired=paired, level=plan.level)
    if mean is None:
        what = "whose differences do not vary" if paired else "which do not vary"
        return MetricEvidence(note=f"{wins} over {runs}, {what}: no test of the mean difference is possible.")
    return MetricEvidence(
        interval=mean.interval,
        p_value=max(mean.p_value, float(np.finfo(np.float64).tiny)),
        method=f"{'paired t' if paired else 'Welch t'} of the mean difference, {runs}; P(A>B) by bootstrap",
        note=f"Means of {runs}. {wins}.",
        tested_delta=mean.delta,
    )
