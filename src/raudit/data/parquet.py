"""Data sets that are read in pieces and never held whole: Parquet files, and text that was kept as Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.readers.source import StreamedTable, as_pandas
from raudit.data.table import is_row_label, no_column
from raudit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParquetDataSet:
    """A Parquet file; text columns keep the file's dictionary codes."""

    source: StreamedTable
    """The reader of the file, which knows its columns and their kinds."""
    written: StreamedTable | None = None
    """The file itself, where ``source`` is a typed copy of it."""
    computed: Mapping[ColumnName, Any] = field(default_factory=dict)
    """Columns that raudit added, as pyarrow arrays."""

    @property
    def name(self) -> str:
        """File name without its folder."""
        return self.source.name

    @property
    def sha256(self) -> Sha256:
        """Digest of the file's bytes."""
        return self.source.sha256

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.source.n_rows

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """Kind of every column, in file order, without the row labels that pandas leaves unnamed."""
        return {name: kind for name, kind in self.source.kinds.items() if not is_row_label(name)}

    @property
    def described(self) -> Mapping[str, Any]:
        """Format of the file."""
        return self.source.described

    def as_written(self) -> StreamedTable:
        """The same rows with everything that the file holds, row labels too, and without added columns."""
        return (
            replace(self.written, n_rows=self.n_rows) if self.written is not None else self.source
        )

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces; memory holds a piece and the row group it comes from."""
        import pyarrow as pa

        wanted = list(self.kinds) if columns is None else list(columns)
        stored = [name for name in wanted if name not in self.computed]
        self._check(stored)
        if not stored:
            yield from pa.table({name: self.computed[name] for name in wanted}).to_batches(
                max_chunksize=rows
            )
            return
        at = 0
        for batch in self._stored(stored, rows):
            if len(stored) == len(wanted):
                yield batch
                continue
            arrays = [
                self.computed[name].slice(at, batch.num_rows)
                if name in self.computed
                else batch.column(name)
                for name in wanted
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=[str(name) for name in wanted])
            at += batch.num_rows

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        import pyarrow as pa

        pieces = list(self.batches(columns, rows=2**20))
        table = pa.Table.from_batches([_decoded(piece) for piece in pieces])
        return as_pandas(table, self.name, ignore_metadata=True)

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns."""
        import pyarrow as pa

        added = {name: pa.array(values) for name, values in columns.items()}
        return replace(self, computed={**self.computed, **added})

    def _stored(self, names: list[ColumnName], rows: int) -> Iterator[pa.RecordBatch]:
        yield from self.source.batches(names, rows=rows)
        if self.source.problems:
            raise DataError(
                "some of the data cannot be read",
                reference="data-broken",
                where=self.name,
                got=self.source.problems[0],
                hint="write the file again from its source",
            )

    def _check(self, names: Sequence[ColumnName]) -> None:
        for name in names:
            if name not in self.kinds:
                raise no_column(name, [str(known) for known in self.kinds], self.name)


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Dictionary columns as plain ones, so that pandas sees text and not categories."""
    import pyarrow as pa

    arrays = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
