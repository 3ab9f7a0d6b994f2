"""How far two measurements lie apart, with an interval for the difference and for the ratio.

Works from the two estimates and their own intervals alone (MOVER), so that two records are enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from raudit.findings import Measurement, Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """New minus old."""

    value: float
    low: float | None
    """Lower end; None where an interval of a measurement is unbounded."""
    high: float | None
    level: float
    method: str

    @property
    def excludes_zero(self) -> bool:
        """Whether the change is larger than what chance explains at this level."""
        return (self.low is not None and self.low > 0) or (self.high is not None and self.high < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """New divided by old."""

    value: float
    low: float | None
    high: float | None
    level: float
    method: str = "MOVER-R"


def z_of(level: float) -> float:
    """Two-sided normal quantile of a confidence level."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def ends(measurement: Measurement, level: float) -> tuple[float | None, float | None]:
    """A measurement's interval at another level, its half-widths stretched by the normal quantiles.

    An exact count is its own interval. An undefined value has none.
    """
    value, interval = measurement.value, measurement.interval
    if value is None:
        return None, None
    if interval is None:
        return _wilson(measurement, level)
    stretch = z_of(level) / z_of(interval.level)
    low = None if interval.low is None else value - stretch * max(value - interval.low, 0.0)
    high = None if interval.high is None else value + stretch * max(interval.high - value, 0.0)
    return low, high


def difference(old: Measurement, new: Measurement, *, level: float = 0.95) -> Difference | None:
    """Compute new minus old with its interval; None if either is undefined, or if their units differ.

    Parameters
    ----------
    old, new
        Measurements of the same metric, taken as independent. Where both come from the same rows they are
        positively correlated as a rule, and the interval is then too wide rather than too narrow.
    level
        Coverage of the interval.

    References
    ----------
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27 (2008), equation 4. With Wilson's intervals it is R. G. Newcombe's method 10
    (Statistics in Medicine 17, 1998).
    """
    if old.value is None or new.value is None or old.unit != new.unit:
        return None
    old_low, old_high = ends(old, level)
    new_low, new_high = ends(new, level)
    value = new.value - old.value
    low = high = None
    if new_low is not None and old_high is not None:
        low = value - math.hypot(new.value - new_low, old_high - old.value)
    if new_high is not None and old_low is not None:
        high = value + math.hypot(new_high - new.value, old.value - old_low)
    exact = old.interval is None and new.interval is None and low == high
    return Difference(
        value=value, low=low, high=high, level=level, method="exact" if exact else "MOVER"
    )


def ratio(old: Measurement, new: Measurement, *, level: float = 0.95) -> Ratio | None:
    """Compute new divided by old with its interval.

    Range 0 to infinity. None unless both estimates are positive and the old one is clear of zero, for only then
    does "dropped by so many per cent" mean anything.

    References
    ----------
    A. Donner and G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and standard
    deviation", Statistical Methods in Medical Research 21 (2012), equation 10 (MOVER-R).
    """
    a, b = new.value, old.value
    a_low, a_high = ends(new, level)
    b_low, b_high = ends(old, level)
    if (
        old.unit != new.unit
        or a is None
        or b is None
        or a < 0
        or b <= 0
        or b_low is None
        or b_low <= 0
        or b_high is None
        or b_high >= 2 * b
    ):
        return None
    low = high = None
    if a_low is not None:
        below = max(a_low, 0.0)
        low = (
            a * b
            - math.sqrt(
                max((a * b) ** 2 - below * b_high * (2 * a - below) * (2 * b - b_high), 0.0)
            )
        ) / (b_high * (2 * b - b_high))
    if a_high is not None:
        high = (
            a * b
            + math.sqrt(
                max((a * b) ** 2 - a_high * b_low * (2 * a - a_high) * (2 * b - b_low), 0.0)
            )
        ) / (b_low * (2 * b - b_low))
    return Ratio(
        value=a / b, low=max(low, 0.0) if low is not None else None, high=high, level=level
    )


def worsened(
    old: Measurement, new: Measurement, threshold: Threshold | None, *, level: float
) -> bool:
    """Whether the new value is further out of its range than the old one, beyond chance.

    ``level`` is one-sided here: a change that is pure noise is called worse with probability 1 - level at most.
    """
    change = difference(old, new, level=2 * level - 1)
    if change is None:
        return False
    if (
        threshold is not None
        and new.value is not None
        and threshold.low is not None
        and new.value < threshold.low
    ):
        return change.high is not None and change.high < 0
    return change.low is not None and change.low > 0


def _wilson(measurement: Measurement, level: float) -> tuple[float, float]:
    """Wilson's interval for a bare proportion; the value itself for anything else."""
    value, n, events = measurement.value, measurement.n, measurement.events
    assert value is not None  # noqa: S101 -- the caller has looked
    if (
        measurement.unit
        or events is None
        or n <= 0
        or not math.isclose(value, events / n, abs_tol=1e-9)
    ):
        return value, value
    z = z_of(level)
    centre = (events + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(events * (n - events) / n + z * z / 4)
    return max(centre - half, 0.0), min(centre + half, 1.0)
