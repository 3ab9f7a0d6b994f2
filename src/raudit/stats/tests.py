"""Tests: is the largest gap more than chance, do paired decisions differ, and correction for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from raudit.stats.intervals import Floats


def max_gap_test(events: ArrayLike, n: ArrayLike, *, rng: np.random.Generator, draws: int = 10_000) -> float:
    """P value of the largest gap between rates if all groups shared one rate.

    The groups' counts are drawn from the pooled rate; ties with the observed gap count half (mid-p), without which
    the test would be too timid on small counts.

    Parameters
    ----------
    events, n
        Counts of shape (n_groups,); fractional effective counts are rounded.

    Returns
    -------
    float
        In (0, 1]; 1.0 if fewer than two groups have rows or no draw could differ.
    """
    m = np.rint(np.asarray(n, dtype=float)).astype(np.int64)
    x = np.asarray(events, dtype=float)
    x, full = x[m > 0], np.asarray(n, dtype=float)[m > 0]
    m = m[m > 0]
    if m.size < 2:
        return 1.0
    rate = float(x.sum() / full.sum())
    if rate <= 0 or rate >= 1:
        return 1.0
    observed = float(np.ptp(x / full))
    more = equal = 0
    chunk = max(1, 2_000_000 // m.size)
    for start in range(0, draws, chunk):
        drawn = rng.binomial(m, rate, size=(min(chunk, draws - start), m.size)) / m
        gaps = np.ptp(drawn, axis=1)
        more += int(np.sum(gaps > observed + 1e-12))
        equal += int(np.sum(np.abs(gaps - observed) <= 1e-12))
    return (more + equal / 2 + 0.5) / (draws + 1)


def mcnemar(only_first: int, only_second: int) -> float:
    """Mid-p McNemar test of paired decisions that disagree.

    Parameters
    ----------
    only_first, only_second
        Pairs in which only the first (only the second) was right.

    Returns
    -------
    float
        Two-sided p value; 1.0 if no pair disagrees.

    References
    ----------
    McNemar 1947; Fagerland, Lydersen and Laake 2013 for the mid-p version.
    """
    from scipy.stats import binom

    n = only_first + only_second
    if n == 0:
        return 1.0
    x = min(only_first, only_second)
    if 2 * x == n:
        return 1.0
    return float(min(1.0, 2 * binom.cdf(x, n, 0.5) - binom.pmf(x, n, 0.5)))


def holm(p_values: ArrayLike) -> Floats:
    """Adjust p values so that the chance of any false alarm among them stays at the level.

    NaN entries are left out and stay NaN.

    References
    ----------
    Holm 1979.
    """
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
