"""A simple random sample of a stream: the rows with the smallest random keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class BottomK:
    """Keeps the cells whose random key is among the k smallest.

    Each row of the table gets one key, drawn in row order from a generator of the column's own, so the sample is the
    same however the table is cut into batches, and samples of parts merge into a sample of the whole.
    """

    size: int
    generator: Any
    """numpy Generator."""
    keys: Any = None
    values: Any = None
    """Arrow array of the kept cells."""

    def add(self, column: pa.Array) -> None:
        """Look at the next cells; empty (null) cells are never drawn."""
        import numpy as np
        import pyarrow as pa

        keys = self.generator.random(len(column))
        filled = (
            np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
            if column.null_count
            else None
        )
        if filled is not None:
            keys = keys[filled]
        bound = self.keys.max() if self.keys is not None and len(self.keys) == self.size else 1.0
        chosen = np.flatnonzero(keys < bound)
        if len(chosen) > self.size:
            chosen = chosen[np.argpartition(keys[chosen], self.size)[: self.size]]
        if not len(chosen):
            return
        taken = column.take(pa.array(chosen if filled is None else filled[chosen]))
        if self.keys is None:
            self.keys, self.values = keys[chosen], taken
        else:
            self.keys = np.concatenate([self.keys, keys[chosen]])
            self.values = pa.concat_arrays([self.values, taken])
        if len(self.keys) > self.size:
            best = np.argpartition(self.keys, self.size)[: self.size]
            self.keys, self.values = self.keys[best], self.values.take(pa.array(best))

    def merged(self, other: BottomK) -> BottomK:
        """The sample of both parts together: again the cells with the smallest keys."""
        import numpy as np
        import pyarrow as pa

        parts = [part for part in (self, other) if part.keys is not None]
        if len(parts) < 2:
            return replace(parts[0] if parts else self, generator=self.generator)
        keys = np.concatenate([part.keys for part in parts])
        values = pa.concat_arrays([part.values for part in parts])
        if len(keys) > self.size:
            best = np.argpartition(keys, self.size)[: self.size]
            keys, values = keys[best], values.take(pa.array(best))
        return replace(self, keys=keys, values=values)

    def closed(self) -> BottomK:
        """The same sample, to which nothing more is added."""
        return replace(self, generator=None)

    def cells(self) -> list[str]:
        """The drawn cells as text, in the order of their keys."""
        if self.keys is None:
            return []
        import numpy as np
        import pyarrow as pa

        ordered = self.values.take(pa.array(np.argsort(self.keys, kind="stable")))
        return [str(value) for value in ordered.to_pylist()]
