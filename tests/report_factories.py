"""Whole reports, one for each situation a team meets: what the renderers' tests speak about."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import figure_factories
from factories import make_snapshot, make_tracked, sha
from figure_factories import clouds, importances, losses, make_plot, make_spec, roc
from flights import (
    BRANCH,
    MAIN,
    METRICS,
    MODEL,
    ROWS,
    SEED_METRICS,
    SEED_PREDICTIONS,
    flights,
    headline,
    predicted,
    predictions,
    rules,
    seeds,
    usual,
    with_data,
    with_outdated,
    with_params,
    without_storage,
)

from reporter.assemble import assemble
from reporter.codec.writer import report_to_json
from reporter.compare import compare, with_history
from reporter.figures import draw
from reporter.figures.encode import figure_json
from reporter.judge import has_earlier_metrics, judge, judge_several
from reporter.model.comparison import (
    ArtifactRow,
    Cause,
    CauseKind,
    Content,
    DataRow,
    Explanation,
    FlipExample,
    Flips,
    GateRow,
    MetricRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.drawing import Drawing, PlotlyDrawing
from reporter.model.history import PastRun
from reporter.model.problem import Problem, ProblemKind
from reporter.model.report import PlotRow, Report, Reports, RunInfo, SectionPicture, SectionText
from reporter.model.rules import CommentRule, Direction, GateRule, MetricRule, PlotsRule, Rules
from reporter.model.snapshot import Snapshot
from reporter.model.values import Value, is_number
from reporter.render.html.chart import Caption, Chart, PlotlyChart

LATENCY = f"{METRICS}:latency_ms"
IN_DOUBT = rules(headline("roc_auc", max_drop=0.005, required=True), headline("log_loss"))

RUN = RunInfo(
    version="0.1.0",
    runner="GitHub Actions",
    url="https://github.com/octo/flights/actions/runs/42",
    repository_url="https://github.com/octo/flights",
)


def make_report(**fields: object) -> Report:
    """A report in which nothing differs, but for `fields`."""
    report = Report(
        base=MAIN,
        head=BRANCH,
        verdict=Verdict.PASS,
        summary="Nothing changed: metrics and params are the same",
        metrics=(),
        params=(),
        plots=(),
        data=(),
        stages=(),
        gates=(),
        problems=(),
        run=RUN,
        level=0.95,
    )
    return replace(report, **fields)  # type: ignore[arg-type]


def metric(name: str, base: Value, head: Value, **fields: object) -> MetricRow:
    """A row whose other fields follow from its values, higher being better, but for `fields`."""
    delta = head - base if is_number(base) and is_number(head) else None
    direction = fields.get("direction", Direction.HIGHER)
    row = MetricRow(
        file=METRICS,
        name=name,
        base=base,
        head=head,
        delta=delta,
        relative=delta / abs(base) if delta is not None and is_number(base) and base else None,
        state=State.UNCHANGED if base == head else State.CHANGED,
        direction=Direction.HIGHER,
        outcome=_outcome(delta, direction) if base != head else Outcome.SAME,
    )
    return replace(row, **fields)  # type: ignore[arg-type]


def _outcome(delta: float | None, direction: object) -> Outcome:
    if delta is None or direction is Direction.NONE:
        return Outcome.CHANGED
    return Outcome.IMPROVED if (delta > 0) is (direction is Direction.HIGHER) else Outcome.REGRESSED


def plot(plot_id: str, state: State = State.CHANGED, **fields: object) -> PlotRow:
    name = plot_id.replace("/", "-").replace(" ", "-").lower()
    row = PlotRow(
        id=plot_id,
        kind="linear",
        state=state,
        image=f"images/{name}.png",
        revisions=("main", "deeper-trees"),
        title=plot_id,
        alt=f"{plot_id}: main and deeper-trees, two lines each",
    )
    return replace(row, **fields)  # type: ignore[arg-type]


def links(report: Report) -> dict[str, str]:
    """Pictures as report.md links them."""
    return {name: name for name in report.images}


FLIGHT_PLOTS = (
    plot("ROC curve"),
    plot("Loss"),
    plot("Calibration"),
    plot("Confusion matrix", kind="confusion"),
    plot("Feature importance", State.UNCHANGED, kind="bar_horizontal"),
)


def compared(
    base: Snapshot | None,
    head: Snapshot,
    rules: Rules,
    *,
    runs: Mapping[str, Sequence[PastRun]] | None = None,
    plots: tuple[PlotRow, ...] = (),
) -> Report:
    """The report on `head`, its rows and sentences made as the report command makes them."""
    return several(base, [head], rules, runs=runs, plots=plots)


def several(
    base: Snapshot | None,
    heads: Sequence[Snapshot],
    rules: Rules,
    *,
    runs: Mapping[str, Sequence[PastRun]] | None = None,
    plots: tuple[PlotRow, ...] = (),
) -> Report:
    """The report on several candidates."""
    comparison = compare(base, heads, rules)
    if base is not None:
        told = (with_history(each, rules, runs or {}, base.revision.label) for each in comparison.candidates)
        comparison = replace(comparison, candidates=tuple(told))
    judgements = [
        judge(candidate, rules, has_base=has_earlier_metrics(base, head), problems=comparison.problems)
        for candidate, head in zip(comparison.candidates, heads, strict=True)
    ]
    return replace(assemble(comparison, judgements, (), {}, rules, RUN), plots=plots)


@cache
def better() -> Report:
    features = ("carrier", "origin", "hour")
    base = replace(usual(), revision=replace(MAIN, behind=3))
    head = flights(BRANCH, predictions(0.7, seed=21), depth=9, features=features, raw="seasons", prepare="second")
    artifact = {"path": MODEL, "type": "model", "desc": "Late arrivals", "labels": ["trees"]}
    renamed = [make_tracked(path, "codes", size=812) for path in ("data/codes.csv", "data/lookup.csv")]
    grouped = Rules(
        metrics=(headline("roc_auc", max_drop=0.005), headline("log_loss", max_drop=0.01)),
        predictions=(predicted(groups=("carrier",)),),
    )
    return compared(
        replace(with_data(base, renamed[0]), artifacts={"late-flights": artifact}),
        replace(
            with_data(head, renamed[1]),
            artifacts={"late-flights": {**artifact, "desc": "Late arrivals, by hour", "labels": ["deep trees"]}},
        ),
        grouped,
        plots=FLIGHT_PLOTS,
    )


@cache
def valid_document() -> Mapping[str, Any]:
    """What report.json holds of `better`: to be copied before it is changed."""
    return json.loads(report_to_json(better()))


@cache
def worse() -> Report:
    return compared(usual(), flights(BRANCH, predictions(0.5, seed=5), depth=9), rules(headline("roc_auc")))


@cache
def mixed() -> Report:
    """One run each, of metrics without predictions."""
    base = {"roc_auc": 0.6391, "log_loss": 0.5312, "size_mb": 4.25}
    head = {"roc_auc": 0.6512, "log_loss": 0.5401, "size_mb": 17.5}
    return compared(flights(MAIN, base), flights(BRANCH, head, depth=9), rules(tested=False))


@cache
def inconclusive() -> Report:
    """One headline whose interval holds zero, and one that nothing tests, with a history."""
    base, head = usual(), flights(BRANCH, predictions(0.6, seed=8), depth=9)
    f1 = (0.4881, 0.4904, 0.4892, 0.4930, 0.4911, 0.4946, 0.4973, 0.4955, 0.4952, 0.5004, 0.4981)
    past = [PastRun(sha(f"main~{len(f1) - place}"), {"f1": value}) for place, value in enumerate(f1)]
    own = PastRun(MAIN.sha, base.metrics[METRICS].values)
    asked = Rules(
        metrics=(headline("roc_auc", max_drop=0.002), headline("f1")),
        predictions=(predicted(metrics={"roc_auc": f"{METRICS}:roc_auc"}),),
    )
    return compared(base, head, asked, runs={METRICS: (*past, own)})


@cache
def no_change() -> Report:
    return compared(
        usual(),
        replace(usual(), revision=BRANCH),
        rules(headline("roc_auc")),
        plots=(plot("ROC curve", State.UNCHANGED, image=None),),
    )


@cache
def first_report() -> Report:
    return compared(
        None,
        flights(BRANCH, predictions(0.7, seed=21), depth=9),
        rules(headline("roc_auc", max_drop=0.005), headline("f1")),
        plots=(
            plot("ROC curve", State.ADDED, revisions=("deeper-trees",), alt="ROC curve: deeper-trees, one line each"),
        ),
    )


@cache
def baseline_unavailable() -> Report:
    base = without_storage(usual(), "evaluation/plots/roc.csv")
    note = f"{MAIN.label}: {base.problems[0].message}"
    return compared(
        base,
        flights(BRANCH, predictions(0.7, seed=21), depth=9),
        rules(headline("roc_auc", max_drop=0.005)),
        plots=(plot("ROC curve", State.UNAVAILABLE, revisions=("main", "deeper-trees"), notes=(note,)),),
    )


@cache
def stale_lock() -> Report:
    """Code and params of the candidate, values of the baseline."""
    head = with_params(replace(usual(), revision=BRANCH), max_depth=9)
    head = with_outdated(head, "train", "cmd", "params", cmd="python src/train.py --early-stopping")
    return compared(usual(), head, rules(headline("roc_auc", max_drop=0.005)))


@cache
def value_in_doubt() -> Report:
    """Somebody wrote a better value into the metrics file and had it recorded: only the predictions tell."""
    return compared(usual(), _edited(), IN_DOUBT)


@cache
def metrics_edited() -> Report:
    """The same without `dvc commit`: dvc.lock tells as well."""
    return compared(usual(), with_outdated(_edited(), "evaluate", "outs"), IN_DOUBT)


def _edited() -> Snapshot:
    honest = flights(BRANCH, predictions(0.6, seed=8), depth=9)
    file = honest.metrics[METRICS]
    return replace(honest, metrics={METRICS: replace(file, values={**file.values, "roc_auc": 0.7012})})


@cache
def repeated_runs() -> Report:
    """One training for each of several seeds, with predictions of their own."""
    gated = headline("roc_auc", SEED_METRICS, max_drop=0.005)
    of_seeds = predicted(path=SEED_PREDICTIONS, metrics={"roc_auc": f"{SEED_METRICS}:roc_auc"})
    asked = Rules(metrics=(gated,), predictions=(of_seeds,))
    return compared(seeds(MAIN, 0.6), seeds(BRANCH, 0.68, depth=9), asked)


@cache
def different_test_set() -> Report:
    others = predictions(0.7, seed=21, flights=slice(ROWS - 60, 2 * ROWS - 200))
    return compared(usual(), flights(BRANCH, others, raw="seasons"), rules(headline("roc_auc", max_drop=0.005)))


@cache
def new_and_removed_metrics() -> Report:
    base = {
        "roc_auc": 0.6391,
        "average_precision": 0.5382,
        "model": "logistic",
        "diverged": False,
        "auc_by_fold": [0.61, 0.64],
        "best_loss": math.inf,
    }
    head = {
        "roc_auc": 0.6512,
        "brier_score": 0.171,
        "model": "boosting",
        "diverged": True,
        "auc_by_fold": [0.63, 0.66],
        "best_loss": 0.5287,
    }
    return compared(flights(MAIN, base), flights(BRANCH, head, depth=9), rules(tested=False))


@cache
def three_hundred_metrics() -> Report:
    base, head = (
        {f"class_{index:03d}": {"recall": 0.5 + gained * (index % 7) / 100} for index in range(300)}
        for gained in (0, 1)
    )
    file = "evaluation/per_class.json"
    return compared(make_snapshot(MAIN, metrics={file: base}), make_snapshot(BRANCH, metrics={file: head}), Rules())


@cache
def custom_template() -> Report:
    undrawn = "The template names the field “delay”, which is in neither revision."
    return replace(
        mixed(),
        plots=(
            plot("delays.json", kind="violin", title="Delays by carrier", alt="A violin for each carrier"),
            plot("broken.json", State.UNAVAILABLE, kind="violin", image=None, notes=(undrawn,)),
        ),
    )


@cache
def image_plots() -> Report:
    return replace(
        mixed(),
        plots=(
            plot(
                "evaluation/map.png",
                kind="image",
                alt="evaluation/map.png: main, deeper-trees, and the pixels that differ",
            ),
            plot("evaluation/tree.png", State.ADDED, kind="image", notes=("main does not have it.",)),
        ),
    )


@cache
def gate_failed() -> Report:
    """One limit that is broken, one that holds, and one of a metric that is not there."""
    asked = rules(
        headline("roc_auc", max_drop=0.005), headline("accuracy", min=0.5), MetricRule(LATENCY, gate=GateRule(max=20))
    )
    return compared(usual(), flights(BRANCH, predictions(0.5, seed=5), depth=9), asked)


@cache
def nothing_tracked() -> Report:
    return compared(make_snapshot(MAIN), make_snapshot(BRANCH), Rules())


@cache
def nothing_explains() -> Report:
    """Another value out of the same inputs."""
    return compared(flights(MAIN, {"roc_auc": 0.6391}), flights(BRANCH, {"roc_auc": 0.6512}), rules(tested=False))


HOSTILE = (
    "evil|name`with``ticks <img src=x onerror=alert(1)> @octocat #1 GH-2 octo/flights#3 [x](javascript:alert(1)) "
    "![y](https://evil.example/p.png) <!-- gone --> \u202egnp.exe *bold* _it_ ~~no~~ $x^2$ :tada: www.evil.example "
    "https://evil.example/ mail@evil.example\n\n# heading\n| a | b |\n</details></td> &copy; \\"
)


def hostile() -> Report:
    """Every text a repository can set is an attack on the reader."""
    revision = replace(BRANCH, rev=HOSTILE, label=HOSTILE)
    return make_report(
        base=replace(MAIN, label=HOSTILE, rev=HOSTILE, behind=2),
        head=revision,
        verdict=Verdict.FAIL,
        summary=HOSTILE,
        metrics=(
            metric(HOSTILE, 0.1, 0.2, file=HOSTILE, note=HOSTILE, method=HOSTILE, headline=True),
            metric("text", HOSTILE, f"{HOSTILE}2", file=HOSTILE, headline=True),
        ),
        params=(ParamRow(HOSTILE, HOSTILE, HOSTILE, [HOSTILE], State.CHANGED),),
        plots=(
            plot("hostile", title=HOSTILE, alt=HOSTILE, notes=(HOSTILE,), revisions=(HOSTILE,)),
            plot("undrawn", title=HOSTILE, alt=HOSTILE, notes=(HOSTILE,), image=None),
        ),
        data=(DataRow(HOSTILE, State.RENAMED, Content("1", 1, 1), Content("2", 2, 2), renamed_from=HOSTILE),),
        stages=(
            StageRow(HOSTILE, State.CHANGED, (HOSTILE,), outdated=False, ran=True),
            StageRow("end", State.CHANGED, ("cmd",), outdated=False, upstream=(HOSTILE,)),
        ),
        gates=(GateRow(HOSTILE, HOSTILE, Verdict.FAIL, HOSTILE),),
        problems=(
            Problem(HOSTILE, HOSTILE, ProblemKind.STALE, HOSTILE, HOSTILE),
            Problem(HOSTILE, HOSTILE, ProblemKind.FORMAT, HOSTILE, HOSTILE),
        ),
        explanations=(Explanation(HOSTILE, (Cause(CauseKind.PARAM, f"{HOSTILE}:{HOSTILE}", HOSTILE, 1),)),),
        slices=(SliceRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 3, 0.1, 0.2, 0.1, None, None),),
        flips=(Flips(HOSTILE, 3, 1, 0, (FlipExample(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 0.5, gained=True),)),),
        artifacts=(ArtifactRow(HOSTILE, State.CHANGED, HOSTILE, (HOSTILE,)),),
        sections=(SectionText(HOSTILE, HOSTILE),),
        notices=(HOSTILE,),
        run=replace(RUN, runner=HOSTILE),
        comment=CommentRule(title=HOSTILE),
    )


NOTES = """# Notes

Trained with **deeper trees**; see [the plan](https://example.org/plan) and @octocat.

<!-- a comment -->

| hour | late |
|---|---|
| 17 | 0.31 |

- [x] deeper trees
- [ ] more weather

```python
print('<b>')

print(2)
```

```mermaid
flowchart LR
  plane[Plane] --> gate[Gate]
```

<details><summary>How it was trained</summary>

On the *first* machine.

</details>

![map](map.png)

<script>alert(1)</script>
"""


def team_sections() -> Report:
    return replace(
        better(),
        sections=(SectionText("Notes", NOTES, (SectionPicture("map.png", "images/map.png"),)),),
        slices=(),
        flips=(),
        data=(),
        artifacts=(),
    )


def three_candidates() -> Report:
    """Two experiments and a branch beside main: one better, one worse, one without a metric that the others have."""
    better = flights(BRANCH, predictions(0.7, seed=21), depth=9)
    worse = flights(replace(BRANCH, sha=sha("2"), rev="exp-a", label="exp-a"), predictions(0.2, seed=5), depth=3)
    lacking = flights(replace(BRANCH, sha=sha("3"), rev="exp-b", label="exp-b"), predictions(0.5, seed=7))
    file = lacking.metrics[METRICS]
    values = {name: value for name, value in file.values.items() if name != "log_loss"}
    lacking = replace(lacking, metrics={METRICS: replace(file, values=values)})
    heads = [better, worse, lacking]
    return several(usual(), heads, rules(headline("roc_auc", max_drop=0.005), headline("log_loss")))


def merged_reports() -> Reports:
    """Reports on two projects of a repository, put together."""
    found = [replace(better(), project="models/early"), replace(gate_failed(), project="models/late")]
    found = [replace(one, head=BRANCH) for one in found]
    verdict, summary = judge_several(found)
    return Reports(verdict, summary, notices=("Pictures are in the bundle.",), reports=tuple(found))


SCENARIOS: Mapping[str, Callable[[], Report]] = {
    scenario.__name__: scenario
    for scenario in (
        better,
        worse,
        mixed,
        inconclusive,
        no_change,
        first_report,
        baseline_unavailable,
        stale_lock,
        value_in_doubt,
        metrics_edited,
        repeated_runs,
        different_test_set,
        new_and_removed_metrics,
        three_hundred_metrics,
        custom_template,
        image_plots,
        gate_failed,
        nothing_tracked,
        nothing_explains,
        team_sections,
        three_candidates,
        hostile,
    )
}


def flight_charts() -> tuple[Chart, ...]:
    """The charts of `better`, drawn as the pipeline draws them."""
    figures = {
        "ROC curve": make_plot(make_spec("linear", x="fpr", y=("tpr",), plot="ROC curve"), roc(1.5), roc(2.1)),
        "Loss": make_plot(
            make_spec("linear", x="step", y=("train", "validation"), plot="Loss"), losses(0.8), losses(1.4, seed=1)
        ),
        "Calibration": make_plot(make_spec("scatter", plot="Calibration"), clouds(0), clouds(1.5)),
        "Confusion matrix": make_plot(
            make_spec("confusion", x="actual", y=("predicted",), plot="Confusion matrix"),
            figure_factories.predictions(0.6, ("late", "on time")),
            figure_factories.predictions(0.8, ("late", "on time")),
        ),
        "Feature importance": make_plot(
            make_spec("bar_horizontal", x="importance", y=("feature",), plot="Feature importance"),
            importances(0.2),
            importances(0.25),
        ),
    }
    drawings = {drawing.plot: drawing for drawing in draw(list(figures.values()), PlotsRule())}
    return tuple(_chart(drawings[row.id], row) for row in better().plots)


def _chart(drawing: Drawing, row: PlotRow) -> Chart:
    assert isinstance(drawing, PlotlyDrawing)
    return PlotlyChart(
        Caption(row.id, row.title, row.alt, row.state, row.kind, drawing.notes), figure_json(drawing.page)
    )
