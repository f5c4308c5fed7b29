"""Whether the metric a project reports is the one its predictions give."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from reporter.compare.difference import as_float
from reporter.compare.statistics.examples import Classified, Examples
from reporter.compare.statistics.losses import sure_and_wrong
from reporter.model.formatting import number
from reporter.model.metric_key import MetricKey
from reporter.model.problem import Problem, ProblemKind
from reporter.model.snapshot import Snapshot, ValueFile
from reporter.model.values import Number, Value, is_number

TOLERANCE = 1e-6
"""Relative: what summing in another order or in single precision may change."""
DIGITS = 3
"""A reported value may be rounded, but not to fewer significant digits than these …"""
DECIMALS = 2
"""… nor, if that is coarser, to fewer decimals than these."""


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


PossibleValues: TypeAlias = Callable[[], tuple[float, float]]
"""The least and the greatest value that a metric may have."""
_ONE_IS_WRONG = "one of them is wrong: check the metric's definition, and that both files are of one run"


def disagreement(
    snapshot: Snapshot,
    target: str,
    what: str,
    recomputed: float,
    possible: PossibleValues,
    hint: str = _ONE_IS_WRONG,
) -> Disagreement | None:
    """Say that the value which a revision reports as `target` is not the recomputed one, of `what`; None where they agree or no number
    is reported. `possible` gives what it may be if scores were rounded, and is asked only where they differ; `hint` tells what to do.
    """
    key = metric_key(target, [snapshot])
    file, value = find_reported(snapshot.metrics, key) or (None, None)
    if file is None or value is None or not is_number(value) or agrees(value, recomputed, possible):
        return None
    clause = f"reports {six_digits(value)}, but {what} is {recomputed:.6g}"
    return Disagreement(
        Problem(snapshot.revision.label, file.path, ProblemKind.MISMATCH, f"{key} {clause}", hint, names_path=True),
        clause,
    )


def hint_of(metric: str, examples: Examples) -> str:
    """What to do where they disagree; of a log loss also what may have come between it and text, which keeps no type of scores."""
    if metric != "log_loss" or not isinstance(examples, Classified) or not (count := sure_and_wrong(examples)):
        return _ONE_IS_WRONG
    return (
        f"{_ONE_IS_WRONG}; {count:,} examples are wrong with a probability of 0, which log loss takes for the least that the type of the "
        "scores holds: clip probabilities before both, or write Parquet, which keeps the type"
    )


def agrees(value: Number, recomputed: float, possible: PossibleValues) -> bool:
    """True if the two are equal but for the rounding that the reported `value` itself shows, for what summing in another order may
    change, and for what rounded scores leave open.
    """
    reported = as_float(value)
    if math.isnan(reported) or math.isnan(recomputed):
        return math.isnan(reported) and math.isnan(recomputed)
    if math.isinf(reported) or math.isinf(recomputed):
        return reported == recomputed
    coarsest = min(DECIMALS, DIGITS - 1 - _magnitude(recomputed))
    rounding = 0.5 * 10.0 ** -max(coarsest, _decimals(reported))
    slack = rounding * (1 + TOLERANCE) + TOLERANCE * max(abs(recomputed), 1e-300)
    if abs(reported - recomputed) <= slack:
        return True
    low, high = possible()
    return low - slack <= reported <= high + slack


def six_digits(value: Number) -> str:
    """As `:.6g` has it, which knows no integer beyond every float."""
    return number(value) if math.isinf(as_float(value)) else f"{value:.6g}"


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _decimals(value: float) -> int:
    """Decimals that the shortest spelling of `value` has: 2 of 0.85, −2 of 1200.0, 7 of 1.5e-06."""
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
