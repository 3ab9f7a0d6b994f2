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
        kinds = {"text": Kind.TEXT, "number": Kind.NUMBER, "truth": Kind.BOOLEAN}
        return {
            name: kinds[self.types[name]] if name in self.types else kind
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

        for batch in self.inner.batches(columns, rows=rows):
            arrays = [
                cast(batch.column(place), self.types[ColumnName(name)], name)
                if name in self.types
                else batch.column(place)
                for place, name in enumerate(batch.schema.names)
            ]
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


def cast(column: Any, kind: str, name: str) -> Any:
    """A pyarrow array as another type; missing values stay missing.

    Raises
    ------
    DataError
        If a value cannot be read as that type.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if kind == "text":
        if pa.types.is_string(plain.type) or pa.types.is_large_string(plain.type):
            return column
        return pa.array(
            [None if value is None else level_text(value) for value in plain.to_pylist()],
            pa.string(),
        )
    try:
        if kind == "number":
            return plain.cast(pa.float64())
        return (
            pc.utf8_lower(plain).cast(pa.bool_())
            if pa.types.is_string(plain.type)
            else plain.cast(pa.bool_())
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"{name!r} holds values that are no {kind}",
            reference="data-types",
            got=str(column.type),
            expected=f"{kind}, as data.types says",
            hint="clean the column, or take it out of data.types",
        ) from error
