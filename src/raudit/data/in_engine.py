"""A data set whose rows stay in their engine: it counts, and whoever asks for rows is told that there are none here."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.canonical import Sha256
from raudit.data.counted import CountedRows, EngineTable, counted_table
from raudit.data.encode import range_names
from raudit.data.engine import attribute_place
from raudit.data.engine_frame import EngineFrame
from raudit.data.interface import GROUP, ColumnName, DataSet, Kind
from raudit.errors import NotEvaluable

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd
    import pyarrow as pa

    from raudit.plan.schema import Attribute

MOST_VALUES = 20_000
"""Different values of columns that leave with their counts."""
_N = "raudit_n"


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class EngineData(EngineTable):
    """A plan's table in its engine, with what is known of it without a row."""

    name: str
    sha256: Sha256
    """Digest of the content, which the engine worked out."""
    n_rows: int
    kinds: Mapping[ColumnName, Kind]
    described: Mapping[str, Any] = field(default_factory=dict)
    asked: dict[ColumnName, CountedRows | None] = field(default_factory=dict, repr=False)
    """What was counted already, since several stages ask for the same."""
    close: Callable[[], None] = field(repr=False)

    def __post_init__(self) -> None:
        """End the connection with the data set."""
        weakref.finalize(self, self.close)

    def values(self, name: ColumnName) -> CountedRows | None:
        """The different values of a column, and how many rows have each; None where they may not leave.

        A column with nearly as many values as rows names rows, and what stays of it is not even counted.
        """
        if name not in self.asked:
            frame = EngineFrame.of(self.native, [name])
            self.asked[name] = self._few(frame, [frame.column(name)], [name])
        return self.asked[name]

    def values_among(self, attribute: Attribute, name: ColumnName) -> CountedRows | None:
        """The same of one column in each group of an attribute, whose groups stand in a column ``GROUP``."""
        column = ColumnName(attribute.column)
        frame = EngineFrame.of(self.native, list(dict.fromkeys([column, name])))
        group = attribute_place(frame, attribute)
        found = self._few(frame, [group, frame.column(name)], (GROUP, name))
        if found is None or not attribute.edges:
            return found
        names = np.array([*range_names(attribute.edges), None], dtype=object)
        ranges = found.frame.assign(**{GROUP: names[found.frame[GROUP].to_numpy(dtype=int)]})
        return replace(found, frame=ranges)

    def _few(
        self, frame: EngineFrame, columns: Sequence[nw.Expr], names: Sequence[ColumnName]
    ) -> CountedRows | None:
        """The different rows of some columns, unless there are too many; how many there are is asked first."""
        import narwhals as nw

        most = min(MOST_VALUES, self.n_rows // 2)
        places = [f"v{place}" for place in range(len(columns))]
        chosen = [column.alias(place) for column, place in zip(columns, places, strict=True)]
        grouped = frame.frame.select(*chosen).group_by(*places).agg(nw.len().alias(_N))
        size = frame.collect(grouped.head(most + 1).select(nw.len().alias(_N)))
        if int(size.column(_N)[0].as_py()) > most:
            return None
        return counted_table(frame.collect(grouped), places, names)

    def told_apart(self, name: ColumnName) -> tuple[int, int]:
        """How many rows of a column are filled, and how many different values they have."""
        import narwhals as nw

        frame = EngineFrame.of(self.native, [name])
        column = frame.column(name)
        groups = frame.frame.filter(~column.is_null()).group_by(frame.places[name])
        counted = groups.agg(nw.len().alias(_N)).select(
            nw.col(_N).sum().alias("rows"), nw.len().alias("values")
        )
        found = frame.collect(counted)
        return tuple(int(found.column(each)[0].as_py() or 0) for each in ("rows", "values"))  # type: ignore[return-value]

    def repeats(self, columns: Sequence[ColumnName]) -> Mapping[str, int]:
        """Rows that repeat an earlier one, rows that have a twin, and the largest set of equal rows."""
        import narwhals as nw

        frame = EngineFrame.of(self.native, columns)
        n = nw.col(_N)
        counted = frame.frame.group_by(*frame.places.values()).agg(nw.len().alias(_N))
        found = frame.collect(
            counted.select(
                (n - 1).sum().alias("repeats"),
                nw.when(n > 1).then(n).otherwise(0).sum().alias("with_twin"),
                n.max().alias("largest"),
                nw.when(n > 1).then(1).otherwise(0).sum().alias("sets"),
            )
        )
        return {name: int(found.column(name)[0].as_py() or 0) for name in found.column_names}

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
