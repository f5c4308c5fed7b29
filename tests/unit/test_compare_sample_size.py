"""How many repeated runs would tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reporter.compare.sample_size import runs_needed, runs_to_find


def test_the_number_of_runs_is_that_of_the_paper():
    assert runs_needed() == 29


def test_a_smaller_difference_needs_more_runs():
    needed = [runs_to_find(delta, deviation=0.01) for delta in (0.02, 0.01, 0.005)]
    assert needed == sorted(needed)
    assert needed[0] < 29 < needed[2]


def test_that_many_runs_find_the_difference():
    """The promised power, by simulation: 95 % of the trials, one-sided at 5 %."""
    rng = np.random.default_rng(0)
    runs = runs_to_find(0.01, 0.01)
    base, head = rng.normal(0, 0.01, (2000, runs)), rng.normal(0.01, 0.01, (2000, runs))
    found = stats.mannwhitneyu(head, base, axis=1, alternative="greater").pvalue < 0.05
    assert 0.92 < found.mean() < 0.99


@pytest.mark.parametrize("probability", [0.5, 0.2, 1.0])
def test_no_number_of_runs_finds_what_is_not_there(probability):
    with pytest.raises(ValueError, match=r"between 0\.5 and 1"):
        runs_needed(probability)


def test_the_formula_is_noether_s():
    z = stats.norm.ppf(0.95) + stats.norm.ppf(0.9)
    assert runs_needed(0.6, level=0.95, power=0.9) == int(np.ceil(z**2 / (6 * 0.1**2)))


def test_next_to_no_difference_needs_a_great_many_runs_and_is_no_error():
    assert runs_to_find(1e-300, 1.0) > 10**6


def test_runs_that_do_not_vary_need_few():
    assert runs_to_find(0.1, 0.0) < 10
