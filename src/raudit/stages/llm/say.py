"""Sentences and findings of this stage, all made in one way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from raudit.findings import (
    NO_LIMIT,
    Finding,
    Interval,
    Measurement,
    Rule,
    Status,
    Subject,
    Threshold,
)
from raudit.sentences import say


def percent(value: float) -> str:
    """A share as percent with one decimal."""
    return say("{value:.1f} %", value=_rounded(value))


def percent_level(level: float) -> str:
    """A confidence level, such as 95 %."""
    return say("{level:g} %", level=round(100 * level, 6))


def between(low: float, high: float, level: float) -> str:
    """An interval of a share."""
    return say(
        "{level} interval {low:.1f} to {high:.1f} %",
        level=percent_level(level),
        low=_rounded(low),
        high=_rounded(high),
    )


def points(value: float) -> str:
    """A difference of two shares."""
    return say("{value:.1f} percentage points", value=_rounded(value))


def points_between(low: float, high: float, level: float) -> str:
    """An interval of a difference of two shares."""
    return say(
        "{level} interval {low:.1f} to {high:.1f} points",
        level=percent_level(level),
        low=_rounded(low),
        high=_rounded(high),
    )


def _rounded(value: float) -> float:
    """In percent with one decimal; never -0.0."""
    return round(100 * value, 1) + 0.0


def share(
    metric: str,
    value: float,
    n: int,
    low: float,
    high: float,
    method: str,
    *,
    events: int | None = None,
    level: float = 0.95,
    because: str = "",
    unit: str = "",
) -> Measurement:
    """A measured share; NaN becomes undefined."""
    known = not np.isnan(value)
    bounds = known and not (np.isnan(low) or np.isnan(high))
    return Measurement(
        metric=metric,
        value=float(value) if known else None,
        n=n,
        events=events,
        interval=Interval(low=float(low), high=float(high), level=level, method=method)
        if bounds
        else None,
        method=method,
        undefined_because="" if known else because or "nothing to measure it on",
        unit=unit,
    )


def finding(
    rule: Rule,
    subject: Subject,
    status: Status,
    statement: str,
    *,
    reason: str = "",
    measurement: Measurement | None = None,
    low: float | None = None,
    high: float | None = None,
    source: str = "plan",
    anchor: str = "stages.llm",
    data: Mapping[str, Any] | None = None,
) -> Finding:
    """One rule's answer."""
    limit = (
        Threshold(low=low, high=high, source=source)
        if low is not None or high is not None
        else None
    )
    return rule.finding(
        status,
        subject,
        statement,
        reason=reason,
        measurement=measurement,
        threshold=limit,
        anchor=anchor,
        remedy=rule.fix,
        data=data or {},
    )


MORE_TURNS = "the interval reaches both sides of the limit; more turns would tell"
MORE_LABELS = "the interval reaches both sides of the limit; more labels by people would tell"


def against(
    low: float,
    high: float,
    *,
    most: float | None = None,
    least: float | None = None,
    short_of: str = MORE_TURNS,
) -> tuple[Status, str]:
    """Hold an interval against limits: passed inside, failed outside, else indeterminate with the reason.

    What the interval is ``short_of`` is the reason where it reaches both sides: turns, or labels by people, since a
    corrected rate is of exactly these turns and no more of them would narrow it.
    """
    if most is None and least is None:
        return Status.INDETERMINATE, "the plan sets no limit for it"
    if np.isnan(low) or np.isnan(high):
        return Status.INDETERMINATE, "it could not be estimated"
    if (most is not None and low > most) or (least is not None and high < least):
        return Status.FAILED, ""
    if (most is None or high <= most) and (least is None or low >= least):
        return Status.PASSED, ""
    return Status.INDETERMINATE, short_of


def with_unjudged(low: float, high: float, n: int, unjudged: int) -> tuple[float, float]:
    """Widen the interval of a share by turns that have no label: all of them so, or none."""
    total = max(n + unjudged, 1)
    return low * n / total, (high * n + unjudged) / total


def over_with_unjudged(unjudged: int) -> str:
    """Why nothing can be told while so many turns have no label."""
    return say("the {n:,} turns without a label could carry it over the limit", n=unjudged)


def held_back(findings: list[Finding], partly: str) -> list[Finding]:
    """Let nothing pass on files that were read in part."""
    if not partly:
        return findings
    reason = say("not all of the turns could be read ({partly})", partly=partly[:300])
    return [
        replace(item, status=Status.INDETERMINATE, reason=reason)
        if item.status is Status.PASSED or NO_LIMIT in item.reason
        else item
        for item in findings
    ]
