"""Write a redacted copy in another format than the original; values become what that format can hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.errors import DataError
from raudit.scan.copies import Copied
from raudit.scan.redact import Redactors
from raudit.scan.sources import StreamedTable
from raudit.stages.pii.count.as_text import as_strings

if TYPE_CHECKING:
    import pyarrow as pa

OTHER_FORM = "the copy is of another format than the original: nested columns became flat, and redacted ones text"


def convert(data: StreamedTable, out: Path, columns: Redactors) -> Copied:
    """Stream a table into a new file with what was found replaced; the format follows the suffix.

    Raises
    ------
    DataError
        If the file exists, or its format cannot be written.
    """
    if out.exists():
        raise DataError(
            "the output exists already",
            reference="output-exists",
            where=str(out),
            hint="choose another name",
        )
    write = _writer(out)
    copied = Copied()
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("xb") as file:
            put, close = write(file)
            for batch in data.batches(rows=16_384):
                redacted, changed = _redacted(batch, columns)
                put(redacted)
                copied.rows += batch.num_rows
                copied.changed += changed
            close()
        partial.rename(out)
    finally:
        partial.unlink(missing_ok=True)
    copied.notes += data.problems
    copied.converted = OTHER_FORM
    return copied


def _redacted(batch: pa.RecordBatch, columns: Redactors) -> tuple[pa.RecordBatch, int]:
    """A batch with what was found replaced, and in how many cells."""
    import pyarrow as pa

    arrays, changed = [], 0
    for name, given in zip(batch.schema.names, batch.columns, strict=True):
        redactor, t = columns.of(name), pa.types
        column = given.dictionary_decode() if t.is_dictionary(given.type) else given
        typed = t.is_primitive(column.type) or t.is_decimal(column.type)
        if redactor is None or (typed and not redactor.whole):
            arrays.append(column)
        else:
            before = as_strings(column).to_pylist()
            after = redactor.cells(before)
            changed += sum(old != new for old, new in zip(before, after, strict=True))
            arrays.append(pa.array(after, pa.large_string()))
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names), changed


def _writer(out: Path) -> Callable[[Any], tuple[Callable[[Any], None], Callable[[], None]]]:
    match out.suffix.lower():
        case ".csv" | ".tsv":
            return lambda file: _csv(file, "\t" if out.suffix.lower() == ".tsv" else ",")
        case ".jsonl" | ".ndjson":
            return _json_lines
        case ".parquet" | ".pq":
            return _parquet
        case other:
            raise DataError(
                "this format cannot be written",
                reference="data-format",
                where=str(out),
                got=other or "no suffix",
                expected=".csv, .tsv, .jsonl or .parquet",
                hint="name the output with one of these suffixes",
            )


def _csv(file: Any, delimiter: str) -> tuple[Callable[[Any], None], Callable[[], None]]:
    import csv
    import io

    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, delimiter=delimiter)
    started = False

    def put(batch: Any) -> None:
        nonlocal started
        if not started:
            writer.writerow(batch.schema.names)
            started = True
        cells = [as_strings(column).to_pylist() for column in batch.columns]
        writer.writerows(zip(*cells, strict=True))

    def close() -> None:
        text.flush()
        text.detach()

    return put, close


def _json_lines(file: Any) -> tuple[Callable[[Any], None], Callable[[], None]]:
    import json

    def put(batch: Any) -> None:
        for row in batch.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False, default=str).encode("utf-8") + b"\n")

    return put, lambda: None


def _parquet(file: Any) -> tuple[Callable[[Any], None], Callable[[], None]]:
    import pyarrow.parquet as pq

    held: list[Any] = []

    def put(batch: Any) -> None:
        if not held:
            held.append(pq.ParquetWriter(file, batch.schema))
        held[0].write_batch(batch)

    def close() -> None:
        if held:
            held[0].close()

    return put, close
