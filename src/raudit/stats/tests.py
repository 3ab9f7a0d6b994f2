"""Tests: is the largest gap more than chance, do paired decisions differ, and correction for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from raudit.stats.intervals import Floats, range_tail

PAIRS = 4_000_000
"""Pairs times draws that are simulated; with more groups than that allows the limiting law is used."""


def max_gap_test(
    events: ArrayLike, n: ArrayLike, *, rng: np.random.Generator, draws: int = 10_000
) -> float:
    """P value of the hypothesis that all groups share one rate, from the pair that differs most for its size.

    Each pair's gap is divided by its standard error under the pooled rate, so that a small group, whose rate strays
    far by chance, does not drown the gap between two large ones. The groups' counts are drawn from the pooled rate;
    ties with the observed value count half (mid-p), without which the test would be too timid on small counts. Where
    no draw comes near, the tail of the studentised range (for two groups: of the normal law) says how small p is.

    Parameters
    ----------
    events, n
        Counts of shape (n_groups,); fractional effective counts are rounded.

    Returns
    -------
    float
        In (0, 1]; 1.0 if fewer than two groups have rows or no draw could differ.

    References
    ----------
    Tukey 1953; Kramer 1956. For two groups its square is Pearson's chi-square.
    """
    full = np.asarray(n, dtype=float)
    x, full = np.asarray(events, dtype=float)[full >= 0.5], full[full >= 0.5]
    m = np.rint(full).astype(np.int64)
    if m.size < 2:
        return 1.0
    rate = float(x.sum() / full.sum())
    if rate <= 0 or rate >= 1:
        return 1.0
    first, second = np.triu_indices(m.size, 1)
    observed = float(_studentised(x[None, :] / full, full, first, second)[0])
    limit = range_tail(m.size, observed)
    draws = min(draws, PAIRS // first.size)
    if draws < 200:
        return limit
    more = equal = 0
    chunk = max(1, 2_000_000 // first.size)
    for start in range(0, draws, chunk):
        drawn = rng.binomial(m, rate, size=(min(chunk, draws - start), m.size)) / m
        gaps = _studentised(drawn, m.astype(float), first, second)
        more += int(np.sum(gaps > observed + 1e-9))
        equal += int(np.sum(np.abs(gaps - observed) <= 1e-9))
    simulated = (more + equal / 2 + 0.5) / (draws + 1)
    return simulated if more + equal > 3 else min(simulated, limit)


def _studentised(rates: Floats, n: Floats, first: np.ndarray, second: np.ndarray) -> Floats:
    """Largest gap over its standard error under the pooled rate, of shape (n_draws,); 0 where nothing varies."""
    pooled = (rates * n).sum(axis=1) / n.sum()
    spread = pooled * (1 - pooled)
    scaled = np.abs(rates[:, first] - rates[:, second]) / np.sqrt(1 / n[first] + 1 / n[second])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, scaled.max(axis=1) / np.sqrt(spread), 0.0)


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
