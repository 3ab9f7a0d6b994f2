"""The different rows of some columns with how many there are of each: what a stage needs that asks who stands alone.

Of a table that stays in its engine they are what the engine's own GROUP BY gives, and no row leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.data.engine_frame import EngineFrame
from raudit.data.interface import ColumnName, DataSet
from raudit.data.readers.source import as_pandas
from raudit.errors import NotEvaluable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOST = 5_000_000
"""Different rows that are held."""
TOGETHER = 1_000_000
"""Rows that are put together before equal ones are merged."""
_N = "raudit_n"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRows:
    """The different rows of some columns."""

    frame: pd.DataFrame
    """Of shape (n_different, n_columns); a row may come more than once, where rows differ in what is no value."""
    counts: NDArray[np.int64]
    """Rows that each stands for."""
    cut: bool = False
    """Whether there were more different rows than are held, so that only the first rows were counted."""

    @property
    def n(self) -> int:
        """Rows that were counted."""
        return int(self.counts.sum())

    def rows(self) -> pd.DataFrame:
        """Every row again, equal ones together: not in the order in which they came."""
        places = np.repeat(np.arange(len(self.frame)), self.counts)
        return self.frame.iloc[places].reset_index(drop=True)

    def first(self, most: int) -> CountedRows:
        """At most so many different rows, whichever have the smallest digest, so that their order does not matter."""
        import pandas as pd

        if len(self.frame) <= most:
            return self
        digests = pd.util.hash_pandas_object(self.frame, index=False).to_numpy()
        taken = np.sort(np.argsort(digests, kind="stable")[:most])
        return CountedRows(
            frame=self.frame.iloc[taken].reset_index(drop=True), counts=self.counts[taken]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTable:
    """A table that stays in its engine: no data set, since nobody can read its rows."""

    native: object

    def counted(self, columns: Sequence[ColumnName]) -> CountedRows:
        """The different rows by the engine's GROUP BY.

        Raises
        ------
        DataError
            If a column is not there, or the engine fails.
        NotEvaluable
            If there are more different rows than may leave the engine.
        """
        import narwhals as nw

        table = EngineFrame.of(self.native, columns)
        places = [table.places[name] for name in columns]
        grouped = table.frame.group_by(*places).agg(nw.len().alias(_N))
        found = table.collect(grouped.head(MOST + 1))
        if found.num_rows > MOST:
            raise NotEvaluable(
                "these columns have more different rows together than may leave the engine",
                reference="groups-too-many",
                got=f"more than {MOST:,}",
                hint="name fewer columns, or export the table and audit the file",
            )
        return counted_table(found, places, columns)


def counted_table(
    found: pa.Table, places: Sequence[str], names: Sequence[ColumnName]
) -> CountedRows:
    """What an engine gave for the different rows of some columns."""
    return _counted(found.select(places).rename_columns(list(names)), found.column(_N))


def counted_rows(data: DataSet | EngineTable, columns: Sequence[ColumnName]) -> CountedRows:
    """Count the different rows of some columns, piece by piece.

    Parameters
    ----------
    data
        A data set, or a table in an engine.
    columns
        At least one.
    """
    if isinstance(data, EngineTable):
        return data.counted(columns)
    found: pa.Table | None = None
    waiting: list[Any] = []
    rows = 0
    for batch in data.batches(columns):
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= TOGETHER:
            found, waiting, rows = _merged(found, waiting), [], 0
            if found.num_rows > MOST:
                return _counted(found.drop_columns([_N]), found.column(_N), cut=True)
    if waiting or found is None:
        found = _merged(found, waiting or [next(iter(data.batches(columns)))])
    return _counted(found.drop_columns([_N]), found.column(_N))


def _merged(found: pa.Table | None, batches: Sequence[Any]) -> pa.Table:
    """The different rows of a table and of further batches; nested columns cannot be grouped, and stay row by row."""
    import pyarrow as pa

    more = pa.Table.from_batches(batches)
    ones = pa.array(np.ones(more.num_rows, dtype=np.int64))
    more = more.append_column(_N, ones)
    table = more if found is None else pa.concat_tables([found, more.cast(found.schema)])
    names = [name for name in table.column_names if name != _N]
    if any(pa.types.is_nested(table.schema.field(name).type) for name in names):
        return table
    grouped = table.unify_dictionaries().group_by(names, use_threads=False).aggregate([(_N, "sum")])
    return grouped.rename_columns({f"{_N}_sum": _N}).select([*names, _N])


def _counted(table: pa.Table, counts: Any, *, cut: bool = False) -> CountedRows:
    return CountedRows(
        frame=as_pandas(table, "counted rows", ignore_metadata=True),
        counts=counts.to_numpy().astype(np.int64),
        cut=cut,
    )
