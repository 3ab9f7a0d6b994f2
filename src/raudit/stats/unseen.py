"""Levels that only one of two samples has: how likely chance alone gives them."""

from __future__ import annotations

import numpy as np

from raudit.stats.intervals import Floats

TILTS = np.geomspace(1e-3, 30.0, 90)
"""Exponents among which the bound of the tail is the smallest; each of them gives a valid one."""


def one_sided_chances(counts: Floats, *, side: int) -> Floats:
    """Chance of each level that all its rows fall into one sample, if both are draws from one population.

    Parameters
    ----------
    counts
        Rows by level in each sample, of shape (2, n_levels).
    side
        0 or 1: the sample into which they all fall.

    Returns
    -------
    ndarray of shape (n_levels,)
        Exact, given how many rows each level has in both together (hypergeometric law).

    Examples
    --------
    >>> one_sided_chances(np.array([[1.0, 2.0], [1.0, 0.0]]), side=0).round(3).tolist()
    [0.5, 0.5]
    """
    from scipy.special import gammaln

    ours, both = float(counts[side].sum()), float(counts.sum())
    rows = counts.sum(axis=0)
    fits = rows <= ours
    left = np.where(fits, ours - rows, 0.0)
    logs = gammaln(ours + 1) - gammaln(left + 1) - gammaln(both + 1) + gammaln(both - rows + 1)
    return np.where(fits, np.exp(np.minimum(logs, 0.0)), 0.0)


def new_rows_chance(counts: Floats) -> float:
    """Bound of the chance that as many rows of the second sample have levels that the first lacks.

    Parameters
    ----------
    counts
        Rows by level in the first and the second sample, of shape (2, n_levels).

    Returns
    -------
    float
        Never less than the chance itself; 1 if there is no such row.

    Notes
    -----
    Given the rows of each level in both samples together, whether all of them fall into the second is an indicator of
    known chance, and indicators of different levels are negatively associated. So Chernoff's bound holds as if they
    were independent.

    References
    ----------
    Joag-Dev and Proschan 1983, section 3.2 (permutation distributions are negatively associated); Chernoff 1952.
    """
    fresh = counts[0] == 0
    seen = float(counts[1][fresh].sum())
    if seen <= 0:
        return 1.0
    rows = counts.sum(axis=0)
    chances = one_sided_chances(counts, side=1)
    possible = chances > 0
    logs = _log_moments(rows[possible], chances[possible])
    return float(np.exp(min(float(np.min(logs - TILTS * seen)), 0.0)))


def _log_moments(rows: Floats, chances: Floats) -> Floats:
    """Logarithm of E exp(tilt * rows that fall into the second sample), of shape (n_tilts,)."""
    with np.errstate(divide="ignore"):
        stays, falls = np.log1p(-np.minimum(chances, 1.0)), np.log(chances)
    moments: Floats = np.logaddexp(
        stays[None, :], falls[None, :] + TILTS[:, None] * rows[None, :]
    ).sum(axis=1)
    return moments
