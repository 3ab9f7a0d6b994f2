"""SQLite: one read transaction, types by what the cells hold, since a declared type promises nothing there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from raudit.data.databases.table_read import TableRequest, failed
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.source import StreamedTable
from raudit.data.readers.sqlite_files import (
    check_alone,
    only_reading,
    opened_read_only,
    quoted,
)
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
            schema = pa.schema(list(zip(names, _types(db, statement, names), strict=True)))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise failed("SQLite", error, request.name) from error

    def batches(_tops: list[int], rows: int) -> Iterator[Any]:
        try:
            with _opened(path) as db:
                yield from _batches(db.execute(statement), schema, rows)
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


def _batches(cursor: sqlite3.Cursor, schema: pa.Schema, n: int) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(n):
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(list(map(_form(kind), cells)), kind)
            for kind, cells in zip(schema.types, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _types(db: sqlite3.Connection, statement: str, names: Sequence[str]) -> list[Any]:
    """Whole numbers if every cell is one, fractions if every cell is a number, else text."""
    holds = {"text": "('text', 'blob')", "real": "('real')", "integer": "('integer')"}
    asked = ", ".join(
        f"max(typeof({quoted(name)}) IN {kinds})" for name in names for kinds in holds.values()
    )
    answer = db.execute(f"SELECT {asked} FROM ({statement})").fetchone()  # noqa: S608 -- names are quoted
    found = []
    for texts, fractions, whole in zip(
        *(answer[place :: len(holds)] for place in range(len(holds))), strict=True
    ):
        number = pa.float64() if fractions else pa.int64()
        found.append(number if (fractions or whole) and not texts else pa.large_string())
    return found


def _form(kind: object) -> Any:
    if pa.types.is_large_string(kind):
        return _text
    return _number if pa.types.is_floating(kind) else _same


def _same(cell: object) -> Any:
    return cell


def _number(cell: Any) -> float | None:
    return None if cell is None else float(cell)


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
