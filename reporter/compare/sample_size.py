"""How many repeated runs would tell a difference, by the standard library alone: a report of single runs loads no more."""

from __future__ import annotations

import math
from statistics import NormalDist

FEWEST_RUNS = 3
"""On each side: two runs say next to nothing about how much runs differ."""
MEANINGFUL = 0.75
"""P(A>B) that Bouthillier et al. 2021 advise to look for."""

_NORMAL = NormalDist()


def runs_needed(probability: float = MEANINGFUL, level: float = 0.95, power: float = 0.95) -> int:
    """Runs of each revision with which a test finds P(A>B) = `probability` with the given power (Noether 1987, Sample size
    determination for some common nonparametric tests), as Bouthillier et al. 2021 use it: 29 by default.
    """
    if not 0.5 < probability < 1:  # noqa: PLR2004  0.5: no difference
        raise ValueError(f"a probability between 0.5 and 1 is needed, not {probability}")
    sum_of_quantiles = _NORMAL.inv_cdf(level) + _NORMAL.inv_cdf(power)
    return math.ceil((sum_of_quantiles / (math.sqrt(6) * (0.5 - probability))) ** 2)


def runs_to_find(delta: float, deviation: float, level: float = 0.95, power: float = 0.95) -> int:
    """Runs of each revision that a difference of `delta` needs if runs of one revision vary by the standard deviation
    `deviation`; both in the metric's unit, `delta` not 0.
    """
    probability = _NORMAL.cdf(abs(delta) / (deviation * math.sqrt(2))) if deviation else 1.0
    return runs_needed(min(max(probability, 0.5 + 1e-9), 1 - 1e-9), level, power)
