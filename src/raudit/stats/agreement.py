"""Agreement of raters: raw, Fleiss' kappa and Krippendorff's alpha for nominal labels, with bootstrap intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000


class Agreement(NamedTuple):
    """How far raters agree."""

    n: int
    """Items that at least two raters labelled."""
    raw: tuple[float, float, float]
    """Share of pairs of raters that agree, mean over items, with its interval."""
    kappa: tuple[float, float, float]
    """Fleiss' kappa over the items that every rater labelled; NaN if there are none or labels never vary."""
    alpha: tuple[float, float, float]
    """Krippendorff's alpha, which takes items with missing labels too."""


def agreement(
    labels: Sequence[Sequence[str | None]], *, seed: int, level: float = 0.95
) -> Agreement:
    """Measure how far raters agree on nominal labels.

    Parameters
    ----------
    labels
        One row an item of shape (n_raters,); None where a rater gave none.
    seed
        Of the bootstrap over items.

    References
    ----------
    Fleiss 1971; Krippendorff 2011, Computing Krippendorff's alpha-reliability (nominal).
    """
    patterns = Counter(tuple(sorted(v for v in row if v is not None)) for row in labels)
    kinds = [pattern for pattern in sorted(patterns) if len(pattern) >= 2]
    counts = np.array([patterns[pattern] for pattern in kinds], dtype=np.int64)
    n = int(counts.sum())
    if n == 0:
        nothing = (np.nan, np.nan, np.nan)
        return Agreement(0, nothing, nothing, nothing)
    raters = max(len(row) for row in labels)
    table = _Patterns.of(kinds, raters)
    draws = np.random.default_rng(seed).multinomial(n, counts / n, size=DRAWS)
    return Agreement(
        n,
        _with_bounds(table.raw, counts, draws, level),
        _with_bounds(table.kappa, counts, draws, level),
        _with_bounds(table.alpha, counts, draws, level),
    )


def _with_bounds(
    statistic: object, counts: NDArray[np.int64], draws: NDArray[np.int64], level: float
) -> tuple[float, float, float]:
    value = float(statistic(counts[None, :])[0])  # type: ignore[operator]
    drawn = statistic(draws)  # type: ignore[operator]
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or drawn.size == 0:
        return value, np.nan, np.nan
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return value, float(min(low, value)), float(max(high, value))


class _Patterns:
    """Counts of every label in each pattern of labels that occurs."""

    def __init__(self, tallies: NDArray[np.float64], raters: int) -> None:
        self.tallies, self.m = tallies, tallies.sum(axis=1)
        self.full = self.m == raters
        pairs = (tallies * (tallies - 1)).sum(axis=1)
        self.agree = pairs / (self.m * (self.m - 1))
        self.agree_weighted = pairs / (self.m - 1)

    @classmethod
    def of(cls, kinds: Sequence[tuple[str, ...]], raters: int) -> _Patterns:
        names = sorted({label for kind in kinds for label in kind})
        return cls(
            np.array([[kind.count(name) for name in names] for kind in kinds], dtype=float), raters
        )

    def raw(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore"):
            return np.asarray(counts @ self.agree / counts.sum(axis=1))

    def kappa(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        counts = counts * self.full
        with np.errstate(invalid="ignore", divide="ignore"):
            items = counts.sum(axis=1)
            share = counts @ self.tallies / (counts @ self.m)[:, None]
            chance = (share**2).sum(axis=1)
            return np.asarray((counts @ self.agree / items - chance) / (1 - chance))

    def alpha(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            total = counts @ self.m
            margins = counts @ self.tallies
            observed = 1 - (counts @ self.agree_weighted) / total
            expected = 1 - (margins * (margins - 1)).sum(axis=1) / (total * (total - 1))
            return np.asarray(1 - observed / expected)
