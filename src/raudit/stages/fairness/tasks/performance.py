"""How well the system does, for everyone and in the worst-off group, against limits that the plan sets.

Even groups can be served evenly badly. These limits are of the values themselves, not of differences between groups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from raudit.stages.fairness.measures.histogram import (
    Histograms,
    auc,
    auc_bounds,
    calibration,
    histograms,
)
from raudit.stages.fairness.measures.metrics import estimate, group_counts
from raudit.stages.fairness.rules import ACCURACY, AUC, IN_THE_LARGE, RECALL
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    deciding_group,
    number,
    unmeasured,
)
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
    left_out: int = 0
    """Groups that are large enough, and of whose people too few outcomes are known for them to be here."""

    @property
    def known(self) -> int:
        """Groups of which the measure could be estimated."""
        return int((~np.isnan(self.value)).sum())

    def size(self, measure: Measure) -> Floats:
        """The values so that the smallest is the worst; infinite where it could not be estimated."""
        return np.nan_to_num(self.value if measure.low else -np.abs(self.value), nan=np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure with a rule of its own."""

    rule: Rule
    what: str
    low: bool
    """Whether the limit is the smallest accepted value; else it is the largest accepted distance from zero."""


MEASURES = {
    "accuracy": Measure(rule=ACCURACY, what=say("share of decisions that are right"), low=True),
    "recall": Measure(
        rule=RECALL, what=say("share of favourable outcomes that were selected"), low=True
    ),
    "auc": Measure(rule=AUC, what=say("AUC"), low=True),
    "calibration": Measure(
        rule=IN_THE_LARGE, what=say("share of favourable outcomes less mean score"), low=False
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
        findings += [_judged(name, limit, by, (table, known), context) for by in cuts]
    return Part(findings=tuple(findings), metrics=tuple(limits))


def _judged(
    name: str,
    limit: float,
    by: tuple[str, ...],
    tables: tuple[CellTable, CellTable],
    context: Context,
) -> Finding:
    everybody, table = tables
    measure = MEASURES[name]
    groups = int((group_sizes(table, by) >= context.options.min_group).sum()) if by else 1
    z = normal_quantile(1 - (1 - context.level) / max(groups, 1))  # Bonferroni over the groups
    found = _measured(name, by, table, z, context)
    left_out = unmeasured(everybody, by, found.names, context.options.min_group)
    found = replace(found, left_out=left_out)
    if np.isnan(found.value).all():
        return _unknown(name, limit, "No group has enough rows with both outcomes.", by)
    worst = _worst(found, measure, limit)
    value, n = float(found.value[worst.place]), int(found.n[worst.place])
    return measure.rule.finding(
        worst.status,
        _subject(name, by),
        _statement(measure, found, worst, by, context),
        reason=_reason(measure, limit, found, worst, context),
        measurement=Measurement(
            metric=name,
            value=value,
            n=n,
            interval=Interval(
                low=float(found.bounds.low[worst.place]),
                high=float(found.bounds.high[worst.place]),
                level=context.level,
                method=found.method,
            ),
            method=f"worst of {found.known:,} groups, all intervals at once" if by else "everyone",
        ),
        threshold=_threshold(measure, limit),
        anchor=f"stages.fairness.performance.{name}",
        data={"by": list(by), "group": list(found.names[worst.place]), "value": number(value)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worst:
    """The group that decides, and what is told of it and of all."""

    place: int
    status: Status
    """Of all groups together."""
    side: str
    """How the deciding group's own interval lies to the limit."""


def _worst(found: Measured, measure: Measure, limit: float) -> _Worst:
    low, high = found.bounds.low, found.bounds.high
    if measure.low:
        inside, outside = low >= limit, high < limit
    else:
        inside, outside = (low >= -limit) & (high <= limit), (low > limit) | (high < -limit)
    status, place = deciding_group(inside, outside, found.size(measure))
    side = {
        Status.PASSED: say("keeps to"),
        Status.FAILED: say("breaks"),
        Status.INDETERMINATE: say("does not settle"),
    }[status]
    if status is Status.PASSED and found.known < len(found.names) + found.left_out:
        status = Status.INDETERMINATE
    return _Worst(place=place, status=status, side=side)


def _statement(
    measure: Measure, found: Measured, worst: _Worst, by: tuple[str, ...], context: Context
) -> str:
    value = float(found.value[worst.place])
    who = context.speech.members(found.names[worst.place]) if by else say("everyone")
    size = found.size(measure)
    alone = not by or found.known == 1 or size[worst.place] > size.min()
    return say(
        "The {what} is {value:.3f} for {who}{first}. n = {n:,}.",
        what=measure.what,
        value=value,
        who=who,
        first="" if alone else say(", the worst of the groups"),
        n=int(found.n[worst.place]),
    )


def _reason(
    measure: Measure, limit: float, found: Measured, worst: _Worst, context: Context
) -> str:
    bound = (
        say("at least {limit}", limit=written(limit))
        if measure.low
        else say("at most {limit} either way", limit=written(limit))
    )
    unknown = len(found.names) + found.left_out - found.known
    return say(
        "The {level:.3g} % interval {ends:.3f} to {ends_2:.3f} "
        "{side} the limit of {bound} (plan).{part}",
        level=context.level * 100,
        ends=float(found.bounds.low[worst.place]),
        ends_2=float(found.bounds.high[worst.place]),
        side=worst.side,
        bound=bound,
        part=say(" Groups of which it cannot be estimated: {rest:,}.", rest=unknown)
        if unknown
        else "",
    )


def _subject(name: str, by: tuple[str, ...]) -> Subject:
    return Subject(
        kind="attribute" if by else "model",
        name=by_name(by) or "all people",
        detail={"metric": name},
    )


def _threshold(measure: Measure, limit: float) -> Threshold:
    if measure.low:
        return Threshold(low=limit, source="plan")
    return Threshold(low=-limit, high=limit, source="plan")


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
        return _scored(shown, ranked.value, auc_bounds(ranked, z), "delong, logit")
    if not shown.probability:
        nothing = np.full(len(shown.names), np.nan)
        return _scored(shown, nothing, Bounds(nothing, nothing), "none")
    bins = context.options.calibration_bins
    edges = tuple(step / bins for step in range(1, bins))
    curve = calibration(shown, table, edges, context.rng("performance", name, *by))
    half = z * np.sqrt(curve.in_the_large_variance)
    bounds = Bounds(curve.in_the_large - half, curve.in_the_large + half)
    return _scored(shown, curve.in_the_large, bounds, "normal")


def _scored(shown: Histograms, value: Floats, bounds: Bounds, method: str) -> Measured:
    return Measured(names=shown.names, value=value, bounds=bounds, n=shown.rows, method=method)


def _unknown(name: str, limit: float, because: str, by: tuple[str, ...] = ()) -> Finding:
    measure = MEASURES[name]
    return measure.rule.indeterminate(
        _subject(name, by),
        say("The {what} cannot be measured.", what=measure.what),
        reason=because,
        threshold=_threshold(measure, limit),
        anchor=f"stages.fairness.performance.{name}",
    )
