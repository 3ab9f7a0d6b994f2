"""A data set whose rows stay in their engine: it counts, and whoever asks for rows is told that there are none here."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.counted import CountedRows, EngineTable
from raudit.data.engine_frame import EngineFrame
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.errors import NotEvaluable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class EngineData(EngineTable):
    """A plan's table in its engine, with what is known of it without a row."""

    name: str
    sha256: Sha256
    """Digest of the content, which the engine worked out."""
    n_rows: int
    kinds: Mapping[ColumnName, Kind]
    described: Mapping[str, Any] = field(default_factory=dict)
    close: Callable[[], None] = field(repr=False)

    def __post_init__(self) -> None:
        """End the connection with the data set."""
        weakref.finalize(self, self.close)

    def values(self, name: ColumnName, most: int) -> CountedRows | None:
        """The values of one column, missing among them, and how many rows have each; None if there are more.

        Nothing leaves the engine in that case: a column with a value for nearly every row names rows.
        """
        frame = EngineFrame.of(self.native, [name])
        return None if frame.distinct(name, most + 1) > most else self.counted([name])

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Refuse."""
        raise rows_stay(self.name)

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Refuse."""
        raise rows_stay(self.name)

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Refuse."""
        raise rows_stay(self.name)

    def as_written(self) -> DataSet:
        """Refuse."""
        raise rows_stay(self.name)


def rows_stay(name: str) -> NotEvaluable:
    """What is said to whoever needs rows."""
    return NotEvaluable(
        "this needs the rows, and they stay in their database",
        reference="rows-stay",
        where=name,
        hint="add data.copy with max_rows, the most rows that may be copied to this machine for the length of a run",
    )
