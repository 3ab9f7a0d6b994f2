"""PostgreSQL: one REPEATABLE READ, READ ONLY transaction and a cursor on the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from raudit.data.databases.table_read import TableRead, TableRequest, failed, quoted_parts
from raudit.errors import DataError, RauditError
from raudit.extras import require

ROWS = 20_000
NUMERIC = 1700
CONNECT_SECONDS = 20


@contextmanager
def open_table(address: str, request: TableRequest) -> Iterator[TableRead]:
    """Open a table, view or query; the password comes from the address, PGPASSWORD or a password file."""
    psycopg: Any = require("psycopg", extra="postgres", purpose="read PostgreSQL")
    try:
        url = address.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as db:
            db.isolation_level, db.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
            statement = request.statement(quoted_parts(request.table or ""))
            columns = db.execute(f"{statement} LIMIT 0").description
            yield TableRead(
                name=request.name,
                batches=_batches(db, statement, columns),
                described={"engine": "postgresql", "isolation": "repeatable read, read only"},
            )
    except RauditError:
        raise
    except (psycopg.Error, ValueError, OverflowError, UnicodeError) as error:
        raise failed("PostgreSQL", error, request.name) from None


def _batches(db: Any, statement: str, columns: Sequence[Any]) -> Iterator[Any]:
    import pyarrow as pa

    types = [_type(column) for column in columns]
    names = [str(column.name) for column in columns]
    schema = pa.schema(
        [(name, kind or pa.large_string()) for name, kind in zip(names, types, strict=True)]
    )
    chosen = ", ".join(
        quoted_name if kind is not None else f"{quoted_name}::text"
        for quoted_name, kind in zip(map(_quoted, names), types, strict=True)
    )
    with db.cursor(name="raudit") as cursor:
        cursor.itersize = ROWS
        cursor.execute(f"SELECT {chosen} FROM ({statement}) AS raudit_typed")  # noqa: S608 -- names are quoted
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
