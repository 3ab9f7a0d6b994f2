"""A file that is no log is left as it is; a log that is no longer at its path acknowledges nothing."""

import hashlib
import os
import sqlite3

import pytest

from raudit.errors import EnvironmentFault, LogError, LogIntegrityError
from raudit.log import attest_log, open_log

from .conftest import NOW, started

FOREIGN = {
    "a table": "CREATE TABLE app (a, b); INSERT INTO app VALUES (1, 2)",
    "names like a log's": "CREATE TABLE meta (key, value); CREATE TABLE entry (x); CREATE TABLE node (y)",
    "all names of a log's": "CREATE TABLE meta (key, value); CREATE TABLE entry (idx, data);"
    "CREATE TABLE node (idx, hash);"
    "CREATE TABLE note (a); CREATE TABLE person (b)",
    "a view": "CREATE VIEW entry AS SELECT 1",
    "a version": "PRAGMA user_version = 3",
    "an application": "PRAGMA application_id = 7",
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("create", [False, True])
def test_another_programs_database_is_refused_untouched(tmp_path, key, name, create):
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as db:
        db.executescript(FOREIGN[name])
    db.close()
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(LogError, match="no log of this version"):
        open_log(path, key=key, create=create)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["app.db", "log.key"]


@pytest.mark.parametrize("kind", ["pipe", "device", "a link to itself"])
@pytest.mark.parametrize("create", [False, True])
def test_what_is_no_file_is_not_waited_for(tmp_path, key, kind, create):
    path = tmp_path / "log.db"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else path.name)
    refused = "no file" if kind != "a link to itself" else ".*"
    with pytest.raises((LogError, EnvironmentFault), match=refused):
        open_log(path, key=key if create else None, create=create)


def test_a_row_longer_than_any_of_a_log_is_not_read(log, tmp_path):
    log.append([started()], clock=NOW)
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.execute("DROP TRIGGER entry_no_update")
        db.execute("UPDATE entry SET data = zeroblob(5000000) WHERE idx = 1")
    db.close()
    with open_log(tmp_path / "log.db") as again:
        with pytest.raises(LogIntegrityError, match="damaged"):
            again.entry(1)
        with pytest.raises(LogIntegrityError, match="damaged"):
            attest_log(again)


def test_an_empty_file_may_become_a_log(tmp_path, key):
    (tmp_path / "new.db").touch()
    with open_log(tmp_path / "new.db", key=key, create=True) as made:
        made.append([started()], clock=NOW)
    with open_log(tmp_path / "new.db") as log:
        assert (log.origin, log.size) == (key.name, 2)  # that it was opened, and the event


def test_a_log_that_lost_a_table_is_an_integrity_fault(log, tmp_path):
    log.append([started()], clock=NOW)
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.execute("DROP TABLE note")
    db.close()
    with pytest.raises(LogIntegrityError, match="a table of the log is gone"):
        open_log(tmp_path / "log.db")


def anew(table: str, columns: str, values: str) -> str:
    """Make a table of a log again, with columns that hold anything."""
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    return (
        f"ALTER TABLE {table} RENAME TO old; CREATE TABLE {table} ({columns});"
        f"INSERT INTO {table} ({names}) SELECT {values} FROM old; DROP TABLE old"
    )


CHANGED = {
    "a view beside it": "CREATE VIEW more AS SELECT 1",
    "a table beside it": "CREATE TABLE more (a)",
    "an index": "CREATE INDEX more ON entry (data)",
    "a column": "ALTER TABLE entry ADD COLUMN more TEXT",
    "entries behind a view": "ALTER TABLE entry RENAME TO old;"
    "CREATE VIEW entry AS SELECT idx, data FROM old",
    "what it says of itself behind a view": "ALTER TABLE meta RENAME TO old;"
    "CREATE VIEW meta AS SELECT key, value FROM old",
    "entries as text": anew("entry", "idx INTEGER PRIMARY KEY, data", "idx, CAST(data AS TEXT)"),
    "an entry that is a number": anew("entry", "idx INTEGER PRIMARY KEY, data", "idx, 5"),
    "an entry that is nothing": anew("entry", "idx INTEGER PRIMARY KEY, data", "idx, NULL"),
    "hashes as text": anew("node", "idx INTEGER PRIMARY KEY, hash", "idx, hex(hash)"),
    "checkpoints as bytes": anew(
        "note", "seq INTEGER PRIMARY KEY, kind, size, note", "seq, kind, size, CAST(note AS BLOB)"
    ),
    "sizes as text": anew(
        "note", "seq INTEGER PRIMARY KEY, kind, size, note", "seq, kind, CAST(size AS TEXT), note"
    ),
    "entries that are dropped": "CREATE TRIGGER more BEFORE INSERT ON entry "
    "BEGIN SELECT RAISE(IGNORE); END",
    "checkpoints that are dropped": "CREATE TRIGGER more BEFORE INSERT ON note "
    "BEGIN SELECT RAISE(IGNORE); END",
    "an edit with each checkpoint": "DROP TRIGGER entry_no_update;"
    "CREATE TRIGGER more AFTER INSERT ON note BEGIN UPDATE entry SET data = x'00' WHERE idx = 1; END",
    "another trigger under the name of one of ours": "DROP TRIGGER entry_no_update;"
    "CREATE TRIGGER entry_no_update BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_log_whose_tables_would_answer_otherwise_is_not_opened(log, tmp_path, name):
    log.append([started()], clock=NOW)
    log.checkpoint(NOW)
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.executescript(CHANGED[name])
    db.close()
    with pytest.raises(LogIntegrityError, match="was changed, or something was put beside it"):
        open_log(tmp_path / "log.db")


def test_what_sqlite_and_a_backup_keep_beside_it_answers_for_nothing(log, tmp_path):
    log.append([started()], clock=NOW)
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.executescript(
            "ANALYZE; CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)"
        )
    db.close()
    with open_log(tmp_path / "log.db") as again:
        assert not again.verify().failed
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.executescript(
            "CREATE TRIGGER _litestream_x BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END"
        )
    db.close()
    with pytest.raises(LogIntegrityError, match="put beside it"):
        open_log(tmp_path / "log.db")


def test_a_log_that_was_dumped_and_restored_is_the_same_log(log, tmp_path):
    log.append([started()], clock=NOW)
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as old, sqlite3.connect(tmp_path / "new.db") as new:
        new.executescript("".join(old.iterdump()))
    old.close()
    new.close()
    with open_log(tmp_path / "new.db") as again:
        assert not again.verify().failed


@pytest.mark.parametrize("replaced", [False, True])
def test_a_log_that_is_gone_acknowledges_nothing(log, tmp_path, replaced):
    log.append([started()], clock=NOW)
    (tmp_path / "log.db").unlink()
    if replaced:
        (tmp_path / "log.db").write_bytes(b"another")
    with pytest.raises(LogIntegrityError, match="removed from its path, or replaced"):
        log.append([started("r2")], clock=NOW)
    with pytest.raises(LogIntegrityError, match="removed from its path, or replaced"):
        log.check_in_place()
