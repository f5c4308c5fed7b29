"""What one limit makes of one metric."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.model.comparison import Verdict
from reporter.model.reasons import GateReason


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict on one limit, and why."""

    result: Verdict
    reason_id: GateReason
    reason: str
    """One clause that also reads on after the metric's name: `worse by 0.008 (limit 0.005)`."""
