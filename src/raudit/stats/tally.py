"""How often each number occurs: a column of any length as its distinct values, from which the rest follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Distinct finite values of a column in order, each with its count."""

    values: Floats
    """Of shape (n_distinct,), ascending."""
    counts: NDArray[np.int64]
    missing: int
    """Values that are none or not finite."""

    @property
    def n(self) -> int:
        """Finite values."""
        return int(self.counts.sum())

    def below(self, edges: ArrayLike) -> NDArray[np.int64]:
        """How many values lie below each edge."""
        upto = np.concatenate([[0], np.cumsum(self.counts)])
        below: NDArray[np.int64] = upto[np.searchsorted(self.values, edges, side="left")]
        return below

    def at(self, places: ArrayLike) -> Floats:
        """The values at places of the sorted column, from 0."""
        upto = np.cumsum(self.counts)
        found: Floats = self.values[np.searchsorted(upto, places, side="right")]
        return found

    def quantiles(self, levels: ArrayLike) -> Floats:
        """Quantiles as ``numpy.quantile`` gives them, straight between neighbours, and finite whatever these are."""
        place = (self.n - 1) * np.asarray(levels, dtype=float)
        low, high = self.at(np.floor(place)), self.at(np.ceil(place))
        part = place - np.floor(place)
        with np.errstate(over="ignore"):
            apart = high - low
        between = np.where(part < 0.5, low + apart * part, high - apart * (1 - part))
        if not np.isfinite(apart).all():  # neighbours farther apart than any number is large
            between = np.where(np.isfinite(apart), between, low * (1 - part) + high * part)
        return np.asarray(between, dtype=float)

    def nearest_quantiles(self, levels: ArrayLike) -> Floats:
        """Quantiles that are values of the column: the nearer neighbour."""
        return self.at(np.rint((self.n - 1) * np.asarray(levels, dtype=float)))


def tally(values: Floats) -> Tally:
    """Count the distinct values of a column by hashing, and sort those alone.

    Parameters
    ----------
    values
        Of shape (n_rows,).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    there = np.isfinite(values)
    finite = values if there.all() else values[there]
    counted = pc.value_counts(pa.array(finite))
    found = merged_tally(counted.field("values").to_numpy(), counted.field("counts").to_numpy())
    return replace(found, missing=int(values.size - finite.size))


def merged_tally(values: Floats, counts: ArrayLike) -> Tally:
    """The tally of values that stand for so many rows each; the same value may come more than once.

    Parameters
    ----------
    values, counts
        Of shape (n_values,).
    """
    weights = np.asarray(counts)
    there = np.isfinite(values)
    # Here -0 and 0 become one value.
    distinct, place = np.unique(values[there] + 0.0, return_inverse=True)
    summed = np.bincount(place, weights=weights[there], minlength=distinct.size)
    return Tally(
        values=distinct, counts=summed.astype(np.int64), missing=int(weights[~there].sum())
    )
