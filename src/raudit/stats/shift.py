"""How far two samples of one column lie apart: PSI, Kolmogorov-Smirnov, Wasserstein, chi-square, each with how sure.

Pure functions on counts and arrays. A distance between two samples is never zero, even where nothing moved; so each
comes with an interval that may reach zero, and with the p value of the hypothesis that nothing moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from raudit.stats.intervals import Bounds, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A distance between two samples."""

    value: float
    """As computed from the samples; 0 if they are alike."""
    low: float
    """Lower end of its interval, corrected for what chance adds."""
    high: float
    p_value: float
    """Of the hypothesis that both samples come from one distribution."""


def psi(old: ArrayLike, new: ArrayLike, *, level: float = 0.95) -> Distance:
    """Population stability index over the same bins of two samples.

    ``sum (q - p) ln(q / p)``, range 0 to infinity; an empty cell counts as half a row.

    Parameters
    ----------
    old, new
        Counts of shape (n_bins,).
    level
        Coverage of the interval.

    References
    ----------
    Yurdakul 2018: where nothing moved, the index times nm/(n+m) follows a chi-square law with bins - 1 degrees of
    freedom; where something did, a noncentral one, which is inverted here for the interval.
    """
    a, b = (np.asarray(part, dtype=float) for part in (old, new))
    kept = (a + b) > 0
    a, b = a[kept], b[kept]
    n, m = float(a.sum()), float(b.sum())
    if a.size < 2 or min(n, m) <= 0:
        return Distance(
            value=0.0, low=0.0, high=float("inf") if min(n, m) <= 0 else 0.0, p_value=1.0
        )
    value = psi_value(a, b)
    scale = n * m / (n + m)
    low, high = noncentral_bounds(scale * value, a.size - 1, level=level)
    _statistic, p_value = chi_square(a, b)
    return Distance(value=value, low=low / scale, high=high / scale, p_value=p_value)


def psi_value(old: ArrayLike, new: ArrayLike) -> float:
    """Population stability index of two rows of counts over the same bins; see ``psi`` for its interval.

    Counts may be fractions of rows, where bins had to be cut.
    """
    a, b = (np.asarray(part, dtype=float) for part in (old, new))
    n, m = a.sum(), b.sum()
    p, q = np.maximum(a, 0.5) / n, np.maximum(b, 0.5) / m
    differs = a / n != b / m
    return max(float(np.sum(np.where(differs, (q - p) * np.log(q / p), 0.0))), 0.0)


def noncentral_bounds(
    statistic: float, degrees: int, *, level: float = 0.95
) -> tuple[float, float]:
    """Interval for the noncentrality of a chi-square statistic, by inverting its tail.

    References
    ----------
    Steiger 2004, section 3.
    """
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    tail = (1 - level) / 2

    def solve(target: float) -> float:
        def excess(noncentrality: float) -> float:
            return float(ncx2.cdf(statistic, degrees, noncentrality)) - target

        if excess(1e-9) <= 0:
            return 0.0
        top = max(4.0 * statistic, 40.0) + 40.0
        return float(brentq(excess, 1e-9, top)) if excess(top) < 0 else top

    if statistic > 1e4:  # the law is normal there, and its exact tail is slow
        half = -2 * float(np.sqrt(statistic)) * _z(tail)
        return max(statistic - degrees - half, 0.0), statistic - degrees + half
    return solve(1 - tail), solve(tail)


def _z(tail: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(tail))


def chi_square(old: ArrayLike, new: ArrayLike, *, expected: float = 0.0) -> tuple[float, float]:
    """Pearson's test that two samples come from one distribution over cells.

    Parameters
    ----------
    old, new
        Counts of shape (n_cells,).
    expected
        Rarest cells are joined until each expects this many rows in the smaller sample, since the law does not hold
        for others.

    Returns
    -------
    tuple of float
        Statistic, and p value; 0 and 1 if fewer than two cells are left.

    References
    ----------
    Pearson 1900; Cochran 1954 for pooling.
    """
    from scipy.special import chdtrc

    a, b = (np.asarray(part, dtype=float) for part in (old, new))
    n, m = float(a.sum()), float(b.sum())
    if min(n, m) <= 0:
        return 0.0, 1.0
    a, b = _pooled(a, b, expected)
    if a.size < 2:
        return 0.0, 1.0
    pooled = (a + b) / (n + m)
    statistic = float(
        np.sum((a - n * pooled) ** 2 / (n * pooled) + (b - m * pooled) ** 2 / (m * pooled))
    )
    return statistic, float(chdtrc(a.size - 1, statistic))


def _pooled(a: Floats, b: Floats, expected: float) -> tuple[Floats, Floats]:
    """Join the rarest cells until each expects enough rows in the smaller sample; empty ones are dropped."""
    total = a + b
    kept = np.flatnonzero(total > 0)
    order = kept[np.argsort(total[kept], kind="stable")]
    a, b = a[order], b[order]
    smaller = min(a.sum(), b.sum())
    held = np.cumsum(a + b) * smaller / max(float((a + b).sum()), 1.0)
    rare = int(np.sum((a + b) * smaller / max(float((a + b).sum()), 1.0) < expected))
    joined = max(rare, int(np.searchsorted(held, expected)) + 1) if rare else 0
    if joined < 2:
        return a, b
    return np.append(a[joined:], a[:joined].sum()), np.append(b[joined:], b[:joined].sum())


def homogeneity(old: ArrayLike, new: ArrayLike, *, expected: float = 0.0) -> tuple[float, float]:
    """Test that two samples come from one distribution over cells, far into the tail.

    Over a year of audits with many columns and groups a test is asked for a chance of one in a million, and there the
    chi-square law is wrong for cells that expect few rows: Pearson's statistic is too large several times as often as
    the law says, and the likelihood ratio's too where cells are many. Both at once are not.

    Parameters
    ----------
    old, new
        Counts of shape (n_cells,).
    expected
        Rarest cells are joined until each expects this many rows in the smaller sample.

    Returns
    -------
    tuple of float
        Pearson's statistic; and the larger of its p value and that of the likelihood ratio. 0 and 1 if fewer than two
        cells are left.

    References
    ----------
    Koehler and Larntz 1980 on both statistics in sparse tables.
    """
    from scipy.special import chdtrc, xlogy

    statistic, p_value = chi_square(old, new, expected=expected)
    a, b = (np.asarray(part, dtype=float) for part in (old, new))
    n, m = float(a.sum()), float(b.sum())
    if statistic <= 0 or min(n, m) <= 0:
        return statistic, p_value
    a, b = _pooled(a, b, expected)
    both = (a + b) / (n + m)
    ratio = 2 * float(np.sum(xlogy(a, a / (n * both))) + np.sum(xlogy(b, b / (m * both))))
    return statistic, max(p_value, float(chdtrc(a.size - 1, max(ratio, 0.0))))


def absence(old: tuple[int, int], new: tuple[int, int]) -> float:
    """Chance of so different shares of missing values, if both samples are draws from one population.

    Parameters
    ----------
    old, new
        Missing values, and all values, of each sample.

    Returns
    -------
    float
        Twice the smaller tail of the hypergeometric law, at most 1: exact however few are missing, where chi-square
        would have to join the only two cells there are.

    References
    ----------
    Fisher 1935.

    Examples
    --------
    >>> absence((0, 4_000), (25, 500)) < 1e-20
    True
    """
    from scipy.stats import hypergeom

    law = hypergeom(old[1] + new[1], old[0] + new[0], new[1])
    return min(1.0, 2 * float(min(law.cdf(new[0]), law.sf(new[0] - 1))))


def ks(old: Floats, new: Floats, *, level: float = 0.95) -> Distance:
    """Kolmogorov-Smirnov distance of two samples, 0 to 1.

    Parameters
    ----------
    old, new
        Finite values of shape (n,) and (m,).

    Notes
    -----
    Ties make the p value too large, never too small. The interval adds and subtracts what each empirical distribution
    may stray by (Dvoretzky, Kiefer and Wolfowitz 1956 with the constant of Massart 1990), and so is a wide one.
    """
    n, m = old.size, new.size
    if min(n, m) == 0:
        return Distance(value=0.0, low=0.0, high=1.0, p_value=1.0)
    a, b = np.sort(old), np.sort(new)
    points = np.concatenate([a, b])
    gaps = (
        np.searchsorted(a, points, side="right") / n - np.searchsorted(b, points, side="right") / m
    )
    value = float(np.max(np.abs(gaps)))
    stray = float(np.sqrt(np.log(4 / (1 - level)) / 2) * (1 / np.sqrt(n) + 1 / np.sqrt(m)))
    tail = kolmogorov_tail(float(np.sqrt(n * m / (n + m))) * value)
    return Distance(
        value=value, low=max(value - stray, 0.0), high=min(value + stray, 1.0), p_value=tail
    )


def kolmogorov_tail(scaled: float) -> float:
    """Upper tail of Kolmogorov's distribution at sqrt(nm / (n + m)) times the distance."""
    from scipy.special import kolmogorov

    return float(kolmogorov(scaled))


def wasserstein(
    old: Floats,
    new: Floats,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 200,
    points: int = 200,
) -> tuple[float, Bounds]:
    """Wasserstein distance of order 1, in the unit of the column, with a bootstrap interval.

    The distance is exact: the area between the two distribution functions. How far it strays is told by resamples of
    the quantile functions over ``points`` levels, reflected, since a distance of resamples is larger than that of the
    samples.

    References
    ----------
    Munk and Czado 1998 for intervals of quantile distances.
    """
    from scipy.stats import wasserstein_distance

    levels = (np.arange(points) + 0.5) / points
    a, b = np.quantile(old, levels), np.quantile(new, levels)
    coarse = float(np.mean(np.abs(a - b)))
    value = float(wasserstein_distance(old, new))
    cap = 2_000  # resamples of larger samples are drawn as smaller ones, and their spread is scaled
    sizes = [min(part.size, cap) for part in (old, new)]
    shrink = [np.sqrt(size / part.size) for size, part in zip(sizes, (old, new), strict=True)]
    drawn = np.empty(draws)
    for place in range(draws):
        one = a + (np.quantile(rng.choice(old, sizes[0]), levels) - a) * shrink[0]
        two = b + (np.quantile(rng.choice(new, sizes[1]), levels) - b) * shrink[1]
        drawn[place] = np.mean(np.abs(one - two))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    bounds = Bounds(
        np.asarray(min(max(value + coarse - float(high), 0.0), value)),
        np.asarray(max(value + coarse - float(low), value)),
    )
    return value, bounds
