"""The same record from whatever holds the rows, in whatever order: the plan's key names them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from raudit.data.databases import spark
from raudit.pipeline import measure, prepare
from raudit.plan import load_plan
from raudit.record import Outcome, record_to_json

from .conftest import into_postgres, into_sqlite

CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "adult-income"
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]


def applicants(rows):
    table = pq.read_table(EXAMPLE / "data" / "applicants.parquet").slice(0, rows)
    table = pa.table(
        {
            name: plain(column)
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
    return table.append_column("id", pa.array([f"A-{n:05d}" for n in range(table.num_rows)]))


def plain(column):
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def shuffled(table, seed=1):
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))


def as_parquet(folder, table, request):
    pq.write_table(table, folder / "one.parquet")
    return {"path": "one.parquet"}


def as_parts(folder, table, request):
    (folder / "parts").mkdir()
    mixed = shuffled(table)
    for number in range(16):
        part = mixed.take(pa.array(np.arange(number, table.num_rows, 16)))
        pq.write_table(part, folder / "parts" / f"part-{15 - number:02d}.parquet")
    return {"path": "parts"}


def as_csv(folder, table, request):
    pyarrow.csv.write_csv(shuffled(table, 2), folder / "one.csv")
    return {"path": "one.csv"}


def as_duckdb(folder, table, request):
    duckdb = pytest.importorskip(
        "duckdb", reason="DuckDB is not installed (pip install 'raudit[engines]')"
    )
    with duckdb.connect(folder / "one.duckdb") as db:
        db.register("rows", shuffled(table, 3))
        db.execute("CREATE TABLE people AS SELECT * FROM rows")
    return {"path": "one.duckdb", "query": "SELECT * FROM people -- all of them"}


def as_sqlite(folder, table, request):
    into_sqlite(folder / "one.sqlite", shuffled(table, 4), "people")
    return {"path": "one.sqlite", "table": "people", "engine": "sqlite"}


def as_postgres(folder, table, request):
    address = request.getfixturevalue("postgres")
    into_postgres(address, shuffled(table, 5), "people")
    return {
        "connection": f"postgresql://{address}",
        "table": "public.people",
        "copy": {"max_rows": 20_000},
    }


def as_ibis(folder, table, request):
    pytest.importorskip("ibis", reason="ibis is not installed (pip install 'raudit[warehouse]')")
    as_duckdb(folder, table, request)
    connection = f"duckdb://{folder}/one.duckdb"
    return {
        "connection": connection,
        "engine": "ibis",
        "table": "people",
        "copy": {"max_rows": 20_000},
    }


def as_spark(folder, table, request):
    request.getfixturevalue("spark")
    as_parts(folder, table, request)
    return {
        "path": "parts",
        "engine": "spark",
        "connection": "local[2]",
        "copy": {"max_rows": 20_000},
    }


def as_spark_connect(folder, table, request):
    as_parts(folder, table, request)
    connection = request.getfixturevalue("connect_server")
    return {
        "path": "parts",
        "engine": "spark",
        "connection": connection,
        "copy": {"max_rows": 20_000},
    }


SOURCES = {
    "parts": as_parts,
    "csv": as_csv,
    "duckdb": as_duckdb,
    "sqlite": as_sqlite,
    "postgres": as_postgres,
    "ibis-duckdb": as_ibis,
}


def recorded(folder, data, *, model=None):
    """What a run established, without what names the place, the engine and the platform."""
    plan = {
        "schema": "raudit.plan/1",
        "system": {"name": "s", "version": "1"},
        "data": {**data, "key": "id", "label": {"column": "income", "favourable": ">50K"}},
        "sensitive_features": ["race", {"column": "age", "edges": [30, 50]}],
        "stages": {"data_readiness": {}, "fairness": {}, "pii": {"model": "none"}},
        "seed": 7,
    }
    if model is None:
        plan["data"]["prediction"] = {"column": "sex", "favourable": "Male"}
    else:
        plan |= {"model": {"path": str(model)}}
        plan["stages"]["explain"] = {"rows": 1000, "background": 200}
    (folder / "raudit.yaml").write_text(json.dumps(plan))
    record = measure(prepare(load_plan(folder / "raudit.yaml"), clock=CLOCK))
    assert {
        stage.name: stage.reason
        for stage in record.stages
        if stage.outcome is not Outcome.COMPLETED
    } == {}
    whole = record_to_json(record)
    detail = next(item["detail"] for item in whole["inputs"] if item["role"] == "data")
    content = {key: detail[key] for key in ("content_sha256", "order", "rows", "columns")}
    place = next(item["name"] for item in whole["inputs"] if item["role"] == "data")
    stages = json.dumps(whole["stages"], sort_keys=True)
    for name in (place, data.get("table"), "query"):
        stages = stages.replace(f'"name": "{name}"', '"name": "the data"')
    return {"stages": json.loads(stages), "content": content, "system": whole["system"]}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    return recorded(folder, as_parquet(folder, applicants(600), None))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.filterwarnings("ignore")  # of the engines' own
def test_same_record(source, expected, tmp_path, request):
    data = SOURCES[source](tmp_path, applicants(600), request)
    assert recorded(tmp_path, data) == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_same_record_from_spark(expected, tmp_path, request, monkeypatch):
    """Fetched in six slices, none of which holds all rows."""
    monkeypatch.setattr(spark, "SLICE", 100)
    sizes, slices = [], spark._slices

    def watched(frame, n_rows):
        for part in slices(frame, n_rows):
            sizes.append(part.num_rows)
            yield part

    monkeypatch.setattr(spark, "_slices", watched)
    data = as_spark(tmp_path, applicants(600), request)
    assert recorded(tmp_path, data) == expected
    assert (len(sizes), sum(sizes)) == (6, 600)
    assert max(sizes) < 200


@pytest.mark.slow
def test_same_record_from_spark_connect(expected, tmp_path, request):
    """In a process of its own: one process speaks to Spark either way, not both."""
    data = as_spark_connect(tmp_path, applicants(600), request)
    (tmp_path / "asked.json").write_text(json.dumps(data))
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads((tmp_path / "found.json").read_text()) == json.loads(json.dumps(expected))


ELSEWHERE = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
from engines.test_same_record import recorded
folder = Path(sys.argv[1])
found = recorded(folder, json.loads((folder / "asked.json").read_text()))
(folder / "found.json").write_text(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_same_record_of_the_whole_example(tmp_path_factory, request):
    """All 16,281 rows, with the example's model explained."""
    model = tmp_path_factory.mktemp("model") / "model.skops"
    script = f"""
import sys
sys.path.insert(0, {str(EXAMPLE)!r})
import skops.io, train
skops.io.dump(train.train(), {str(model)!r})
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    table = applicants(16_281)
    found = {}
    for name, make in {"one": as_parquet, **SOURCES}.items():
        folder = tmp_path_factory.mktemp(name)
        found[name] = recorded(folder, make(folder, table, request), model=model)
    assert {name for name, record in found.items() if record != found["one"]} == set()
