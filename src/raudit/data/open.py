"""Open CSV and Parquet files as data sets.

CSV columns are read as text and become numbers only if every value is written as a number would be printed, so
``007``, ``1e5`` among codes, and ``NA`` stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256, sha256, sha256_file
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.errors import DataError, EnvironmentFault

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd
    import pyarrow as pa

MAX_CELL_BYTES = 16 * 2**20
INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowDataSet:
    """A data set held as an Arrow table."""

    name: str
    sha256: Sha256
    table: Any
    """The pyarrow Table."""
    added: tuple[ColumnName, ...] = field(default=())
    """Columns that raudit computed."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """Kind of every column of the file, in file order; computed columns are left out."""
        return {ColumnName(f.name): _kind(f.type) for f in self.table.schema if ColumnName(f.name) not in self.added}

    def batches(self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces."""
        yield from self._select(columns).to_batches(max_chunksize=rows)

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        frame: pd.DataFrame = self._select(columns).to_pandas(integer_object_nulls=False)
        return frame

    def lazy(self) -> nw.LazyFrame[Any]:
        """The table as a narwhals lazy frame."""
        import narwhals as nw

        frame: nw.LazyFrame[Any] = nw.from_native(self.table).lazy()
        return frame

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns."""
        import pyarrow as pa

        table = self.table
        for name, values in columns.items():
            table = table.append_column(name, pa.array(values))
        return ArrowDataSet(name=self.name, sha256=self.sha256, table=table, added=(*self.added, *columns))

    def _select(self, columns: Sequence[ColumnName] | None) -> Any:
        if columns is None:
            return self.table.drop_columns(list(self.added)) if self.added else self.table
        missing = [name for name in columns if name not in self.table.column_names]
        if missing:
            raise _no_column(missing[0], self.table.column_names, self.name)
        return self.table.select(list(columns))


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
        table = _read(path, missing)
        digest = sha256_file(path)
    except OSError as error:
        raise DataError(
            "the data file cannot be read",
            reference="data-unreadable",
            where=str(path),
            got=error.strerror or str(error).splitlines()[0][:160],
            hint="check the path and permissions",
        ) from error
    except MemoryError as error:
        raise EnvironmentFault(
            "not enough memory for the data file",
            reference="out-of-memory",
            where=str(path),
            hint="use Parquet, or a machine with more memory",
        ) from error
    _check_names(table.column_names, path.name)
    return ArrowDataSet(name=path.name, sha256=digest, table=table)


def wrap_table(table: Any, *, name: str = "table") -> DataSet:
    """Wrap a pyarrow Table, or anything with the Arrow C stream interface such as a pandas or polars frame."""
    import pyarrow as pa

    if not isinstance(table, pa.Table):
        table = pa.table(table)
    _check_names(table.column_names, name)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return ArrowDataSet(name=name, sha256=sha256(sink.getvalue().to_pybytes()), table=table)


def _read(path: Path, missing: Sequence[str]) -> Any:
    match path.suffix.lower():
        case ".parquet" | ".pq":
            return _read_parquet(path)
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


def _read_parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, partitioning=None)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _broken(path, error, "Parquet") from error


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
    except pa.ArrowInvalid as error:
        raise _broken(path, error, "CSV") from error
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


def _kind(arrow_type: Any) -> Kind:
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(arrow_type):
        return _kind(arrow_type.value_type)
    tests = (
        (Kind.TEXT, (t.is_string, t.is_large_string, t.is_string_view)),
        (Kind.BOOLEAN, (t.is_boolean,)),
        (Kind.INTEGER, (t.is_integer,)),
        (Kind.NUMBER, (t.is_floating, t.is_decimal)),
        (Kind.TIME, (t.is_temporal,)),
    )
    return next((kind for kind, checks in tests if any(check(arrow_type) for check in checks)), Kind.OTHER)


def _check_names(names: Sequence[str], source: str) -> None:
    seen: set[str] = set()
    for name in names:
        if not name.strip():
            raise DataError("a column has no name", reference="column-unnamed", where=source, hint="name every column")
        if name in seen:
            raise DataError(
                "two columns have the same name",
                reference="column-doubled",
                where=source,
                got=repr(name)[:80],
                hint="rename one of them",
            )
        seen.add(name)


def _no_column(name: str, known: Sequence[str], source: str) -> DataError:
    from raudit.yamltext import nearest

    return DataError(
        f"there is no column {name!r}", reference="no-column", where=source, hint=nearest(name, list(known)[:200])
    )


def _broken(path: Path, error: Exception, kind: str) -> DataError:
    # Arrow quotes the offending row in its message, and the row may hold personal data: keep only what precedes it.
    said = str(error).splitlines()[0].split(":", 1)[0][:100]
    return DataError(
        f"not a readable {kind} file",
        reference="data-broken",
        where=str(path),
        got=said,
        hint=f"open it with another {kind} reader to see what is wrong",
    )
