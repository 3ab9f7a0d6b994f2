"""Tables of text that are too large to hold: kept as Parquet in a private temporary folder, typed as they are read."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from raudit.data.interface import ColumnName, Kind
from raudit.data.kinds import kind_of
from raudit.data.readers import ReadOptions, StreamedTable
from raudit.data.readers.arrow_files import parquet


@dataclass(slots=True)
class ColumnTypes:
    """The type of each column, from one look at each batch; the same as from the whole column at once."""

    source: StreamedTable
    seen: dict[ColumnName, set[Any]] = field(default_factory=dict)

    def add(self, batch: Any) -> None:
        """Look at the next batch."""
        for name, column in zip(self.source.kinds, batch.columns, strict=True):
            if column.null_count < len(column):
                self.seen.setdefault(name, set()).add(self.typed(name, column).type)

    def typed(self, name: ColumnName, column: Any) -> Any:
        """A part of a column in the type that this part alone would have."""
        return column if self.source.typed is None else self.source.typed(name, column)

    def types(self) -> Mapping[ColumnName, Any]:
        """Type by column: text wherever one part is text, fractions wherever one part has them."""
        import pyarrow as pa

        found: dict[ColumnName, Any] = {}
        for name in self.source.kinds:
            kinds = self.seen.get(name, set())
            if len(kinds) == 1:
                found[name] = next(iter(kinds))
            elif kinds and kinds <= {pa.int64(), pa.float64()}:
                found[name] = pa.float64()
            else:
                found[name] = pa.large_string()
        return found


def spooled(source: StreamedTable, batches: Iterable[Any], options: ReadOptions) -> StreamedTable:
    """Write a table to a temporary Parquet file and read it from there, typed.

    Parameters
    ----------
    source
        The table.
    batches
        All batches of all its columns, in order.
    options
        For the budget of every later reading.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tempfile.mkdtemp(prefix="raudit-")  # for its owner alone
    types, rows = ColumnTypes(source), 0
    path = Path(folder) / "table.parquet"
    schema = pa.schema([(f"c{place}", pa.large_string()) for place in range(len(source.kinds))])
    try:
        with pq.ParquetWriter(path, schema) as writer:
            for batch in batches:
                columns = [_text(column) for column in batch.columns]
                types.add(pa.RecordBatch.from_arrays(columns, schema=schema))
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                rows += batch.num_rows
        stored = parquet(path, source.name, options)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    table = _typed_table(source, stored, types, rows)
    weakref.finalize(table.read, shutil.rmtree, folder, ignore_errors=True)
    return table


def _typed_table(
    source: StreamedTable, stored: StreamedTable, types: ColumnTypes, rows: int
) -> StreamedTable:
    import pyarrow as pa

    wanted = types.types()
    places = {name: ColumnName(f"c{place}") for place, name in enumerate(source.kinds)}

    def read(columns: Sequence[ColumnName], size: int) -> Iterator[Any]:
        for batch in stored.read([places[name] for name in columns], size):
            arrays = [
                _cast(types, name, column, wanted[name])
                for name, column in zip(columns, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=[str(name) for name in columns])

    kinds: dict[ColumnName, Kind] = {name: kind_of(kind) for name, kind in wanted.items()}
    return replace(source, kinds=kinds, n_rows=rows, read=read, typed=None)


def _cast(types: ColumnTypes, name: ColumnName, column: object, wanted: object) -> Any:
    import pyarrow as pa

    if pa.types.is_large_string(wanted):
        return column
    return types.typed(name, _text(column)).cast(wanted)


def _text(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if pa.types.is_large_string(column.type) else column.cast(pa.large_string())
