"""DuckDB files: opened for reading, with no way to other files, addresses or extensions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from raudit.data.databases.table_read import TableRead, TableRequest, failed, quoted_parts
from raudit.data.readers.duckdb_files import arrow_reader, opened
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.tables import streamed
from raudit.errors import RauditError
from raudit.extras import require

ROWS = 65_536


@contextmanager
def open_table(path: Path, request: TableRequest, options: ReadOptions) -> Iterator[TableRead]:
    """Open a table, view or query of a DuckDB file."""
    duckdb = require("duckdb", extra="engines", purpose="read DuckDB files")
    try:
        with opened(duckdb, path, options) as db:
            statement = request.statement(quoted_parts(request.table or ""))
            schema = arrow_reader(db, f"{statement} LIMIT 0", 1).schema

            def batches(_tops: list[int], rows: int) -> Iterator[Any]:
                yield from arrow_reader(db, statement, rows)

            table = streamed(request.name, schema, 0, batches, limits=options.limits)
            yield TableRead(
                name=request.name, batches=table.batches(rows=ROWS), described={"engine": "duckdb"}
            )
    except RauditError:
        raise
    except Exception as error:  # noqa: BLE001 -- DuckDB raises its own, Arrow's and Python's errors
        raise failed("DuckDB", error, request.name) from None
