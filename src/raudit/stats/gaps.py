"""Largest difference and smallest ratio between groups, with intervals that hold for the maximum.

A percentile interval of ``max - min`` never contains zero, even for a perfectly even system. Here every pair gets an
interval so wide that all pairs hold at once; the largest lower end and the largest upper end then bound the largest
gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raudit.stats.intervals import Bounds, Floats, LogRates, log_difference, mover_difference


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
    top, bottom = _ends(values)
    # The lower end of a pair grows with a's value and shrinks with its distance to its lower bound: only groups that
    # no other group beats in both can give the maximum. The same holds for b, and for the upper end.
    a = _fronts(values, bounds.low - values)
    b = _fronts(-values, values - bounds.high)
    low = float(np.max(_pairs(values, bounds, a, b).low))
    a = _fronts(values, bounds.high - values)
    b = _fronts(-values, values - bounds.low)
    high = float(np.max(_pairs(values, bounds, a, b).high))
    gap = float(values[top] - values[bottom])
    return Gap(
        value=gap, low=min(max(low, 0.0), gap), high=max(high, gap), highest=top, lowest=bottom
    )


def smallest_ratio(values: Floats, logs: LogRates) -> Gap:
    """Bound the smallest ratio between groups.

    Parameters
    ----------
    values
        Rates of shape (n_groups,), at least two, none NaN.
    logs
        Their logs, with bounds made with ``range_quantile(n_groups, level)``.
    """
    top, bottom = _ends(values)
    value = float(values[bottom] / values[top]) if values[top] > 0 else float("nan")
    below, above = logs.centre - logs.low, logs.high - logs.centre
    low = float(
        np.min(_log_pairs(logs, _fronts(-logs.centre, below), _fronts(logs.centre, above)).low)
    )
    high = float(
        np.min(_log_pairs(logs, _fronts(-logs.centre, -above), _fronts(logs.centre, -below)).high)
    )
    ends = float(np.exp(low)), min(float(np.exp(high)), 1.0)
    if not np.isnan(value):
        ends = min(ends[0], value), max(ends[1], value)
    return Gap(value=value, low=ends[0], high=ends[1], highest=top, lowest=bottom)


def differences_from(values: Floats, bounds: Bounds, reference: int) -> Gap:
    """Bound the largest difference between one group and any other.

    Parameters
    ----------
    bounds
        An interval for each, so wide that all comparisons with the reference hold at once.
    reference
        Index of the group that the others are held against.
    """
    others = np.delete(np.arange(values.size), reference)
    fixed = Bounds(bounds.low[[reference]], bounds.high[[reference]])
    apart = mover_difference(
        values[others], Bounds(bounds.low[others], bounds.high[others]), values[[reference]], fixed
    )
    gaps = values[others] - values[reference]
    worst = int(others[int(np.argmax(np.abs(gaps)))])
    gap = float(abs(values[worst] - values[reference]))
    low = float(np.max(np.maximum(np.maximum(apart.low, -apart.high), 0.0)))
    high = float(np.max(np.maximum(apart.high, -apart.low)))
    top, bottom = (worst, reference) if values[worst] >= values[reference] else (reference, worst)
    return Gap(value=gap, low=min(low, gap), high=max(high, gap), highest=top, lowest=bottom)


def ratios_to(values: Floats, logs: LogRates, reference: int) -> Gap:
    """Bound the smallest ratio of any other group to one group; ``lowest`` is that group, ``highest`` the reference."""
    others = np.delete(np.arange(values.size), reference)
    apart = log_difference(
        LogRates(logs.centre[others], logs.low[others], logs.high[others]),
        LogRates(logs.centre[[reference]], logs.low[[reference]], logs.high[[reference]]),
    )
    worst = int(others[int(np.argmin(values[others]))])
    value = float(values[worst] / values[reference]) if values[reference] > 0 else float("nan")
    ends = float(np.exp(np.min(apart.low))), float(np.exp(np.min(apart.high)))
    if not np.isnan(value):
        ends = min(ends[0], value), max(ends[1], value)
    return Gap(value=value, low=ends[0], high=ends[1], highest=reference, lowest=worst)


def _ends(values: Floats) -> tuple[int, int]:
    """Indices of the largest and the smallest value; two groups even where all are equal."""
    top = int(np.argmax(values))
    others = np.where(np.arange(values.size) == top, np.inf, values)
    return top, int(np.argmin(others))


def _pairs(values: Floats, bounds: Bounds, a: np.ndarray, b: np.ndarray) -> Bounds:
    first = Bounds(bounds.low[a][:, None], bounds.high[a][:, None])
    second = Bounds(bounds.low[b][None, :], bounds.high[b][None, :])
    low, high = mover_difference(values[a][:, None], first, values[b][None, :], second)
    same = a[:, None] == b[None, :]  # a group against itself is no comparison
    return Bounds(np.where(same, -np.inf, low), np.where(same, -np.inf, high))


def _log_pairs(logs: LogRates, a: np.ndarray, b: np.ndarray) -> Bounds:
    first = LogRates(logs.centre[a][:, None], logs.low[a][:, None], logs.high[a][:, None])
    second = LogRates(logs.centre[b][None, :], logs.low[b][None, :], logs.high[b][None, :])
    low, high = log_difference(first, second)
    same = a[:, None] == b[None, :]
    return Bounds(np.where(same, np.inf, low), np.where(same, np.inf, high))


def _fronts(x: Floats, y: Floats) -> np.ndarray:
    """Indices of the points that no other point beats in both x and y, and of those that only these beat.

    The second layer matters where the best partner of a group would be the group itself.
    """
    first = _front(x, y)
    rest = np.setdiff1d(np.arange(x.size), first)
    return first if rest.size == 0 else np.concatenate([first, rest[_front(x[rest], y[rest])]])


def _front(x: Floats, y: Floats) -> np.ndarray:
    order = np.lexsort((-y, -x))
    best = np.maximum.accumulate(np.concatenate(([-np.inf], y[order][:-1])))
    keep = y[order] > best
    keep[0] = True
    return order[keep]
