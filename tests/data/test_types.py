"""Types that a plan declares: what a file can only write as text is then what a database holds."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from raudit.data.declared import open_declared
from raudit.data.types import cast
from raudit.errors import DataError
from raudit.plan.schema import DataSection

MIDNIGHT = dt.datetime(2024, 2, 29)  # noqa: DTZ001 -- without a zone, as a file writes it
ROWS = pa.table(
    {
        "Fall-Nr.": [f"F{n:03}" for n in range(40)],
        "geb. am": [None if n % 7 == 0 else dt.date(1990, 1, 1 + n % 28) for n in range(40)],
        "Haft.seit": [MIDNIGHT + dt.timedelta(seconds=n) for n in range(40)],
        "rückfällig?": [n % 3 == 0 for n in range(40)],
    }
)
TYPES = {"geb. am": "date", "Haft.seit": "moment", "rückfällig?": "truth"}


@pytest.mark.parametrize("key", [(), ("Fall-Nr.",)])
def test_text_of_declared_types_is_the_same_table(tmp_path, key):
    pq.write_table(ROWS, tmp_path / "t.parquet")
    pyarrow.csv.write_csv(ROWS, tmp_path / "t.csv")
    typed = open_declared(DataSection(path="t.parquet", key=key), tmp_path / "t.parquet")
    section = DataSection(path="t.csv", key=key, types=TYPES)
    text = open_declared(section, tmp_path / "t.csv")
    assert text.content_sha256 == typed.content_sha256
    assert list(text.data.kinds.values()) == list(typed.data.kinds.values())
    assert text.data.frame().equals(typed.data.frame())
    bare = open_declared(DataSection(path="t.csv", key=key), tmp_path / "t.csv")
    assert bare.content_sha256 != typed.content_sha256


@pytest.mark.parametrize(
    ("column", "kind", "row"),
    [
        (["2024-01-01", None, "01.02.2024"], "date", 3),
        (["2024-13-01"], "date", 1),
        ([1, 2], "date", 1),
        (["2024-01-01T00:00:00", "2024-01-01T00:00:00+01:00"], "moment", 2),
        ([0.5], "moment", 1),
        ([1, 0, 2], "truth", 3),
        (["true", "yes"], "truth", 2),
        (["1", "1,5"], "number", 2),
    ],
)
def test_what_is_not_of_the_type_is_refused_with_its_row(column, kind, row):
    with pytest.raises(DataError) as caught:
        cast(pa.array(column), kind, "c", first_row=10)
    assert f"in row {row + 10} of the data" in str(caught.value)
    assert "2024" not in str(caught.value).replace("2026", "")  # no value leaves


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        ([1, 0, None], "truth", [True, False, None]),
        ([1.0, 0.0], "truth", [True, False]),
        (["TRUE", "0", None], "truth", [True, False, None]),
        (["2024-02-29", None], "date", [dt.date(2024, 2, 29), None]),
        ([MIDNIGHT], "date", [dt.date(2024, 2, 29)]),
        ([dt.date(2024, 2, 29)], "moment", [MIDNIGHT]),
        (
            ["2024-02-29 01:02:03.5"],
            "moment",
            [MIDNIGHT + dt.timedelta(hours=1, minutes=2, seconds=3.5)],
        ),
    ],
)
def test_what_is_of_the_type_is_read(column, kind, expected):
    assert cast(pa.array(column), kind, "c").to_pylist() == expected
