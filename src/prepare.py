"""Clean the raw flights, add the weather before departure, and split by time: what later stages may know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

RAW = Path("data/raw")
PREPARED = Path("data/prepared")
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
KNOWN_AT_THE_GATE = ["carrier", "origin", "dest", "distance", "sched_dep_time", "sched_arr_time", "departures"]
HOUR = pd.Timedelta(hours=1)


def read_flights() -> pd.DataFrame:
    flights = pd.read_csv(RAW / "flights.csv.zip", parse_dates=["time_hour"])
    flights["date"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    number = flights["carrier"] + flights["flight"].astype(str)
    flights["flight_id"] = flights["date"] + "-" + number + "-" + flights["origin"]
    return flights


def add_airport_state(flights: pd.DataFrame) -> pd.DataFrame:
    """Add how busy the airport is in the flight's hour, and how punctual it was before.

    `recent_delays` is the share of flights scheduled two or three hours earlier that left more than 15 minutes late or
    not at all. The last of them was due at least an hour ago, so the answer is known at the gate.
    """
    left_late = ~(flights["dep_delay"] <= 15)  # noqa: PLR2004  true for a cancelled flight, which has no delay
    hours = left_late.groupby([flights["origin"], flights["time_hour"]]).agg(["size", "sum"])
    flights = flights.join(hours["size"].rename("departures"), on=["origin", "time_hour"])
    earlier = [_at_hour(flights, hours, lag) for lag in (2, 3)]
    due = earlier[0]["size"] + earlier[1]["size"]
    flights["recent_delays"] = (earlier[0]["sum"] + earlier[1]["sum"]) / due.where(due > 0)
    return flights


def _at_hour(flights: pd.DataFrame, hours: pd.DataFrame, lag: int) -> pd.DataFrame:
    """Rows of `hours`, `lag` hours before each flight's own; zero where nothing was scheduled."""
    keys = pd.MultiIndex.from_arrays([flights["origin"], flights["time_hour"] - lag * HOUR])
    return hours.reindex(keys, fill_value=0).set_axis(flights.index)


def add_weather(flights: pd.DataFrame) -> pd.DataFrame:
    """Join the weather of the hour before departure: the departure's own hour is not over at the gate."""
    weather = pd.read_csv(RAW / "weather.csv", parse_dates=["time_hour"])
    weather["time_hour"] += HOUR
    return flights.merge(weather[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="left")


def split(flights: pd.DataFrame, params: dict[str, Any]) -> dict[str, pd.DataFrame]:
    test = flights["month"] >= params["first_test_month"]
    days = np.sort(flights.loc[~test, "date"].unique())
    drawn = np.random.default_rng(params["seed"]).permutation(days)[: round(len(days) * params["validation_share"])]
    validation = flights["date"].isin(drawn)
    return {"train": flights[~test & ~validation], "validation": flights[validation], "test": flights[test]}


def main() -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))["prepare"]
    flights = add_weather(add_airport_state(read_flights()))
    arrived = flights.dropna(subset=["arr_delay"])  # a cancelled or diverted flight has no arrival to be late for
    arrived = arrived.assign(late=(arrived["arr_delay"] > params["late_minutes"]).astype("int8"))
    arrived = arrived.sort_values(["time_hour", "flight_id"])
    columns = ["flight_id", "date", "time_hour", *KNOWN_AT_THE_GATE, "recent_delays", *WEATHER, "late"]
    PREPARED.mkdir(parents=True, exist_ok=True)
    for name, part in split(arrived, params).items():
        part[columns].to_parquet(PREPARED / f"{name}.parquet", index=False)
        print(f"prepare: {name:<10} {len(part):>7,} flights, {part['late'].mean():.1%} late")


if __name__ == "__main__":
    main()
