"""Scores: how well they sort people, and what they mean, by group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from raudit.data.cells import LABEL, PREDICTION, CellTable
from raudit.data.fixed import exact_variance
from raudit.findings import (
    Finding,
    Rule,
)
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say
from raudit.stages.fairness.measures.histogram import (
    Floats,
    Histograms,
    auc,
    auc_bounds,
    brier,
    calibration,
    class_means,
    histograms,
    ks,
)
from raudit.stages.fairness.rules import CALIBRATION, MEAN_PREDICTION, RANKING_QUALITY
from raudit.stages.fairness.tasks.means import Asked, Means, judge_means
from raudit.stages.fairness.tasks.other_thresholds import sweep
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    join,
    number,
    slug,
    unmeasured,
)
from raudit.stages.fairness.tasks.score_figures import calibration_figure, distribution_figure
from raudit.stats import (
    Bounds,
    effective_n,
    normal_quantile,
)


def measure_scores(table: CellTable, context: Context) -> Part:
    """Measure scores by every cut; intersections are judged and go into the record, without tables and pictures.

    Distributions are of everyone; what needs outcomes is of the people who have one.
    """
    parts: list[Part] = []
    compared: list[tuple[tuple[str, ...], Part]] = []
    known, everyone = table.labelled(), table.without(LABEL)
    for by in context.cuts:
        spread = histograms(everyone, by)
        spread = spread.take(spread.rows >= context.options.min_group)
        if not spread.names:
            continue
        if PREDICTION not in table.dims:
            parts.append(_spread(everyone, spread, by, context))
        if len(by) == 1 and spread.probability:
            parts.append(Part(figures=(distribution_figure(spread, everyone, by, context),)))
        if known is None:
            parts.append(Part(notes=("Without labels, only the spread of scores is compared.",)))
            continue
        found = histograms(known, by)
        found = found.take(found.rows >= context.options.min_group)
        left_out = unmeasured(everyone, by, found.names, context.options.min_group)
        found = replace(found, left_out=left_out)
        if found.names:
            part = _by(found, known, by, context)
            compared.append((by, part))
            parts.append(part if len(by) == 1 else replace(part, tables=(), figures=()))
    return join([*parts, Part(notes=_exact(compared))])


def _spread(table: CellTable, found: Histograms, by: tuple[str, ...], context: Context) -> Part:
    """Mean scores where no threshold makes decisions of them."""
    kept = table.marginal(by)
    spread = exact_variance(
        kept.sums["w"] if kept.weighted else kept.n, kept.sums["s"], kept.sums["s2"]
    )
    size = effective_n(kept.weights, kept.weights2)
    place = {name: i for i, name in enumerate(found.names)}
    mean, variance = np.full(len(place), np.nan), np.full(len(place), np.nan)
    for cell, codes in enumerate(kept.keys.tolist()):
        group = place.get(tuple(kept.levels[axis][code] for axis, code in enumerate(codes)))
        if group is not None and kept.weights[cell] > 0:
            mean[group] = kept.sums["s"].values[cell] / kept.weights[cell]
            variance[group] = spread[cell] / max(size[cell] - 1, 1)
    name = "mean_prediction_difference"
    asked = Asked(
        name=name,
        rule=MEAN_PREDICTION,
        what=say("mean score"),
        by=by,
        limit=context.options.limits().get(name),
    )
    means = Means(names=tuple(found.names), n=found.rows, value=mean, variance=variance)
    finding = judge_means(asked, means, context)
    return Part(findings=(finding,), metrics=("mean_prediction",))


def _by(found: Histograms, table: CellTable, by: tuple[str, ...], context: Context) -> Part:
    figures: list[Figure] = []
    ranked = auc(found)
    z = normal_quantile(context.options.confidence)
    columns: dict[str, Any] = {"auc": ranked.value, "ks": ks(found)[0]}
    bounds: dict[str, Bounds] = {"auc": auc_bounds(ranked, z)}
    findings, parts = [], []
    mean, variance = class_means(table, by, found.names)
    if found.probability:
        edges = tuple(
            step / context.options.calibration_bins
            for step in range(1, context.options.calibration_bins)
        )
        curve = calibration(found, table, edges, context.rng("calibration", *by))
        columns |= {"brier": brier(found), "ece": curve.ece, "ece_chance": curve.chance}
        columns["calibration_in_the_large"] = curve.in_the_large
        half = z * np.sqrt(curve.in_the_large_variance)
        bounds["calibration_in_the_large"] = Bounds(
            curve.in_the_large - half, curve.in_the_large + half
        )
        figures.append(calibration_figure(found, curve, by, context))
        what = "share of favourable outcomes less mean score"
        large, spread = curve.in_the_large, curve.in_the_large_variance
        findings += _judge(
            "calibration_difference", found, large, spread, CALIBRATION, what, by, context
        )
    columns |= {"balance_positive_class": mean[:, 1], "balance_negative_class": mean[:, 0]}
    for position, name in enumerate(("balance_negative_class", "balance_positive_class")):
        half = z * np.sqrt(variance[:, position])
        bounds[name] = Bounds(mean[:, position] - half, mean[:, position] + half)
    findings += _judge(
        "auc_difference",
        found,
        ranked.value,
        ranked.variance,
        RANKING_QUALITY,
        "AUC",
        by,
        context,
        ranked.bound,
    )
    if context.options.costs is not None and found.probability:
        parts.append(sweep(found, table, by, context))
    base = Part(
        findings=tuple(findings),
        tables=(_table(found, columns, bounds, by),),
        figures=tuple(figures),
        notes=_moved(ranked.bound, ks(found)[1], by),
        estimates=tuple(_rows(found, columns, bounds, ranked.bound, by, context)),
        metrics=tuple(columns),
    )
    return join([base, *parts])


def _moved(auc_bound: Floats, ks_bound: Floats, by: tuple[str, ...]) -> tuple[str, ...]:
    """How far counting in bins can have moved what is printed; nothing where it cannot have."""
    most = [float(np.nanmax(bound, initial=0.0)) for bound in (auc_bound, ks_bound)]
    if max(most) == 0:
        return ()
    note = say(
        "By {by_name}: score bins can have moved an AUC by at most {up} and a KS distance by at most {moved}; the "
        "intervals and verdicts on AUC are wider by as much.",
        by_name=by_name(by),
        up=_up(most[0]),
        moved=_up(most[1]),
    )
    return (note,)


def _exact(compared: Sequence[tuple[tuple[str, ...], Part]]) -> tuple[str, ...]:
    """One note on all attributes whose groups' scores have bins to themselves."""
    exact = [by_name(by) for by, part in compared if not part.notes]
    if not exact:
        return ()
    note = say(
        "By {by_name}: every distinct score has a bin to itself, so that AUC and KS are exact.",
        by_name=joined(", ", exact),
    )
    return (note,)


def _up(value: float) -> str:
    """A bound with one digit, rounded up, written out."""
    if value <= 0:
        return "0"
    digits = max(0, -math.floor(math.log10(value)))
    return f"{math.ceil(value * 10**digits) / 10**digits:.{digits}f}"


def _table(
    found: Histograms, columns: dict[str, Any], bounds: dict[str, Bounds], by: tuple[str, ...]
) -> Table:
    labels = {
        "auc": "AUC",
        "ks": "KS",
        "brier": "Brier score",
        "ece": "ECE",
        "ece_chance": "ECE by chance",
        "calibration_in_the_large": "Outcome less score",
        "balance_positive_class": "Mean score, favourable outcome",
        "balance_negative_class": "Mean score, unfavourable outcome",
    }
    shown = [Column(key="group", label="Group"), Column(key="n", label="n", kind="count")]
    for name in columns:
        shown.append(Column(key=name, label=labels[name], kind="number"))
        if name == "auc":
            shown.append(Column(key="auc_interval", label="interval", kind="interval"))
    rows = []
    for i, group in enumerate(found.names):
        row: dict[str, Any] = {"group": joined(", ", group), "n": int(found.rows[i])}
        row |= {name: number(values[i]) for name, values in columns.items()}
        if row["auc"] is not None:
            row["auc_interval"] = [number(bounds["auc"].low[i]), number(bounds["auc"].high[i])]
        rows.append(row)
    caption = "ECE by chance is what a calibrated score would show on as many rows; compare ECE with it, not with zero."
    return Table(
        id=slug("scores", *by),
        title=say("Scores by {by_name}", by_name=by_name(by)),
        columns=tuple(shown),
        rows=tuple(rows),
        caption=caption,
    )


def _rows(
    found: Histograms,
    columns: dict[str, Any],
    bounds: dict[str, Bounds],
    error: np.ndarray,
    by: tuple[str, ...],
    context: Context,
) -> list[dict[str, Any]]:
    rows = []
    methods = {"auc": "delong, logit", "calibration_in_the_large": "normal"}
    for i, group in enumerate(found.names):
        for name, values in columns.items():
            row: dict[str, Any] = {
                "by": list(by),
                "group": list(group),
                "metric": name,
                "n": int(found.rows[i]),
            }
            row["value"] = number(values[i])
            row["method"] = methods.get(
                name, say("normal") if name in bounds else say("exact from sums and bins")
            )
            if row["value"] is None:
                row["undefined_because"] = "only one of the two outcomes occurs"
            elif name in bounds:
                row["interval"] = [number(bounds[name].low[i]), number(bounds[name].high[i])]
                row["level"] = context.options.confidence
            if name == "auc":
                row["error_bound"] = number(error[i])
            rows.append(row)
    return rows


def _judge(
    name: str,
    found: Histograms,
    values: np.ndarray,
    variances: np.ndarray,
    rule: Rule,
    what: str,
    by: tuple[str, ...],
    context: Context,
    error: np.ndarray | None = None,
) -> list[Finding]:
    limits = context.options.limits()
    if name not in limits:
        return []
    asked = Asked(
        name=name,
        rule=rule,
        what=what,
        by=by,
        limit=limits[name],
        as_points=True,
        left_out=found.left_out,
    )
    means = Means(
        names=tuple(found.names), n=found.rows, value=values, variance=variances, error=error
    )
    return [judge_means(asked, means, context)]
