"""Parquet files that are read in pieces and never held whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256, sha256_file
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.table import broken, check_names, kind_of, no_column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParquetDataSet:
    """A Parquet file; text columns keep the file's dictionary codes."""

    path: Path
    name: str
    sha256: Sha256
    n_rows: int
    kinds: Mapping[ColumnName, Kind]
    computed: Mapping[ColumnName, Any] = field(default_factory=dict)
    """Columns that raudit added, as pyarrow arrays."""

    def batches(self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces; memory holds a piece and the row group it comes from."""
        import pyarrow as pa

        wanted = list(self.kinds) if columns is None else list(columns)
        stored = [name for name in wanted if name not in self.computed]
        self._check(stored)
        if not stored:
            yield from pa.table({name: self.computed[name] for name in wanted}).to_batches(max_chunksize=rows)
            return
        at = 0
        for batch in self._stored(stored, rows):
            if len(stored) == len(wanted):
                yield batch
                continue
            arrays = [
                self.computed[name].slice(at, batch.num_rows) if name in self.computed else batch.column(name)
                for name in wanted
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=[str(name) for name in wanted])
            at += batch.num_rows

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        import pyarrow as pa

        pieces = list(self.batches(columns, rows=2**20))
        table = pa.Table.from_batches([_decoded(piece) for piece in pieces])
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=False)
        return frame

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns."""
        import pyarrow as pa

        added = {name: pa.array(values) for name, values in columns.items()}
        return replace(self, computed={**self.computed, **added})

    def _stored(self, names: list[ColumnName], rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = [name for name in names if self.kinds[name] is Kind.TEXT]
        try:
            with pq.ParquetFile(self.path, read_dictionary=texts, pre_buffer=False, memory_map=True) as file:
                yield from file.iter_batches(batch_size=rows, columns=[str(name) for name in names])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise broken(self.path, error, "Parquet") from error

    def _check(self, names: Sequence[ColumnName]) -> None:
        for name in names:
            if name not in self.kinds:
                raise no_column(name, [str(known) for known in self.kinds], self.name)


def open_parquet(path: Path) -> ParquetDataSet:
    """Open a Parquet file; only its schema is read, and its bytes once for the digest.

    Raises
    ------
    DataError
        If it is no Parquet file, or has doubled or empty column names.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise broken(path, error, "Parquet") from error
    names = [name for name in schema.names if name != "__index_level_0__"]
    check_names(names, path.name)
    kinds = {ColumnName(name): kind_of(schema.field(name).type) for name in names}
    return ParquetDataSet(path=path, name=path.name, sha256=sha256_file(path), n_rows=n_rows, kinds=kinds)


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Dictionary columns as plain ones, so that pandas sees text and not categories."""
    import pyarrow as pa

    arrays = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
