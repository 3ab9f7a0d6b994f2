"""Intervals for proportions, their differences and their ratios.

Counts may be fractional: under weights the caller passes Kish's effective sample size and the matching events.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Bounds(NamedTuple):
    """Lower and upper ends, of the same shape as the estimates; NaN where there is none."""

    low: Floats
    high: Floats


def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile, 1.96 for ``level=0.95``.

    Raises
    ------
    ValueError
        If the level is not strictly between 0 and 1.
    """
    from statistics import NormalDist  # scipy's takes longer to load than a page to draw

    if not 0 < level < 1:
        raise ValueError(f"confidence level must lie strictly between 0 and 1, got {level}")
    return NormalDist().inv_cdf(min(0.5 + level / 2, 1 - 2**-53))


@functools.cache
def range_quantile(groups: int, level: float) -> float:
    """Multiplier that makes all pairwise differences of ``groups`` estimates hold at once.

    It is the quantile of the studentised range divided by the square root of two: equal to ``normal_quantile`` for
    two groups, larger for more.

    References
    ----------
    Tukey 1953; Kramer 1956. Hothorn, Bretz and Westfall 2008 for its use with proportions.
    """
    if groups <= 2:
        return normal_quantile(level)
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    upper = 2 * float(-_log_quantile(groups, level, log_ndtr)) + 4
    return float(
        brentq(lambda q: 1 - _range_tail(groups, q) - level, 0.1, upper, xtol=1e-10)
    ) / float(np.sqrt(2))


def range_tail(groups: int, z: float) -> float:
    """Chance that some pair of ``groups`` equal estimates lies ``z`` or more standard errors apart.

    The inverse of ``range_quantile``.
    """
    from scipy.special import ndtr

    if groups <= 2:
        return float(max(2 * ndtr(-z), 1e-300))
    return float(min(max(_range_tail(groups, z * np.sqrt(2)), 1e-16), 1.0))


def _range_tail(groups: int, q: float) -> float:
    from scipy.special import ndtr

    # P(range < q) = k ∫ φ(z) (Φ(z) - Φ(z-q))^(k-1) dz, by a fixed fine rule: scipy's routine is slow for large k.
    z = np.linspace(-9.0, 12.0, 6001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    inner = np.clip(ndtr(z) - ndtr(z - q), 1e-300, 1.0)
    return float(
        1 - groups * np.sum(density * np.exp((groups - 1) * np.log(inner))) * (z[1] - z[0])
    )


def _log_quantile(groups: int, level: float, log_ndtr: Any) -> float:
    """A z so small that none of ``groups`` normal values falls below it, at least at this level."""
    z = -1.0
    while float(log_ndtr(z)) > np.log((1 - level) / (4 * groups)):
        z -= 0.5
    return z


def wilson(
    events: ArrayLike, n: ArrayLike, *, level: float = 0.95, z: float | None = None
) -> Bounds:
    """Wilson score interval for a proportion.

    Parameters
    ----------
    events, n
        Counts of the same shape, ``0 <= events <= n``; NaN bounds where n is 0.
    level
        Nominal coverage.
    z
        Multiplier that replaces the one of ``level``, such as ``range_quantile`` for simultaneous intervals.

    Returns
    -------
    Bounds
        Within 0..1, and never of zero width.

    References
    ----------
    Wilson 1927; Newcombe 1998a, method 3.
    """
    x, m = np.asarray(events, dtype=float), np.asarray(n, dtype=float)
    q = normal_quantile(level) if z is None else z
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(m > 0, x / m, np.nan)
        centre = (p + q * q / (2 * m)) / (1 + q * q / m)
        half = q * np.sqrt(p * (1 - p) / m + q * q / (4 * m * m)) / (1 + q * q / m)
    # At the ends the formula is exact on paper; rounding must not push the bound past the estimate.
    return Bounds(
        np.clip(np.minimum(centre - half, p), 0, 1), np.clip(np.maximum(centre + half, p), 0, 1)
    )


def mover_difference(a: ArrayLike, a_bounds: Bounds, b: ArrayLike, b_bounds: Bounds) -> Bounds:
    """Interval for ``a - b`` of independent estimates, from an interval for each.

    With Wilson bounds it is Newcombe's hybrid score interval.

    References
    ----------
    Newcombe 1998b, method 10; Donner and Zou 2012 (MOVER).
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    low = x - y - np.sqrt((x - a_bounds.low) ** 2 + (b_bounds.high - y) ** 2)
    high = x - y + np.sqrt((a_bounds.high - x) ** 2 + (y - b_bounds.low) ** 2)
    return Bounds(low, high)


def newcombe(
    events_a: ArrayLike, n_a: ArrayLike, events_b: ArrayLike, n_b: ArrayLike, *, level: float = 0.95
) -> Bounds:
    """Newcombe's hybrid score interval for the difference of two independent proportions, a minus b.

    References
    ----------
    Newcombe 1998b, method 10.
    """
    a, b = wilson(events_a, n_a, level=level), wilson(events_b, n_b, level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_a = np.asarray(events_a, dtype=float) / np.asarray(n_a, dtype=float)
        p_b = np.asarray(events_b, dtype=float) / np.asarray(n_b, dtype=float)
    return mover_difference(p_a, a, p_b, b)


def katz(
    events_a: ArrayLike, n_a: ArrayLike, events_b: ArrayLike, n_b: ArrayLike, *, level: float = 0.95
) -> Bounds:
    """Katz's log interval for the ratio of two independent proportions, a over b, with one half added to each count.

    References
    ----------
    Katz et al. 1978; Walter 1975 for the added half; Fagerland et al. 2015 for its coverage.
    """
    parts = [np.asarray(part, dtype=float) + 0.5 for part in (events_a, n_a, events_b, n_b)]
    log = np.log(parts[0] / parts[1]) - np.log(parts[2] / parts[3])
    variance = 1 / parts[0] - 1 / parts[1] + 1 / parts[2] - 1 / parts[3]
    half = normal_quantile(level) * np.sqrt(np.maximum(variance, 0))
    return Bounds(np.exp(log - half), np.exp(log + half))


class LogRates(NamedTuple):
    """Rates on the log scale with their own bounds, of the same shape."""

    centre: Floats
    low: Floats
    """Minus infinity for a rate of zero."""
    high: Floats


def log_rates(
    events: ArrayLike, n: ArrayLike, *, level: float = 0.95, z: float | None = None
) -> LogRates:
    """Log of each rate (half an event and one row added, so that it is finite) with its Wilson bounds."""
    x, m = np.asarray(events, dtype=float), np.asarray(n, dtype=float)
    bounds = wilson(x, m, level=level, z=z)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.log(bounds.low), np.log(bounds.high)
        return LogRates(np.clip(np.log((x + 0.5) / (m + 1)), low, high), low, high)


def wilson_ratio(
    events_a: ArrayLike, n_a: ArrayLike, events_b: ArrayLike, n_b: ArrayLike, *, level: float = 0.95
) -> Bounds:
    """Interval for the ratio of two independent proportions, a over b, from the Wilson interval of each.

    Katz's interval falls to 82 % where ten rows stand against a thousand; this one stays above 91 %. The upper end is
    infinite where b has no events.

    References
    ----------
    Donner and Zou 2012 (MOVER), on the log scale.
    """
    a, b = log_rates(events_a, n_a, level=level), log_rates(events_b, n_b, level=level)
    return Bounds(*(np.exp(end) for end in log_difference(a, b)))


def log_difference(a: LogRates, b: LogRates) -> Bounds:
    """Bounds of the difference of logs, a minus b."""
    low = a.centre - b.centre - np.sqrt((a.centre - a.low) ** 2 + (b.high - b.centre) ** 2)
    high = a.centre - b.centre + np.sqrt((a.high - a.centre) ** 2 + (b.centre - b.low) ** 2)
    return Bounds(low, high)


def effective_n(sum_w: ArrayLike, sum_w2: ArrayLike) -> Floats:
    """Kish's effective sample size ``(Σw)² / Σw²``; 0 where there is no weight.

    References
    ----------
    Kish 1965, section 11.7.
    """
    w, w2 = np.asarray(sum_w, dtype=float), np.asarray(sum_w2, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(w2 > 0, w * w / w2, 0.0)
