"""Tables of DuckDB files, read by an engine that may open nothing else.

A DuckDB file is code as much as data: a view may read other files, a table may be named after a path or an address,
and a macro may take the place of a built-in function. So external access, extensions and scans of Python variables
are off and the configuration is locked before the first query; the catalog is asked for by its full name, which no
macro can take; and only base tables are read, by catalog, schema and name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from raudit.data.readers.options import ReadOptions, check_columns, over_limit
from raudit.data.readers.source import Gap, StreamedTable, because, unreadable
from raudit.data.readers.sqlite_files import left_out, texts_in_sql, unfinished
from raudit.data.readers.sqlite_types import quoted
from raudit.data.readers.tables import streamed
from raudit.errors import DataError
from raudit.extras import require

CLOSED = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
    "temp_directory": "",
    "threads": "2",
    "lock_configuration": "true",
}
CATALOG = (
    "SELECT database_name, schema_name, table_name, estimated_size FROM system.main.duckdb_tables() "
    "WHERE NOT internal AND NOT temporary ORDER BY schema_name, table_name"
)
MADE = (
    "SELECT database_name, schema_name, table_name, sql, comment FROM system.main.duckdb_tables()"
)
NOTES = (
    "SELECT comment FROM system.main.duckdb_columns() "
    "WHERE comment IS NOT NULL AND database_name = ? AND schema_name = ? AND table_name = ?"
)
VIEWS = (
    "SELECT database_name, schema_name, view_name FROM system.main.duckdb_views() "
    "WHERE NOT internal AND NOT temporary ORDER BY schema_name, view_name"
)


def tables(path: Path, name: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """Every base table of every schema; a view only if it is asked for by name."""
    duckdb = require("duckdb", extra="engines", purpose="read DuckDB files")
    check_log(path, name)
    try:
        with opened(duckdb, path, options) as db:
            found = db.execute(CATALOG).fetchall()
            views = db.execute(VIEWS).fetchall()
    except duckdb.Error as error:
        got = f"not a DuckDB file that DuckDB {duckdb.__version__} reads"
        raise unreadable(name, got, "write it again with this version, or leave it out") from error
    asked = [(*view, 0) for view in views if options.table in {view[2], f"{view[1]}.{view[2]}"}]
    for database, schema, table, size in (*found, *asked):
        shown = table if schema == "main" else f"{schema}.{table}"
        label = f"{name}:{shown}"
        try:
            place = ".".join(quoted(part) for part in (database, schema, table))
            yield _table(duckdb, path, label, place, shown, int(size or 0), options)
        except DataError as error:
            yield Gap(name=label, because=because(error))
    unread = [view[2] for view in views if (*view, 0) not in asked]
    if unread:
        yield left_out(name, "views", unread)


def check_log(path: Path, name: str) -> None:
    """Refuse a database whose last changes are in its log, which no digest covers."""
    log = path.with_name(path.name + ".wal")
    if log.is_file() and log.stat().st_size:
        raise unfinished(name, log.name, "CHECKPOINT")


def opened_alone(duckdb: Any, path: Path, options: ReadOptions) -> Any:
    """A connection that reads one file and nothing else, within the limits; whoever asks for it closes it."""
    # Less than the process may take, so that DuckDB itself says that memory was what it lacked.
    memory = f"{max(64, int(options.limits.memory_gib * 768))}MB"
    return duckdb.connect(str(path), read_only=True, config={**CLOSED, "memory_limit": memory})


@contextmanager
def opened(duckdb: Any, path: Path, options: ReadOptions) -> Iterator[Any]:
    """Such a connection, for as long as it is needed."""
    with opened_alone(duckdb, path, options) as db:
        yield db


def _table(
    duckdb: Any, path: Path, name: str, place: str, shown: str, size: int, options: ReadOptions
) -> StreamedTable:
    try:
        with opened(duckdb, path, options) as db:
            schema = arrow_reader(db, f"SELECT * FROM {place} LIMIT 0", 1).schema  # noqa: S608 -- quoted
            said = _said(db, place)
    except _errors(duckdb) as error:
        raise unreadable(name, type(error).__name__) from error
    check_columns(name, len(schema), options.limits)

    def batches(tops: list[int], rows: int) -> Iterator[Any]:
        every = schema.names
        chosen = ", ".join(quoted(every[top]) for top in tops)
        try:
            with opened(duckdb, path, options) as db:
                yield from arrow_reader(db, f"SELECT {chosen} FROM {place}", rows)  # noqa: S608 -- quoted
        except DataError:
            raise
        except duckdb.OutOfMemoryException as error:
            most = f"{options.limits.memory_gib:g} GiB"
            raise over_limit(name, "memory_gib", "more memory", most) from error
        except _errors(duckdb) as error:
            raise unreadable(name, f"{type(error).__name__} from DuckDB") from error

    described = {"format": "duckdb", "table": shown}
    table = streamed(
        name, schema, size, batches, limits=options.limits, whole=False, described=described
    )
    return replace(table, beside=said)


def _said(db: Any, place: str) -> tuple[str, ...]:
    """What a database says of a table: comments on it and its columns, defaults, and the values of its types."""
    texts: list[str] = []
    for database, schema, table, sql, comment in db.execute(MADE).fetchall():
        if ".".join(map(quoted, (database, schema, table))) == place:
            texts += [*texts_in_sql([sql or ""]), comment or ""]
            of_columns = db.execute(NOTES, [database, schema, table]).fetchall()
            texts += [str(note) for (note,) in of_columns]
    return tuple(dict.fromkeys(text for text in texts if text.strip()))


def _errors(duckdb: Any) -> tuple[type[Exception], ...]:
    import pyarrow as pa

    return (duckdb.Error, pa.ArrowException, OSError, ValueError, RuntimeError, UnicodeError)


def arrow_reader(db: Any, query: str, rows: int) -> Any:
    """Batches of a query."""
    relation = db.sql(query)
    # DuckDB 1.x calls it otherwise.
    read = (
        relation.to_arrow_reader
        if hasattr(relation, "to_arrow_reader")
        else relation.fetch_arrow_reader
    )
    return read(rows)
