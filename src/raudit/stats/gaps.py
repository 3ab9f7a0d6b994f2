"""Largest difference and smallest ratio between groups, with intervals that hold for the maximum.

A percentile interval of ``max - min`` never contains zero, even for a perfectly even system. Here every pair gets an
interval so wide that all pairs hold at once; the largest lower end and the largest upper end then bound the largest
gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raudit.stats.intervals import Bounds, Floats, mover_difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A disparity between the two groups that differ most."""

    value: float
    """Largest rate minus smallest, or smallest over largest."""
    low: float
    high: float
    highest: int
    """Index of the group with the largest value."""
    lowest: int
    """Index of the group with the smallest value."""


def largest_difference(values: Floats, bounds: Bounds) -> Gap:
    """Bound the largest difference between groups.

    Parameters
    ----------
    values
        Estimates of shape (n_groups,), at least two, none NaN.
    bounds
        An interval for each, made with ``range_quantile(n_groups, level)``.
    """
    top, bottom = int(np.argmax(values)), int(np.argmin(values))
    # The lower end of a pair grows with a's value and shrinks with its distance to its lower bound: only groups that
    # no other group beats in both can give the maximum. The same holds for b, and for the upper end.
    a = _front(values, bounds.low - values)
    b = _front(-values, values - bounds.high)
    low = float(np.max(_pairs(values, bounds, a, b).low))
    a = _front(values, bounds.high - values)
    b = _front(-values, values - bounds.low)
    high = float(np.max(_pairs(values, bounds, a, b).high))
    gap = float(values[top] - values[bottom])
    return Gap(value=gap, low=min(max(low, 0.0), gap), high=max(high, gap), highest=top, lowest=bottom)


def smallest_ratio(values: Floats, logs: Floats, variances: Floats, z: float) -> Gap:
    """Bound the smallest ratio between groups.

    Parameters
    ----------
    values
        Rates of shape (n_groups,), at least two, none NaN.
    logs, variances
        Log of each rate and its variance, as ``log_rate`` gives them.
    z
        Multiplier from ``range_quantile``.
    """
    top, bottom = int(np.argmax(values)), int(np.argmin(values))
    value = float(values[bottom] / values[top]) if values[top] > 0 else float("nan")
    a, b = _front(-logs, variances), _front(logs, variances)
    low = np.min(_log_pairs(logs, variances, a, b, -z))
    a, b = _front(-logs, -variances), _front(logs, -variances)
    high = np.min(_log_pairs(logs, variances, a, b, z))
    ends = float(np.exp(low)), min(float(np.exp(high)), 1.0)
    if not np.isnan(value):
        ends = min(ends[0], value), max(ends[1], value)
    return Gap(value=value, low=ends[0], high=ends[1], highest=top, lowest=bottom)


def _pairs(values: Floats, bounds: Bounds, a: np.ndarray, b: np.ndarray) -> Bounds:
    x, y = values[a][:, None], values[b][None, :]
    return mover_difference(
        x,
        Bounds(bounds.low[a][:, None], bounds.high[a][:, None]),
        y,
        Bounds(bounds.low[b][None, :], bounds.high[b][None, :]),
    )


def _log_pairs(logs: Floats, variances: Floats, a: np.ndarray, b: np.ndarray, z: float) -> Floats:
    spread = np.sqrt(variances[a][:, None] + variances[b][None, :])
    pairs: Floats = logs[a][:, None] - logs[b][None, :] + z * spread
    pairs[a[:, None] == b[None, :]] = np.inf  # a group against itself is no comparison
    return pairs if np.isfinite(pairs).any() else np.zeros((1, 1))


def _front(x: Floats, y: Floats) -> np.ndarray:
    """Indices of the points that no other point beats in both x and y (larger is better)."""
    order = np.lexsort((-y, -x))
    best = np.maximum.accumulate(np.concatenate(([-np.inf], y[order][:-1])))
    return order[y[order] > best]
