"""The cell table: how many rows share the same attributes, label, decision and score bin.

It is a few kilobytes, holds no row, merges with the table of any other part of the data, and hashes the same
whatever the order of rows. Every fairness number is computed from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.canonical import Sha256, digest
from raudit.data.fixed import FixedSum, aligned, from_exact
from raudit.data.score_bins import ScoreBins
from raudit.errors import DataError

LABEL, PREDICTION, BASELINE, BIN = "@label", "@prediction", "@baseline", "@bin"
FAVOURABLE, UNFAVOURABLE = "favourable", "unfavourable"
UNLABELLED = "@unlabelled"
"""Level of ``@label`` of people whose outcome is not known."""
UNKNOWN = "unknown"
"""The group of missing values."""
SCHEMA = "raudit.cells/1"

Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellTable:
    """Counts and sums by cell. Two tables are equal if their digests are."""

    dims: tuple[str, ...]
    """Attributes by name, then those of ``@label``, ``@prediction``, ``@baseline``, ``@bin`` that are counted."""
    levels: tuple[tuple[str, ...], ...]
    """Sorted levels of each dimension; empty for ``@bin``."""
    keys: Keys
    """Codes of shape (n_cells, n_dims), rows sorted; a code is an index into ``levels``, or a bin's number."""
    n: NDArray[np.int64]
    """Rows in each cell."""
    sums: Mapping[str, FixedSum] = field(default_factory=lambda: MappingProxyType({}))
    """``w``, ``w2`` with weights; ``s``, ``s2`` of scores (times weight); the regression sums; by name."""
    bins: ScoreBins | None = None

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attribute dimensions."""
        return tuple(name for name in self.dims if not name.startswith("@"))

    @property
    def total(self) -> int:
        """Rows counted."""
        return int(self.n.sum())

    @property
    def weights(self) -> NDArray[np.float64]:
        """Sum of weights by cell; the counts themselves without weights."""
        return self.sums["w"].values if "w" in self.sums else self.n.astype(float)

    @property
    def weights2(self) -> NDArray[np.float64]:
        """Sum of squared weights by cell."""
        return self.sums["w2"].values if "w2" in self.sums else self.n.astype(float)

    @property
    def weighted(self) -> bool:
        """Whether rows carry weights."""
        return "w" in self.sums

    def axis(self, dim: str) -> int:
        """Position of a dimension.

        Raises
        ------
        DataError
            If the table was counted without it.
        """
        if dim not in self.dims:
            raise DataError(
                f"the cell table has no {dim.lstrip('@')!r}",
                reference="cells-no-dimension",
                got=", ".join(name.lstrip("@") for name in self.dims),
                hint="count the cells again with this column",
            )
        return self.dims.index(dim)

    def codes(self, dim: str) -> Keys:
        """Codes of one dimension, of shape (n_cells,)."""
        return self.keys[:, self.axis(dim)]

    def is_level(self, dim: str, level: str) -> NDArray[np.bool_]:
        """Which cells have this level."""
        levels = self.levels[self.axis(dim)]
        same: NDArray[np.bool_] = self.codes(dim) == (
            levels.index(level) if level in levels else -1
        )
        return same

    def marginal(self, dims: Sequence[str]) -> CellTable:
        """Add up over all other dimensions."""
        axes = [self.axis(dim) for dim in dims]
        return consolidate(
            dims=tuple(dims),
            levels=tuple(self.levels[axis] for axis in axes),
            keys=self.keys[:, axes],
            n=self.n,
            sums=self.sums,
            bins=self.bins if BIN in dims else None,
        )

    @property
    def unlabelled(self) -> NDArray[np.bool_]:
        """Which cells are of people whose outcome is not known; all of them without labels."""
        if LABEL not in self.dims:
            return np.ones(self.n.size, dtype=bool)
        return self.is_level(LABEL, UNLABELLED)

    def labelled(self) -> CellTable | None:
        """The people whose outcome is known; None if there is nobody."""
        unknown = self.unlabelled
        if unknown.all():
            return None
        return self.where(~unknown) if unknown.any() else self

    def without(self, dim: str) -> CellTable:
        """Add up over one dimension, if it was counted."""
        return (
            self.marginal([name for name in self.dims if name != dim]) if dim in self.dims else self
        )

    def where(self, keep: NDArray[np.bool_]) -> CellTable:
        """Keep some cells."""
        picked = np.flatnonzero(keep)
        sums = {name: total.take(picked) for name, total in self.sums.items()}
        return consolidate(
            dims=self.dims,
            levels=self.levels,
            keys=self.keys[picked],
            n=self.n[picked],
            sums=sums,
            bins=self.bins,
        )

    def __add__(self, other: CellTable) -> CellTable:
        return merge_cells((self, other))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CellTable) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def sha256(self) -> Sha256:
        """Digest of the whole table, without suppression."""
        return digest(self.as_json())

    def as_json(self, *, suppress_below: int = 0) -> dict[str, Any]:
        """As JSON, for the record.

        Parameters
        ----------
        suppress_below
            Cells with fewer rows lose their place and are only counted together. If what is left out would still be
            fewer rows than this, the next smallest cells join it, so that no cell can be worked out from the total.
        """
        shown, hidden = self._split(suppress_below)
        value: dict[str, Any] = {
            "schema": SCHEMA,
            "dims": [
                {"name": name, "levels": list(levels)}
                for name, levels in zip(self.dims, self.levels, strict=True)
            ],
            "keys": self.keys[shown].tolist(),
            "n": self.n[shown].tolist(),
            "sums": {
                name: _sum_json(total.take(shown)) for name, total in sorted(self.sums.items())
            },
        }
        if self.bins is not None:
            value["bins"] = self.bins.as_json()
        if hidden.size:
            value["suppressed"] = {
                "below": suppress_below,
                "cells": int(hidden.size),
                "n": int(self.n[hidden].sum()),
            }
        return value

    @classmethod
    def from_json(cls, value: Any) -> CellTable:
        """Read what ``as_json`` wrote; suppressed cells are gone.

        Raises
        ------
        DataError
            If it is not such a table.
        """
        try:
            if value["schema"] != SCHEMA:
                raise ValueError(value["schema"])
            dims = tuple(str(dim["name"]) for dim in value["dims"])
            return consolidate(
                dims=dims,
                levels=tuple(tuple(dim["levels"]) for dim in value["dims"]),
                keys=np.array(value["keys"], dtype=np.int64).reshape(-1, len(dims)),
                n=np.array(value["n"], dtype=np.int64),
                sums={
                    name: from_exact([int(v) for v in item["values"]], int(item["exponent"]))
                    for name, item in value["sums"].items()
                },
                bins=ScoreBins.from_json(value["bins"]) if "bins" in value else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                "not a cell table",
                reference="cells-broken",
                got=type(error).__name__,
                expected=SCHEMA,
            ) from error

    def _split(self, below: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        every = np.arange(self.n.size)
        small = self.n < below
        if not small.any():
            return every, every[:0]
        order = np.argsort(self.n, kind="stable")
        hidden = int(small.sum())
        running = np.cumsum(self.n[order])
        while hidden < order.size and running[hidden - 1] < below:
            hidden += 1
        return np.sort(order[hidden:]), order[:hidden]


def _sum_json(total: FixedSum) -> dict[str, Any]:
    values, exponent = total.reduced()
    return {"exponent": exponent, "values": [str(value) for value in values]}


def consolidate(
    *,
    dims: tuple[str, ...],
    levels: Sequence[Sequence[str]],
    keys: Keys,
    n: NDArray[np.int64],
    sums: Mapping[str, FixedSum],
    bins: ScoreBins | None,
) -> CellTable:
    """Bring cells into canonical form: each cell once, levels sorted and used, rows sorted."""
    keys = keys.copy()
    kept: list[tuple[str, ...]] = []
    for axis, (dim, names) in enumerate(zip(dims, levels, strict=True)):
        if dim == BIN:
            kept.append(())
            continue
        used = np.unique(keys[:, axis])
        order = sorted(used.tolist(), key=lambda code, names=names: names[code])  # type: ignore[misc]
        lookup = np.zeros(len(names) + 1, dtype=np.int64)
        lookup[order] = np.arange(len(order))
        keys[:, axis] = lookup[keys[:, axis]]
        kept.append(tuple(names[code] for code in order))
    cells, group = unique_rows(keys)
    counts = np.zeros(len(cells), dtype=np.int64)
    np.add.at(counts, group, n)
    totals = {name: total.grouped(group, len(cells)) for name, total in sums.items()}
    return CellTable(
        dims=dims,
        levels=tuple(kept),
        keys=cells,
        n=counts,
        sums=MappingProxyType(totals),
        bins=bins,
    )


def unique_rows(keys: Keys) -> tuple[Keys, NDArray[np.intp]]:
    """Distinct rows in lexicographic order, and for each row the number of its distinct row."""
    if keys.shape[1] == 0:
        return keys[: min(len(keys), 1)], np.zeros(len(keys), dtype=np.intp)
    if len(keys) == 0:
        return keys, np.zeros(0, dtype=np.intp)
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    group = np.empty(len(keys), dtype=np.intp)
    group[order] = np.cumsum(new) - 1
    return ordered[new], group


def merge_cells(tables: Iterable[CellTable]) -> CellTable:
    """Merge tables of parts; the result is the table of the whole, to the byte.

    Raises
    ------
    DataError
        If there is none, or they were counted by different dimensions, bins or units.
    """
    parts = list(tables)
    if not parts:
        raise DataError(
            "there is no cell table to merge",
            reference="cells-none",
            hint="count at least one part",
        )
    first = parts[0]
    for part in parts[1:]:
        if (part.dims, part.bins, set(part.sums)) != (first.dims, first.bins, set(first.sums)):
            raise _differ(part, first)
    union = [
        sorted({level for part in parts for level in part.levels[axis]})
        for axis in range(len(first.dims))
    ]
    keys = np.concatenate([_recode(part, union) for part in parts])
    try:
        units = {name: aligned([part.sums[name] for part in parts]) for name in first.sums}
    except OverflowError as error:
        raise _differ(parts[-1], first) from error
    sums = {
        name: FixedSum(
            limbs=np.concatenate([total.limbs for total in totals], axis=1),
            exponent=totals[0].exponent,
        )
        for name, totals in units.items()
    }
    n = np.concatenate([part.n for part in parts])
    return consolidate(dims=first.dims, levels=union, keys=keys, n=n, sums=sums, bins=first.bins)


def _differ(part: CellTable, first: CellTable) -> DataError:
    return DataError(
        "cell tables of different shape cannot be merged",
        reference="cells-differ",
        got=f"dimensions {part.dims} beside {first.dims}",
        hint="count all parts with the same columns, bins and 'magnitudes'",
    )


def _recode(part: CellTable, union: Sequence[Sequence[str]]) -> Keys:
    keys = part.keys.copy()
    for axis, dim in enumerate(part.dims):
        if dim != BIN:
            place = {level: code for code, level in enumerate(union[axis])}
            lookup = np.array([place[level] for level in part.levels[axis]] or [0], dtype=np.int64)
            keys[:, axis] = lookup[keys[:, axis]]
    return keys
