"""Differences that no test exists for: single runs without predictions. What can be said of them is said here, and no more:
how many runs would tell, and where the value lies among those that the base branch has seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from reporter.compare.difference import as_float, difference
from reporter.compare.sample_size import FEWEST_RUNS, runs_to_find
from reporter.model.comparison import Candidate, MetricRow, Outcome, State
from reporter.model.formatting import pair
from reporter.model.history import HistoryPoint, MetricHistory, PastRun
from reporter.model.reasons import Significance
from reporter.model.rules import Rules
from reporter.model.values import Number, Value, is_finite, is_number

MOST_RUNS_SAID = 1000
"""A greater number of runs is no advice."""
_ROUNDING = 1e-9


def untested(candidate: Candidate, rules: Rules) -> tuple[MetricRow, ...]:
    """Headline and gated metrics whose numbers differ, and of which nothing says whether the difference is real."""
    return tuple(row for row in candidate.metrics if _is_untested(row) and _matters(row, rules))


def _is_untested(row: MetricRow) -> bool:
    says_nothing = (Outcome.SAME, Outcome.INCOMPARABLE, Outcome.UNKNOWN)
    differs = row.state is State.CHANGED and row.outcome not in says_nothing and _is_finite_difference(row)
    return differs and row.significance is Significance.UNTESTED and not row.run_of


def _is_finite_difference(row: MetricRow) -> bool:
    return bool(row.delta) and row.delta is not None and is_finite(row.delta)


def _matters(row: MetricRow, rules: Rules) -> bool:
    if row.headline:
        return True
    rule = row.rule(rules)
    return rule is not None and rule.gate is not None


def with_history(candidate: Candidate, rules: Rules, runs: Mapping[str, Sequence[PastRun]], baseline: str) -> Candidate:
    """The candidate with a note at each untested metric, and the histories that the notes tell of.

    `runs`: metrics file → its earlier runs, oldest first, the baseline's own the last. `baseline`: what a reader knows it by.
    """
    rows = untested(candidate, rules)
    histories = {(row.file, row.name): _history(row, runs.get(row.file, ())) for row in rows}
    return replace(
        candidate,
        metrics=tuple(
            replace(row, note=significance_unknown(row, histories[row.file, row.name].points, baseline))
            if (row.file, row.name) in histories
            else row
            for row in candidate.metrics
        ),
        history=tuple(history for history in histories.values() if history.points),
    )


def _history(row: MetricRow, runs: Sequence[PastRun]) -> MetricHistory:
    points = (_point(run.sha, run.values.get(row.name)) for run in runs)
    return MetricHistory(row.file, row.name, tuple(point for point in points if point is not None))


def _point(sha: str, value: Value) -> HistoryPoint | None:
    return HistoryPoint(sha, value) if is_number(value) and is_finite(value) else None


def significance_unknown(row: MetricRow, points: Sequence[HistoryPoint], baseline: str) -> str:
    """Say what can be said of a difference of single runs."""
    unknown = "Significance unknown (one run each)"
    sizes = [_size(after.value, before.value, row) for before, after in pairwise(points)]
    if len(sizes) < FEWEST_RUNS or not any(sizes):
        needed = f"About {runs_to_find(1, 1)} runs of each would tell"
        return f"{unknown}. {needed}, if runs vary by as much as this difference (one standard deviation)."
    return f"{unknown}: {_place(row, points, baseline)}; {_of_steps(sizes)}. {_needed(sizes)}"


def _size(after: Number, before: Number, row: MetricRow) -> float:
    """A step between two earlier runs as a multiple of the difference that the row shows."""
    step = difference(before, after)
    if step is None or not is_finite(step) or not row.delta or not is_finite(row.delta):
        return 0.0
    return as_float(abs(Fraction(step) / Fraction(row.delta)))


def _place(row: MetricRow, points: Sequence[HistoryPoint], baseline: str) -> str:
    """`above 9 of the last 12 values up to main (0.781 to 0.823)`."""
    values = [point.value for point in points]
    low, high = pair(min(values), max(values))
    assert is_number(row.head)  # noqa: S101  it has a delta
    below, above = sum(value < row.head for value in values), sum(value > row.head for value in values)
    where = f"above {below}"
    if len(values) in (below, above):
        where = "above all" if below else "below all"
    return f"{where} of the last {len(values)} values up to {baseline} ({low} to {high})"


def _of_steps(sizes: Sequence[float]) -> str:
    """How usual a step of this size is."""
    as_large = sum(size >= 1 - _ROUNDING for size in sizes)
    verb = "were" if as_large > 1 else "was"
    return f"{as_large or 'none'} of the {len(sizes)} steps between them {verb} at least as large"


def _needed(sizes: Sequence[float]) -> str:
    """From the steps' root mean square: two runs of one deviation differ by √2 of it."""
    deviation = math.sqrt(math.fsum(size * size for size in sizes) / len(sizes) / 2)
    needed = max(FEWEST_RUNS, runs_to_find(1, deviation))
    many = f"More than {MOST_RUNS_SAID:,}" if needed > MOST_RUNS_SAID else f"About {needed}"
    return f"{many} runs of each would tell, if runs vary as much as those revisions did."
