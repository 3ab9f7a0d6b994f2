"""Recorded turns that a large native library reads: Parquet and SQLite, each file in a process of its own.

A row comes from there as JSON, with its place and, where it could not be read, the reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from raudit.data.readers import Gap, ReadOptions, StreamedTable
from raudit.data.readers.isolated import isolated
from raudit.data.readers.reader_task import ReaderTask, native_task
from raudit.data.readers.source import unreadable
from raudit.plan.schema import DataLimits
from raudit.printable import printable
from raudit.turns.front import refused

Told = tuple[int, Any, str]
"""Place of a row, the row, and why it could not be read; empty where it could."""
COLUMN = "row"
NO_TEXT = "text that is not UTF-8"
PIECE = 16 * 2**20
"""Characters of rows that are sent at once."""


def rows_alone(path: Path, opener: str, limits: DataLimits) -> Iterator[Told]:
    """Rows of a file, read by an opener in a process of its own.

    Parameters
    ----------
    path
        The file.
    opener
        ``module:function`` that gives ``told_rows``.
    limits
        What reading the file may take.

    Raises
    ------
    DataError
        If the file cannot be read, or takes more than it may.
    """
    task = ReaderTask(
        opener=opener,
        path=path.resolve(),
        name=printable(path.name),
        options=ReadOptions(limits=limits),
    )
    for table in isolated(task):
        if isinstance(table, StreamedTable):
            for batch in table.batches():
                for text in batch.column(0).to_pylist():
                    place, row, reason = json.loads(text)
                    yield int(place), row, str(reason)


def tables_alone(path: Path, limits: DataLimits) -> set[str]:
    """Names of the tables of an SQLite file that can be read.

    Raises
    ------
    DataError
        If the file cannot be read, or takes more than it may.
    """
    task = native_task("sqlite", path, printable(path.name), ReadOptions(limits=limits))
    return {
        str(found.described.get("table")) for found in isolated(task) if not isinstance(found, Gap)
    }


def told_rows(name: str, options: ReadOptions, rows: Callable[[], Iterator[Told]]) -> StreamedTable:
    """Rows as a table of one text, for ``rows_alone``."""
    import pyarrow as pa

    from raudit.data.readers.tables import streamed

    def batches(_tops: list[int], most: int) -> Iterator[Any]:
        texts: list[str] = []
        size = 0
        for told in rows():
            texts.append(json.dumps(told, default=_as_json))
            size += len(texts[-1])
            if len(texts) >= most or size > PIECE:
                yield pa.record_batch([pa.array(texts, pa.large_string())], names=[COLUMN])
                texts, size = [], 0
        if texts:
            yield pa.record_batch([pa.array(texts, pa.large_string())], names=[COLUMN])

    schema = pa.schema([(COLUMN, pa.large_string())])
    return streamed(name, schema, 0, batches, limits=options.limits)


def _as_json(value: object) -> str:
    """What JSON has no form for, such as a time or bytes, as text."""
    return str(value)


def parquet_rows(path: Path, name: str, options: ReadOptions) -> StreamedTable:
    """Turns of a Parquet file; runs in the reader's own process."""

    def rows() -> Iterator[Told]:
        try:
            yield from _parquet_rows(path, name, options)
        except UnicodeDecodeError as error:
            raise unreadable(name, "names of fields that are not UTF-8") from error

    return told_rows(name, options, rows)


def _parquet_rows(path: Path, name: str, options: ReadOptions) -> Iterator[Told]:
    from raudit.data.python_values import in_python
    from raudit.data.readers.arrow_files import parquet_batches

    start = 1
    for batch in parquet_batches(path, name, options):
        names = batch.schema.names
        if len(set(names)) < len(names):
            raise refused(path, "turns-columns", "a column name twice", "rename the columns")
        broken = [set(_no_text(column)) for column in batch.columns]
        columns = [
            [
                None if at in no_text else in_python(column.slice(at, 1))[0]
                for at in range(len(column))
            ]
            if no_text
            else in_python(column)
            for column, no_text in zip(batch.columns, broken, strict=True)
        ]
        bad = set().union(*broken)
        for place, values in enumerate(zip(*columns, strict=True)):
            row = {n: v for n, v in zip(names, values, strict=True) if v is not None}
            yield (start + place, *((None, NO_TEXT) if place in bad else (row, "")))
        start += batch.num_rows


def _no_text(column: Any) -> Iterator[int]:
    """Places of values whose text is not UTF-8; nothing else is wrong with a batch that was checked."""
    import pyarrow as pa

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        for place, value in enumerate(column):
            try:
                value.as_py()
            except UnicodeDecodeError:
                yield place
            except (OverflowError, ValueError):  # a time of no calendar
                continue
