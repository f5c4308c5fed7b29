"""Single examples whose answer became right or wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reporter.compare.statistics.columns import FloatArray, IntArray, canonical
from reporter.compare.statistics.examples import Classified
from reporter.model.comparison import FlipExample, Flips
from reporter.model.rules import PredictionsRule
from reporter.model.snapshot import Table

SHOWN = 10
"""Examples of each kind: those the candidate is surest of."""


def flips(base: Classified, head: Classified, table: Table, rows: IntArray, rule: PredictionsRule) -> Flips:
    """Count the flips among paired examples; `rows` are their row numbers in the candidate's `table`."""
    base_right, head_right = base.predicted == base.actual, head.predicted == head.actual
    gained, lost = head_right & ~base_right, base_right & ~head_right
    confidence = _confidence(head)
    examples = tuple(
        FlipExample(
            id=_name(table, int(rows[index]), rule.id),
            actual=head.classes[head.actual[index]],
            base=base.classes[base.predicted[index]],
            head=head.classes[head.predicted[index]],
            confidence=None if confidence is None else float(confidence[index]),
            gained=changed is gained,
        )
        for changed in (gained, lost)
        for index in _surest(changed, confidence)
    )
    return Flips(rule.path, head.rows, int(gained.sum()), int(lost.sum()), examples)


def _confidence(examples: Classified) -> FloatArray | None:
    """The probability of the predicted class, shape (n,); None where the scores are no probabilities."""
    if examples.scores is None or not examples.has_probabilities:
        return None
    scores = np.clip(examples.scores, 0.0, 1.0)
    if scores.ndim == 1:
        return np.where(examples.predicted == 1, scores, 1 - scores)
    return np.asarray(scores[np.arange(examples.rows), examples.predicted])


def _surest(changed: npt.NDArray[np.bool_], confidence: FloatArray | None) -> list[int]:
    """The first `SHOWN` by falling confidence; equal ones, and those without one, in the order of the file."""
    indices = np.flatnonzero(changed)
    if confidence is not None:
        indices = indices[np.argsort(-confidence[indices], kind="stable")]
    return [int(index) for index in indices[:SHOWN]]


def _name(table: Table, row: int, id_column: str | None) -> str:
    if id_column is None:
        return f"row {row + 1}"
    value = table.columns[id_column][row]
    return value if isinstance(value, str) else canonical(value) or f"row {row + 1}"
