"""Look at every column of a data set, for a draft plan."""

from __future__ import annotations

from typing import Any

from raudit.data.interface import DataSet, Kind
from raudit.plan.look import ColumnLook

FEW = 12
MAX_LEVEL = 40


def look_at(data: DataSet) -> tuple[ColumnLook, ...]:
    """Count distinct and missing values of every column; keep the values only where they are few and short."""
    import pyarrow as pa
    import pyarrow.compute as pc

    looks = []
    for name, kind in data.kinds.items():
        column: Any = (
            pa.chunked_array([_plain(batch.column(0)) for batch in data.batches([name])])
            if (data.n_rows)
            else pa.chunked_array([pa.array([], pa.string())])
        )
        nested = kind is Kind.OTHER
        distinct = 0 if nested else int(pc.count_distinct(column).as_py())
        levels: tuple[str, ...] = ()
        if not nested and 0 < distinct <= FEW:
            found = sorted(str(value) for value in pc.unique(column).to_pylist() if value is not None)
            levels = tuple(found) if all(len(value) <= MAX_LEVEL for value in found) else ()
        looks.append(
            ColumnLook(
                name=name,
                kind=str(kind),
                numeric=kind in {Kind.INTEGER, Kind.NUMBER},
                distinct=distinct,
                missing=int(column.null_count),
                levels=levels,
            )
        )
    return tuple(looks)


def _plain(column: Any) -> Any:
    """A column without its dictionary, which Arrow does not count."""
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
