"""SQLite: one read transaction; types by what the cells hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from raudit.data.databases.table_read import TableRequest, failed
from raudit.data.readers.options import Budget, ReadOptions
from raudit.data.readers.source import StreamedTable
from raudit.data.readers.sqlite_files import check_alone, only_reading, opened_read_only
from raudit.data.readers.sqlite_types import quoted, typed_batches, types_of
from raudit.data.readers.tables import streamed


def tables(
    path: Path, name: str, options: ReadOptions, *, request: TableRequest
) -> Iterator[StreamedTable]:
    """A table, view or query of an SQLite file, in a reader's own process; the file itself does not change."""
    check_alone(path, name)
    statement = request.statement(_table_name(request))
    try:
        with _opened(path) as db:
            names = [str(column[0]) for column in db.execute(f"{statement} LIMIT 0").description]
            kinds = types_of(db, f"({statement})", names)
            schema = pa.schema(list(zip(names, kinds, strict=True)))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise failed("SQLite", error, request.name) from error

    def batches(_tops: list[int], rows: int) -> Iterator[Any]:
        try:
            with _opened(path) as db:
                budget = Budget(request.name, options.limits)
                yield from typed_batches(db.execute(statement), schema, rows, budget)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise failed("SQLite", error, request.name) from error

    yield streamed(request.name, schema, 0, batches, limits=options.limits)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(opened_read_only(path)) as db:
        db.set_authorizer(only_reading)
        yield db


def _table_name(request: TableRequest) -> str:
    return quoted(request.table) if request.table is not None else ""
