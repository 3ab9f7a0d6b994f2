"""Open data sets: one table, read by the readers that every command shares, with strict types afterwards.

Text becomes numbers only if every value is written as a number would be printed, so ``007``, ``1e5`` among codes, and
``NA`` stay what they are. A plan audits whole tables: where a part cannot be read, the data set is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, canonical_bytes, sha256, sha256_file
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.parquet import ParquetDataSet
from raudit.data.readers import Gap, ReadOptions, StreamedTable, open_source
from raudit.data.readers.folders import files, together
from raudit.data.readers.options import no_memory
from raudit.data.spool import spooled
from raudit.data.table import ArrowDataSet, check_names, is_row_label
from raudit.data.versioned import check_unversioned
from raudit.errors import DataError
from raudit.printable import printable

HELD_BYTES = 64 * 2**20
"""Text of a table that is held in memory; a larger one is kept as Parquet in a temporary folder."""
MOST_LISTED = 10
"""Tables of one file that an error names."""


def open_data(
    path: Path, *, missing: Sequence[str] = ("",), options: ReadOptions | None = None
) -> DataSet:
    """Open a file, or a folder whose files are one table.

    Parameters
    ----------
    path
        CSV, TSV, JSON lines or array, Parquet, Arrow, Excel, SQLite or DuckDB, any of them in gzip or zip; or a folder.
    missing
        Texts that mean a missing value in a text file.
    options
        What is declared about it; ``missing`` is taken from here if it is given.

    Raises
    ------
    DataError
        If any of it cannot be read, if it is empty, has doubled or empty column names, or holds several tables.
    """
    options = options or ReadOptions(missing=missing)
    try:
        source = _one_table(path, options)
        digest = digest_of(path)
        _check_problems(source)
        if source.described.get("format") == "parquet" and _flat(source):
            check_names(list(source.header), source.name)
            return ParquetDataSet(source=replace(source, sha256=digest))
        return _read(replace(source, sha256=digest), options)
    except OSError as error:
        raise DataError(
            "the data file cannot be read",
            reference="data-unreadable",
            where=str(path),
            got=error.strerror or type(error).__name__,
            hint="check the path and permissions",
        ) from error
    except MemoryError as error:
        raise no_memory(str(path)) from error


def digest_of(path: Path) -> Sha256:
    """SHA-256 of a file's bytes, or of a folder's manifest: the name, size and digest of each of its files."""
    if not path.is_dir():
        return sha256_file(path)
    return sha256(canonical_bytes(manifest(path)))


def manifest(folder: Path) -> list[dict[str, Any]]:
    """Name, size and digest of each file of a folder, in order."""
    return [
        {
            "name": printable(file.relative_to(folder).as_posix()),
            "bytes": file.stat().st_size,
            "sha256": sha256_file(file),
        }
        for file, problem in files(folder)
        if not problem
    ]


def wrap_table(table: Any, *, name: str = "table") -> DataSet:
    """Wrap a pyarrow Table, or anything with the Arrow C stream interface such as a pandas or polars frame."""
    import pyarrow as pa

    if not isinstance(table, pa.Table):
        table = pa.table(table)
    check_names(table.column_names, name)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return ArrowDataSet(name=name, sha256=sha256(sink.getvalue().to_pybytes()), table=table)


def _one_table(path: Path, options: ReadOptions) -> StreamedTable:
    check_unversioned(path)
    tables: list[StreamedTable] = []
    gaps: list[Gap] = []
    for source in open_source(path, options):
        if isinstance(source, Gap):
            gaps.append(source)
        else:
            tables.append(source)
        if len(tables) > MOST_LISTED and not path.is_dir():
            break  # that says enough, and to open a table may take as long as to read it
    if gaps and (path.is_dir() or not tables):
        raise _unread(gaps[0].name, gaps[0].because)
    left = [gap for gap in gaps if not gap.offered]
    if left and len(tables) == 1:
        one = tables[0].name
        raise _unread(left[0].name, left[0].because, f"name {one} as data.table to read it alone")
    if not tables:
        raise DataError(
            "the data file is empty",
            reference="data-empty",
            where=str(path),
            hint="check the export",
        )
    if path.is_dir() and len(tables) > 1 and options.table is None:
        return together(printable(path.resolve().name), [(table, ()) for table in tables])
    if len(tables) > 1:
        raise DataError(
            "the file holds several tables",
            reference="several-tables",
            where=str(path),
            got=", ".join(table.name for table in tables[:MOST_LISTED]),
            hint="name one as data.table",
        )
    return tables[0]


MEND = "mend the file, or declare its encoding, delimiter or header under data"


def _unread(name: str, because: str, hint: str = MEND) -> DataError:
    return DataError(
        "some of the data cannot be read",
        reference="data-broken",
        where=name,
        got=because,
        hint=hint,
    )


def _check_problems(source: StreamedTable) -> None:
    if source.problems:
        raise _unread(source.name, source.problems[0])
    # A scan has seen every value of a sheet; who counts would take the cells beside it for missing.
    if merged := source.described.get("merged"):
        raise _unread(source.name, str(merged))


def _flat(source: StreamedTable) -> bool:
    """Whether a Parquet file's columns can be read as they are, codes and all."""
    names = list(source.header)
    return len(set(names)) == len(names) and names == [str(name) for name in source.kinds]


def _read(source: StreamedTable, options: ReadOptions) -> DataSet:
    """A table in memory; one that is too large is kept on disk."""
    batches = source.batches()
    first: list[Any] = []
    size = 0
    for batch in batches:
        first.append(batch)
        size += batch.nbytes
        if size > HELD_BYTES and _plain_text(source):
            copy = spooled(source, chain(_emptied(first), batches), options)
            _check_problems(source)
            check_names(list(source.header), source.name)
            return ParquetDataSet(source=copy, written=source)
    _check_problems(source)
    return _held(source, first)


def _emptied(batches: list[Any]) -> Iterator[Any]:
    """The batches, each let go of as it is given."""
    batches.reverse()
    while batches:
        yield batches.pop()


def _plain_text(source: StreamedTable) -> bool:
    return all(kind is Kind.TEXT for kind in source.kinds.values())


def _held(source: StreamedTable, batches: Sequence[Any]) -> DataSet:
    """A table in memory, typed."""
    import pyarrow as pa

    pieces: dict[ColumnName, Any] = {}
    for place, name in enumerate(source.kinds):
        column = pa.chunked_array([batch.column(place) for batch in batches])
        pieces[name] = column if source.typed is None else source.typed(name, column)
    kept = {n: c for n, c in _without_copies(source, pieces).items() if not is_row_label(n)}
    return ArrowDataSet(name=source.name, sha256=source.sha256, table=pa.table(kept), source=source)


def _without_copies(source: StreamedTable, columns: dict[ColumnName, Any]) -> dict[str, Any]:
    """Drop a column that repeats an earlier one of the same name value for value, as joined exports have them."""
    header = list(source.header)
    if len(header) != len(columns):
        return {str(name): column for name, column in columns.items()}
    kept: dict[str, Any] = {}
    names = []
    for raw, (name, column) in zip(header, columns.items(), strict=True):
        if raw in kept and kept[raw].equals(column):
            continue
        names.append(raw)
        kept[raw if raw not in kept else str(name)] = column
    check_names(names, source.name)
    return kept
