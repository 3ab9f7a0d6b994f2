"""Look at every column of a data set, for a draft plan: one pass, bounded memory, any type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from raudit.data.interface import DataSet, Kind
from raudit.data.naming import FEWEST_ROWS, PLAIN, names_persons, numbers_persons
from raudit.plan.look import ColumnLook

FEW = 12
MAX_LEVEL = 40
MOST_DISTINCT = 2**18
"""Distinct values that are told apart; past it a column is no group and no outcome, so counting stops."""
MOST_BYTES = 64 * 2**20
"""Of distinct values, likewise: long texts are neither groups nor outcomes."""
ROWS = 65_536


@dataclass(slots=True)
class _Seen:
    """What has been seen of one column."""

    nested: bool
    values: Any = None
    """Array of distinct values; None before the first batch."""
    missing: int = 0
    many: int = 0
    """How many were told apart before counting stopped; 0 while it goes on."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows of each value, as long as there are few."""

    def add(self, column: Any) -> None:
        """Take the next cells."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self.missing += column.null_count
        if self.nested or self.many:
            return
        distinct = pc.unique(column)
        if pa.types.is_dictionary(distinct.type):
            # Several codes of a dictionary can stand for one value, and the codes of two batches differ.
            distinct = pc.unique(distinct.dictionary_decode())
        known = distinct if self.values is None else pa.concat_arrays([self.values, distinct])
        self.values = pc.unique(known.drop_null())
        if len(self.values) <= FEW:
            counted = pc.value_counts(column.drop_null())
            rows = counted.field("counts").to_pylist()
            for value, n in zip(_texts(counted.field("values")), rows, strict=True):
                self.rows[value] = self.rows.get(value, 0) + n
        if len(self.values) > MOST_DISTINCT or self.values.nbytes > MOST_BYTES:
            self.many = len(self.values)
            self.values = self.values[:0]

    def distinct(self) -> int:
        """Number of different values, or how many there were when counting stopped."""
        if self.many:
            return self.many
        return 0 if self.values is None else len(self.values)

    def levels(self, name: str) -> tuple[str, ...]:
        """The values as text, where they are few and short, name nobody, and each is shared by several rows."""
        if not 0 < self.distinct() <= FEW:
            return ()
        texts, values = sorted(_texts(self.values)), _values(self.values)
        secret = names_persons(name, texts) or numbers_persons(name, values)
        if secret or any(len(text) > MAX_LEVEL for text in texts):
            return ()
        shared = {text.lower() for text in texts} <= PLAIN or min(self.rows.values()) >= FEWEST_ROWS
        return tuple(texts) if shared else ()


def _values(values: Any) -> list[object]:
    """Numbers as they are, and nothing of other types."""
    import pyarrow as pa

    known = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    return list(values.to_pylist()) if known else []


def _texts(values: Any) -> list[str]:
    """Values as text; Arrow writes dates and times that no calendar of Python's reaches."""
    import pyarrow as pa

    written = values.cast(pa.large_string()) if pa.types.is_temporal(values.type) else values
    return [str(value) for value in written.to_pylist()]


def look_at(data: DataSet) -> tuple[ColumnLook, ...]:
    """Count distinct and missing values of every column; keep the values only where they are few and short."""
    seen = {name: _Seen(nested=kind is Kind.OTHER) for name, kind in data.kinds.items()}
    for batch in data.batches(rows=ROWS) if seen else ():
        for look, column in zip(seen.values(), batch.columns, strict=True):
            look.add(column)
    return tuple(
        ColumnLook(
            name=name,
            kind=str(kind),
            numeric=kind in {Kind.INTEGER, Kind.NUMBER},
            distinct=seen[name].distinct(),
            more=seen[name].many > 0,
            missing=seen[name].missing,
            levels=seen[name].levels(name),
        )
        for name, kind in data.kinds.items()
    )
