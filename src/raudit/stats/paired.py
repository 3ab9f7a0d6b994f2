"""Paired proportions: the same item under two conditions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from raudit.stats.intervals import wilson


class PairedDifference(NamedTuple):
    """Share under the first condition minus share under the second, over the same items."""

    value: float
    low: float
    high: float
    p: float
    """Two-sided p value of the exact McNemar test."""


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Exact McNemar test of pairs that disagree.

    Parameters
    ----------
    only_first, only_second
        Pairs in which only the first (only the second) is positive.

    Returns
    -------
    float
        Two-sided p value; 1.0 if no pair disagrees.

    References
    ----------
    McNemar 1947; the binomial form is exact and never too eager.
    """
    from scipy.stats import binom

    n = only_first + only_second
    if n == 0:
        return 1.0
    return float(min(1.0, 2 * binom.cdf(min(only_first, only_second), n, 0.5)))


def paired_newcombe(
    both: int, only_first: int, only_second: int, neither: int, *, level: float = 0.95
) -> PairedDifference:
    """Difference of two paired proportions with Newcombe's score interval.

    The Wilson limits of both shares are joined with the correlation of the pairs, which is first drawn towards zero by
    ``n / 2`` where it is positive.

    Parameters
    ----------
    both, only_first, only_second, neither
        Pairs by outcome under the two conditions.

    Returns
    -------
    PairedDifference
        All NaN without pairs.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17:2635, method 10.

    Examples
    --------
    >>> [round(float(x), 4) for x in paired_newcombe(36, 12, 2, 0)[:3]]
    [0.2, 0.0569, 0.3404]
    """
    a, b, c, d = both, only_first, only_second, neither
    n = a + b + c + d
    if n == 0:
        return PairedDifference(np.nan, np.nan, np.nan, np.nan)
    first, second = (a + b) / n, (a + c) / n
    low, high = wilson([a + b, a + c], [n, n], level=level)
    phi = _phi(a, b, c, d)
    down, up = first - low[0], high[1] - second
    below = np.sqrt(max(down**2 - 2 * phi * down * up + up**2, 0.0))
    down, up = second - low[1], high[0] - first
    above = np.sqrt(max(up**2 - 2 * phi * up * down + down**2, 0.0))
    value = first - second
    return PairedDifference(value, float(value - below), float(value + above), mcnemar_exact(b, c))


def _phi(a: int, b: int, c: int, d: int) -> float:
    """Newcombe's corrected correlation."""
    margins = float(a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    cross = float(a * d - b * c)
    if cross > 0:
        cross = max(cross - (a + b + c + d) / 2, 0)
    return float(cross / np.sqrt(margins))
