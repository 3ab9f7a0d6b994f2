"""Recorded turns in Parquet and SQLite: read in a process of their own, within limits, and wholly or named."""

from __future__ import annotations

import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.command_line import raudit
from tests.fuzz.seeds import make_seed

from raudit.errors import DataError
from raudit.plan.schema import DataLimits
from raudit.turns import open_turns

ENDLESS = (
    "DROP TABLE Conversations",
    """CREATE VIEW Conversations AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)
    SELECT n AS conversation_id, n AS target_identifier_hash FROM r""",
)
UNNAMED = (
    "PRAGMA writable_schema = 1",
    "UPDATE sqlite_master SET name = CAST(x'ffff' AS TEXT) WHERE name = 'ScoreEntries'",
)


def memory(folder, *statements):
    """A memory of PyRIT, changed."""
    path = folder / "memory.db"
    path.write_bytes(make_seed("turns-sqlite", folder))
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return path


def test_a_view_that_never_ends_is_over_the_limit_that_the_plan_declares(tmp_path):
    """It kept raudit busy for ever, and took what memory there was."""
    path = memory(tmp_path, *ENDLESS)
    limits = DataLimits(seconds=2, memory_gib=0.5)
    with pytest.raises(DataError, match=r"memory\.db.*data\.limits\.(seconds|memory_gib)"):
        open_turns([path], limits=limits)


def test_what_a_database_defines_does_nothing_but_read(tmp_path):
    reads = """CREATE VIEW Conversations AS
        SELECT readfile('/etc/hostname') AS conversation_id, 1 AS target_identifier_hash"""
    with pytest.raises(DataError, match="broken or has other tables"):
        open_turns([memory(tmp_path, ENDLESS[0], reads)])


def test_a_name_that_is_no_text_is_one_error(tmp_path):
    """It ended in 4."""
    memory(tmp_path, *UNNAMED)
    done = raudit("llm", "read", "memory.db", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[data-broken]" in done.stderr


def test_turns_in_a_write_ahead_log_are_not_passed_over(tmp_path):
    path = memory(tmp_path)
    assert open_turns([path]).n_rows == 20
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("DELETE FROM AttackResultEntries WHERE id > 'a2'")
        db.commit()
        with pytest.raises(DataError, match=r"last changes are in memory\.db-wal"):
            open_turns([path])


def written(folder, **columns):
    path = folder / "t.parquet"
    made = {"turn_id": ["a", "b", "c"], "output": ["x", "y", "z"], **columns}
    pq.write_table(pa.table(made), path)
    return path


def test_an_answer_that_is_not_utf_8_is_a_row_that_cannot_be_read(tmp_path):
    """It ended in 4."""
    broken = pa.Array.from_buffers(pa.string(), 3, pa.array([b"x", b"\xff", b"z"]).buffers())
    data = open_turns([written(tmp_path, output=broken)])
    assert data.n_rows == 2
    assert data.turns.partly == "t.parquet: 1 row could not be read"
    assert data.turns.readings[0].bad == {"text that is not UTF-8": 1}


def test_a_name_twice_hides_no_column(tmp_path):
    columns = [pa.array([v] * 3) for v in ("a", "x", "y")]
    table = pa.Table.from_arrays(columns, names=["turn_id", "output", "output"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DataError) as caught:
        open_turns([tmp_path / "t.parquet"])
    assert caught.value.reference == "turns-columns"


def test_values_come_as_they_are_in_the_file(tmp_path):
    labels = [{"x": [1, 2.5, None], "y": True}, {"x": [], "y": False}, None]
    data = open_turns([written(tmp_path, labels=labels, latency_ms=[1.5, None, 3.0])])
    assert data.frame()["output"].tolist() == ["x", "y", "z"]
    assert data.turns.table["latency_ms"].to_pylist() == [1.5, None, 3.0]


@pytest.mark.parametrize(("key", "most"), [("bytes", 100), ("rows", 2)])
def test_limits_of_the_plan_hold_for_turns(tmp_path, key, most):
    with pytest.raises(DataError, match=rf"data\.limits\.{key}"):
        open_turns([written(tmp_path)], limits=DataLimits(**{key: most}))
