"""Sensitive attributes from a file of their own, put beside the data by a key.

Who may see decisions and who may see race or health are often not the same people, so the two are kept apart until
the audit. A row of the data whose key is not in the second file has no value, and its group is ``unknown``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.canonical import Sha256
from raudit.data.encode import dictionary, level_text
from raudit.data.interface import ColumnName, DataSet, HoldsTexts, Kind
from raudit.data.open import open_data
from raudit.data.readers import ReadOptions
from raudit.data.table import no_column
from raudit.errors import DataError
from raudit.plan.schema import AttributesSection

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

APART = "\x1f"
"""Between the parts of a key of several columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedDataSet:
    """A data set with columns of another file; see ``DataSet`` for the members."""

    inner: DataSet
    """With the columns added."""
    more: Mapping[ColumnName, Kind]
    """Their kinds."""

    @property
    def name(self) -> str:
        """See ``DataSet``."""
        return self.inner.name

    @property
    def sha256(self) -> Sha256:
        """See ``DataSet``; of the data alone, since the second file is an input with a digest of its own."""
        return self.inner.sha256

    @property
    def n_rows(self) -> int:
        """See ``DataSet``."""
        return self.inner.n_rows

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """See ``DataSet``."""
        return {**self.inner.kinds, **self.more}

    @property
    def described(self) -> Mapping[str, Any]:
        """See ``DataSet``."""
        return self.inner.described

    def as_written(self) -> DataSet:
        """See ``DataSet``; of the data alone."""
        return self.inner.as_written()

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """See ``DataSet``."""
        return self.inner.batches(list(self.kinds) if columns is None else columns, rows=rows)

    @property
    def unnamed(self) -> frozenset[ColumnName]:
        """Columns of the data set whose values are never written down."""
        return self.inner.unnamed if isinstance(self.inner, HoldsTexts) else frozenset()

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """See ``DataSet``."""
        return self.inner.frame(list(self.kinds) if columns is None else columns)

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """See ``DataSet``."""
        return replace(self, inner=self.inner.with_columns(columns))


def with_attributes(
    data: DataSet, path: Path, section: AttributesSection, missing: Sequence[str]
) -> DataSet:
    """Add the columns of a second file by its key.

    Raises
    ------
    DataError
        If the file cannot be read, a key is missing or not unique in it, a column is in both files, or no row matches.
    """
    other = open_data(path, options=ReadOptions(missing=tuple(missing)))
    for one in (data, other):
        for name in section.key:
            if name not in one.kinds:
                raise no_column(ColumnName(name), [str(known) for known in one.kinds], one.name)
    wanted = list(section.columns) or [str(name) for name in other.kinds if name not in section.key]
    _check(data, other, wanted)
    place = _places(other, section.key)
    keys = _keys(data, section.key)
    rows = np.array([-1 if key is None else place.get(key, -1) for key in keys], dtype=np.int64)
    if not (rows >= 0).any():
        raise DataError(
            "no row of the data is in the file of attributes",
            reference="attributes-no-match",
            where=other.name,
            got=f"{len(place):,} keys, none of them in {data.name}",
            hint="check data.attributes.key: both files must write the same person in the same way",
        )
    names = [ColumnName(name) for name in wanted]
    return JoinedDataSet(
        inner=data.with_columns({name: _taken(other, name, rows) for name in names}),
        more={name: other.kinds[name] for name in names},
    )


def _check(data: DataSet, other: DataSet, wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in other.kinds:
            raise no_column(ColumnName(name), [str(known) for known in other.kinds], other.name)
        if name in data.kinds:
            raise DataError(
                f"the column {name!r} is in both files",
                reference="attributes-column-twice",
                where=other.name,
                hint="name the columns to take as data.attributes.columns, or rename one of the two",
            )


def _places(other: DataSet, key: Sequence[str]) -> Mapping[str, int]:
    """Row of each key of the second file; a missing key names nobody."""
    found: dict[str, int] = {}
    for row, name in enumerate(_keys(other, key)):
        if name is None:
            continue
        if name in found:
            raise DataError(
                "a key occurs twice in the file of attributes",
                reference="attributes-key-twice",
                where=other.name,
                got=f"rows {found[name] + 1:,} and {row + 1:,} have the same key",
                expected="one row a person",
                hint="remove the repeated rows, or name more columns as data.attributes.key",
            )
        found[name] = row
    return found


def _keys(data: DataSet, key: Sequence[str]) -> list[str | None]:
    """The key of every row as text, ``1`` and ``1.0`` being one; None where a part is missing."""
    keys: list[str | None] = []
    for batch in data.batches([ColumnName(name) for name in key]):
        parts = [_texts(batch.column(number)) for number in range(len(key))]
        keys += [
            None if None in row else APART.join(map(str, row)) for row in zip(*parts, strict=True)
        ]
    return keys


def _texts(column: object) -> list[str | None]:
    codes, values = dictionary(column)
    texts = [None if value is None else level_text(value) for value in values]
    return [texts[code] if code >= 0 else None for code in codes.tolist()]


def _taken(other: DataSet, name: str, rows: NDArray[np.int64]) -> Any:
    """A column in the order of the data; rows without a match are missing."""
    import pyarrow as pa

    pieces = [batch.column(0) for batch in other.batches([ColumnName(name)])]
    whole = pa.chunked_array(pieces).combine_chunks()
    return whole.take(pa.array(rows, mask=rows < 0))
