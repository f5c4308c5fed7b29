"""Which metrics a report shows first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reporter.compare.finiteness import became_non_finite
from reporter.compare.value_pairs import WHOLE_FILE
from reporter.model.comparison import MetricRow, State
from reporter.model.rules import Direction, Rules
from reporter.model.values import is_number

DEFAULT_HEADLINES = 3
"""How many are chosen where reporter.yaml neither names nor gates any."""

_SECONDARY = re.compile(
    r"(?<![a-z])(train|training|time|duration|latency|elapsed|runtime|memory|size|seed)(?![a-z])", re.IGNORECASE
)
"""Words of a metric that tells of the training or of resources, not of the model's quality on new data."""


def with_headlines(rows: Sequence[MetricRow], rules: Rules) -> tuple[MetricRow, ...]:
    """Mark the rows that are shown first.

    These are the metrics that reporter.yaml calls `headline`; if it has no such rule, those it gates; if it gates none,
    the first three numbers with a known direction, those of the model's quality before those of training and resources,
    the first three that became NaN or infinite, and each file that could not be read at all.
    """
    whole = [row for row in rows if not row.run_of]
    chosen = _named(whole, rules) if any(rule.headline for rule in rules.metrics) else _gated(whole, rules)
    if not chosen and not any(rule.headline or rule.gate for rule in rules.metrics):
        chosen = _first_known(whole)
    return tuple(replace(row, headline=(row.file, row.name) in chosen) for row in rows)


def _named(rows: Sequence[MetricRow], rules: Rules) -> set[tuple[str, str]]:
    return {(row.file, row.name) for row in rows if (rule := row.rule(rules)) and rule.headline}


def _gated(rows: Sequence[MetricRow], rules: Rules) -> set[tuple[str, str]]:
    return {(row.file, row.name) for row in rows if (rule := row.rule(rules)) and rule.gate is not None}


def _first_known(rows: Sequence[MetricRow]) -> set[tuple[str, str]]:
    directed = [row for row in rows if row.direction is not Direction.NONE and _has_number(row)]
    primary_first = sorted(directed, key=lambda row: bool(_SECONDARY.search(str(row.key))))
    diverged = [row for row in rows if became_non_finite(row.base, row.head)]
    unread = [row for row in rows if row.name == WHOLE_FILE and row.state is State.UNAVAILABLE]
    return {
        (row.file, row.name) for row in [*primary_first[:DEFAULT_HEADLINES], *diverged[:DEFAULT_HEADLINES], *unread]
    }


def _has_number(row: MetricRow) -> bool:
    return is_number(row.head) or is_number(row.base)
