"""Whole reports, one for each situation a team meets: what the renderers' tests speak about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from factories import make_problem, sha
from figure_factories import clouds, importances, losses, make_plot, make_spec, predictions, roc

from reporter.compare import judge
from reporter.compare.headlines import with_headlines
from reporter.figures import draw
from reporter.figures.encode import figure_json
from reporter.model.comparison import (
    ArtifactRow,
    Candidate,
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
from reporter.model.problem import Problem, ProblemKind
from reporter.model.report import PlotRow, Report, RunInfo, SectionPicture, SectionText
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule, Direction, GateRule, MetricRule, PlotsRule, Rules
from reporter.model.values import Value, is_number
from reporter.render.chart import Caption, Chart, PlotlyChart

METRICS = "evaluation/metrics.json"
BOOTSTRAP = "paired bootstrap, 2,000 resamples, n = 83,214"

MAIN = Revision(rev="main", sha=sha("main"), label="main", behind=0)
BRANCH = Revision(rev="deeper-trees", sha=sha("deeper-trees"), label="deeper-trees")
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
        summary="No change: 9 metrics and 12 params are the same",
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


def judged(report: Report, *rules: MetricRule) -> Report:
    """The report with the verdict, the gates and the sentence that `rules` give its rows."""
    has_base = report.base is not None
    known = [problem for problem in report.problems if problem.revision == MAIN.label]
    metrics = report.metrics
    if not any(row.headline for row in metrics):
        metrics = with_headlines(metrics, Rules(metrics=rules))
    candidate = Candidate(
        revision=report.head,
        metrics=metrics,
        params=report.params,
        data=report.data,
        stages=report.stages,
        problems=tuple(problem for problem in report.problems if problem not in known),
    )
    found = judge(candidate, Rules(metrics=rules), has_base=has_base, problems=known)
    return replace(report, metrics=metrics, verdict=found.verdict, summary=found.summary, gates=found.gates)


def gate(name: str, **limits: float) -> MetricRule:
    return MetricRule(f"{METRICS}:{name}", gate=GateRule(**limits))  # type: ignore[arg-type]


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


FLIGHT_METRICS = (
    metric("roc_auc", 0.6391, 0.6512, interval=(0.0081, 0.0163), p_value=0.0004, method=BOOTSTRAP, headline=True),
    metric("f1", 0.4102, 0.4188, interval=(0.0031, 0.0139), p_value=0.002, method=BOOTSTRAP),
    metric(
        "log_loss",
        0.5312,
        0.5287,
        direction=Direction.LOWER,
        interval=(-0.0041, -0.0009),
        p_value=0.004,
        method=BOOTSTRAP,
        headline=True,
    ),
    metric(
        "accuracy",
        0.7421,
        0.7424,
        outcome=Outcome.INCONCLUSIVE,
        interval=(-0.0011, 0.0018),
        p_value=0.61,
        method=BOOTSTRAP,
    ),
    metric("precision", 0.5018, 0.5018),
    metric("n_test", 83214, 83214, direction=Direction.NONE),
)

FLIGHT_PARAMS = (
    ParamRow("params.yaml", "train.max_depth", 6, 9, State.CHANGED),
    ParamRow("params.yaml", "train.learning_rate", 0.1, 0.1, State.UNCHANGED),
    ParamRow("params.yaml", "prepare.features", ["carrier", "origin"], ["carrier", "origin", "hour"], State.CHANGED),
    ParamRow("params.yaml", "seed", 17, 17, State.UNCHANGED),
)

FLIGHT_STAGES = (
    StageRow("prepare", State.CHANGED, ("deps",), outdated=False, ran=True),
    StageRow("train", State.CHANGED, ("params",), outdated=False, ran=True, upstream=("prepare",)),
    StageRow("evaluate", State.UNCHANGED, (), outdated=False, ran=True, upstream=("prepare", "train")),
    StageRow("publish", State.UNCHANGED, (), outdated=False, ran=False, upstream=("train",)),
)

FLIGHT_CAUSES = (
    Explanation(
        METRICS,
        (
            Cause(CauseKind.PARAM, "params.yaml:train.max_depth", "train", 1),
            Cause(CauseKind.CODE, "src/prepare.py", "prepare", 2),
            Cause(CauseKind.DATA, "data/raw/flights.csv.zip", "prepare", 2),
        ),
    ),
)

FLIGHT_DATA = (
    DataRow(
        "data/raw/flights.csv.zip",
        State.CHANGED,
        Content("1f", 31_053_850, None),
        Content("2e", 33_110_204, None),
    ),
    DataRow(
        "data/features",
        State.CHANGED,
        Content("3d.dir", 12_482_110, 24),
        Content("4c.dir", 12_901_007, 25),
        added=2,
        removed=1,
        modified=22,
    ),
    DataRow("data/lookup.csv", State.RENAMED, Content("5b", 812, None), Content("5b", 812, None), "data/codes.csv"),
    DataRow("models/model.pkl", State.UNCHANGED, Content("6a", 1, None), Content("6a", 1, None)),
)

FLIGHT_PLOTS = (
    plot("ROC curve"),
    plot("Loss"),
    plot("Calibration"),
    plot("Confusion matrix", kind="confusion"),
    plot("Feature importance", State.UNCHANGED, kind="bar_horizontal"),
)

FLIGHT_SLICES = (
    SliceRow(
        "evaluation/predictions.csv",
        "roc_auc",
        "carrier",
        "HA",
        81,
        0.61,
        0.58,
        -0.03,
        (-0.09, 0.03),
        0.62,
        Outcome.INCONCLUSIVE,
    ),
    SliceRow(
        "evaluation/predictions.csv",
        "roc_auc",
        "carrier",
        "UA",
        14_902,
        0.63,
        0.66,
        0.03,
        (0.02, 0.04),
        0.0001,
        Outcome.IMPROVED,
    ),
)

FLIGHT_FLIPS = (
    Flips(
        "evaluation/predictions.csv",
        83_214,
        gained=1_204,
        lost=1_177,
        examples=(
            FlipExample("2013-10-07 UA 303", "late", "on time", "late", 0.912, gained=True),
            FlipExample("2013-12-24 B6 11", "on time", "on time", "late", 0.887, gained=False),
        ),
    ),
)


def better() -> Report:
    return judged(
        make_report(
            metrics=FLIGHT_METRICS,
            params=FLIGHT_PARAMS,
            plots=FLIGHT_PLOTS,
            data=FLIGHT_DATA,
            stages=FLIGHT_STAGES,
            explanations=FLIGHT_CAUSES,
            slices=FLIGHT_SLICES,
            flips=FLIGHT_FLIPS,
            artifacts=(ArtifactRow("late-flights", State.CHANGED, "models/model.pkl", ("desc", "labels")),),
            base=replace(MAIN, behind=3),
        ),
        gate("roc_auc", max_drop=0.005),
        gate("log_loss", max_drop=0.01),
    )


def worse() -> Report:
    return judged(
        make_report(
            metrics=(
                metric("roc_auc", 0.6391, 0.6281, interval=(-0.015, -0.007), method=BOOTSTRAP, headline=True),
                metric("accuracy", 0.7421, 0.7399, interval=(-0.004, -0.0004), method=BOOTSTRAP),
                metric("n_test", 83214, 83214, direction=Direction.NONE),
            ),
            params=FLIGHT_PARAMS[:2],
            explanations=(Explanation(METRICS, FLIGHT_CAUSES[0].causes[:1]),),
            stages=FLIGHT_STAGES,
        )
    )


def mixed() -> Report:
    return judged(
        make_report(
            metrics=(
                metric("roc_auc", 0.6391, 0.6512, headline=True),
                metric("log_loss", 0.5312, 0.5401, direction=Direction.LOWER, headline=True),
                metric("size_mb", 4.25, 17.5, direction=Direction.NONE),
            ),
            params=FLIGHT_PARAMS,
        )
    )


def inconclusive() -> Report:
    note = (
        "Significance unknown (one run each): above 9 of the last 12 values up to main (0.4021 to 0.4116); "
        "2 of the 11 steps between them were at least as large. "
        "About 14 runs of each would tell, if runs vary as much as those revisions did."
    )
    return judged(
        make_report(
            metrics=(
                metric(
                    "roc_auc",
                    0.6391,
                    0.6395,
                    outcome=Outcome.INCONCLUSIVE,
                    interval=(-0.0031, 0.0038),
                    p_value=0.84,
                    method=BOOTSTRAP,
                    headline=True,
                ),
                metric("f1", 0.4102, 0.4107, outcome=Outcome.INCONCLUSIVE, headline=True, note=note),
            ),
        ),
        gate("roc_auc", max_drop=0.002),
    )


def no_change() -> Report:
    return judged(
        make_report(
            metrics=(metric("roc_auc", 0.6391, 0.6391), metric("f1", 0.4102, 0.4102)),
            params=FLIGHT_PARAMS[1:2],
            plots=(plot("ROC curve", State.UNCHANGED, image=None),),
            stages=(FLIGHT_STAGES[3],),
        )
    )


def first_report() -> Report:
    return judged(
        make_report(
            base=None,
            metrics=tuple(
                metric(name, None, value, state=State.ADDED, outcome=Outcome.UNKNOWN)
                for name, value in (("roc_auc", 0.6512), ("f1", 0.4188))
            ),
            params=(ParamRow("params.yaml", "train.max_depth", None, 9, State.ADDED),),
            plots=(plot("ROC curve", State.ADDED, revisions=("deeper-trees",)),),
            data=(DataRow("data/raw", State.ADDED, None, Content("1f", 31_053_850, 3)),),
            stages=(StageRow("train", State.ADDED, (), outdated=False, ran=True),),
            notices=("This is the first report: no baseline was found, so every value stands alone.",),
        )
    )


def baseline_unavailable() -> Report:
    return judged(
        make_report(
            metrics=(
                metric("roc_auc", None, 0.6512, state=State.UNAVAILABLE, outcome=Outcome.UNKNOWN, headline=True),
                metric("f1", None, 0.4188, state=State.UNAVAILABLE, outcome=Outcome.UNKNOWN),
            ),
            plots=(
                plot("ROC curve", State.UNAVAILABLE, revisions=("deeper-trees",), notes=("main has no data for it.",)),
            ),
            problems=(
                make_problem(METRICS, ProblemKind.ACCESS, message="The storage refuses the credentials"),
                make_problem("evaluation/plots/roc.csv"),
            ),
        ),
        gate("roc_auc", max_drop=0.005),
    )


def stale_lock() -> Report:
    return judged(
        make_report(
            metrics=(metric("roc_auc", 0.6391, 0.6391, headline=True),),
            params=FLIGHT_PARAMS[:1],
            stages=(
                StageRow("train", State.CHANGED, ("cmd", "params"), outdated=True),
                StageRow("evaluate", State.UNCHANGED, (), outdated=False, upstream=("train",)),
            ),
            problems=(
                Problem(
                    "deeper-trees",
                    "train",
                    ProblemKind.STALE,
                    "train changed, but was not run again: the values shown are not of this code",
                    "Run `dvc repro`, then commit dvc.lock.",
                ),
            ),
        )
    )


def different_test_set() -> Report:
    note = "The test sets differ: 212 of 83,214 rows are shared, too few to compare on."
    return judged(
        make_report(
            metrics=(
                metric("roc_auc", 0.6391, 0.7012, outcome=Outcome.INCOMPARABLE, headline=True, note=note),
                metric("n_test", 83214, 64101, direction=Direction.NONE),
            ),
            data=FLIGHT_DATA[:1],
        )
    )


def new_and_removed_metrics() -> Report:
    return judged(
        make_report(
            metrics=(
                metric("roc_auc", 0.6391, 0.6512),
                metric("brier_score", None, 0.171, state=State.ADDED, outcome=Outcome.UNKNOWN),
                metric("gini", 0.2782, None, state=State.REMOVED, outcome=Outcome.UNKNOWN),
                metric("model", "logistic", "boosting", direction=Direction.NONE),
                metric("diverged", base=False, head=True, direction=Direction.NONE),
                metric("auc_by_fold", [0.61, 0.64], [0.63, 0.66], direction=Direction.NONE),
                metric("best_loss", float("inf"), 0.5287, direction=Direction.LOWER),
            ),
        )
    )


def three_hundred_metrics() -> Report:
    rows = tuple(
        metric(f"class_{index:03d}.recall", 0.5, 0.5 + (index % 7) / 100, file="evaluation/per_class.json")
        for index in range(300)
    )
    return judged(make_report(metrics=rows))


def custom_template() -> Report:
    return judged(
        make_report(
            metrics=(metric("roc_auc", 0.6391, 0.6512),),
            plots=(
                plot("delays.json", kind="violin", title="Delays by carrier", alt="A violin for each carrier"),
                plot(
                    "broken.json",
                    State.UNAVAILABLE,
                    kind="violin",
                    image=None,
                    notes=("The template names the field “delay”, which is in neither revision.",),
                ),
            ),
        )
    )


def image_plots() -> Report:
    return judged(
        make_report(
            metrics=(metric("roc_auc", 0.6391, 0.6512),),
            plots=(
                plot(
                    "evaluation/map.png",
                    kind="image",
                    alt="evaluation/map.png: main, deeper-trees, and the pixels that differ",
                ),
                plot("evaluation/tree.png", State.ADDED, kind="image", notes=("main does not have it.",)),
            ),
        )
    )


def gate_failed() -> Report:
    return judged(
        make_report(
            metrics=(
                metric("roc_auc", 0.6391, 0.6281, interval=(-0.015, -0.007), method=BOOTSTRAP, headline=True),
                metric("accuracy", 0.7421, 0.7430, headline=True),
            ),
            params=FLIGHT_PARAMS[:1],
            explanations=(Explanation(METRICS, FLIGHT_CAUSES[0].causes[:1]),),
        ),
        gate("roc_auc", max_drop=0.005),
        gate("accuracy", min=0.7),
        gate("latency_ms", min=0),
    )


def nothing_tracked() -> Report:
    return judged(make_report())


def nothing_explains() -> Report:
    return judged(
        make_report(
            metrics=(metric("roc_auc", 0.6391, 0.6512),),
            explanations=(Explanation(METRICS, ()),),
        )
    )


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
        data=(DataRow(HOSTILE, State.RENAMED, Content("1", 1, 1), Content("2", 2, 2), HOSTILE),),
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


def team_sections() -> Report:
    notes = (
        "# Notes\n\nTrained with **deeper trees**; see [the plan](https://example.org/plan) and @octocat.\n\n"
        "<!-- a comment -->\n\n| hour | late |\n|---|---|\n| 17 | 0.31 |\n\n```python\nprint('<b>')\n\nprint(2)\n```\n\n"
        "![map](map.png)\n\n<script>alert(1)</script>\n"
    )
    return replace(
        better(),
        sections=(SectionText("Notes", notes, (SectionPicture("map.png", "images/map.png"),)),),
        slices=(),
        flips=(),
        data=(),
        artifacts=(),
    )


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
        different_test_set,
        new_and_removed_metrics,
        three_hundred_metrics,
        custom_template,
        image_plots,
        gate_failed,
        nothing_tracked,
        nothing_explains,
        team_sections,
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
            predictions(0.6, ("late", "on time")),
            predictions(0.8, ("late", "on time")),
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
