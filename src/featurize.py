"""Turn prepared flights into model inputs. Whatever is learned from data is learned from the training flights alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

PREPARED = Path("data/prepared")
FEATURES = Path("data/features")
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
CATEGORIES = ["carrier", "origin", "dest"]
OTHER = "other"


def known_values(train: pd.DataFrame, min_dest_flights: int) -> dict[str, list[str]]:
    """Return each categorical column's values, in alphabetical order; rare destinations fall into one group."""
    counts = train["dest"].value_counts()
    dest = sorted(counts.index[counts >= min_dest_flights])
    return {"carrier": sorted(train["carrier"].unique()), "origin": sorted(train["origin"].unique()), "dest": dest}


def features(flights: pd.DataFrame, known: dict[str, list[str]], params: dict[str, Any]) -> pd.DataFrame:
    departure, arrival = _minutes(flights["sched_dep_time"]), _minutes(flights["sched_arr_time"])
    columns: dict[str, pd.Series] = {
        "departure_hour": departure / 60,
        "scheduled_minutes": (arrival - departure) % (24 * 60),  # local times: the route's time zones are in `dest`
        "weekday": pd.to_datetime(flights["date"]).dt.day_of_week,
        "distance": flights["distance"],
        "departures": flights["departures"],
    }
    if params["recent_delays"]:
        columns["recent_delays"] = flights["recent_delays"]
    if params["weather"]:
        columns |= {name: flights[name] for name in WEATHER}
    numbers = pd.DataFrame(columns).astype("float32")
    return numbers.join(pd.DataFrame({name: _category(flights[name], known[name]) for name in CATEGORIES}))


def _minutes(clock: pd.Series) -> pd.Series:
    """Minutes since midnight of a clock reading such as 1545."""
    return clock // 100 * 60 + clock % 100


def _category(values: pd.Series, known: list[str]) -> pd.Series:
    return values.where(values.isin(known), OTHER).astype(pd.CategoricalDtype([*known, OTHER]))


def main() -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))["featurize"]
    known = known_values(pd.read_parquet(PREPARED / "train.parquet"), params["min_dest_flights"])
    FEATURES.mkdir(parents=True, exist_ok=True)
    for name in ("train", "validation", "test"):
        flights = pd.read_parquet(PREPARED / f"{name}.parquet")
        inputs = features(flights, known, params)
        inputs.assign(late=flights["late"]).to_parquet(FEATURES / f"{name}.parquet", index=False)
        print(f"featurize: {name:<10} {len(inputs):>7,} flights × {inputs.shape[1]} features")


if __name__ == "__main__":
    main()
