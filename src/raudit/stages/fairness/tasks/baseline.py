"""The system beside a baseline that decided on the same people: paired differences and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from raudit.data.cells import BASELINE, FAVOURABLE, LABEL, PREDICTION, CellTable, unique_rows
from raudit.findings import Finding, Interval, Measurement, Status, Subject, chance
from raudit.record import Column, Table
from raudit.sentences import say
from raudit.stages.fairness.rules import BASELINE as RULE
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    deciding_group,
    join,
    number,
    slug,
    unmeasured,
)
from raudit.stages.fairness.words.sentences import points
from raudit.stats import dirichlet_draws, holm, mcnemar

METRICS: Mapping[str, str] = {
    "accuracy": "decided correctly",
    "true_positive_rate": "decided favourably among those with a favourable outcome",
    "false_positive_rate": "decided favourably among those with an unfavourable outcome",
    "selection_rate": "decided favourably",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One metric of one group, system less baseline."""

    group: tuple[str, ...]
    metric: str
    n: int
    system: float | None
    baseline: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    only_system: int
    """People for whom the event holds under the system only."""
    only_baseline: int

    @classmethod
    def unknown(cls, group: tuple[str, ...], metric: str) -> Paired:
        """Nobody is in it."""
        return cls(
            group=group,
            metric=metric,
            n=0,
            system=None,
            baseline=None,
            difference=None,
            low=None,
            high=None,
            p_value=None,
            only_system=0,
            only_baseline=0,
        )


def compare_pairs(
    table: CellTable,
    by: tuple[str, ...],
    *,
    level: float = 0.95,
    draws: int = 10_000,
    min_rows: int = 0,
    rng: np.random.Generator,
) -> tuple[Paired, ...]:
    """Paired differences per metric and group of at least ``min_rows`` rows.

    Intervals are percentiles of Dirichlet draws of the four kinds of pairs, which keep the pairing, and hold at
    ``level`` for all groups of a metric at once (Bonferroni); tests are mid-p McNemar tests on unweighted pairs.
    """
    labelled = LABEL in table.dims
    kept = table.marginal((*by, *((LABEL,) if labelled else ()), PREDICTION, BASELINE))
    cells, group = unique_rows(kept.keys[:, : len(by)])
    ours = kept.is_level(PREDICTION, FAVOURABLE)
    theirs = kept.is_level(BASELINE, FAVOURABLE)
    truth = kept.is_level(LABEL, FAVOURABLE) if labelled else np.zeros_like(ours)
    every = np.ones_like(ours)
    kinds = {"selection_rate": (every, ours, theirs)}
    if labelled:
        kinds = {
            "accuracy": (every, ours == truth, theirs == truth),
            "true_positive_rate": (truth, ours, theirs),
            "false_positive_rate": (~truth, ours, theirs),
            **kinds,
        }
    found = []
    rows = np.bincount(group, weights=kept.n, minlength=len(cells))
    level = 1 - (1 - level) / max(int((rows >= min_rows).sum()), 1)
    for i, row in enumerate(cells):
        if rows[i] < min_rows:
            continue
        names = tuple(kept.levels[axis][int(code)] for axis, code in enumerate(row))
        for metric, (among, first, second) in kinds.items():
            inside = among & (group == i)
            found.append(_pair(names, metric, kept, inside, first, second, level, draws, rng))
    return tuple(found)


def _pair(
    names: tuple[str, ...],
    metric: str,
    kept: CellTable,
    inside: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    level: float,
    draws: int,
    rng: np.random.Generator,
) -> Paired:
    kinds = [
        inside & first & second,
        inside & first & ~second,
        inside & ~first & second,
        inside & ~first & ~second,
    ]
    counts = [int(kept.n[kind].sum()) for kind in kinds]
    weights = np.array([kept.weights[kind].sum() for kind in kinds])
    if weights.sum() <= 0:
        return Paired.unknown(names, metric)
    squares = sum(kept.weights2[kind].sum() for kind in kinds)
    share = weights / weights.sum()
    drawn = dirichlet_draws(weights * weights.sum() / squares, draws, rng)
    low, high = np.quantile(drawn[:, 1] - drawn[:, 2], [(1 - level) / 2, (1 + level) / 2])
    difference = float(share[1] - share[2])
    return Paired(
        group=names,
        metric=metric,
        n=sum(counts),
        system=float(share[0] + share[1]),
        baseline=float(share[0] + share[2]),
        difference=difference,
        low=min(float(low), difference),
        high=max(float(high), difference),
        p_value=mcnemar(counts[1], counts[2]),
        only_system=counts[1],
        only_baseline=counts[2],
    )


def measure_baseline(table: CellTable, context: Context, *, everybody: CellTable) -> Part:
    """Compare with the baseline: everybody, and every group of every cut; intersections get no table."""
    if BASELINE not in table.dims or PREDICTION not in table.dims:
        return Part()
    parts = []
    draws = context.options.draws
    for by in ((), *context.cuts):
        least = context.options.min_group
        rng = context.rng("baseline", *by)
        pairs = compare_pairs(table, by, level=context.level, draws=draws, min_rows=least, rng=rng)
        shown = [pair for pair in pairs if pair.n >= least]
        findings = [_finding(by, shown, context, everybody)] if LABEL in table.dims else []
        tables = (_table(by, shown, context),) if len(by) < 2 else ()
        parts.append(Part(findings=tuple(findings), tables=tables))
    if LABEL not in table.dims:
        parts.append(
            Part(
                notes=(
                    "Without labels nobody can say whether the system or the baseline is right.",
                )
            )
        )
    return join([*parts, Part(metrics=("paired_difference_to_baseline",))])


def _finding(
    by: tuple[str, ...], pairs: list[Paired], context: Context, everybody: CellTable
) -> Finding:
    known = [pair for pair in pairs if pair.metric == "accuracy" and pair.difference is not None]
    subject = Subject(
        kind="attribute" if by else "model",
        name=by_name(by) or "all people",
        detail={"metric": "accuracy_over_baseline"},
    )
    if not known:
        return RULE.indeterminate(
            subject,
            "The system cannot be compared with the baseline.",
            reason="No group is large enough.",
            anchor="data.baseline",
            remedy="",
        )
    status, place = deciding_group(
        np.array([(pair.low or 0.0) > 0 for pair in known]),
        np.array([(pair.high or 0.0) < 0 for pair in known]),
        np.array([pair.difference or 0.0 for pair in known]),
    )
    left_out = unmeasured(everybody, by, {pair.group for pair in known}, context.options.min_group)
    if status is Status.PASSED and left_out:
        status = Status.INDETERMINATE
    worst = known[place]
    adjusted = holm([pair.p_value if pair.p_value is not None else np.nan for pair in known])
    p_value = float(adjusted[place])
    who = say(" for {members}", members=context.speech.members(worst.group)) if by else ""
    least = min(pair.difference or 0.0 for pair in known) == worst.difference
    interval = Interval(
        low=worst.low, high=worst.high, level=context.level, method="paired dirichlet draws"
    )
    return RULE.finding(
        status,
        subject,
        say(
            "The system decides {points} of 100 people correctly{who}, "
            "the baseline {points_2}. n = {n:,}.",
            points=points(worst.system or 0.0),
            who=who,
            points_2=points(worst.baseline or 0.0),
            n=worst.n,
        ),
        reason=_reason(worst, p_value, context, least=bool(by) and least and not left_out)
        + _not_of(left_out),
        measurement=Measurement(
            metric="accuracy_over_baseline",
            value=worst.difference,
            n=worst.n,
            interval=interval,
            method="paired difference, mid-p McNemar test",
        ),
        anchor="data.baseline",
        data={
            "p_value": p_value,
            "only_system": worst.only_system,
            "only_baseline": worst.only_baseline,
        },
    )


def _not_of(groups: int) -> str:
    return say(" Groups of which it cannot be estimated: {rest:,}.", rest=groups) if groups else ""


def _reason(worst: Paired, p_value: float, context: Context, *, least: bool) -> str:
    return say(
        "{lead} difference of {points} percentage points "
        "({level:.3g} % interval {points_2} to {points_3}); "
        "{only_system:,} people are decided correctly by the system "
        "only, {only_baseline:,} by the baseline only (McNemar mid-{chance}).",
        lead=say("The group in which the system gains least: a") if least else say("A"),
        points=points(worst.difference or 0.0),
        level=context.level * 100,
        points_2=points(worst.low or 0.0),
        points_3=points(worst.high or 0.0),
        only_system=worst.only_system,
        only_baseline=worst.only_baseline,
        chance=chance(p_value),
    )


def _table(by: tuple[str, ...], pairs: list[Paired], context: Context) -> Table:
    columns = (
        Column(key="group", label="Group"),
        Column(key="metric", label="Share of people"),
        Column(key="n", label="n", kind="count"),
        Column(key="system", label="System", kind="proportion"),
        Column(key="baseline", label="Baseline", kind="proportion"),
        Column(key="difference", label="Difference", kind="points"),
        Column(key="interval", label="interval", kind="interval"),
        Column(key="p", label="McNemar p", kind="p_value"),
    )
    rows = tuple(
        {
            "group": context.speech.group(pair.group) or "all",
            "metric": METRICS[pair.metric],
            "n": pair.n,
            "system": pair.system,
            "baseline": pair.baseline,
            "difference": pair.difference,
            "interval": None if pair.low is None else [number(pair.low), number(pair.high)],
            "p": pair.p_value,
        }
        for pair in pairs
    )
    return Table(
        id=slug("baseline", *by),
        title=say("System and baseline by {by_name}", by_name=by_name(by))
        if by
        else say("System and baseline"),
        columns=columns,
        rows=rows,
        caption=say(
            "Differences are paired: the same people, decided twice. "
            "The intervals hold for all groups of a line's metric at once."
        )
        if by
        else say("Differences are paired: the same people, decided twice."),
    )
