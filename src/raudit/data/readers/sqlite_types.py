"""Types of SQLite's columns by what their cells hold, since a declared type promises nothing there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from raudit.data.readers.options import Budget
from raudit.data.readers.rows import clean

ASKED_AT_ONCE = 1_000
"""Columns of one question; SQLite gives at most 2,000."""
FETCHED = 5_000
BLOCK = 32 * 2**20
"""Bytes of text after which a batch is full."""
WHOLE, FRACTION, TEXT = 1, 2, 3

Form = Callable[[Any], Any]


def types_of(db: sqlite3.Connection, rows: str, names: Sequence[str]) -> list[Any]:
    """Arrow type of each column: whole numbers if every cell is one, fractions if every cell is a number, else text.

    Parameters
    ----------
    db
        The database.
    rows
        A quoted table, or a statement in brackets.
    names
        Its columns.
    """
    found: list[Any] = []
    for first in range(0, len(names), ASKED_AT_ONCE):
        asked = ", ".join(
            f"max(CASE typeof({quoted(name)}) WHEN 'null' THEN 0 WHEN 'integer' THEN {WHOLE} "
            f"WHEN 'real' THEN {FRACTION} ELSE {TEXT} END)"
            for name in names[first : first + ASKED_AT_ONCE]
        )
        kinds = {WHOLE: pa.int64(), FRACTION: pa.float64()}
        answer = db.execute(f"SELECT {asked} FROM {rows}").fetchone()  # noqa: S608 -- names are quoted
        found += [kinds.get(most, pa.large_string()) for most in answer]
    return found


def typed_batches(
    cursor: sqlite3.Cursor, schema: pa.Schema, most: int, budget: Budget
) -> Iterator[pa.RecordBatch]:
    """The rows of a cursor in batches of at most so many rows.

    Raises
    ------
    DataError
        If they take more than the budget.
    """
    forms = [_form(kind) for kind in schema.types]
    held: list[Sequence[Any]] = []
    weight = 0
    while rows := cursor.fetchmany(min(most, FETCHED)):
        for row in rows:
            held.append(row)
            weight += sum(len(cell) if isinstance(cell, (str, bytes)) else 8 for cell in row)
            if len(held) >= most or weight > BLOCK:
                yield _batch(held, forms, schema, weight, budget)
                held, weight = [], 0
    if held:
        yield _batch(held, forms, schema, weight, budget)


def _batch(
    rows: Sequence[Sequence[Any]],
    forms: Sequence[Form],
    schema: pa.Schema,
    weight: int,
    budget: Budget,
) -> pa.RecordBatch:
    budget.take(len(rows), len(schema), weight)
    arrays = [
        pa.array([form(cell) for cell in cells], kind)
        for form, kind, cells in zip(forms, schema.types, zip(*rows, strict=True), strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _form(kind: Any) -> Form:
    if pa.types.is_large_string(kind):
        return text
    return _number if pa.types.is_floating(kind) else _same


def _same(cell: Any) -> Any:
    return cell


def _number(cell: Any) -> float | None:
    return None if cell is None else float(cell)


def text(cell: Any) -> str | None:
    """A cell of any type as text."""
    if cell is None:
        return None
    if isinstance(cell, (bytes, memoryview)):
        return bytes(cell).decode("utf-8", "replace")
    return clean(str(cell))


def quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
