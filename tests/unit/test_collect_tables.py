"""Tables of plots and predictions: numbers where there are numbers, text where there is text, and nothing guessed."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pytest

from reporter.collect.formats.tables import column, plot_table, predictions_table
from reporter.collect.problems import UnreadableError
from reporter.model.problem import ProblemKind


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "-2", "+3"], "int64", [1, -2, 3]),
        (["1", "2.5", "1e-3"], "float64", [1.0, 2.5, 0.001]),
        (["1", "", "3"], "float64", [1.0, np.nan, 3.0]),
        (["1", "nan", "-inf"], "float64", [1.0, np.nan, -np.inf]),
        (["1", "-nan", "+INF", "Nan", "infinity"], "float64", [1.0, np.nan, np.inf, np.nan, np.inf]),
        (["a", "", "b"], "object", ["a", None, "b"]),
        (["007", "008"], "object", ["007", "008"]),
        (["1_000", "2"], "object", ["1_000", "2"]),
        (["inf", "nan"], "object", ["inf", "nan"]),
        (["", ""], "object", [None, None]),
        (["True", "False"], "object", ["True", "False"]),
        (["0x10", "1"], "object", ["0x10", "1"]),
        ([" 1", "2"], "object", [" 1", "2"]),
        (["0", "-0.0", "00"], "object", ["0", "-0.0", "00"]),
        (["99999999999999999999", "1"], "object", ["99999999999999999999", "1"]),
        (["12345678901234567", "", "1"], "object", ["12345678901234567", None, "1"]),
        (["9" * 5000, "1"], "object", ["9" * 5000, "1"]),
        (["two\nlines", "1"], "object", ["two\nlines", "1"]),
        ([], "object", []),
    ],
)
def test_text_cells_become_the_narrowest_type_that_loses_nothing(cells, dtype, values):
    found = column(cells)

    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.array(values, dtype=dtype))


@pytest.mark.parametrize("extension", ["csv", "tsv"])
def test_separated_text_has_the_columns_of_its_header(extension):
    separator = "," if extension == "csv" else "\t"
    text = f'step{separator}name\n0{separator}"a b"\n\n1{separator}\n'

    table = plot_table(text.encode(), f"loss.{extension}")

    assert table.columns["step"].tolist() == [0, 1]
    assert table.columns["name"].tolist() == ["a b", None]


def test_a_table_without_a_header_numbers_its_columns():
    assert list(plot_table(b"1,2\n3,4\n", "x.csv", header=False).columns) == ["0", "1"]


def test_rows_of_unequal_length_keep_what_the_header_names():
    table = plot_table(b"a,b\n1\n2,3,4\n", "x.csv")

    assert table.columns["a"].tolist() == [1, 2]
    np.testing.assert_array_equal(table.columns["b"], [np.nan, 3.0])


@pytest.mark.parametrize(("data", "rows"), [(b"", 0), (b"a,b\n", 0), (b"\xef\xbb\xbfa\n1\n", 1)])
def test_an_empty_table_is_a_table(data, rows):
    assert plot_table(data, "x.csv").rows == rows


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.json", '[{"a": 1, "b": 2.5}, {"a": 2, "b": null}]'),
        ("x.json", '{"roc": {"deep": [{"a": 1, "b": 2.5}, {"a": 2, "b": null}]}, "other": 3}'),
        ("x.json", '{"left": [{"a": 1}, {"a": 2}], "right": [{"b": 2.5}, {}]}'),
        ("x.yaml", "rows:\n  - {a: 1, b: 2.5}\n  - {a: 2}\n"),
    ],
)
def test_rows_are_found_wherever_dvc_finds_them(path, text):
    table = plot_table(text.encode(), path)

    assert table.columns["a"].tolist() == [1, 2]
    np.testing.assert_array_equal(table.columns["b"], [2.5, np.nan])


def test_parsed_values_keep_their_types():
    table = plot_table(
        b'[{"i": 1, "f": 1.5, "b": true, "s": "x", "m": "x", "big": 9999999999999999999},'
        b' {"i": 2, "f": 2, "b": false, "s": "y", "m": 1, "big": 1}]',
        "x.json",
    )

    assert {name: values.dtype.name for name, values in table.columns.items()} == {
        "i": "int64",
        "f": "float64",
        "b": "bool",
        "s": "object",
        "m": "object",
        "big": "object",
    }


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("x.json", b'{"a": 1}', ProblemKind.PLOT),
        ("x.json", b"[]", ProblemKind.PLOT),
        ("x.json", b"[1, 2]", ProblemKind.PLOT),
        ("x.json", b"{", ProblemKind.CORRUPT),
        ("x.csv", b"\xff\xfe", ProblemKind.CORRUPT),
        ("x.bin", b"1", ProblemKind.FORMAT),
    ],
)
def test_what_cannot_be_drawn_says_why(path, data, kind):
    with pytest.raises(UnreadableError) as caught:
        plot_table(data, path)

    assert caught.value.kind is kind


def test_predictions_may_be_parquet(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"id": ["007", "008"], "score": [0.25, None], "label": [1, 0], "hit": [True, False]})
    frame.to_parquet(tmp_path / "p.parquet")

    table = predictions_table((tmp_path / "p.parquet").read_bytes(), "p.parquet")

    assert {name: values.dtype.name for name, values in table.columns.items()} == {
        "id": "object",
        "score": "float64",
        "label": "int64",
        "hit": "bool",
    }


@pytest.mark.parametrize(("path", "data"), [("p.parquet", b"no parquet"), ("p.pkl", b"\x80")])
def test_predictions_that_are_no_table_say_so(path, data):
    with pytest.raises(UnreadableError):
        predictions_table(data, path)


def test_two_hundred_thousand_rows_take_well_under_a_second():
    data = ("step,loss\n" + "".join(f"{i},{i / 7:.6f}\n" for i in range(200_000))).encode()

    started = time.process_time()
    table = plot_table(data, "x.csv")

    assert table.rows == 200_000
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0.5, "nan", "-inf", None], "float64", [0.5, np.nan, -np.inf, np.nan]),
        ([1, "Infinity"], "float64", [1.0, np.inf]),
        (["nan", "inf"], "object", ["nan", "inf"]),
        ([0.5, "nan", "n/a"], "object", ["0.5", "nan", "n/a"]),
        (["nan", "Ann", None], "object", ["nan", "Ann", None]),
    ],
)
def test_rows_of_json_may_name_numbers_that_json_lacks(values, dtype, expected):
    """As DVCLive writes them; a column without any number is text."""
    rows = [{"loss": value} for value in values]

    found = plot_table(json.dumps(rows).encode(), "loss.json").columns["loss"]

    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.array(expected, dtype=dtype))


def test_parquet_without_pyarrow_is_mended_by_installing_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(UnreadableError, match="needs pyarrow") as caught:
        predictions_table(b"PAR1", "p.parquet")

    assert "pip install pyarrow" in caught.value.hint


def test_a_pyarrow_that_does_not_go_with_numpy_is_not_said_to_be_missing(monkeypatch, tmp_path):
    (tmp_path / "pyarrow.py").write_text("raise ImportError('pyarrow requires NumPy 2.0 or newer, found 1.26.4')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)

    with pytest.raises(UnreadableError, match=r"pyarrow cannot be loaded: .* NumPy 2\.0 or newer") as caught:
        predictions_table(b"PAR1", "p.parquet")

    assert "numpy" in caught.value.hint
