"""Tables of whatever SQLAlchemy reaches; the password in the address is never printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.options import Budget, ReadOptions, check_columns
from raudit.data.readers.rows import as_batches
from raudit.data.readers.source import Gap, StreamedTable, unreadable
from raudit.data.readers.sqlite_files import left_out
from raudit.data.readers.sqlite_types import text
from raudit.errors import DataError
from raudit.extras import require

OWN = {"information_schema", "pg_catalog", "pg_toast", "sys", "performance_schema", "mysql"}
"""Schemas that a database keeps about itself."""


def tables(url: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """Every table of every schema that a database shows; a view only if it is asked for by name."""
    alchemy: Any = require("sqlalchemy", extra="postgres", purpose="read databases")
    try:
        engine = alchemy.create_engine(url)
        shown = engine.url.render_as_string(hide_password=True)
        inspector = alchemy.inspect(engine)
        usual = inspector.default_schema_name
        schemas = [
            s for s in inspector.get_schema_names() if s not in OWN and not s.startswith("pg_")
        ]
        found = [
            (s, t) for s in sorted(schemas) for t in sorted(inspector.get_table_names(schema=s))
        ]
        views = [
            (s, v) for s in sorted(schemas) for v in sorted(inspector.get_view_names(schema=s))
        ]
        asked = [(s, v) for s, v in views if options.table in {v, f"{s}.{v}"}]
        columns = {
            (s, t): [str(c["name"]) for c in inspector.get_columns(t, schema=s)]
            for s, t in (*found, *asked)
        }
    except (alchemy.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise DataError(
            "the database cannot be read",
            reference="database",
            got=type(error).__name__,
            hint="check host, database, user and password, and that the driver is installed",
        ) from error
    for (schema, table), names in columns.items():
        title = table if schema == usual else f"{schema}.{table}"
        label = f"{shown}:{title}"
        check_columns(label, len(names), options.limits)
        yield StreamedTable(
            name=label,
            kinds={ColumnName(name): Kind.TEXT for name in names},
            n_rows=0,
            read=_reader(alchemy, engine, schema, table, label, options),
            header=tuple(names),
            limits=options.limits,
            described={"format": "database", "table": title},
        )
    unread = [view for schema, view in views if (schema, view) not in asked]
    if unread:
        yield left_out(shown, "views", unread)


def _reader(
    alchemy: Any, engine: Any, schema: str, table: str, label: str, options: ReadOptions
) -> Any:
    def read(wanted: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        columns = [alchemy.column(str(name)) for name in wanted]
        query = alchemy.select(*columns).select_from(alchemy.table(table, *columns, schema=schema))
        try:
            with engine.connect().execution_options(stream_results=True) as connection:
                cells = _rows(connection.execute(query))
                yield from as_batches(cells, wanted, rows, Budget(label, options.limits))
        except alchemy.exc.SQLAlchemyError as error:
            raise unreadable(label, type(error).__name__) from error

    return read


def _rows(cursor: Any) -> Iterator[list[str | None]]:
    while rows := cursor.fetchmany(5_000):
        for row in rows:
            yield [text(cell) for cell in row]
