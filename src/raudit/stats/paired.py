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


def mcnemar_exact(only_first: float, only_second: float) -> float:
    """Exact McNemar test of pairs that disagree.

    Parameters
    ----------
    only_first, only_second
        Pairs in which only the first (only the second) is positive; a fraction where pairs are worth less than they
        are many.

    Returns
    -------
    float
        Two-sided p value; 1.0 if no pair disagrees.

    References
    ----------
    McNemar 1947; the binomial form is exact and never too eager.
    """
    from scipy.special import betainc

    n = only_first + only_second
    if n == 0 or only_first == only_second:
        return 1.0
    fewer = min(only_first, only_second)
    return float(min(1.0, 2 * betainc(n - fewer, fewer + 1, 0.5)))


def paired_newcombe(
    both: int,
    only_first: int,
    only_second: int,
    neither: int,
    *,
    level: float = 0.95,
    worth: float | None = None,
) -> PairedDifference:
    """Difference of two paired proportions with Newcombe's score interval.

    The Wilson limits of both shares are joined with the correlation of the pairs, which is first drawn towards zero by
    ``n / 2`` where it is positive.

    Parameters
    ----------
    both, only_first, only_second, neither
        Pairs by outcome under the two conditions.
    worth
        Independent pairs that they are worth, where several belong together; as many as there are by default.

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
    n = float(both + only_first + only_second + neither)
    if n == 0:
        return PairedDifference(np.nan, np.nan, np.nan, np.nan)
    scale = 1.0 if worth is None else worth / n
    a, b, c, d = (each * scale for each in (both, only_first, only_second, neither))
    n *= scale
    first, second = (a + b) / n, (a + c) / n
    low, high = wilson([a + b, a + c], [n, n], level=level)
    phi = _phi(a, b, c, d)
    down, up = first - low[0], high[1] - second
    below = np.sqrt(max(down**2 - 2 * phi * down * up + up**2, 0.0))
    down, up = second - low[1], high[0] - first
    above = np.sqrt(max(up**2 - 2 * phi * up * down + down**2, 0.0))
    value = first - second
    return PairedDifference(value, float(value - below), float(value + above), mcnemar_exact(b, c))


def _phi(a: float, b: float, c: float, d: float) -> float:
    """Newcombe's corrected correlation."""
    margins = float(a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    cross = float(a * d - b * c)
    if cross > 0:
        cross = max(cross - (a + b + c + d) / 2, 0)
    return float(cross / np.sqrt(margins))
