"""Where tables come from: files, folders, databases and frames, each read as a stream of bounded batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data import ColumnName, Kind, wrap_table
from raudit.errors import DataError
from raudit.stages.pii import texts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_COLUMNS = 20_000
BATCH_BYTES = 64 * 2**20
TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".jsonl", ".ndjson"}
SUFFIXES = TEXT_SUFFIXES | {".parquet", ".pq", ".arrow", ".feather", ".db", ".sqlite", ".sqlite3", ".duckdb"}


NOT_COMPUTED = Sha256("")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedTable:
    """A table that is read in pieces, as often as asked for."""

    name: str
    kinds: Mapping[ColumnName, Kind]
    n_rows: int
    """0 if it is known only after reading."""
    read: Callable[[Sequence[ColumnName], int], Iterator[Any]]
    """Gives record batches of the named columns, with at most so many rows."""
    sha256: Sha256 = NOT_COMPUTED
    """Not computed: a scan alone vouches for nothing."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, in plain words; filled while reading."""

    def batches(self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces."""
        yield from self.read(list(columns) if columns is not None else list(self.kinds), rows)

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        import pyarrow as pa

        frame: pd.DataFrame = pa.Table.from_batches(list(self.batches(columns))).to_pandas(integer_object_nulls=False)
        return frame

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> Any:
        """Not needed by a scan."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that could not be read."""

    name: str
    because: str


def open_source(target: str) -> Iterator[StreamedTable | Gap]:
    """Open a file, a folder of files, or a database URL as one table after another.

    Parameters
    ----------
    target
        A path, or an SQLAlchemy URL such as ``postgresql+psycopg://host/db``.

    Raises
    ------
    DataError
        If the target itself is not there or has an unknown format; inside folders and databases that is a ``Gap``.
    """
    if "://" in target:
        from raudit.stages.pii.databases import sqlalchemy_tables

        yield from sqlalchemy_tables(target)
        return
    path = Path(target)
    if path.is_dir():
        yield from _folder(path)
        return
    if not path.exists():
        raise DataError(
            "there is no such file or folder", reference="data-unreadable", where=target, hint="check the path"
        )
    yield from _file(path, path.name)


def table_of(frame: Any, name: str = "frame") -> Any:
    """A pandas or polars frame, or a pyarrow table, as a data set."""
    return wrap_table(frame, name=name)


def _folder(folder: Path) -> Iterator[StreamedTable | Gap]:
    """Every readable table below a folder; what cannot be read is said and the rest goes on."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in SUFFIXES:
            name = str(path.relative_to(folder))
            try:
                yield from _file(path, name)
            except DataError as error:
                yield Gap(name=name, because=error.message)


def _file(path: Path, name: str) -> Iterator[StreamedTable | Gap]:
    from raudit.stages.pii import databases

    try:
        match path.suffix.lower():
            case ".csv" | ".tsv" | ".txt":
                yield texts.delimited(path, name)
            case ".jsonl" | ".ndjson":
                yield texts.json_lines(path, name)
            case ".parquet" | ".pq":
                yield _parquet(path, name)
            case ".arrow" | ".feather":
                yield _arrow(path, name)
            case ".db" | ".sqlite" | ".sqlite3":
                yield from databases.sqlite_tables(path, name)
            case ".duckdb":
                yield from databases.duckdb_tables(path, name)
            case other:
                raise DataError(
                    "unknown data format",
                    reference="data-format",
                    where=name,
                    got=other or "no suffix",
                    expected=", ".join(sorted(SUFFIXES)),
                    hint="convert the file, or rename it if the suffix is wrong",
                )
    except (OSError, sqlite3.Error, UnicodeError) as error:
        raise unreadable(name, type(error).__name__) from error


def unreadable(name: str, said: str) -> DataError:
    """The file is there and cannot be read; what the library said may quote values and stays out."""
    return DataError(
        "the file cannot be read", reference="data-broken", where=name, got=said, hint="repair it or leave it out"
    )


def too_many_columns(name: str, n: int) -> DataError:
    """A table too wide to scan in bounded time."""
    return DataError(
        "too many columns to scan",
        reference="too-many-columns",
        where=name,
        got=f"{n:,}",
        expected=f"at most {MAX_COLUMNS:,}",
        hint="split the table, or turn it on its side if its columns are really rows",
    )


def kind_of(arrow_type: Any) -> Kind:
    """Kind of an Arrow type."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    tests = (
        (Kind.TEXT, (t.is_string, t.is_large_string, t.is_string_view)),
        (Kind.BOOLEAN, (t.is_boolean,)),
        (Kind.INTEGER, (t.is_integer,)),
        (Kind.NUMBER, (t.is_floating, t.is_decimal)),
        (Kind.TIME, (t.is_temporal,)),
    )
    return next((kind for kind, checks in tests if any(check(arrow_type) for check in checks)), Kind.OTHER)


def _parquet(path: Path, name: str) -> StreamedTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
        meta = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(name, "not a Parquet file") from error
    if len(schema) > MAX_COLUMNS:
        raise too_many_columns(name, len(schema))
    text = [f.name for f in schema if kind_of(f.type) is Kind.TEXT]

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        # Text stays dictionary-encoded while it is decoded, so a small file cannot inflate to gigabytes in one piece.
        inflated = sum(meta.row_group(g).total_byte_size for g in range(meta.num_row_groups))
        per_row = max(1, inflated // max(1, meta.num_rows))
        with pq.ParquetFile(path, read_dictionary=_inflating(meta, text), buffer_size=2**20) as file:
            try:
                yield from file.iter_batches(max(1, min(rows, BATCH_BYTES // per_row)), columns=list(columns))
            except (pa.ArrowException, OSError) as error:
                raise unreadable(name, "broken in the middle") from error

    kinds = {ColumnName(f.name): kind_of(f.type) for f in schema}
    return StreamedTable(name=name, kinds=kinds, n_rows=meta.num_rows, read=read)


def _inflating(meta: Any, text: Sequence[str]) -> list[str]:
    """Text columns with a dictionary page: there one long value can stand for millions of cells."""
    coded = {
        chunk.path_in_schema
        for group in range(meta.num_row_groups)
        for index in range(meta.row_group(group).num_columns)
        if (chunk := meta.row_group(group).column(index)).has_dictionary_page
    }
    return [name for name in text if name in coded]


def _arrow(path: Path, name: str) -> StreamedTable:
    import pyarrow as pa
    import pyarrow.ipc as ipc

    def opened() -> Any:
        source = pa.memory_map(str(path))
        try:
            return ipc.open_file(source)
        except pa.ArrowInvalid:
            return ipc.open_stream(pa.memory_map(str(path)))

    try:
        schema = opened().schema
    except pa.ArrowException as error:
        raise unreadable(name, "not an Arrow file") from error
    if len(schema) > MAX_COLUMNS:
        raise too_many_columns(name, len(schema))

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        reader = opened()
        count = getattr(reader, "num_record_batches", None)
        batches = iter(reader) if count is None else (reader.get_batch(i) for i in range(count))
        try:
            for batch in batches:
                wanted = batch.select(list(columns))
                for start in range(0, wanted.num_rows, rows):
                    yield wanted.slice(start, rows)
        except pa.ArrowException as error:
            raise unreadable(name, "broken in the middle") from error

    kinds = {ColumnName(f.name): kind_of(f.type) for f in schema}
    return StreamedTable(name=name, kinds=kinds, n_rows=0, read=read)
