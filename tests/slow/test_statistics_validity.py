"""Intervals and tests keep their promise in simulated test sets. docs/validation.md holds the figures of a run."""

from __future__ import annotations

import pytest

from benchmarks.validity import (
    CONSERVATIVE,
    GAINS,
    SCENARIOS,
    Scenario,
    calibration_spread,
    delong_to_bootstrap,
    folds_alarms,
    little_to_whole_bootstrap,
    rates,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

scenarios = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@scenarios
def test_without_a_true_difference_intervals_rarely_exclude_zero(scenario: Scenario):
    found = rates(scenario, gain=0.0, trials=1000).excludes_zero
    assert {name: rate for name, rate in found.items() if rate > 0.07} == {}
    conservative = {name for name, rate in found.items() if rate < 0.03}
    assert conservative <= set(CONSERVATIVE), "a metric this cautious is listed with the reason"


@scenarios
def test_power_grows_with_the_difference(scenario: Scenario):
    found = [rates(scenario, gain, trials=100, seed=1).excludes_zero for gain in GAINS]
    telling = set(scenario.names) or found[0].keys() - CONSERVATIVE.keys()
    for name in telling:
        powers = [each[name] for each in found]
        assert powers[-1] > powers[0] + 0.05, name


def test_the_reason_given_for_cautious_calibration_errors_is_the_true_one():
    spread = calibration_spread(trials=200)
    assert spread["binary, 300 rows"] > 1.15, "bins nearly calibrated: resamples spread more than test sets do"
    assert spread["binary, 300 rows, overconfident"] < 1.15, "bins far from it: they spread alike"


def test_delong_agrees_with_the_bootstrap():
    ratio, correlation = delong_to_bootstrap(trials=100)
    assert ratio == pytest.approx(1, abs=0.03)
    assert correlation > 0.99


def test_the_bag_of_little_bootstraps_agrees_with_the_whole():
    found = little_to_whole_bootstrap(trials=20)
    assert {name for name, ratio in found.items() if ratio != pytest.approx(1, abs=0.05)} <= set(CONSERVATIVE)
    assert min(found.values()) > 0.95, "conservative is wide, never narrow"


def test_folds_that_share_their_training_data_raise_few_false_alarms():
    alarms = folds_alarms(trials=300)
    assert alarms["Nadeau & Bengio"] <= 0.07
    assert alarms["Student"] > 0.2, "what is corrected for is there"
