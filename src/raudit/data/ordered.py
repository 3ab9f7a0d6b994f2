"""A table in the order of the digests of its rows' keys, so that everything drawn by row number is drawn by key.

No engine, folder or cluster has a stable order of rows. Rows are put into the order of the SHA-256 of their key, or of
their whole content where no key is declared; whoever draws the n-th row then draws the same row from a file, a
database or a cluster, however it is partitioned. Equal rows without a key are interchangeable.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.canonical import Sha256
from raudit.data.content import ContentDigest, RowHashes, row_hashes
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.kinds import kind_of
from raudit.data.parquet import ParquetDataSet
from raudit.data.readers.arrow_files import parquet
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.source import StreamedTable
from raudit.data.readers.tables import table_of
from raudit.data.table import ArrowDataSet, check_names, no_column
from raudit.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

HELD_BYTES = 256 * 2**20
"""Rows that are sorted in memory; more are divided among files by the first byte of their digest."""
BUCKETS = 64
ROW_GROUP = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A table in the order of its keys' digests."""

    data: DataSet
    content_sha256: Sha256
    """See ``raudit.data.content``."""


def in_key_order(
    batches: Iterable[pa.RecordBatch],
    *,
    name: str,
    key: Sequence[str] = (),
    sha256: Sha256 | None = None,
    described: Mapping[str, Any] | None = None,
    options: ReadOptions | None = None,
    max_rows: int | None = None,
) -> Ordered:
    """Read a table once and put it into order; what does not fit in memory waits in a private temporary folder.

    Parameters
    ----------
    batches
        All rows of all columns, at least one batch.
    name
        Of the data set.
    key
        Columns that name a row; all of them by default.
    sha256
        Digest of the file; that of the content by default.
    described
        For the record.
    options
        Limits of reading.
    max_rows
        Most rows that may be copied.

    Raises
    ------
    DataError
        If a key is missing or doubled, a column has no canonical form, or there are too many rows.
    """
    options = options or ReadOptions()
    sorter = _Sorter(name, tuple(key))
    try:
        for batch in batches:
            sorter.add(batch)
            if max_rows is not None and sorter.rows > max_rows:
                raise copy_too_large(name, max_rows)
        content = sorter.content.sha256() if sorter.content is not None else Sha256("")
        data = sorter.finished(sha256 or content, dict(described or {}), options)
    except BaseException:
        sorter.discard()
        raise
    return Ordered(data=data, content_sha256=content)


def copy_too_large(name: str, max_rows: int) -> DataError:
    """The error for a table of more rows than the plan allows to be copied."""
    return DataError(
        "the table has more rows than may be copied to this machine",
        reference="copy-too-large",
        where=name,
        got=f"more than {max_rows:,}",
        hint="raise data.copy.max_rows, or let data.query choose fewer rows",
    )


@dataclass(slots=True)
class _Sorter:
    name: str
    key: tuple[str, ...]
    schema: Any = None
    content: ContentDigest | None = None
    rows: int = 0
    held: list[tuple[RowHashes, Any]] = field(default_factory=list)
    held_bytes: int = 0
    folder: Path | None = None
    writers: dict[int, Any] = field(default_factory=dict)

    def add(self, batch: Any) -> None:
        """Take the next rows."""
        if self.schema is None:
            self._begin(batch)
        assert self.content is not None  # noqa: S101 -- begun
        batch = _plain(batch, self.schema, self.name)
        hashes = row_hashes(batch)
        self.content.add(hashes)
        self.rows += batch.num_rows
        order = hashes if not self.key else self._keys(batch)
        if batch.num_rows:
            self.held.append((order, batch))
            self.held_bytes += batch.nbytes + 32 * batch.num_rows
        if self.held_bytes > HELD_BYTES:
            self._spill()

    def finished(self, sha256: Sha256, described: dict[str, Any], options: ReadOptions) -> DataSet:
        """The table in order."""
        import pyarrow as pa

        if self.schema is None or not self.rows:
            raise DataError(
                "the data set has no rows",
                reference="data-empty",
                where=self.name,
                hint="check the query",
            )
        if self.folder is None:
            hashes = np.concatenate([hashes for hashes, _ in self.held])
            table = pa.Table.from_batches([batch for _, batch in self.held], schema=self.schema)
            table = self._sorted(hashes, table).combine_chunks()
            source = replace(table_of(table, self.name), described=described, sha256=sha256)
            return ArrowDataSet(name=self.name, sha256=sha256, table=table, source=source)
        self._spill()
        return ParquetDataSet(source=self._merged(sha256, described, options))

    def discard(self) -> None:
        """Leave nothing behind."""
        for writer in self.writers.values():
            writer.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _begin(self, batch: Any) -> None:
        import pyarrow as pa

        check_names(batch.schema.names, self.name)
        for column in self.key:
            if column not in batch.schema.names:
                raise no_column(column, batch.schema.names, "data.key")
        self.schema = pa.schema([(field.name, _plain_type(field.type)) for field in batch.schema])
        kinds: dict[ColumnName, Kind] = {ColumnName(f.name): kind_of(f.type) for f in self.schema}
        self.content = ContentDigest(kinds)

    def _keys(self, batch: Any) -> RowHashes:
        for column in self.key:
            if batch.column(column).null_count:
                raise DataError(
                    f"the key {column!r} is missing in some rows",
                    reference="key-missing",
                    where=self.name,
                    got=f"{batch.column(column).null_count:,} in one batch",
                    hint="a key names every row; choose another column, or leave data.key out",
                )
        return row_hashes(batch, [ColumnName(column) for column in self.key])

    def _sorted(self, hashes: RowHashes, table: Any) -> Any:
        import pyarrow as pa

        order = np.argsort(hashes, kind="stable")
        if self.key:
            ordered = hashes[order]
            doubled = int(np.count_nonzero(ordered[1:] == ordered[:-1]))
            if doubled:
                raise DataError(
                    f"the key {' and '.join(map(repr, self.key))} does not name one row",
                    reference="key-doubled",
                    where=self.name,
                    got=f"{doubled:,} rows whose key another row has",
                    hint="name one more column under data.key, or leave it out",
                )
        return table.take(pa.array(order))

    def _spill(self) -> None:
        """Divide the held rows among files by the first byte of their digest."""
        import pyarrow as pa
        import pyarrow.ipc as ipc

        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="raudit-"))  # for its owner alone
        schema = self.schema.append(pa.field("raudit:order", pa.binary(32)))
        for hashes, batch in self.held:
            first = hashes.view(np.uint8).reshape(-1, 32)[:, 0] // (256 // BUCKETS)
            order = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(32), len(hashes), [None, pa.py_buffer(hashes)]
            )
            whole = pa.RecordBatch.from_arrays([*batch.columns, order], schema=schema)
            for bucket in np.unique(first).tolist():
                if bucket not in self.writers:
                    self.writers[bucket] = ipc.new_file(self.folder / f"{bucket}.arrow", schema)
                self.writers[bucket].write_batch(
                    whole.take(pa.array(np.flatnonzero(first == bucket)))
                )
        self.held, self.held_bytes = [], 0

    def _merged(
        self, sha256: Sha256, described: dict[str, Any], options: ReadOptions
    ) -> StreamedTable:
        """The files one after another, each sorted, as one Parquet file."""
        import pyarrow as pa
        import pyarrow.ipc as ipc
        import pyarrow.parquet as pq

        assert self.folder is not None  # noqa: S101 -- spilled
        folder, path = self.folder, self.folder / "table.parquet"
        for writer in self.writers.values():
            writer.close()
        with pq.ParquetWriter(path, self.schema) as target:
            for bucket in sorted(self.writers):
                with pa.OSFile(str(folder / f"{bucket}.arrow")) as file:
                    table = ipc.open_file(file).read_all()
                raw = table.column("raudit:order").combine_chunks()
                hashes = np.frombuffer(
                    raw.buffers()[1], dtype="S32", count=len(raw), offset=32 * raw.offset
                )
                target.write_table(
                    self._sorted(hashes, table.select(self.schema.names)), row_group_size=ROW_GROUP
                )
                (folder / f"{bucket}.arrow").unlink()
        self.writers.clear()
        stored = parquet(path, self.name, options)
        reader = stored.read

        def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
            yield from reader(columns, rows)

        weakref.finalize(read, shutil.rmtree, folder, ignore_errors=True)
        return replace(stored, read=read, sha256=sha256, described=described)


def _plain_type(kind: Any) -> Any:
    """One type for every form of text; codes are written out."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    text = (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )
    return pa.large_string() if text else kind


def _plain(batch: Any, schema: Any, name: str) -> Any:
    import pyarrow as pa

    arrays = []
    for place, wanted in enumerate(schema):
        column = batch.column(place)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        try:
            arrays.append(column if column.type == wanted.type else column.cast(wanted.type))
        except pa.ArrowException as error:
            raise DataError(
                f"the column {wanted.name!r} changes its type in the middle",
                reference="content-columns",
                where=name,
                got=str(column.type)[:60],
                expected=str(wanted.type)[:60],
                hint="write the data with one type for each column, or declare it under data.types",
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
