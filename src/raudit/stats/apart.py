"""Which numbers of a column stand for a missing value: customary ones, only where they stand apart from all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NUMBERS = (
    9999999999,
    999999999,
    99999999,
    9999999,
    999999,
    99999,
    9999,
    999,
    99,
    9,
    88,
    888,
    8888,
    77,
    777,
    7777,
    -9,
    -99,
    -999,
    -9999,
    -99999,
    -1,
    -2,
    -7,
    -8,
    -88,
    -888,
    0,
    2**31 - 1,
    -(2**31),
    1e10,
)
"""Numbers that stand for a missing value; only where they stand apart from all others."""
APART = 1.0
"""How far a number must stand from the others, in widths of the middle 90 percent of the others."""


def numbers_apart(
    distinct: NDArray[np.float64], counts: NDArray[np.int64]
) -> list[tuple[float, int]]:
    """Numbers that are customary for a missing value and stand apart from all others, each with its rows.

    Parameters
    ----------
    distinct, counts
        A column's values in ascending order, and how often each occurs; of shape (n_distinct,).
    """
    found: list[tuple[float, int]] = []
    while (
        distinct.size >= 4
    ):  # several can be in use: the outermost goes first, then the next is outermost
        ends = [
            at
            for at in (0, distinct.size - 1)
            if float(distinct[at]) in NUMBERS and _apart(distinct, counts, at)
        ]
        if not ends:
            break
        for at in sorted(ends, reverse=True):
            found.append((float(distinct[at]), int(counts[at])))
            distinct, counts = np.delete(distinct, at), np.delete(counts, at)
    return found


def _apart(distinct: NDArray[np.float64], counts: NDArray[np.int64], at: int) -> bool:
    """Whether an outermost value stands apart from all others, and often enough to be meant."""
    if counts[at] < 2:
        return False
    value, rest, weights = distinct[at], np.delete(distinct, at), np.delete(counts, at)
    shares = np.cumsum(weights) / weights.sum()
    low, high = (
        rest[np.searchsorted(shares, 0.05)],
        rest[min(int(np.searchsorted(shares, 0.95)), rest.size - 1)],
    )
    nearest = float(np.min(np.abs(rest - value)))
    width = max(float(high - low), float(np.median(np.diff(rest))) if rest.size > 1 else 0.0)
    if (
        value == 0
    ):  # a true zero is common where small values are, so it must stand apart twice as far
        return bool(rest.min() > 0 and nearest > width and rest.size >= 10)
    if value < 0:
        return (
            bool(rest.min() >= 0 and not np.any(rest % 1 != 0) and rest.size >= 3)
            or nearest > APART * width
        )
    return nearest > APART * width and nearest > 1
