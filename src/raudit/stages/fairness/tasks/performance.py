"""How well the system does, for everyone and in the worst-off group, against limits that the plan sets.

Even groups can be served evenly badly. These limits are of the values themselves, not of differences between groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import BIN, PREDICTION, CellTable
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
from raudit.sentences import say
from raudit.stages.fairness.measures.histogram import auc, auc_bounds, calibration, histograms
from raudit.stages.fairness.measures.metrics import estimate, group_counts
from raudit.stages.fairness.rules import ACCURACY, AUC, IN_THE_LARGE, RECALL
from raudit.stages.fairness.tasks.part import Context, Part, by_name, number
from raudit.stats import Bounds, normal_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure by group; arrays of shape (n_groups,)."""

    names: tuple[tuple[str, ...], ...]
    value: Floats
    bounds: Bounds
    n: NDArray[np.int64]
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure with a rule of its own."""

    rule: Rule
    what: str
    low: bool
    """Whether the limit is the smallest accepted value; else it is the largest accepted distance from zero."""


MEASURES = {
    "accuracy": Measure(rule=ACCURACY, what="share of decisions that are right", low=True),
    "recall": Measure(
        rule=RECALL, what="share of favourable outcomes that were selected", low=True
    ),
    "auc": Measure(rule=AUC, what="AUC", low=True),
    "calibration": Measure(
        rule=IN_THE_LARGE, what="share of favourable outcomes less mean score", low=False
    ),
}
METRICS = {"accuracy": "accuracy", "recall": "true_positive_rate"}


def measure_performance(table: CellTable, context: Context) -> Part:
    """Hold each declared limit against everyone and against every large enough group of each attribute."""
    limits = context.options.performance.declared()
    findings = []
    known = table.labelled()
    for name, limit in limits.items():
        needed = BIN if name in ("auc", "calibration") else PREDICTION
        if known is None or needed not in table.dims:
            lacking = (
                say("outcomes")
                if known is None
                else say("scores")
                if needed == BIN
                else say("decisions")
            )
            findings.append(_unknown(name, limit, say("There are no {lacking}.", lacking=lacking)))
            continue
        cuts = [(), *(cut for cut in context.cuts if len(cut) == 1)]
        findings += [_judged(name, limit, by, known, context) for by in cuts]
    return Part(findings=tuple(findings), metrics=tuple(limits))


def _judged(
    name: str, limit: float, by: tuple[str, ...], table: CellTable, context: Context
) -> Finding:
    measure = MEASURES[name]
    groups = int((group_sizes(table, by) >= context.options.min_group).sum()) if by else 1
    z = normal_quantile(1 - (1 - context.level) / max(groups, 1))  # Bonferroni over the groups
    found = _measured(name, by, table, z, context)
    usable = np.flatnonzero(~np.isnan(found.value))
    if not usable.size:
        return _unknown(name, limit, "No group has enough rows with both outcomes.", by)
    size = found.value if measure.low else -np.abs(found.value)
    worst = int(usable[np.argmin(size[usable])])
    low, high = found.bounds.low, found.bounds.high
    if measure.low:
        inside, outside = low >= limit, high < limit
    else:
        inside, outside = (low >= -limit) & (high <= limit), (low > limit) | (high < -limit)
    if outside[usable].any():
        status = Status.FAILED
    elif inside[usable].all() and usable.size == len(found.names):
        status = Status.PASSED
    else:
        status = Status.INDETERMINATE
    value, ends = float(found.value[worst]), (float(low[worst]), float(high[worst]))
    who = say("everyone") if not by else context.speech.members(found.names[worst])
    first = "" if not by or len(found.names) == 1 else say(", the worst of the groups")
    side = {
        Status.PASSED: say("keeps to"),
        Status.FAILED: say("breaks"),
        Status.INDETERMINATE: say("does not settle"),
    }[status]
    bound = (
        say("at least {limit}", limit=written(limit))
        if measure.low
        else say("at most {limit} either way", limit=written(limit))
    )
    rest = len(found.names) - usable.size
    return measure.rule.finding(
        status,
        Subject(
            kind="attribute" if by else "model",
            name=by_name(by) or "all people",
            detail={"metric": name},
        ),
        say(
            "The {what} is {value:.3f} for {who}{first}. n = {n:,}.",
            what=measure.what,
            value=value,
            who=who,
            first=first,
            n=int(found.n[worst]),
        ),
        reason=say(
            "The {level:.3g} % interval {ends:.3f} to {ends_2:.3f} "
            "{side} the limit of {bound} (plan).{part}",
            level=context.level * 100,
            ends=ends[0],
            ends_2=ends[1],
            side=side,
            bound=bound,
            part=(say(" For {rest:,} groups it cannot be estimated.", rest=rest) if rest else ""),
        ),
        measurement=Measurement(
            metric=name,
            value=value,
            n=int(found.n[worst]),
            interval=Interval(low=ends[0], high=ends[1], level=context.level, method=found.method),
            method="everyone"
            if not by
            else f"worst of {usable.size:,} groups, all intervals at once",
        ),
        threshold=Threshold(
            low=limit if measure.low else -limit, high=None if measure.low else limit, source="plan"
        ),
        anchor=f"stages.fairness.performance.{name}",
        data={"by": list(by), "group": list(found.names[worst]), "value": number(value)},
    )


def group_sizes(table: CellTable, by: tuple[str, ...]) -> NDArray[np.int64]:
    """Rows of each group."""
    kept = table.marginal(by)
    return kept.n


def _measured(
    name: str, by: tuple[str, ...], table: CellTable, z: float, context: Context
) -> Measured:
    least = context.options.min_group if by else 1
    if name in METRICS:
        groups = group_counts(table.without(BIN), by)
        groups = groups.take(groups.n >= least)
        found = estimate(groups, METRICS[name], z=z)
        enough = found.n >= (context.options.min_events if by else 1)
        return Measured(
            names=groups.names,
            value=np.where(enough, found.value, np.nan),
            bounds=found.bounds,
            n=found.n,
            method=found.method,
        )
    shown = histograms(table, by)
    shown = shown.take(shown.rows >= least)
    if name == "auc":
        ranked = auc(shown)
        return Measured(
            names=shown.names,
            value=ranked.value,
            bounds=auc_bounds(ranked, z),
            n=shown.rows,
            method="delong, logit",
        )
    edges = tuple(
        step / context.options.calibration_bins
        for step in range(1, context.options.calibration_bins)
    )
    if not shown.probability:
        nothing = np.full(len(shown.names), np.nan)
        return Measured(
            names=shown.names,
            value=nothing,
            bounds=Bounds(nothing, nothing),
            n=shown.rows,
            method="none",
        )
    curve = calibration(shown, table, edges, context.rng("performance", name, *by))
    half = z * np.sqrt(curve.in_the_large_variance)
    return Measured(
        names=shown.names,
        value=curve.in_the_large,
        bounds=Bounds(curve.in_the_large - half, curve.in_the_large + half),
        n=shown.rows,
        method="normal",
    )


def _unknown(name: str, limit: float, because: str, by: tuple[str, ...] = ()) -> Finding:
    measure = MEASURES[name]
    return measure.rule.indeterminate(
        Subject(
            kind="attribute" if by else "model",
            name=by_name(by) or "all people",
            detail={"metric": name},
        ),
        say("The {what} cannot be measured.", what=measure.what),
        reason=because,
        threshold=Threshold(
            low=limit if measure.low else -limit, high=None if measure.low else limit, source="plan"
        ),
        anchor=f"stages.fairness.performance.{name}",
    )
