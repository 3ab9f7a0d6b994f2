"""Parquet, Arrow and Feather files, in pieces; whatever they claim is checked before it is used.

One wrong offset in an Arrow file makes a library read memory that is not its own, so every batch is validated in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from raudit.data.readers.options import ReadOptions, check_columns, over_limit
from raudit.data.readers.source import Gap, StreamedTable, unreadable
from raudit.data.readers.tables import streamed
from raudit.errors import DataError

KNOWN = re.compile(
    rb"(pandas|r|geo|ARROW:.*|PARQUET:.*|org\.apache\.spark\..*|org\.apache\.arrow\..*|"
    rb"parquet\.avro\.schema|avro\.schema|writer\.model\.name|writer\.time\.zone|iceberg\..*|delta\..*|"
    rb"huggingface|polars.*|DuckDB.*)"
)
"""Keys under which programs write down types and versions, and nothing that a person wrote."""
BATCH_BYTES = 64 * 2**20
BATCH_ROWS = 8192
MAX_FOOTER = 64 * 2**20


def parquet_file(path: Path, name: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """The table of a Parquet file, and what stands beside its rows."""
    import pyarrow.parquet as pq

    yield parquet(path, name, options)
    yield from _beside_rows(name, pq.read_schema(path))


def arrow_file(path: Path, name: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """The table of an Arrow or Feather file, or of a stream of Arrow batches, and what stands beside its rows."""
    yield arrow(path, name, options)
    yield from _beside_rows(name, _opened(path).schema)


def _beside_rows(name: str, schema: Any) -> Iterator[Gap]:
    """Count the notes in a schema: an author or a description may name somebody, and no column holds it."""
    noted: list[Mapping[bytes, bytes]] = [schema.metadata or {}]
    noted += [field.metadata or {} for field in schema]
    count = sum(not KNOWN.fullmatch(key) for notes in noted for key in notes)
    if count:
        notes = "1 note" if count == 1 else f"{count:,} notes"
        because = f"parts of the file that are not read: {notes} beside the rows, in its metadata"
        yield Gap(name=name, because=because, offered=True)


def parquet(path: Path, name: str, options: ReadOptions) -> StreamedTable:
    """A Parquet file."""
    schema, n_rows, batches = _parquet(path, name, options)
    described = {"format": "parquet"}
    return streamed(
        name, schema, n_rows, batches, limits=options.limits, whole=False, described=described
    )


def parquet_batches(path: Path, name: str, options: ReadOptions) -> Iterator[Any]:
    """Batches of all columns of a Parquet file as they are, each checked."""
    schema, _n_rows, batches = _parquet(path, name, options)
    yield from batches(list(range(len(schema.names))), BATCH_ROWS)


Batches = Callable[[list[int], int], Iterator[Any]]


def _parquet(path: Path, name: str, options: ReadOptions) -> tuple[Any, int, Batches]:
    """Schema, number of rows, and what gives batches of some columns."""
    import pyarrow.parquet as pq

    _check_footer(path, name)
    try:
        schema = pq.read_schema(path)
        meta = pq.read_metadata(path)
        check_columns(name, meta.num_columns, options.limits)
        inflated = sum(meta.row_group(g).total_byte_size for g in range(meta.num_row_groups))
        dictionaries = _inflating(meta)
    except DataError:
        raise
    except _errors() as error:
        got = "not a Parquet file, or its footer is broken"
        if "deeply nested" in str(error):
            got = "lists or fields that are nested deeper than they are read"
        raise unreadable(name, got) from error
    every = schema.names  # made anew each time that it is asked for
    doubled = len(set(every)) < len(every)
    per_row = max(1, inflated // max(1, meta.num_rows))

    def batches(tops: list[int], rows: int) -> Iterator[Any]:
        # Text stays dictionary-encoded while it is decoded, so a small file cannot inflate to gigabytes in one piece.
        try:
            with pq.ParquetFile(path, read_dictionary=dictionaries, buffer_size=2**20) as file:
                names = None if doubled else [every[top] for top in tops]
                at_once = max(1, min(rows, BATCH_BYTES // per_row))
                # One group after another: a dictionary inside a list or struct cannot be read across two of them.
                for group in range(file.num_row_groups):
                    for batch in file.iter_batches(at_once, row_groups=[group], columns=names):
                        yield checked(batch.select(names if names is not None else tops), name)
        except DataError:
            raise
        except _errors() as error:
            raise unreadable(name, "broken in the middle") from error

    return schema, meta.num_rows, batches


def _check_footer(path: Path, name: str) -> None:
    """The footer lists every column of every row group; its length stands in the last eight bytes."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(0, end - 8))
        footer, mark = int.from_bytes(file.read(4), "little"), file.read(4)
    if mark == b"PARE":
        raise unreadable(name, "an encrypted Parquet file", "decrypt it, or leave it out")
    if MAX_FOOTER < footer < end:
        got = f"a directory of {footer / 2**20:,.0f} MB"
        raise over_limit(name, "columns", got, f"{MAX_FOOTER / 2**20:,.0f} MB of column chunks")


def _inflating(meta: Any) -> list[str]:
    """Text columns with a dictionary page: there one long value can stand for millions of cells."""
    chunks = (
        meta.row_group(group).column(index)
        for group in range(meta.num_row_groups)
        for index in range(meta.row_group(group).num_columns)
    )
    return sorted(
        {
            chunk.path_in_schema
            for chunk in chunks
            if chunk.has_dictionary_page and chunk.physical_type == "BYTE_ARRAY"
        }
    )


def _opened(path: Path) -> Any:
    """A reader of Arrow batches."""
    import pyarrow as pa
    import pyarrow.ipc as ipc

    try:
        return ipc.open_file(pa.OSFile(str(path)))
    except pa.ArrowInvalid:
        return ipc.open_stream(pa.OSFile(str(path)))


def arrow(path: Path, name: str, options: ReadOptions) -> StreamedTable:
    """An Arrow or Feather file, or a stream of Arrow batches."""
    try:
        schema = _opened(path).schema
    except _errors() as error:
        raise unreadable(name, "not an Arrow file") from error

    def batches(_tops: list[int], rows: int) -> Iterator[Any]:
        try:
            reader = _opened(path)
            count = getattr(reader, "num_record_batches", None)
            found = iter(reader) if count is None else (reader.get_batch(i) for i in range(count))
            for batch in found:
                checked(batch, name)
                for start in range(0, batch.num_rows, rows):
                    yield batch.slice(start, rows)
        except DataError:
            raise
        except _errors() as error:
            raise unreadable(name, "broken in the middle") from error

    return streamed(name, schema, 0, batches, limits=options.limits, described={"format": "arrow"})


def checked(batch: Any, name: str) -> Any:
    """The batch, if no offset, index or length in it leads outside.

    Raises
    ------
    DataError
        If one does.
    """
    import pyarrow as pa

    for place, column in enumerate(batch.columns, 1):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            # The validator stops at text that is not UTF-8, which harms nobody and may hide an offset that does.
            if not _only_text(column):
                got = f"column {place} holds offsets or indices that lead outside its data"
                raise unreadable(name, got, "write the file again from its source") from error
    return batch


def _only_text(column: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    try:
        rows = len(column)
    except SystemError:  # a length below 0
        return False
    if types.is_dictionary(column.type):
        shape_alone = pa.DictionaryArray.from_arrays
        if not _only_text(column.dictionary):
            return False
        try:
            shape_alone(column.indices, pa.nulls(len(column.dictionary)), safe=True)
        except pa.ArrowException:
            return False
        return True
    if not (types.is_string(column.type) or types.is_large_string(column.type)):
        return False
    bare = pa.binary() if types.is_string(column.type) else pa.large_binary()
    try:
        same = pa.Array.from_buffers(bare, rows, column.buffers(), offset=column.offset)
        same.validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _errors() -> tuple[type[Exception], ...]:
    """Everything that pyarrow raises for bytes that are not what they claim to be."""
    import pyarrow as pa

    return (
        pa.ArrowException,
        OSError,
        ValueError,
        OverflowError,
        IndexError,
        KeyError,
        TypeError,
        MemoryError,
    )
