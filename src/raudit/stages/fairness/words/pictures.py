"""The data of the stage's dot pictures, each with a text that says what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from raudit.record import Figure
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
    rows: list[dict[str, Any]] = [
        {
            "label": context.speech.group(groups.names[i]),
            "value": number(found.value[i]),
            "low": number(found.bounds.low[i]),
            "high": number(found.bounds.high[i]),
            "n": int(found.n[i]),
        }
        for i in shown
    ]
    plain = PLAIN[found.metric]
    alt = f"{plain[0].upper()}{plain[1:]} by {by_name(by)}, lowest first: " + "; ".join(
        f"{row['label']} {points(row['value'] or 0.0)} % (interval {points(row['low'] or 0.0)} to "
        f"{points(row['high'] or 0.0)} %, n = {row['n']:,})"
        for row in rows[:12]
    )
    return Figure(
        id=slug("dots", found.metric, *by),
        kind="dots",
        title=f"{plain[0].upper()}{plain[1:]} by {by_name(by)}",
        alt=alt + ".",
        data={"rows": rows, "x_label": plain, "percent": True},
        caption=f"Dots are estimates, lines {context.options.confidence * 100:.3g} % intervals.",
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
    caption = (
        f"The five lowest and five highest of {len(kept.names):,} groups with at least {size} rows."
    )
    return Figure(
        id=figure.id,
        kind=figure.kind,
        title=figure.title,
        alt=figure.alt,
        data=figure.data,
        caption=caption,
    )


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
            {
                "label": by_name(gap.by),
                "value": number(gap.value),
                "low": number(gap.low),
                "high": number(gap.high),
                "n": sum(gap.n),
            }
            for gap in known
        ]
        side = f"at least {limit:.2f}" if ratio else f"at most {limit:.2f}"
        told = "; ".join(
            f"{by_name(gap.by)} {gap.value or 0.0:.2f} between {context.speech.group(gap.lowest)} and "
            f"{context.speech.group(gap.highest)} (interval {gap.low or 0.0:.2f} to {gap.high or 0.0:.2f}, "
            f"{judge_gap(gap, limit).status})"
            for gap in known
        )
        title = describe(name)
        yield Figure(
            id=slug("gap", name),
            kind="dots",
            title=f"{title[0].upper()}{title[1:]} and its limit",
            alt=f"{title[0].upper()}{title[1:]}, accepted: {side}. {told}.",
            data={
                "rows": rows,
                "x_label": title,
                "reference": limit,
                "band": [limit, 1.0] if ratio else [0.0, limit],
                "percent": False,
            },
            caption=f"Lines are {context.level * 100:.3g} % intervals that hold for the worst pair. Band: accepted.",
        )
