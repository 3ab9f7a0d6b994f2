"""Performance where labels are not known yet: estimated from calibrated scores, and bounded where some are late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.stats.intervals import Floats, normal_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether scores are probabilities, tested on rows whose labels are known."""

    p_value: float
    """Of the hypothesis that they are."""
    error: float
    """Expected calibration error over ten bins of like size, 0 to 1."""
    error_high: float
    """What the error may be at 95 %, from bins of this size."""
    n: int


def calibration(y: NDArray[np.int64], scores: Floats, *, bins: int = 10) -> Calibration:
    """Test whether scores are probabilities of ``y == 1``.

    Parameters
    ----------
    y
        0 or 1, of shape (n_rows,).
    scores
        Of shape (n_rows,); outside 0..1 they are no probabilities, and p is 0.

    References
    ----------
    Hosmer and Lemeshow 1980, with ``bins`` degrees of freedom since the scores were not fitted on these rows; and
    Spiegelhalter 1986 for the statistic over all rows. The smaller p value counts twice (Bonferroni).
    """
    from scipy.special import chdtrc, ndtr

    n = int(y.size)
    if n == 0 or scores.min() < 0 or scores.max() > 1:
        return Calibration(p_value=0.0, error=1.0, error_high=1.0, n=n)
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(bins, n))
    statistic = error = spread = 0.0
    for part in parts:
        expected, variance = (
            float(scores[part].sum()),
            float((scores[part] * (1 - scores[part])).sum()),
        )
        seen = float(y[part].sum())
        error += abs(seen - expected) / n
        spread += variance / n**2
        statistic += (seen - expected) ** 2 / max(variance, 1e-9)
    weight = 1 - 2 * scores
    below = float(np.sum(weight**2 * scores * (1 - scores)))
    z = float(np.sum((y - scores) * weight)) / np.sqrt(max(below, 1e-12))
    p_bins, p_all = float(chdtrc(len(parts), statistic)), float(2 * ndtr(-abs(z)))
    high = error + 1.96 * float(np.sqrt(spread))
    return Calibration(p_value=min(1.0, 2 * min(p_bins, p_all)), error=error, error_high=high, n=n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A metric as it will come out once the labels are known, if the scores are still calibrated."""

    metric: str
    value: float
    low: float
    high: float
    n: int


FEW = 10
"""Expected true positives from which rates among them are estimated."""


def estimated_performance(
    scores: Floats, decisions: NDArray[np.int64], *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Estimate accuracy, true positive rate and precision from scores alone (confidence-based estimation, CBPE).

    Each row is right with a known probability; the interval is the one in which the metric of *these* rows will fall.
    True positive rate and precision are left out where fewer than ``FEW`` true positives are expected: they move in
    steps too large for any interval of this kind to hold them as often as it says.

    Parameters
    ----------
    scores
        Calibrated probabilities of ``y == 1``, of shape (n_rows,).
    decisions
        0 or 1, of shape (n_rows,).

    References
    ----------
    Guillory et al. 2021; the variance is that of a sum of independent Bernoulli variables, for ratios by the delta
    method.
    """
    z = normal_quantile(level)
    n = scores.size
    right = np.where(decisions == 1, scores, 1 - scores)
    chosen = decisions == 1
    variance = scores * (1 - scores)
    found = [_estimate("accuracy", float(right.mean()), float(variance.sum()) / n**2, n, z)]
    hits, positives, count = float(scores[chosen].sum()), float(scores.sum()), int(chosen.sum())
    if hits < FEW:
        return tuple(found)
    rate = hits / positives
    influence = np.where(chosen, 1 - rate, -rate) ** 2 * variance
    found.append(_estimate("true_positive_rate", rate, float(influence.sum()) / positives**2, n, z))
    spread = float(variance[chosen].sum()) / count**2
    found.append(_estimate("precision", hits / count, spread, count, z))
    return tuple(found)


def _estimate(metric: str, value: float, variance: float, n: int, z: float) -> Estimate:
    # Half a row is added on both sides: a realised share moves in whole rows.
    half = z * float(np.sqrt(max(variance, 0.0))) + 0.5 / n
    return Estimate(
        metric=metric, value=value, low=max(value - half, 0.0), high=min(value + half, 1.0), n=n
    )


def delayed_bounds(events: int, known: int, late: int) -> tuple[float, float]:
    """What a rate can still become: none of the late rows count, or all of them do.

    Examples
    --------
    >>> delayed_bounds(30, 80, 20)
    (0.3, 0.5)
    """
    n = known + late
    return (events / n, (events + late) / n) if n else (0.0, 1.0)
