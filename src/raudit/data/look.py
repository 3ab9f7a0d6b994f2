"""Look at every column of a data set, for a draft plan."""

from __future__ import annotations

from typing import Any

from raudit.data.interface import DataSet, Kind
from raudit.data.naming import FEWEST_ROWS, PLAIN, names_persons
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
            pa.chunked_array([batch.column(0) for batch in data.batches([name])], type=None)
            if (data.n_rows)
            else pa.chunked_array([pa.array([], pa.string())])
        )
        nested = kind is Kind.OTHER
        distinct = 0 if nested else int(pc.count_distinct(column).as_py())
        levels: tuple[str, ...] = ()
        if not nested and 0 < distinct <= FEW:
            found = sorted(str(value) for value in pc.unique(column).to_pylist() if value is not None)
            kept = all(len(value) <= MAX_LEVEL for value in found) and not names_persons(name, found)
            kept = kept and (set(map(str.lower, found)) <= PLAIN or _rarest(column) >= FEWEST_ROWS)
            levels = tuple(found) if kept else ()
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


def _rarest(column: Any) -> int:
    """Rows of the value that fewest rows have."""
    import pyarrow.compute as pc

    return min(int(n) for n in pc.value_counts(column.drop_null()).field(1).to_pylist())
