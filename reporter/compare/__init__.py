"""Snapshot × snapshots → Comparison, and Comparison × rules → Judgement. Pure: nothing here reads or writes anything."""

from reporter.compare.comparing import compare
from reporter.compare.history import untested, with_history
from reporter.compare.judging import has_earlier_metrics, judge

__all__ = ["compare", "has_earlier_metrics", "judge", "untested", "with_history"]
