"""Snapshot × snapshots → Comparison. Pure: nothing here reads or writes anything."""

from reporter.compare.comparing import compare
from reporter.compare.history import untested, with_history

__all__ = ["compare", "untested", "with_history"]
