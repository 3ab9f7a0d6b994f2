"""The risk that a released table adds: success against its people, beyond success against people who are not in it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from raudit.stats.intervals import normal_quantile

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """What an attack achieved."""

    n: int
    """Attempts."""
    successes: int
    """Against people whose data made the table."""
    guessed: int
    """Of as many attempts of somebody who guesses."""
    control: float | None
    """Successes against people who had no part in the table, brought to ``n_control`` attempts; None without them."""
    n_control: int = 0
    """Attempts on people who had no part."""
    scale: float = 1.0
    """How many times as many successes ``control`` is as were counted, on fewer people than were attacked."""
    detail: str = ""
    """What narrows it, such as the name of a secret."""
    without: str = ""
    """Why there is no control although one was named; empty if none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """An estimate with its interval, within 0 and 1."""

    value: float
    low: float
    high: float


def rate(successes: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Centre and half-width of the score interval of a rate.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    z = normal_quantile(level)
    spread = successes * (n - successes) / n
    return (
        (successes + z * z / 2) / (n + z * z),
        z / (n + z * z) * sqrt(max(spread, 0.0) + z * z / 4),
    )


def risk(attacked: Attacked, level: float = LEVEL) -> Risk:
    """Residual success: (attack - control) / (1 - control), its error propagated from both rates.

    Without a control it is the success itself.

    References
    ----------
    Giomi et al. (2023), A unified framework for quantifying privacy risk in synthetic data, section 4.
    """
    attack, error = rate(attacked.successes, attacked.n, level)
    value, half = attack, error
    if attacked.control is not None:
        counted = attacked.control / attacked.scale
        control, own = (attacked.scale * part for part in rate(counted, attacked.n_control, level))
        control = min(control, 1 - 1 / (attacked.n_control + 1))
        value = (attack - control) / (1 - control)
        half = sqrt((error / (1 - control)) ** 2 + (own * (attack - 1) / (1 - control) ** 2) ** 2)
    low, middle, high = (min(max(v, 0.0), 1.0) for v in (value - half, value, value + half))
    return Risk(value=middle, low=low, high=high)
