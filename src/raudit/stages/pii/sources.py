"""Where tables come from: files, folders, databases and frames, each read as a stream of bounded batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data import ColumnName, Kind
from raudit.errors import DataError
from raudit.stages.pii import nested, texts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_COLUMNS = 20_000
BATCH_BYTES = 64 * 2**20
MAX_FOOTER = 64 * 2**20
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
    """Kind of an Arrow type; lists, maps and bytes are read as text."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    tests = (
        (Kind.BOOLEAN, (t.is_boolean,)),
        (Kind.INTEGER, (t.is_integer,)),
        (Kind.NUMBER, (t.is_floating, t.is_decimal)),
        (Kind.TIME, (t.is_temporal,)),
        (Kind.OTHER, (t.is_null,)),
    )
    return next((kind for kind, checks in tests if any(check(arrow_type) for check in checks)), Kind.TEXT)


def table_of(frame: Any, name: str = "frame") -> StreamedTable:
    """A pandas or polars frame, a pyarrow table, or anything with the Arrow C stream interface, as a table to scan.

    Raises
    ------
    DataError
        If it is none of these.
    """
    import pyarrow as pa

    try:
        table = _as_arrow(frame)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise DataError(
            "this cannot be scanned",
            reference="data-format",
            where=name,
            got=type(frame).__name__,
            expected="a path, a database URL, a pandas or polars frame, or a pyarrow table",
            hint="convert it to a pyarrow table",
        ) from error
    return streamed(name, table.schema, table.num_rows, lambda _tops, rows: table.to_batches(max_chunksize=rows))


def _as_arrow(frame: Any) -> Any:
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):  # a lazy polars frame
        frame = frame.collect()
    if type(frame).__module__.partition(".")[0] != "pandas":
        return pa.table(frame)
    names = texts.named([str(column) for column in frame.columns])
    return pa.table([_pandas_column(frame.iloc[:, i]) for i in range(len(names))], names=names)


def _pandas_column(column: Any) -> Any:
    """A pandas column; one that mixes types is read as text."""
    import pyarrow as pa

    try:
        return pa.chunked_array([pa.array(column, from_pandas=True)])
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        missing = column.isna()
        return pa.chunked_array([[None if gone else str(v) for v, gone in zip(column, missing, strict=True)]])


def streamed(
    name: str, schema: Any, n_rows: int, batches: Callable[[list[int], int], Iterable[Any]], *, whole: bool = True
) -> StreamedTable:
    """A table whose reader gives Arrow batches; structures inside it become dotted columns.

    Parameters
    ----------
    name, n_rows
        Of the table.
    schema
        Arrow schema.
    batches
        Called with the numbers of the wanted top columns and the largest number of rows.
    whole
        True if the batches hold all columns, whatever was wanted.
    """
    if len(schema) > MAX_COLUMNS:
        raise too_many_columns(name, len(schema))
    found = nested.leaves(schema, kind_of)
    if len(found) > MAX_COLUMNS:
        raise too_many_columns(name, len(found))

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        wanted = {column: found[column][0] for column in columns}
        tops = nested.tops(list(wanted.values()))
        first = {top: top if whole else place for place, top in enumerate(tops)}
        for batch in batches(tops, rows):
            yield nested.flat(batch, wanted, first)

    return StreamedTable(name=name, kinds={n: kind for n, (_, kind) in found.items()}, n_rows=n_rows, read=read)


def _parquet(path: Path, name: str) -> StreamedTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        # The footer lists every column of every row group; its length stands in the last eight bytes.
        end = file.seek(0, 2)
        file.seek(max(0, end - 8))
        footer = int.from_bytes(file.read(4), "little")
    if MAX_FOOTER < footer < end:
        raise DataError(
            "too many columns and row groups to scan",
            reference="too-many-columns",
            where=name,
            got=f"a directory of {footer / 2**20:,.0f} MB",
            expected=f"at most {MAX_FOOTER / 2**20:,.0f} MB",
            hint="write the table again with fewer columns or larger row groups",
        )
    try:
        schema = pq.read_schema(path)
        meta = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(name, "not a Parquet file") from error
    doubled = len(set(schema.names)) < len(schema)
    inflated = sum(meta.row_group(g).total_byte_size for g in range(meta.num_row_groups))
    per_row = max(1, inflated // max(1, meta.num_rows))

    def batches(tops: list[int], rows: int) -> Iterator[Any]:
        # Text stays dictionary-encoded while it is decoded, so a small file cannot inflate to gigabytes in one piece.
        with pq.ParquetFile(path, read_dictionary=_inflating(meta), buffer_size=2**20) as file:
            try:
                names = None if doubled else [schema.names[top] for top in tops]
                for batch in file.iter_batches(max(1, min(rows, BATCH_BYTES // per_row)), columns=names):
                    yield batch.select(names if names is not None else tops)
            except (pa.ArrowException, OSError) as error:
                raise unreadable(name, "broken in the middle") from error

    return streamed(name, schema, meta.num_rows, batches, whole=False)


def _inflating(meta: Any) -> list[str]:
    """Text columns with a dictionary page: there one long value can stand for millions of cells."""
    return sorted(
        {
            chunk.path_in_schema
            for group in range(meta.num_row_groups)
            for index in range(meta.row_group(group).num_columns)
            if (chunk := meta.row_group(group).column(index)).has_dictionary_page
            and chunk.physical_type == "BYTE_ARRAY"
        }
    )


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

    def batches(_tops: list[int], rows: int) -> Iterator[Any]:
        reader = opened()
        count = getattr(reader, "num_record_batches", None)
        found = iter(reader) if count is None else (reader.get_batch(i) for i in range(count))
        try:
            for batch in found:
                for start in range(0, batch.num_rows, rows):
                    yield batch.slice(start, rows)
        except pa.ArrowException as error:
            raise unreadable(name, "broken in the middle") from error

    return streamed(name, schema, 0, batches)
