"""Regression: how far predictions are off in each group, and in which direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import LABEL, CellTable
from raudit.data.fixed import exact_variance
from raudit.findings import Finding, written
from raudit.pictures import Dots, Estimate
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say
from raudit.stages.fairness.rules import MEAN_PREDICTION, REGRESSION_ERROR
from raudit.stages.fairness.tasks.means import Asked, Means, judge_means
from raudit.stages.fairness.tasks.part import Context, Part, by_name, join, number, slug
from raudit.stats import effective_n, normal_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ERRORS = ("mean_error", "mean_absolute_error", "root_mean_squared_error")
"""Means that need true values."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupErrors:
    """Means by group, whose groups are the same for all of them."""

    names: tuple[tuple[str, ...], ...]
    means: Mapping[str, Means]
    """``mean_prediction`` of everybody; ``mean_error`` (prediction less truth), ``mean_absolute_error`` and
    ``root_mean_squared_error`` of those whose true value is known, if there are any."""


def group_errors(table: CellTable, by: tuple[str, ...]) -> GroupErrors:
    """Errors by group, from sums."""
    everyone = table.without(LABEL).marginal(by)
    names = _names(everyone)
    means = {"mean_prediction": _Moments(everyone).mean("s", "s2")}
    known = table.labelled() if LABEL in table.dims else table
    if known is None or "e" not in known.sums:
        return GroupErrors(names=names, means=means)
    known = known.without(LABEL).marginal(by)
    moments = _Moments(known)
    square = moments.mean("e2", "e4")
    errors = {
        "mean_error": moments.mean("e", "e2"),
        "mean_absolute_error": moments.mean("abs_e", "e2"),
        "root_mean_squared_error": _root(square),
    }
    return GroupErrors(
        names=names, means=means | {name: found.among(names) for name, found in errors.items()}
    )


def _names(table: CellTable) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(levels[int(code)] for levels, code in zip(table.levels, row, strict=True))
        for row in table.keys
    )


class _Moments:
    """Means of the sums of a table of groups."""

    def __init__(self, table: CellTable) -> None:
        self.table, self.weight = table, table.weights
        self.size = effective_n(table.weights, table.weights2)

    def mean(self, first: str, second: str) -> Means:
        """The mean whose sum is ``first``, with the sum of squares ``second``."""
        sums, weight = self.table.sums, self.weight
        empty = np.full(weight.shape, np.nan)
        value = np.divide(sums[first].values, weight, out=empty, where=weight > 0)
        whole = sums["w"] if self.table.weighted else self.table.n
        spread = exact_variance(whole, sums[first], sums[second])
        variance = np.where(self.size > 1, spread / np.maximum(self.size - 1, 1e-9), np.nan)
        return Means(names=_names(self.table), n=self.table.n, value=value, variance=variance)


def _root(square: Means) -> Means:
    """The root of a mean, by the delta method: var(√m) = var(m) / 4m."""
    value = np.maximum(square.value, 0)
    variance = square.variance / np.maximum(4 * value, 1e-300)
    return Means(names=square.names, n=square.n, value=np.sqrt(value), variance=variance)


JUDGED = {
    "mean_error": (REGRESSION_ERROR, say("mean error (prediction less truth)")),
    "mean_absolute_error": (REGRESSION_ERROR, say("mean absolute error")),
    "mean_prediction": (MEAN_PREDICTION, say("mean prediction")),
}


def measure_regression(table: CellTable, context: Context) -> Part:
    """Errors and mean predictions by each cut."""
    return join(_by(table, by, context) for by in context.cuts)


def _by(table: CellTable, by: tuple[str, ...], context: Context) -> Part:
    found = group_errors(table, by)
    limits = context.options.limits()
    findings = []
    for metric in JUDGED:
        limit = limits.get(f"{metric}_difference")
        if metric in found.means or (limit is not None and limit.source == "plan"):
            findings.append(_judged(found, metric, by, context))
    part = Part(findings=tuple(findings), metrics=tuple(found.means))
    kept = found.means["mean_prediction"].n >= context.options.min_group
    if len(by) > 1 or not kept.any():
        return part
    shown = _taken(found, kept)
    return replace(
        part,
        tables=(_table(shown, by, context),),
        figures=(_figure(shown, by, context),),
        estimates=tuple(_rows(shown, by, context)),
    )


def _taken(found: GroupErrors, kept: NDArray[np.bool_]) -> GroupErrors:
    places = np.flatnonzero(kept)
    means = {name: one.take(places) for name, one in found.means.items()}
    return GroupErrors(names=means["mean_prediction"].names, means=means)


def _judged(found: GroupErrors, metric: str, by: tuple[str, ...], context: Context) -> Finding:
    """The largest difference of one mean, among groups of which it is known for enough people."""
    means = found.means.get(metric, Means.unknown(found.names))
    name = f"{metric}_difference"
    rule, what = JUDGED[metric]
    least = context.options.min_group
    large, known = found.means["mean_prediction"].n >= least, means.n >= least
    asked = Asked(
        name=name,
        rule=rule,
        what=what,
        by=by,
        limit=context.options.limits().get(name),
        left_out=int((large & ~known).sum()),
    )
    return judge_means(asked, means.take(np.flatnonzero(known)), context)


def _interval(means: Means, place: int, confidence: float) -> list[float] | None:
    value = float(means.value[place])
    half = float(normal_quantile(confidence) * np.sqrt(means.variance[place]))
    return None if np.isnan(half) else [value - half, value + half]


def _rows(found: GroupErrors, by: tuple[str, ...], context: Context) -> Iterator[dict[str, Any]]:
    for i, name in enumerate(found.names):
        for metric, means in found.means.items():
            yield {
                "by": list(by),
                "group": list(name),
                "metric": metric,
                "value": number(means.value[i]),
                "n": int(means.n[i]),
                "interval": _interval(means, int(i), context.options.confidence),
                "level": context.options.confidence,
                "method": "normal",
            }


def _table(found: GroupErrors, by: tuple[str, ...], context: Context) -> Table:
    everyone = found.means["mean_prediction"].n
    labelled = next((one.n for name, one in found.means.items() if name in ERRORS), everyone)
    partly = bool((labelled != everyone).any())
    columns = [Column(key="group", label="Group"), Column(key="n", label="n", kind="count")]
    if partly:
        columns.append(Column(key="labelled", label="n with a true value", kind="count"))
    columns += [
        Column(key=name, label=name.replace("_", " ").capitalize(), kind="number")
        for name in found.means
    ]
    rows = []
    for i in sorted(range(len(found.names)), key=lambda i: (-int(everyone[i]), found.names[i])):
        row = {"group": context.speech.group(found.names[i]), "n": int(everyone[i])}
        row |= {"labelled": int(labelled[i])} if partly else {}
        rows.append(row | {key: number(one.value[i]) for key, one in found.means.items()})
    return Table(
        id=slug("errors", *by),
        title=say("Predictions by {by_name}", by_name=by_name(by)),
        columns=tuple(columns),
        rows=tuple(rows),
    )


def _figure(found: GroupErrors, by: tuple[str, ...], context: Context) -> Figure:
    metric = next((name for name in found.means if name in ERRORS), "mean_prediction")
    means = found.means[metric]
    known = np.flatnonzero(~np.isnan(means.value))
    rows: list[Estimate] = []
    for i in sorted(known, key=lambda i: (-int(means.n[i]), found.names[i])):
        interval = _interval(means, int(i), context.options.confidence)
        rows.append(
            Estimate(
                label=context.speech.group(found.names[i]),
                value=float(means.value[i]),
                low=interval[0] if interval else None,
                high=interval[1] if interval else None,
                n=int(means.n[i]),
            )
        )
    name = metric.replace("_", " ")
    title = {
        "mean_error": say("Mean error by {by_name}", by_name=by_name(by)),
        "mean_absolute_error": say("Mean absolute error by {by_name}", by_name=by_name(by)),
        "root_mean_squared_error": say("Root mean squared error by {by_name}", by_name=by_name(by)),
        "mean_prediction": say("Mean prediction by {by_name}", by_name=by_name(by)),
    }[metric]
    alt = joined(
        "; ",
        (
            say(
                "{row} {row_2} (n = {row_3:,})",
                row=row.label,
                row_2=written(row.value),
                row_3=row.n,
            )
            for row in rows[:12]
        ),
    )
    return Figure.of(
        slug("dots", metric, *by),
        Dots(rows=rows, x_label=name, reference=0.0 if metric == "mean_error" else None),
        title=title,
        alt=say("{title}, the largest group first: {alt}.", title=title, alt=alt),
        caption=say(
            "Dots are means, lines {confidence:.3g} % intervals.",
            confidence=context.options.confidence * 100,
        ),
    )
