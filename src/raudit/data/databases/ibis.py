"""Warehouses and other databases through Ibis; of DuckDB's batches Ibis does not know the new name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from raudit.data.databases.table_read import TableRead, TableRequest, failed
from raudit.data.readers.duckdb_files import arrow_reader
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.tables import streamed
from raudit.errors import RauditError
from raudit.extras import require

ROWS = 65_536
CLOSED = ("autoinstall_known_extensions", "autoload_known_extensions")


@contextmanager
def open_table(address: str, request: TableRequest, options: ReadOptions) -> Iterator[TableRead]:
    """Open a table or query of whatever Ibis connects to."""
    ibis: Any = require("ibis", extra="warehouse", purpose="read warehouses")
    try:
        connection = ibis.connect(address)
        try:
            if connection.name == "duckdb":
                for setting in CLOSED:
                    connection.raw_sql(f"SET {setting} = false").fetchall()
            expression = _expression(connection, request)
            schema = expression.schema().to_pyarrow()
            batches = _reader(connection, ibis, expression)
            table = streamed(
                request.name, schema, 0, lambda _tops, rows: batches(rows), limits=options.limits
            )
            described = {"engine": "ibis", "backend": str(connection.name)}
            yield TableRead(
                name=request.name, batches=table.batches(rows=ROWS), described=described
            )
        finally:
            connection.disconnect()
    except RauditError:
        raise
    except Exception as error:  # noqa: BLE001 -- every backend raises errors of its own
        raise failed("Ibis", error, request.name) from None


def _expression(connection: Any, request: TableRequest) -> Any:
    if request.query is not None:
        return connection.sql(request.query.strip().rstrip(";"))
    *schema, table = str(request.table).split(".")
    return connection.table(table, database=".".join(schema)) if schema else connection.table(table)


def _reader(connection: Any, ibis: Any, expression: Any) -> Any:
    def batches(rows: int) -> Iterator[Any]:
        if connection.name == "duckdb":
            yield from arrow_reader(
                connection.con, str(ibis.to_sql(expression, dialect="duckdb")), rows
            )
        else:
            yield from expression.to_pyarrow_batches(chunk_size=rows)

    return batches
