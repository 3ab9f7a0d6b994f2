"""DuckDB files: opened for reading, with no way to other files, addresses or extensions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raudit.data.databases.table_read import TableRequest, failed, quoted_parts
from raudit.data.readers.duckdb_files import arrow_reader, check_log, opened
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.source import StreamedTable
from raudit.data.readers.tables import streamed
from raudit.errors import RauditError
from raudit.extras import require


def tables(
    path: Path, name: str, options: ReadOptions, *, request: TableRequest
) -> Iterator[StreamedTable]:
    """A table, view or query of a DuckDB file; all of it from one connection, in a reader's own process."""
    duckdb = require("duckdb", extra="engines", purpose="read DuckDB files")
    check_log(path, name)
    try:
        with opened(duckdb, path, options) as db:
            statement = request.statement(quoted_parts(request.table or ""))
            schema = arrow_reader(db, f"{statement} LIMIT 0", 1).schema
    except RauditError:
        raise
    except Exception as error:
        raise failed("DuckDB", error, request.name) from error

    def batches(_tops: list[int], rows: int) -> Iterator[Any]:
        try:
            with opened(duckdb, path, options) as db:
                yield from arrow_reader(db, statement, rows)
        except RauditError:
            raise
        except Exception as error:
            raise failed("DuckDB", error, request.name) from error

    yield streamed(request.name, schema, 0, batches, limits=options.limits)
