"""Estimates with normal errors by group, the largest difference among them, and the limit it is held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Rule,
    Status,
    Subject,
    Threshold,
    written,
)
from raudit.sentences import say, term
from raudit.stages.fairness.options import Limit
from raudit.stages.fairness.tasks.part import Context, by_name, named_pair, number
from raudit.stats import Bounds, Gap, largest_difference, range_quantile

Floats = NDArray[np.float64]

SIDES: Mapping[Status, str] = {
    Status.PASSED: "keeps to",
    Status.FAILED: "breaks",
    Status.INDETERMINATE: "does not settle",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Means:
    """One estimate of every group; arrays of shape (n_groups,), NaN where it is not known."""

    names: tuple[tuple[str, ...], ...]
    n: NDArray[np.int64]
    value: Floats
    variance: Floats
    """Of the estimate."""
    error: Floats | None = None
    """How far the value itself may be off, as where scores were counted in bins."""

    @classmethod
    def unknown(cls, names: tuple[tuple[str, ...], ...]) -> Means:
        """Nothing is known of any group."""
        size = len(names)
        none = np.full(size, np.nan)
        return cls(names=names, n=np.zeros(size, dtype=np.int64), value=none, variance=none)

    def take(self, places: NDArray[np.intp]) -> Means:
        """Keep some groups."""
        return Means(
            names=tuple(self.names[int(i)] for i in places),
            n=self.n[places],
            value=self.value[places],
            variance=self.variance[places],
            error=None if self.error is None else self.error[places],
        )

    def among(self, names: tuple[tuple[str, ...], ...]) -> Means:
        """The same groups among all of ``names``."""
        found, places = Means.unknown(names), [names.index(name) for name in self.names]
        n, value, variance = found.n, found.value.copy(), found.variance.copy()
        n[places], value[places], variance[places] = self.n, self.value, self.variance
        return Means(names=names, n=n, value=value, variance=variance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is held against which limit, and in which words."""

    name: str
    """Of the disparity, such as ``auc_difference``."""
    rule: Rule
    what: str
    """The estimate in running text, such as ``mean error (prediction less truth)``."""
    by: tuple[str, ...]
    limit: Limit | None
    """None leaves it undecided."""
    as_points: bool = False
    """It is a share or an area, without the label's unit."""
    left_out: int = 0
    """Groups that are large enough, and of which too little is known for them to be among the means."""

    @property
    def anchor(self) -> str:
        """Where the plan sets the limit."""
        declared = self.limit is None or self.limit.source != "plan"
        return "stages.fairness.presets" if declared else f"stages.fairness.thresholds.{self.name}"

    @property
    def subject(self) -> Subject:
        """What the finding is about."""
        return Subject(kind="attribute", name=by_name(self.by), detail={"metric": self.name})

    @property
    def threshold(self) -> Threshold | None:
        """The limit as findings keep it."""
        return (
            None
            if self.limit is None
            else Threshold(high=self.limit.value, source=self.limit.source)
        )


def judge_means(asked: Asked, means: Means, context: Context) -> Finding:
    """Hold the largest difference against a limit."""
    usable = np.flatnonzero(~np.isnan(means.value) & ~np.isnan(means.variance))
    if usable.size < 2:
        return asked.rule.indeterminate(
            asked.subject,
            say(
                "The {what} by {by_name} cannot be compared: it is known for "
                "fewer than two groups.",
                what=asked.what,
                by_name=by_name(asked.by),
            ),
            reason=say("Each group needs enough rows, with both outcomes."),
            threshold=asked.threshold,
            anchor=asked.anchor,
        )
    gap = _widened(
        mean_gap(means.value[usable], means.variance[usable], context.level), means, usable
    )
    low, high = int(usable[gap.lowest]), int(usable[gap.highest])
    unknown = len(means.names) - usable.size + asked.left_out
    status = _status(gap, asked.limit, all_known=not unknown)
    show = _shower(asked, gap, float(means.value[low]), context)
    statement = say(
        "The {what} is {show} for {members} and {show_2} for {other}. {sizes}",
        what=asked.what,
        show=show(means.value[low]),
        members=context.speech.members(means.names[low]),
        show_2=show(means.value[high]),
        other=context.speech.other(means.names[high]),
        sizes=context.speech.sizes((int(means.n[low]), int(means.n[high]))),
    )
    certain = status is Status.INDETERMINATE and gap.low > 0
    if certain:
        statement = say(
            "{certain} {statement}", certain=_certain(asked, context), statement=statement
        )
    # How the interval lies to the limit, apart from groups of which nothing is known.
    own = _status(gap, asked.limit, all_known=True)
    reason = _reason(asked, gap, own, show, context)
    if unknown:
        reason += say(" Groups of which it cannot be estimated: {rest:,}.", rest=unknown)
    return asked.rule.finding(
        status,
        asked.subject,
        statement,
        reason=reason,
        measurement=_measured(asked, gap, means, usable, context.level),
        threshold=asked.threshold,
        anchor=asked.anchor,
        data=_data(asked, means, usable, (low, high))
        | ({"beyond_chance": True} if certain else {}),
    )


def _certain(asked: Asked, context: Context) -> str:
    """What is certain where the limit is not settled, or none is set: the first thing to say."""
    level = context.level * 100
    if asked.limit is None:
        return say(
            "There is a difference beyond chance (the {level:.3g} % interval leaves out 0); "
            "how large it may be, the plan does not say.",
            level=level,
        )
    return say(
        "There is a difference beyond chance (the {level:.3g} % interval leaves out 0); "
        "whether it breaks the limit of {wanted} cannot be told.",
        level=level,
        wanted=written(asked.limit.value),
    )


def _shower(asked: Asked, gap: Gap, value: float, context: Context) -> Callable[[float], str]:
    """Writes estimates with as many decimals as tell two of them apart, and the unit; none but zero is written as 0."""
    limit = math.inf if asked.limit is None else asked.limit.value
    places = _places(gap.value, limit, value, least=3 if asked.as_points else 0)
    unit = _unit(asked, context)

    def show(shown: float) -> str:
        if shown and not round(shown, places):
            return say("{value}{unit}", value=written(float(shown), digits=2), unit=unit)
        return say("{value:,.{places}f}{unit}", value=shown, places=places, unit=unit)

    return show


def _unit(asked: Asked, context: Context) -> str:
    named = context.speech.unit if not asked.as_points else ""
    return say(" {unit}", unit=named) if named else ""


def _reason(
    asked: Asked, gap: Gap, status: Status, show: Callable[[float], str], context: Context
) -> str:
    reason = say(
        "The largest difference is {show} ({level:.3g} % interval {show_2} to {show_3})",
        show=show(gap.value),
        level=context.level * 100,
        show_2=show(gap.low),
        show_3=show(gap.high),
    )
    if asked.limit is None:
        return reason + say(
            ". The plan sets no limit under "
            "stages.fairness.thresholds.{name}, so there is no verdict.",
            name=asked.name,
        )
    return reason + say(
        ", which {side} the limit of {show} ({limit}).",
        side=term(SIDES[status]),
        show=say("{value}{unit}", value=written(asked.limit.value), unit=_unit(asked, context)),
        limit=asked.limit.source,
    )


def _widened(gap: Gap, means: Means, usable: NDArray[np.intp]) -> Gap:
    """The interval with what counting in bins leaves open in the two groups that are off most."""
    if means.error is None:
        return gap
    most = float(np.sort(means.error[usable])[-2:].sum())
    return replace(gap, low=max(gap.low - most, 0.0), high=gap.high + most)


def _status(gap: Gap, limit: Limit | None, *, all_known: bool) -> Status:
    if limit is None:
        return Status.INDETERMINATE
    if gap.low > limit.value:
        return Status.FAILED
    return Status.PASSED if gap.high <= limit.value and all_known else Status.INDETERMINATE


def _measured(
    asked: Asked, gap: Gap, means: Means, usable: NDArray[np.intp], level: float
) -> Measurement:
    low, high = usable[gap.lowest], usable[gap.highest]
    return Measurement(
        metric=asked.name,
        value=gap.value,
        n=int(means.n[low] + means.n[high]),
        interval=Interval(
            low=gap.low,
            high=gap.high,
            level=level,
            method="normal, simultaneous over all pairs of groups",
        ),
        method=f"largest difference over {usable.size} groups",
    )


def _data(
    asked: Asked, means: Means, usable: NDArray[np.intp], pair: tuple[int, int]
) -> dict[str, Any]:
    low, high = pair
    metric = {"calibration_difference": "calibration_in_the_large"}.get(
        asked.name, asked.name.removesuffix("_difference")
    )

    def group(at: int) -> dict[str, Any]:
        return {
            "group": list(means.names[at]),
            "rate": number(means.value[at]),
            "n": int(means.n[at]),
        }

    return {
        "by": list(asked.by),
        "metric": metric,
        "compared": int(usable.size),
        "share": False,  # an amount in units of the data, not a share of people
        "pair": named_pair(
            means.names[high], means.names[low], means.value[high], means.value[low]
        ),
        "highest": group(high),
        "lowest": group(low),
    }


def _places(gap: float, limit: float, value: float, *, least: int) -> int:
    """Decimals at which two means can be told apart, and the gap from its limit."""
    known = [abs(number) for number in (gap, limit) if number and math.isfinite(number)] or [
        abs(value) or 1.0
    ]
    return max(least, min(80, 2 - math.floor(math.log10(min(known)))))


def mean_gap(values: Floats, variances: Floats, level: float) -> Gap:
    """Largest difference of estimates with normal errors."""
    half = range_quantile(values.size, level) * np.sqrt(variances)
    return largest_difference(values, Bounds(values - half, values + half))
