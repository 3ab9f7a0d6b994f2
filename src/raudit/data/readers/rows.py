"""Rows of text cells as record batches, bounded in rows and in bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from raudit.data.interface import ColumnName
from raudit.data.readers.options import Budget

BLOCK = 32 * 2**20


def as_batches(
    rows: Iterator[Sequence[str | None]], columns: Sequence[ColumnName], size: int, budget: Budget
) -> Iterator[Any]:
    """Rows of cells as record batches of text.

    Raises
    ------
    DataError
        If they take more than the budget.
    """
    import pyarrow as pa

    held: list[Sequence[str | None]] = []
    weight = 0

    def batch() -> Any:
        arrays = [
            pa.array([clean(row[i]) for row in held], pa.large_string())
            for i in range(len(columns))
        ]
        budget.take(len(held), len(columns), weight)
        return pa.RecordBatch.from_arrays(arrays, names=[str(name) for name in columns])

    for row in rows:
        held.append(row)
        weight += sum(len(cell) for cell in row if cell) + 8 * len(row)
        if len(held) >= size or weight > BLOCK:
            yield batch()
            held, weight = [], 0
    if held:
        yield batch()


def clean(cell: str | None) -> str | None:
    """A cell that UTF-8 can write."""
    # Lone surrogates from JSON escapes have no UTF-8 form.
    return (
        cell if cell is None or cell.isascii() else cell.encode("utf-8", "replace").decode("utf-8")
    )
