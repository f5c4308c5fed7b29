"""Train the model that params.yaml names, and write its loss after each iteration on train and validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
from ruamel.yaml import YAML
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

FEATURES = Path("data/features")
MODEL = Path("models/model.joblib")
LOSS = Path("evaluation/plots/loss.csv")


def read(name: str) -> tuple[pd.DataFrame, pd.Series]:
    table = pd.read_parquet(FEATURES / f"{name}.parquet")
    return table.drop(columns="late"), table["late"]


def train_boosting(params: dict[str, Any]) -> tuple[ClassifierMixin, pd.DataFrame]:
    """Histogram gradient boosting; the history's first row is the loss before the first tree."""
    model = HistGradientBoostingClassifier(
        learning_rate=params["learning_rate"],
        max_iter=params["iterations"],
        max_leaf_nodes=params["max_leaf_nodes"],
        l2_regularization=params["l2"],
        categorical_features="from_dtype",
        early_stopping=True,  # only this computes the losses; with so much patience it never stops
        n_iter_no_change=params["iterations"],
        scoring="loss",
        random_state=params["seed"],
    )
    x_validation, y_validation = read("validation")
    model.fit(*read("train"), X_val=x_validation, y_val=y_validation)
    return model, pd.DataFrame({"train": -model.train_score_, "validation": -model.validation_score_})


def train_logistic(params: dict[str, Any]) -> tuple[Pipeline, pd.DataFrame]:
    """Logistic regression by averaged gradient descent, which has a loss after each pass over the flights."""
    (x, y), (x_validation, y_validation) = read("train"), read("validation")
    inputs = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
        remainder=make_pipeline(SimpleImputer(), StandardScaler()),
    )
    x, x_validation = inputs.fit_transform(x), inputs.transform(x_validation)
    model = SGDClassifier(
        loss="log_loss",
        alpha=params["l2"] / len(y),
        learning_rate="invscaling",
        eta0=params["learning_rate"],
        average=True,
        random_state=params["seed"],
    )
    losses = []
    for _ in range(params["iterations"]):
        model.partial_fit(x, y, classes=[0, 1])
        pairs = ((y, x), (y_validation, x_validation))
        losses.append([log_loss(actual, model.predict_proba(part)) for actual, part in pairs])
    return make_pipeline(inputs, model), pd.DataFrame(losses, columns=["train", "validation"])


TRAINERS = {"boosting": train_boosting, "logistic": train_logistic}


def main() -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))["train"]
    print(f"train: {params['model']}, {params['iterations']} iterations …", flush=True)
    with threadpool_limits(limits=1):  # sums in parallel would depend on the number of cores
        model, history = TRAINERS[params["model"]](params)
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    LOSS.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, MODEL)
    history.rename_axis("iteration").to_csv(LOSS, float_format="%.8f", lineterminator="\n")
    best = int(np.argmin(history["validation"]))
    print(
        f"train: log loss {history['train'].iloc[-1]:.4f} train, {history['validation'].iloc[-1]:.4f} validation",
        end="",
    )
    print(f" (best {history['validation'].iloc[best]:.4f} after iteration {best})")


if __name__ == "__main__":
    main()
