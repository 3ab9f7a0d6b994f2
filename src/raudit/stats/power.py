"""What a sample of this size could have shown, and how many rows would settle the question."""

from __future__ import annotations

import math

from raudit.stats.intervals import normal_quantile


def detectable_gap(
    rate: float, n_a: float, n_b: float, *, z: float = 1.959963984540054, power: float = 0.8
) -> float:
    """Smallest difference of two rates around ``rate`` that these sizes reveal with the given power.

    Returns
    -------
    float
        In 0..1; 1.0 means that no difference could be relied on to show.

    References
    ----------
    Fleiss, Levin and Paik 2003, section 4.2, solved for the difference by bisection.
    """
    if min(n_a, n_b) <= 0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        gap = (low + high) / 2
        low, high = (low, gap) if _shows(rate, gap, n_a, n_b, z, power) else (gap, high)
    return high if _shows(rate, high, n_a, n_b, z, power) else 1.0


def _shows(rate: float, gap: float, n_a: float, n_b: float, z: float, power: float) -> bool:
    a, b = _around(rate, gap)
    pooled = (n_a * a + n_b * b) / (n_a + n_b)
    null = z * math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    other = normal_quantile(2 * power - 1) * math.sqrt(a * (1 - a) / n_a + b * (1 - b) / n_b)
    return abs(a - b) >= null + other and abs(a - b) >= gap - 1e-9


def _around(rate: float, gap: float) -> tuple[float, float]:
    """Two rates that differ by ``gap``, centred on ``rate`` as far as 0 and 1 allow."""
    low = min(max(rate - gap / 2, 0.0), 1.0 - gap)
    return low + gap, low


def rows_to_settle(value: float, low: float, high: float, threshold: float, n: float) -> int | None:
    """Rows needed for the interval to clear the threshold if the estimate stays where it is.

    The half-width shrinks with the square root of the sample.

    Returns
    -------
    int or None
        None if the estimate lies on the threshold, which no sample settles, or if it was settled already.
    """
    distance = abs(threshold - value)
    half = high - value if threshold > value else value - low
    if distance < 1e-9 or half <= distance or n <= 0:
        return None
    return math.ceil(n * (half / distance) ** 2)
