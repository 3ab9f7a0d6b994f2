"""Differences that remain among people with the same control features, and what wrong decisions cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from raudit.data.cells import CellTable
from raudit.findings import Finding, Status
from raudit.record import Column, Table
from raudit.sentences import joined, say
from raudit.stages.fairness.measures.disparity import disparity
from raudit.stages.fairness.measures.metrics import FN, FP, Groups, estimate, group_counts
from raudit.stages.fairness.options import Costs, Limit
from raudit.stages.fairness.rules import CONDITIONAL, COSTS
from raudit.stages.fairness.tasks.means import Asked, Means, judge_means
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    join,
    number,
    slug,
    unmeasured,
)
from raudit.stats import effective_n

CDP = "conditional_demographic_parity_difference"
MOST = 0.5
"""Share of the people that a comparison at the same levels must hold to be one of the system."""


def measure_conditional(table: CellTable, context: Context) -> Part:
    """Selection rates within each level of the control features, by each attribute."""
    if not context.controls:
        return Part()
    return join(_within(table, by[0], context) for by in context.cuts if len(by) == 1)


def _within(table: CellTable, attribute: str, context: Context) -> Part:
    groups = group_counts(table, (*context.controls, attribute))
    depth = len(context.controls)
    strata = sorted({names[:depth] for names in groups.names})
    rows = []
    for stratum in strata:
        inside = _stratum(groups, stratum, depth)
        compared = inside.take(inside.n >= context.options.min_group)
        rows.append(_row(stratum, compared, int(inside.n.sum()), context))
    found = standardised(groups, depth, context.options.min_group)
    limits = context.options.limits()
    limit = limits.get(CDP, limits.get("demographic_parity_difference"))
    asked = Asked(
        name=CDP,
        rule=CONDITIONAL,
        what=say("selection rate at the same {names}", names=by_name(context.controls)),
        by=(attribute,),
        limit=limit,
        as_points=True,
    )
    finding = _of_most(judge_means(asked, found.means, context), found, context)
    columns = (
        Column(key="stratum", label=by_name(context.controls)),
        Column(key="n", label="n", kind="count"),
        Column(key="value", label="Largest difference", kind="points"),
        Column(key="interval", label="interval", kind="interval"),
        Column(key="pair", label="Lowest and highest"),
    )
    shown = Table(
        id=slug("conditional", attribute),
        title=say(
            "Selection by {attribute} within {by_name}",
            attribute=attribute,
            by_name=by_name(context.controls),
        ),
        columns=columns,
        rows=tuple(rows),
        caption=say(
            "The combined rates weigh {used} of {count} levels by size: "
            "those in which every group that is compared has at least "
            "one row.",
            used=found.levels,
            count=len(strata),
        ),
    )
    return Part(findings=(finding,), tables=(shown,), metrics=(CDP,))


def _of_most(finding: Finding, found: Standardised, context: Context) -> Finding:
    """What is alike among few people says nothing of the others, who stand where some group has nobody."""
    if finding.status is not Status.PASSED or found.covered >= MOST:
        return finding
    names = by_name(context.controls)
    reason = say(
        "Every group that is compared has people at {levels} only, with {covered:.0%} of the people.",
        levels=say("one level of {names}", names=names)
        if found.levels == 1
        else say("{used} levels of {names}", used=found.levels, names=names),
        covered=found.covered,
    )
    return replace(finding, status=Status.INDETERMINATE, reason=reason)


def _stratum(groups: Groups, stratum: tuple[str, ...], depth: int) -> Groups:
    return groups.take(np.array([names[:depth] == stratum for names in groups.names]))


def _row(stratum: tuple[str, ...], compared: Groups, n: int, context: Context) -> dict[str, Any]:
    row: dict[str, Any] = {"stratum": joined(", ", stratum)}
    if n < context.options.suppress_below:
        return row | {
            "pair": say(
                "fewer than {suppress_below} rows", suppress_below=context.options.suppress_below
            )
        }
    row["n"] = n
    gap = disparity(
        compared,
        "demographic_parity_difference",
        level=context.level,
        rng=context.rng(*stratum),
        draws=200,
    )
    if gap.value is None:
        return row | {"pair": "fewer than two groups large enough"}
    pair = say(
        "{group} / {group_2}",
        group=context.speech.group(gap.lowest[-1:]),
        group_2=context.speech.group(gap.highest[-1:]),
    )
    return row | {"value": gap.value, "interval": [number(gap.low), number(gap.high)], "pair": pair}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standardised:
    """Directly standardised selection rates."""

    means: Means
    """Of the groups with enough rows."""
    levels: int
    """Levels of the controls that could be used."""
    covered: float
    """Share of the compared people's weight that stands in them; 0 if nobody is compared."""


def standardised(groups: Groups, depth: int, min_group: int) -> Standardised:
    """Standardise selection rates: each level of the controls weighs what it weighs in the whole data set.

    Groups with fewer than ``min_group`` rows are left out.
    """
    strata = {
        stratum: i for i, stratum in enumerate(sorted({names[:depth] for names in groups.names}))
    }
    members = sorted({names[depth:] for names in groups.names})
    shape = (len(members), len(strata))
    n, weight, chosen, squares = (np.zeros(shape) for _ in range(4))
    for i, names in enumerate(groups.names):
        place = members.index(names[depth:]), strata[names[:depth]]
        n[place], weight[place] = groups.n[i], groups.weights[i].sum()
        chosen[place], squares[place] = groups.weights[i, 1::2].sum(), groups.weights2[i].sum()
    keep = n.sum(axis=1) >= min_group
    n, weight, chosen, squares = n[keep], weight[keep], chosen[keep], squares[keep]
    usable = (weight > 0).all(axis=0) if keep.any() else np.zeros(len(strata), dtype=bool)
    share = weight.sum(axis=0) * usable
    share = share / share.sum() if share.sum() > 0 else share
    size = effective_n(weight, squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.nan_to_num(chosen / weight)
        # So that a level with no events does not look certain: two rows more of each decision (Agresti and Coull
        # 1998) where one level holds everybody, half a row where many levels share the people.
        more = np.maximum(0.5, 2 * share)
        smooth = (rate * size + more) / (size + 2 * more)
        variance = np.nan_to_num(smooth * (1 - smooth) / np.maximum(size, 1))
    kept = [member for member, kept in zip(members, keep, strict=True) if kept]
    values = (rate * share).sum(axis=1) if usable.any() else np.full(len(kept), np.nan)
    everyone = float(weight.sum())
    means = Means(
        names=tuple(kept),
        n=n[:, usable].sum(axis=1),
        value=values,
        variance=(variance * share**2).sum(axis=1),
    )
    return Standardised(
        means=means,
        levels=int(usable.sum()),
        covered=float(weight[:, usable].sum()) / everyone if everyone else 0.0,
    )


def measure_costs(table: CellTable, context: Context, *, everybody: CellTable) -> Part:
    """Mean cost of wrong decisions per person in each group of every cut; intersections get no table.

    ``everybody`` are also those whose outcome is not known.
    """
    costs = context.options.costs
    if costs is None:
        return Part()
    parts = []
    for by in context.cuts:
        groups = group_counts(table, by)
        if not groups.labelled:
            return Part(notes=(say("Costs need labels, and there are none."),))
        least = context.options.min_group
        groups = groups.take(groups.n >= least)
        left_out = unmeasured(everybody, by, groups.names, least)
        parts.append(_costs_by(groups, costs, context, left_out))
    return join(parts)


def _costs_by(groups: Groups, costs: Costs, context: Context, left_out: int) -> Part:
    total = groups.weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fp, fn = groups.weights[:, FP] / total, groups.weights[:, FN] / total
    mean = fp * costs.false_positive + fn * costs.false_negative
    size = effective_n(total, groups.weights2.sum(axis=1))
    # Two more of each error (Agresti and Coull 1998), so that a group in which nobody was wrong does not look certain.
    fp, fn = ((rate * size + 2) / (size + 6) for rate in (fp, fn))
    spread = fp * costs.false_positive**2 + fn * costs.false_negative**2
    spread -= (fp * costs.false_positive + fn * costs.false_negative) ** 2
    variance = spread / np.maximum(size - 1, 1)
    limit = context.options.limits().get("cost_difference")
    asked = Asked(
        name="cost_difference",
        rule=COSTS,
        what=say("mean cost of wrong decisions"),
        by=groups.by,
        limit=limit if costs.limit is None else Limit(costs.limit, "plan"),
        left_out=left_out,
    )
    means = Means(names=groups.names, n=groups.n, value=mean, variance=variance)
    return Part(
        findings=(judge_means(asked, means, context),),
        tables=(_cost_table(groups, mean, costs, context),) if len(groups.by) == 1 else (),
        metrics=("mean_cost",),
    )


def _cost_table(groups: Groups, mean: np.ndarray, costs: Costs, context: Context) -> Table:
    errors = {
        key: estimate(groups, name, draws=200).value
        for key, name in (("fpr", "false_positive_rate"), ("fnr", "false_negative_rate"))
    }
    return Table(
        id=slug("costs", *groups.by),
        title=say("Cost of wrong decisions by {by_name}", by_name=by_name(groups.by)),
        columns=(
            Column(key="group", label="Group"),
            Column(key="n", label="n", kind="count"),
            Column(key="cost", label="Mean cost", kind="number"),
            Column(key="fpr", label="False positive rate", kind="proportion"),
            Column(key="fnr", label="False negative rate", kind="proportion"),
        ),
        rows=tuple(
            {
                "group": context.speech.group(names),
                "n": int(groups.n[i]),
                "cost": number(mean[i]),
                **{key: number(values[i]) for key, values in errors.items()},
            }
            for i, names in enumerate(groups.names)
        ),
        caption=costs.sentence,
    )
