"""Selection and scoring rates with impact ratios, as New York City asks employers to publish them.

References
----------
NYC Administrative Code 20-870 to 20-874 (Local Law 144 of 2021); 6 RCNY 5-300 to 5-304.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raudit.data.cells import BIN, PREDICTION, UNKNOWN, CellTable
from raudit.findings import Finding, Interval, Measurement, Subject, Threshold, written
from raudit.record import Column, Table
from raudit.sentences import say
from raudit.stages.fairness.measures.metrics import group_counts
from raudit.stages.fairness.nyc_ll144.categories import UNKNOWN_NAME
from raudit.stages.fairness.options import Limit
from raudit.stages.fairness.rules import IMPACT_RATIO
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    join,
    judge_ratio,
    number,
    ratio_reason,
    slug,
)
from raudit.stages.fairness.words.sentences import spoken
from raudit.stats import Gap, effective_n, log_rates, range_quantile, smallest_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One row of the audit table."""

    name: tuple[str, ...]
    assessed: int
    """Applicants or employees in the category."""
    selected: int
    """Selected for the next stage, or scored above the sample median."""
    rate: float | None
    impact_ratio: float | None
    """Rate over that of the most selected category; None if left out."""
    left_out: str = ""
    """Why it has no impact ratio."""


def impact_ratios(
    names: Sequence[tuple[str, ...]],
    assessed: Sequence[int],
    selected: Sequence[int],
    *,
    excluded_share: float = 0.0,
    total: int | None = None,
) -> tuple[Category, ...]:
    """Rates and impact ratios of categories.

    Parameters
    ----------
    names
        Each category; one with the part ``unknown``, or another word for it, is counted and gets no impact ratio.
    assessed, selected
        Counts by category.
    excluded_share
        Categories with a smaller share of the data may be left out of the ratios; 0.02 in 6 RCNY 5-301(d).
    total
        Rows of the data set; the sum of ``assessed`` by default.

    Raises
    ------
    ValueError
        If a category has more selected than assessed, or the lengths differ.
    """
    if any(not 0 <= s <= a for a, s in zip(assessed, selected, strict=True)):
        raise ValueError("a category has more selected than assessed")
    whole = total if total is not None else sum(assessed)
    rates = [s / a if a else None for a, s in zip(assessed, selected, strict=True)]
    reasons = []
    for name, count in zip(names, assessed, strict=True):
        if _is_unknown(name):
            reasons.append(say("unknown category"))
        elif count == 0:
            reasons.append(say("nobody assessed"))
        elif count < excluded_share * whole:
            reasons.append(
                say("under {excluded_share:.3g} % of the data", excluded_share=excluded_share * 100)
            )
        else:
            reasons.append("")
    used = [
        rate for rate, reason in zip(rates, reasons, strict=True) if not reason and rate is not None
    ]
    best = max(used, default=0.0)
    rows = []
    for name, count, chosen, rate, reason in zip(
        names, assessed, selected, rates, reasons, strict=True
    ):
        because = reason or (say("nobody selected in any category") if best == 0 else "")
        ratio = None if because or rate is None else rate / best
        rows.append(
            Category(
                name=name,
                assessed=count,
                selected=chosen,
                rate=rate,
                impact_ratio=ratio,
                left_out=because,
            )
        )
    return tuple(rows)


def above_median(table: CellTable) -> tuple[CellTable, float]:
    """Replace scores by whether they lie above the sample median, known to the width of a score bin.

    Returns
    -------
    CellTable
        With ``@prediction`` 1 for bins wholly above the bin that holds the median.
    float
        Share of the sample in that bin, other than the median's own ties: a bound on the error of any rate.
    """
    bins = table.codes(BIN)
    order = np.argsort(bins, kind="stable")
    running = np.cumsum(table.n[order])
    middle = bins[order][int(np.searchsorted(running, table.total / 2))]
    alone = table.bins is not None and bool(table.bins.one_score(np.array([middle]))[0])
    share = 0.0 if alone else float(table.n[bins == middle].sum() / table.total)
    kept = [axis for axis, dim in enumerate(table.dims) if dim not in (PREDICTION, BIN)]
    from raudit.data.cells import FAVOURABLE, UNFAVOURABLE, consolidate

    replaced = consolidate(
        dims=(*(table.dims[axis] for axis in kept), PREDICTION),
        levels=(*(table.levels[axis] for axis in kept), (UNFAVOURABLE, FAVOURABLE)),
        keys=np.column_stack([table.keys[:, kept], (bins > middle).astype(np.int64)]),
        n=table.n,
        sums={},
        bins=None,
    )
    return replaced, share


def measure_ll144(table: CellTable, context: Context) -> Part:
    """The tables of a bias audit, by each attribute and by all of them together."""
    parts = []
    kind = "selection rate"
    notes = [
        "Local Law 144 asks for impact ratios to be published and sets no limit; the one used here is the plan's."
    ]
    if PREDICTION not in table.dims:
        table, share = above_median(table)
        kind = "scoring rate"
        if share > 0:
            notes.append(
                say(
                    "The median is known to a score bin that holds {share} % of the sample.",
                    share=written(share * 100, digits=2),
                )
            )
    attributes = tuple(name for name in table.attributes if name not in context.controls)
    cuts = [(name,) for name in attributes] + ([attributes] if len(attributes) > 1 else [])
    for by in cuts:
        groups = group_counts(table, by)
        chosen = groups.counts[:, 1::2].sum(axis=1).astype(int)
        rows = impact_ratios(
            groups.names,
            groups.n.tolist(),
            chosen.tolist(),
            excluded_share=context.options.excluded_share,
            total=table.total,
        )
        weights = groups.weights[:, 1::2].sum(axis=1)
        effective = effective_n(groups.weights.sum(axis=1), groups.weights2.sum(axis=1))
        totals = groups.weights.sum(axis=1)
        rates = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
        parts.append(_part(by, rows, rates * effective, effective, kind, context))
    return join(
        [*parts, Part(notes=tuple(notes), metrics=("impact_ratio", kind.replace(" ", "_")))]
    )


def _part(
    by: tuple[str, ...],
    rows: tuple[Category, ...],
    events: np.ndarray,
    sizes: np.ndarray,
    kind: str,
    context: Context,
) -> Part:
    hide = context.options.suppress_below
    table = Table(
        id=slug("ll144", *by),
        title=say("Impact ratios by {by_name}", by_name=by_name(by)),
        columns=(
            Column(key="category", label="Category"),
            Column(key="assessed", label="Assessed", kind="count"),
            Column(
                key="selected",
                label=say("Selected") if kind == "selection rate" else say("Above median"),
                kind="count",
            ),
            Column(key="rate", label=kind[0].upper() + kind[1:], kind="proportion"),
            Column(key="ratio", label="Impact ratio", kind="number"),
            Column(key="note", label="Left out because"),
        ),
        rows=tuple(_table_row(row, hide, context) for row in _largest_first(rows)),
        caption="Each rate over the rate of the most selected category. Unknowns and categories under the smallest "
        "share are counted and get no ratio.",
    )
    return Part(tables=(table,), findings=(_finding(by, rows, events, sizes, kind, context),))


def _largest_first(rows: Sequence[Category]) -> list[Category]:
    """In the order in which groups stand everywhere: by size, people of no known category last."""
    return sorted(rows, key=lambda row: (_is_unknown(row.name), -row.assessed, row.name))


def _table_row(row: Category, hide: int, context: Context) -> dict[str, object]:
    """A category as printed: of few people nothing, and of few whose category is not known how many they are.

    The rule asks for the number of those people, and nobody can be told by it.
    """
    shown: dict[str, object] = {"category": context.speech.group(row.name)}
    if row.assessed < hide and not _is_unknown(row.name):
        return shown | {"note": say("fewer than {hide} people", hide=hide)}
    counted = shown | {"assessed": row.assessed, "note": row.left_out}
    if row.assessed < hide:
        return counted
    return counted | {"selected": row.selected, "rate": row.rate, "ratio": row.impact_ratio}


def _is_unknown(name: Sequence[str]) -> bool:
    return any(part == UNKNOWN or UNKNOWN_NAME.search(part) for part in name)


ANCHOR = "stages.fairness.presets"


def _finding(
    by: tuple[str, ...],
    rows: tuple[Category, ...],
    events: np.ndarray,
    sizes: np.ndarray,
    kind: str,
    context: Context,
) -> Finding:
    preset = Limit(0.8, say("preset {preset}", preset="nyc-ll144"))
    limit = context.options.limits().get("impact_ratio") or preset
    used = [i for i, row in enumerate(rows) if row.impact_ratio is not None]
    subject = Subject(kind="attribute", name=by_name(by), detail={"metric": "impact_ratio"})
    threshold = Threshold(low=limit.value, source=limit.source)
    if len(used) < 2:
        return IMPACT_RATIO.indeterminate(
            subject,
            say(
                "No impact ratio by {by_name}: fewer than two categories can be compared.",
                by_name=by_name(by),
            ),
            reason="An impact ratio needs two categories with people in them, and somebody selected.",
            threshold=threshold,
            anchor=ANCHOR,
            remedy="",
        )
    z = range_quantile(len(used), context.level)
    gap = smallest_ratio(events[used] / sizes[used], log_rates(events[used], sizes[used], z=z))
    low, high = rows[used[gap.lowest]], rows[used[gap.highest]]
    status = judge_ratio(gap, limit.value)
    return IMPACT_RATIO.finding(
        status,
        subject,
        _statement(low, high, gap, kind, context),
        reason=ratio_reason(gap, limit, status, context.level),
        measurement=_measurement(gap, low.assessed + high.assessed, kind, context),
        threshold=threshold,
        anchor=ANCHOR,
    )


def _statement(low: Category, high: Category, gap: Gap, kind: str, context: Context) -> str:
    fewest = spoken(low.rate or 0.0)
    return say(
        "Of 100 people in {group}, {spoken} {was}; of 100 in "
        "{group_2}, {spoken_2}: an impact ratio of {value:.2f}. n = "
        "{assessed:,} and {assessed_2:,}.",
        group=context.speech.group(low.name),
        spoken=fewest,
        was=_was(kind, fewest),
        group_2=context.speech.group(high.name),
        spoken_2=spoken(high.rate or 0.0),
        value=gap.value,
        assessed=low.assessed,
        assessed_2=high.assessed,
    )


def _measurement(gap: Gap, n: int, kind: str, context: Context) -> Measurement:
    return Measurement(
        metric="impact_ratio",
        value=number(gap.value),
        n=n,
        interval=Interval(
            low=gap.low,
            high=gap.high,
            level=context.level,
            method="MOVER of wilson, log scale, simultaneous",
        ),
        method=f"smallest {kind} over largest",
    )


def _was(kind: str, amount: str) -> str:
    if kind != "selection rate":
        return say("scored above the median")
    return say("was selected") if amount in ("1", "fewer than 1") else say("were selected")
