"""Data files: what is read stays what was written, and what cannot be read says so."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.data import Kind, open_data, wrap_table
from raudit.errors import DataError


@pytest.fixture
def csv(tmp_path):
    def write(text, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_codes_stay_text_and_numbers_become_numbers(csv):
    data = open_data(csv("code,n,x,word,gap\n007,1,2.5,yes,\n010,-2,1e3,no,a\n"))
    assert list(data.kinds.values()) == [Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.TEXT, Kind.TEXT]
    frame = data.frame()
    assert list(frame["code"]) == ["007", "010"]
    assert list(frame["x"]) == [2.5, 1000.0]
    assert list(frame["word"]) == ["yes", "no"]
    assert frame["gap"].isna().tolist() == [True, False]


def test_na_is_text_unless_the_plan_says_it_is_missing(csv):
    path = csv("a\nNA\nx\n")
    assert open_data(path).frame()["a"].tolist() == ["NA", "x"]
    assert open_data(path, missing=("NA",)).frame()["a"].isna().tolist() == [True, False]


def test_quoted_line_breaks_and_semicolons_are_values(csv):
    data = open_data(csv('a,b\n"one\ntwo",x;y\n'))
    assert data.frame().iloc[0].tolist() == ["one\ntwo", "x;y"]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("", "data-empty"),
        ("a,a\n1,2\n", "column-doubled"),
        ("a,\n1,2\n", "column-unnamed"),
        ("a,b\n1\n", "data-broken"),
        (b"a,b\n\xff\xfe,2\n", "data-broken"),
    ],
)
def test_a_broken_csv_is_one_clear_error(csv, text, reference):
    with pytest.raises(DataError) as caught:
        open_data(csv(text))
    assert caught.value.reference == reference
    assert caught.value.hint


def test_an_error_never_quotes_a_row(csv):
    with pytest.raises(DataError) as caught:
        open_data(csv("a,b\nsecret-value\n"))
    assert "secret-value" not in str(caught.value)


def test_other_files_are_refused(csv, tmp_path):
    for name, content in (("t.xlsx", "x"), ("t.parquet", "not parquet"), ("t.parquet", "")):
        with pytest.raises(DataError):
            open_data(csv(content, name))
    with pytest.raises(DataError):
        open_data(tmp_path / "none.csv")


def test_parquet_keeps_its_types_and_computed_columns_stay_apart(tmp_path):
    table = pa.table(
        {
            "s": pa.array(["a", "b", None]).dictionary_encode(),
            "n": [1, 2, 3],
            "b": [True, None, False],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    data = open_data(tmp_path / "t.parquet")
    assert dict(data.kinds) == {"s": Kind.TEXT, "n": Kind.INTEGER, "b": Kind.BOOLEAN}
    wider = data.with_columns({"raudit:prediction": ["x", "y", "z"]})
    assert dict(wider.kinds) == dict(data.kinds)
    assert wider.frame(["raudit:prediction"])["raudit:prediction"].tolist() == ["x", "y", "z"]
    assert wider.sha256 == data.sha256


def test_a_frame_in_memory_is_a_data_set():
    import pandas as pd

    data = wrap_table(pd.DataFrame({"a": ["x", "y"], "n": [1, 2]}))
    assert data.n_rows == 2
    assert [str(kind) for kind in data.kinds.values()] == ["text", "integer"]
    with pytest.raises(DataError, match="no column"):
        data.frame(["b"])
