"""Draws of whole tables of counts, instead of rows.

A bootstrap of rows changes a count table exactly as a multinomial draw does, so drawing the table itself gives the
same law at a cost that does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from raudit.stats.intervals import Bounds, Floats


def multinomial_draws(counts: ArrayLike, draws: int, rng: np.random.Generator) -> Floats:
    """Draw tables as a bootstrap of rows would.

    Parameters
    ----------
    counts
        Counts of shape (..., n_cells); each row of cells is one group and keeps its total.

    Returns
    -------
    ndarray of shape (draws, ..., n_cells)
    """
    c = np.asarray(counts, dtype=float)
    total = c.sum(axis=-1)
    share = np.where(total[..., None] > 0, c / np.maximum(total, 1)[..., None], 1 / c.shape[-1])
    return rng.multinomial(
        np.rint(total).astype(np.int64), share, size=(draws, *total.shape)
    ).astype(float)


def dirichlet_draws(
    counts: ArrayLike, draws: int, rng: np.random.Generator, *, prior: float = 0.5
) -> Floats:
    """Draw cell probabilities from their posterior under a Jeffreys prior.

    Unlike a bootstrap, an empty cell still gets some probability, so small groups do not look certain.

    Parameters
    ----------
    counts
        Counts (or effective counts) of shape (..., n_cells).
    prior
        Pseudo-count added to each cell.

    Returns
    -------
    ndarray of shape (draws, ..., n_cells)
        Positive, each row of cells sums to 1.
    """
    c = np.asarray(counts, dtype=float) + prior
    gamma = rng.standard_gamma(c, size=(draws, *c.shape))
    shares: Floats = gamma / gamma.sum(axis=-1, keepdims=True)
    return shares


def draw_bounds(
    counts: ArrayLike,
    statistic: Callable[[Floats], Floats],
    *,
    draws: int,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Bounds:
    """Percentile bounds of a statistic of cell probabilities over Dirichlet draws.

    Parameters
    ----------
    statistic
        Maps cells of shape (draws, ..., n_cells) to values of shape (draws, ...).
    """
    values = statistic(dirichlet_draws(counts, draws, rng))
    tail = (1 - level) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail], axis=0)
    return Bounds(low, high)
