"""reporter.yaml: what is understood, what is refused and where, and that its published schema says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from reporter import schemas
from reporter.errors import ConfigurationError, UsageError
from reporter.model.rules import Direction, FailOn, GateRule, LossRule, MetricRule, Rules, SliceRule, Task
from reporter.settings import Environment, parse_rules, read_rules

EVERY_KEY = """
base: main
metrics:
  - match: "evaluation/metrics.json:roc_auc"
    direction: higher
    headline: true
    gate:
      {max_drop: 0.005, max_relative_drop: 2%, no_worse_than: 0.01, min: 0.6, max: 1.0, required: true, significant: true,
       slices: {max_drop: 0.02, groups: [carrier], min_rows: 100}}
  - match: "*loss"
predictions:
  - path: evaluation/predictions.csv
    task: binary
    id: flight_id
    actual: late
    predicted: predicted
    score: probability
    positive: 1
    average: macro
    groups: [carrier]
    cluster: date
    weight: passengers
    metrics: {roc_auc: "evaluation/metrics.json:roc_auc"}
  - path: evaluation/scores.parquet
    id: image
    loss: {column: iou, direction: higher}
    metrics: {iou: "evaluation/metrics.json:iou"}
  - {path: demand.csv, task: regression, actual: sold, predicted: forecast, order: day}
  - {path: p.csv, task: binary, actual: late, score: probability, positive: 1, threshold: 0.35}
seeds: {match: "evaluation/seed-*/metrics.json"}
folds: {match: "evaluation/fold-*/metrics.json"}
significance: {level: 0.9, resamples: 500, correction: none, seed: 7}
plots: {exclude: ["*debug*"], max_images: 3}
images: {store: s3, branch: pictures, url: "s3://bucket/prefix"}
sections: [{title: Notes, file: notes.md}]
comment: {title: "Delays", key: nightly, allow: [{key: gpu, title: "On the GPU"}]}
fail_on: warn
"""

WRONG = {
    "metric: 1": "reporter.yaml:1: metric is an unknown key; did you mean `metrics`?",
    "metrics:\n- match: a\n  gate: {max_dorp: 1}": "metrics[0].gate.max_dorp is an unknown key; did you mean `max_drop`?",
    "fail_on:\n": None,
    "fail_on: often": "fail_on must be one of fail, warn, never",
    "metrics: 3": "metrics must be a list",
    "metrics:\n- gate: {}": "metrics[0] needs `match`",
    "metrics:\n- {match: a, gate: {max_drop: -1}}": "must not be negative",
    "metrics:\n- {match: a, gate: {max_drop: .nan}}": "must be a number",
    "metrics:\n- {match: a, gate: {max_relative_drop: two%}}": "must be a percentage such as 2%",
    "metrics:\n- {match: a, gate: {min: 2, max: 1}}": "no value can pass",
    "comment: {allow: [nightly]}": "comment.allow[0] must be a mapping",
    "comment: {allow: [{key: nightly}]}": "comment.allow[0] needs `title`",
    "fold: {match: 'a-*'}": "reporter.yaml:1: fold is an unknown key; did you mean `folds`?",
    "folds: {match: metrics.json}": "folds needs a wildcard in `match`",
    "seeds: {match: null}": "seeds needs `match`",
    "significance: {seed: -1}": "must be a whole number of at least 0",
    "plots: {max_images: true}": "must be a whole number of at least 0",
    "metrics:\n- {match: a, headline: 1}": "must be true or false",
    "predictions:\n- {path: p, task: binary, actual: a}": "needs `predicted`, `score` or `scores`",
    "predictions:\n- {path: p, task: binary, actual: a, score: s}": "needs `positive`",
    "predictions:\n- {path: p, task: binary, predicted: a}": "predictions[0] needs `actual`, or `loss`",
    "predictions:\n- {path: p, actual: a, predicted: b}": "predictions[0] needs `task`, or `loss`",
    "predictions:\n- path: p\n  id: i\n  loss: {colunm: a, direction: lower}": "reporter.yaml:4: predictions[0].loss.colunm is an unknown key; did you mean `column`?",
    "predictions:\n- {path: p, id: i, loss: {column: a}}": "predictions[0].loss needs `direction`",
    "predictions:\n- {path: p, id: i, loss: {column: a, direction: none}}": "`direction` must be one of higher, lower",
    "predictions:\n- {path: p, loss: {column: a, direction: lower}}": "predictions[0] needs `id`",
    "predictions:\n- path: p\n  id: i\n  loss: {column: a, direction: lower}\n  score: s": "reporter.yaml:5: predictions[0].score is of a task",
    "predictions:\n- {path: p, task: binary, actual: a, predicted: b, threshold: 0.3}": "has `threshold`, which makes labels",
    "predictions:\n- {path: p, task: multiclass, actual: a, scores: {a: s}, threshold: 0.3}": "has `threshold`, which makes",
    "predictions:\n- path: p\n  treshold: 0.3": "reporter.yaml:3: predictions[0].treshold is an unknown key; did you mean `threshold`?",
    "predictions:\n- path: p\n  weights: w": "reporter.yaml:3: predictions[0].weights is an unknown key; did you mean `weight`?",
    "predictions:\n- {path: p, task: regression, actual: a, predicted: b, cluster: c, order: d}": "has both `cluster` and `order`",
    "predictions:\n- {path: 'p-*', task: regression, actual: a, predicted: b, order: d}": "has `groups`, `cluster` or `order`",
    "predictions:\n- path: p\n  ordre: day": "reporter.yaml:3: predictions[0].ordre is an unknown key; did you mean `order`?",
    "predictions:\n- {path: p, task: ranking, actual: a, predicted: s}": "must be one of binary, multiclass, regression",
    "significance: {level: 0.05}": "`level` must be at least 0.5",
    "significance: {resamples: 10}": "must be a whole number of at least 100",
    "significance: {correction: bonferroni}": "must be one of holm, none",
    "images: {store: s3}": "needs `url`",
    "base: 1.0": "base must be a text; put it in quotes",
    "- a list": "must be a mapping of keys to values",
    "base: [": "not valid YAML",
    "base: a\nbase: b": "not valid YAML",
}


def test_every_documented_key_is_read() -> None:
    rules = parse_rules(EVERY_KEY)

    assert rules.base == "main"
    assert rules.metrics[0] == MetricRule(
        match="evaluation/metrics.json:roc_auc",
        direction=Direction.HIGHER,
        headline=True,
        gate=GateRule(
            max_drop=0.005,
            max_relative_drop=0.02,
            no_worse_than=0.01,
            min=0.6,
            max=1.0,
            slices=SliceRule(0.02, ("carrier",), 100),
            required=True,
            significant=True,
        ),
    )
    assert rules.predictions[0].task is Task.BINARY
    assert rules.predictions[0].weight == "passengers"
    assert rules.predictions[0].groups == ("carrier",)
    assert rules.predictions[0].metrics == {"roc_auc": "evaluation/metrics.json:roc_auc"}
    assert rules.predictions[1].loss == LossRule("iou", Direction.HIGHER)
    assert rules.predictions[2].order == "day"
    assert rules.predictions[3].threshold == 0.35
    assert rules.seeds == "evaluation/seed-*/metrics.json"
    assert rules.folds == "evaluation/fold-*/metrics.json"
    assert (rules.significance.level, rules.significance.correction) == (0.9, "none")
    assert (rules.plots.exclude, rules.plots.max_images) == (("*debug*",), 3)
    assert (rules.images.store, rules.images.url) == ("s3", "s3://bucket/prefix")
    assert (rules.sections[0].title, rules.comment.key, rules.fail_on) == ("Notes", "nightly", FailOn.WARN)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "fail_on:\n"])
def test_what_is_left_out_keeps_its_default(text: str) -> None:
    assert parse_rules(text) == Rules()


@pytest.mark.parametrize("text", [text for text, message in WRONG.items() if message])
def test_a_mistake_is_named_with_its_place(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_rules(text)
    assert WRONG[text] in str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.hint


HOSTILE = {
    "syntax": "a: [",
    "two documents": "base: a\n---\nbase: b",
    "no such alias": "base: *x",
    "an alias of itself": "metrics: &a [*a]",
    "a merge of itself": "a: &a {<<: *a}",
    "a bomb of aliases": "a0: &a0 [1, 1]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(60)),
    "a wide bomb": "metrics: &m [" + "{match: a}, " * 5_000 + "]\npredictions: [" + "*m, " * 5_000 + "]",
    "brackets without end": "[" * 600,
    "braces without end": "{a: " * 3_000,
    "indents without end": "".join(" " * depth + "a:\n" for depth in range(600)),
    "no date": "base: 2026-99-99",
    "no time zone": "base: 2001-12-14t21:59:43.10-99:99",
    "no integer": "base: !!int x",
    "no float": "base: !!float x",
    "no base64": "base: !!binary x",
    "digits without end": f"metrics: [{{match: a, gate: {{min: {'9' * 5_000}}}}}]",
    "an integer that no float holds": f"metrics: [{{match: a, gate: {{min: {'9' * 400}}}}}]",
    "half a character": 'base: "\\ud800"',
    "a zero byte": "base: a\0",
    "a key as long as a file": f"? {'x' * 100_000}\n: 1",
    "a list as a key": "? [a]\n: b",
    "an object of Python": "base: !!python/object/apply:os.system [id]",
    "a million lines": "#\n" * 1_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_the_text_is_it_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_rules(text, "main:reporter.yaml")
    error = raised.value
    place = "main:reporter.yaml: " if error.line is None else f"main:reporter.yaml:{error.line}: "
    assert error.message == place + error.problem
    assert len(error.problem) < 300
    assert error.hint


def test_the_published_schema_takes_what_the_parser_takes() -> None:
    schema = json.loads(Path(schemas.__path__[0], "reporter-yaml.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    load = YAML(typ="safe", pure=True).load

    assert list(validator.iter_errors(load(EVERY_KEY))) == []
    schema_only = (
        "min: 2, max: 1",
        "needs `predicted`",
        "needs `positive`",
        "has `threshold`",
        "has both",
        "needs a wildcard",
        "has `groups`",
        "needs `url`",
        "YAML",
        ".nan",
    )
    for text, message in WRONG.items():
        if message and not any(word in text + message for word in schema_only):
            assert list(validator.iter_errors(load(text))), text


def test_an_absent_file_means_defaults_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert read_rules(tmp_path / "reporter.yaml") == Rules()
    with pytest.raises(UsageError, match="no such file"):
        read_rules(tmp_path / "reporter.yaml", required=True)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reporter.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        read_rules(tmp_path / "reporter.yaml")


def test_the_first_matching_rule_wins_and_a_colon_decides_what_is_matched() -> None:
    by_file = MetricRule("eval/*.json:acc*")
    by_name = MetricRule("acc*")
    rules = Rules(metrics=(by_file, by_name))

    assert rules.for_metric("eval/m.json", "accuracy") is by_file
    assert rules.for_metric("other.json", "accuracy") is by_name
    assert rules.for_metric("other.json", "loss") is None


def test_a_candidate_keeps_its_looks_but_is_judged_by_the_baseline() -> None:
    strict = parse_rules("metrics: [{match: acc, gate: {max_drop: 0.01}}]\ncomment: {title: Old}")
    loose = parse_rules("fail_on: never\ncomment: {title: New}")

    judged = loose.judged_by(strict)

    assert judged.metrics == strict.metrics
    assert judged.fail_on is FailOn.FAIL
    assert judged.comment.title == "New"
    assert not loose.judges_like(strict)
    assert judged.judges_like(strict)


def test_the_token_is_not_in_the_representation() -> None:
    environment = Environment({"GITHUB_TOKEN": "secret-value"}, ("GITHUB_TOKEN",))
    assert environment.token == "secret-value"
    assert "secret-value" not in repr(environment)
