"""Columns read as another type than their file suggests: ``data.types`` in the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.encode import level_text
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

KINDS = {
    "text": Kind.TEXT,
    "number": Kind.NUMBER,
    "truth": Kind.BOOLEAN,
    "date": Kind.TIME,
    "moment": Kind.TIME,
}

WRITTEN = {
    "number": "numbers with a decimal point",
    "truth": "true or false, or 1 or 0",
    "date": "days such as 2026-11-27",
    "moment": "moments such as 2026-11-27 14:05:00, without a zone",
}
"""What each type looks like, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TypedDataSet:
    """A data set of which some columns are cast as they are read."""

    inner: DataSet
    types: Mapping[ColumnName, str]

    @property
    def name(self) -> str:
        """See ``DataSet``."""
        return self.inner.name

    @property
    def sha256(self) -> Sha256:
        """See ``DataSet``; of the file, whose bytes the types do not change."""
        return self.inner.sha256

    @property
    def n_rows(self) -> int:
        """See ``DataSet``."""
        return self.inner.n_rows

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """See ``DataSet``."""
        return {
            name: KINDS[self.types[name]] if name in self.types else kind
            for name, kind in self.inner.kinds.items()
        }

    @property
    def described(self) -> Mapping[str, Any]:
        """See ``DataSet``."""
        return self.inner.described

    def as_written(self) -> DataSet:
        """See ``DataSet``; what is written has no types."""
        return self.inner.as_written()

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """See ``DataSet``."""
        import pyarrow as pa

        before = 0
        for batch in self.inner.batches(columns, rows=rows):
            arrays = [
                cast(batch.column(place), self.types[ColumnName(name)], name, first_row=before)
                if name in self.types
                else batch.column(place)
                for place, name in enumerate(batch.schema.names)
            ]
            before += batch.num_rows
            yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """See ``DataSet``."""
        import pyarrow as pa

        wanted = list(self.inner.kinds) if columns is None else list(columns)
        made: pd.DataFrame = self.inner.frame(wanted)
        for name in wanted:
            if name in self.types:
                pieces = [batch.column(0) for batch in self.batches([name])]
                made[name] = pa.chunked_array(pieces).to_pandas().to_numpy()
        return made

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """See ``DataSet``."""
        return replace(self, inner=self.inner.with_columns(columns))


def with_types(data: DataSet, types: Mapping[str, str]) -> DataSet:
    """The data set with some columns cast.

    Raises
    ------
    DataError
        If a column is not there.
    """
    check_types(types, list(data.kinds), data.name)
    if not types:
        return data
    return TypedDataSet(inner=data, types={ColumnName(name): kind for name, kind in types.items()})


def check_types(types: Mapping[str, str], columns: Sequence[ColumnName], where: str) -> None:
    """Refuse a type for a column that is not there.

    Raises
    ------
    DataError
        If there is one.
    """
    for name in types:
        if name not in columns:
            raise DataError(
                f"the data has no column {name!r}",
                reference="no-column",
                where=where,
                hint="data.types names columns of the data",
            )


def cast(column: Any, kind: str, name: str, *, first_row: int = 0) -> Any:
    """A pyarrow array as another type; missing values stay missing.

    Parameters
    ----------
    column
        The array.
    kind, name
        What ``data.types`` says, of which column.
    first_row
        Number of rows before the array's, for the message.

    Raises
    ------
    DataError
        If a value cannot be read as that type; with its row.
    """
    import pyarrow as pa

    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if kind == "text":
        if pa.types.is_string(plain.type) or pa.types.is_large_string(plain.type):
            return column
        return pa.array(
            [None if value is None else level_text(value) for value in plain.to_pylist()],
            pa.string(),
        )
    try:
        return _converted(plain, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"{name!r} holds values that are no {kind}",
            reference="data-types",
            got=f"{plain.type} in row {first_row + _first_misfit(plain, kind) + 1:,} of the data",
            expected=f"{WRITTEN[kind]}, as data.types says",
            hint="clean the column, or take it out of data.types",
        ) from error


def _converted(column: Any, kind: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    t = pa.types
    written = t.is_string(column.type) or t.is_large_string(column.type)
    if kind == "number":
        return column.cast(pa.float64())
    if kind == "truth":
        if written:
            return pc.utf8_lower(column).cast(pa.bool_())
        # A cast alone would take every number but 0 for true.
        back = column.cast(pa.bool_())
        return back if t.is_boolean(column.type) or back.cast(column.type).equals(column) else _no()
    if not written and not t.is_date(column.type) and not t.is_timestamp(column.type):
        return _no()  # a cast would take a number for days or moments since 1970
    if kind == "date":
        return column.cast(pa.date32())
    zone = column.type.tz if t.is_timestamp(column.type) else None
    return column.cast(pa.timestamp("us", zone))


def _no() -> Any:
    import pyarrow as pa

    raise pa.ArrowInvalid("not of that type")


def _first_misfit(column: Any, kind: str) -> int:
    """Place of the first value that cannot be read; looked for only when one is there."""
    import pyarrow as pa

    for place in range(len(column)):
        try:
            _converted(column.slice(place, 1), kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return place
    return 0
