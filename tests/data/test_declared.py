"""What a plan may say of its data: databases, keys, copies, secrets; and ``verify-data``."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.command_line import raudit

from raudit.data import ordered
from raudit.data.databases.connections import address_of, engine_of
from raudit.data.declared import open_declared
from raudit.data.ordered import in_key_order
from raudit.errors import DataError, PlanError
from raudit.pipeline import measure, prepare
from raudit.plan import parse_plan
from raudit.plan.schema import DataSection
from raudit.record import record_bytes

SECRET = "hunter2-very-secret"


def people(n=50):
    return pa.table(
        {"id": [f"p{i}" for i in range(n)], "age": list(range(n)), "g": ["a", "b"] * (n // 2)}
    )


def mixed(table, seed=0):
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))


def section(**keys):
    return DataSection.model_validate(keys)


def test_rows_stand_in_the_order_of_their_keys(monkeypatch):
    first = in_key_order(people().to_batches(), name="t", key=["id"])
    again = in_key_order(mixed(people()).to_batches(max_chunksize=7), name="t", key=["id"])
    monkeypatch.setattr(ordered, "HELD_BYTES", 500)
    spilled = in_key_order(mixed(people(), 1).to_batches(max_chunksize=7), name="t", key=["id"])
    assert first.data.frame().equals(again.data.frame())
    assert first.data.frame().equals(spilled.data.frame())
    assert first.content_sha256 == again.content_sha256 == spilled.content_sha256
    assert first.data.frame()["id"].tolist() != people()["id"].to_pylist()


def test_without_a_key_rows_stand_in_the_order_of_their_content():
    one, two = (
        in_key_order(mixed(people(), seed).to_batches(), name="t").data.frame() for seed in (1, 2)
    )
    assert one.equals(two)


def test_the_order_hangs_on_the_key_alone():
    more = people().append_column("note", pa.array([f"n{i}" for i in range(50)]))
    ids = [
        in_key_order(table.to_batches(), name="t", key=["id"]).data.frame()["id"]
        for table in (people(), more)
    ]
    assert ids[0].tolist() == ids[1].tolist()


@pytest.mark.parametrize("limit", [2**28, 200])
def test_a_key_names_one_row(limit, monkeypatch):
    monkeypatch.setattr(ordered, "HELD_BYTES", limit)
    with pytest.raises(DataError) as told:
        in_key_order(people().to_batches(max_chunksize=5), name="t", key=["g"])
    assert told.value.reference == "key-doubled"
    assert in_key_order(people().to_batches(), name="t", key=["g", "age"]).data.n_rows == 50


def test_a_key_is_there_in_every_row():
    with pytest.raises(DataError, match="missing in some rows"):
        in_key_order(pa.table({"id": ["a", None]}).to_batches(), name="t", key=["id"])
    with pytest.raises(DataError, match="no column"):
        in_key_order(people().to_batches(), name="t", key=["ID"])


def database(path, table):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE people (id TEXT, age INTEGER, g TEXT)")
        db.executemany(
            "INSERT INTO people VALUES (?, ?, ?)",
            zip(*(c.to_pylist() for c in table.columns), strict=True),
        )
    db.close()
    return path


def test_a_query_of_sqlite(tmp_path):
    path = database(tmp_path / "a.db", mixed(people()))
    found = open_declared(
        section(path="a.db", query="SELECT * FROM people WHERE age < 10; ", key="id"), path
    )
    assert found.data.n_rows == 10
    assert {str(name): str(kind) for name, kind in found.data.kinds.items()} == {
        "id": "text",
        "age": "integer",
        "g": "text",
    }
    pq.write_table(people().slice(0, 10), tmp_path / "a.parquet")
    file = open_declared(section(path="a.parquet", key="id"), tmp_path / "a.parquet")
    assert found.content_sha256 == file.content_sha256
    assert found.data.frame().equals(file.data.frame())


def test_cells_of_sqlite_decide_its_types(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.execute("CREATE TABLE t (whole REAL, mixed INTEGER, code INTEGER, empty)")
        db.execute("INSERT INTO t VALUES (1, 1, '007', NULL), (2.5, 'x', 8, NULL)")
    db.close()
    found = open_declared(section(path="a.db", table="t", engine="sqlite"), tmp_path / "a.db")
    assert {str(k): str(v) for k, v in found.data.kinds.items()} == {
        "whole": "number",
        "mixed": "text",
        "code": "integer",
        "empty": "text",
    }


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE people",
        "DELETE FROM people",
        "INSERT INTO people VALUES (1,2,3)",
        "ATTACH 'x.db' AS x",
    ],
)
def test_a_query_only_reads(tmp_path, query):
    path = database(tmp_path / "a.db", people())
    before = path.read_bytes()
    with pytest.raises(DataError) as told:
        open_declared(section(path="a.db", query=query), path)
    assert told.value.reference == "database"
    assert path.read_bytes() == before


def test_no_more_rows_than_the_plan_allows(tmp_path):
    path = database(tmp_path / "a.db", people())
    keys = {"connection": f"sqlite:///{path}", "table": "people"}
    assert open_declared(section(**keys, copy={"max_rows": 50}), None).data.n_rows == 50
    with pytest.raises(DataError) as told:
        open_declared(section(**keys, copy={"max_rows": 49}), None)
    assert told.value.reference == "copy-too-large"


PLAN = """schema: raudit.plan/1
system: {name: s, version: "1"}
stages: {data_profile: {}}
data:
"""


def plan(folder, *lines):
    return parse_plan(PLAN + "".join(f"  {line}\n" for line in lines), folder=folder)


@pytest.mark.parametrize(
    "connection",
    [
        f"postgresql://reader:{SECRET}@127.0.0.1/db",
        f"postgresql://reader@127.0.0.1/db?password={SECRET}",
        f"snowflake://u@acc/db?warehouse=w&token={SECRET}",
        f"sc://host:15002/;token={SECRET}",
        f"trino://u@h/c?access_token={SECRET}",
        f"host=127.0.0.1 password={SECRET}",
    ],
)
def test_a_secret_in_the_plan_is_refused_and_not_repeated(tmp_path, connection):
    with pytest.raises(PlanError) as told:
        plan(tmp_path, f"connection: '{connection}'", "table: t", "copy: {max_rows: 5}")
    assert told.value.reference in ("connection-secret", "connection-form")
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    ("lines", "reference"),
    [
        (["licence: x"], "data-nowhere"),
        (["path: a.csv", "connection: postgresql://h/db", "copy: {max_rows: 5}"], "data-twice"),
        (["path: a.db", "table: t", "query: SELECT 1"], "data-twice"),
        (["connection: sc://h:15002", "table: t"], "copy-undeclared"),
        (["connection: trino://h/db", "table: t"], "copy-undeclared"),
        (["path: a.db", "engine: postgresql", "table: t"], "data-nowhere"),
    ],
)
def test_data_is_named_once(tmp_path, lines, reference):
    with pytest.raises(PlanError) as told:
        plan(tmp_path, *lines)
    assert told.value.reference == reference


def test_a_secret_comes_from_the_environment(tmp_path):
    assert address_of("env:WHERE", {"WHERE": "postgresql://u:p@h/db"}) == "postgresql://u:p@h/db"
    with pytest.raises(DataError, match="WHERE is not set"):
        address_of("env:WHERE", {})
    schemes = {
        "postgresql+psycopg://h/d": "postgresql",
        "sc://h:1": "spark",
        "local[2]": "spark",
        "trino://h": "ibis",
    }
    assert {address: engine_of(address) for address in schemes} == schemes


def test_a_database_that_does_not_answer_says_nothing_of_its_address(tmp_path, monkeypatch):
    pytest.importorskip(
        "psycopg", reason="psycopg is not installed (pip install 'raudit[postgres]')"
    )
    monkeypatch.setenv("WHERE", f"postgresql://reader:{SECRET}@127.0.0.1:1/db")
    with pytest.raises(DataError) as told:
        open_declared(section(connection="env:WHERE", table="t", copy={"max_rows": 5}), None)
    assert SECRET not in str(told.value)
    assert told.value.reference == "database"
    assert told.value.__suppress_context__


def audited(folder, **data):
    asked = parse_plan(
        json.dumps(
            {
                "schema": "raudit.plan/1",
                "system": {"name": "s", "version": "1"},
                "data": data,
                "task": "regression",
                "stages": {"data_profile": {}},
            }
        ),
        folder=folder,
    )
    record = measure(prepare(asked, clock=datetime(2026, 1, 1, tzinfo=UTC)))
    (folder / "record.json").write_bytes(record_bytes(record))
    return record


def verified(folder, *arguments):
    return raudit("verify-data", "record.json", *arguments, cwd=folder)


def test_verify_data(tmp_path):
    (tmp_path / "parts").mkdir()
    for number in range(3):
        pq.write_table(people().slice(number * 10, 10), tmp_path / "parts" / f"{number}.parquet")
    record = audited(tmp_path, path="parts", key="id")
    detail = next(item.detail for item in record.inputs if item.role == "data")
    assert (detail["order"], len(detail["manifest"])) == ("key", 3)
    done = verified(tmp_path)
    assert (done.returncode, done.stdout.split("  ")[0]) == (0, "same content")
    pq.write_table(mixed(people().slice(0, 30)), tmp_path / "whole.parquet")
    told = json.loads(verified(tmp_path, "whole.parquet", "--json").stdout)
    assert (told["same"], told["same_file"], told["differences"]) == (True, False, [])
    pq.write_table(people().slice(1, 10), tmp_path / "parts" / "0.parquet")
    done = verified(tmp_path)
    assert (done.returncode, done.stdout.split("  ")[0]) == (6, "OTHER CONTENT")
    assert "1 of 3 recorded files are gone or changed, 1 are new" in done.stdout
