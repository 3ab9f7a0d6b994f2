"""One column against the reference: distances, tests, new and lost levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import Kind
from raudit.data.encode import level_text
from raudit.stats.intervals import Bounds
from raudit.stats.shift import Distance, absence, homogeneity, ks, psi, wasserstein
from raudit.stats.unseen import new_rows_chance, one_sided_chances

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
BINS = 10
EXPECTED = 5.0
"""Rows that a cell must expect for the chi-square law to hold; rarer cells are pooled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How one column lies against the reference, among everyone or in one group."""

    column: str
    group: str = ""
    """``attribute group``; empty for everyone."""
    n_old: int
    n_new: int
    psi: Distance
    test: str
    """``Kolmogorov-Smirnov``, the same with a test of missing values, or ``chi-square``."""
    statistic: float
    p_value: float
    ks: Distance | None = None
    wasserstein: tuple[float, Bounds] | None = None
    new_rows: int = 0
    """Rows with a level that the reference does not have."""
    new_levels: int = 0
    new_chance: float = 1.0
    """Bound of the chance of so many such rows, if both are draws from one population."""
    lost_chances: tuple[float, ...] = ()
    """For each level that only the reference has, the chance of that, times the number of levels."""


def shift(
    name: str,
    old: pd.Series[Any],
    new: pd.Series[Any],
    kind: Kind,
    *,
    rng: np.random.Generator,
    group: str = "",
) -> Shift:
    """Compare a column of two samples, each a pandas series."""
    import pandas as pd

    if kind in {Kind.NUMBER, Kind.INTEGER}:
        a, b = (pd.to_numeric(part, errors="coerce").to_numpy(dtype=float) for part in (old, new))
        return _numbers(name, a, b, rng=rng, group=group)
    return _levels(name, old, new, group=group)


def _numbers(name: str, old: Floats, new: Floats, *, rng: np.random.Generator, group: str) -> Shift:
    a, b = old[np.isfinite(old)], new[np.isfinite(new)]
    empty = (old.size - a.size, new.size - b.size)
    distance = ks(a, b)
    moved = max((psi(*_binned(a, b, cuts, empty)) for cuts in _cuts(a, b)), key=lambda d: d.value)
    test, p_value = "Kolmogorov-Smirnov", distance.p_value
    if any(empty):
        absent = absence((empty[0], old.size), (empty[1], new.size))
        test = "Kolmogorov-Smirnov and missing values (Bonferroni)"
        p_value = min(1.0, 2 * min(p_value, absent))
    return Shift(
        column=name,
        group=group,
        n_old=old.size,
        n_new=new.size,
        psi=moved,
        test=test,
        statistic=distance.value,
        p_value=p_value,
        ks=distance,
        wasserstein=wasserstein(a, b, rng=rng) if min(a.size, b.size) > 1 and not group else None,
    )


def _cuts(old: Floats, new: Floats) -> list[Floats]:
    """Bins of like mass of each side; every value its own where there are few.

    Bins of the reference alone miss what happens within its outermost bin, or within its only value.
    """
    distinct = np.unique(np.concatenate([old, new])) if old.size + new.size else np.zeros(0)
    if distinct.size <= BINS:
        return [distinct[1:]]
    levels = np.linspace(0, 1, BINS + 1)[1:-1]
    return [np.unique(np.quantile(side, levels)) for side in (old, new) if side.size] or [
        distinct[1:2]
    ]


def _binned(
    old: Floats, new: Floats, cuts: Floats, empty: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Counts by bin, missing values as a bin of their own."""
    rows = [
        np.append(
            np.bincount(np.searchsorted(cuts, side, side="right"), minlength=cuts.size + 1), missing
        )
        for side, missing in zip((old, new), empty, strict=True)
    ]
    return rows[0].astype(float), rows[1].astype(float)


def _levels(name: str, old: pd.Series[Any], new: pd.Series[Any], *, group: str) -> Shift:
    sides = [_tally(part) for part in (old, new)]
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    counts = np.array([[float(side.get(level, 0)) for level in names] for side in sides])
    n, m = counts.sum(axis=1)
    statistic, p_value = homogeneity(counts[0], counts[1], expected=EXPECTED)
    named = np.array([level is not None for level in names], dtype=bool)
    fresh, gone = named & (counts[0] == 0), named & (counts[1] == 0)
    gone_chances = one_sided_chances(counts, side=0)[gone] * len(names)
    return Shift(
        column=name,
        group=group,
        n_old=int(n),
        n_new=int(m),
        psi=psi(*_pooled(counts)),
        test="chi-square",
        statistic=statistic,
        p_value=p_value,
        new_rows=int(counts[1][fresh].sum()),
        new_levels=int(fresh.sum()),
        new_chance=new_rows_chance(counts[:, named]),
        lost_chances=tuple(np.minimum(gone_chances, 1.0).tolist()),
    )


def _tally(values: pd.Series[Any]) -> dict[str | None, int]:
    """Rows by level, None for a missing value; values of one text, such as 1 and 1.0, are one level."""
    found: dict[str | None, int] = {}
    counted = values.value_counts(dropna=True, sort=False)
    for value, count in zip(counted.index, counted.tolist(), strict=True):
        level = level_text(value)
        found[level] = found.get(level, 0) + count
    missing = len(values) - sum(found.values())
    return found | {None: missing} if missing else found


def _pooled(counts: Floats) -> tuple[Floats, Floats]:
    """Levels that are rare on both sides share one cell, since each empty cell adds to the index by chance."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rare = (share < 0.01).all(axis=0)
    rows = (
        np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
    )
    return rows[0], rows[1]
