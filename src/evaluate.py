"""Judge the model on the test months: predictions, metrics and the data of the plots.

Probabilities are rounded to six decimals before anything is computed from them, so that every number here can be
computed again from predictions.csv, and does not depend on the last bits of a processor's arithmetic.
"""

from __future__ import annotations

import json
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from ruamel.yaml import YAML
from sklearn import metrics
from sklearn.base import ClassifierMixin
from sklearn.calibration import calibration_curve
from sklearn.inspection import permutation_importance
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Labels = npt.NDArray[np.int8]
Scores = npt.NDArray[np.float64]

EVALUATION = Path("evaluation")
PLOTS = EVALUATION / "plots"
CURVE_POINTS = 150
IMPORTANCE_FLIGHTS = 10_000
ON_TIME, LATE = "#56b4e9", "#d55e00"  # two of Okabe and Ito's colours, told apart with any colour vision


def summary(late: Labels, predicted: Labels, probability: Scores) -> dict[str, float]:
    scores = {
        "accuracy": metrics.accuracy_score(late, predicted),
        "sensitivity": metrics.recall_score(late, predicted),
        "specificity": metrics.recall_score(late, predicted, pos_label=0),
        "precision": metrics.precision_score(late, predicted, zero_division=0),
        "f1": metrics.f1_score(late, predicted),
        "roc_auc": metrics.roc_auc_score(late, probability),
        "average_precision": metrics.average_precision_score(late, probability),
        "log_loss": metrics.log_loss(late, probability),
        "brier_score": metrics.brier_score_loss(late, probability),
    }
    return {name: float(f"{value:.10g}") for name, value in scores.items()}


def curves(late: Labels, probability: Scores) -> dict[str, pd.DataFrame]:
    false_positives, sensitivity, _ = metrics.roc_curve(late, probability)
    precision, recall, _ = metrics.precision_recall_curve(late, probability)
    observed, predicted = calibration_curve(late, probability, n_bins=10, strategy="quantile")
    return {
        "roc": thinned(pd.DataFrame({"false_positive_rate": false_positives, "true_positive_rate": sensitivity})),
        # The last points have a recall near zero: precision over a handful of flights says nothing there.
        "precision_recall": thinned(pd.DataFrame({"recall": recall, "precision": precision})[recall > 0.005][::-1]),  # noqa: PLR2004
        "calibration": pd.DataFrame({"predicted": predicted, "observed": observed}),
    }


def thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """Return at most CURVE_POINTS rows, evenly spaced along the first column, both ends kept."""
    first = curve.iloc[:, 0].to_numpy()
    rows = np.searchsorted(first, np.linspace(first[0], first[-1], CURVE_POINTS - 1))
    return curve.iloc[np.unique([0, *rows, len(curve) - 1])]


def importance(model: ClassifierMixin, inputs: pd.DataFrame, late: Labels) -> pd.DataFrame:
    """Return how much ROC AUC is lost when one feature's values are shuffled among the same test flights.

    Breiman, L. (2001). Random Forests. Machine Learning 45, 5–32, section 10.
    """
    rows = np.random.default_rng(0).choice(len(inputs), size=min(IMPORTANCE_FLIGHTS, len(inputs)), replace=False)
    result = permutation_importance(
        model, inputs.iloc[rows], late[rows], scoring="roc_auc", n_repeats=2, random_state=0
    )
    return pd.DataFrame({"feature": inputs.columns, "importance": result.importances_mean})


def draw_scores(late: Labels, probability: Scores, threshold: float, path: Path) -> None:
    figure = Figure(figsize=(6.4, 3.6), dpi=100, layout="constrained")
    axes = figure.subplots()
    bins = np.linspace(0, 1, 51).tolist()
    for label, name, colour in ((0, "on time", ON_TIME), (1, "late", LATE)):
        axes.hist(
            probability[late == label], bins, density=True, histtype="stepfilled", alpha=0.6, color=colour, label=name
        )
    axes.axvline(threshold, color="black", linestyle="--", linewidth=1, label=f"threshold {threshold:g}")
    axes.set(xlabel="Predicted probability of a late arrival", ylabel="Density of test flights", xlim=(0, 1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Software": None})


def main() -> None:
    threshold = YAML(typ="safe").load(Path("params.yaml"))["evaluate"]["threshold"]
    model: ClassifierMixin = joblib.load("models/model.joblib")
    inputs = pd.read_parquet("data/features/test.parquet")
    late = inputs.pop("late").to_numpy()
    PLOTS.mkdir(parents=True, exist_ok=True)
    print(
        f"evaluate: predicting {len(late):,} flights, then shuffling each of {inputs.shape[1]} features …", flush=True
    )
    with threadpool_limits(limits=1):
        probability = model.predict_proba(inputs)[:, 1].round(6)
        predicted = (probability >= threshold).astype("int8")
        tables = curves(late, probability) | {"importance": importance(model, inputs, late)}
    for name, table in tables.items():
        table.to_csv(PLOTS / f"{name}.csv", index=False, float_format="%.6f", lineterminator="\n")
    draw_scores(late, probability, threshold, PLOTS / "scores.png")
    flights = pd.read_parquet("data/prepared/test.parquet", columns=["flight_id", "carrier", "date", "late"])
    flights = flights.assign(predicted=predicted, probability=probability)
    flights.to_csv(EVALUATION / "predictions.csv", index=False, float_format="%.6f", lineterminator="\n")
    scores = summary(late, predicted, probability)
    (EVALUATION / "metrics.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    print(f"evaluate: {len(late):,} test flights, ROC AUC {scores['roc_auc']:.4f}, log loss {scores['log_loss']:.4f}")


if __name__ == "__main__":
    main()
