"""Data sets that are held as an Arrow table, and what all data sets share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.kinds import kind_of
from raudit.data.readers.source import StreamedTable, as_pandas
from raudit.data.readers.tables import table_of
from raudit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowDataSet:
    """A data set held as an Arrow table."""

    name: str
    sha256: Sha256
    table: Any
    """The pyarrow Table."""
    added: tuple[ColumnName, ...] = field(default=())
    """Columns that raudit computed."""
    source: StreamedTable | None = None
    """Where it was read from; None for a frame."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """Kind of every column of the file, in file order; computed columns are left out."""
        return {
            ColumnName(f.name): kind_of(f.type)
            for f in self.table.schema
            if ColumnName(f.name) not in self.added
        }

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces."""
        yield from self._select(columns).to_batches(max_chunksize=rows)

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        return as_pandas(self._select(columns), self.name, ignore_metadata=True)

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns."""
        import pyarrow as pa

        table = self.table
        for name, values in columns.items():
            table = table.append_column(name, pa.array(values))
        return replace(self, table=table, added=(*self.added, *columns))

    def as_written(self) -> StreamedTable:
        """The same rows as the file writes them, without types that were found out and without added columns."""
        source = self.source or table_of(self._select(None), self.name)
        return replace(source, name=self.name, n_rows=self.n_rows, sha256=self.sha256)

    @property
    def described(self) -> Mapping[str, Any]:
        """Format, delimiter, encoding and whatever else was declared or found out."""
        return self.source.described if self.source is not None else {}

    def _select(self, columns: Sequence[ColumnName] | None) -> Any:
        if columns is None:
            return self.table.drop_columns(list(self.added)) if self.added else self.table
        missing = [name for name in columns if name not in self.table.column_names]
        if missing:
            raise no_column(missing[0], self.table.column_names, self.name)
        return self.table.select(list(columns))


def is_row_label(name: str) -> bool:
    """Whether a column is the index of a pandas frame that had no name: no feature, and still data to be scanned."""
    return name.startswith("__index_level_") and name.endswith("__")


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse empty and doubled column names, and a first line that is somebody's data."""
    from raudit.data.naming import NO_HEADER, first_row_of_data

    if first_row_of_data(names):
        raise DataError(
            NO_HEADER,
            reference="no-header",
            where=source,
            hint="name the columns, or declare header: false",
        )
    seen: set[str] = set()
    for name in names:
        if not name.strip():
            raise DataError(
                "a column has no name",
                reference="column-unnamed",
                where=source,
                hint="name every column",
            )
        if name in seen:
            raise DataError(
                "two columns have the same name",
                reference="column-doubled",
                where=source,
                got=repr(name)[:80],
                hint="rename one of them",
            )
        seen.add(name)


def no_column(name: str, known: Sequence[str], source: str) -> DataError:
    """The error for a column that is not there."""
    from raudit.yamltext import nearest

    return DataError(
        f"there is no column {name!r}",
        reference="no-column",
        where=source,
        hint=nearest(name, list(known)[:200]),
    )
