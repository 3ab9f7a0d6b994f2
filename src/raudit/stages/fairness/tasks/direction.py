"""Whether decisions and scores point the way outcomes do: a side that is declared wrong turns every rate around."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from raudit.data.cells import BIN, PREDICTION, CellTable
from raudit.findings import Finding, Interval, Measurement, Subject
from raudit.sentences import say
from raudit.stages.fairness.measures.histogram import auc, auc_bounds, histograms
from raudit.stages.fairness.measures.metrics import group_counts
from raudit.stages.fairness.rules import AGAINST
from raudit.stages.fairness.tasks.part import Context, Part, number
from raudit.stats import newcombe, normal_quantile


class _Found(NamedTuple):
    """What was measured of the direction."""

    metric: str
    value: float
    low: float
    high: float
    turned: float
    """The value at which there is no direction."""
    n: int
    method: str
    statement: str


def measure_direction(table: CellTable, context: Context) -> Part:
    """Name decisions, or scores where nothing is decided, that run clearly against the outcomes; else nothing."""
    known = table.labelled()
    if known is None:
        return Part()
    if PREDICTION in table.dims:
        found = _of_decisions(known, context)
    elif BIN in table.dims:
        found = _of_scores(known, context)
    else:
        return Part()
    if found is None or not found.high < found.turned:
        return Part()
    return Part(findings=(_finding(found, context),))


def _of_decisions(table: CellTable, context: Context) -> _Found | None:
    """Selection rate of people with the favourable outcome less that of the others."""
    groups = group_counts(table.without(BIN), ())
    if not groups.labelled or not len(groups.names):
        return None
    rejected, wrongly, missed, rightly = groups.effective[0, :4]
    good, bad = missed + rightly, rejected + wrongly
    if not good or not bad:
        return None
    ends = newcombe(rightly, good, wrongly, bad, level=context.level)
    rates = float(rightly / good), float(wrongly / bad)
    speech = context.speech
    return _Found(
        metric="selection_rate_by_outcome",
        value=rates[0] - rates[1],
        low=float(ends.low),
        high=float(ends.high),
        turned=0.0,
        n=int(groups.counts[0, :4].sum()),
        method="newcombe",
        statement=say(
            "Decisions run against the outcomes: of 100 {people} {deserving}, {first:.0f} {selected}; of "
            "100 {undeserving}, {second:.0f}. {sizes}",
            people=speech.people,
            deserving=speech.deserving,
            undeserving=speech.undeserving,
            selected=speech.selected,
            first=100 * rates[0],
            second=100 * rates[1],
            sizes=speech.sizes((int(groups.counts[0, 2:4].sum()), int(groups.counts[0, :2].sum()))),
        ),
    )


def _of_scores(table: CellTable, context: Context) -> _Found | None:
    shown = histograms(table, ())
    if not len(shown.names):
        return None
    ranked = auc(shown)
    bounds = auc_bounds(ranked, normal_quantile(context.level))
    value = float(ranked.value[0])
    if np.isnan(value):
        return None
    return _Found(
        metric="auc",
        value=value,
        low=float(bounds.low[0]),
        high=float(bounds.high[0]),
        turned=0.5,
        n=int(shown.rows[0]),
        method="delong, logit",
        statement=say(
            "Scores run against the outcomes: taken as the plan says, they rank {people} {deserving} "
            "below the others more often than above (AUC {value:.3f}; 0.5 is chance). n = {n:,}.",
            people=context.speech.people,
            deserving=context.speech.deserving,
            value=value,
            n=int(shown.rows[0]),
        ),
    )


def _finding(found: _Found, context: Context) -> Finding:
    return AGAINST.failed(
        Subject(kind="model", name="all people", detail={"metric": found.metric}),
        found.statement,
        reason=say(
            "The {level:.3g} % interval {low:.3f} to {high:.3f} lies below {turned:g}, where decisions would tell "
            "nothing. Either a favourable side is declared the wrong way round, and then every rate here is of the "
            "wrong people, or the system does worse than chance.",
            level=100 * context.level,
            low=found.low,
            high=found.high,
            turned=found.turned,
        ),
        measurement=Measurement(
            metric=found.metric,
            value=found.value,
            n=found.n,
            interval=Interval(
                low=found.low, high=found.high, level=context.level, method=found.method
            ),
            method=found.method,
        ),
        anchor="data",
        data={"value": number(found.value)},
    )
