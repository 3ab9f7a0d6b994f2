"""Parquet and Arrow: leaves are exchanged inside their columns; schema, nesting, nulls and metadata stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from raudit.scan.copies import Copied, Original, counted, number_for
from raudit.scan.redact import Redactor, Redactors
from raudit.scan.sources import StreamedTable
from raudit.stages.pii.count.as_text import as_strings
from raudit.stages.pii.recognise.digits import whole_numbers

ROWS = 16_384
UNDECODED = "{n} cells of bytes are no text and were replaced by zeros"


def copy(original: Original, source: StreamedTable, file: IO[bytes], columns: Redactors) -> Copied:
    """Copy a table of typed columns; see ``rewrite``."""
    del source  # a typed file says itself what is in it
    rewriting = Rewriting(columns)
    if original.form == "parquet":
        _parquet(original.path, file, rewriting)
    else:
        _arrow(original.path, file, rewriting)
    return rewriting.copied


def _parquet(path: Path, file: IO[bytes], rewriting: Rewriting) -> None:
    """Row group by row group, with the file's own version and each column's compression."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as old:
        meta, schema = old.metadata, old.schema_arrow
        schema = rewriting.schema(schema)
        columns = (
            [meta.row_group(0).column(i) for i in range(meta.num_columns)]
            if meta.num_row_groups
            else []
        )
        compression = {c.path_in_schema: _codec(c.compression) for c in columns}
        with pq.ParquetWriter(
            file,
            schema,
            compression=compression or "NONE",
            version=meta.format_version,
            use_deprecated_int96_timestamps=any(c.physical_type == "INT96" for c in columns),
        ) as new:
            for group in range(meta.num_row_groups):
                batches = [
                    rewriting.batch(b, schema) for b in old.iter_batches(ROWS, row_groups=[group])
                ]
                rows = max(1, meta.row_group(group).num_rows)
                new.write_table(pa.Table.from_batches(batches, schema), row_group_size=rows)


def _codec(name: str) -> str:
    return {"UNCOMPRESSED": "NONE", "LZ4_RAW": "LZ4"}.get(name, name)


def _arrow(path: Path, file: IO[bytes], rewriting: Rewriting) -> None:
    import pyarrow as pa
    import pyarrow.ipc as ipc

    source = pa.memory_map(str(path))
    try:
        old: Any = ipc.open_file(source)
        batches: Iterator[Any] = (old.get_batch(i) for i in range(old.num_record_batches))
        make: Any = ipc.new_file
    except pa.ArrowInvalid:
        old = ipc.open_stream(pa.memory_map(str(path)))
        batches, make = iter(old), ipc.new_stream
    schema = rewriting.schema(old.schema)
    # Redacted dictionaries differ from batch to batch, which a file can hold only as one, so they grow together.
    options = ipc.IpcWriteOptions(unify_dictionaries=make is ipc.new_file)
    if make is ipc.new_file:
        with make(file, schema, options=options) as new:
            table = pa.Table.from_batches([rewriting.batch(b, schema) for b in batches], schema)
            new.write_table(table.unify_dictionaries())
        return
    with make(file, schema, options=options) as new:
        for batch in batches:
            new.write_batch(rewriting.batch(batch, schema))


class Rewriting:
    """Exchanges the leaves of columns."""

    def __init__(self, columns: Redactors) -> None:
        self._columns = columns
        self._notes: Counter[str] = Counter()
        self._copied = Copied()

    @property
    def copied(self) -> Copied:
        """What was written so far."""
        self._copied.notes = counted(self._notes)
        return self._copied

    def schema(self, schema: Any) -> Any:
        """A schema with its own notes and those of its columns redacted."""
        import pyarrow as pa

        fields = [field.with_metadata(self._metadata(field.metadata)) for field in schema]
        return pa.schema(fields, metadata=self._metadata(schema.metadata))

    def _metadata(self, metadata: Any) -> Any:
        """Metadata in whose texts exact identifiers are replaced; without the schema that Arrow keeps in it."""
        if not metadata:
            return metadata
        new = {}
        for key, value in metadata.items():
            if key == b"ARROW:schema":
                continue
            (text,) = self._columns.names.cells([value.decode("utf-8", "surrogateescape")])
            new[key] = str(text).encode("utf-8", "surrogateescape")
        return new

    def batch(self, batch: Any, schema: Any) -> Any:
        """The next rows."""
        import pyarrow as pa

        self._copied.rows += batch.num_rows
        arrays = [
            self.array(column, field.name, nullable=field.nullable)
            for field, column in zip(schema, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def array(self, array: Any, name: str, *, nullable: bool, listed: bool = False) -> Any:
        """An array of the same type with its leaves redacted; ``listed`` if it holds the elements of lists."""
        import pyarrow as pa

        t, kind = pa.types, array.type
        if not self._concerned(name):
            return array
        if isinstance(array, pa.ExtensionArray):
            inner = self.array(array.storage, name, nullable=nullable, listed=listed)
            return pa.ExtensionArray.from_storage(kind, inner)
        if t.is_dictionary(kind):
            values = self.array(array.dictionary, name, nullable=True, listed=listed)
            return pa.DictionaryArray.from_arrays(array.indices, values, ordered=kind.ordered)
        if t.is_nested(kind):
            return self._nested(array, name, listed=listed)
        redactor = self._columns.inside(name) if listed else self._columns.of(name)
        if redactor is None:
            return array
        if t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
            return self._changed(array, redactor.cells(array.to_pylist()))
        if (
            t.is_binary(kind)
            or t.is_large_binary(kind)
            or t.is_fixed_size_binary(kind)
            or t.is_binary_view(kind)
        ):
            return self._changed(array, [self._bytes(v, redactor, kind) for v in array.to_pylist()])
        return self._typed(array, name, redactor, nullable=nullable)

    def _concerned(self, name: str) -> bool:
        inside = any(column.startswith(name + ".") for column in self._columns.columns)
        return inside or self._columns.of(name) is not None

    def _nested(self, array: Any, name: str, *, listed: bool) -> Any:
        import pyarrow as pa

        t, kind = pa.types, array.type
        # Taken anew, so that no offset of a slice is left to be minded below.
        array = array.take(pa.array(range(len(array)), pa.int64())) if array.offset else array
        if t.is_struct(kind):
            children = [
                self.array(
                    array.field(i),
                    f"{name}.{kind.field(i).name}",
                    nullable=kind.field(i).nullable,
                    listed=listed,
                )
                for i in range(kind.num_fields)
            ]
            return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
        if t.is_map(kind):
            keys = self.array(array.keys, name, nullable=False, listed=True)
            items = self.array(array.items, name, nullable=kind.item_field.nullable, listed=True)
            return pa.MapArray.from_arrays(
                array.offsets, keys, items, type=kind, mask=array.is_null()
            )
        if t.is_fixed_size_list(kind):
            values = self.array(array.values, name, nullable=kind.value_field.nullable, listed=True)
            return pa.FixedSizeListArray.from_arrays(values, type=kind, mask=array.is_null())
        if t.is_list(kind) or t.is_large_list(kind):
            values = self.array(array.values, name, nullable=kind.value_field.nullable, listed=True)
            build = pa.LargeListArray if t.is_large_list(kind) else pa.ListArray
            return build.from_arrays(array.offsets, values, type=kind, mask=array.is_null())
        redactor = self._columns.of(name)
        self._notes[
            "{n} cells of a kind of list that cannot be rewritten were replaced by missing values"
        ] += len(array) if redactor is not None else 0
        return array if redactor is None else pa.nulls(len(array), kind)

    def _changed(self, array: Any, new: list[Any]) -> Any:
        import pyarrow as pa

        rewritten = pa.array(new, array.type)
        self._copied.changed += sum(a != b for a, b in zip(array.to_pylist(), new, strict=True))
        return rewritten

    def _bytes(self, value: bytes | None, redactor: Redactor, kind: Any) -> bytes | None:
        import pyarrow as pa

        if value is None:
            return None
        fixed = pa.types.is_fixed_size_binary(kind)
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            self._notes[UNDECODED] += bool(redactor.whole)
            return b"\0" * len(value) if redactor.whole else value
        (new,) = redactor.cells([text])
        if new == text:
            return value
        return b"*" * len(value) if fixed else str(new).encode("utf-8")

    def _typed(self, array: Any, name: str, redactor: Redactor, *, nullable: bool) -> Any:
        """Numbers and times: only a column that is replaced whole, or a number that is an identifier by itself."""
        import pyarrow as pa

        t, kind = pa.types, array.type
        numbers = t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind)
        whole = (
            array if redactor.whole or t.is_integer(kind) or not numbers else whole_numbers(array)
        )
        if whole is None or not (redactor.whole or numbers):
            return array
        texts = as_strings(whole).to_pylist()
        if redactor.whole:
            hit = [text is not None for text in texts]
        else:
            new = redactor.cells(texts)
            hit = [
                text is not None and text != other for text, other in zip(texts, new, strict=True)
            ]
        if not any(hit):
            return array
        self._copied.typed.add(name)
        self._copied.changed += sum(hit)
        mask = pa.array(hit)
        if not numbers:
            return self._where(mask, None if nullable else _zero(kind), array)
        drawn = [
            number_for(redactor.operate, redactor.whole or "NUMBER", str(text)) if yes else "0"
            for text, yes in zip(texts, hit, strict=True)
        ]
        if nullable and not any(value.strip("0.") for value in drawn):
            return self._where(mask, None, array)
        return self._where(mask, [_number(value, kind) for value in drawn], array)

    @staticmethod
    def _where(mask: object, new: Any, array: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = pa.array(new, array.type) if isinstance(new, list) else pa.scalar(new, array.type)
        return pc.if_else(mask, values, array)


def _number(text: str, kind: Any) -> Any:
    """A drawn number that the type can hold."""
    from decimal import Decimal

    import pyarrow as pa

    t = pa.types
    if t.is_integer(kind):
        bits = kind.bit_width - (0 if t.is_unsigned_integer(kind) else 1)
        return int(text) % 2**bits
    if t.is_decimal(kind):
        return Decimal(text.partition(".")[0][: max(1, kind.precision - kind.scale)])
    return float(text)


def _zero(kind: Any) -> Any:
    import pyarrow as pa

    return (
        pa.scalar(0, pa.int64())
        .cast(pa.int32() if kind.bit_width == 32 else pa.int64())
        .cast(kind)
        .as_py()
    )
