"""A project that predicts late flights, as the collector would read its revisions.

Reported values are those of the predictions, and hashes follow from what a stage read, so that dvc.lock agrees with itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from factories import make_snapshot, make_stage, make_table, make_tracked, md5, sha
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

from reporter.collect.problems import Problems, UnreadableError
from reporter.model.problem import ProblemKind
from reporter.model.revision import Revision
from reporter.model.rules import GateRule, MetricRule, PredictionsRule, Rules, Task
from reporter.model.snapshot import Snapshot, Stage, Table, TrackedPath, ValueFile
from reporter.model.values import Value

METRICS = "evaluation/metrics.json"
PREDICTIONS = "evaluation/predictions.csv"
RAW = "data/raw/flights.csv.zip"
MODEL = "models/model.pkl"
SEED_METRICS = "evaluation/seed-*/metrics.json"
SEED_PREDICTIONS = "evaluation/seed-*/predictions.csv"
SEEDS = (1, 2, 3, 4, 5)

MAIN = Revision(rev="main", sha=sha("main"), label="main", behind=0)
BRANCH = Revision(rev="deeper-trees", sha=sha("deeper-trees"), label="deeper-trees")

EXPLAINED = ("roc_auc", "f1", "log_loss", "accuracy")
ROWS = 800
_LATE = 0.45
"""The share of flights that are late."""


def predictions(skill: float, *, seed: int = 1, noise: float = 0.2, flights: slice = slice(ROWS)) -> Table:
    """What a model of this skill says of the same flights each time: `skill` is the distance between late ones and others.

    `noise` is the share of its errors that no other `seed` has.
    """
    everything = np.random.default_rng(7)
    rows = 2 * ROWS
    late = everything.random(rows) < _LATE
    shared = everything.normal(size=rows)
    day, number = everything.integers(1, 29, rows), everything.permutation(2990)[:rows] + 11
    carrier = everything.choice(["B6", "DL", "EV", "HA", "UA"], rows, p=[0.24, 0.2, 0.2, 0.03, 0.33])
    own = np.random.default_rng(seed).normal(size=rows)
    seen = skill * (late - 0.5) + np.sqrt(1 - noise**2) * shared + noise * own
    probability = (1 / (1 + np.exp(-skill * seen - np.log(_LATE / (1 - _LATE))))).round(4)
    columns = {
        "flight": [f"2013-{10 + d % 3}-{d:02} {c} {n}" for d, c, n in zip(day, carrier, number, strict=True)],
        "carrier": carrier,
        "late": np.where(late, "late", "on time"),
        "predicted": np.where(probability > 0.5, "late", "on time"),
        "probability": probability,
    }
    return make_table(**{name: list(values[flights]) for name, values in columns.items()})


def measured(table: Table) -> dict[str, Value]:
    """The metrics that the project reports of its predictions."""
    late, predicted = (np.equal(table.columns[name], "late") for name in ("late", "predicted"))
    probability = table.columns["probability"].astype(float)
    values = {
        "roc_auc": roc_auc_score(late, probability),
        "f1": f1_score(late, predicted),
        "log_loss": log_loss(late, probability),
        "accuracy": accuracy_score(late, predicted),
    }
    return {name: round(float(value), 4) for name, value in values.items()} | {"threshold": 0.5, "n_test": table.rows}


def predicted(**more: object) -> PredictionsRule:
    """What reporter.yaml says of the predictions."""
    names = {"id": "flight", "actual": "late", "predicted": "predicted", "score": "probability", "positive": "late"}
    metrics = {"metrics": {name: f"{METRICS}:{name}" for name in EXPLAINED}}
    return PredictionsRule(**({"path": PREDICTIONS, "task": Task.BINARY} | names | metrics | more))  # type: ignore[arg-type]


def headline(name: str, file: str = METRICS, **limits: float) -> MetricRule:
    """A metric that is shown first, and gated where limits are given."""
    gate = GateRule(**limits) if limits else None  # type: ignore[arg-type]
    return MetricRule(f"{file}:{name}", headline=True, gate=gate)


def rules(*metrics: MetricRule, tested: bool = True) -> Rules:
    """A reporter.yaml; without the predictions where nothing is `tested`."""
    return Rules(metrics=metrics, predictions=(predicted(),) if tested else ())


def flights(
    revision: Revision,
    values: Table | Mapping[str, Value],
    *,
    depth: int = 6,
    features: Sequence[str] = ("carrier", "origin"),
    raw: str = "season",
    prepare: str = "first",
) -> Snapshot:
    """A revision that is up to date. `values`: predictions, whose metrics are reported, or metrics alone."""
    table = values if isinstance(values, Table) else None
    metrics = measured(table) if table is not None else values
    return make_snapshot(
        revision,
        metrics={METRICS: metrics},  # type: ignore[dict-item]
        params={
            "params.yaml": {
                "train": {"max_depth": depth, "learning_rate": 0.1},
                "prepare": {"features": list(features)},
                "seed": 17,
            }
        },
        predictions={} if table is None else {PREDICTIONS: table},
        data=_tracked(raw, f"{raw} {prepare} {features}", depth),
        stages=_stages(raw, prepare, features, depth, repr(metrics)),
    )


def _tracked(raw: str, prepared: str, depth: int) -> list[TrackedPath]:
    size = 31_053_850 + 1_000_000 * (len(raw) - len("season"))
    return [
        make_tracked(RAW, raw, size=size),
        make_tracked("data/features", size=size * 2 // 5, files=_parts(prepared)),
        make_tracked(MODEL, f"{prepared} {depth}", size=90_000 * depth),
        make_tracked(PREDICTIONS, f"{prepared} {depth} predictions", size=41_000 + 11 * depth),
    ]


def _parts(prepared: str) -> dict[str, str]:
    """Part files; other content has other names at the end."""
    last = 24 if "hour" not in prepared else 26
    return {f"part-{index:02}.parquet": prepared for index in range(last) if last == 24 or index != 7}


def _stages(raw: str, prepare: str, features: Sequence[str], depth: int, metrics: str) -> list[Stage]:
    tracked = {path.path: path.hash for path in _tracked(raw, f"{raw} {prepare} {features}", depth)}
    parts, model, predictions_ = tracked["data/features"], tracked[MODEL], tracked[PREDICTIONS]
    return [
        make_stage(
            "prepare",
            deps={"src/prepare.py": md5(prepare), RAW: tracked[RAW]},
            params={"params.yaml:prepare.features": list(features)},
            outs={"data/features": parts},
        ),
        make_stage(
            "train",
            deps={"src/train.py": md5("train"), "data/features": parts},
            params={"params.yaml:train.max_depth": depth, "params.yaml:train.learning_rate": 0.1},
            outs={MODEL: model},
        ),
        make_stage(
            "evaluate",
            deps={"src/evaluate.py": md5("evaluate"), "data/features": parts, MODEL: model},
            outs={PREDICTIONS: predictions_, METRICS: md5(metrics)},
        ),
        make_stage("describe", deps={"docs/card.md": md5("card")}, outs={"docs/card.html": md5("card")}),
    ]


def with_data(snapshot: Snapshot, *tracked: TrackedPath) -> Snapshot:
    return replace(snapshot, data={**snapshot.data, **{path.path: path for path in tracked}})


def with_outdated(snapshot: Snapshot, stage: str, *kinds: str, cmd: str | None = None) -> Snapshot:
    """The stage differs from its last run in these kinds: of its outputs those that git keeps."""
    was = snapshot.stages[stage]
    edited = tuple(path for path in was.outs if path not in snapshot.data) if "outs" in kinds else ()
    now = replace(was, outdated=kinds, cmd=cmd or was.cmd, differing=edited)
    return replace(snapshot, stages={**snapshot.stages, stage: now})


def with_params(snapshot: Snapshot, **train: Value) -> Snapshot:
    """params.yaml with other values, without another run."""
    file = snapshot.params["params.yaml"]
    values = {**file.values, **{f"train.{name}": value for name, value in train.items()}}
    return replace(snapshot, params={file.path: replace(file, values=values)})


def without_storage(snapshot: Snapshot, *others: str) -> Snapshot:
    """The remote refuses the credentials: nothing of it can be read, nor `others`."""
    problems = Problems(snapshot.revision.label)
    refused = UnreadableError(
        ProblemKind.ACCESS,
        "remote 'storage' (s3://flights/dvc) refuses the credentials",
        "check that they are current and may read",
        remote="storage",
    )
    metrics = {path: ValueFile(path, {}, problems.add(path, refused)) for path in snapshot.metrics}
    for path in (*others, *snapshot.predictions):
        problems.add(path, refused)
    return replace(snapshot, metrics=metrics, predictions={}, problems=problems.all())


def seeds(revision: Revision, skill: float, *, depth: int = 6) -> Snapshot:
    """One training for each seed: a matrix of stages, each with predictions and metrics of its own."""
    tables = {seed: predictions(skill, seed=100 * depth + seed, noise=0.35) for seed in SEEDS}
    runs = {seed: f"{depth} {seed}" for seed in SEEDS}
    return make_snapshot(
        revision,
        metrics={_of(SEED_METRICS, seed): {"roc_auc": measured(table)["roc_auc"]} for seed, table in tables.items()},
        params={"params.yaml": {"train": {"max_depth": depth, "learning_rate": 0.1}}},
        predictions={_of(SEED_PREDICTIONS, seed): table for seed, table in tables.items()},
        data=[
            make_tracked(RAW, "season", size=31_053_850),
            *(make_tracked(_of(SEED_PREDICTIONS, seed), run, size=41_000 + 11 * depth) for seed, run in runs.items()),
        ],
        stages=[
            make_stage(
                f"train@{seed}",
                cmd=f"python src/train.py --seed {seed}",
                deps={"src/train.py": md5("train"), RAW: md5("season")},
                params={"params.yaml:train.max_depth": depth, "params.yaml:train.learning_rate": 0.1},
                outs={_of(SEED_PREDICTIONS, seed): md5(run), _of(SEED_METRICS, seed): md5(f"{run} metrics")},
            )
            for seed, run in runs.items()
        ],
    )


def _of(pattern: str, seed: int) -> str:
    return pattern.replace("*", str(seed))


@cache
def usual() -> Snapshot:
    """The baseline of most scenarios."""
    return flights(MAIN, predictions(0.6))
