"""The SQLite store: one file, STRICT tables, WAL, a sync for every commit.

What is acknowledged survives a crash of the process and, as far as the disk keeps its promise, of the machine. SQLite
drops a damaged end of its WAL without a word, so a shorter log may still open: only a checkpoint kept elsewhere tells.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any

from raudit.errors import LogError, LogIntegrityError, RauditError
from raudit.log.stores.filesystem import refuse_network
from raudit.log.stores.sqlite_faults import BUSY_SECONDS, faults
from raudit.log.stores.store import SCHEMA, SideRows, StoredNote, no_entry
from raudit.log.tree.merkle import stored_count, stored_index

_CHUNK = 4096
_LONGEST = 4_000_000
"""Bytes of a row, by which SQLite refuses more: far above an entry's and a note's, far below what hurts."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS entry (idx INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS node (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT",
    (
        "CREATE TABLE IF NOT EXISTS note "
        "(seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL) STRICT"
    ),
    "CREATE TABLE IF NOT EXISTS person (pseudonym TEXT PRIMARY KEY, salt BLOB NOT NULL, value TEXT NOT NULL) STRICT",
)
_NAMES = frozenset({"entry", "meta", "node", "note", "person"})
# Triggers stop accidents, not attackers: who can write the file can drop them.
_TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for table in ("entry", "node", "note", "meta")
    for verb in ("update", "delete")
)
_KEPT = ("sqlite_", "_litestream_")
"""Tables of SQLite itself after ANALYZE, and of a tool that copies the file elsewhere: they answer for nothing."""
# As SQLite keeps them. Anything else could answer otherwise than it was told: a view, a trigger, a column of any type.
_MADE = frozenset(statement.replace("IF NOT EXISTS ", "") for statement in (*_TABLES, *_TRIGGERS))


class SqliteStore:
    """A log in one SQLite file.

    Parameters
    ----------
    path
        The file.
    create
        Make the file and its tables if they are not there.

    Raises
    ------
    LogError
        If there is no log at that path, or it is on a network file system.
    EnvironmentFault
        If the file cannot be opened.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._file: tuple[int, int] | None = None
        self._named = not create or path.exists()
        """Whether the path is to be a log already, so that one that cannot be read was named wrongly."""
        refuse_network(path)
        if path.exists() and not path.is_file():
            raise LogError(
                "this is no file, so it is no log",
                reference="log-no-file",
                where=str(path),
                hint="name the file that `raudit log init` made, or a new one",
            )
        if not create and not path.is_file():
            raise LogError(
                "there is no log",
                reference="log-missing",
                where=str(path),
                hint="create one with `raudit log init LOG --key FILE`",
            )
        if create and not path.parent.is_dir():
            raise LogError(
                "no such folder",
                reference="log-folder",
                where=str(path.parent),
                hint="make it first",
            )
        self._connection = self._connect(create)
        try:
            self._prepare(create)
        except BaseException:
            self._connection.close()
            raise

    # -- opening

    def _connect(self, create: bool) -> sqlite3.Connection:
        writable = create or (
            os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)
        )
        mode = ("rwc" if create else "rw") if writable else "ro"
        if mode == "ro" and not self._path.with_name(self._path.name + "-wal").exists():
            # A file on read-only media: nobody can write beside it, so there is nothing to lock against.
            mode = "ro&immutable=1"
        with faults(self._path, named=self._named):
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=BUSY_SECONDS,
            )
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            return connection

    def _prepare(self, create: bool) -> None:
        with faults(self._path, named=self._named):
            execute = self._connection.execute
            execute("PRAGMA synchronous = FULL")
            execute("PRAGMA secure_delete = ON")
            execute("PRAGMA trusted_schema = OFF")
            self._refuse_foreign()
            if create:
                self._write_ahead()
                with self.transaction() as writer:
                    for statement in (*_TABLES, *_TRIGGERS):
                        execute(statement)
                    writer.set_meta("schema", SCHEMA)
            if self._tables() != _NAMES or self.meta().get("schema") != SCHEMA:
                raise self._no_log()
            self._file = self._file_at_path()
            if execute("PRAGMA journal_mode").fetchone()[0] != "wal" and os.access(
                self._path, os.W_OK
            ):
                self._write_ahead()

    def _tables(self) -> frozenset[str]:
        rows = self._connection.execute(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
        ).fetchall()
        return frozenset(row[0] for row in rows if not str(row[0]).startswith(_KEPT))

    def _foreign(self) -> list[str]:
        """Name what is in the file and was not made by raudit, at least not in this form."""
        rows = self._connection.execute(
            "SELECT name, sql, type FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
        return [
            str(name)
            for name, sql, kind in rows
            if sql not in _MADE and not (kind == "table" and str(name).startswith(_KEPT))
        ]

    def _refuse_foreign(self) -> None:
        """Refuse another program's database before anything is written to it, be it only a mode."""
        pragma = self._connection.execute
        marks = [
            pragma(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        ]
        tables = self._tables()
        if any(marks) or (tables and not tables >= _NAMES) or self._foreign():
            raise self._no_log()

    def _no_log(self) -> RauditError:
        """Tell a log that was changed from a file that never was one."""
        tables = self._tables()
        if "meta" in tables and "entry" in tables:
            with contextlib.suppress(sqlite3.Error):
                meta = dict(self._connection.execute("SELECT key, value FROM meta").fetchall())
                if meta.get("schema") == SCHEMA:
                    return LogIntegrityError(
                        "a table of the log is gone or was changed, or something was put beside it",
                        reference="log-tables",
                        where=str(self._path),
                        got=", ".join(self._foreign() or sorted(tables))[:200],
                        expected=", ".join(sorted(_NAMES)),
                        hint="keep the file for evidence; restore with "
                        "`raudit log import FOLDER NEW-LOG --vkey VKEY` from an export",
                    )
        return LogError(
            "this file is no log of this version, and was left as it is",
            reference="log-schema",
            where=str(self._path),
            expected=SCHEMA,
            hint="name the file that `raudit log init` made, or a new one",
        )

    def _file_at_path(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def check_in_place(self) -> None:
        """Refuse to go on with a file that is no longer at its path: what it holds is lost when it is closed.

        Raises
        ------
        LogIntegrityError
            If the file was removed, or another was put in its place.
        """
        now = self._file_at_path()
        if now != self._file:
            raise LogIntegrityError(
                "the log was removed from its path, or replaced, while it was open",
                reference="log-gone",
                where=str(self._path),
                got="no file" if now is None else "another file",
                expected="the file that was opened",
                hint="restore it from a backup or an export; what was written since it was opened counts for nothing",
            )

    def _write_ahead(self) -> None:
        """Switch to WAL and read back that it took: SQLite answers with the old mode where it cannot."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                mode = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                break
            except sqlite3.OperationalError as error:
                # Several processes creating one log: SQLite does not wait for this lock by itself.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        if mode != "wal":
            raise LogError(
                "this file system cannot hold a log",
                reference="log-no-wal",
                where=str(self._path),
                got=f"mode {mode}",
                expected="write-ahead logging",
                hint="use a local disk, or PostgreSQL: postgresql+psycopg://…",
            )

    # -- reading

    @property
    def location(self) -> str:
        """The file's path."""
        return str(self._path)

    def meta(self) -> Mapping[str, str]:
        """Return all meta values."""
        return dict(self._all("SELECT key, value FROM meta"))

    def size(self) -> int:
        """Return one more than the largest index."""
        return int(self._all("SELECT coalesce(max(idx) + 1, 0) FROM entry")[0][0])

    def counts(self) -> tuple[int, int]:
        """Count rows of entries and nodes."""
        row = self._all("SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM node)")[0]
        return int(row[0]), int(row[1])

    def node(self, level: int, position: int) -> bytes:
        """Return a stored hash."""
        rows = self._all("SELECT hash FROM node WHERE idx = ?", (stored_index(level, position),))
        if not rows:
            raise LogIntegrityError(
                "a stored hash is missing",
                reference="log-node-missing",
                where=f"level {level}, position {position}",
                hint="run `raudit log verify LOG`",
            )
        return bytes(rows[0][0])

    def entry(self, index: int) -> bytes:
        """Return an entry's bytes."""
        rows = self._all("SELECT data FROM entry WHERE idx = ?", (index,))
        if not rows:
            raise no_entry(index, self.size(), self.location)
        return bytes(rows[0][0])

    def entries(
        self, start: int, stop: int, containing: Sequence[bytes] = ()
    ) -> Iterator[tuple[int, bytes]]:
        """Yield entries in order."""
        condition = "".join(" AND instr(data, ?) > 0" for _ in containing)
        query = f"SELECT idx, data FROM entry WHERE idx >= ? AND idx < ?{condition} ORDER BY idx"  # noqa: S608
        for row in self._rows(query, (start, stop, *containing)):
            yield row[0], row[1]

    def leaves_and_nodes(self, size: int) -> tuple[Iterator[bytes], Iterator[bytes]]:
        """Stream entries and nodes."""
        return (
            self._column("SELECT data FROM entry WHERE idx < ? ORDER BY idx", size),
            self._column("SELECT hash FROM node WHERE idx < ? ORDER BY idx", stored_count(size)),
        )

    def _column(self, query: str, stop: int) -> Iterator[bytes]:
        with faults(self._path):
            yield from map(itemgetter(0), self._mine().execute(query, (stop,)))

    def notes(self, kind: str, last: int | None = None) -> list[StoredNote]:
        """Return notes of a kind."""
        query = "SELECT kind, size, note FROM note WHERE kind = ? ORDER BY seq DESC LIMIT ?"
        rows = self._all(query, (kind, -1 if last is None else last))
        return [StoredNote(kind=row[0], size=row[1], note=row[2]) for row in reversed(rows)]

    def side_rows(self) -> SideRows:
        """Return the rows of notes, numbered without gaps, and of people."""
        return SideRows(
            notes=tuple(self._all("SELECT seq, kind FROM note ORDER BY seq")),
            gapless=True,
            people=tuple(self._all("SELECT pseudonym, salt, value FROM person")),
        )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold one state in a read transaction."""
        with self._lock, faults(self._path):
            self._mine().execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def generation(self) -> int:
        """Return SQLite's counter of commits by others."""
        return int(self._all("PRAGMA data_version")[0][0])

    def person(self, value: str) -> str | None:
        """Return a person's pseudonym."""
        rows = self._all("SELECT pseudonym FROM person WHERE value = ?", (value,))
        return str(rows[0][0]) if rows else None

    def people(self) -> Mapping[str, str]:
        """Return all pseudonyms."""
        return dict(self._all("SELECT pseudonym, value FROM person"))

    def forget(self, pseudonym: str) -> bool:
        """Delete a person; the deleted bytes are overwritten, also in the WAL."""
        with self.transaction():
            gone = (
                self._connection.execute(
                    "DELETE FROM person WHERE pseudonym = ?", (pseudonym,)
                ).rowcount
                > 0
            )
        with faults(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def close(self) -> None:
        """Close the file."""
        if self._pid == os.getpid():
            self._connection.close()

    # -- writing

    @contextmanager
    def transaction(self) -> Iterator[SqliteWriter]:
        """Take the write lock first, so that the head that is read is the head that is extended."""
        with self._lock, faults(self._path):
            connection = self._mine()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteWriter(self, connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            if self._file is not None:
                self.check_in_place()

    def _mine(self) -> sqlite3.Connection:
        if self._pid != os.getpid():
            raise LogError(
                "a log that was opened in another process is used here",
                reference="log-forked",
                where=self.location,
                hint="open the log again after the process has forked",
            )
        return self._connection

    def _all(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, faults(self._path):
            return self._mine().execute(query, parameters).fetchall()

    def _rows(self, query: str, parameters: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        with faults(self._path):
            cursor = self._mine().execute(query, parameters)
            try:
                while rows := cursor.fetchmany(_CHUNK):
                    yield from rows
            finally:
                cursor.close()


class SqliteWriter:
    """Writing inside a transaction of a `SqliteStore`."""

    def __init__(self, store: SqliteStore, connection: sqlite3.Connection) -> None:
        self._store, self._connection = store, connection

    def size(self) -> int:
        """Return the number of entries."""
        return self._store.size()

    def node(self, level: int, position: int) -> bytes:
        """Return a stored hash."""
        return self._store.node(level, position)

    def add(
        self, first: int, entries: Sequence[bytes], first_node: int, nodes: Sequence[bytes]
    ) -> None:
        """Insert rows; a row that exists already is an error, never replaced."""
        many = self._connection.executemany
        many("INSERT INTO entry (idx, data) VALUES (?, ?)", enumerate(entries, first))
        many("INSERT INTO node (idx, hash) VALUES (?, ?)", enumerate(nodes, first_node))

    def add_note(self, note: StoredNote) -> None:
        """Insert a note."""
        self._connection.execute(
            "INSERT INTO note (kind, size, note) VALUES (?, ?, ?)",
            (note.kind, note.size, note.note),
        )

    def set_meta(self, key: str, value: str) -> None:
        """Insert a meta value unless there is one."""
        self._connection.execute(
            "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, value)
        )

    def add_person(self, pseudonym: str, salt: bytes, value: str) -> None:
        """Insert a person."""
        self._connection.execute("INSERT INTO person VALUES (?, ?, ?)", (pseudonym, salt, value))
