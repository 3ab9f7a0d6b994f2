"""Scores: how well they sort people, what they mean, and what other thresholds would do, by group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from raudit.data.cells import BIN, LABEL, PREDICTION, CellTable
from raudit.data.fixed import exact_variance
from raudit.findings import Finding, Interval, Measurement, Rule, Status, Subject, Threshold
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say, term
from raudit.stages.fairness.measures.histogram import (
    Calibration,
    Histograms,
    at_least,
    auc,
    auc_bounds,
    brier,
    calibration,
    class_means,
    histograms,
    ks,
)
from raudit.stages.fairness.rules import CALIBRATION, COSTS, MEAN_PREDICTION, RANKING_QUALITY
from raudit.stages.fairness.tasks.part import Context, Part, by_name, join, named_pair, number, slug
from raudit.stages.fairness.words.sentences import points
from raudit.stats import (
    Bounds,
    Gap,
    effective_n,
    largest_difference,
    normal_quantile,
    range_quantile,
    wilson,
)

SWEEP = tuple(round(step / 100, 2) for step in range(1, 100))
"""Thresholds at which decisions are replayed."""
REPLAYED = tuple(round(step / 10, 1) for step in range(1, 10))
"""Thresholds whose decisions of everyone are counted into the record."""
SHOWN = 6
"""Groups in one picture; more lines cannot be told apart in black and white."""


def cuts_for(calibration_bins: int, threshold: float | None) -> tuple[float, ...]:
    """Scores at which a bin must begin, so that calibration, sweep and decision are exact."""
    edges = {step / calibration_bins for step in range(1, calibration_bins)}
    return tuple(sorted(edges | set(SWEEP) | ({threshold} if threshold is not None else set())))


def measure_scores(table: CellTable, context: Context) -> Part:
    """Measure scores by every cut; intersections are judged and go into the record, without tables and pictures.

    Distributions are of everyone; what needs outcomes is of the people who have one.
    """
    parts = []
    known, everyone = table.labelled(), table.without(LABEL)
    for by in context.cuts:
        spread = histograms(everyone, by)
        spread = spread.take(spread.rows >= context.options.min_group)
        if not spread.names:
            continue
        if PREDICTION not in table.dims:
            parts.append(_spread(everyone, spread, by, context))
        if len(by) == 1 and spread.probability:
            parts.append(Part(figures=(_distribution(spread, everyone, by, context),)))
        if known is None:
            parts.append(Part(notes=("Without labels, only the spread of scores is compared.",)))
            continue
        found = histograms(known, by)
        found = found.take(found.rows >= context.options.min_group)
        if found.names:
            part = _by(found, known, by, context)
            parts.append(part if len(by) == 1 else replace(part, tables=(), figures=()))
    return join(parts)


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
    finding = judge_means(
        name,
        found.names,
        found.rows,
        mean,
        variance,
        rule=MEAN_PREDICTION,
        what="mean score",
        by=by,
        context=context,
        limit=context.options.limits().get(name),
    )
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
        figures.append(_curve(found, curve, by, context))
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
    most = [float(np.nanmax(bound, initial=0.0)) for bound in (ranked.bound, ks(found)[1])]
    note = say(
        "By {by_name}: every distinct score has a bin to itself, so that AUC and KS are exact.",
        by_name=by_name(by),
    )
    if max(most) > 0:
        note = say(
            "By {by_name}: score bins can have moved an AUC by at most "
            "{up} and a KS distance by at ",
            by_name=by_name(by),
            up=_up(most[0]),
        )
        note += say(
            "most {up}; the intervals and verdicts on AUC are wider by as much.", up=_up(most[1])
        )
    if context.options.costs is not None and found.probability:
        parts.append(sweep(found, table, by, context))
    base = Part(
        findings=tuple(findings),
        tables=(_table(found, columns, bounds, by),),
        figures=tuple(figures),
        notes=(note,),
        estimates=tuple(_rows(found, columns, bounds, ranked.bound, by, context)),
        metrics=tuple(columns),
    )
    return join([base, *parts])


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
    return [
        judge_means(
            name,
            found.names,
            found.rows,
            values,
            variances,
            rule=rule,
            what=what,
            by=by,
            context=context,
            limit=limits[name],
            as_points=True,
            error=error,
        )
    ]


def judge_means(
    name: str,
    names: Sequence[tuple[str, ...]],
    sizes: np.ndarray,
    values: np.ndarray,
    variances: np.ndarray,
    *,
    rule: Rule,
    what: str,
    by: tuple[str, ...],
    context: Context,
    limit: tuple[float, str] | None,
    as_points: bool = False,
    error: np.ndarray | None = None,
) -> Finding:
    """Hold the largest difference of any estimate with a normal error against a limit; None leaves it undecided."""
    if limit is None:
        limit, limited = (math.inf, "none"), False
    else:
        limited = True
    usable = np.flatnonzero(~np.isnan(values) & ~np.isnan(variances))
    subject = Subject(kind="attribute", name=by_name(by), detail={"metric": name})
    threshold = Threshold(high=limit[0], source=limit[1]) if limited else None
    where = (
        f"stages.fairness.thresholds.{name}" if limit[1] == "plan" else "stages.fairness.presets"
    )
    if usable.size < 2:
        return Finding(
            rule=rule.id,
            subject=subject,
            status=Status.INDETERMINATE,
            severity=rule.severity,
            threshold=threshold,
            statement=say(
                "The {what} by {by_name} cannot be compared: it is known for "
                "fewer than two groups.",
                what=what,
                by_name=by_name(by),
            ),
            reason="Each group needs enough rows, with both outcomes.",
            requirements=rule.requirements,
            anchor=where,
            remedy=rule.fix,
        )
    gap = mean_gap(values[usable], variances[usable], context.level)
    if error is not None:
        most = float(np.sort(error[usable])[-2:].sum())
        gap = replace(gap, low=max(gap.low - most, 0.0), high=gap.high + most)
    low, high = usable[gap.lowest], usable[gap.highest]
    status = (
        Status.PASSED
        if gap.high <= limit[0]
        else Status.FAILED
        if gap.low > limit[0]
        else Status.INDETERMINATE
    )
    if status is Status.PASSED and (usable.size < len(names) or not limited):
        status = Status.INDETERMINATE

    places = _places(gap.value, limit[0], values[low], least=3 if as_points else 0)
    unit = say(" {unit}", unit=context.speech.unit) if context.speech.unit and not as_points else ""

    def show(value: float) -> str:
        return say("{value:,.{places}f}{unit}", value=value, places=places, unit=unit)

    statement = say(
        "The {what} is {show} for {members} and {show_2} for {other}. {sizes}",
        what=what,
        show=show(values[low]),
        members=context.speech.members(names[low]),
        show_2=show(values[high]),
        other=context.speech.other(names[high]),
        sizes=context.speech.sizes((int(sizes[low]), int(sizes[high]))),
    )
    side = {
        Status.PASSED: say("keeps to"),
        Status.FAILED: say("breaks"),
        Status.INDETERMINATE: say("does not settle"),
    }[status]
    reason = say(
        "The largest difference is {show} ({level:.3g} % interval {show_2} to {show_3})",
        show=show(gap.value),
        level=context.level * 100,
        show_2=show(gap.low),
        show_3=show(gap.high),
    )
    if limited:
        reason += say(
            ", which {side} the limit of {show} ({limit}).",
            side=term(side),
            show=show(limit[0]),
            limit=limit[1],
        )
    else:
        reason += say(
            ". The plan sets no limit under "
            "stages.fairness.thresholds.{name}, so there is no verdict.",
            name=name,
        )
    if usable.size < len(names):
        reason += say(
            " For {count:,} groups it cannot be estimated.", count=len(names) - usable.size
        )
    return Finding(
        rule=rule.id,
        subject=subject,
        status=status,
        severity=rule.severity,
        statement=statement,
        reason=reason,
        measurement=Measurement(
            metric=name,
            value=gap.value,
            n=int(sizes[low] + sizes[high]),
            interval=Interval(
                low=gap.low,
                high=gap.high,
                level=context.level,
                method="normal, simultaneous over all pairs of groups",
            ),
            method=f"largest difference over {usable.size} groups",
        ),
        threshold=threshold,
        requirements=rule.requirements,
        anchor=where,
        remedy="" if status is Status.PASSED else rule.fix,
        data={
            "by": list(by),
            "metric": {"calibration_difference": "calibration_in_the_large"}.get(
                name, name.removesuffix("_difference")
            ),
            "compared": int(usable.size),
            "pair": named_pair(names[high], names[low], values[high], values[low]),
            "highest": {
                "group": list(names[high]),
                "rate": number(values[high]),
                "n": int(sizes[high]),
            },
            "lowest": {
                "group": list(names[low]),
                "rate": number(values[low]),
                "n": int(sizes[low]),
            },
        },
    )


def _places(gap: float, limit: float, value: float, *, least: int) -> int:
    """Decimals at which two means can be told apart, and the gap from its limit."""
    known = [abs(number) for number in (gap, limit) if number and math.isfinite(number)] or [
        abs(value) or 1.0
    ]
    return max(least, min(12, 2 - math.floor(math.log10(min(known)))))


def mean_gap(values: np.ndarray, variances: np.ndarray, level: float) -> Gap:
    """Largest difference of estimates with normal errors."""
    half = range_quantile(values.size, level) * np.sqrt(variances)
    return largest_difference(values, Bounds(values - half, values + half))


def _largest(found: Histograms) -> np.ndarray:
    """The largest groups, in the order of their names."""
    return np.sort(np.argsort(-found.rows, kind="stable")[:SHOWN])


def _curve(found: Histograms, curve: Calibration, by: tuple[str, ...], context: Context) -> Figure:
    series, words = [], []
    for i in _largest(found):
        enough = curve.n[i] >= context.options.suppress_below
        bounds = wilson(
            np.nan_to_num(curve.share[i]) * curve.effective[i],
            curve.effective[i],
            level=context.options.confidence,
        )
        series.append(
            {
                "label": context.speech.group(found.names[i]),
                "x": [float(v) for v in curve.mean_score[i][enough]],
                "y": [float(v) for v in curve.share[i][enough]],
                "low": [float(v) for v in bounds.low[enough]],
                "high": [float(v) for v in bounds.high[enough]],
            }
        )
        side = "higher" if curve.in_the_large[i] > 0 else "lower"
        words.append(
            say(
                "{group}: favourable outcomes are on average {points} points "
                "{side} than the score says (n = {rows:,})",
                group=context.speech.group(found.names[i]),
                points=points(abs(curve.in_the_large[i])),
                side=term(side),
                rows=int(found.rows[i]),
            )
        )
    return Figure(
        id=slug("calibration", *by),
        kind="lines",
        title=say("Calibration by {by_name}", by_name=by_name(by)),
        alt=say("Share of favourable outcomes against mean score in equal-width bins. ")
        + joined("; ", words)
        + ".",
        data={
            "series": series,
            "x_label": "mean score",
            "y_label": "share of favourable outcomes",
            "diagonal": True,
        },
        caption="On the diagonal, a score means what it says.",
    )


def _distribution(
    found: Histograms, table: CellTable, by: tuple[str, ...], context: Context
) -> Figure:
    bins = context.options.calibration_bins
    edges = tuple(step / bins for step in range(1, bins))
    above = at_least(found, table, edges).sum(axis=1)
    total = found.weight.sum(axis=(1, 2))[:, None]
    share = -np.diff(np.concatenate([total, above, np.zeros_like(total)], axis=1), axis=1) / total
    middle = [(step + 0.5) / bins for step in range(bins)]
    series, words = [], []
    for i in _largest(found):
        label = context.speech.group(found.names[i])
        series.append({"label": label, "x": middle, "y": [float(v) for v in share[i]]})
        mean = float(found.score[i].sum() / found.weight[i].sum())
        words.append(
            say(
                "{label}: mean {mean:.2f}, most in the bin at {middle:.2f}",
                label=label,
                mean=mean,
                middle=middle[int(np.argmax(share[i]))],
            )
        )
    return Figure(
        id=slug("score-distribution", *by),
        kind="lines",
        title=say("Scores by {by_name}", by_name=by_name(by)),
        alt=say("Share of each group in each score bin. ") + joined("; ", words) + ".",
        data={"series": series, "x_label": "score", "y_label": "share of the group"},
    )


def sweep(found: Histograms, table: CellTable, by: tuple[str, ...], context: Context) -> Part:
    """Mean cost of errors per person in each group, at every threshold."""
    costs = context.options.costs
    if costs is None or table.bins is None:
        return Part()
    above = at_least(found, table, SWEEP)
    totals = found.weight.sum(axis=2)
    wrong = (
        above[:, 0] * costs.false_positive + (totals[:, 1:2] - above[:, 1]) * costs.false_negative
    )
    each = wrong / totals.sum(axis=1, keepdims=True)
    overall = wrong.sum(axis=0) / totals.sum()
    best = int(np.argmin(overall))
    series = [
        {
            "label": context.speech.group(found.names[i]),
            "x": list(SWEEP),
            "y": [float(v) for v in each[i]],
        }
        for i in _largest(found)
    ]
    series.append({"label": "all", "x": list(SWEEP), "y": [float(v) for v in overall]})
    words = [
        say(
            "{s}: lowest {costs:.3g} at threshold {SWEEP:.2f}",
            s=s["label"],
            costs=np.min(costs),
            SWEEP=SWEEP[int(np.argmin(costs))],
        )
        for s in series
        for costs in [np.asarray(s["y"], dtype=float)]
    ]
    figure = Figure(
        id=slug("cost-sweep", *by),
        kind="lines",
        title=say("Mean cost of wrong decisions by threshold and {by_name}", by_name=by_name(by)),
        alt=say("Mean cost per person at thresholds from 0.01 to 0.99. ")
        + joined("; ", words)
        + ".",
        data={
            "series": series,
            "x_label": "threshold",
            "y_label": "mean cost per person",
            "marks": [
                {"x": SWEEP[best], "label": say("lowest for all: {SWEEP:.2f}", SWEEP=SWEEP[best])}
            ],
        },
        caption=say(
            "A false positive costs {false_positive:g}, a false negative {false_negative:g}.",
            false_positive=costs.false_positive,
            false_negative=costs.false_negative,
        ),
    )
    return Part(figures=(figure,), metrics=("threshold_sweep",))


def replayed(table: CellTable) -> list[dict[str, float]]:
    """Decisions about everyone whose outcome is known, at other thresholds.

    Returns
    -------
    list of dict
        For each threshold the weight of true and false positives and negatives; empty where the score is no
        probability or no outcome is known.
    """
    known = table.labelled()
    if known is None or known.bins is None:
        return []
    attributes = [name for name in known.dims if name not in (LABEL, PREDICTION, BIN)]
    found = histograms(known, tuple(attributes[:1]))
    if not attributes or not found.names or not found.probability:
        return []
    above = at_least(found, known, REPLAYED).sum(axis=0)
    totals = found.weight.sum(axis=(0, 2))
    return [
        {
            "threshold": threshold,
            "true_positives": float(above[1, i]),
            "false_positives": float(above[0, i]),
            "false_negatives": float(totals[1] - above[1, i]),
            "true_negatives": float(totals[0] - above[0, i]),
        }
        for i, threshold in enumerate(REPLAYED)
    ]


__all__ = [
    "BIN",
    "COSTS",
    "cuts_for",
    "judge_means",
    "mean_gap",
    "measure_scores",
    "replayed",
    "sweep",
]
