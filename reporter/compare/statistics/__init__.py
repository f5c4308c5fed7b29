"""Whether a difference is real: what predictions and repeated runs of two revisions say. Pure and seeded.

`evidence` is the way in; the modules below it each hold one method and name its source.
"""

from reporter.compare.statistics.gathering import evidence

__all__ = ["evidence"]
