"""Comparison × rules → gates, verdict and summary. Pure: nothing here reads or writes anything."""

from reporter.judge.several import judge_several
from reporter.judge.verdict import has_earlier_metrics, judge

__all__ = ["has_earlier_metrics", "judge", "judge_several"]
