"""Tables of SQLite, DuckDB and whatever SQLAlchemy reaches, opened for reading only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from raudit.data import ColumnName, Kind
from raudit.errors import DataError
from raudit.extras import require
from raudit.stages.pii.sources import Gap, StreamedTable, streamed, unreadable
from raudit.stages.pii.texts import KEPT, as_batches


def sqlite_tables(path: Path, name: str) -> Iterator[StreamedTable | Gap]:
    """Every table of an SQLite file."""
    with sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True) as db:
        found = [
            str(row[0])
            for row in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
        ]
        columns = {t: [str(c[1]) for c in db.execute(f"PRAGMA table_info({_quoted(t)})")] for t in found}
        counts = {t: int(db.execute(f"SELECT count(*) FROM {_quoted(t)}").fetchone()[0]) for t in found}  # noqa: S608 -- quoted
    db.close()
    for table in found:
        yield _sqlite_table(path, f"{name}:{table}", table, columns[table], counts[table])


def _sqlite_table(path: Path, name: str, table: str, columns: Sequence[str], n_rows: int) -> StreamedTable:
    def read(wanted: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        db = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        try:
            db.text_factory = lambda data: data[: 4 * KEPT].decode("utf-8", "replace")
            chosen = ", ".join(_quoted(c) for c in wanted)
            cursor = db.execute(f"SELECT {chosen} FROM {_quoted(table)}")  # noqa: S608 -- names are quoted
            yield from as_batches(_rows(cursor), wanted, rows)
        except sqlite3.Error as error:
            raise unreadable(name, type(error).__name__) from error
        finally:
            db.close()

    return StreamedTable(name=name, kinds={ColumnName(c): Kind.TEXT for c in columns}, n_rows=n_rows, read=read)


def duckdb_tables(path: Path, name: str) -> Iterator[StreamedTable | Gap]:
    """Every table of a DuckDB file."""
    duckdb = require("duckdb", extra="engines", purpose="read DuckDB files")
    try:
        with duckdb.connect(str(path), read_only=True) as db:
            found = [row[0] for row in db.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
            schemas = {t: _arrow_reader(db, f"SELECT * FROM {_quoted(t)} LIMIT 0", 1).schema for t in found}  # noqa: S608
            counts = {t: db.execute(f"SELECT count(*) FROM {_quoted(t)}").fetchone()[0] for t in found}  # noqa: S608
    except duckdb.Error as error:
        raise unreadable(name, "not a DuckDB file") from error
    for table in found:
        reader = _duckdb_reader(duckdb, path, table, schemas[table].names)
        yield streamed(f"{name}:{table}", schemas[table], int(counts[table]), reader, whole=False)


def _duckdb_reader(duckdb: Any, path: Path, table: str, names: Sequence[str]) -> Any:
    def batches(tops: list[int], rows: int) -> Iterator[Any]:
        chosen = ", ".join(_quoted(names[top]) for top in tops)
        try:
            with duckdb.connect(str(path), read_only=True) as db:
                yield from _arrow_reader(db, f"SELECT {chosen} FROM {_quoted(table)}", rows)  # noqa: S608 -- quoted
        except duckdb.Error as error:
            raise unreadable(table, "broken in the middle") from error

    return batches


def _arrow_reader(db: Any, query: str, rows: int) -> Any:
    relation = db.sql(query)
    # DuckDB 1.x calls it otherwise.
    read = relation.to_arrow_reader if hasattr(relation, "to_arrow_reader") else relation.fetch_arrow_reader
    return read(rows)


def sqlalchemy_tables(url: str) -> Iterator[StreamedTable | Gap]:
    """Every table that a database shows; the password in the URL is never printed."""
    alchemy: Any = require("sqlalchemy", extra="postgres", purpose="read databases")
    try:
        engine = alchemy.create_engine(url)
        shown = engine.url.render_as_string(hide_password=True)
        inspector = alchemy.inspect(engine)
        found = {t: [str(c["name"]) for c in inspector.get_columns(t)] for t in sorted(inspector.get_table_names())}
    except (alchemy.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise DataError(
            "the database cannot be read",
            reference="database",
            got=type(error).__name__,
            hint="check host, database, user and password, and that the driver is installed",
        ) from error
    for table, columns in found.items():
        kinds = {ColumnName(c): Kind.TEXT for c in columns}
        reader = _alchemy_reader(alchemy, engine, table)
        yield StreamedTable(name=f"{shown}:{table}", kinds=kinds, n_rows=0, read=reader)


def _alchemy_reader(alchemy: Any, engine: Any, table: str) -> Any:
    def read(wanted: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        columns = [alchemy.column(c) for c in wanted]
        query = alchemy.select(*columns).select_from(alchemy.table(table, *columns))
        try:
            with engine.connect().execution_options(stream_results=True) as connection:
                yield from as_batches(_rows(connection.execute(query)), wanted, rows)
        except alchemy.exc.SQLAlchemyError as error:
            raise unreadable(table, type(error).__name__) from error

    return read


def _rows(cursor: Any) -> Iterator[list[str | None]]:
    while rows := cursor.fetchmany(5_000):
        for row in rows:
            yield [_text(cell) for cell in row]


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    return cell[: 4 * KEPT].decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)[:KEPT]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
