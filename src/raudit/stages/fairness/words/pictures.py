"""The data of the stage's dot pictures, each with a text that says what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from raudit.pictures import Dots, Estimate
from raudit.record import Figure
from raudit.sentences import joined, say
from raudit.stages.fairness.measures.disparity import Disparity
from raudit.stages.fairness.measures.metrics import Groups, estimate
from raudit.stages.fairness.measures.verdict import judge_gap
from raudit.stages.fairness.options import Limit
from raudit.stages.fairness.tasks.part import Context, by_name, number, slug
from raudit.stages.fairness.words.sentences import PLAIN, describe, points

MOST = 24
"""Rows of one picture."""


def dots(by: tuple[str, ...], groups: Groups, found: Any, context: Context) -> Figure:
    """Dots with intervals for one metric of every group."""
    shown = [
        i
        for i in range(len(groups.names))
        if groups.n[i] >= context.options.suppress_below and not np.isnan(found.value[i])
    ]
    shown.sort(key=lambda i: float(found.value[i]))
    rows = [
        Estimate(
            label=context.speech.group(groups.names[i]),
            value=number(found.value[i]),
            low=number(found.bounds.low[i]),
            high=number(found.bounds.high[i]),
            n=int(found.n[i]),
        )
        for i in shown
    ]
    plain = PLAIN[found.metric]
    alt = say(
        "{plain:capital} by {by_name}, lowest first: ",
        plain=plain,
        by_name=by_name(by),
    ) + joined(
        "; ",
        (
            say(
                "{row} {points} % (interval {points_2} to {points_3} %, n = {row_2:,})",
                row=row.label,
                points=points(row.value or 0.0),
                points_2=points(row.low or 0.0),
                points_3=points(row.high or 0.0),
                row_2=row.n,
            )
            for row in rows[:12]
        ),
    )
    return Figure.of(
        slug("dots", found.metric, *by),
        Dots(rows=rows, x_label=plain, percent=True),
        title=say(
            "{plain:capital} by {by_name}",
            plain=plain,
            by_name=by_name(by),
        ),
        alt=alt + ".",
        caption=say(
            "Dots are estimates, lines {confidence:.3g} % intervals.",
            confidence=context.options.confidence * 100,
        ),
    )


def extremes(by: tuple[str, ...], groups: Groups, context: Context) -> Figure:
    """The five lowest and five highest of many groups."""
    kept = groups.take(groups.n >= context.options.min_group)
    found = estimate(kept, "selection_rate", level=context.options.confidence)
    order = np.argsort(found.value, kind="stable")
    ends = order if order.size <= 10 else np.concatenate([order[:5], order[-5:]])
    picked = kept.take(np.sort(ends))
    figure = dots(
        by, picked, estimate(picked, "selection_rate", level=context.options.confidence), context
    )
    size = context.options.min_group
    caption = say(
        "The five lowest and five highest of {count:,} groups with at least {size} rows.",
        count=len(kept.names),
        size=size,
    )
    return replace(figure, caption=caption)


def bands(
    gaps: Sequence[Disparity], limits: Mapping[str, Limit], context: Context
) -> Iterator[Figure]:
    """One picture per limit: the gap of every cut with its interval, and the band of accepted values."""
    for name, (limit, _) in limits.items():
        known = [gap for gap in gaps if gap.name == name and gap.value is not None][:MOST]
        if not known:
            continue
        ratio = known[0].ratio
        rows = [
            Estimate(
                label=by_name(gap.by),
                value=number(gap.value),
                low=number(gap.low),
                high=number(gap.high),
                n=sum(gap.n),
            )
            for gap in known
        ]
        side = (
            say("at least {limit:.2f}", limit=limit)
            if ratio
            else say("at most {limit:.2f}", limit=limit)
        )
        told = joined(
            "; ",
            (
                say(
                    "{by_name} {value:.2f} between {group} and {group_2} "
                    "(interval {low:.2f} to {high:.2f}, {status})",
                    by_name=by_name(gap.by),
                    value=(gap.value or 0.0),
                    group=context.speech.group(gap.lowest),
                    group_2=context.speech.group(gap.highest),
                    low=(gap.low or 0.0),
                    high=(gap.high or 0.0),
                    status=judge_gap(gap, limit).status,
                )
                for gap in known
            ),
        )
        title = describe(name)
        yield Figure.of(
            slug("gap", name),
            Dots(
                rows=rows,
                x_label=title,
                reference=limit,
                band=(limit, 1.0) if ratio else (0.0, limit),
            ),
            title=say("{title:capital} and its limit", title=title),
            alt=say(
                "{title:capital}, accepted: {side}. {told}.",
                title=title,
                side=side,
                told=told,
            ),
            caption=say(
                "Lines are {level:.3g} % intervals that hold for the worst pair. Band: accepted.",
                level=context.level * 100,
            ),
        )
