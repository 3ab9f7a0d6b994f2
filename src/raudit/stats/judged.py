"""Rates that rest on a judge which errs, corrected by a sample that people labelled.

Wald intervals fail where errors are rare: with 80 labels and no false alarm among them the interval has no width. Here
what was not labelled is drawn from the predictive distribution of each stratum (Jeffreys' prior, and some of it at the
end where people said the same of all), which keeps its coverage down to rates of 2 % and knows that the sample is part
of the turns it speaks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRAWS = 20_000

AT_AN_END = 0.25
"""Probability that a stratum is all alike where people called all that they labelled in it alike.

With less, or the half of Brown, Cai and DasGupta's ends, the rate of a nearly perfect judge is covered in more samples
than it need be; with .35 and more that of others in less than 93 %. The page on intervals has the figures.
"""


class Estimate(NamedTuple):
    """A share with its interval; NaN where it is not defined."""

    value: float
    low: float
    high: float


class Stratum(NamedTuple):
    """Turns that the judge labelled alike, within one group."""

    turns: int
    """How many there are."""
    labelled: int
    """How many of them people labelled."""
    positive: int
    """How many of those people called positive."""


def clopper_pearson(events: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share; both counts may be fractions, where turns are not independent.

    References
    ----------
    Clopper and Pearson 1934.

    Examples
    --------
    >>> [round(x, 4) for x in clopper_pearson(0, 80)]
    [0.0, 0.0451]
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
    high = 1.0 if events == n else float(betaincinv(events + 1, n - events, 1 - tail))
    return low, high


def upper_bound(events: float, n: float, *, level: float = 0.95) -> float:
    """Exact one-sided upper bound of a share; 1 without trials."""
    from scipy.special import betaincinv

    return 1.0 if events >= n else float(betaincinv(events + 1, n - events, level))


def prediction_powered(
    strata: Sequence[Stratum], *, seed: int, level: float = 0.95, beyond: float | None = None
) -> Estimate:
    """Share of positive turns, from every judged turn and the labels of a random sample of them.

    The judge's label is the stratum: within each, people's share stands for the turns that nobody labelled. It equals
    the prediction-powered estimator with its tuning weight at the optimum, and can never be biased by a bad judge.

    Parameters
    ----------
    strata
        Turns by the judge's label (and group); labels must be a random sample within each.
    seed
        Of the draws.
    beyond
        None speaks of exactly these turns, so that a sample of all of them leaves no doubt. A number speaks of the
        process that wrote them, and says how many independent turns they are worth.

    References
    ----------
    Angelopoulos and others 2023 (prediction-powered inference); Brown, Cai and DasGupta 2001 (Jeffreys' interval).
    """
    total = sum(part.turns for part in strata)
    if total == 0 or any(part.turns and not part.labelled for part in strata if len(strata) == 1):
        return Estimate(np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    drawn = np.zeros(DRAWS)
    value = 0.0
    if beyond is not None:
        parts = np.array([part.turns / total * beyond for part in strata]) + 0.5
        weights = rng.dirichlet(parts, DRAWS)
    for number, part in enumerate(strata):
        rest = part.turns - part.labelled
        share = _shares(part, rng)
        if beyond is None:
            drawn += (part.positive + rng.binomial(rest, share)) / total
        else:
            drawn += weights[:, number] * share
        mean = part.positive / part.labelled if part.labelled else 0.5
        value += part.turns * mean
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    value /= total
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def _shares(part: Stratum, rng: np.random.Generator) -> np.ndarray:
    """Draw the share of positives among a stratum's turns.

    Where people called none of the labelled turns positive, or all, Jeffreys' prior would put the share away from an
    end at which it may well be: a judge that misses nothing then has its rate covered in 89 % of samples only.
    """
    drawn = np.asarray(
        rng.beta(part.positive + 0.5, part.labelled - part.positive + 0.5, DRAWS), dtype=float
    )
    if part.labelled and part.positive in (0, part.labelled):
        drawn[rng.random(DRAWS) < AT_AN_END] = part.positive / part.labelled
    return drawn


def rogan_gladen(
    judged: int,
    turns: int,
    *,
    hits: int,
    positives: int,
    rejections: int,
    negatives: int,
    seed: int,
    level: float = 0.95,
) -> Estimate:
    """Share of positive turns from the judge's share, its sensitivity and its specificity.

    Parameters
    ----------
    judged, turns
        Turns that the judge called positive, of how many.
    hits, positives
        Of the sample's positives by people, how many the judge called so: the sensitivity.
    rejections, negatives
        Of its negatives, how many the judge called so: the specificity.
    seed
        Of the draws.

    Returns
    -------
    Estimate
        Cut to 0..1; NaN where sensitivity and specificity do not add up to more than 1, since the judge then tells
        nothing.

    References
    ----------
    Rogan and Gladen 1978; Lang and Reiczigel 2014 on why its Wald interval fails.
    """
    if not positives or not negatives or not turns:
        return Estimate(np.nan, np.nan, np.nan)
    se, sp, q = hits / positives, rejections / negatives, judged / turns
    if se + sp <= 1:
        return Estimate(np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    sampled = positives + negatives
    more = (turns - 1) / max(turns - sampled, 1)  # what was labelled is part of what is spoken for
    s = rng.beta(hits * more + 0.5, (positives - hits) * more + 0.5, DRAWS)
    p = rng.beta(rejections * more + 0.5, (negatives - rejections) * more + 0.5, DRAWS)
    useful = s + p > 1
    drawn = np.clip((q + p - 1) / (s + p - 1), 0, 1)
    drawn = np.where(
        useful, drawn, rng.uniform(size=DRAWS)
    )  # a judge that tells nothing leaves any rate possible
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    value = float(np.clip((q + sp - 1) / (se + sp - 1), 0, 1))
    return Estimate(value, float(min(low, value)), float(max(high, value)))
