"""Every format is read, and the same table says the same in each."""

import csv
import json
import sqlite3

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import raudit
from raudit.errors import DataError, PlanError
from raudit.scan.sources import StreamedTable, open_source, table_of

PEOPLE = [
    "Angela Jones",
    "Robert Miller",
    "Maria Garcia",
    "James Smith",
    "Linda Brown",
    "Carlos Lopez",
    "Emma Wilson",
]
ROWS = [
    {
        "full_name": PEOPLE[i % 7],
        "email": f"{PEOPLE[i % 7].split()[0].lower()}{i}@example.org",
        "card_number": ["4539148803436467", "4716461583322103", "4485275742308327"][i % 3],
        "product": ["lamp", "chair", "table"][i % 3],
        "notes": None if i % 4 else f"Please call {PEOPLE[i % 7]} back about the order on Monday",
    }
    for i in range(120)
]
TABLE = pa.Table.from_pylist(ROWS)
COLUMNS = list(ROWS[0])


def as_csv(path, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(COLUMNS)
        writer.writerows([row[c] or "" for c in COLUMNS] for row in ROWS)


def as_sqlite(path):
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE people ({', '.join(c + ' TEXT' for c in COLUMNS)})")
        db.executemany(
            f"INSERT INTO people VALUES ({', '.join('?' * 5)})", [tuple(r.values()) for r in ROWS]
        )
    db.close()


def as_duckdb(path):
    duckdb = pytest.importorskip("duckdb", reason="the extra raudit[engines] is not installed")
    with duckdb.connect(str(path)) as db:
        db.register("given", TABLE)
        db.execute("CREATE TABLE people AS SELECT * FROM given")


WRITERS = {
    "t.csv": as_csv,
    "t.tsv": lambda path: as_csv(path, "\t"),
    "t.jsonl": lambda path: path.write_text("\n".join(json.dumps(row) for row in ROWS)),
    "t.parquet": lambda path: pq.write_table(TABLE, path, row_group_size=50),
    "t.feather": lambda path: feather.write_feather(TABLE, path),
    "t.arrow": lambda path: feather.write_feather(TABLE, path, compression="uncompressed"),
    "t.sqlite": as_sqlite,
    "t.duckdb": as_duckdb,
}


def verdicts(target, **options):
    result = raudit.scan_pii(target, sample=100, **options)
    assert result.gaps == ()
    (table,) = result.tables
    return {
        v.name: (
            v.profile.n_rows,
            v.profile.n_empty,
            tuple((f.entity_type, f.sureness, f.count.k) for f in v.found),
        )
        for v in table.verdicts
    }


@pytest.fixture(scope="module")
def expected():
    found = verdicts(TABLE)
    assert {n for n, (_, _, f) in found.items() if f} == {
        "full_name",
        "email",
        "card_number",
        "notes",
    }
    assert found["email"] == (120, 0, (("EMAIL_ADDRESS", "name and values", 120),))
    assert found["notes"][:2] == (120, 90)
    return found


@pytest.mark.parametrize("name", WRITERS)
def test_files(name, tmp_path, expected):
    WRITERS[name](tmp_path / name)
    assert verdicts(tmp_path / name) == expected


def test_a_database_url(tmp_path, expected):
    pytest.importorskip("sqlalchemy", reason="the extra raudit[postgres] is not installed")
    as_sqlite(tmp_path / "db.sqlite")
    assert verdicts(f"sqlite:///{tmp_path / 'db.sqlite'}") == expected


def test_a_folder_of_everything(tmp_path, expected):
    names = ["t.csv", "t.parquet", "t.sqlite", "t.jsonl"]
    for name in names:
        WRITERS[name](tmp_path / name)
    (tmp_path / "readme.md").write_text("not a table")
    result = raudit.scan_pii(tmp_path, sample=100)
    assert sorted(t.name for t in result.tables) == [
        "t.csv",
        "t.jsonl",
        "t.parquet",
        "t.sqlite:people",
    ]
    assert {name for name, _ in result.joins} == {"full_name", "email", "card_number", "notes"}
    for table in result.tables:
        assert {v.name for v in table.verdicts if v.personal} == {
            n for n, (_, _, f) in expected.items() if f
        }


def test_frames(expected):
    assert verdicts(TABLE.to_pandas()) == expected
    polars = pytest.importorskip("polars", reason="the extra raudit[engines] is not installed")
    frame = polars.from_arrow(TABLE)
    assert verdicts(frame) == expected
    assert verdicts(frame.lazy()) == expected


def test_a_pandas_column_of_mixed_types():
    import pandas as pd

    frame = pd.DataFrame({"x": [1, "a@example.org", None, 2.5] * 30, 7: ["b@example.org"] * 120})
    found = verdicts(frame)
    assert found["x"][:2] == (120, 30)
    assert [f[0] for f in found["7"][2]] == ["EMAIL_ADDRESS"]


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "duckdb"])
def test_nested_columns(tmp_path, suffix):
    rows = [
        {
            "id": i,
            "contact": {"email": f"user{i}@example.org", "home": {"city": "Bremen"}}
            if i % 5
            else None,
            "orders": [{"card_number": "4539148803436467", "n": j} for j in range(i % 3)],
            "tags": ["red", f"a{i}@example.org"] if i % 2 else [],
        }
        for i in range(60)
    ]
    table, path = pa.Table.from_pylist(rows), tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, path)
    elif suffix == "arrow":
        feather.write_feather(table, path)
    else:
        duckdb = pytest.importorskip("duckdb")
        with duckdb.connect(str(path)) as db:
            db.register("given", table)
            db.execute("CREATE TABLE nested AS SELECT * FROM given")
    found = verdicts(path)
    names = {"id", "contact.email", "contact.home.city", "orders.card_number", "orders.n", "tags"}
    assert set(found) == names
    assert [f[0] for f in found["contact.email"][2]] == ["EMAIL_ADDRESS"]
    assert found["contact.email"][:2] == (60, 12)
    assert "CREDIT_CARD" in [f[0] for f in found["orders.card_number"][2]]
    assert "EMAIL_ADDRESS" in [f[0] for f in found["tags"][2]]


def test_two_columns_of_one_name(tmp_path):
    table = pa.table([["a@example.org"] * 40, ["lamp"] * 40], names=["x", "x"])
    pq.write_table(table, tmp_path / "t.parquet")
    (source,) = open_source(str(tmp_path / "t.parquet"))
    assert isinstance(source, StreamedTable)
    assert [len(b.columns) for b in source.batches()] == [2]


def test_chosen_columns_only(tmp_path):
    WRITERS["t.parquet"](tmp_path / "t.parquet")
    assert set(verdicts(tmp_path / "t.parquet", columns=("email",))) == {"email"}


def test_what_is_no_table():
    with pytest.raises(DataError, match="cannot be scanned"):
        table_of(object())
    with pytest.raises(PlanError) as wrong:
        raudit.scan_pii(TABLE, mode="quick")
    assert wrong.value.where == "mode"
