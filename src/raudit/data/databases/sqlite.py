"""SQLite: one read transaction, types by what the cells hold, since a declared type promises nothing there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from raudit.data.databases.table_read import TableRead, TableRequest, failed
from raudit.data.readers.sqlite_files import only_reading, opened_read_only, quoted

ROWS = 65_536


@contextmanager
def open_table(path: Path, request: TableRequest) -> Iterator[TableRead]:
    """Open a table, view or query of an SQLite file."""
    try:
        with closing(opened_read_only(path)) as db:
            db.isolation_level = None
            db.execute("BEGIN")  # types and rows from one state
            db.set_authorizer(only_reading)
            statement = request.statement(_table_name(request))
            names = [str(column[0]) for column in db.execute(f"{statement} LIMIT 0").description]
            yield TableRead(
                name=request.name,
                batches=_batches(db, statement, names),
                described={"engine": "sqlite"},
            )
    except sqlite3.Error as error:
        raise failed("SQLite", error, request.name) from None


def _table_name(request: TableRequest) -> str:
    return quoted(request.table) if request.table is not None else ""


def _batches(db: sqlite3.Connection, statement: str, names: Sequence[str]) -> Iterator[Any]:
    import pyarrow as pa

    types = _types(db, statement, names)
    schema = pa.schema(list(zip(names, types, strict=True)))
    cursor = db.execute(statement)
    while rows := cursor.fetchmany(ROWS):
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(list(map(_form(kind), cells)), kind)
            for kind, cells in zip(types, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    yield pa.RecordBatch.from_pylist([], schema=schema)


def _types(db: sqlite3.Connection, statement: str, names: Sequence[str]) -> list[Any]:
    """Whole numbers if every cell is one, fractions if every cell is a number, else text."""
    import pyarrow as pa

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


def _form(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_large_string(kind):
        return _text
    return _number if pa.types.is_floating(kind) else _same


def _same(cell: Any) -> Any:
    return cell


def _number(cell: Any) -> float | None:
    return None if cell is None else float(cell)


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
