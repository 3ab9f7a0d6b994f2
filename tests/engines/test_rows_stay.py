"""A plan whose rows stay in their database: the same record as from the rows, and no row has moved."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.data.databases import staying
from raudit.data.engine_frame import EngineFrame
from raudit.errors import DataError, PlanError
from raudit.pipeline import measure, prepare
from raudit.plan import load_plan
from raudit.record import Outcome, record_to_json

from .conftest import into_postgres, into_sqlite

pytestmark = pytest.mark.filterwarnings("ignore")  # of the engines' own
CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
N = 4_000


def decided(n=N):
    rng = np.random.default_rng(3)
    return pa.table(
        {
            "id": pa.array([f"A-{place:05d}" for place in range(n)]),
            "sex": pa.array(rng.choice(["F", "M"], n), mask=rng.random(n) < 0.02),
            "age": pa.array(rng.integers(18, 70, n), mask=rng.random(n) < 0.03),
            "region": pa.array(rng.choice(["north", "süd", "øst"], n)),
            "rate": pa.array(np.round(rng.normal(0, 2, n), 1)),
            "score": pa.array(np.round(rng.beta(2, 3, n), 2)),
            "paid": pa.array(rng.integers(0, 2, n)),
        }
    )


def in_duckdb(folder, table, request):
    duckdb = pytest.importorskip(
        "duckdb", reason="DuckDB is not installed (pip install 'raudit[engines]')"
    )
    with duckdb.connect(folder / "one.duckdb") as db:
        db.register("held", table)
        db.execute("CREATE TABLE people AS SELECT * FROM held")
    return f"duckdb:///{folder}/one.duckdb"


def in_sqlite(folder, table, request):
    pytest.importorskip("ibis", reason="ibis is not installed (pip install 'raudit[warehouse]')")
    into_sqlite(folder / "one.sqlite", table, "people")
    return f"sqlite:///{folder}/one.sqlite"


def in_postgres(folder, table, request):
    pytest.importorskip("ibis", reason="ibis is not installed (pip install 'raudit[warehouse]')")
    address = request.getfixturevalue("postgres")
    into_postgres(address, table, "people")
    return f"postgresql://{address}"


HOLDERS = {"duckdb": in_duckdb, "sqlite": in_sqlite, "postgres": in_postgres}


def plan(folder, data, **more):
    asked = {
        "schema": "raudit.plan/1",
        "system": {"name": "s", "version": "1"},
        "data": {
            **data,
            "key": "id",
            "label": {"column": "paid", "favourable": "1"},
            "score": {"column": "score", "threshold": 0.5},
        },
        "sensitive_features": ["sex", {"column": "age", "edges": [30, 50]}],
        "stages": {
            "fairness": {},
            "pii": {"model": "none", "quasi_identifiers": ["sex", "age", "region"]},
        },
        "seed": 7,
        **more,
    }
    (folder / "raudit.yaml").write_text(json.dumps(asked))
    return measure(prepare(load_plan(folder / "raudit.yaml"), clock=CLOCK))


def told(record):
    """The record without what names the place and the engine, by stage."""
    whole = record_to_json(record)
    place = next(item for item in whole["inputs"] if item["role"] == "data")
    assert all(stage.outcome is Outcome.COMPLETED for stage in record.stages), [
        stage.reason for stage in record.stages
    ]
    known = {key: place["detail"][key] for key in ("content_sha256", "rows", "columns")}
    return {stage["name"]: stage for stage in whole["stages"]}, known, whole["system"]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    pq.write_table(decided(), folder / "one.parquet")
    return told(plan(folder, {"path": "one.parquet"}))


@pytest.fixture
def fetched(monkeypatch):
    """How many rows each answer of an engine had."""
    counts = []
    collect, described = EngineFrame.collect, staying._described

    def watched(self, frame):
        table = collect(self, frame)
        counts.append(table.num_rows)
        return table

    def listened(engine, found, *more):
        def ask(sql):
            rows = found.ask(sql)
            counts.append(len(rows))
            return rows

        import dataclasses

        return described(engine, dataclasses.replace(found, ask=ask), *more)

    monkeypatch.setattr(EngineFrame, "collect", watched)
    monkeypatch.setattr(staying, "_described", listened)
    return counts


@pytest.mark.parametrize("holder", HOLDERS)
def test_the_record_is_that_of_the_rows_and_none_has_moved(
    holder, local, fetched, tmp_path, request
):
    address = HOLDERS[holder](tmp_path, decided(), request)
    stages, known, system = told(plan(tmp_path, {"connection": address, "table": "people"}))
    expected, content, same_system = local
    assert (known, system) == (content, same_system)
    assert stages["fairness"] == expected["fairness"]
    alone = {"RA-PII-007", "RA-PII-008"}
    for part in ("findings", "tables"):
        ours, theirs = (
            [
                one
                for one in record["pii"][part]
                if one.get("rule", one.get("id")) in {*alone, "singling-out", "coarser"}
            ]
            for record in (stages, expected)
        )
        assert ours == theirs
        assert ours
    assert max(fetched) < N / 2
    assert N not in fetched
