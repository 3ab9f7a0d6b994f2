"""What a record says of a plan holds no value of the data: no literal of a query, no key of a row."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from raudit.cli.verify_data import command
from raudit.data.verify import verify_data
from raudit.errors import DataError
from raudit.pipeline import measure, prepare
from raudit.plan import load_plan
from raudit.plan.load import without_literals
from raudit.record import record_bytes

QUERIES = {
    "SELECT * FROM t WHERE a = 'Ann' AND b <> 'O''Ann'": "SELECT * FROM t WHERE a = '…' AND b <> '…'",
    'SELECT * FROM t WHERE a = "Ann"': "SELECT * FROM t WHERE a = '…'",
    "SELECT * FROM t WHERE a = $q$An'n$q$ OR a = $$Ann$$": "SELECT * FROM t WHERE a = '…' OR a = '…'",
    "SELECT * FROM t -- Ann": "SELECT * FROM t ",
    "SELECT * FROM t /* Ann's\n */ WHERE y > 2020": "SELECT * FROM t  WHERE y > 2020",
    "SELECT * FROM t1 WHERE id IN (1234567, 12345.5)": "SELECT * FROM t1 WHERE id IN (…, …)",
    r"SELECT * FROM t WHERE a = 'x\' AND b = 'Ann'": "…",
    "SELECT * FROM t WHERE a = 'Ann": "…",
    "SELECT `a b` FROM table123456": "SELECT `a b` FROM table123456",
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_without_its_values(query):
    assert without_literals(query) == QUERIES[query]


def test_the_record_holds_no_literal_and_no_key_and_the_data_can_still_be_verified(tmp_path):
    db = sqlite3.connect(tmp_path / "d.sqlite")
    db.execute("CREATE TABLE t (id TEXT, city TEXT, sex TEXT, y INTEGER)")
    rows = [(f"k{i}", "Secretville", "fm"[i % 2], i % 3 % 2) for i in range(200)]
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    db.commit()
    db.close()
    plan = {
        "schema": "raudit.plan/1",
        "system": {"name": "s", "version": "1"},
        "data": {
            "path": "d.sqlite",
            "query": "SELECT id, sex, y FROM t WHERE city = 'Secretville'",
            "key": "id",
            "prediction": {"column": "y", "favourable": "1"},
        },
        "sensitive_features": ["sex"],
        "stages": {"fairness": {}, "explain": {"reasons": {"keys": ["k17", "k18"]}}},
    }
    path = tmp_path / "raudit.yaml"
    path.write_text(json.dumps(plan))
    record = measure(prepare(load_plan(path), clock=datetime(2026, 1, 1, tzinfo=UTC)))
    content = record_bytes(record)
    assert b"Secretville" not in content
    assert b"k17" not in content
    (data,) = [item for item in record.inputs if item.role == "data"]
    assert data.bytes == (tmp_path / "d.sqlite").stat().st_size
    assert record.plan["stages"]["explain"]["reasons"]["keys"] == ["…", "…"]
    assert record.plan["data"]["query"] == "SELECT id, sex, y FROM t WHERE city = '…'"
    with pytest.raises(DataError, match="does not hold the values"):
        verify_data(record, tmp_path / "d.sqlite")
    (tmp_path / "record.json").write_bytes(content)
    asked = [str(tmp_path / "record.json"), "-q", "--config", str(path)]
    done = CliRunner().invoke(command, asked, standalone_mode=False)
    assert "same content" in done.output
