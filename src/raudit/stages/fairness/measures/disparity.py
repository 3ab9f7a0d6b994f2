"""How far apart the groups are: differences and ratios under fairlearn's names, with intervals for the worst pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.sentences import joined, metric_words, say
from raudit.stages.fairness.measures.metrics import (
    COMPOSITES,
    METRICS,
    WITHOUT_LABEL,
    Estimates,
    Groups,
    estimate,
)
from raudit.stats import (
    Gap,
    differences_from,
    largest_difference,
    log_rates,
    max_gap_test,
    normal_quantile,
    range_quantile,
    ratios_to,
    smallest_ratio,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a disparity is made of."""

    metrics: tuple[str, ...]
    ratio: bool = False
    mean: bool = False
    """Mean of the metrics' gaps instead of the worst of them."""


NAMED: Mapping[str, Definition] = {
    "demographic_parity_difference": Definition(metrics=("selection_rate",)),
    "demographic_parity_ratio": Definition(metrics=("selection_rate",), ratio=True),
    "equalized_odds_difference": Definition(metrics=("true_positive_rate", "false_positive_rate")),
    "equalized_odds_ratio": Definition(
        metrics=("true_positive_rate", "false_positive_rate"), ratio=True
    ),
    "equal_opportunity_difference": Definition(metrics=("true_positive_rate",)),
    "equal_opportunity_ratio": Definition(metrics=("true_positive_rate",), ratio=True),
    "average_odds_difference": Definition(
        metrics=("true_positive_rate", "false_positive_rate"), mean=True
    ),
    "predictive_parity_difference": Definition(metrics=("precision",)),
    "predictive_parity_ratio": Definition(metrics=("precision",), ratio=True),
}
DISPARITIES: Mapping[str, Definition] = {
    **NAMED,
    **{f"{metric}_difference": Definition(metrics=(metric,)) for metric in METRICS},
    **{f"{metric}_ratio": Definition(metrics=(metric,), ratio=True) for metric in METRICS},
}
"""Every disparity by name; besides the named ones, the difference and the ratio of each metric."""


HYPOTHESIS: Mapping[str, str] = {
    "false_negative_rate": "true_positive_rate",
    "true_negative_rate": "false_positive_rate",
    "false_discovery_rate": "precision",
    "false_omission_rate": "negative_predictive_value",
}
"""Rates that are one less another: that they are even is the same hypothesis."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disparity:
    """How far apart groups are, and which two."""

    name: str
    by: tuple[str, ...]
    metric: str
    """The metric that decides it, where several could."""
    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    highest: tuple[str, ...] = ()
    """Group with the largest value of the metric."""
    lowest: tuple[str, ...] = ()
    """Group with the smallest value."""
    n: tuple[int, int] = (0, 0)
    """Rows behind the highest and the lowest."""
    rates: tuple[float, float] = (0.0, 0.0)
    """The metric of the highest and of the lowest."""
    effective: tuple[float, float] = (0.0, 0.0)
    p_value: float | None = None
    """Of the hypothesis that all groups share one rate."""
    tests: tuple[tuple[str, float], ...] = ()
    """That hypothesis by metric, with its p value; the difference and the ratio of a rate rest on the same one."""
    reference: tuple[str, ...] = ()
    """The group that the others were held against; empty if every pair was compared."""
    compared: int = 0
    """Groups that were compared."""
    left_out: tuple[tuple[str, ...], ...] = ()
    """Groups large enough to be compared whose metric cannot be estimated."""
    undefined_because: str = ""
    ratio: bool = False
    parts: tuple[Disparity, ...] = ()
    """One for each metric, where the one that lies farthest apart decides."""
    open_part: Disparity | None = None
    """Of the parts the one that leaves open whether a limit holds, if it is another than the farthest apart."""


def disparity(
    groups: Groups,
    name: str,
    *,
    level: float = 0.95,
    min_events: int = 0,
    draws: int = 10_000,
    rng: np.random.Generator | None = None,
    reference: tuple[str, ...] = (),
) -> Disparity:
    """Compare groups.

    Parameters
    ----------
    groups
        Those to compare; small ones are set aside by the caller.
    name
        A key of ``DISPARITIES``.
    level
        Nominal coverage of the interval for the worst pair, all pairs taken together.
    min_events
        Fewest rows among which a metric must have been counted (positives, negatives, ...) to be estimated.
    reference
        Group that each other one is held against; none for every pair.
    """
    rng = rng or np.random.default_rng(0)
    definition = DISPARITIES[name]
    if not groups.labelled and any(metric not in WITHOUT_LABEL for metric in definition.metrics):
        return _undefined(name, groups, definition, level, "there are no labels")
    share = level ** (
        1 / len(definition.metrics)
    )  # Šidák: rates among positives and among negatives are independent
    parts = [
        _one(groups, metric, definition, share, min_events, draws, rng, reference)
        for metric in definition.metrics
    ]
    failed = next((part for part in parts if isinstance(part, str)), None)
    if failed is not None:
        return _undefined(name, groups, definition, level, failed)
    gaps = [part for part in parts if not isinstance(part, str)]
    return _joined(name, definition, gaps, level)


def _joined(name: str, definition: Definition, gaps: list[Disparity], level: float) -> Disparity:
    pick = min if definition.ratio else max
    worst = pick(
        gaps,
        key=lambda gap: gap.value if gap.value is not None else 1.0 if definition.ratio else 0.0,
    )
    merge = (lambda ends: sum(ends) / len(ends)) if definition.mean else pick

    def ends(which: str) -> float:
        return float(merge([getattr(gap, which) for gap in gaps]))

    p_values = [gap.p_value for gap in gaps if gap.p_value is not None]
    return Disparity(
        name=name,
        by=worst.by,
        metric=worst.metric,
        value=ends("value") if definition.mean else worst.value,
        low=ends("low"),
        high=ends("high"),
        level=level,
        method=worst.method,
        highest=worst.highest,
        lowest=worst.lowest,
        n=worst.n,
        rates=worst.rates,
        effective=worst.effective,
        p_value=min(1.0, min(p_values) * len(p_values)) if p_values else None,
        tests=tuple(test for gap in gaps for test in gap.tests),
        reference=worst.reference,
        compared=min(gap.compared for gap in gaps),
        left_out=tuple(dict.fromkeys(group for gap in gaps for group in gap.left_out)),
        ratio=definition.ratio,
        parts=() if definition.mean else tuple(gaps),
    )


def _one(
    groups: Groups,
    metric: str,
    definition: Definition,
    level: float,
    min_events: int,
    draws: int,
    rng: np.random.Generator,
    reference: tuple[str, ...],
) -> Disparity | str:
    """Compare groups by one metric, or say why that cannot be done."""
    first = estimate(groups, metric, draws=200, rng=rng)
    usable = ~np.isnan(first.value) & (_support(groups, metric, first) >= min_events)
    left_out = tuple(groups.names[i] for i in np.flatnonzero(~usable))
    kept = groups.take(usable)
    if impossible := _why_not(groups, kept, metric, definition, reference):
        return impossible
    size = len(kept.names)
    against = kept.names.index(reference) if reference else None
    # Bonferroni over the other groups, or Tukey over all pairs.
    z = (
        range_quantile(size, level)
        if against is None
        else normal_quantile(1 - (1 - level) / (size - 1))
    )
    found = estimate(kept, metric, z=z, draws=draws, rng=rng)
    gap = _widest(found, definition, against, z)
    if np.isnan(gap.value):
        where = (
            say("every group")
            if against is None
            else say("the reference group {listed}", listed=joined(", ", reference))
        )
        return say("{value} is zero in {where}", value=metric_words(metric), where=where)
    test = _chance(found, metric, draws)
    pair = gap.highest, gap.lowest
    return Disparity(
        name=metric,
        by=groups.by,
        metric=metric,
        value=gap.value,
        low=gap.low,
        high=gap.high,
        level=level,
        method=_method(found, definition, size),
        highest=kept.names[pair[0]],
        lowest=kept.names[pair[1]],
        n=(int(found.n[pair[0]]), int(found.n[pair[1]])),
        rates=(float(found.value[pair[0]]), float(found.value[pair[1]])),
        effective=(float(found.effective[pair[0]]), float(found.effective[pair[1]])),
        p_value=test,
        tests=() if test is None else ((HYPOTHESIS.get(metric, metric), test),),
        reference=reference,
        compared=size,
        left_out=left_out,
        ratio=definition.ratio,
    )


def _why_not(
    groups: Groups, kept: Groups, metric: str, definition: Definition, reference: tuple[str, ...]
) -> str:
    """Why the groups that are left cannot be compared; empty if they can."""
    value = metric_words(metric)
    if not groups.names:
        return say("there is no group large enough")
    if len(kept.names) < 2:
        return say(
            "{value} can be estimated for {part}",
            value=value,
            part=(say("one group only") if kept.names else say("no group")),
        )
    if reference and reference not in kept.names:
        return say(
            "{value} cannot be estimated for the reference group {listed}",
            value=value,
            listed=joined(", ", reference),
        )
    if definition.ratio and metric in COMPOSITES:
        return say("no ratio of {value} is defined", value=value)
    return ""


def _widest(found: Estimates, definition: Definition, against: int | None, z: float) -> Gap:
    """The widest gap of all pairs, or of all groups to one of them; NaN for a ratio of zeros."""
    if not definition.ratio:
        if against is None:
            return largest_difference(found.value, found.bounds)
        return differences_from(found.value, found.bounds, against)
    logs = log_rates(found.value * found.effective, found.effective, z=z)
    if against is None:
        return smallest_ratio(found.value, logs)
    return ratios_to(found.value, logs, against)


def _chance(found: Estimates, metric: str, draws: int) -> float | None:
    """How often chance alone gives a gap as wide; None for a metric that counts no events."""
    if found.events is None:
        return None
    size = len(found.value)
    return max_gap_test(
        found.value * found.effective,
        found.effective,
        # The same draws for every disparity of a rate: a difference and its ratio are one hypothesis with one p.
        rng=np.random.default_rng([size, *metric.encode()]),
        draws=_test_draws(size, draws),
    )


def _method(found: Estimates, definition: Definition, size: int) -> str:
    kind = (
        say("MOVER of wilson, log scale")
        if definition.ratio
        else say("newcombe")
        if found.events is not None
        else say("MOVER of dirichlet draws")
    )
    return kind if size == 2 else f"{kind}, simultaneous over {size:,} groups"


def _support(groups: Groups, metric: str, found: Estimates) -> NDArray[np.int64]:
    """Rows a metric rests on in each group; a metric of both outcomes rests on the rarer one."""
    if metric not in COMPOSITES:
        return found.n
    positives, negatives = groups.counts[:, 2:4].sum(axis=1), groups.counts[:, :2].sum(axis=1)
    rarer: NDArray[np.int64] = np.minimum(positives, negatives).astype(np.int64)
    return rarer


def _test_draws(size: int, draws: int) -> int:
    return max(400, min(draws, 4_000_000 // size))


def _undefined(
    name: str, groups: Groups, definition: Definition, level: float, because: str
) -> Disparity:
    return Disparity(
        name=name,
        by=groups.by,
        metric=definition.metrics[0],
        value=None,
        low=None,
        high=None,
        level=level,
        method="none",
        compared=0,
        undefined_because=because,
        ratio=definition.ratio,
    )
