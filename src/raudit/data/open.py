"""Open CSV and Parquet files as data sets.

CSV columns are read as text and become numbers only if every value is written as a number would be printed, so
``007``, ``1e5`` among codes, and ``NA`` stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from raudit.canonical import sha256, sha256_file
from raudit.data.interface import DataSet
from raudit.data.parquet import open_parquet
from raudit.data.table import ArrowDataSet, broken, check_names
from raudit.errors import DataError, EnvironmentFault

MAX_CELL_BYTES = 16 * 2**20
INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


def open_data(path: Path, *, missing: Sequence[str] = ("",)) -> DataSet:
    """Open a file.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv`` or ``.parquet``.
    missing
        Texts that mean a missing value in CSV.

    Raises
    ------
    DataError
        If it cannot be read, is empty, has doubled or empty column names, or another format.
    """
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return open_parquet(path)
        table = _read(path, missing)
        digest = sha256_file(path)
    except OSError as error:
        raise DataError(
            "the data file cannot be read",
            reference="data-unreadable",
            where=str(path),
            got=error.strerror or type(error).__name__,
            hint="check the path and permissions",
        ) from error
    except MemoryError as error:
        raise EnvironmentFault(
            "not enough memory for the data file",
            reference="out-of-memory",
            where=str(path),
            hint="use Parquet, or a machine with more memory",
        ) from error
    check_names(table.column_names, path.name)
    return ArrowDataSet(name=path.name, sha256=digest, table=table)


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


def _read(path: Path, missing: Sequence[str]) -> Any:
    match path.suffix.lower():
        case ".csv":
            return _read_csv(path, ",", missing)
        case ".tsv":
            return _read_csv(path, "\t", missing)
        case other:
            raise DataError(
                "unknown data format",
                reference="data-format",
                where=str(path),
                got=other or "no suffix",
                expected=".csv, .tsv or .parquet",
                hint="convert the file, or rename it if the suffix is wrong",
            )


def _read_csv(path: Path, delimiter: str, missing: Sequence[str]) -> Any:
    import pyarrow as pa
    import pyarrow.csv as csv

    try:
        with path.open("rb") as file:
            head = file.read(2**16)
        if not head.strip():
            raise DataError("the data file is empty", reference="data-empty", where=str(path), hint="check the export")
        header = csv.read_csv(pa.BufferReader(_first_line(path)), parse_options=csv.ParseOptions(delimiter=delimiter))
        names = header.column_names
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(block_size=MAX_CELL_BYTES),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=list(missing),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise broken(path, error, "CSV") from error
    table = _without_copies(table)
    return (
        pa.table({name: _typed(table.column(i)) for i, name in enumerate(table.column_names)})
        if len(set(table.column_names)) == len(table.column_names)
        else table
    )


def _without_copies(table: Any) -> Any:
    """Drop a column that repeats an earlier one of the same name value for value, as joined exports have them."""
    first: dict[str, int] = {}
    kept = []
    for position, name in enumerate(table.column_names):
        earlier = first.setdefault(name, position)
        if earlier == position or not table.column(earlier).equals(table.column(position)):
            kept.append(position)
    return table if len(kept) == table.num_columns else table.select(kept)


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        line = file.readline(2**20)
    return line if line.endswith(b"\n") else line + b"\n"


def _typed(column: Any) -> Any:
    """Make a text column a number column if every value in it is written as a number is printed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def every(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(column, pattern), min_count=1).as_py())

    if every(INTEGER):
        return column.cast(pa.int64())
    return column.cast(pa.float64()) if every(NUMBER) else column
