"""Tables of a record cut to a page, and in full as CSV."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Callable
from typing import Any

from raudit.record import Column, Figure, StageRecord, Table
from raudit.report.numbers import Numbers, exact
from raudit.report.views import Cell, ColumnView, TableView

NUMERIC = frozenset({"count", "proportion", "points", "number", "p_value", "interval"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\x00")


def attachment_name(stage: str, table: str) -> str:
    """Name of the attached CSV file of a table: letters, digits and dashes only."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{stage}--{table}".lower()).strip("-")[:80]
    return f"table-{slug or 'unnamed'}.csv"


def view_table(
    table: Table,
    *,
    stage: str,
    numbers: Numbers,
    max_rows: int,
    max_columns: int,
    attachment: str = "",
) -> TableView:
    """Write out the part of a table that fits."""
    columns = table.columns[:max_columns]
    writers = _writers(table, numbers)
    return TableView(
        anchor=f"t-{slug(stage)}-{slug(table.id)}",
        title=table.title,
        caption=table.caption,
        columns=tuple(
            ColumnView(label=column.label, kind=column.kind, numeric=column.kind in NUMERIC)
            for column in columns
        ),
        rows=tuple(
            tuple(
                _cell(row.get(column.key), column.kind, write)
                for column, write in zip(columns, writers, strict=False)
            )
            for row in table.rows[:max_rows]
        ),
        total_rows=len(table.rows),
        total_columns=len(table.columns),
        attachment=attachment or attachment_name(stage, table.id),
    )


def slug(text: str) -> str:
    """Turn a name into something an anchor may hold."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "unnamed"


def _writers(table: Table, numbers: Numbers) -> list[Callable[[object], str]]:
    """How each column is written; an interval in the manner of the estimate before it."""
    made: list[Callable[[object], str]] = []
    estimate = ""
    for column in table.columns:
        if column.kind == "interval":
            made.append(functools.partial(numbers.interval, kind=estimate))
        elif column.kind == "number":
            made.append(numbers.column([row.get(column.key) for row in table.rows]))
        else:
            made.append(functools.partial(numbers.cell, kind=column.kind))
        if column.kind in ("proportion", "points", "number"):
            estimate = column.kind
    return made


def _cell(value: object, kind: str, write: Callable[[object], str]) -> Cell:
    status = (
        str(value) if kind == "status" and value in {"passed", "failed", "indeterminate"} else ""
    )
    return Cell(text=write(value), sort=_sort_key(value), status=status)


def _sort_key(value: object) -> str:
    match value:
        case bool():
            return str(int(value))
        case int() | float():
            return exact(value)
        case [first, *_]:
            return _sort_key(first)
        case None:
            return ""
        case _:
            return str(value)


def figure_table(figure: Figure, stage: str) -> Table:
    """Turn a figure's data into a table, for kinds that nobody can draw."""
    rows: Any = next((v for v in figure.data.values() if isinstance(v, list | tuple) and v), ())
    objects = [row if isinstance(row, dict) else {"value": row} for row in rows]
    keys = list(dict.fromkeys(str(key) for row in objects for key in row))
    return Table(
        id=f"figure-{figure.id}",
        title=figure.title,
        columns=tuple(Column(key=key, label=key) for key in keys),
        rows=tuple({str(k): v for k, v in row.items()} for row in objects),
        caption=figure.caption or stage,
    )


def table_csv(table: Table) -> bytes:
    """Write a whole table as CSV (RFC 4180), numbers exactly as in the record.

    A text that a spreadsheet would run as a formula is preceded by an apostrophe (OWASP ASVS 5.0, 1.2.10).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_safe(column.key) for column in table.columns])
    for row in table.rows:
        writer.writerow([_written(row.get(column.key)) for column in table.columns])
    return out.getvalue().encode()


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return exact(value)
        case str():
            return _safe(value)
        case list() | tuple():
            return "; ".join(_written(item) for item in value)
        case _:
            return _safe(str(value))


def _safe(text: str) -> str:
    guarded = f"'{text}" if text.startswith(_FORMULA) else text
    return guarded.replace("\x00", "␀")


def stage_tables(stage: StageRecord) -> dict[str, bytes]:
    """All tables of a stage as files, by name; a name that occurs twice gets a number."""
    files: dict[str, bytes] = {}
    for table in stage.tables:
        name = attachment_name(stage.name, table.id)
        counter = 2
        while name in files:
            name = name.replace(".csv", f"-{counter}.csv")
            counter += 1
        files[name] = table_csv(table)
    return files
