"""A stranger's report.json is believed field by field, and an error names the place."""

from __future__ import annotations

import copy
import json

import pytest
from report_factories import SCENARIOS, better, valid_document

from reporter.bundle import report_from_json
from reporter.codec.writer import report_to_json
from reporter.errors import BundleError
from reporter.model.comparison import Outcome
from reporter.model.report import RunInfo

REQUIRED_ONLY = (
    "schema_version base head verdict summary metrics params plots data stages gates problems".split()  # noqa: SIM905
)


def changed(path: str, value: object) -> str:
    """The valid document with one place set to something else."""
    document = copy.deepcopy(valid_document())
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place = document
    for step in parents:
        place = place[step]
    place[last] = value
    return json.dumps(document)


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_situation_is_read_back(name):
    report = SCENARIOS[name]()
    assert report_to_json(report_from_json(report_to_json(report))) == report_to_json(report)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("schema_version", 2, "schema version 2"),
        ("schema_version", "1", "schema_version must be a whole number"),
        ("slices/0/outcome", "changed", "slices[0].outcome must be one of regressed, improved"),
        ("gates/0/result", "fail", "verdict must be fail, as the worst of its gates says"),
        ("verdict", "great", "verdict must be one of pass, warn, unknown, fail"),
        ("summary", None, "summary must be a text"),
        ("head", None, "head must be an object"),
        ("head/sha", "../../etc/passwd", "head.sha must be a commit's 40 hexadecimal digits"),
        ("base/behind", -1, "base.behind must be a whole number from 0"),
        ("base/behind", True, "base.behind must be a whole number"),
        ("metrics", {}, "metrics must be a list"),
        ("metrics/0", 3, "metrics[0] must be an object"),
        ("metrics/1/delta", "much", "metrics[1].delta must be a number"),
        ("metrics/1/delta", True, "metrics[1].delta must be a number"),
        ("metrics/0/interval", [1, 2, 3], "metrics[0].interval must be a list of two numbers"),
        ("metrics/0/interval/1", "wide", "metrics[0].interval[1] must be a number"),
        ("metrics/0/relative", 10**400, "metrics[0].relative must be a number within a float's range"),
        ("metrics/0/outcome", "best", "metrics[0].outcome must be one of same"),
        ("metrics/0/headline", "yes", "metrics[0].headline must be true or false"),
        ("params/0/state", [], "params[0].state must be a text"),
        ("plots/0/image", "images/../report.json", "plots[0].image must be images/….png"),
        ("plots/0/image", "/etc/passwd", "plots[0].image must be images/….png"),
        ("plots/0/image", "images/a.png\n", "plots[0].image must be images/….png"),
        ("plots/0/image", "images/a.svg", "plots[0].image must be images/….png"),
        ("plots/0/revisions/1", 5, "plots[0].revisions[1] must be a text"),
        ("data/0/base/size", 1.5, "data[0].base.size must be a whole number"),
        ("explanations/0/causes/0/kind", "magic", "explanations[0].causes[0].kind must be one of param"),
        ("run/url", "javascript:alert(1)", "run.url must be an http or https address"),
        ("run/url", "https://example.org/\nx", "run.url must be an http or https address"),
        ("level", 1, "level must be a number between 0 and 1"),
        ("level", "NaN", "level must be a number between 0 and 1"),
        ("comment/title", None, "comment.title must be a text"),
        ("stages/0/changed", None, "stages[0].changed must be a list"),
        ("run/repository_url", "https://[", "run.repository_url must be an http or https address"),
        ("sections", "text", "sections must be a list"),
        ("fail_on", "always", "fail_on must be one of fail, warn, never"),
    ],
)
def test_a_wrong_field_is_named_by_its_place(path, value, said):
    with pytest.raises(BundleError) as caught:
        report_from_json(changed(path, value))
    assert said in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not strictly valid JSON"),
        ("[]", "must be an object"),
        ("null", "must be an object"),
        ('{"schema_version": 1, "schema_version": 1}', "names a key twice"),
        ('{"schema_version": NaN}', "NaN stands without quotes"),
        ('{"schema_version": 1e999}', "beyond a float's range"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema_version": ' + "9" * 5000 + "}", "not strictly valid JSON"),
    ],
)
def test_what_is_no_strict_json_is_refused_in_one_line(text, said):
    with pytest.raises(BundleError) as caught:
        report_from_json(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_nested_without_end_is_refused():
    value: object = 1
    for _ in range(200):
        value = [value]
    with pytest.raises(BundleError, match=r"metrics\[0\]\.base.* nested at most"):
        report_from_json(changed("metrics/0/base", value))


def test_a_text_of_megabytes_is_refused():
    with pytest.raises(BundleError, match="summary must be a text of at most"):
        report_from_json(changed("summary", "x" * 2_000_000))


def test_unknown_fields_are_ignored():
    assert report_from_json(changed("metrics/0/future", {"a": 1})) == better()


def test_a_report_says_nothing_of_the_comments_that_are_allowed():
    asked = {**valid_document()["comment"], "allow": [{"title": "Approved", "key": "nightly"}]}
    assert report_from_json(changed("comment", asked)).comment.allow == ()


def test_an_earlier_value_is_finite():
    document = {
        **valid_document(),
        "history": [{"file": "f", "name": "n", "points": [{"sha": "0" * 40, "value": "NaN"}]}],
    }
    with pytest.raises(BundleError, match=r"history\[0\]\.points\[0\]\.value must be a finite number"):
        report_from_json(json.dumps(document))


def test_the_slices_of_an_older_report_are_read_without_their_outcome():
    document = copy.deepcopy(valid_document())
    for row in document["slices"]:
        del row["outcome"]
    assert {row.outcome for row in report_from_json(json.dumps(document)).slices} == {Outcome.UNKNOWN}
    assert {row.outcome for row in report_from_json(json.dumps(valid_document())).slices} != {Outcome.UNKNOWN}


def test_the_documented_minimum_is_enough():
    minimum = {key: valid_document()[key] for key in REQUIRED_ONLY}
    minimum["metrics"] = [
        {key: value for key, value in row.items() if key not in {"headline", "note"}}
        for row in valid_document()["metrics"]
    ]
    report = report_from_json(json.dumps(minimum))
    assert report.run == RunInfo(version="")
    assert len(report.metrics) == len(better().metrics)
