"""Rows as 64-bit hashes, by which equal rows are found in one data set and across two, batch by batch.

Two different rows share a hash with a probability of n² / 2⁶⁵: under one in a million for ten million rows. No hash
leaves the machine: they are counted and thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data.encode import dictionary, level_text
from raudit.data.interface import ColumnName, DataSet, Kind

Hashes = NDArray[np.uint64]
ABSENT = np.uint64(0x9E3779B97F4A7C15)
"""Stands for a missing value."""
NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER})


def written_as_text(columns: Sequence[ColumnName], *data: DataSet) -> frozenset[ColumnName]:
    """Columns whose values are compared as text: those that are not numbers in every one of the data sets."""
    return frozenset(
        name for name in columns if any(part.kinds.get(name) not in NUMBERS for part in data)
    )


def row_hashes(
    data: DataSet, columns: Sequence[ColumnName], *, as_text: frozenset[ColumnName]
) -> Hashes:
    """One hash a row over some columns, of shape (n_rows,)."""
    parts = [sum_of(cell_hashes(batch, columns, as_text)) for batch in data.batches(columns)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)


def column_hashes(
    data: DataSet, columns: Sequence[ColumnName], *, as_text: frozenset[ColumnName]
) -> Hashes:
    """One hash a cell, of shape (n_columns, n_rows); a row's hash is their sum."""
    parts = [cell_hashes(batch, columns, as_text) for batch in data.batches(columns)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(columns), 0), dtype=np.uint64)


def sum_of(cells: Hashes) -> Hashes:
    """Hashes of rows from those of cells; sums wrap around."""
    with np.errstate(over="ignore"):
        total: Hashes = cells.sum(axis=0, dtype=np.uint64)
    return total


def cell_hashes(
    batch: Any, columns: Sequence[ColumnName], as_text: frozenset[ColumnName]
) -> Hashes:
    """Hashes of a batch's cells, of shape (n_columns, n_rows), different for the same value in another column."""
    rows = [_column(batch.column(place), name in as_text) for place, name in enumerate(columns)]
    with np.errstate(over="ignore"):
        return (
            np.vstack(
                [
                    _mixed(row + np.uint64(place + 1) * np.uint64(0xD1342543DE82EF95))
                    for place, row in enumerate(rows)
                ]
            )
            if rows
            else np.zeros((0, batch.num_rows), dtype=np.uint64)
        )


def _column(column: Any, as_text: bool) -> Hashes:
    import pyarrow as pa

    if not as_text:
        values = (
            column.cast(pa.float64()).to_numpy(zero_copy_only=False) + 0.0
        )  # minus zero is zero
        bits = np.ascontiguousarray(values, dtype=np.float64).view(np.uint64).copy()
        bits[np.isnan(values)] = ABSENT
        return bits
    codes, values_seen = _codes(column)
    texts = np.array([level_text(value) for value in values_seen], dtype=object)
    import pandas as pd

    hashed = (
        pd.util.hash_array(texts, categorize=False) if texts.size else np.zeros(0, dtype=np.uint64)
    )
    return np.append(hashed, ABSENT)[codes]


def _codes(column: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes and values of a column of any type; nested values are compared as they print."""
    import pyarrow as pa

    if pa.types.is_nested(column.type):
        column = pa.array(
            [None if value is None else str(value) for value in column.to_pylist()], pa.string()
        )
    return dictionary(column)


def _mixed(values: Hashes) -> Hashes:
    """Spread bits, so that sums of hashes do not collide (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        z = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def repeated(hashes: Hashes) -> Mapping[str, int]:
    """Count rows that repeat an earlier one, rows that have a twin, and the largest set of equal rows."""
    if hashes.size == 0:
        return {"repeats": 0, "with_twin": 0, "largest": 0}
    _values, counts = np.unique(hashes, return_counts=True)
    twins = counts[counts > 1]
    return {
        "repeats": int(hashes.size - counts.size),
        "with_twin": int(twins.sum()),
        "largest": int(counts.max()),
    }


def found_in(hashes: Hashes, others: Hashes) -> NDArray[np.bool_]:
    """Which rows stand among others, of shape (n_rows,)."""
    ordered = np.unique(others)
    if ordered.size == 0:
        return np.zeros(hashes.size, dtype=bool)
    at = np.minimum(np.searchsorted(ordered, hashes), ordered.size - 1)
    return np.asarray(ordered[at] == hashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Rows that stand in another table too, beside what coincidence would give."""

    n: int
    """Rows looked at."""
    events: int
    """How many of them stand in the other table."""
    twins: float
    """Share of the other table's rows that have a twin among themselves."""
    beyond: bool
    """Whether more stand there than people who look alike explain."""

    @property
    def expected(self) -> float:
        """How many would by coincidence: as often as the other table's rows have twins among themselves."""
        return self.twins * self.n


def overlap(hashes: Hashes, others: Hashes) -> Overlap:
    """Count rows that stand among others; four standard deviations are allowed to coincidence."""
    n, events = hashes.size, int(found_in(hashes, others).sum())
    twins = repeated(others)["with_twin"] / max(others.size, 1)
    spread = 4 * float(np.sqrt(n * twins * (1 - twins) * (1 + n / max(others.size, 1))))
    return Overlap(n=n, events=events, twins=twins, beyond=events > twins * n + spread + 1)
