"""Columns of any Arrow type as text of bounded length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_CELL = 20_000
"""Characters of a cell that are read; what is longer is cut, counted and said."""
PIECE_BYTES = 64 * 2**20


def as_strings(column: pa.Array) -> pa.Array:
    """Any Arrow array as text; nested values are written out, long ones of dictionaries cut before they multiply."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(column.type):
        values, _ = bounded(as_strings(column.dictionary))
        return values.take(column.indices)
    if (
        types.is_nested(column.type)
        or types.is_binary(column.type)
        or types.is_large_binary(column.type)
    ):
        return pa.array(
            [None if v is None else _flat(v) for v in column.to_pylist()], pa.large_string()
        )
    return column if types.is_large_string(column.type) else column.cast(pa.large_string())


def empty_cells(column: pa.Array) -> int:
    """Cells without a value; what is not a number is none either."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nan = pc.sum(pc.is_nan(column)).as_py() or 0 if pa.types.is_floating(column.type) else 0
    return int(column.null_count + nan)


def cut_in_dictionary(column: pa.Array) -> int:
    """Cells of a dictionary-encoded column whose value is too long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if not types.is_dictionary(column.type):
        return 0
    if not (
        types.is_string(column.dictionary.type) or types.is_large_string(column.dictionary.type)
    ):
        return 0
    long = pc.greater(pc.binary_length(column.dictionary), LONGEST_CELL)
    return int(pc.sum(long.take(column.indices)).as_py() or 0) if pc.any(long).as_py() else 0


def pieces(column: pa.Array) -> Iterator[pa.Array]:
    """Cut a dictionary-encoded column so that no piece is large once it is written out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = len(column)
    if pa.types.is_dictionary(column.type) and len(column.dictionary) and rows:
        text = as_strings(column.dictionary)
        longest = min(pc.max(pc.binary_length(text)).as_py() or 1, 4 * LONGEST_CELL)
        rows = max(256, PIECE_BYTES // max(longest, 1))
    for start_ in range(0, max(len(column), 1), max(rows, 1)):
        yield column.slice(start_, rows)


def bounded(column: pa.Array) -> tuple[pa.Array, int]:
    """Cut cells that are too long, and say how many there were."""
    import pyarrow.compute as pc

    if not len(column) or column.nbytes <= LONGEST_CELL:
        return column, 0
    cut = pc.sum(pc.greater(pc.binary_length(column), LONGEST_CELL)).as_py() or 0
    return (pc.utf8_slice_codeunits(column, 0, LONGEST_CELL), cut) if cut else (column, 0)


def _flat(value: object, depth: int = 0) -> str:
    """A nested value as text, bounded in depth and length."""
    if depth > 8:
        return ""
    if isinstance(value, Mapping):
        return " | ".join(_flat(v, depth + 1) for v in list(value.values())[:200])[:LONGEST_CELL]
    if isinstance(value, (list, tuple)):
        return " | ".join(_flat(v, depth + 1) for v in value[:200])[:LONGEST_CELL]
    if isinstance(value, bytes):
        return value[:LONGEST_CELL].decode("utf-8", "replace")
    return "" if value is None else str(value)[:LONGEST_CELL]
