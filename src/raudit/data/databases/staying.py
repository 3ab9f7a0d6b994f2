"""A table that stays in its database: asked there for counts and digests, and never for a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from raudit.data.databases import postgresql
from raudit.data.databases.content_sql import (
    DUCKDB,
    POSTGRESQL,
    SQLITE,
    Ask,
    Dialect,
    content_in,
    teach_sqlite,
)
from raudit.data.databases.table_read import TableRequest, failed, quoted_parts
from raudit.data.in_engine import EngineData
from raudit.data.interface import ColumnName
from raudit.data.kinds import kind_of
from raudit.data.readers.duckdb_files import arrow_reader, check_log, opened_alone
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.sqlite_files import check_alone, only_reading, opened_read_only
from raudit.data.readers.sqlite_types import quoted, types_of
from raudit.data.table import check_names, no_column
from raudit.errors import DataError, RauditError
from raudit.extras import require

if TYPE_CHECKING:
    import pyarrow as pa

STAYS = frozenset({"duckdb", "sqlite", "postgresql"})
"""Engines that can say what their table holds: the digest of its content is worked out there."""
NAMES = {"duckdb": "DuckDB", "sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A table in one consistent state of its database."""

    native: object
    """What narwhals takes."""
    schema: pa.Schema
    """Names and types, as rows would be read."""
    statement: str
    dialect: Dialect
    ask: Ask
    close: Any


def staying_table(
    engine: str,
    source: Path | str,
    request: TableRequest,
    key: Sequence[str],
    options: ReadOptions,
) -> EngineData:
    """A table whose rows stay; its connection lasts as long as the table.

    Parameters
    ----------
    engine
        One of ``STAYS``.
    source
        The database file, or the address of a server.
    request
        Which rows.
    key
        Columns that name a row; checked, since a doubled row would count twice.
    options
        Limits.

    Raises
    ------
    DataError
        If it cannot be read, has no rows, or its key does not name one.
    """
    try:
        match engine:
            case "duckdb":
                found = _duckdb(Path(source), request, options)
            case "sqlite":
                found = _sqlite(Path(source), request)
            case _:
                found = _postgresql(str(source), request)
        with _closed_on_failure(found):
            return _described(engine, found, request, key)
    except RauditError:
        raise
    except Exception as error:  # noqa: BLE001 -- every engine raises errors of its own
        raise failed(NAMES[engine], error, request.name) from None


def _described(
    engine: str, found: _Opened, request: TableRequest, key: Sequence[str]
) -> EngineData:
    names = [str(name) for name in found.schema.names]
    check_names(names, request.name)
    _check_key(found, names, key, request.name)
    content, n_rows = content_in(found.ask, found.dialect, found.statement, found.schema)
    if not n_rows:
        raise DataError(
            "the data set has no rows",
            reference="data-empty",
            where=request.name,
            hint="check the query",
        )
    return EngineData(
        native=found.native,
        name=request.name,
        sha256=content,
        n_rows=n_rows,
        kinds={ColumnName(field.name): kind_of(field.type) for field in found.schema},
        described={"engine": engine, "rows_stay": True},
        close=found.close,
    )


def _check_key(found: _Opened, names: Sequence[str], key: Sequence[str], where: str) -> None:
    for column in key:
        if column not in names:
            raise no_column(column, names, "data.key")
    if not key:
        return
    columns = [quoted(column) for column in key]
    absent = " OR ".join(f"{column} IS NULL" for column in columns)
    counted = (
        f"SELECT count(*) AS n, max(CASE WHEN {absent} THEN 1 ELSE 0 END) AS absent "  # noqa: S608 -- quoted
        f"FROM ({found.statement}) AS raudit_rows GROUP BY {', '.join(columns)}"
    )
    [(doubled, missing)] = found.ask(
        f"SELECT coalesce(sum(n - 1), 0), coalesce(sum(absent * n), 0) FROM ({counted}) AS raudit_keys"  # noqa: S608 -- names are quoted
    )
    if missing:
        raise DataError(
            f"the key {' and '.join(map(repr, key))} is missing in some rows",
            reference="key-missing",
            where=where,
            got=f"{int(missing):,} rows",
            hint="a key names every row; choose another column, or leave data.key out",
        )
    if doubled:
        raise DataError(
            f"the key {' and '.join(map(repr, key))} does not name one row",
            reference="key-doubled",
            where=where,
            got=f"{int(doubled):,} rows whose key another row has",
            hint="name one more column under data.key, or leave it out",
        )


class _Closable(Protocol):
    """A connection, or what holds one."""

    @property
    def close(self) -> Callable[[], object]: ...


@contextmanager
def _closed_on_failure(held: _Closable) -> Iterator[None]:
    """Keep a connection open only if what is asked of it first succeeds."""
    try:
        yield
    except BaseException:
        held.close()
        raise


def _duckdb(path: Path, request: TableRequest, options: ReadOptions) -> _Opened:
    duckdb = require("duckdb", extra="engines", purpose="count in DuckDB")
    check_log(path, request.name)
    statement = request.statement(quoted_parts(request.table or ""))
    db = opened_alone(duckdb, path, options)
    with _closed_on_failure(db):
        db.execute("BEGIN TRANSACTION READ ONLY")
        schema = arrow_reader(db, f"{statement} LIMIT 0", 1).schema
        native = db.sql(statement)
    return _Opened(
        native=native,
        schema=schema,
        statement=statement,
        dialect=DUCKDB,
        ask=lambda sql: db.execute(sql).fetchall(),
        close=db.close,
    )


def _sqlite(path: Path, request: TableRequest) -> _Opened:
    import pyarrow as pa

    ibis: Any = require("ibis", extra="warehouse", purpose="count in SQLite")
    check_alone(path, request.name)
    written = request.statement(quoted(request.table) if request.table is not None else "")
    db = opened_read_only(path)
    with _closed_on_failure(db):
        teach_sqlite(db)
        backend = ibis.sqlite.from_connection(db)
        db.set_authorizer(only_reading)  # after Ibis has set what it needs
        names = [str(column[0]) for column in db.execute(f"{written} LIMIT 0").description]
        check_names(names, request.name)
        kinds = types_of(db, f"({written})", names)
        schema = pa.schema(list(zip(names, kinds, strict=True)))
        statement = _sqlite_typed(written, schema)
        native = backend.sql(statement, schema=ibis.Schema.from_pyarrow(schema))
    return _Opened(
        native=native,
        schema=schema,
        statement=statement,
        dialect=SQLITE,
        ask=lambda sql: db.execute(sql).fetchall(),
        close=db.close,
    )


def _sqlite_typed(statement: str, schema: pa.Schema) -> str:
    """A column of cells of several types is read as one type, and so is it counted."""
    import pyarrow as pa

    kinds = {pa.int64(): "INTEGER", pa.float64(): "REAL"}
    cast = ", ".join(
        f"CAST({quoted(field.name)} AS {kinds.get(field.type, 'TEXT')}) AS {quoted(field.name)}"
        for field in schema
    )
    return f"SELECT {cast} FROM ({statement}) AS raudit_typed"  # noqa: S608 -- names are quoted


def _postgresql(address: str, request: TableRequest) -> _Opened:
    ibis: Any = require("ibis", extra="warehouse", purpose="count in PostgreSQL")
    db = postgresql.connected(address)
    with _closed_on_failure(db):
        statement, schema = postgresql.typed(db, request)
        backend = ibis.postgres.from_connection(db)
        native = backend.sql(statement, schema=ibis.Schema.from_pyarrow(schema))
    return _Opened(
        native=native,
        schema=schema,
        statement=statement,
        dialect=POSTGRESQL,
        ask=lambda sql: db.execute(sql).fetchall(),
        close=db.close,
    )
