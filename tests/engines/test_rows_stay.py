"""A plan whose rows stay in their database: the same record as from the rows, and no row has moved."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.data import wrap_table
from raudit.data.content import content_digest
from raudit.data.databases import staying
from raudit.data.declared import open_declared
from raudit.data.engine_frame import EngineFrame
from raudit.errors import DataError, PlanError
from raudit.pipeline import measure, prepare
from raudit.plan import load_plan
from raudit.plan.schema import DataSection
from raudit.record import Outcome, record_to_json

from .conftest import into_postgres, into_sqlite

ALONE = {"RA-PII-007", "RA-PII-008"}
pytestmark = pytest.mark.filterwarnings("ignore")  # of the engines' own
CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
N = 1_200


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
            "key": "id",
            "label": {"column": "paid", "favourable": "1"},
            "score": {"column": "score", "threshold": 0.5},
            **data,
        },
        "sensitive_features": ["sex", {"column": "age", "edges": [40]}],
        "stages": {
            "fairness": {},
            "pii": {"model": "none", "quasi_identifiers": ["sex", "age", "region"]},
            "data_readiness": {"unit": ["region", "age", "score"]},
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

        return described(engine, dataclasses.replace(found, ask=ask), *more)

    monkeypatch.setattr(EngineFrame, "collect", watched)
    monkeypatch.setattr(staying, "_described", listened)
    return counts


ROWS_NEEDED = {"RA-DATA-005", "RA-DATA-007", "RA-DATA-010"}
"""Near-duplicates, leaks and label noise, which look at whole rows."""


def readiness(stages, place):
    """Findings by rule, and the profiles without what is kept of the column of identifiers in groups."""
    text = json.dumps(stages["data_readiness"]).replace(f'"name": "{place}"', '"name": "here"')
    stage = json.loads(text)
    profiles = stage["artefacts"]["profiles"]
    for group in profiles["groups"]:
        group["features"].pop("id", None)
    return [one for one in stage["findings"] if one["rule"] not in ROWS_NEEDED], profiles, stage


@pytest.mark.parametrize("holder", HOLDERS)
def test_the_record_is_that_of_the_rows_and_none_has_moved(
    holder, local, fetched, tmp_path, request
):
    address = HOLDERS[holder](tmp_path, decided(), request)
    stages, known, system = told(plan(tmp_path, {"connection": address, "table": "people"}))
    expected, content, same_system = local
    assert (known, system) == (content, same_system)
    assert stages["fairness"] == expected["fairness"]
    for part, wanted in (("findings", ALONE), ("tables", {"singling-out", "coarser"})):
        ours, theirs = (
            [one for one in record["pii"][part] if one.get("rule", one.get("id")) in wanted]
            for record in (stages, expected)
        )
        assert ours == theirs
        assert ours
    *same, stage = readiness(stages, "people")
    assert same == list(readiness(expected, "one.parquet")[:2])
    untold = [one for one in stage["findings"] if one["rule"] in ROWS_NEEDED]
    assert {one["status"] for one in untold} == {"indeterminate"}
    assert all("whole rows" in one["reason"] and "data.copy" in one["reason"] for one in untold)
    assert any(note.startswith("Values of id stay in their database") for note in stage["notes"])
    assert max(fetched) < N / 2


def test_what_needs_rows_is_skipped_and_says_so(tmp_path, request):
    address = in_duckdb(tmp_path, decided(300), request)
    stages = {"fairness": {}, "data_readiness": {}}
    data = {"connection": address, "table": "people"}
    record = plan(tmp_path, data, task="ranking", stages=stages)
    ranking = next(stage for stage in record.stages if stage.name == "fairness")
    assert ranking.outcome is Outcome.SKIPPED
    assert "the rows" in ranking.reason
    assert "data.copy" in ranking.reason


@pytest.mark.parametrize(
    "more",
    [
        {"model": {"path": "m.skops"}},
        {"connection": "sc://h:15002"},
        {"connection": "trino://h/db"},
        {"connection": "duckdb:///d.duckdb", "engine": "ibis"},
        {"types": {"paid": "truth"}},
        {"attributes": {"path": "a.csv", "key": "id", "columns": ["sex"]}},
        {"score": {"column": "score", "higher_is_favourable": False}},
    ],
    ids=lambda more: next(reversed(more)),
)
def test_what_needs_rows_of_the_whole_plan_is_refused(more, tmp_path):
    model = {key: more[key] for key in more if key == "model"}
    data = {"connection": "duckdb:///d.duckdb", "table": "people", **more}
    data.pop("model", None)
    with pytest.raises(PlanError) as error:
        plan(tmp_path, {"label": None, **data} if model else data, **model)
    assert error.value.reference == "copy-undeclared"


@pytest.mark.parametrize("holder", HOLDERS)
def test_the_digest_is_that_of_the_rows(holder, tmp_path, request):
    """Of values that stores write differently: signs, zeros, NaN, long fractions, marks, empty texts, moments."""
    lacking = ["day", "moment", "truth", "money", "no number", "no small number"]
    table = odd() if holder != "sqlite" else odd().drop_columns(lacking)
    address = HOLDERS[holder](tmp_path, table, request)
    found = open_declared(section(address), None)
    assert found.content_sha256 == content_digest(wrap_table(table))


@pytest.mark.parametrize(
    ("table", "reference"),
    [
        (lambda: pa.table({"id": ["a", "a"], "x": [1, 2]}), "key-doubled"),
        (lambda: pa.table({"id": ["a", None], "x": [1, 2]}), "key-missing"),
        (lambda: pa.table({"id": pa.array([], pa.string())}), "data-empty"),
        (lambda: pa.table({"other": ["a"]}), "no-column"),
        (lambda: pa.table({"id": ["a"], "x": [[1]]}), "content-kind"),
    ],
)
def test_a_table_that_cannot_be_vouched_for_is_refused(table, reference, tmp_path, request):
    address = in_duckdb(tmp_path, table(), request)
    with pytest.raises(DataError) as error:
        open_declared(section(address, key="id"), None)
    assert error.value.reference == reference


def section(address, **more):
    return DataSection.model_validate({"connection": address, "table": "people", **more})


def odd():
    moments = np.array(
        ["1969-12-31T23:59:59.000001", "2026-01-01", "NaT", "0001-01-02"], "M8[us]"
    ).tolist()
    return pa.table(
        {
            "b text": pa.array(["", "naïve ü €", None, "t1:x;"]),
            'a"quoted': pa.array([1, -(2**63), 2**63 - 1, None]),
            "number": pa.array([-0.0, 5e-324, -1.7976931348623157e308, 0.1]),
            "some": pa.array([None, 1e16, 1 / 3, -2.5]),
            "small": pa.array([0.1, None, -0.0, 3.0], pa.float32()),
            "no number": pa.array([float("nan"), float("inf"), float("-inf"), None]),
            "no small number": pa.array([float("nan"), float("-inf"), None, 1e38], pa.float32()),
            "truth": pa.array([True, False, None, True]),
            "day": pa.array([moment and moment.date() for moment in moments]),
            "moment": pa.array(moments, pa.timestamp("us")),
            "money": pa.array(
                [Decimal("-12.5000"), Decimal("0.0000"), None, Decimal("1200.0100")],
                pa.decimal128(20, 4),
            ),
        }
    )
