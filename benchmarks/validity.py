"""Whether intervals and tests keep their promise: simulated test sets with and without a true difference.

    python -m benchmarks.validity            prints the tables of docs/validation.md (about five minutes)
    python -m benchmarks.validity --trials 100    the same, coarser
    python -m benchmarks.validity --seed 5        the same on other test sets

Both models see the same examples with independent noise; without a true difference the noise is equally strong, so that they are
exchangeable. An interval of 95 % should exclude zero in about 5 % of such trials.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reporter.compare.statistics.estimates import estimates
from reporter.compare.statistics.examples import Classified, Regressed
from reporter.compare.statistics.metrics import Metric, find, known
from reporter.compare.statistics.resampling import Pair, Plan, bootstrap
from reporter.compare.statistics.seeds import corrected_mean_difference, mean_difference
from reporter.model.rules import PredictionsRule, Task

RESAMPLES = 500
POSITIVE = 0.5
ALARM = 0.05
TRIALS = 1000


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    task: Task
    draw: Callable[[np.random.Generator, float], Pair]
    """Draw a test set on which the candidate is better by a fraction (0: no true difference)."""
    names: tuple[str, ...] = ()
    """The metrics that tell the difference; empty: all of the task."""

    @property
    def metrics(self) -> list[Metric]:
        rule = PredictionsRule("", self.task, "")
        return [metric for name in self.names or known(self.task) if (metric := find(name, rule)) is not None]


def _probability(logit: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logit)))


def binary(rng: np.random.Generator, gain: float, rows: int = 300) -> Pair:
    """A third of the examples are positive."""
    signal = rng.normal(size=rows)
    actual = (rng.random(rows) < _probability(2 * signal - 1)).astype(np.int64)
    return Pair(*(_scored(actual, signal + noise * rng.normal(size=rows)) for noise in (0.6, 0.6 * (1 - gain))))


def clustered(rng: np.random.Generator, gain: float, clusters: int = 60, size: int = 5) -> Pair:
    """Examples of one cluster share much of each model's error: as independent rows they would seem to say more than they do."""
    member = np.repeat(np.arange(clusters), size)
    signal = rng.normal(size=clusters)[member] + rng.normal(size=len(member))
    actual = (rng.random(len(member)) < _probability(2 * signal - 1)).astype(np.int64)
    sides = (
        _scored(actual, signal + noise * (rng.normal(size=clusters)[member] + 0.3 * rng.normal(size=len(member))))
        for noise in (0.8, 0.8 * (1 - gain))
    )
    return Pair(*sides, member)


def overconfident(rng: np.random.Generator, gain: float, rows: int = 300) -> Pair:
    """The baseline's logits are three times too large; of the candidate's excess a fraction is gone. Ranks and labels stay."""
    logit = 1.3 * rng.normal(size=rows)
    actual = (rng.random(rows) < _probability(logit)).astype(np.int64)
    sides = []
    for excess in (2.0, 2.0 * (1 - gain)):
        scores = _probability((1 + excess) * (logit + 0.3 * rng.normal(size=rows)))
        sides.append(Classified(("0", "1"), actual, (scores > POSITIVE).astype(np.int64), scores, binary=True))
    return Pair(sides[0], sides[1])


def _scored(actual: np.ndarray, evidence: np.ndarray) -> Classified:
    scores = _probability(1.5 * evidence - 0.3)
    return Classified(("0", "1"), actual, (scores > POSITIVE).astype(np.int64), scores, binary=True)


def multiclass(rng: np.random.Generator, gain: float, rows: int = 300, classes: int = 4) -> Pair:
    """Four classes of unequal size, averaged with equal weight."""
    actual = rng.choice(classes, rows, p=[0.4, 0.3, 0.2, 0.1])
    shared = 1.5 * np.eye(classes)[actual] + rng.normal(size=(rows, classes))
    sides = []
    for noise in (0.7, 0.7 * (1 - gain)):
        logits = shared + noise * rng.normal(size=shared.shape)
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        sides.append(Classified(tuple("abcd"), actual, scores.argmax(axis=1), scores))
    return Pair(sides[0], sides[1])


def regression(rng: np.random.Generator, gain: float, rows: int = 300) -> Pair:
    """Errors grow with the target, whose distribution has a long tail."""
    actual = np.exp(0.6 * rng.normal(size=rows)) + 1
    shared = 0.2 * actual * rng.normal(size=rows)
    first, second = (actual + shared + noise * actual * rng.normal(size=rows) for noise in (0.2, 0.2 * (1 - gain)))
    return Pair(Regressed(actual, first), Regressed(actual, second))


def weighted(rng: np.random.Generator, gain: float, rows: int = 300) -> Pair:
    """Rows that count very unequally: as much as 200 that count alike would."""
    pair, weights = binary(rng, gain, rows), rng.lognormal(0, 0.6, rows)
    return Pair(replace(pair.base, weights=weights), replace(pair.head, weights=weights))


def series(rng: np.random.Generator, gain: float, steps: int = 500) -> Pair:
    """Each step's error is half of the last one's, and so is what makes the target."""
    actual, first, second = (_autoregressive(rng, steps) for _ in range(3))
    return Pair(
        Regressed(actual, actual + first),
        Regressed(actual, actual + (1 - gain) * second),
        np.arange(steps),
        ordered=True,
    )


def _autoregressive(rng: np.random.Generator, steps: int, correlation: float = 0.5) -> np.ndarray:
    noise = rng.normal(size=steps + 100)
    for step in range(1, len(noise)):
        noise[step] += correlation * noise[step - 1]
    return noise[100:]


SCENARIOS = (
    Scenario("binary, 300 rows", Task.BINARY, binary),
    Scenario("binary, 60 clusters of 5 rows", Task.BINARY, clustered),
    Scenario(
        "binary, 300 rows, overconfident",
        Task.BINARY,
        overconfident,
        ("log_loss", "brier_score", "expected_calibration_error"),
    ),
    Scenario("4 classes, 300 rows", Task.MULTICLASS, multiclass),
    Scenario("regression, 300 rows", Task.REGRESSION, regression),
    Scenario("binary, 300 weighted rows", Task.BINARY, weighted),
    Scenario("regression, a series of 500 steps", Task.REGRESSION, series, ("mae", "mse", "rmse", "r2")),
)


CONSERVATIVE = {
    "expected_calibration_error": "where bins are nearly calibrated, a resample adds noise to gaps that are noise already, and "
    "the absolute value makes spread of it: intervals are wider than the differences spread (measured below)",
}
"""Metrics whose intervals exclude zero in less than 3 % of the trials without a true difference, and why."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of trials, by metric."""

    excludes_zero: dict[str, float]
    """The interval of 95 % excludes zero."""
    significant: dict[str, float]
    """The p-value is below 0.05."""


def rates(scenario: Scenario, gain: float, trials: int, seed: int = 0) -> Rates:
    """Repeat a scenario and count how often it is called a difference."""
    excludes, significant = Counter[str](), Counter[str]()
    for rng in np.random.default_rng([seed, int(100 * gain)]).spawn(trials):
        pair = scenario.draw(rng, gain)
        plan = Plan(resamples=RESAMPLES, seed=int(rng.integers(2**32)))
        for name, estimate in estimates(pair, scenario.metrics, plan).items():
            if estimate.interval is not None and estimate.p_value is not None:
                low, high = estimate.interval
                excludes[name] += low > 0 or high < 0
                significant[name] += estimate.p_value < ALARM
    names = [metric.name for metric in scenario.metrics]
    return Rates({n: excludes[n] / trials for n in names}, {n: significant[n] / trials for n in names})


def calibration_spread(trials: int, seed: int = 0) -> dict[str, float]:
    """Scenario → standard deviation of the resampled difference in expected calibration error, averaged over test sets, in
    units of that of the difference over test sets: 1 is right, more is too cautious.
    """
    ratios = {}
    for scenario in SCENARIOS:
        metrics = [metric for metric in scenario.metrics if metric.name == "expected_calibration_error"]
        deltas, spreads = [], []
        for rng in np.random.default_rng([seed, 9]).spawn(trials if metrics else 0):
            pair = scenario.draw(rng, 0.0)
            deltas.append(estimates(pair, metrics, Plan(resamples=2))[metrics[0].name].delta)
            found = bootstrap(pair, metrics, Plan(resamples=RESAMPLES, seed=int(rng.integers(2**32))))
            spreads.append(float(found[metrics[0].name].deviations.std()))
        if metrics:
            ratios[scenario.name] = float(np.mean(spreads) / np.std(deltas))
    return ratios


def delong_to_bootstrap(trials: int, seed: int = 0) -> tuple[float, float]:
    """Mean ratio of the intervals' widths (DeLong / bootstrap), and the correlation of the p-values, over random test sets."""
    ratios, p_values = [], []
    metrics = [metric for metric in SCENARIOS[0].metrics if metric.name == "roc_auc"]
    for rng in np.random.default_rng(seed).spawn(trials):
        pair = binary(rng, gain=0.1)
        exact = estimates(pair, metrics, Plan())["roc_auc"]
        # With each row a cluster of its own the bootstrap takes the place of DeLong.
        resampled = estimates(Pair(pair.base, pair.head, np.arange(pair.rows)), metrics, Plan(seed=seed))["roc_auc"]
        ratios.append(_width(exact.interval) / _width(resampled.interval))
        p_values.append((exact.p_value, resampled.p_value))
    return float(np.mean(ratios)), float(np.corrcoef(np.array(p_values, dtype=float).T)[0, 1])


def little_to_whole_bootstrap(trials: int, seed: int = 0) -> dict[str, float]:
    """Mean ratio of widths, by metric: bag of little bootstraps (2 × 5,000 rows) / bootstrap of all 10,000 rows."""
    scenario = SCENARIOS[0]
    metrics = [metric for metric in scenario.metrics if metric.name != "roc_auc"]
    ratios: dict[str, list[float]] = {metric.name: [] for metric in metrics}
    for rng in np.random.default_rng(seed).spawn(trials):
        pair = binary(rng, 0.1, rows=10_000)
        little = estimates(pair, metrics, Plan(row_limit=5000, subset_rows=5000))
        whole = estimates(pair, metrics, Plan())
        for name, found in ratios.items():
            if little[name].method != whole[name].method:
                found.append(_width(little[name].interval) / _width(whole[name].interval))
    return {name: float(np.mean(found)) for name, found in ratios.items() if found}


def folds_alarms(trials: int, seed: int = 0, rows: int = 100, folds: int = 5, repeats: int = 10) -> dict[str, float]:
    """Test → share of repeated cross-validations in which it calls two equally good models different at 5 %: least squares on one telling column
    and on five that tell nothing, other five for each model.
    """
    alarms = Counter[str]()
    for rng in np.random.default_rng([seed, 7]).spawn(trials):
        columns = rng.normal(size=(rows, 11))
        target = columns[:, 0] + rng.normal(size=rows)
        parts = [rng.permutation(rows) % folds for _ in range(repeats)]
        base, head = (
            np.array([_error_of_fold(columns[:, used], target, part == n) for part in parts for n in range(folds)])
            for used in ([0, 1, 2, 3, 4, 5], [0, 6, 7, 8, 9, 10])
        )
        plain = mean_difference(base, head, paired=True, level=0.95)
        corrected = corrected_mean_difference(base, head, share=1 / (folds - 1), level=0.95)
        for name, found in (("Student", plain), ("Nadeau & Bengio", corrected)):
            alarms[name] += found is not None and found.p_value < ALARM
    return {name: count / trials for name, count in alarms.items()}


def _error_of_fold(columns: np.ndarray, target: np.ndarray, test: np.ndarray) -> float:
    weights = np.linalg.lstsq(columns[~test], target[~test], rcond=None)[0]
    return float(np.mean((target[test] - columns[test] @ weights) ** 2))


def _width(interval: tuple[float, float] | None) -> float:
    if interval is None:
        return float("nan")
    return interval[1] - interval[0]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *body = rows
    yield "| " + " | ".join(head) + " |"
    yield "|---|" + "---:|" * (len(head) - 1)
    for row in body:
        yield "| " + " | ".join(row) + " |"


def _null_table(trials: int, seed: int) -> list[list[str]]:
    rows = [["scenario", "metric", "interval excludes 0", "p < 0.05"]]
    for scenario in SCENARIOS:
        found = rates(scenario, 0.0, trials, seed)
        rows += [
            [scenario.name, name, f"{found.excludes_zero[name]:.1%}", f"{found.significant[name]:.1%}"]
            for name in found.excludes_zero
        ]
    return rows


GAINS = (0.0, 0.3, 0.6, 0.9)


def _power_table(trials: int) -> list[list[str]]:
    rows = [["scenario", "metric", *(f"better by {gain:.0%}" for gain in GAINS)]]
    for scenario in SCENARIOS:
        found = [rates(scenario, gain, trials, seed=1).excludes_zero for gain in GAINS]
        rows += [[scenario.name, name, *(f"{each[name]:.0%}" for each in found)] for name in found[0]]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    trials = options.trials
    started = time.perf_counter()
    print(f"## No true difference ({trials:,} trials, {RESAMPLES:,} resamples)\n")
    print("\n".join(_table(_null_table(trials, options.seed))))
    print(f"\n## Power ({trials // 10:,} trials)\n")
    print("\n".join(_table(_power_table(trials // 10))))
    ratio, correlation = delong_to_bootstrap(max(20, trials // 10))
    print("\n## DeLong and the bootstrap\n")
    print(f"Widths DeLong / bootstrap: {ratio:.3f} on average; correlation of the p-values: {correlation:.4f}.")
    print("\n## Spread of the expected calibration error: resampled / over test sets\n")
    spreads = calibration_spread(max(100, trials // 3))
    print("\n".join(_table([["scenario", "ratio"], *([name, f"{ratio:.2f}"] for name, ratio in spreads.items())])))
    print("\n## Bag of little bootstraps and the whole bootstrap\n")
    widths = little_to_whole_bootstrap(max(5, trials // 100))
    print(
        "\n".join(_table([["metric", "ratio of widths"], *([name, f"{width:.3f}"] for name, width in widths.items())]))
    )
    print("\n## Ten times five folds of a cross-validation, two equally good models\n")
    alarms = folds_alarms(trials // 2)
    print("\n".join(_table([["test", "p < 0.05"], *([name, f"{rate:.1%}"] for name, rate in alarms.items())])))
    print(f"\n({time.perf_counter() - started:.0f} s)")


if __name__ == "__main__":
    main()
