"""Regression: how far predictions are off in each group, and in which direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from raudit.data.cells import CellTable, unique_rows
from raudit.data.fixed import exact_variance
from raudit.findings import written
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say
from raudit.stages.fairness.rules import MEAN_PREDICTION, REGRESSION_ERROR
from raudit.stages.fairness.tasks.part import Context, Part, by_name, join, number, slug
from raudit.stages.fairness.tasks.scores import judge_means
from raudit.stats import effective_n, normal_quantile


def group_errors(table: CellTable, by: tuple[str, ...]) -> dict[str, Any]:
    """Errors by group, from sums.

    They are ``mean_prediction``, and with labels ``mean_error`` (prediction less truth), ``mean_absolute_error`` and
    ``root_mean_squared_error``, each with a ``*_variance``.

    Returns
    -------
    dict
        ``names``, ``n`` and arrays of shape (n_groups,).
    """
    kept = table.marginal(by)
    cells, _ = unique_rows(kept.keys)
    weight, size = kept.weights, effective_n(kept.weights, kept.weights2)

    def mean(name: str) -> np.ndarray:
        values = kept.sums[name].values
        return np.asarray(
            np.divide(values, weight, out=np.full(weight.shape, np.nan), where=weight > 0)
        )

    def variance(first: str, second: str) -> np.ndarray:
        spread = exact_variance(
            kept.sums["w"] if kept.weighted else kept.n, kept.sums[first], kept.sums[second]
        )
        return np.asarray(np.where(size > 1, spread / np.maximum(size - 1, 1e-9), np.nan))

    found: dict[str, Any] = {
        "names": tuple(
            tuple(kept.levels[axis][int(code)] for axis, code in enumerate(row)) for row in cells
        ),
        "n": kept.n,
        "mean_prediction": mean("s"),
        "mean_prediction_variance": variance("s", "s2"),
    }
    if "e" in kept.sums:
        square = np.maximum(mean("e2"), 0)
        root = np.sqrt(square)
        found |= {
            "mean_error": mean("e"),
            "mean_error_variance": variance("e", "e2"),
            "mean_absolute_error": mean("abs_e"),
            "mean_absolute_error_variance": variance("abs_e", "e2"),
            "root_mean_squared_error": root,
            # delta method: var(√m) = var(m) / 4m
            "root_mean_squared_error_variance": variance("e2", "e4")
            / np.maximum(4 * square, 1e-300),
        }
    return found


def measure_regression(table: CellTable, context: Context) -> Part:
    """Errors and mean predictions by each cut."""
    return join(_by(table, by, context) for by in context.cuts)


def _by(table: CellTable, by: tuple[str, ...], context: Context) -> Part:
    found = group_errors(table, by)
    keep = np.flatnonzero(found["n"] >= context.options.min_group)
    names = [found["names"][i] for i in keep]
    limits = context.options.limits()
    judged = [("mean_prediction", MEAN_PREDICTION, say("mean prediction"))]
    if "mean_error" in found:
        judged = [
            ("mean_error", REGRESSION_ERROR, say("mean error (prediction less truth)")),
            ("mean_absolute_error", REGRESSION_ERROR, say("mean absolute error")),
            *judged,
        ]
    findings = [
        judge_means(
            f"{metric}_difference",
            names,
            found["n"][keep],
            found[metric][keep],
            found[f"{metric}_variance"][keep],
            rule=rule,
            what=what,
            by=by,
            context=context,
            limit=limits.get(f"{metric}_difference"),
        )
        for metric, rule, what in judged
    ]
    metrics = [name for name in found if f"{name}_variance" in found]
    if len(by) > 1:
        return Part(findings=tuple(findings), metrics=tuple(metrics))
    if not keep.size:
        return Part(findings=tuple(findings), metrics=tuple(metrics))
    return Part(
        findings=tuple(findings),
        tables=(_table(found, keep, metrics, by, context),),
        figures=(
            _figure(found, keep, metrics[1] if len(metrics) > 1 else metrics[0], by, context),
        ),
        estimates=tuple(_rows(found, keep, metrics, by, context)),
        metrics=tuple(metrics),
    )


def _rows(
    found: dict[str, Any],
    keep: np.ndarray,
    metrics: list[str],
    by: tuple[str, ...],
    context: Context,
) -> Any:
    z = normal_quantile(context.options.confidence)
    for i in keep:
        for metric in metrics:
            half = z * np.sqrt(found[f"{metric}_variance"][i])
            value = float(found[metric][i])
            interval = None if np.isnan(half) else [value - float(half), value + float(half)]
            yield {
                "by": list(by),
                "group": list(found["names"][i]),
                "metric": metric,
                "value": value,
                "n": int(found["n"][i]),
                "interval": interval,
                "level": context.options.confidence,
                "method": "normal",
            }


def _table(
    found: dict[str, Any],
    keep: np.ndarray,
    metrics: list[str],
    by: tuple[str, ...],
    context: Context,
) -> Table:
    columns = [Column(key="group", label="Group"), Column(key="n", label="n", kind="count")]
    columns += [
        Column(key=name, label=name.replace("_", " ").capitalize(), kind="number")
        for name in metrics
    ]
    rows = tuple(
        {
            "group": context.speech.group(found["names"][i]),
            "n": int(found["n"][i]),
            **{name: number(found[name][i]) for name in metrics},
        }
        for i in keep
    )
    return Table(
        id=slug("errors", *by),
        title=say("Predictions by {by_name}", by_name=by_name(by)),
        columns=tuple(columns),
        rows=rows,
    )


def _figure(
    found: dict[str, Any], keep: np.ndarray, metric: str, by: tuple[str, ...], context: Context
) -> Figure:
    z = normal_quantile(context.options.confidence)
    rows: list[dict[str, Any]] = []
    for i in sorted(keep, key=lambda i: float(found[metric][i])):
        value, half = float(found[metric][i]), z * float(np.sqrt(found[f"{metric}_variance"][i]))
        row = {
            "label": context.speech.group(found["names"][i]),
            "value": value,
            "n": int(found["n"][i]),
        }
        rows.append(row if np.isnan(half) else row | {"low": value - half, "high": value + half})
    name = metric.replace("_", " ")
    alt = joined(
        "; ",
        (
            say(
                "{row} {row_2} (n = {row_3:,})",
                row=row["label"],
                row_2=written(row["value"]),
                row_3=row["n"],
            )
            for row in rows[:12]
        ),
    )
    data: dict[str, Any] = {"rows": rows, "x_label": name}
    if metric == "mean_error":
        data["reference"] = 0.0
    return Figure(
        id=slug("dots", metric, *by),
        kind="dots",
        title=say("{capitalize} by {by_name}", capitalize=name.capitalize(), by_name=by_name(by)),
        alt=say(
            "{capitalize} by {by_name}, lowest first: {alt}.",
            capitalize=name.capitalize(),
            by_name=by_name(by),
            alt=alt,
        ),
        data=data,
        caption=say(
            "Dots are means, lines {confidence:.3g} % intervals.",
            confidence=context.options.confidence * 100,
        ),
    )
