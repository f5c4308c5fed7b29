"""Whether the metric a project reports is the one its predictions give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from reporter.compare.difference import as_float
from reporter.compare.statistics.columns import FloatArray
from reporter.compare.statistics.examples import Classified, Examples, Scored
from reporter.compare.statistics.losses import sure_and_wrong
from reporter.model.formatting import number
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem, ProblemKind
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Snapshot, ValueFile
from reporter.model.values import Number, Value, is_number

TOLERANCE = 1e-6
"""Relative: what summing in another order or in single precision may change."""
DIGITS = 3
"""A reported value may be rounded, but not to fewer significant digits than these …"""
DECIMALS = 2
"""… nor, if that is coarser, to fewer decimals than these."""
MOST_DECIMALS = 8
"""Scores with more decimals are taken as exact."""
SAMPLE = 1000


def metric_key(text: str, snapshots: Iterable[Snapshot]) -> MetricKey:
    """The metric that reporter.yaml calls `file:name`: looked up, since paths and names may hold colons.

    Of one that no revision has, the file ends at the first colon.
    """
    for path, file in (item for snapshot in snapshots for item in snapshot.metrics.items()):
        name = text.removeprefix(f"{path}:")
        if name != text and (name in file.values or file.problem is not None):
            return MetricKey(path, name)
    path, _, name = text.partition(":")
    return MetricKey(path, name)


def find_reported(metrics: Mapping[str, ValueFile], key: MetricKey) -> tuple[ValueFile, Value] | None:
    """The metric's file and value; None where no file has it. Of a file that could not be read, the value is None."""
    file = metrics.get(key.file)
    if file is None or (key.name not in file.values and file.problem is None):
        return None
    return file, file.values.get(key.name)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A reported value that is not the one which the predictions give."""

    problem: Problem
    clause: str
    """What is wrong, to follow the metric's name: `reports 0.8, but roc_auc of predictions.csv is 0.72`."""

    @classmethod
    def of(cls, snapshot: Snapshot, file: ValueFile, key: MetricKey, clause: str, hint: str) -> Disagreement:
        """That `key` of a metrics file is wrong, as `clause` says; `hint` tells what to do."""
        label = snapshot.revision.label
        problem = Problem(label, file.path, ProblemKind.MISMATCH, f"{key} {clause}", hint, names_path=True)
        return cls(problem, clause)


def disagreement(
    snapshot: Snapshot, rule: PredictionsRule, metric: str, recomputed: float, examples: Examples
) -> Disagreement | None:
    """Say that the value a revision reports is not the recomputed one; None where they agree or no number is reported."""
    key = metric_key(rule.metrics[metric], [snapshot])
    reported = find_reported(snapshot.metrics, key)
    if reported is None or not is_number(reported[1]) or agrees(reported[1], recomputed, examples):
        return None
    clause = f"reports {six_digits(reported[1])}, but {metric} of {rule.path} is {recomputed:.6g}"
    hint = "one of them is wrong: check the metric's definition, and that both files are of one run"
    return Disagreement.of(snapshot, reported[0], key, clause, f"{hint}{_of_type(metric, examples)}")


def _of_type(metric: str, examples: Examples) -> str:
    """What may have come between a log loss and text, which does not keep the type of scores."""
    if metric != "log_loss" or not isinstance(examples, Classified) or not (count := sure_and_wrong(examples)):
        return ""
    return (
        f"; {count:,} examples are wrong with a probability of 0, which log loss takes for the least that the type of the scores holds: "
        "clip probabilities before both, or write Parquet, which keeps the type"
    )


def agrees(value: Number, recomputed: float, examples: Examples) -> bool:
    """True if the two are equal but for rounding of the reported `value`, and of the scores it is recomputed from."""
    reported = as_float(value)
    if math.isnan(reported) or math.isnan(recomputed):
        return math.isnan(reported) and math.isnan(recomputed)
    if math.isinf(reported) or math.isinf(recomputed):
        return reported == recomputed
    coarsest = min(DECIMALS, DIGITS - 1 - _magnitude(recomputed))
    rounding = 0.5 * 10.0 ** -max(coarsest, _decimals(reported))
    size = max(abs(recomputed), 1e-300)
    return abs(reported - recomputed) <= rounding * (1 + TOLERANCE) + (TOLERANCE + _score_rounding(examples)) * size


def six_digits(value: Number) -> str:
    """As `:.6g` has it, which knows no integer beyond every float."""
    return number(value) if math.isinf(as_float(value)) else f"{value:.6g}"


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _decimals(value: float) -> int:
    """Decimals that the shortest spelling of `value` has: 2 of 0.85, −2 of 1200.0, 7 of 1.5e-06."""
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _score_rounding(examples: Examples) -> float:
    """The step of the scores' last decimal, where a predictions file holds rounded ones; else 0."""
    written = examples.values if isinstance(examples, Scored) else None
    if isinstance(examples, Classified):
        written = examples.scores
    if written is None:
        return 0.0
    scores = written.ravel()[:SAMPLE]
    return next((10.0**-d for d in range(1, MOST_DECIMALS + 1) if _are_rounded(scores, d)), 0.0)


def _are_rounded(scores: FloatArray, decimals: int) -> bool:
    return bool(np.allclose(scores, np.round(scores, decimals), rtol=0, atol=1e-12))
