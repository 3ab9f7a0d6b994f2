"""Join keys by values: columns of different tables that share many of their values, whatever they are called.

Each column keeps the smallest of its values' keyed hashes. Columns that share values share small hashes, so two short
lists tell what share of the smaller set is in the larger one. The key is drawn for one scan and forgotten; no hash is
written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName
from raudit.scan.sources import StreamedTable
from raudit.stages.pii.vocabulary.names_of_columns import words

if TYPE_CHECKING:
    import pyarrow as pa

Join = tuple[str, tuple[str, ...]]
"""Names of the columns, joined by equals signs, and the tables they are in."""
KEPT = 1_024
"""Hashes kept for each column; the error of a share is about 1 / sqrt(KEPT)."""
FEWEST = 20
"""Columns with fewer different values join nothing in particular."""
CONTAINED = 0.5
"""Share of the smaller column's values that the other must hold."""
UNIQUE = 0.8
"""Different values by cells: one of the two columns must be a key of its table."""
MOST_TABLES = 200


@dataclass(slots=True)
class Sketch:
    """The smallest hashes of a column's values, and how its cells look."""

    cells: int = 0
    characters: int = 0
    numbers: int = 0
    """Cells of nothing but digits, dots and signs."""
    smallest: Any = None
    """Sorted uint64 array of at most ``KEPT`` hashes."""

    def add(self, column: pa.Array, key: str) -> None:
        """Look at the next cells."""
        import numpy as np
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        text = column.drop_null()
        if not len(text) or pa.types.is_nested(text.type) or pa.types.is_boolean(text.type):
            return
        text = text.cast(pa.large_string())
        self.cells += len(text)
        self.characters += int(pc.sum(pc.utf8_length(text)).as_py())
        self.numbers += int(pc.sum(pc.match_substring_regex(text, r"^[0-9.+-]*$")).as_py())
        values = pc.utf8_lower(text.unique()).to_numpy(zero_copy_only=False)
        hashes = pd.util.hash_array(values, hash_key=key, categorize=False)
        seen = hashes if self.smallest is None else np.concatenate([self.smallest, hashes])
        self.smallest = np.unique(seen)[:KEPT]

    @property
    def different(self) -> float:
        """Estimated number of different values."""
        if self.smallest is None or len(self.smallest) < KEPT:
            return float(0 if self.smallest is None else len(self.smallest))
        return float((KEPT - 1) / (float(self.smallest[-1]) / 2**64))

    @property
    def telling(self) -> bool:
        """Whether equal values mean something: words and long numbers do, row numbers and prices do not."""
        if not self.cells:
            return False
        return self.characters / self.cells >= (7 if self.numbers > 0.5 * self.cells else 5)

    @property
    def unique(self) -> bool:
        """Whether nearly every cell is different."""
        return self.different >= UNIQUE * self.cells


@dataclass(frozen=True, slots=True)
class KeyFinder:
    """Watches tables while they are scanned."""

    key: str
    """Sixteen characters, drawn for one scan."""
    sketches: dict[tuple[str, str], Sketch] = field(default_factory=dict)

    def watched(self, source: StreamedTable) -> StreamedTable:
        """The same table, whose columns are sketched as they are read."""
        if len({table for table, _ in self.sketches}) >= MOST_TABLES:
            return source

        def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
            own = {
                name: self.sketches.setdefault((source.name, str(name)), Sketch())
                for name in columns
            }
            for batch in source.read(columns, rows):
                for name, column in zip(columns, batch.columns, strict=True):
                    own[name].add(column, self.key)
                yield batch

        return replace(source, read=read)

    def joins(self) -> tuple[Join, ...]:
        """Groups of columns of different tables that share values: what they are called, and their tables."""
        wanted = {place: s for place, s in self.sketches.items() if s.different >= FEWEST}
        group = {place: {place} for place in wanted}
        for a, b in combinations(wanted, 2):
            if (
                a[0] != b[0]
                and group[a] is not group[b]
                and _joined(a[1], b[1], wanted[a], wanted[b])
            ):
                group[a] |= group[b]
                for place in group[b]:
                    group[place] = group[a]
        together = {id(g): sorted(g) for g in group.values() if len(g) > 1}
        return tuple(
            (
                " = ".join(dict.fromkeys(sorted(column for _, column in g))),
                tuple(dict.fromkeys(table for table, _ in g)),
            )
            for g in together.values()
        )


def _joined(name: str, other: str, left: Sketch, right: Sketch) -> bool:
    if not (left.unique or right.unique):
        return False
    alike = bool(set(words(name)) & set(words(other)) - {"id"})
    return (alike or (left.telling and right.telling)) and contained(left, right) >= CONTAINED


def contained(left: Sketch, right: Sketch) -> float:
    """Estimated share of the smaller set of values that is in the larger one.

    References
    ----------
    Beyer et al. (2007), On synopses for distinct-value estimation under multiset operations.
    """
    import numpy as np

    full = [s.smallest[-1] for s in (left, right) if len(s.smallest) == KEPT]
    bound = min(full, default=np.uint64(2**64 - 1))
    a, b = left.smallest[left.smallest <= bound], right.smallest[right.smallest <= bound]
    fewer = min(len(a), len(b))
    return len(np.intersect1d(a, b, assume_unique=True)) / fewer if fewer else 0.0


def merged(by_name: Sequence[Join], by_values: Sequence[Join]) -> tuple[Join, ...]:
    """Joins by name and by values; a name that is part of a join by values is not said twice."""
    said = [(set(name.lower().split(" = ")), set(tables)) for name, tables in by_values]
    left = [
        j
        for j in by_name
        if not any(j[0].lower() in names and set(j[1]) <= tables for names, tables in said)
    ]
    return (*left, *by_values)
