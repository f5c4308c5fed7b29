"""report.json: strictly valid, exact, in a fixed order, as its schema says, and readable again."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report_factories import RUN, SCENARIOS, better, first_report, make_report, metric

from reporter.bundle import report_from_json
from reporter.codec.schema import schema_text
from reporter.codec.writer import report_to_json
from reporter.model.comparison import (
    SLICE_OUTCOMES,
    Cause,
    CauseKind,
    Content,
    DataRow,
    Explanation,
    FlipExample,
    Flips,
    MetricRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
)
from reporter.model.history import HistoryPoint, MetricHistory
from reporter.model.report import CandidateReport, PlotRow, Report, RunInfo
from reporter.model.revision import Revision
from reporter.model.rules import Direction
from reporter.model.values import same_value

SCHEMA_TEXT = resources.files("reporter.schemas").joinpath("report-1.schema.json").read_text(encoding="utf-8")
SCHEMA = json.loads(SCHEMA_TEXT)

NON_FINITE_NAMES = {"NaN", "Infinity", "-Infinity"}
TEXTS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS.filter(lambda text: text not in NON_FINITE_NAMES),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXTS, inside, max_size=3),
    max_leaves=6,
)
COUNTS = st.integers(0, 10**12)
SHAS = st.text("0123456789abcdef", min_size=40, max_size=40)
INTERVALS = st.none() | st.tuples(st.floats(), st.floats())
FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.none() | st.integers() | st.floats()


def several(record: type, **fields: st.SearchStrategy) -> st.SearchStrategy:
    """A tuple of records; fields that are not named follow from their annotations."""
    return st.lists(st.builds(record, **fields), max_size=2).map(tuple)


def reports() -> st.SearchStrategy[Report]:
    named = {"file": TEXTS, "name": TEXTS, "state": st.sampled_from(State)}
    contents = st.none() | st.builds(Content, size=st.none() | COUNTS, nfiles=st.none() | COUNTS)
    maybe = st.none() | COUNTS
    causes = {
        "kind": st.sampled_from(CauseKind),
        "name": TEXTS,
        "stage": TEXTS,
        "distance": COUNTS,
        "base": VALUES,
        "head": VALUES,
    }
    return st.builds(
        Report,
        base=st.none() | st.builds(Revision, sha=SHAS, behind=maybe, dirty=st.just(False)),
        head=st.builds(Revision, sha=SHAS, behind=st.none()),
        metrics=several(
            MetricRow,
            **named,
            base=VALUES,
            head=VALUES,
            delta=NUMBERS,
            relative=st.none() | st.floats(),
            direction=st.sampled_from(Direction),
            outcome=st.sampled_from(Outcome),
            interval=INTERVALS,
            p_value=st.none() | st.floats(),
            method=st.none() | TEXTS,
            headline=st.booleans(),
            note=TEXTS,
            doubt=TEXTS,
            tested_delta=st.none() | st.floats(),
        ),
        params=several(ParamRow, **named, base=VALUES, head=VALUES),
        plots=several(PlotRow, image=st.none() | st.from_regex(r"images/[A-Za-z0-9._-]{1,9}\.png", fullmatch=True)),
        data=several(DataRow, base=contents, head=contents, added=maybe, removed=maybe, modified=maybe),
        stages=several(StageRow),
        explanations=several(Explanation, causes=several(Cause, **causes)),
        slices=several(SliceRow, rows=COUNTS, outcome=st.sampled_from(SLICE_OUTCOMES)),
        flips=several(Flips, rows=COUNTS, gained=COUNTS, lost=COUNTS, examples=several(FlipExample)),
        history=several(MetricHistory, points=several(HistoryPoint, sha=SHAS, value=st.integers() | FINITE)),
        run=st.builds(
            RunInfo, url=st.sampled_from([None, RUN.url]), repository_url=st.sampled_from([None, RUN.repository_url])
        ),
    ).map(_with_verdict_of_gates)


def _with_verdict_of_gates(report: Report) -> Report:
    worst = max((gate.result for gate in report.gates), key=lambda result: result.severity, default=report.verdict)
    return replace(report, verdict=worst)


def reports_of_several() -> st.SearchStrategy[Report]:
    """Up to three candidates."""
    return st.builds(
        lambda first, others: replace(first, others=tuple(map(_as_candidate, others))),
        reports(),
        st.lists(reports(), max_size=2),
    )


def _as_candidate(report: Report) -> CandidateReport:
    return CandidateReport(**{each.name: getattr(report, each.name) for each in fields(CandidateReport)})


REPORTS = reports_of_several()


def agree(left: object, right: object) -> bool:
    """Equality of trees of records, in which NaN equals NaN."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if hasattr(left, "__dataclass_fields__"):
        names = left.__dataclass_fields__
        return type(left) is type(right) and all(agree(getattr(left, name), getattr(right, name)) for name in names)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(agree, left, right))
    return type(left) is type(right) and same_value(left, right)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(report=REPORTS)
def test_any_report_is_read_back_as_it_was(report):
    assert agree(report_from_json(report_to_json(report)), report)


@settings(max_examples=20, deadline=None)
@given(report=REPORTS)
def test_any_report_is_as_the_schema_says(report):
    assert list(Draft202012Validator(SCHEMA).iter_errors(json.loads(report_to_json(report)))) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_situation_is_as_the_schema_says(name):
    assert list(Draft202012Validator(SCHEMA).iter_errors(json.loads(report_to_json(SCENARIOS[name]())))) == []


def test_the_schema_is_what_the_description_makes():
    again = "python -m reporter.codec.schema > reporter/schemas/report-1.schema.json"
    assert schema_text() == SCHEMA_TEXT, f"written again by `{again}`"


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_every_field_is_in_the_schema():
    written = json.loads(report_to_json(better()))
    assert {*written, "candidates"} == {"schema_version", *SCHEMA["$defs"]["report"]["properties"]}
    for plural, singular in [("metrics", "metric"), ("params", "param"), ("plots", "plot"), ("data", "data")]:
        assert list(written[plural][0]) == list(SCHEMA["$defs"][singular]["properties"])


def test_the_documented_keys_come_first_and_in_their_order():
    assert list(json.loads(report_to_json(better())))[:12] == [
        "schema_version",
        "base",
        "head",
        "verdict",
        "summary",
        "metrics",
        "params",
        "plots",
        "data",
        "stages",
        "gates",
        "problems",
    ]


def test_a_first_report_has_no_base():
    assert json.loads(report_to_json(first_report()))["base"] is None


def test_numbers_that_json_does_not_know_are_strings():
    row = metric("loss", math.inf, math.nan, delta=math.nan)
    written = json.loads(report_to_json(make_report(metrics=(row,))), parse_constant=pytest.fail)["metrics"][0]
    assert (written["base"], written["head"], written["delta"]) == ("Infinity", "NaN", "NaN")


def test_values_are_exact():
    row = metric("loss", 0.1 + 0.2, 10**40)
    read = report_from_json(report_to_json(make_report(metrics=(row,)))).metrics[0]
    assert (read.base, read.head) == (0.1 + 0.2, 10**40)


def test_what_is_no_character_is_written_out():
    report = make_report(summary="half \ud83d, byte \udcff, whole \U0001f600")
    text = report_to_json(report).encode().decode()
    assert report_from_json(text).summary == r"half \ud83d, byte \xff, whole 😀"


def test_the_same_report_is_the_same_text():
    assert report_to_json(better()) == report_to_json(better())
