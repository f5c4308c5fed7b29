"""Cross-validation of both revisions: one metrics file for each fold, found by a glob.

Folds share most of their training data, so their results vary less than those of independent trainings would: Student's test
takes chance for a difference. Its variance is corrected for that (Nadeau & Bengio 2003, Inference for the generalization error;
Bouckaert & Frank 2004, Evaluating the replicability of significance tests, for repeated cross-validation).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from reporter.compare.sample_size import FEWEST_RUNS
from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.resampling import Plan
from reporter.compare.statistics.run_files import values_of_runs
from reporter.compare.statistics.seeds import corrected_mean_difference
from reporter.compare.statistics.wildcards import stand_for
from reporter.model.evidence import MetricEvidence
from reporter.model.formatting import counted, sentences
from reporter.model.metric_key import MetricKey
from reporter.model.snapshot import Snapshot


def cross_validated(
    base: Snapshot, head: Snapshot, pattern: str, plan: Plan
) -> dict[tuple[MetricKey, ...], MetricEvidence]:
    """Compare each metric over the folds in files that match `pattern`; by the metrics of the candidate's folds.

    The last wildcard of `pattern` tells folds apart, those before it repetitions of the cross-validation. Files of equal paths are
    the same fold, tested on the same rows; others cannot be held against each other.
    """
    before, after = values_of_runs(base, pattern), values_of_runs(head, pattern)
    return {
        tuple(MetricKey(path, name) for path in folds): replace(
            _compared(before.get(name, {}), folds, pattern, plan), runs_of=MetricKey(pattern, name)
        )
        for name, folds in after.items()
    }


def _compared(before: Mapping[str, float], after: Mapping[str, float], pattern: str, plan: Plan) -> MetricEvidence:
    shared = [path for path in after if path in before]
    if len(shared) < FEWEST_RUNS:
        counts = f"only {len(shared)} of {len(before)} and {len(after)} folds are the same"
        lost = f"cannot be tested: {counts}" if len(before) >= FEWEST_RUNS else ""
        return MetricEvidence(note=f"Significance unknown: {counts}, and {FEWEST_RUNS} are the least.", unusable=lost)
    folds = count_folds([*before, *after], pattern)
    base, head = (np.array([side[path] for path in shared]) for side in (before, after))
    found = _tested(base, head, folds, plan)
    left_out = len(before) + len(after) - 2 * len(shared)
    if not left_out:
        return found
    gone = counted(len(before) - len(shared), "fold of the baseline is gone", "folds of the baseline are gone")
    note = sentences(found.note, f"{left_out} that only one revision has left out.")
    return replace(found, note=note, unusable=f"cannot be tested: {gone}" if len(before) > len(shared) else "")


def count_folds(paths: Iterable[str], pattern: str) -> int:
    """How many parts the data are cut into: the values that the last wildcard of `pattern` has in the paths."""
    return len({stand_for(pattern, path)[-1:] for path in paths})


def _tested(base: FloatArray, head: FloatArray, folds: int, plan: Plan) -> MetricEvidence:
    results = f"{len(head)} folds" if len(head) <= folds else f"{len(head)} results of {folds} folds"
    if np.array_equal(base, head):
        return MetricEvidence((0.0, 0.0), 1.0, f"identical folds, {results}", tested_delta=0.0)
    higher, equal = np.count_nonzero(head > base), np.count_nonzero(head == base)
    wins = f"Higher than the baseline in {higher} of {results}" + (f", equal in {equal}" if equal else "")
    found = corrected_mean_difference(base, head, share=1 / (folds - 1), level=plan.level) if folds > 1 else None
    if found is None:
        why = "the differences do not vary" if folds > 1 else "the last wildcard of `folds` tells no folds apart"
        return MetricEvidence(note=f"{wins}; {why}: no test of the mean difference is possible.")
    return MetricEvidence(
        interval=found.interval,
        p_value=max(found.p_value, float(np.finfo(np.float64).tiny)),
        method=f"corrected resampled t (Nadeau & Bengio) of the mean difference, {results}",
        note=f"Means of {results}. {wins}.",
        tested_delta=found.delta,
    )
