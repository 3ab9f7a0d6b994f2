"""Series under control: limits whose error is spent over the series, changes of level, and what to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raudit.findings import Measurement
from raudit.policy.difference import difference, ratio
from raudit.stats.series import ChangePoint, change_points, control_limits
from raudit.trend.series import Point, Series

ALPHA = 0.05
AUDITS = 52
BASE = 5
"""First points that set the limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A series and what it shows."""

    series: Series
    tested: tuple[Point, ...]
    """Independent points with an interval, on which limits and changes rest."""
    centre: float | None = None
    limits: tuple[tuple[float, float], ...] = ()
    """Limits of the tested points after the first ``base``."""
    outside: tuple[Point, ...] = ()
    """Points outside the limits."""
    changes: tuple[ChangePoint, ...] = ()
    why: str = ""
    """Why there are no limits."""
    sentence: str = ""
    """What changed from the first point to the last, with its interval, or that nothing can be said."""

    def moment(self, point: Point) -> str:
        """Day of a point, in UTC, and the time of day where another audit was on the same day."""
        days = [other.at.date() for other in self.series.points]
        alone = days.count(point.at.date()) < 2
        return f"{point.at:%Y-%m-%d}" if alone else f"{point.at:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """All series of a system."""

    system: str
    version: str
    watched: tuple[Watched, ...]
    alpha: float
    audits: int
    tests: int
    """Series among which ``alpha`` is shared."""

    @property
    def out_of_control(self) -> tuple[Watched, ...]:
        """Series whose last tested point lies outside its limits."""
        return tuple(
            w for w in self.watched if w.outside and w.tested and w.outside[-1] is w.tested[-1]
        )


def watch(
    series: Sequence[Series],
    *,
    system: str,
    version: str = "",
    alpha: float = ALPHA,
    audits: int = AUDITS,
    base: int = BASE,
) -> Trend:
    """Set limits and look for changes.

    Parameters
    ----------
    series
        From ``series_of``.
    alpha
        Chance of any false alarm over ``audits`` audits and all series together.
    audits
        Length of the series over which it is spent, such as 52 weekly audits; at least as many as there are.
    base
        First points that set the limits.
    """
    testable = [one for one in series if len(_tested(one)) > 1]
    tests = max(len(testable), 1)
    longest = max((len(one.points) for one in series), default=0)
    audits = max(audits, longest)
    watched = tuple(_watched(one, alpha=alpha / tests, audits=audits, base=base) for one in series)
    return Trend(
        system=system, version=version, watched=watched, alpha=alpha, audits=audits, tests=tests
    )


def _tested(series: Series) -> tuple[Point, ...]:
    """Points with an interval, one for each data set: the same rows again are no new evidence."""
    seen: dict[str, Point] = {}
    for point in series.points:
        if point.error is not None:
            seen.setdefault(point.data, point)
    return tuple(seen.values())


def _watched(series: Series, *, alpha: float, audits: int, base: int) -> Watched:
    tested = _tested(series)
    sentence = changed(series)
    if len(tested) <= base:
        why = f"independent points with an interval: {len(tested)}; limits take more than {base}"
        return Watched(series=series, tested=tested, why=why, sentence=sentence)
    values = np.array([point.value for point in tested], dtype=float)
    errors = np.array([point.error for point in tested], dtype=float)
    found = control_limits(values, errors, base=base, alpha=alpha, looks=audits)
    return Watched(
        series=series,
        tested=tested,
        centre=found.centre,
        limits=tuple(zip(found.low[base:].tolist(), found.high[base:].tolist(), strict=True)),
        outside=tuple(point for point, out in zip(tested, found.outside, strict=True) if out),
        changes=change_points(values, errors, alpha=alpha),
        sentence=sentence,
    )


def changed(series: Series) -> str:
    """Say how far a series went from its first point to its last.

    A percentage is printed with its interval, and only where the interval excludes no change; else the sentence says
    that chance explains it, or why nothing can be said.
    """
    points = [point for point in series.points if point.value is not None]
    if len(points) < 2:
        return ""
    first, last = points[0], points[-1]
    if first.data == last.data:
        return f"{series.name} was measured on the same data at both ends; nothing can have changed but the measuring."
    apart = difference(first.measurement, last.measurement)
    if apart is None or apart.low is None or apart.high is None:
        return ""
    span = f"from {_number(first.measurement)} to {_number(last.measurement)}"
    if not apart.excludes_zero:
        return (
            f"{series.name} went {span}; chance explains a change of this size (95 % interval of the difference "
            f"{apart.low:+.3g} to {apart.high:+.3g})."
        )
    exact = apart.method == "exact"  # of counts, which have no interval
    text = f"{series.name} went {span}, by {apart.value:+.3g}"
    text += "" if exact else f" (95 % interval {apart.low:+.3g} to {apart.high:+.3g})"
    quotient = ratio(first.measurement, last.measurement)
    if quotient is not None and quotient.low is not None and quotient.high is not None:
        sizes = sorted(abs(1 - end) for end in (quotient.low, quotient.high))
        if (quotient.low - 1) * (quotient.high - 1) > 0:
            word = "fell" if quotient.value < 1 else "rose"
            text += f": it {word} by {abs(1 - quotient.value):.0%}"
            text += "" if exact else f" ({sizes[0]:.0%} to {sizes[1]:.0%})"
    return f"{text}."


def _number(measurement: Measurement) -> str:
    return "nothing" if measurement.value is None else f"{measurement.value:.4g}"
