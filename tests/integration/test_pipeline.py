"""The reference pipeline: real data, no knowledge of the future, the same numbers each time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from ruamel.yaml import YAML

from demo.storage import RAW_FILES, connected, embedded_storage
from demo.storage.seed import seed

ROOT = Path(__file__).resolve().parents[2]
METRICS = [
    "accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "f1",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
]


def project_at(folder: Path) -> Path:
    """Copy what git has of the pipeline, as it is in the work tree, into a repository of its own."""
    folder.mkdir()
    for name in ("dvc.yaml", "dvc.lock", "params.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data" / "raw").mkdir(parents=True)
    for imported in (ROOT / "data" / "raw").glob("*.dvc"):
        shutil.copy(imported, folder / "data" / "raw")
    (folder / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", folder / ".dvc" / "config")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


def dvc(project: Path, *arguments: str) -> str:
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "DVC_SITE_CACHE_DIR": str(project.parent / "site"),
        "NO_PROXY": "127.0.0.1",
    }
    result = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def set_params(project: Path, **changes: object) -> None:
    """Change params by `section__name=value`."""
    yaml = YAML()
    params = yaml.load(project / "params.yaml")
    for name, value in changes.items():
        section, key = name.split("__")
        params[section][key] = value
    yaml.dump(params, project / "params.yaml")


def pull_raw_data(project: Path, storage_folder: Path) -> None:
    with embedded_storage(storage_folder, port=0) as storage, connected(storage, project):
        dvc(project, "pull", *(f"data/raw/{path.name}" for path in (project / "data" / "raw").glob("*.dvc")))


def metrics_of(project: Path) -> dict[str, float]:
    return json.loads((project / "evaluation" / "metrics.json").read_text(encoding="utf-8"))


def outputs_of(project: Path) -> dict[str, bytes]:
    folders = ("data/prepared", "data/features", "models", "evaluation")
    files = (path for folder in folders for path in (project / folder).rglob("*") if path.is_file())
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def small_year(tmp_path_factory):
    """A project whose raw data are the first six days of each month at one airport: 13,000 flights, real ones."""
    project = project_at(tmp_path_factory.mktemp("small") / "project")
    seed(project.parent / "bucket")
    raw = project / "data" / "raw"
    for name in RAW_FILES:
        shutil.copy(project.parent / "bucket" / "raw" / name, raw / name)
    flights = pd.read_csv(raw / "flights.csv.zip", dtype=str, keep_default_na=False)
    few = flights[(flights["day"].astype(int) <= 6) & (flights["origin"] == "LGA")]
    for imported in raw.glob("*.dvc"):
        imported.unlink()
    (raw / "flights.csv.zip").unlink()
    with zipfile.ZipFile(raw / "flights.csv.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("flights.csv"), few.to_csv(index=False))
    (project / "dvc.lock").unlink()
    set_params(project, train__iterations=8, featurize__min_dest_flights=50)
    dvc(project, "repro")
    return project


class TestFullYear:
    def test_metrics_equal_the_committed_ones_to_six_significant_digits(self, tmp_path):
        """On any machine: bytes may differ where a processor rounds differently, six digits may not."""
        project = project_at(tmp_path / "project")
        pull_raw_data(project, tmp_path / "storage")
        dvc(project, "repro")
        committed = json.loads((ROOT / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
        assert list(committed) == METRICS
        assert {name: f"{value:.6g}" for name, value in metrics_of(project).items()} == {
            name: f"{value:.6g}" for name, value in committed.items()
        }

    @pytest.mark.slow
    def test_runs_from_nothing_within_a_minute_and_twice_the_same(self, tmp_path):
        runs, seconds = [], []
        for name in ("first", "second"):
            project = project_at(tmp_path / name)
            pull_raw_data(project, tmp_path / "storage")
            (project / "dvc.lock").unlink()
            started = time.monotonic()
            dvc(project, "repro")
            seconds.append(time.monotonic() - started)
            runs.append(outputs_of(project) | {"dvc.lock": (project / "dvc.lock").read_bytes()})
        assert runs[0] == runs[1]
        assert min(seconds) < 60


class TestOutputs:
    def test_a_second_run_is_the_same_byte_for_byte(self, small_year, tmp_path):
        again = tmp_path / "again"
        shutil.copytree(small_year, again, ignore=shutil.ignore_patterns("cache", "tmp", "prepared", "features"))
        shutil.rmtree(again / "evaluation")
        (again / "dvc.lock").unlink()
        dvc(again, "repro")
        assert outputs_of(again) == outputs_of(small_year)
        assert (again / "dvc.lock").read_bytes() == (small_year / "dvc.lock").read_bytes()

    def test_each_test_flight_has_one_prediction_of_its_own(self, small_year):
        predictions = pd.read_csv(small_year / "evaluation" / "predictions.csv")
        prepared = pd.read_parquet(small_year / "data" / "prepared" / "test.parquet")
        assert list(predictions) == ["flight_id", "carrier", "date", "late", "predicted", "probability"]
        assert list(predictions["flight_id"]) == list(prepared["flight_id"])
        assert predictions["flight_id"].is_unique
        assert predictions["probability"].between(0, 1).all()
        assert set(predictions["late"]) == set(predictions["predicted"]) == {0, 1}

    def test_metrics_can_be_computed_again_from_the_predictions(self, small_year):
        from sklearn.metrics import log_loss, roc_auc_score

        predictions = pd.read_csv(small_year / "evaluation" / "predictions.csv")
        metrics = metrics_of(small_year)
        assert list(metrics) == METRICS
        assert metrics["roc_auc"] == pytest.approx(roc_auc_score(predictions["late"], predictions["probability"]))
        assert metrics["log_loss"] == pytest.approx(log_loss(predictions["late"], predictions["probability"]))
        assert metrics["accuracy"] == pytest.approx((predictions["late"] == predictions["predicted"]).mean())

    def test_the_loss_history_has_train_and_validation_and_falls(self, small_year):
        loss = pd.read_csv(small_year / "evaluation" / "plots" / "loss.csv")
        assert list(loss) == ["iteration", "train", "validation"]
        assert loss["train"].is_monotonic_decreasing
        assert list(loss["iteration"]) == list(range(9))  # the first row is the loss before the first tree

    @pytest.mark.parametrize("name", ["roc", "precision_recall", "calibration"])
    def test_a_curve_is_small_and_runs_from_left_to_right(self, small_year, name):
        curve = pd.read_csv(small_year / "evaluation" / "plots" / f"{name}.csv")
        assert 2 < len(curve) <= 200
        assert curve.iloc[:, 0].is_monotonic_increasing
        assert curve.map(lambda value: 0 <= value <= 1).all(axis=None)

    def test_each_plot_of_dvc_yaml_has_its_columns(self, small_year):
        plots = YAML(typ="safe").load(ROOT / "dvc.yaml")["plots"]
        definitions = [definition for plot in plots if isinstance(plot, dict) for definition in plot.values()]
        assert len(definitions) == 6
        for definition in definitions:
            for path, fields in definition["y"].items():
                columns = set(pd.read_csv(small_year / path, nrows=1))
                assert {definition["x"], *([fields] if isinstance(fields, str) else fields)} <= columns

    def test_the_picture_holds_no_time_and_is_not_blank(self, small_year):
        with Image.open(small_year / "evaluation" / "plots" / "scores.png") as picture:
            assert picture.size == (640, 360)
            assert len(picture.convert("RGB").getcolors(maxcolors=2**16)) > 50
            assert "Software" not in picture.info

    def test_logistic_regression_is_one_parameter_away(self, small_year, tmp_path):
        other = tmp_path / "logistic"
        shutil.copytree(small_year, other, ignore=shutil.ignore_patterns("tmp"))
        set_params(other, train__model="logistic", train__iterations=3)
        output = dvc(other, "repro")
        assert "Stage 'featurize' didn't change" in output
        assert list(metrics_of(other)) == METRICS
        assert metrics_of(other)["roc_auc"] > 0.6
        assert len(pd.read_csv(other / "evaluation" / "plots" / "loss.csv")) == 3


class TestNoLeakage:
    def test_the_months_are_split_and_a_day_is_in_one_part_only(self, small_year):
        days = {
            part: set(pd.read_parquet(small_year / "data" / "prepared" / f"{part}.parquet")["date"])
            for part in ("train", "validation", "test")
        }
        assert {day[5:7] for day in days["test"]} == {"10", "11", "12"}
        assert max(days["train"] | days["validation"]) < "2013-10"
        assert not days["train"] & days["validation"]

    def test_no_column_is_known_only_after_departure(self, small_year):
        after_the_gate = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}
        for folder in ("prepared", "features"):
            columns = set(pd.read_parquet(small_year / "data" / folder / "train.parquet"))
            assert not columns & after_the_gate

    def test_what_happens_from_an_hour_before_departure_on_changes_no_input(self):
        """Shuffle the outcomes of every later flight: the inputs of the flights at noon stay as they are."""
        from src.prepare import add_airport_state

        day = pd.Timestamp("2013-03-01", tz="UTC")
        hours = [hour for hour in range(24) for _ in range(4)]
        flights = pd.DataFrame(
            {
                "origin": "LGA",
                "time_hour": [day + pd.Timedelta(hours=hour) for hour in hours],
                "dep_delay": [float((7 * number) % 40) for number in range(len(hours))],
            }
        )
        noon = flights["time_hour"] == day + pd.Timedelta(hours=12)
        later = flights["time_hour"] >= day + pd.Timedelta(hours=11)
        other_future = flights.assign(dep_delay=flights["dep_delay"].where(~later, 500.0))
        other_past = flights.assign(dep_delay=flights["dep_delay"].where(later, 500.0))
        pd.testing.assert_series_equal(
            add_airport_state(flights).loc[noon, "recent_delays"],
            add_airport_state(other_future).loc[noon, "recent_delays"],
        )
        assert add_airport_state(other_past).loc[noon, "recent_delays"].eq(1).all()

    def test_the_weather_is_that_of_the_hour_before(self, small_year):
        weather = pd.read_csv(small_year / "data" / "raw" / "weather.csv", parse_dates=["time_hour"])
        before = weather.set_index(["origin", "time_hour"])["temp"]
        flight = pd.read_parquet(small_year / "data" / "prepared" / "test.parquet").iloc[100]
        assert flight["temp"] == before[flight["origin"], flight["time_hour"] - pd.Timedelta(hours=1)]

    def test_categories_are_learned_from_training_flights_alone(self):
        from src.featurize import features, known_values

        train = pd.DataFrame({"carrier": ["AA"] * 3, "origin": ["LGA"] * 3, "dest": ["BOS", "BOS", "MIA"]})
        known = known_values(train, min_dest_flights=2)
        assert known["dest"] == ["BOS"]
        flight = pd.DataFrame(
            {
                "carrier": ["ZZ"],
                "origin": ["LGA"],
                "dest": ["MIA"],
                "sched_dep_time": [2330],
                "sched_arr_time": [15],
                "date": ["2013-10-01"],
                "distance": [1096],
                "departures": [4],
            }
        )
        row = features(flight, known, {"recent_delays": False, "weather": False}).iloc[0]
        assert (row["carrier"], row["dest"]) == ("other", "other")
        assert row["scheduled_minutes"] == 45  # over midnight
