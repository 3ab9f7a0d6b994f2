"""PostgreSQL: one REPEATABLE READ, READ ONLY transaction and a cursor on the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from raudit.data.databases.table_read import TableRead, TableRequest, failed, quoted_parts
from raudit.errors import DataError, RauditError
from raudit.extras import require

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 20_000
NUMERIC = 1700
CONNECT_SECONDS = 20


@contextmanager
def open_table(address: str, request: TableRequest) -> Iterator[TableRead]:
    """Open a table, view or query; the password comes from the address, PGPASSWORD or a password file."""
    psycopg: Any = require("psycopg", extra="postgres", purpose="read PostgreSQL")
    try:
        with connected(address) as db:
            statement, schema = typed(db, request)
            yield TableRead(
                name=request.name,
                batches=_batches(db, statement, schema),
                described={"engine": "postgresql", "isolation": "repeatable read, read only"},
            )
    except RauditError:
        raise
    except (psycopg.Error, ValueError, OverflowError, UnicodeError) as error:
        raise failed("PostgreSQL", error, request.name) from None


def connected(address: str) -> Any:
    """A connection whose first statement begins the one transaction in which everything is read."""
    psycopg: Any = require("psycopg", extra="postgres", purpose="read PostgreSQL")
    url = address.replace("postgresql+psycopg://", "postgresql://", 1)
    db = psycopg.connect(url, connect_timeout=CONNECT_SECONDS)
    db.isolation_level, db.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    return db


def typed(db: Any, request: TableRequest) -> tuple[str, pa.Schema]:
    """The statement that gives the rows, and their Arrow types: what Arrow has no type for is read as text."""
    import pyarrow as pa

    rows = request.statement(quoted_parts(request.table or ""))
    columns = db.execute(f"{rows} LIMIT 0").description
    types = [_type(column) for column in columns]
    names = [str(column.name) for column in columns]
    chosen = ", ".join(
        _quoted(name) if kind is not None else f"{_quoted(name)}::text AS {_quoted(name)}"
        for name, kind in zip(names, types, strict=True)
    )
    schema = pa.schema(
        [(name, kind or pa.large_string()) for name, kind in zip(names, types, strict=True)]
    )
    return f"SELECT {chosen} FROM ({rows}) AS raudit_typed", schema  # noqa: S608 -- names are quoted


def _batches(db: Any, statement: str, schema: pa.Schema) -> Iterator[Any]:
    import pyarrow as pa

    with db.cursor(name="raudit") as cursor:
        cursor.itersize = ROWS
        cursor.execute(statement)
        while rows := cursor.fetchmany(ROWS):
            cells = zip(*rows, strict=True)
            arrays = [
                pa.array(list(column), field.type)
                for column, field in zip(cells, schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    yield pa.RecordBatch.from_pylist([], schema=schema)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(column: Any) -> Any:
    """Arrow type of a column, or None for what is read as text."""
    import pyarrow as pa

    # Numbers of PostgreSQL's own catalog of types, the same on every server.
    known = {
        16: pa.bool_(),
        20: pa.int64(),
        21: pa.int64(),
        23: pa.int64(),
        700: pa.float32(),
        701: pa.float64(),
        1082: pa.date32(),
        1083: pa.time64("us"),
        1114: pa.timestamp("us"),
        1184: pa.timestamp("us", "UTC"),
    }
    if column.type_code != NUMERIC:
        return known.get(column.type_code)
    if (
        column.precision is None
        or column.precision > 38
        or column.scale is None
        or column.scale < 0
    ):
        raise DataError(
            f"the column {column.name!r} is numeric without a fixed scale",
            reference="numeric-unbounded",
            where="PostgreSQL",
            hint="cast it in data.query, such as amount::numeric(20, 4) or amount::double precision",
        )
    return pa.decimal128(column.precision, column.scale)
