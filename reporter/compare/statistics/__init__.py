"""Whether a difference is real: what predictions and repeated runs of two revisions say. Pure and seeded.

`evidence` is the way in; the modules below it each hold one method and name its source.
"""

from reporter.compare.statistics.correction import benjamini_hochberg, correct, holm
from reporter.compare.statistics.gathering import evidence
from reporter.compare.statistics.seeds import runs_needed, runs_to_find, significance_unknown

__all__ = [
    "benjamini_hochberg",
    "correct",
    "evidence",
    "holm",
    "runs_needed",
    "runs_to_find",
    "significance_unknown",
]
