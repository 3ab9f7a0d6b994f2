"""Series under control: limits whose error is spent over the series, changes of level, and what to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raudit.findings import Measurement
from raudit.policy.difference import Ratio, difference, ratio
from raudit.sentences import say
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
        why = say(
            "independent points with an interval: {n}; limits take more than {base}",
            n=len(tested),
            base=base,
        )
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
        return say(
            "{name:capital} was measured on the same data at both ends; nothing can have changed but the measuring.",
            name=series.name,
        )
    apart = difference(first.measurement, last.measurement)
    if apart is None or apart.low is None or apart.high is None:
        return ""
    ends = {
        "name": series.name,
        "first": _number(first.measurement),
        "last": _number(last.measurement),
        "low": apart.low,
        "high": apart.high,
    }
    if not apart.excludes_zero:
        return say(
            "{name:capital} went from {first} to {last}; chance explains a change of this size (95 % interval of the "
            "difference {low:+.3g} to {high:+.3g}).",
            **ends,
        )
    exact = apart.method == "exact"  # of counts, which have no interval
    size = _size(ratio(first.measurement, last.measurement), exact=exact)
    if exact:
        return say(
            "{name:capital} went from {first} to {last}, by {value:+.3g}{size}.",
            **ends,
            value=apart.value,
            size=size,
        )
    return say(
        "{name:capital} went from {first} to {last}, by {value:+.3g} (95 % interval {low:+.3g} to {high:+.3g}){size}.",
        **ends,
        value=apart.value,
        size=size,
    )


def _size(quotient: Ratio | None, *, exact: bool) -> str:
    """By what share it fell or rose, where the interval excludes no change."""
    if quotient is None or quotient.low is None or quotient.high is None:
        return ""
    if (quotient.low - 1) * (quotient.high - 1) <= 0:
        return ""
    share = abs(1 - quotient.value)
    text = (
        say(": it fell by {share:.0%}", share=share)
        if quotient.value < 1
        else say(": it rose by {share:.0%}", share=share)
    )
    low, high = sorted(abs(1 - end) for end in (quotient.low, quotient.high))
    return text if exact else text + say(" ({low:.0%} to {high:.0%})", low=low, high=high)


def _number(measurement: Measurement) -> str:
    return (
        say("nothing") if measurement.value is None else say("{value:.4g}", value=measurement.value)
    )
