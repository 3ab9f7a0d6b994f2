"""A file that is no log is left as it is; a log that is no longer at its path acknowledges nothing."""

import hashlib
import sqlite3

import pytest

from raudit.errors import LogError, LogIntegrityError
from raudit.log import open_log

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


def test_an_empty_file_may_become_a_log(tmp_path, key):
    (tmp_path / "new.db").touch()
    open_log(tmp_path / "new.db", key=key, create=True).close()


def test_a_log_that_lost_a_table_is_an_integrity_fault(log, tmp_path):
    log.append([started()], clock=NOW)
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.execute("DROP TABLE note")
    db.close()
    with pytest.raises(LogIntegrityError, match="a table of the log is gone"):
        open_log(tmp_path / "log.db")


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
