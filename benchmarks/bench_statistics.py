"""What evidence costs, side by side with what a user would write instead: `scipy.stats.bootstrap` with scikit-learn's metric.

    python -m benchmarks.bench_statistics                     50,000 rows, 2,000 resamples
    python -m benchmarks.bench_statistics --rows 1000000 --metrics 10 --no-scipy

The same examples and the same level. scipy.stats.bootstrap makes far fewer resamples here (a full comparison takes most of an hour), so
the ratio is one of time per resample.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings

import numpy as np
from scipy.stats import bootstrap
from sklearn import metrics as sk

from reporter.compare.statistics import evidence
from reporter.compare.statistics.examples import read
from reporter.compare.statistics.metrics import evaluate, find
from reporter.model.revision import Revision
from reporter.model.rules import PredictionsRule, Rules, SignificanceRule, Task
from reporter.model.snapshot import Snapshot, Table, ValueFile

NAMES = [
    *("accuracy", "balanced_accuracy", "recall", "specificity", "precision", "f1", "mcc"),
    *("log_loss", "roc_auc", "average_precision", "brier_score", "expected_calibration_error"),
]
LATE = 0.24
THRESHOLD = 0.5
PATH, REPORTED = "predictions.csv", "metrics.json"


def tables(rows: int) -> tuple[Table, Table]:
    """Two models' scores of the same examples, about as good as those of a flight delay model."""
    rng = np.random.default_rng(0)
    actual = (rng.random(rows) < LATE).astype(np.int64)
    signal = rng.normal(size=rows) + 0.5 * actual
    keys = np.arange(rows)
    scores = (1 / (1 + np.exp(1.2 - 0.5 * (signal + noise * rng.normal(size=rows)))) for noise in (0.5, 0.45))
    base, head = (Table({"id": keys, "late": actual, "score": score}) for score in scores)
    return base, head


def snapshots(sides: tuple[Table, Table], rule: PredictionsRule) -> tuple[Snapshot, Snapshot]:
    """Both revisions with the metrics they would report."""
    found = []
    for name, table, examples in zip(("main", "new"), sides, read(*sides, rule), strict=True):
        values = {m: evaluate(metric, examples) for m in rule.metrics if (metric := find(m, rule)) is not None}
        files = {REPORTED: ValueFile(REPORTED, values)}
        found.append(Snapshot(Revision(name, "0" * 40, name), metrics=files, predictions={PATH: table}))
    return found[0], found[1]


def ours(sides: tuple[Table, Table], names: list[str], resamples: int) -> float:
    """Seconds for all metrics, with the flips and the check of the reported values."""
    rule = PredictionsRule(
        PATH, Task.BINARY, "late", id="id", score="score", metrics={name: f"{REPORTED}:{name}" for name in names}
    )
    base, head = snapshots(sides, rule)
    started = time.perf_counter()
    found = evidence(base, head, Rules(predictions=(rule,), significance=SignificanceRule(resamples=resamples)))
    seconds = time.perf_counter() - started
    for key, metric in found.metrics.items():
        low, high = metric.interval or (float("nan"),) * 2
        print(f"  {key.removeprefix(REPORTED + ':'):28} {low:+.6f} to {high:+.6f}   {metric.method}")
    return seconds


def scipys(sides: tuple[Table, Table], name: str, resamples: int) -> float:
    """Seconds of `scipy.stats.bootstrap(paired=True)` with scikit-learn's metric."""
    on_labels = {
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "recall": sk.recall_score,
        "specificity": lambda y, p: sk.recall_score(y, p, pos_label=0),
        "precision": sk.precision_score,
        "f1": sk.f1_score,
        "mcc": sk.matthews_corrcoef,
    }
    on_scores = {
        "log_loss": sk.log_loss,
        "brier_score": sk.brier_score_loss,
        "roc_auc": sk.roc_auc_score,
        "average_precision": sk.average_precision_score,
    }
    metric = on_labels.get(name) or on_scores[name]
    answers = [side.columns["score"] for side in sides]
    if name in on_labels:
        answers = [(answer > THRESHOLD).astype(np.int64) for answer in answers]
    actual = sides[0].columns["late"]
    started = time.perf_counter()
    bootstrap(
        (actual, *answers),
        lambda y, base, head: metric(y, head) - metric(y, base),
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=resamples,
        rng=0,
    )
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--metrics", type=int, default=len(NAMES), help="how many of the metrics")
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--scipy-resamples", type=int, default=20)
    parser.add_argument("--no-scipy", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module="sklearn")
    names, sides = NAMES[: arguments.metrics], tables(arguments.rows)
    print(f"{arguments.rows:,} rows, {len(names)} metrics, {arguments.resamples:,} resamples")
    processor = time.process_time()
    seconds = ours(sides, names, arguments.resamples)
    processor = time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    print(f"reporter: {seconds:.2f} s for all ({processor:.2f} s of processor), peak {peak:.2f} GiB")
    if arguments.no_scipy:
        return
    print(f"scipy.stats.bootstrap with scikit-learn's metric, {arguments.scipy_resamples:,} resamples each")
    compared = [name for name in names if name != "expected_calibration_error"]
    total = 0.0
    for name in compared:
        each = scipys(sides, name, arguments.scipy_resamples)
        total += each
        print(
            f"  {name:28} {each / arguments.scipy_resamples * arguments.resamples:8.1f} s for {arguments.resamples:,}"
        )
    scaled = total / arguments.scipy_resamples * arguments.resamples
    print(
        f"scipy: {scaled:.0f} s for {len(compared)} metrics at {arguments.resamples:,} resamples: {scaled / seconds:.0f} times as long"
    )


if __name__ == "__main__":
    main()
