"""Means of weighted rows with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Means by column."""

    mean: Any
    """Of shape (n_columns,)."""
    half: Any
    """Half-width of the 95 % interval, of shape (n_columns,)."""
    n: int
    sizes: tuple[int, int] = (0, 0)
    """Of a difference of two means: rows behind each."""


def weighted_mean(values: Any, weights: Any) -> Mean:
    """Ratio mean of each column, with its interval by linearisation and Student's t on the effective sample size.

    Parameters
    ----------
    values
        Of shape (n_samples, n_columns).
    weights
        How many rows of the population each row stands for, of shape (n_samples,); at least two rows.

    References
    ----------
    Hajek 1971 for the ratio mean; Kish 1965 for the effective sample size.
    """
    import numpy as np
    from scipy.special import stdtrit

    share = weights / weights.sum()
    mean = share @ values
    n = len(values)
    variance = (share**2) @ (values - mean) ** 2 * (n / max(n - 1, 1))
    effective = 1.0 / float((share**2).sum())
    return Mean(
        mean=mean, half=float(stdtrit(max(effective - 1, 1.0), 0.975)) * np.sqrt(variance), n=n
    )
