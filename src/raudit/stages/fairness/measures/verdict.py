"""A disparity against its limit: passed, failed, or not to be told from this sample."""

from __future__ import annotations

from dataclasses import dataclass, replace

from raudit.findings import Status
from raudit.sentences import joined, metric_words, say
from raudit.stages.fairness.measures.disparity import Disparity
from raudit.stats import detectable_gap, range_quantile, rows_to_settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a disparity came to."""

    status: Status
    because: str = ""
    """Why it cannot be told, beyond an interval that reaches both sides; empty if the interval decides."""
    detectable: float | None = None
    """Smallest difference that this sample shows with 80 % power."""
    rows: int | None = None
    """Rows in the two groups that would settle it."""


def judge_gap(found: Disparity, limit: float) -> Judgement:
    """Hold a disparity against its limit.

    It passes only if the whole interval keeps to the limit and every group that is large enough could be estimated,
    fails only if the whole interval breaks it, and is indeterminate otherwise.
    """
    if found.value is None or found.low is None or found.high is None:
        return Judgement(status=Status.INDETERMINATE, because=found.undefined_because)
    if found.ratio:
        inside, outside = found.low >= limit, found.high < limit
    else:
        inside, outside = found.high <= limit, found.low > limit
    if outside:
        return Judgement(status=Status.FAILED)
    if inside and found.left_out:
        return Judgement(status=Status.INDETERMINATE, because=_left_out(found))
    if inside:
        return Judgement(status=Status.PASSED)
    held = found.open_part or found
    rate = sum(found.rates) / 2
    gap = None
    if 0 <= rate <= 1 and min(found.effective) > 0:
        z = range_quantile(max(found.compared, 2), found.level)
        gap = detectable_gap(rate, found.effective[0], found.effective[1], z=z)
    rows = rows_to_settle(held.value or 0.0, held.low or 0.0, held.high or 0.0, limit, sum(found.n))
    return Judgement(status=Status.INDETERMINATE, detectable=gap, rows=rows)


def cite_what_is_open(found: Disparity, limit: float) -> Disparity:
    """Name the metric and the groups that leave open whether a limit holds.

    Of equalized odds the false positive rates may lie farthest apart and keep to the limit, while the true positive
    rates, on fewer people, are what cannot be told.
    """
    reaching = [
        part
        for part in found.parts
        if part.low is not None and part.high is not None and part.low <= limit < part.high
    ]
    undecided = judge_gap(found, limit).status is Status.INDETERMINATE
    if not undecided or not reaching or any(part.metric == found.metric for part in reaching):
        return found
    part = max(reaching, key=lambda one: (one.value or 0.0) * (-1 if found.ratio else 1))
    return replace(
        found,
        metric=part.metric,
        highest=part.highest,
        lowest=part.lowest,
        n=part.n,
        rates=part.rates,
        effective=part.effective,
        p_value=part.p_value,
        open_part=part,
    )


def _left_out(found: Disparity) -> str:
    names = [joined(", ", group) for group in found.left_out[:3]]
    more = (
        say(" and {count:,} more groups", count=len(found.left_out) - 3)
        if len(found.left_out) > 3
        else ""
    )
    metric = metric_words(found.metric)
    return say(
        "The other groups keep to the limit, but for {listed}{more} "
        "the {metric} cannot be estimated on so few cases, so the "
        "whole cannot pass.",
        listed=joined("; ", names),
        more=more,
        metric=metric,
    )
