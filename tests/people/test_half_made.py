"""A log whose making was killed is made by the next command; it would else stand in every command's way."""

from __future__ import annotations

import sqlite3

import pytest

from raudit.emit import books_of, settle
from raudit.log import open_log
from raudit.log.stores.sqlite import SqliteStore

from .test_killed import NOW


@pytest.mark.parametrize("moment", ["a file", "a mode", "tables"])
def test_a_log_that_was_begun_is_made(room, moment):
    path = room.folder / "log.db"
    path.touch()
    if moment == "tables":
        SqliteStore(path, create=True).close()
    if moment == "a mode":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA journal_mode = WAL")
        db.close()
        assert path.stat().st_size
    with books_of(room.answers, clock=NOW, actor="ann") as books:
        settle(room.answers, room.checklist, books)
        assert books.log is not None
    with open_log(path) as log:
        assert log.origin == "small-log"
