"""The PostgreSQL store, for teams: the same tables in a schema of their own, one locked head row, through SQLAlchemy.

`create_tables` runs as the owner and can grant a role for the daily work: that role may read and insert, and may not
UPDATE, DELETE or TRUNCATE anything of the log. It takes the lock on the head through a function of the owner, since
locking a row directly would need the right to update it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from raudit.errors import EnvironmentFault, LogError, LogIntegrityError, RauditError
from raudit.extras import require
from raudit.log.stores.postgres_tables import (
    APPEND_ONLY,
    COLUMNS,
    CREATE,
    FOREIGN,
    GRANT,
    NUMBERED,
    TRIGGER,
    foreign_parts,
)
from raudit.log.stores.store import SCHEMA, SideRows, StoredNote, no_entry
from raudit.log.tree.merkle import stored_count, stored_index

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_CHUNK = 4096


def is_postgres(location: object) -> bool:
    """Tell whether a location names a PostgreSQL database."""
    return isinstance(location, str) and location.startswith(
        ("postgresql://", "postgresql+psycopg://")
    )


class PostgresStore:
    """A log in a PostgreSQL database.

    Parameters
    ----------
    url
        ``postgresql+psycopg://USER@HOST/DATABASE``; give the password by ``PGPASSWORD`` or a password file.
    create
        Make the schema if it is not there; needs the right to create one.
    writer_role
        Existing role that is granted reading and inserting, nothing else.

    Raises
    ------
    LogError
        If there is no log in the database, or the address is malformed.
    EnvironmentFault
        If the server does not answer or refuses.
    """

    def __init__(self, url: str, *, create: bool = False, writer_role: str | None = None) -> None:
        sqlalchemy = require("sqlalchemy", extra="postgres", purpose="keep the log in PostgreSQL")
        require("psycopg", extra="postgres", purpose="keep the log in PostgreSQL")
        self._text = sqlalchemy.text
        try:
            address = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
        except (sqlalchemy.exc.ArgumentError, ValueError) as error:
            raise LogError(
                "not a database address",
                reference="log-url",
                expected="postgresql+psycopg://USER@HOST/DATABASE",
            ) from error
        self._location: str = address.render_as_string(hide_password=True)
        self._engine: Engine = sqlalchemy.create_engine(
            address,
            poolclass=sqlalchemy.pool.QueuePool,
            pool_size=2,
            max_overflow=2,
            connect_args={"options": "-c synchronous_commit=on -c lock_timeout=60000"},
        )
        self._held = threading.local()
        try:
            if create:
                self._create(writer_role)
            self._check()
        except BaseException:
            self._engine.dispose()
            raise

    def _create(self, writer_role: str | None) -> None:
        if writer_role is not None and not re.fullmatch(
            r"[A-Za-z_][A-Za-z0-9_$-]{0,62}", writer_role
        ):
            raise LogError(
                "not the name of a role", reference="log-role", got=repr(writer_role[:70])
            )
        with self._begin() as connection:
            # Creating from several processes at once would collide inside PostgreSQL's own catalogue.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7306368)")
            there = connection.exec_driver_sql("SELECT to_regclass('raudit_log.person')").scalar()
            if there is None:
                connection.exec_driver_sql(
                    CREATE + "".join(TRIGGER.format(table=table) for table in APPEND_ONLY)
                )
                known = f"INSERT INTO raudit_log.meta VALUES ('schema', '{SCHEMA}')"  # noqa: S608
                connection.exec_driver_sql(known)
            if writer_role is not None:
                connection.exec_driver_sql(GRANT.format(role=writer_role))

    def _check(self) -> None:
        with self._begin() as connection:
            there = connection.exec_driver_sql("SELECT to_regclass('raudit_log.meta')").scalar()
        if there is None or self.meta().get("schema") != SCHEMA:
            raise LogError(
                "this database holds no log of this version",
                reference="log-schema",
                where=self._location,
                expected=SCHEMA,
                hint="create one with `raudit log init LOG --key FILE`, as a role that may create a schema",
            )
        with self._begin() as connection:
            rows = connection.exec_driver_sql(FOREIGN).fetchall()
        foreign = foreign_parts(rows)
        if foreign:
            raise LogIntegrityError(
                "a table of the log is gone or was changed, or something was put beside it",
                reference="log-tables",
                where=self._location,
                got=", ".join(foreign)[:200],
                expected=", ".join(sorted(COLUMNS)),
                hint="keep the database for evidence; restore with "
                "`raudit log import FOLDER NEW-LOG --vkey VKEY` from an export",
            )

    # -- reading

    @property
    def location(self) -> str:
        """The address without its password."""
        return self._location

    def meta(self) -> Mapping[str, str]:
        """Return all meta values."""
        return {row[0]: row[1] for row in self._all("SELECT key, value FROM raudit_log.meta")}

    def size(self) -> int:
        """Return one more than the largest index."""
        return int(self._all("SELECT coalesce(max(idx), -1) FROM raudit_log.entry")[0][0]) + 1

    def counts(self) -> tuple[int, int]:
        """Count rows of entries and nodes."""
        row = self._all(
            "SELECT (SELECT count(*) FROM raudit_log.entry), (SELECT count(*) FROM raudit_log.node)"
        )[0]
        return int(row[0]), int(row[1])

    def node(self, level: int, position: int) -> bytes:
        """Return a stored hash."""
        rows = self._all(
            "SELECT hash FROM raudit_log.node WHERE idx = :idx", idx=stored_index(level, position)
        )
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
        rows = self._all("SELECT data FROM raudit_log.entry WHERE idx = :idx", idx=index)
        if not rows:
            raise no_entry(index, self.size(), self.location)
        return bytes(rows[0][0])

    def entries(
        self, start: int, stop: int, containing: Sequence[bytes] = ()
    ) -> Iterator[tuple[int, bytes]]:
        """Yield entries in order."""
        where = "".join(f" AND position(:needle{i} IN data) > 0" for i in range(len(containing)))
        needles = {f"needle{i}": needle for i, needle in enumerate(containing)}
        inside = f"idx >= :start AND idx < :stop{where}"
        query = f"SELECT idx, data FROM raudit_log.entry WHERE {inside} ORDER BY idx LIMIT {_CHUNK}"  # noqa: S608 -- names of our own
        # By ranges of the key, not by a cursor of the server: a reader who stops at an edited entry leaves none open.
        while rows := self._all(query, start=start, stop=stop, **needles):
            for row in rows:
                yield row[0], bytes(row[1])
            start = rows[-1][0] + 1

    def leaves_and_nodes(self, size: int) -> tuple[Iterator[bytes], Iterator[bytes]]:
        """Stream entries and nodes."""
        return (
            (bytes(row[0]) for row in self._pages("entry", "data", size)),
            (bytes(row[0]) for row in self._pages("node", "hash", stored_count(size))),
        )

    def notes(self, kind: str, last: int | None = None) -> list[StoredNote]:
        """Return notes of a kind."""
        query = "SELECT kind, size, note FROM raudit_log.note WHERE kind = :kind ORDER BY seq DESC LIMIT :last"
        rows = self._all(query, kind=kind, last=last)
        return [StoredNote(kind=row[0], size=row[1], note=row[2]) for row in reversed(rows)]

    def side_rows(self) -> SideRows:
        """Return the rows of notes and of people."""
        notes = self._all("SELECT seq, kind FROM raudit_log.note ORDER BY seq")
        people = self._all("SELECT pseudonym, salt, value FROM raudit_log.person")
        return SideRows(
            notes=tuple((row[0], row[1]) for row in notes),
            gapless=bool(self._all(NUMBERED)[0][0]),
            people=tuple((row[0], bytes(row[1]), row[2]) for row in people),
        )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold one state in a repeatable-read transaction."""
        with self._hold() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    def generation(self) -> int:
        """Return -1: the server does not say cheaply whether others have committed."""
        return -1

    def person(self, value: str) -> str | None:
        """Return a person's pseudonym."""
        rows = self._all(
            "SELECT pseudonym FROM raudit_log.person WHERE value = :value", value=value
        )
        return str(rows[0][0]) if rows else None

    def people(self) -> Mapping[str, str]:
        """Return all pseudonyms."""
        return {
            row[0]: row[1] for row in self._all("SELECT pseudonym, value FROM raudit_log.person")
        }

    def forget(self, pseudonym: str) -> bool:
        """Delete a person; needs the owner's rights."""
        with self.transaction(), self._begin() as connection:
            statement = self._text("DELETE FROM raudit_log.person WHERE pseudonym = :p")
            return connection.execute(statement, {"p": pseudonym}).rowcount > 0

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # -- writing

    @contextmanager
    def transaction(self) -> Iterator[PostgresWriter]:
        """Lock the head row; the next statement then sees everything that was committed before."""
        with self._hold() as connection:
            connection.exec_driver_sql("SELECT raudit_log.lock_head()")
            yield PostgresWriter(self, connection)

    # -- connections

    @contextmanager
    def _hold(self) -> Iterator[Connection]:
        """Let all reads of this thread use one transaction."""
        with self._faults(), self._engine.begin() as connection:
            self._held.connection = connection
            try:
                yield connection
            finally:
                self._held.connection = None

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        held = getattr(self._held, "connection", None)
        if held is not None:
            with self._faults():
                yield held
        else:
            with self._faults(), self._engine.begin() as connection:
                yield connection

    def _all(self, query: str, **parameters: object) -> list[Any]:
        with self._begin() as connection:
            return list(connection.execute(self._text(query), parameters).fetchall())

    def _pages(self, table: str, column: str, stop: int) -> Iterator[Any]:
        """Read by ranges of the key: two streams can then share one transaction."""
        query = f"SELECT {column}, idx FROM raudit_log.{table} WHERE idx >= :a AND idx < :b ORDER BY idx LIMIT {_CHUNK}"  # noqa: S608 -- names of our own
        start = 0
        while rows := self._all(query, a=start, b=stop):
            yield from rows
            start = rows[-1][1] + 1

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn SQLAlchemy's errors into ours, once."""
        import sqlalchemy.exc as exc

        try:
            yield
        except RauditError:
            raise
        except exc.IntegrityError as error:
            raise LogIntegrityError(
                "the store already holds what should be new",
                reference="log-store",
                where=self._location,
                hint="run `raudit log verify LOG`",
            ) from error
        except exc.DBAPIError as error:
            raise EnvironmentFault(
                "the database refused or did not answer; nothing was acknowledged",
                reference="log-storage",
                where=self._location,
                got=str(error.orig).strip().split("\n")[0][:200],
                hint="check address, role and rights; the daily role may read and insert only",
            ) from error


class PostgresWriter:
    """Writing inside a transaction of a `PostgresStore`."""

    def __init__(self, store: PostgresStore, connection: Connection) -> None:
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
        """Insert rows, one statement a table."""
        for table, column, start, values in (
            ("entry", "data", first, entries),
            ("node", "hash", first_node, nodes),
        ):
            self._run(
                f"INSERT INTO raudit_log.{table} (idx, {column}) "  # noqa: S608
                "SELECT * FROM unnest(CAST(:places AS bigint[]), CAST(:values AS bytea[]))",
                places=list(range(start, start + len(values))),
                values=list(values),
            )

    def add_note(self, note: StoredNote) -> None:
        """Insert a note under the next number; the head is locked, so a rollback leaves no gap."""
        self._run(
            "INSERT INTO raudit_log.note (seq, kind, size, note) OVERRIDING SYSTEM VALUE "
            "SELECT coalesce(max(seq), 0) + 1, :kind, :size, :note FROM raudit_log.note",
            kind=note.kind,
            size=note.size,
            note=note.note,
        )

    def set_meta(self, key: str, value: str) -> None:
        """Insert a meta value unless there is one."""
        self._run(
            "INSERT INTO raudit_log.meta VALUES (:key, :value) ON CONFLICT DO NOTHING",
            key=key,
            value=value,
        )

    def add_person(self, pseudonym: str, salt: bytes, value: str) -> None:
        """Insert a person."""
        self._run(
            "INSERT INTO raudit_log.person VALUES (:p, :salt, :value)",
            p=pseudonym,
            salt=salt,
            value=value,
        )

    def _run(self, statement: str, **parameters: object) -> None:
        self._connection.execute(self._store._text(statement), parameters)
