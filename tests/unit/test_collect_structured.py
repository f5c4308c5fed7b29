"""Metrics and params files: every value exactly as the file has it, every bad file with its reason."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.collect.formats.structured import metric_values, param_values, plain, select
from reporter.collect.long_integers import is_held
from reporter.collect.problems import UnreadableError
from reporter.model.problem import ProblemKind


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("m.json", '{"a": {"b": 1, "c": 0.5}, "d": true}', {"a.b": 1, "a.c": 0.5, "d": True}),
        ("m.yaml", "a: 1e-3\nb: yes\nc: 017\nd: 0o17\n", {"a": 0.001, "b": "yes", "c": 17, "d": 15}),
        ("m.toml", "a = 1\n[b]\nc = 2.5\n", {"a": 1, "b.c": 2.5}),
        ("m.json", '{"huge": 123456789012345678901234567890}', {"huge": 123456789012345678901234567890}),
        (
            "m.json",
            '{"tiny": 4.44e-07, "inf": Infinity, "ninf": -Infinity}',
            {"tiny": 4.44e-07, "inf": math.inf, "ninf": -math.inf},
        ),
        (
            "m.json",
            '{"list": [1, {"x": 2}], "null": null, "text": "fine"}',
            {"list": [1, {"x": 2}], "null": None, "text": "fine"},
        ),
        ("m.json", '{"a.b": 1, "a": {"b": 2}}', {r"a\.b": 1, "a.b": 2}),
        ("m.yaml", "1: one\n2.5: x\n", {"1": "one", r"2\.5": "x"}),
        ("m.txt", "0.93", {"": 0.93}),
        ("m.json", "[1, 2]", {"": [1, 2]}),
        ("m.json", "0", {"": 0}),
        ("m.yaml", "", {}),
        ("m.json", "", {}),
        ("m.yaml", "day: 2026-01-31\n", {"day": "2026-01-31"}),
        ("M.JSON", '{"a": 1}', {"a": 1}),
    ],
)
def test_metrics_keep_their_values(path, text, expected):
    found = metric_values(text.encode(), path)

    assert found == expected
    assert [type(value) for value in found.values()] == [type(value) for value in expected.values()]


def test_nan_stays_nan():
    found = metric_values(b'{"a": NaN}', "m.json")

    assert math.isnan(found["a"])


@pytest.mark.parametrize("text", ["nan", "NaN", "NAN", "-nan", "+nan", ".nan", ".NaN"])
def test_the_text_nan_is_that_number_in_a_metrics_file(text):
    found = metric_values(json.dumps({"loss": text, "test": {"acc": text}}).encode(), "m.json")

    assert math.isnan(found["loss"])
    assert math.isnan(found["test.acc"])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((text, math.inf) for text in ("inf", "Inf", "+inf", "Infinity", "INFINITY", ".inf", "+.Inf")),
        *((text, -math.inf) for text in ("-inf", "-Infinity", "-.inf")),
    ],
)
def test_so_are_the_texts_of_infinity(text, number):
    assert metric_values(json.dumps({"loss": text}).encode(), "m.json") == {"loss": number}
    assert metric_values(f"loss: {text}\n".encode(), "m.yaml") == {"loss": number}
    assert metric_values(f'loss = "{text}"\n'.encode(), "m.toml") == {"loss": number}


@pytest.mark.parametrize("text", ["nano", "info", "banana", "nan ", "", ".", "n/a", "1e999", "Infinity War", "0.9"])
def test_any_other_text_stays_text(text):
    assert metric_values(json.dumps({"best": text}).encode(), "m.json") == {"best": text}


def test_a_file_that_is_nothing_but_nan_is_one_number():
    assert math.isnan(metric_values(b"nan\n", "m.txt")[""])
    assert metric_values(b'"-inf"', "m.json") == {"": -math.inf}


def test_what_dvclive_writes_of_a_training_that_diverged_is_read_as_numbers():
    """DVCLive writes `str(value)` where JSON has no number."""
    written = json.dumps({"step": 3, "train": {"loss": str(math.nan)}, "eval": {"loss": str(math.inf)}})

    found = metric_values(written.encode(), "dvclive/metrics.json")

    assert math.isnan(found["train.loss"])
    assert (found["step"], found["eval.loss"]) == (3, math.inf)


def test_params_keep_such_texts():
    assert param_values(b'{"fill": "nan", "clip": "inf"}', "p.json", ()) == {"fill": "nan", "clip": "inf"}


LONGEST = "9" * 4300
TOO_LONG = "9" * 4301


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("m.json", '{"longest": %s, "long": -%s, "list": [1, {"x": %s}], "acc": 0.9, "text": "%s"}'),
        ("m.yaml", "longest: %s\nlong: -%s\nlist: [1, {x: %s}]\nacc: 0.9\ntext: '%s'\n"),
        ("m.toml", 'longest = %s\nlong = -%s\nlist = [1, {x = %s}]\nacc = 0.9\ntext = "%s"\n'),
        ("m.py", "longest = %s\nlong = -%s\nlist = [1, {'x': %s}]\nacc = 0.9\ntext = '%s'\n"),
    ],
)
def test_an_integer_that_is_too_long_costs_no_other_value(path, text):
    found = param_values((text % (LONGEST, TOO_LONG, TOO_LONG, TOO_LONG)).encode(), path, ())

    assert list(found) == ["longest", "long", "list", "acc", "text"]
    assert [name for name, value in found.items() if not is_held(value)] == ["long", "list"]
    assert (found["longest"], found["acc"], found["text"]) == (int(LONGEST), 0.9, TOO_LONG)


@pytest.mark.parametrize(
    ("path", "text"), [("m.yaml", "long: 0x%s"), ("m.toml", "long = 0x%s"), ("m.py", "long = 0x%s")]
)
def test_an_integer_in_other_digits_is_as_long(path, text):
    assert not is_held(param_values((text % ("f" * 4000)).encode(), path, ())["long"])
    assert is_held(param_values((text % ("f" * 3000)).encode(), path, ())["long"])


def test_python_s_own_limit_is_as_it_was():
    metric_values(f'{{"long": {TOO_LONG}}}'.encode(), "m.json")
    with pytest.raises(ValueError, match="Exceeds the limit"):
        int(TOO_LONG)


def test_names_keep_the_order_of_the_file():
    assert list(metric_values(b'{"z": 1, "a": {"y": 2, "b": 3}, "c": 4}', "m.json")) == ["z", "a.y", "a.b", "c"]


ALIAS_BOMB = b"a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 10)) for level in range(1, 12)
)
"""A trillion values in half a kilobyte."""


TOO_DEEP = "is nested more than 100 levels deep"


@pytest.mark.parametrize(
    ("path", "data", "kind", "says"),
    [
        ("m.json", b'{"a": 1,\n"b" 2}', ProblemKind.CORRUPT, "line 2"),
        ("m.yaml", b"a: 1\nb: [\n", ProblemKind.CORRUPT, "is not valid YAML (line"),
        ("m.yaml", b"a: 1\na: 2\n", ProblemKind.CORRUPT, "duplicate key"),
        ("m.toml", b"a = = 1", ProblemKind.CORRUPT, "is not valid TOML"),
        ("m.json", b"\xff\xfe\x00", ProblemKind.FORMAT, "is not a text file"),
        ("m.png", b"\x89PNG\r\n\x1a\n", ProblemKind.FORMAT, "is not a text file"),
        ("m.txt", b"accuracy is good\nlosses are low\n", ProblemKind.FORMAT, "it holds text"),
        ("m.csv", b"accuracy,0.9", ProblemKind.FORMAT, "it holds text"),
        ("m.yaml", b"a: &a [*a]\n", ProblemKind.CORRUPT, TOO_DEEP),
        ("m.json", b'{"a": %s}' % (b"9" * 60_000), ProblemKind.CORRUPT, "a number of more than 50,000 digits"),
        ("m.json", b'{"a": %s, "b" 2}' % (b"9" * 5000), ProblemKind.CORRUPT, "is not valid JSON (line 1"),
        ("m.json", b"[" * 900 + b"]" * 900, ProblemKind.CORRUPT, TOO_DEEP),
        ("m.json", b'{"a":' * 900 + b"1" + b"}" * 900, ProblemKind.CORRUPT, TOO_DEEP),
        ("m.yaml", b"[" * 300 + b"]" * 300, ProblemKind.CORRUPT, TOO_DEEP),
        ("m.yaml", b"? [[1]]\n: 1\n", ProblemKind.CORRUPT, "it holds a key or value that is none"),
        ("m.toml", b"a" + b".a" * 900 + b" = 1\n", ProblemKind.CORRUPT, TOO_DEEP),
        ("m.toml", b"a = " + b"[" * 200 + b"]" * 200, ProblemKind.CORRUPT, TOO_DEEP),
        ("m.json", b"[" * 100_000, ProblemKind.CORRUPT, TOO_DEEP),
        ("m.yaml", ALIAS_BOMB, ProblemKind.CORRUPT, "more than 1,000,000 values, once its aliases are written out"),
    ],
)
def test_what_is_no_metrics_file_says_why(path, data, kind, says):
    with pytest.raises(UnreadableError) as caught:
        metric_values(data, path)

    assert caught.value.kind is kind
    assert says in caught.value.message
    assert "\n" not in caught.value.message


PARAMS = b"""\
lr: 1e-3
train: {depth: 4, layers: [64, 32], opt: {name: adam, beta: 0.9}}
other: 1
"""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ["lr", "train.depth", "train.layers", "train.opt.name", "train.opt.beta", "other"]),
        (("other", "lr"), ["lr", "other"]),
        (("train.opt",), ["train.opt.name", "train.opt.beta"]),
        (("train.depth", "train.opt.beta"), ["train.depth", "train.opt.beta"]),
        (("nothing", "train.none", "lr.deeper"), []),
        (("train.*.name",), ["train.opt.name"]),
    ],
)
def test_params_are_those_below_the_tracked_names_in_the_order_of_the_file(names, expected):
    assert list(param_values(PARAMS, "params.yaml", names)) == expected


def test_params_of_a_python_file():
    text = b"RATE = 0.5\nSIZES = (1, 2)\nNAMES = {'b', 'a'}\nclass Net:\n    depth = 4\n    def __init__(self):\n        self.width = 8\n"

    assert param_values(text, "p.py", ()) == {
        "RATE": 0.5,
        "SIZES": [1, 2],
        "NAMES": ["a", "b"],
        "Net.depth": 4,
        "Net.width": 8,
    }


def test_a_params_file_that_is_a_list_is_none():
    with pytest.raises(UnreadableError, match="no names and values"):
        param_values(b"- 1\n", "params.yaml", ())


JSON_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), JSON_TREES, max_size=5))
@settings(max_examples=60, deadline=None)
def test_no_leaf_is_lost_and_no_two_share_a_name(tree):
    found = metric_values(json.dumps(tree).encode(), "m.json")

    assert len(found) == leaves(tree)


def leaves(tree) -> int:
    return sum(leaves(value) if isinstance(value, dict) and value else 1 for value in tree.values())


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), JSON_TREES, max_size=4),
    st.lists(st.text("abc.", max_size=6), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_selecting_names_never_invents_a_value(tree, names):
    chosen = dict(param_values(json.dumps(tree).encode(), "p.json", tuple(filter(None, names))))
    everything = dict(param_values(json.dumps(tree).encode(), "p.json", ()))

    assert chosen.keys() <= everything.keys() | {""}


def test_values_that_json_cannot_hold_become_text_or_lists():
    assert plain({1: (1, 2), "s": {"b", "a"}}) == {"1": [1, 2], "s": ["a", "b"]}
    assert select({"a": {"b": [1, 2]}}, ["a.b"]) == {"a": {"b": [1, 2]}}
