"""Numbers over time: control limits whose error is spent over the whole series, and change points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raudit.stats.intervals import Floats, normal_quantile


def spent_alpha(alpha: float, looks: int) -> float:
    """Error that one of ``looks`` looks may spend, so that all together spend no more than ``alpha``.

    References
    ----------
    Bonferroni; the looks may depend on one another, as looks against one reference do.
    """
    return alpha / max(looks, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a point of a series would have to leave to be called out of control."""

    centre: float
    low: Floats
    """Of shape (n_points,); NaN for the points that set the limits."""
    high: Floats
    outside: np.ndarray
    """Truth values of shape (n_points,)."""


def control_limits(
    values: Floats, errors: Floats, *, base: int, alpha: float, looks: int
) -> Limits:
    """Limits for every point after the first ``base``, from those and each point's own standard error.

    Parameters
    ----------
    values, errors
        Estimates and their standard errors, of shape (n_points,).
    base
        Points that set the centre, at least 1.
    alpha, looks
        Chance of any false alarm over ``looks`` points.

    Notes
    -----
    Spread between base points beyond their standard errors widens the limits (as Laney's p' chart does), with a t
    quantile for the few points from which it is known.

    References
    ----------
    Laney 2002; Shewhart 1931.
    """
    from scipy.stats import t

    first, own = values[:base], errors[:base]
    weights = 1 / np.maximum(own, 1e-12) ** 2
    centre = float(np.sum(weights * first) / weights.sum())
    each = spent_alpha(alpha, looks)
    z = normal_quantile(1 - each)
    ratio = 1.0
    if base > 2:
        chi = float(np.sum(weights * (first - centre) ** 2)) / (base - 1)
        if chi > 1:
            ratio = float(np.sqrt(chi)) * float(t.ppf(1 - each / 2, base - 1)) / z
    half = z * ratio * np.sqrt(errors**2 + 1 / weights.sum())
    low, high = centre - half, centre + half
    low[:base] = high[:base] = np.nan
    with np.errstate(invalid="ignore"):
        outside = (values < low) | (values > high)
    return Limits(centre=centre, low=low, high=high, outside=outside)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """Where a series changed its level."""

    index: int
    """First point of the new level."""
    before: float
    after: float
    low: float
    """Interval of the change, after less before."""
    high: float
    p_value: float
    """Of the hypothesis that nothing changed, taken over every place at which it could have."""


def change_points(
    values: Floats, errors: Floats, *, alpha: float = 0.05, level: float = 0.95
) -> tuple[ChangePoint, ...]:
    """Changes of level, found by splitting where the two sides differ most, and again on each side.

    Parameters
    ----------
    values, errors
        Estimates and standard errors of independent points, of shape (n_points,), in order of time.
    alpha
        Chance of calling a change in a series that has none.

    References
    ----------
    Vostrikova 1981 (binary segmentation); the p value counts every place tried in all splits (Bonferroni).
    """
    found: list[ChangePoint] = []
    n = values.size
    tests = max(n - 1, 1)
    pending = [(0, n)]
    while pending:
        start, stop = pending.pop()
        best = _split(values[start:stop], errors[start:stop], tests, level)
        if best is None or best.p_value > alpha:
            continue
        index = start + best.index
        found.append(
            ChangePoint(
                index=index,
                before=best.before,
                after=best.after,
                low=best.low,
                high=best.high,
                p_value=best.p_value,
            )
        )
        pending += [(start, index), (index, stop)]
    return tuple(sorted(found, key=lambda change: change.index))


def _split(values: Floats, errors: Floats, tests: int, level: float) -> ChangePoint | None:
    from scipy.special import ndtr

    n = values.size
    if n < 2:
        return None
    weights = 1 / np.maximum(errors, 1e-12) ** 2
    sums, masses = np.cumsum(weights * values), np.cumsum(weights)
    left, right = sums[:-1] / masses[:-1], (sums[-1] - sums[:-1]) / (masses[-1] - masses[:-1])
    spread = np.sqrt(1 / masses[:-1] + 1 / (masses[-1] - masses[:-1]))
    scores = np.abs(right - left) / spread
    at = int(np.argmax(scores))
    p_value = min(1.0, 2 * float(ndtr(-scores[at])) * tests)
    half = normal_quantile(level) * float(spread[at])
    gap = float(right[at] - left[at])
    return ChangePoint(
        index=at + 1,
        before=float(left[at]),
        after=float(right[at]),
        low=gap - half,
        high=gap + half,
        p_value=p_value,
    )
